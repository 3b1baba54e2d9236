"""When to stop: counts the epochs in a row in which the monitored value did not improve."""

import math


class Monitor:
    """Follows one value over the epochs, with scikit-learn's rule for stopping.

    Parameters
    ----------
    tol : float
        An epoch counts as an improvement if it beats the best value by this much.
    n_iter_no_change : int or inf
        Training stops after more than this many epochs in a row without one.
    greater_is_better : bool
    """

    def __init__(self, tol, n_iter_no_change, greater_is_better=False):
        self._sign = -1.0 if greater_is_better else 1.0
        self._tol = tol
        self._patience = n_iter_no_change
        self._best = math.inf
        self._waited = 0

    @property
    def best(self):
        """The best value so far."""
        return self._sign * self._best

    @property
    def exhausted(self):
        """Whether it is time to stop."""
        return self._waited > self._patience

    @property
    def sure_epochs(self):
        """Number of epochs that will be run whatever their values are."""
        return self._patience + 1 - self._waited

    def update(self, value):
        """Take the value of one epoch and return whether it is the best so far."""
        value = self._sign * value
        if not math.isfinite(value):
            self._waited += 1
            return False
        self._waited = self._waited + 1 if value > self._best - self._tol else 0
        improved = value < self._best
        self._best = min(self._best, value)
        return improved
