"""Parameters of a training of a set length, under a schedule that comes to its end."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, Options

from skdeep._estimator.params import param, positive
from skdeep.schedules import CosineDecay, schedule_names
from skdeep.utils._words import Names

# Under a warm-up and a cosine, a step may be three times as large as at a constant rate.
SCHEDULE = CosineDecay(), 3.0


def epochs_param(steps, least):
    """Declare `epochs`, of which "auto" is as many as make some steps, and at least so many."""
    return param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        f'Passes over the training data, at most. "auto" is as many as make {steps} steps, and {least} at least: few '
        "rows are visited more often than many.",
    )


def n_iter_no_change_param():
    """Declare `n_iter_no_change`, which is none."""
    return param(
        np.inf,
        [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "int or inf",
        "Training stops when more than this many epochs in a row did not improve by `tol`: on validation data with "
        "early stopping, else in the training loss. With inf the schedule of the learning rate comes to its end, which "
        "is when a net is best; early stopping then keeps the best weights.",
    )


def learning_rate_param(where=""):
    """Declare `learning_rate`, which is larger under the schedule, and `where` else that is so."""
    return param(
        "auto",
        [Names({"auto"}), positive(Real)],
        'float or "auto"',
        'Step size. "auto" is 0.001, 0.01 for "sgd" and "nesterov", three times as much if `learning_rate_schedule` is '
        f'"auto"{where}, or the one of an optimizer instance.',
    )


def learning_rate_schedule_param(where="; it is constant"):
    """Declare `learning_rate_schedule`, which is SCHEDULE, and say `where` and where not."""
    return param(
        "auto",
        [Names({"auto", *schedule_names()}), callable, HasMethods(["factor_after"]), None],
        "str, Schedule, callable or None",
        "Factor of the learning rate over the course of training: one of "
        + ", ".join(f'"{name}"' for name in schedule_names())
        + "; an object of skdeep.schedules; or a function of the fraction of training that is done. "
        f'"auto" warms up and follows a cosine to zero{where} in `partial_fit`, which has no end. None keeps the rate '
        "constant.",
    )


def early_stopping_param(rows):
    """Declare `early_stopping`, by the loss on held out `rows`."""
    return param(
        False,
        ["boolean"],
        "bool",
        f"Whether to stop when the loss on validation {rows} no longer improves, and to keep the weights of the best "
        f"epoch. They are drawn from the training {rows}, unless `fit` is given X_val.",
    )


def validation_fraction_param(rows):
    """Declare `validation_fraction`, of `rows`."""
    return param(
        0.1,
        [Interval(Real, 0, 1, closed="neither")],
        "float",
        f"Fraction of the training {rows} set aside for early stopping.",
    )


def scoring_param(what):
    """Declare `scoring`, which is the loss, called `what`."""
    return param("loss", [Names({"loss"})], '{"loss"}', f"What early stopping watches: the {what}.")
