"""When to stop: counts the epochs in a row in which the monitored value did not improve, and keeps the best weights."""

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


class Watch:
    """Follows what a plan watches, one value for the whole net or one for each member of an ensemble.

    A member whose time has come keeps the weights it has then, while the others go on.

    Parameters
    ----------
    plan : TrainPlan
    program : Program
    """

    def __init__(self, plan, program):
        self._plan, self._program = plan, program
        self._names = plan.watched
        self._monitors = [Monitor(plan.tol, plan.n_iter_no_change, plan.greater_is_better) for _ in self._names]
        self._kept = [None] * len(self._names)

    @property
    def best(self):
        """The best value so far, averaged over the members."""
        return sum(monitor.best for monitor in self._monitors) / len(self._monitors)

    @property
    def exhausted(self):
        """Whether it is time to stop for all."""
        return all(monitor.exhausted for monitor in self._monitors)

    @property
    def sure_epochs(self):
        """Number of epochs that will be run whatever their values are."""
        if len(self._monitors) > 1 and not math.isinf(self._plan.n_iter_no_change):
            return 1  # a member's weights may have to be kept after any of them
        return max(monitor.sure_epochs for monitor in self._monitors)

    def update(self, values):
        """Take the values of one epoch and keep the weights that it makes the ones to return."""
        weights = None
        for index, (name, monitor) in enumerate(zip(self._names, self._monitors, strict=True)):
            if monitor.exhausted:
                continue
            improved = monitor.update(values[name])
            ends = monitor.exhausted and len(self._names) > 1
            if (improved and self._plan.restore_best) or (ends and self._kept[index] is None):
                weights = self._program.weights() if weights is None else weights
                self._kept[index] = weights

    @property
    def never_finite(self):
        """Whether there is no best epoch although its weights are wanted; a scorer may have no number to give."""
        wanted = self._plan.restore_best and not self._plan.greater_is_better
        return wanted and any(math.isinf(monitor.best) for monitor in self._monitors)

    def best_weights(self):
        """Return the weights that training leaves: the best ones if the plan says so, else the last."""
        last = self._program.weights() if any(kept is None for kept in self._kept) else None
        kept = [last if one is None else one for one in self._kept]
        return self._program.of_members(kept) if len(kept) > 1 else kept[0]
