"""From the losses of a training at a rate that rises to a rate at which to train."""

import numpy as np

_WIDTH = 0.2  # decades of the learning rate: the standard deviation of the weights by which losses are smoothed
_BEGINNING = 0.1  # of the steps, whose rates are too low to learn anything
_DEVIATIONS = 5.0  # of the losses of the beginning, that are no divergence
_HALF = 0.5  # of the whole fall of the loss
_BELOW_LEAST = 10.0  # the rate of the least loss is too high for a whole training; a tenth of it is not


def n_steps_before_divergence(losses):
    """Return the number of losses up to the first that is as far above the beginning as the least was below it.

    Parameters
    ----------
    losses : ndarray of shape (n_steps,)
        The last ones may be infinite or NaN.
    """
    finite = np.isfinite(losses)
    losses = losses[: len(losses) if finite.all() else int(finite.argmin())]
    if not len(losses):
        return 0
    start, noise = _beginning(losses)
    height = np.maximum(start - np.minimum.accumulate(losses), _DEVIATIONS * noise)
    above = losses > start + height
    return int(above.argmax()) + 1 if above.any() else len(losses)


def smoothed(learning_rates, losses):
    """Return losses averaged over neighbouring rates, by a Gaussian of the logarithm of the rate.

    Parameters
    ----------
    learning_rates, losses : ndarray of shape (n_steps,)
    """
    decades = np.log10(learning_rates)
    weights = np.exp(-0.5 * ((decades[:, None] - decades) / _WIDTH) ** 2)
    return weights @ losses / weights.sum(axis=1)


def suggested(learning_rates, losses):
    """Return the rate at which half of the fall of smoothed losses is done, and a tenth of that of the least at most.

    Parameters
    ----------
    learning_rates, losses : ndarray of shape (n_steps,)

    Returns
    -------
    learning_rate : float
        NaN if the losses do not come to lie below those of the beginning by more than these differ from each other.
    """
    least = int(losses.argmin())
    start, noise = _beginning(losses)
    if start - losses[least] <= noise:
        return np.nan
    fallen = start - losses[: least + 1] >= _HALF * (start - losses[least])
    return float(min(learning_rates[int(fallen.argmax())], learning_rates[least] / _BELOW_LEAST))


def _beginning(losses):
    """Return the mean and the standard deviation of the losses of the first steps."""
    first = losses[: max(2, round(_BEGINNING * len(losses)))]
    return first.mean(), first.std()
