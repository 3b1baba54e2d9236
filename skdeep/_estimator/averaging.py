"""One prediction of several nets: the mean of what each predicts, as an output of one net would say it.

The nets are members of an ensemble, or packed in one model, whose outputs then have an axis for them, or both.
"""

import numpy as np
from scipy.special import expit, log_softmax, logsumexp

_LEAST = 1e-30  # probability, or step, whose logarithm is taken


def averaged(outputs, net):
    """Return the outputs of one net that predicts the mean of what several predict.

    Parameters
    ----------
    outputs : list of ndarray
        Of all members, one after the other; of packed nets, with these along the second axis.
    net : Net
        Says how many there are, and what the outputs mean.

    Returns
    -------
    outputs : list of ndarray
        Of shape (n, units).
    """
    size = len(outputs) // net.n_members
    return [_mean(_stacked(outputs[first::size], net), net.target, net.link) for first in range(size)]


def _stacked(outputs, net):
    """Return the outputs of all nets in an array with an axis for the nets first."""
    if net.n_packed == 1:
        return np.stack(outputs)
    return np.concatenate([np.swapaxes(output, 0, 1) for output in outputs])


def _mean(stacked, target, link):
    if link == "probability" and target.kind in ("multiclass", "multioutput"):
        return logsumexp(log_softmax(stacked, axis=-1), axis=0) - np.log(len(stacked))
    if link == "probability":
        share = np.clip(expit(stacked).mean(axis=0), _LEAST, None)
        return np.log(share) - np.log(np.clip(expit(-stacked).mean(axis=0), _LEAST, None))
    if link == "exp":
        return logsumexp(stacked, axis=0) - np.log(len(stacked))
    if link == "quantiles":  # the first, and of each further one the step to it, which is a softplus
        steps = np.clip(np.logaddexp(0.0, stacked[..., 1:]).mean(axis=0), _LEAST, None)
        return np.concatenate([stacked[..., :1].mean(axis=0), steps + np.log(-np.expm1(-steps))], axis=-1)
    return stacked.mean(axis=0)
