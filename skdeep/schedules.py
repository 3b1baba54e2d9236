"""Learning rate schedules: factors of the base learning rate over the course of training.

A schedule is a function of the fraction of training that is done, from 0 to 1. It does not know epochs or batches, so
it means the same for any data size. Any callable of the fraction can be used in place of these objects; these have
parameters that a search can set (`learning_rate_schedule__final`).
"""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep.utils._options import Options

__all__ = [
    "ConstantSchedule",
    "CosineCycles",
    "CosineDecay",
    "ExponentialDecay",
    "FlatCosine",
    "InverseTimeDecay",
    "LinearDecay",
    "OneCycle",
    "ReduceOnPlateau",
    "Schedule",
    "StepDecay",
]

_FRACTION = [Interval(Real, 0, 1, closed="both")]
_POSITIVE_FRACTION = [Interval(Real, 0, 1, closed="right")]


class Schedule(Options):
    """Base of the schedules: parameters can be read, set and searched.

    Examples
    --------
    >>> from skdeep.schedules import Schedule, StepDecay
    >>> isinstance(StepDecay(), Schedule)
    True
    """


class ConstantSchedule(Schedule):
    """The base learning rate, from the first step to the last.

    Examples
    --------
    >>> from skdeep.schedules import ConstantSchedule
    >>> float(ConstantSchedule()(0.5))
    1.0
    """

    _parameter_constraints: dict = {}

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        return np.ones_like(np.asarray(fraction, dtype=float))


class InverseTimeDecay(Schedule):
    """Decay in inverse proportion to time: 1 / (1 + rate * fraction).

    Parameters
    ----------
    rate : float, default=9.0
        The learning rate ends at 1 / (1 + rate) of its base.

    References
    ----------
    Robbins and Monro (1951), "A stochastic approximation method".

    Examples
    --------
    >>> from skdeep.schedules import InverseTimeDecay
    >>> float(InverseTimeDecay(rate=3.0)(1.0))
    0.25
    """

    _parameter_constraints: dict = {"rate": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, rate=9.0):
        self.rate = rate

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        return 1.0 / (1.0 + self.rate * np.asarray(fraction, dtype=float))


class StepDecay(Schedule):
    """Multiply by a factor at certain moments.

    Parameters
    ----------
    factor : float, default=0.1
        What the learning rate is multiplied by at each step down.
    at : tuple of float, default=(0.5, 0.75)
        Fractions of training at which the steps are taken.

    Examples
    --------
    >>> from skdeep.schedules import StepDecay
    >>> StepDecay(factor=0.5)([0.0, 0.5, 0.8]).tolist()
    [1.0, 0.5, 0.25]
    """

    _parameter_constraints: dict = {"factor": _POSITIVE_FRACTION, "at": ["array-like"]}

    def __init__(self, factor=0.1, at=(0.5, 0.75)):
        self.factor = factor
        self.at = at

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        return self.factor ** np.searchsorted(np.sort(self.at), np.asarray(fraction, dtype=float), side="right")


class ExponentialDecay(Schedule):
    """Shrink by the same proportion in each equal stretch of time.

    Parameters
    ----------
    final : float, default=0.01
        Factor at the end of training.

    Examples
    --------
    >>> from skdeep.schedules import ExponentialDecay
    >>> round(float(ExponentialDecay(final=0.01)(0.5)), 6)
    0.1
    """

    _parameter_constraints: dict = {"final": _POSITIVE_FRACTION}

    def __init__(self, final=0.01):
        self.final = final

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        return self.final ** np.asarray(fraction, dtype=float)


class _WarmUp(Schedule):
    """A linear rise from nearly zero over the warm-up, then a fall that subclasses shape."""

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        fraction = np.asarray(fraction, dtype=float)
        rest = max(1.0 - self.warmup, 1e-12)
        done = np.clip((fraction - self.warmup) / rest, 0.0, 1.0)
        falling = self.final + (1.0 - self.final) * self._shape(done)
        if not self.warmup:
            return falling
        # The first step would otherwise be a step of size zero.
        return np.where(fraction < self.warmup, 0.01 + 0.99 * fraction / self.warmup, falling)


class LinearDecay(_WarmUp):
    """A straight line down, after an optional warm-up.

    Parameters
    ----------
    warmup : float, default=0.0
        Fraction of training in which the rate rises from a hundredth of its base.
    final : float, default=0.0
        Factor at the end of training.

    Examples
    --------
    >>> from skdeep.schedules import LinearDecay
    >>> LinearDecay()([0.0, 0.25, 1.0]).tolist()
    [1.0, 0.75, 0.0]
    """

    _parameter_constraints: dict = {"warmup": _FRACTION, "final": _FRACTION}

    def __init__(self, warmup=0.0, final=0.0):
        self.warmup = warmup
        self.final = final

    def _shape(self, done):
        return 1.0 - done


class CosineDecay(_WarmUp):
    """Half a cosine wave down, after a warm-up.

    Parameters
    ----------
    warmup : float, default=0.1
        Fraction of training in which the rate rises from a hundredth of its base.
    final : float, default=0.0
        Factor at the end of training.

    References
    ----------
    Loshchilov and Hutter (2017), "SGDR: stochastic gradient descent with warm restarts".
    Goyal et al. (2017), "Accurate, large minibatch SGD", for the warm-up.

    Examples
    --------
    >>> from skdeep.schedules import CosineDecay
    >>> CosineDecay(warmup=0.0)([0.0, 0.5, 1.0]).round(6).tolist()
    [1.0, 0.5, 0.0]
    """

    _parameter_constraints: dict = {"warmup": _FRACTION, "final": _FRACTION}

    def __init__(self, warmup=0.1, final=0.0):
        self.warmup = warmup
        self.final = final

    def _shape(self, done):
        return (1.0 + np.cos(np.pi * done)) / 2.0


class CosineCycles(Schedule):
    """Rises and falls of a cosine between 0 and 1, each twice as long as the one before.

    The factor is (1 - cos(2 pi log2(1 + (2 ** n_cycles - 1) * fraction))) / 2.

    Parameters
    ----------
    n_cycles : int, default=4
        Number of rises and falls.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data".

    Examples
    --------
    >>> from skdeep.schedules import CosineCycles
    >>> CosineCycles(n_cycles=1)([0.0, 0.414213562, 1.0]).round(3).tolist()
    [0.0, 1.0, 0.0]
    """

    _parameter_constraints: dict = {"n_cycles": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, n_cycles=4):
        self.n_cycles = n_cycles

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        done = np.log2(1.0 + (2.0**self.n_cycles - 1.0) * np.asarray(fraction, dtype=float))
        return np.clip((1.0 - np.cos(2.0 * np.pi * done)) / 2.0, 0.0, 1.0)


class FlatCosine(Schedule):
    """Constant at first, then a cosine down to zero.

    Parameters
    ----------
    flat : float, default=0.5
        Fraction of training before the fall.

    Examples
    --------
    >>> from skdeep.schedules import FlatCosine
    >>> FlatCosine()([0.25, 0.75, 1.0]).round(3).tolist()
    [1.0, 0.5, 0.0]
    """

    _parameter_constraints: dict = {"flat": _FRACTION}

    def __init__(self, flat=0.5):
        self.flat = flat

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        done = np.clip((np.asarray(fraction, dtype=float) - self.flat) / max(1.0 - self.flat, 1e-12), 0.0, 1.0)
        return (1.0 + np.cos(np.pi * done)) / 2.0


class OneCycle(Schedule):
    """One rise to the base learning rate and one long fall far below the start.

    Parameters
    ----------
    peak_at : float, default=0.3
        Fraction of training at which the base learning rate is reached.
    initial : float, default=0.04
        Factor at the start.
    final : float, default=0.0001
        Factor at the end.

    References
    ----------
    Smith and Topin (2019), "Super-convergence: very fast training of neural networks using large learning rates".

    Examples
    --------
    >>> from skdeep.schedules import OneCycle
    >>> OneCycle()([0.0, 0.3, 1.0]).round(4).tolist()
    [0.04, 1.0, 0.0001]
    """

    _parameter_constraints: dict = {
        "peak_at": [Interval(Real, 0, 1, closed="neither")],
        "initial": _FRACTION,
        "final": _FRACTION,
    }

    def __init__(self, peak_at=0.3, initial=0.04, final=1e-4):
        self.peak_at = peak_at
        self.initial = initial
        self.final = final

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        fraction = np.asarray(fraction, dtype=float)
        rise = (1.0 - np.cos(np.pi * np.clip(fraction / self.peak_at, 0.0, 1.0))) / 2.0
        fall = (1.0 + np.cos(np.pi * np.clip((fraction - self.peak_at) / (1.0 - self.peak_at), 0.0, 1.0))) / 2.0
        rising = self.initial + (1.0 - self.initial) * rise
        return np.where(fraction < self.peak_at, rising, self.final + (1.0 - self.final) * fall)


class ReduceOnPlateau(Schedule):
    """Multiply by a factor whenever the monitored value has not improved for a while.

    The value is the one that decides on stopping: with early stopping the validation loss or score, else the training
    loss. Calls of `partial_fit` start counting anew.

    Parameters
    ----------
    factor : float, default=0.1
        What the learning rate is multiplied by.
    patience : int, default=5
        Epochs without improvement that are waited for.
    tol : float, default=1e-4
        Improvement that counts.
    minimum : float, default=1e-6
        Smallest factor.

    Examples
    --------
    >>> from skdeep.schedules import ReduceOnPlateau
    >>> ReduceOnPlateau(factor=0.5, patience=2).factor_after([1.0, 0.9, 0.9, 0.9])
    0.5
    """

    _parameter_constraints: dict = {
        "factor": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "minimum": _FRACTION,
    }

    def __init__(self, factor=0.1, patience=5, tol=1e-4, minimum=1e-6):
        self.factor = factor
        self.patience = patience
        self.tol = tol
        self.minimum = minimum

    def factor_after(self, values):
        """Return the factor that is in force after some epochs.

        Parameters
        ----------
        values : list of float
            Monitored value of each epoch so far; smaller is better.

        Returns
        -------
        factor : float
            Between `minimum` and 1.
        """
        best, waited, factor = np.inf, 0, 1.0
        for value in values:
            waited = waited + 1 if value > best - self.tol else 0
            best = min(best, value)
            if waited >= self.patience:
                waited, factor = 0, max(factor * self.factor, self.minimum)
        return factor


_NAMED = {
    "constant": ConstantSchedule,
    "inverse_time": InverseTimeDecay,
    "step": StepDecay,
    "exponential": ExponentialDecay,
    "linear": LinearDecay,
    "cosine": CosineDecay,
    "one_cycle": OneCycle,
    "reduce_on_plateau": ReduceOnPlateau,
}


def schedule_names():
    """Return the names that `learning_rate_schedule` accepts."""
    return tuple(_NAMED)


def resolve(schedule):
    """Return the schedule of a name, or the object itself; None for a constant learning rate."""
    if isinstance(schedule, type):
        raise TypeError(f"learning_rate_schedule must be an instance, got the class {schedule.__name__}.")
    if isinstance(schedule, str):
        schedule = _NAMED[schedule]()
    if schedule is None or isinstance(schedule, ConstantSchedule):
        return None
    if isinstance(schedule, Schedule):
        schedule.validate()
    return schedule
