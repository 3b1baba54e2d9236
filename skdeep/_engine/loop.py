"""The life of one fit: run epochs, validate, schedule, call back, stop; returns NumPy arrays."""

import time

import numpy as np

from skdeep._engine import interrupt
from skdeep._engine.cache import cache
from skdeep._engine.callbacks import Callbacks
from skdeep._engine.monitor import Monitor
from skdeep._engine.progress import Progress
from skdeep._spec import FitResult
from skdeep.schedules import ReduceOnPlateau, Schedule

_SECONDS_PER_CALL = 0.2  # of several short epochs in one call of the graph
_SECONDS_PER_PIECE = 2.0  # of one long epoch in several calls
_FIRST_STEPS = 8  # that tell how fast a program is
_INDICES_PER_CALL = 2**22


def fit(program, data, plan, *, start=None, initial=None, validate=None, callbacks=(), observer=None):
    """Train a leased program and return what it learned.

    Parameters
    ----------
    program : Program
    data : Data
        The training rows.
    plan : TrainPlan
    start : tuple of (weights, optimizer state or None), optional
        Where to go on from, instead of freshly drawn weights.
    initial : list of (ndarray or None), optional
        Weights to begin with; those that are None are drawn.
    validate : callable, optional
        Takes the program and returns a dict of values of this epoch for the history.
    callbacks : list of keras.callbacks.Callback
    observer : object, optional
        Its `begin()` is called before every epoch and `end(epoch, program)` after it, which returns True to stop.

    Returns
    -------
    FitResult

    Raises
    ------
    ValueError
        If the loss or a weight becomes infinite or NaN.
    """
    program.start(plan.seeds[0], plan.numbers)
    if start is not None:
        program.load(*start)
    elif initial is not None:
        program.place(initial)
    return _Fit(program, data, plan, validate, callbacks, observer).run()


class _Fit:
    def __init__(self, program, data, plan, validate, callbacks, observer):
        self.program, self.data, self.plan = program, data, plan
        self.validate, self.observer = validate, observer
        self.n_steps = -(-data.n_rows // plan.batch_size)
        self.callbacks = Callbacks(callbacks, program, epochs=plan.epochs, steps=self.n_steps) if callbacks else None
        self.monitor = Monitor(plan.tol, plan.n_iter_no_change, plan.greater_is_better)
        self.history = {"loss": []}
        self.epoch = 0
        self.rate = plan.numbers.get("learning_rate")
        self.assigned_rate = program.learning_rate if callbacks else self.rate
        self.best_weights = None
        self.interrupted = False
        # Anything that has to happen between two epochs ends the call of the graph.
        plateau = isinstance(plan.schedule, ReduceOnPlateau)
        self.by_epoch = any((validate, callbacks, observer, plan.verbose, plateau))

    def run(self):
        progress = Progress(self.plan.verbose, self.plan.epochs, self.plan.title)
        try:
            with interrupt.listening(cache) as interruption:
                self._run_all(progress, interruption)
        finally:
            progress.close()
            if self.callbacks:
                self.callbacks.detach()
        return self._result()

    def _run_all(self, progress, interruption):
        if self.callbacks:
            self.callbacks.call("on_train_begin", {})
            self.epoch = self.callbacks.initial_epoch
        stop = False
        while self.epoch < self.plan.epochs and not stop:
            try:
                stop = self._run_call(progress) or interruption.requested
            except KeyboardInterrupt:
                interruption.request()
                stop = True
        if self.callbacks:
            self.callbacks.call("on_train_end", {})
        self.interrupted = interruption.requested
        if self.interrupted:
            interrupt.warn(self.epoch)

    def _run_call(self, progress):
        """Run as many epochs as need nothing between them, record them, and return whether to stop."""
        n_epochs = self._epochs_per_call()
        if self.callbacks:
            self.callbacks.call("on_epoch_begin", self.epoch, {})
        if self.observer:
            self.observer.begin()
        if self.callbacks and self.plan.schedule is not None:
            self._follow_callbacks()
        self._set_plateau_rate()
        orders = np.stack([self._order(self.epoch + index) for index in range(n_epochs)])
        rates = self._rates(n_epochs)
        if n_epochs > 1:
            sums_of_epochs = self._timed(orders, rates)
        else:
            sums_of_epochs = [
                self._run_batches(orders, rates) if self._by_batch else self._run_pieces(orders, rates, progress)
            ]
        shown = [self._shown_rate(rates, index) for index in range(n_epochs)]
        stops = [self._record(*sums, rate, progress) for sums, rate in zip(sums_of_epochs, shown, strict=True)]
        return any(stops)

    @property
    def _by_batch(self):
        return self.callbacks is not None and self.callbacks.by_batch

    def _epochs_per_call(self):
        pace = self.program.seconds_per_row
        if self.by_epoch or pace is None:
            return 1
        rows = self.data.n_rows
        most = min(_SECONDS_PER_CALL / (pace * rows), _INDICES_PER_CALL / rows, self.monitor.sure_epochs)
        return max(1, min(self.plan.epochs - self.epoch, int(most)))

    def _order(self, epoch):
        if not self.plan.shuffle:
            return np.arange(self.data.n_rows, dtype=np.int32)
        bits = np.random.Philox(key=[self.plan.seeds[1], self.plan.first_epoch + epoch])
        return np.random.Generator(bits).permutation(self.data.n_rows).astype(np.int32)

    # -- learning rate --------------------------------------------------------------------------------------------

    def _follow_callbacks(self):
        """Scale the base learning rate by as much as a callback has changed the one in force."""
        current = self.program.learning_rate
        if current != self.assigned_rate:
            self.rate = self.rate * current / self.assigned_rate if self.assigned_rate else current

    def _set_plateau_rate(self):
        if isinstance(self.plan.schedule, ReduceOnPlateau):
            values = self.history.get(self.plan.monitor, [])
            sign = -1 if self.plan.greater_is_better else 1
            self.program.learning_rate = self.rate * self.plan.schedule.factor_after([sign * v for v in values])
            self.assigned_rate = self.program.learning_rate

    def _rates(self, n_epochs):
        """Learning rates of the next epochs, shape (n_epochs, n_steps), or None if they are not scheduled by step."""
        if not self.program.spec.scheduled:
            return None
        epochs = self.plan.schedule_start + self.epoch + np.arange(n_epochs)[:, None]
        fractions = (epochs + np.arange(self.n_steps) / self.n_steps) / self.plan.schedule_epochs
        fractions = np.minimum(fractions, 1.0)
        schedule = self.plan.schedule
        factors = schedule(fractions) if isinstance(schedule, Schedule) else np.vectorize(schedule)(fractions)
        rates = (self.rate * np.asarray(factors, dtype=float)).astype(self.program.dtype.as_numpy_dtype)
        if not (np.isfinite(rates).all() and (rates >= 0).all()):
            raise ValueError(f"learning_rate_schedule must give finite factors that are not negative, got {factors!r}.")
        self.assigned_rate = float(rates[-1, -1])
        return rates

    def _shown_rate(self, rates, index):
        if rates is not None:
            return float(rates[index, -1])
        # Only callbacks and plateaus change it in ways that are not written down here.
        changes = self.callbacks or isinstance(self.plan.schedule, ReduceOnPlateau)
        return self.program.learning_rate if changes else self.rate

    # -- running --------------------------------------------------------------------------------------------------

    def _timed(self, orders, rates, sums=None):
        """Run epochs, or a piece of one, in one call of the graph and return the sums of the losses and weights."""
        started = time.perf_counter()
        sums = self.program.train(
            self.data,
            orders,
            self.plan.batch_size,
            seed=self.plan.seeds[2],
            first_epoch=self.plan.first_epoch + self.epoch,
            rates=rates,
            sums=sums,
        )
        self.program.seconds_per_row = (time.perf_counter() - started) / orders.size
        return sums

    def _run_pieces(self, orders, rates, progress):
        """Run one epoch, in pieces if it is long, so that it can be watched and interrupted."""
        step, size, sums = 0, self.plan.batch_size, None
        while step < self.n_steps:
            stop = min(step + self._steps_per_piece(), self.n_steps)
            rows = orders[:, step * size : stop * size]
            (sums,) = self._timed(rows, None if rates is None else rates[:, step:stop], sums)
            step = stop
            progress.within(self.epoch + step / self.n_steps)
        return sums

    def _steps_per_piece(self):
        pace = self.program.seconds_per_row
        return _FIRST_STEPS if pace is None else max(1, int(_SECONDS_PER_PIECE / (pace * self.plan.batch_size)))

    def _run_batches(self, orders, rates):
        """Run one epoch in the same graph, one call a batch, with the batch hooks around each."""
        size, sums = self.plan.batch_size, None
        for step in range(self.n_steps):
            self.callbacks.call("on_train_batch_begin", step, {})
            rows = orders[:, step * size : (step + 1) * size]
            (sums,) = self._timed(rows, None if rates is None else rates[:, step : step + 1], sums)
            self.callbacks.call("on_train_batch_end", step, {"loss": float(sums[0] / sums[1])})
            if self.callbacks.stop:
                break
        return sums

    def _record(self, loss, weight, rate, progress):
        """Take the sums of one finished epoch and return whether to stop after it."""
        self.epoch += 1
        loss = loss / weight
        if not np.isfinite(loss):
            raise ValueError(_diverged(f"The training loss became {loss} in epoch {self.epoch}.", self.plan))
        values = {"loss": float(loss)}
        if rate is not None:
            values["learning_rate"] = rate
        if self.validate:
            values |= self.validate(self.program)
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)
        improved = self.monitor.update(values[self.plan.monitor])
        if improved and self.plan.restore_best:
            self.best_weights = self.program.weights()
        progress.update(self.epoch, values)
        stop = self.monitor.exhausted
        if self.callbacks:
            self.callbacks.call("on_epoch_end", self.epoch - 1, dict(values))
            stop |= self.callbacks.stop
        if self.observer:
            stop |= bool(self.observer.end(self.epoch, self.program))
        return stop

    def _result(self):
        if self.program.optimizer.use_ema:
            self.program.optimizer.finalize_variable_values(self.program.model.trainable_variables)
        weights = self.best_weights if self.best_weights is not None else self.program.weights()
        if not all(np.isfinite(array).all() for array in weights):
            raise ValueError(_diverged("The weights became infinite or NaN.", self.plan))
        return FitResult(
            weights=weights,
            optimizer_state=self.program.optimizer_state(),
            history=self.history,
            n_epochs=self.epoch,
            best=self.monitor.best,
            callbacks=self.callbacks.copies if self.callbacks else [],
            interrupted=self.interrupted,
        )


def _diverged(what, plan):
    rate = plan.numbers.get("learning_rate")
    return (
        f"{what} Likely causes: a learning rate that is too high"
        + (f" (learning_rate={rate:g})" if rate is not None else "")
        + ", inputs that are not scaled (try StandardScaler), or exploding gradients (try clip_norm=1.0)."
    )
