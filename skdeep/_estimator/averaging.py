"""One prediction of several members: the mean of what each predicts, as an output of one net would say it."""

import numpy as np
from scipy.special import expit, log_softmax, logsumexp

_LEAST = 1e-30  # probability whose logarithm is taken


def averaged(outputs, n_members, target, link):
    """Return the outputs of one net that predicts the mean of what the members predict.

    Parameters
    ----------
    outputs : list of ndarray
        Of all members, one after the other.
    n_members : int
    target : TargetInfo
    link : str
        From outputs to predictions.

    Returns
    -------
    outputs : list of ndarray
    """
    size = len(outputs) // n_members
    return [_mean(np.stack(outputs[first::size]), target, link) for first in range(size)]


def _mean(stacked, target, link):
    if link == "probability" and target.kind in ("multiclass", "multioutput"):
        return logsumexp(log_softmax(stacked, axis=-1), axis=0) - np.log(len(stacked))
    if link == "probability":
        share = np.clip(expit(stacked).mean(axis=0), _LEAST, None)
        return np.log(share) - np.log(np.clip(expit(-stacked).mean(axis=0), _LEAST, None))
    if link == "exp":
        return logsumexp(stacked, axis=0) - np.log(len(stacked))
    return stacked.mean(axis=0)
