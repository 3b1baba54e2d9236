"""From the losses of a training at a rate that rises to a rate at which to train."""

import numpy as np

_WIDTH = 0.2  # decades of the learning rate: the standard deviation of the weights by which losses are smoothed
_BEGINNING = 0.1  # of the steps, whose rates are too low to learn anything; of few steps, ...
_FEWEST_STEPS = 4  # ... so many
_STANDARD_ERRORS = 4.0  # of a difference between two averages of so many losses, which a fall has to exceed
_ROUNDING = 1e-6  # of the loss, which is computed in single precision
_HALF = 0.5  # of the whole fall of the loss
_BELOW_LEAST = 10.0  # the rate of the least loss is too high for a whole training


def n_steps_before_divergence(learning_rates, losses):
    """Return the number of losses up to the first, after the least, that is as far above the beginning as that below.

    Parameters
    ----------
    learning_rates, losses : ndarray of shape (n_steps,)
        The last losses may be infinite or NaN.
    """
    finite = np.isfinite(losses)
    if not finite.all():
        losses = losses[: int(finite.argmin())]
    if not len(losses):
        return 0
    start = losses[: _n_first(losses)].mean()
    ceiling = start + max(start - losses.min(), 0.0)
    least = int(smoothed(learning_rates[: len(losses)], np.minimum(losses, ceiling)).argmin())
    above = losses[least:] > ceiling
    return least + int(above.argmax()) + 1 if above.any() else len(losses)


def smoothed(learning_rates, losses):
    """Return losses averaged over neighbouring rates, by a Gaussian of the logarithm of the rate.

    Parameters
    ----------
    learning_rates, losses : ndarray of shape (n_steps,)
    """
    decades = np.log10(learning_rates)
    weights = np.exp(-0.5 * ((decades[:, None] - decades) / _WIDTH) ** 2)
    return weights @ losses / weights.sum(axis=1)


def suggested(learning_rates, losses, smoothed_losses):
    """Return the rate between that at which half of the fall of smoothed losses is done and a tenth of the least's.

    It is their geometric mean. The first is too low where much of the fall is easy, such as the mean of the rows; the
    second is too high where a loss is low for a moment at rates that a longer training does not stand.

    Parameters
    ----------
    learning_rates, losses, smoothed_losses : ndarray of shape (n_steps,)

    Returns
    -------
    learning_rate : float
        NaN if the losses do not come to lie below those of the beginning by more than chance.
    """
    first = _n_first(losses)
    start, least = smoothed_losses[:first].mean(), int(smoothed_losses.argmin())
    fall = start - smoothed_losses[least]
    # Smoothed losses are averages of about as many as there are in the beginning.
    error = losses[:first].std(ddof=1) * np.sqrt(2 / first)
    if fall <= _STANDARD_ERRORS * error + _ROUNDING * abs(start):
        return np.nan
    fallen = start - smoothed_losses[: least + 1] >= _HALF * fall
    return float(np.sqrt(learning_rates[int(fallen.argmax())] * learning_rates[least] / _BELOW_LEAST))


def _n_first(losses):
    """Return the number of losses that count as the beginning."""
    return max(_FEWEST_STEPS, round(_BEGINNING * len(losses)))
