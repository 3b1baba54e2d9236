"""Parameters declared once: default, constraint and documentation of a parameter stand in one dataclass field.

scikit-learn asks that `__init__` list every parameter and do nothing else. `param` declares a field and `estimator`
makes a class of such fields an estimator: the signature, `_parameter_constraints` and the "Parameters" section of the
docstring all come from the fields. The "Attributes" section is put together from the bases that set them.
"""

import dataclasses
import inspect
import textwrap
from dataclasses import dataclass
from numbers import Integral, Real
from typing import dataclass_transform

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import HasMethods, Interval, Options

from skdeep.schedules import schedule_names
from skdeep.utils._words import Names

OPTIMIZERS = (
    "sgd", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "adamax", "nadam", "lion", "lamb",
)  # fmt: skip

REQUIRED = dataclasses.MISSING  # as a default: there is none


def param(default, constraints, kind, doc, *, positional=False):
    """Declare a parameter.

    Parameters
    ----------
    default : object
        Immutable default value, or `REQUIRED`.
    constraints : list
        scikit-learn's constraint objects, of which one has to hold.
    kind : str
        The type as the documentation shows it.
    doc : str
        What the parameter does.
    positional : bool, default=False
        Whether it may be given without its name.
    """
    metadata = {"constraints": constraints, "kind": kind, "doc": doc}
    return dataclasses.field(default=default, kw_only=not positional, metadata=metadata)


@dataclass_transform(field_specifiers=(param,), eq_default=False)
def estimator(cls):
    """Turn a class of `param` fields into a scikit-learn estimator."""
    cls = dataclass(eq=False, repr=False)(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}
    ordered = [fields[name] for name in inspect.signature(cls).parameters]
    cls._parameter_constraints = {field.name: field.metadata["constraints"] for field in ordered}
    doc = inspect.cleandoc(cls.__doc__).replace("{parameters}", _parameters_section(ordered))
    cls.__doc__ = doc.replace("{attributes}", _attributes_section(cls))
    return cls


def _parameters_section(fields):
    lines = ["Parameters", "----------"]
    for field in fields:
        default = "" if field.default is REQUIRED else f", default={field.default!r}"
        lines.append(f"{field.name} : {field.metadata['kind']}{default}")
        lines.append(textwrap.indent(textwrap.fill(field.metadata["doc"], 110), "    "))
    return "\n".join(lines)


def _attributes_section(cls):
    """Join what every base, and the inputs, say of the attributes they set: fragments of the section."""
    fragments = [vars(base)["_attributes"] for base in cls.__mro__ if "_attributes" in vars(base)]
    fragments += [cls._inputs_class.attributes] if hasattr(cls, "_inputs_class") else []
    return "\n".join(["Attributes", "----------", *map(inspect.cleandoc, fragments)])


def positive(kind, closed="neither"):
    """Constraint: a number above zero (or from zero on, if closed on the left)."""
    return Interval(kind, 0, None, closed=closed)


def mixup_param():
    """Declare `mixup`, training on mixtures of rows; images have it as an augmentation."""
    return param(
        0.0,
        [Interval(Real, 0.01, None, closed="left"), Options(Real, {0.0})],
        "float",
        "Trains on weighted means of two rows and of the losses of their targets (Zhang et al., 2018): the alpha of "
        "Beta(alpha, alpha), from which the weights are drawn. Small values, from 0.01 on, keep most rows nearly as "
        "they are; 0 keeps all. Rows have to be numbers of one shape: X is neither sparse, nor ids, nor of different "
        "lengths.",
    )


@dataclass(eq=False, repr=False)
class TrainingParams:
    """How the weights move, what holds them back, and how long training goes on."""

    optimizer: object = param(
        "adam",
        [Names(OPTIMIZERS, any_case=True), HasMethods(["get_config", "apply"])],
        "str or keras.optimizers.Optimizer",
        "Name of an optimizer, one of "
        + ", ".join(f'"{name}"' for name in OPTIMIZERS)
        + '; "Adam", as Keras has it, is the same; or a Keras instance, whose '
        "configuration is copied and which is never trained itself.",
    )
    learning_rate: object = param(
        "auto",
        [Names({"auto"}), positive(Real)],
        'float or "auto"',
        'Step size. "auto" is 0.001, 0.01 for "sgd" and "nesterov", or the one of an optimizer instance. If '
        '`batch_size` is "auto" too, `fit` gives a named optimizer more where an epoch has fewer than 64 steps, in '
        "proportion: four times as much with 16 steps or fewer.",
    )
    learning_rate_schedule: object = param(
        None,
        [Names(schedule_names()), callable, HasMethods(["factor_after"]), None],
        "str, Schedule, callable or None",
        "Factor of the learning rate over the course of training: one of "
        + ", ".join(f'"{name}"' for name in schedule_names())
        + "; an object of skdeep.schedules, whose parameters can be searched; or a function of the fraction of "
        "training that is done. None keeps the rate constant.",
    )
    momentum: object = param(
        None,
        [Interval(Real, 0, 1, closed="left"), None],
        "float or None",
        'Momentum of "sgd", "nesterov" and "rmsprop". None leaves the optimizer its own: 0.9 for "nesterov", 0 for the '
        "others.",
    )
    weight_decay: object = param(
        "auto",
        [Names({"auto"}), positive(Real, closed="left")],
        'float or "auto"',
        "Decoupled decay: the weights shrink by this fraction times the learning rate at each step, biases excepted. "
        '"auto" is 0.004 for "adamw", the one of an optimizer instance, and 0 for the others.',
    )
    clip_norm: object = param(
        None,
        [positive(Real), None],
        "float or None",
        "Largest norm of the gradient of all weights together; longer gradients are shortened to it.",
    )
    alpha: float = param(
        0.0,
        [positive(Real, closed="left")],
        "float",
        "Strength of the L2 penalty: alpha / 2 times the sum of the squared weights, biases excepted, is added to the "
        "mean loss.",
    )
    l1: float = param(
        0.0,
        [positive(Real, closed="left")],
        "float",
        "Strength of the L1 penalty: l1 times the sum of the absolute weights, biases excepted, is added to the mean "
        "loss.",
    )
    epochs: int = param(
        100, [Interval(Integral, 1, None, closed="left")], "int", "Passes over the training data, at most."
    )
    batch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Rows a step. "auto" is a thirty-second of all rows, at least 64 and at most 200. The last, smaller batch of '
        "an epoch is trained on too.",
    )
    shuffle: bool = param(True, ["boolean"], "bool", "Whether each epoch visits the rows in a new random order.")
    early_stopping: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether to stop when the validation loss or score no longer improves, and to keep the weights of the best "
        "epoch. The validation rows are split off at random, stratified by class, unless `fit` is given X_val.",
    )
    validation_fraction: float = param(
        0.1,
        [Interval(Real, 0, 1, closed="neither")],
        "float",
        "Fraction of the training rows set aside for early stopping.",
    )
    scoring: object = param(
        "loss",
        [Names({"loss", *get_scorer_names()}), callable, list, tuple, dict, None],
        "str, callable, list, dict or None",
        'What early stopping watches: "loss" or any scikit-learn scorer, such as "balanced_accuracy". None is the '
        "estimator's own score. Of a list of names, or a dict of scorers, the first is watched and all are in "
        "`history_`.",
    )
    n_iter_no_change: object = param(
        10,
        [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "int or inf",
        "Training stops when more than this many epochs in a row did not improve by `tol`: on validation data with "
        "early stopping, else in the training loss.",
    )
    tol: float = param(
        1e-4,
        [positive(Real, closed="left")],
        "float",
        "The least change of the loss or score that counts as an improvement.",
    )
    callbacks: object = param(
        None,
        [list, tuple, None],
        "list of keras.callbacks.Callback or None",
        "Copies of these are called during training and kept in `callbacks_`.",
    )
    warm_start: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether `fit` goes on from the weights and the optimizer's state of the last fit.",
    )
    n_restarts: int = param(
        0,
        [Interval(Integral, 0, None, closed="left")],
        "int",
        "How often `fit` begins again, at most, from other initial weights: where the loss or a weight becomes "
        "infinite or NaN, and where the training loss ends at that of a guess which ignores the inputs, if that is "
        "known. The best attempt is kept. Not in `partial_fit`, nor where a warm start goes on.",
    )
    freeze: object = param(
        None,
        [str, list, tuple, None],
        "str, list of str or None",
        'Patterns of the paths of weights that are not trained, such as ``"hidden_0/*"``; moving statistics beside '
        "such weights stay as they are. `paths_` lists all paths. With warm_start, a net that was fitted goes on in "
        "part.",
    )
    rate_factors: object = param(
        None,
        [dict, None],
        "dict or None",
        'Factors of the learning rate by patterns of the paths of weights, such as ``{"hidden_0/*": 0.1}``. Of several '
        "patterns that match, the last counts, before those of the net's own.",
    )
    dtype: str = param(
        "auto",
        [Names({"auto", "float32", "float64"})],
        '{"auto", "float32", "float64"}',
        'Precision of the computation. "auto" is float64 up to 2,000 values of X, where precision costs nothing, and '
        "float32 beyond.",
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes initial weights, shuffling, dropout and the validation split. The same seed gives the same bits on the "
        "same machine.",
    )
    verbose: int = param(
        0,
        ["verbose"],
        "int",
        "0 is silent, 1 shows a progress bar with the time that is left, 2 prints a line an epoch.",
    )


@dataclass(eq=False, repr=False)
class ClassifierParams:
    """What a classifier minimises."""

    loss: object = param(
        "auto",
        [str, callable],
        "str, keras.losses.Loss or callable",
        '"auto" or "cross_entropy"; "hinge" and "squared_hinge", which have no probabilities; "focal", for rows '
        'that are hard; "logit_adjusted", whose labels are for the balanced accuracy while probabilities stay honest, '
        'and "ldam", with wider margins for rare classes; these as objects of skdeep.losses, whose parameters can be '
        "searched (loss__tau); or any Keras loss by name, instance or function of (y_true, y_pred), which gets "
        "probabilities unless it has from_logits=True, and one column a class unless its name begins with Sparse.",
    )
    label_smoothing: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        'Share of each target that is spread evenly over the classes, with the cross-entropy or "logit_adjusted".',
    )
    class_weight: object = param(
        None,
        [dict, list, Names({"balanced", "effective"}), None],
        'dict, list of dict, "balanced", "effective" or None',
        'Weights of the classes in the loss, multiplied with sample_weight. "balanced" weighs classes inversely to '
        'their number of rows n; "effective" by 0.001 / (1 - 0.999 ** n), which is about the same up to some hundred '
        "rows, while thousands of rows more tell nothing new (Cui et al., 2019); the mean over rows is one. For "
        "several targets or labels, a list with one dict each. Probabilities are those of classes that are as frequent "
        "as their weights make them.",
    )
    deferred_fraction: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Part of the training, of `epochs`, in which class_weight does not count yet: representations are learned of "
        "rows as they are, and the balance comes last (Cao et al., 2019), often with a learning rate that has fallen. "
        "Validation loss has class weights from the start, but early stopping, and stopping by `tol`, begin to watch "
        "when the training loss has them too. A class of weight zero is never learned.",
    )
    batch_sampling: object = param(
        None,
        [Names({"balanced", "sqrt"}), Interval(Real, 0, 1, closed="both"), None],
        '"balanced", "sqrt", float or None',
        'How often the rows of a class are drawn: "balanced" shows all classes equally often, "sqrt" in proportion to '
        "the square root of their number of rows, a float q to its power q: 0 is balanced, 1 as they are. An epoch is "
        "as long as ever; every row of a class is drawn before any is again, from one epoch to the next. Sample "
        "weights and class_weight still count in the loss, so to balance with both is too much. Probabilities are "
        "those of classes in the shares drawn. Not for several labels a row, nor with shuffle=False.",
    )
    prediction_prior: object = param(
        None,
        ["array-like", Names({"uniform"}), None],
        'array-like of shape (n_classes,), "uniform" or None',
        "Shares of the classes where the net is used, if they are not those that training saw: probabilities are "
        'multiplied by the ratio, and add up to one again. "uniform" is the same share for each class. For several '
        "labels, the share of rows that have each (a half if uniform); for several targets, a list of arrays. It may "
        "be set after `fit`.",
    )


@dataclass(eq=False, repr=False)
class RegressorParams:
    """What a regressor minimises."""

    loss: object = param(
        "auto",
        [str, callable],
        "str, keras.losses.Loss or callable",
        '"auto" or "squared_error" ("mse"), "absolute_error" ("mae"), "huber", "log_cosh", "pinball" for the median '
        "(skdeep.losses.Pinball(0.9) for another quantile, Pinball([0.1, 0.5, 0.9]) for several of one target), "
        '"poisson" for counts (the net predicts the logarithm), "cosine" for directions; "balanced_squared_error", in '
        'which each bin of the target weighs the same, and "batch_balanced_squared_error", for targets that are rarely '
        "large or small; or any Keras loss by name, instance or function of (y_true, y_pred). Targets are divided by "
        "their mean for counts, left alone for directions and for losses of others, and else standardised.",
    )
    target_weight: object = param(
        None,
        [Names({"lds"}), None],
        '"lds" or None',
        'Weights of rows by their targets, multiplied with sample_weight. "lds" is label distribution smoothing (Yang '
        "et al., 2021): the inverse of a smoothed histogram of the target in 100 bins; the mean weight is one. It is "
        "for one target.",
    )
