"""Worker processes of joblib: whether this is one, and what to say where they do not pay."""

import multiprocessing
import warnings

from sklearn.exceptions import EfficiencyWarning

# joblib numbers the processes of a session, so that one of them can speak for all.
_FIRST = "LokyProcess-1"


def advise(compiled, trained):
    """Warn once, in the first worker process, that each compiles for itself, if that took longer than the training.

    Parameters
    ----------
    compiled, trained : float
        Seconds that the first program of this process took to be compiled, and then to be trained.
    """
    if multiprocessing.current_process().name != _FIRST or trained >= compiled:
        return
    warnings.warn(
        f"A worker process of joblib has compiled a net in {compiled:.1f} s and trained it in {trained:.1f} s. Every "
        "worker imports TensorFlow and compiles for itself, which pays only if many fits follow. For a short search of "
        "small nets n_jobs=1 is faster; threads import TensorFlow once: "
        "`with joblib.parallel_config(backend='threading'): ...`.",
        EfficiencyWarning,
        stacklevel=2,
    )
