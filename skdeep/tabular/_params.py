"""Parameters of nets that take tables as they come, whose "auto" is what the architecture recommends."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import HasMethods, Interval, Options

from skdeep._estimator.params import OPTIMIZERS, ClassifierParams, TrainingParams, param, positive
from skdeep.schedules import schedule_names
from skdeep.utils._words import Names


@dataclass(eq=False, repr=False)
class TabularTrainingParams(TrainingParams):
    """What differs in the training of tables as they come."""

    optimizer: object = param(
        "auto",
        [Names({"auto", *OPTIMIZERS}, any_case=True), HasMethods(["get_config", "apply"])],
        "str or keras.optimizers.Optimizer",
        '"auto" is the one of the architecture: for "realmlp", Adam whose second moment forgets in twenty steps. Or a '
        "name, one of " + ", ".join(f'"{name}"' for name in OPTIMIZERS) + ", or a Keras instance.",
    )
    learning_rate: object = param(
        "auto",
        [Names({"auto"}), positive(Real)],
        'float or "auto"',
        'Step size, at most. "auto" is the one of the architecture: for "realmlp", 0.04 for classes and 0.2 for '
        "numbers.",
    )
    learning_rate_schedule: object = param(
        "auto",
        [Names({"auto", *schedule_names()}), callable, HasMethods(["factor_after"]), None],
        "str, Schedule, callable or None",
        "Factor of the learning rate over the course of training: one of "
        + ", ".join(f'"{name}"' for name in schedule_names())
        + '; an object of skdeep.schedules; or a function of the fraction of training that is done. "auto" is the one '
        "of the architecture; it is constant in `partial_fit`, which has no end. None keeps the rate constant.",
    )
    weight_decay: object = param(
        "auto",
        [Names({"auto"}), positive(Real, closed="left")],
        'float or "auto"',
        "Decoupled decay: the weights shrink by this fraction times the learning rate at each step, biases excepted. "
        '"auto" is the one of the architecture: for "realmlp", 0.02.',
    )
    clip_norm: object = param(
        "auto",
        [Names({"auto"}), positive(Real), None],
        'float, "auto" or None',
        "Largest norm of the gradient of all weights of a member; longer gradients are shortened to it. "
        '"auto" is the one of the architecture: for "realmlp", none.',
    )
    epochs: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Passes over the training data, at most. "auto" is what the architecture needs, fewer of many rows.',
    )
    batch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Rows a step of each member. "auto" is 256, 512 from 20,000 rows on and 1,024 from 50,000 on. The last, '
        "smaller batch of an epoch is trained on too.",
    )
    early_stopping: object = param(
        "auto",
        ["boolean", Names({"auto"})],
        'bool or "auto"',
        "Whether to hold out rows and to keep the weights of the epoch that is best on them; each member of an "
        'ensemble holds out rows of its own. "auto" does so from 100 rows on, and not in `partial_fit`.',
    )
    validation_fraction: float = param(
        0.2,
        [Interval(Real, 0, 1, closed="neither")],
        "float",
        "Fraction of the training rows that each member holds out.",
    )
    scoring: object = param(
        None,
        [Names({"loss", *get_scorer_names()}), callable, list, tuple, dict, None],
        "str, callable, list, dict or None",
        'What decides on the best epoch: None, the estimator\'s own score; "loss"; or any scikit-learn scorer, such as '
        '"balanced_accuracy". Of a list of names, or a dict of scorers, the first decides and all are in `history_`.',
    )
    n_iter_no_change: object = param(
        np.inf,
        [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "int or inf",
        "Training stops when more than this many epochs in a row did not improve by `tol`. With inf the schedule of "
        "the learning rate comes to its end; the best weights are kept in any case.",
    )


@dataclass(eq=False, repr=False)
class TabularClassifierParams(ClassifierParams):
    """What differs in the loss of a classifier of tables as they come."""

    label_smoothing: object = param(
        "auto",
        [Names({"auto"}), Interval(Real, 0, 1, closed="left")],
        'float or "auto"',
        'Share of each target that is spread evenly over the classes, with the cross-entropy or "logit_adjusted". '
        '"auto" is the one of the architecture: for "realmlp" 0.1, but 0 where `scoring` is of probabilities or ranks.',
    )
