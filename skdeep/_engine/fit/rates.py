"""The values of live numbers that change from step to step or from epoch to epoch: schedules, plateaus, callbacks."""

import numpy as np

from skdeep.schedules import ReduceOnPlateau, Schedule


class Rates:
    """Follows the schedules of one fit.

    Parameters
    ----------
    plan : TrainPlan
    program : Program
    n_steps : int
        Of an epoch.
    watched : bool
        Whether callbacks see, and may change, the learning rate.
    """

    def __init__(self, plan, program, n_steps, watched):
        self._plan, self._program, self._n_steps, self._watched = plan, program, n_steps, watched
        schedule = plan.schedules.get("learning_rate")
        self._scheduled = schedule is not None
        self.plateau = schedule if isinstance(schedule, ReduceOnPlateau) else None
        self._base = plan.numbers.get("learning_rate")
        self._assigned = program.learning_rate if watched else self._base

    def follow_callbacks(self):
        """Scale the base learning rate by as much as a callback has changed the one in force."""
        if not self._scheduled:
            return
        current = self._program.learning_rate
        if current != self._assigned:
            self._base = self._base * current / self._assigned if self._assigned else current

    def follow_plateau(self, history):
        """Set the learning rate that is in force after the epochs so far."""
        if self.plateau is not None:
            sign = -1 if self._plan.greater_is_better else 1
            values = zip(*(history.get(name, [])[self._plan.watch_from :] for name in self._plan.watched), strict=True)
            factor = self.plateau.factor_after([sign * sum(members) / len(members) for members in values])
            self._program.learning_rate = self._base * factor
            self._assigned = self._program.learning_rate

    def values(self, epoch, n_epochs):
        """Return the scheduled numbers of the next epochs, shape (n_epochs, n_steps, n_scheduled), or None."""
        names = self._program.spec.scheduled
        if not names:
            return None
        values = np.stack([self._of_number(name, epoch, n_epochs) for name in names], axis=-1)
        if "learning_rate" in names:
            self._assigned = float(values[-1, -1, names.index("learning_rate")])
        return values

    def _of_number(self, name, epoch, n_epochs):
        plan = self._plan
        epochs = plan.schedule_start + epoch + np.arange(n_epochs)[:, None]
        fractions = np.minimum((epochs + np.arange(self._n_steps) / self._n_steps) / plan.schedule_epochs, 1.0)
        schedule = plan.schedules[name]
        factors = (
            schedule(fractions) if isinstance(schedule, Schedule) else np.vectorize(schedule, otypes=[float])(fractions)
        )
        base = self._base if name == "learning_rate" else plan.numbers[name]
        values = (base * np.asarray(factors, dtype=float)).astype(self._program.dtype.as_numpy_dtype)
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError(f"{name}_schedule must give finite factors that are not negative, got {factors!r}.")
        return values

    def shown(self, values, index):
        """Return the learning rate at the end of one of the epochs, or None if there is none."""
        names = self._program.spec.scheduled
        if "learning_rate" in names:
            return float(values[index, -1, names.index("learning_rate")])
        # Only callbacks and plateaus change it in ways that are not written down here.
        changes = self._watched or self.plateau is not None
        return self._program.learning_rate if changes else self._base
