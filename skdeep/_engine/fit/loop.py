"""The life of one fit: run epochs, validate, schedule, call back, stop; returns NumPy arrays."""

import time
from functools import partial

import numpy as np

from skdeep._engine.cache import cache
from skdeep._engine.fit import interrupt
from skdeep._engine.fit.callbacks import Callbacks
from skdeep._engine.fit.monitor import Watch
from skdeep._engine.fit.progress import Progress
from skdeep._engine.fit.rates import Rates
from skdeep._engine.spec import Diverged, FitResult

_SECONDS_PER_CALL = 0.2  # of several short epochs in one call of the graph
_SECONDS_PER_PIECE = 2.0  # of one long epoch in several calls
_FIRST_STEPS = 8  # that tell how fast a program is
_INDICES_PER_CALL = 2**22
_ROWS_TO_PREPARE = 2048


def fit(program, data, plan, *, start=None, initial=None, validate=None, callbacks=(), show=None, observer=None):
    """Train a leased program and return what it learned.

    Parameters
    ----------
    program : Program
    data : Data
        The training rows.
    plan : TrainPlan
    start : tuple of (weights, optimizer state or None), optional
        Where to go on from, instead of freshly drawn weights.
    initial : list of (ndarray or None), or dict of ndarray, optional
        Weights to begin with; those that are None are drawn.
    validate : callable, optional
        Takes the program and returns a dict of values of this epoch for the history.
    callbacks : list of keras.callbacks.Callback, or callable
        A function makes of the program what stands for `Callbacks`.
    show : callable, optional
        Turns the program's model into the one that callbacks see.
    observer : object, optional
        Its `begin()` is called before every epoch and `end(epoch, program)` after it, which returns True to stop.

    Returns
    -------
    FitResult

    Raises
    ------
    Diverged
        If the loss or a weight becomes infinite or NaN.
    """
    program.start(plan.seeds[0], plan.numbers)
    if program.spec.masked:
        program.mask(plan.masks)
    if start is not None:
        program.load(*start)
    else:
        program.place(initial or ())
        if program.prepares:
            rows = plan.order.rows(plan.first_epoch, plan.seeds[1])
            program.prepare(data, rows[: _ROWS_TO_PREPARE * program.rows_together], plan.seeds[0])
    if callbacks and not callable(callbacks):
        callbacks = partial(Callbacks, callbacks, show=show)
    running = _Fit(program, data, plan, validate, callbacks(program) if callbacks else None, observer)
    if start is not None and plan.restore_best:
        running.watch.update(validate(program))  # what is gone on from may be the best there will be
    return running.run()


class _Fit:
    def __init__(self, program, data, plan, validate, callbacks, observer):
        self.program, self.data, self.plan = program, data, plan
        self.validate, self.observer = validate, observer
        self.n_rows = len(plan.order)
        self.n_steps = -(-self.n_rows // plan.batch_size)
        self.callbacks = callbacks
        self.watch = Watch(plan, program)
        self.rates = Rates(plan, program, self.n_steps, watched=bool(callbacks))
        self.history = {"loss": []}
        self.epoch = 0
        self.interrupted = False
        # Anything that has to happen between two epochs ends the call of the graph.
        self.by_epoch = any((validate, callbacks, observer, plan.verbose, self.rates.plateau))

    def run(self):
        progress = Progress(self.plan.verbose, self.plan.epochs, self.plan.title)
        try:
            if self.callbacks:
                self.callbacks.attach(epochs=self.plan.epochs, steps=self.n_steps)
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
        if self.callbacks:
            self.rates.follow_callbacks()
        self.rates.follow_plateau(self.history)
        orders = np.stack([self._order(self.epoch + index) for index in range(n_epochs)])
        values = self.rates.values(self.epoch, n_epochs)
        started = time.perf_counter()
        if n_epochs > 1:
            sums_of_epochs = self._timed(orders, values)
        else:
            sums_of_epochs = [
                self._run_batches(orders, values) if self._by_batch else self._run_pieces(orders, values, progress)
            ]
        seconds = (time.perf_counter() - started) / n_epochs
        shown = [self.rates.shown(values, index) for index in range(n_epochs)]
        stops = [self._record(sums, rate, seconds, progress) for sums, rate in zip(sums_of_epochs, shown, strict=True)]
        return any(stops)

    @property
    def _by_batch(self):
        return self.callbacks is not None and self.callbacks.by_batch

    def _epochs_per_call(self):
        pace = self.program.seconds_per_row
        if self.by_epoch or pace is None:
            return 1
        rows = self.n_rows
        most = min(_SECONDS_PER_CALL / (pace * rows), _INDICES_PER_CALL / rows, self.watch.sure_epochs)
        return max(1, min(self.plan.epochs - self.epoch, int(most)))

    def _order(self, epoch):
        return self.plan.order.rows(self.plan.first_epoch + epoch, self.plan.seeds[1])

    # -- running --------------------------------------------------------------------------------------------------

    def _timed(self, orders, values, sums=None):
        """Run epochs, or a piece of one, in one call of the graph and return the sums of the losses and weights."""
        started = time.perf_counter()
        sums = self.program.train(
            self.data,
            orders,
            self.plan.batch_size,
            seed=self.plan.seeds[2],
            first_epoch=self.plan.first_epoch + self.epoch,
            values=values,
            sums=sums,
        )
        self.program.seconds_per_row = (time.perf_counter() - started) / orders.size
        return sums

    def _run_pieces(self, orders, values, progress):
        """Run one epoch, in pieces if it is long, so that it can be watched and interrupted."""
        step, size, sums = 0, self.plan.batch_size, None
        while step < self.n_steps:
            stop = min(step + self._steps_per_piece(), self.n_steps)
            rows = orders[:, step * size : stop * size]
            (sums,) = self._timed(rows, None if values is None else values[:, step:stop], sums)
            step = stop
            progress.within(self.epoch + step / self.n_steps)
        return sums

    def _steps_per_piece(self):
        pace = self.program.seconds_per_row
        return _FIRST_STEPS if pace is None else max(1, int(_SECONDS_PER_PIECE / (pace * self.plan.batch_size)))

    def _run_batches(self, orders, values):
        """Run one epoch in the same graph, one call a batch, with the batch hooks around each."""
        size, sums = self.plan.batch_size, None
        for step in range(self.n_steps):
            self.callbacks.call("on_train_batch_begin", step, {})
            rows = orders[:, step * size : (step + 1) * size]
            (sums,) = self._timed(rows, None if values is None else values[:, step : step + 1], sums)
            means = dict(zip(self.program.columns, map(float, sums[:, 0] / sums[:, 1]), strict=True))
            self.callbacks.call("on_train_batch_end", step, means)
            if self.callbacks.stop:
                break
        return sums

    def _record(self, sums, rate, seconds, progress):
        """Take the sums of one finished epoch and return whether to stop after it."""
        self.epoch += 1
        with np.errstate(invalid="ignore"):  # a term whose update had no turn
            means = sums[:, 0] / sums[:, 1]
        if not np.isfinite(means[0]):
            raise self._diverged(f"The training loss became {means[0]} in epoch {self.epoch}.")
        values = dict(zip(self.program.columns, map(float, means), strict=True))
        if rate is not None:
            values["learning_rate"] = rate
        started = time.perf_counter()
        with self.program.averaged():
            if self.validate:
                values |= self.validate(self.program)
            if self.epoch > self.plan.watch_from:
                self.watch.update(values)
        seconds += time.perf_counter() - started
        for name, value in (values | {"seconds": seconds}).items():
            self.history.setdefault(name, []).append(value)
        progress.update(self.epoch, values)
        stop = self.watch.exhausted
        if self.callbacks:
            self.callbacks.call("on_epoch_end", self.epoch - 1, dict(values))
            stop |= self.callbacks.stop
        if self.observer:
            stop |= bool(self.observer.end(self.epoch, self.program))
        return stop

    def _result(self):
        self.program.average_weights()
        if self.epoch > self.plan.watch_from and self.watch.never_finite:
            raise self._diverged(f"No epoch had a finite {' or '.join(self.plan.watched)}.")
        weights = self.watch.best_weights()
        if not all(np.isfinite(array).all() for array in weights):
            raise self._diverged("The weights became infinite or NaN.")
        return FitResult(
            weights=weights,
            optimizer_state=self.program.optimizer_state(),
            history=self.history,
            n_epochs=self.epoch,
            best=self.watch.best,
            callbacks=self.callbacks.copies if self.callbacks else [],
            paths=self.program.paths,
            interrupted=self.interrupted,
            exhausted=self.watch.exhausted,
        )

    def _diverged(self, what):
        rate = self.plan.numbers.get("learning_rate")
        return Diverged(
            what,
            "Likely causes: a learning rate that is too high"
            + (f" (learning_rate={rate:g})" if rate is not None else "")
            + ", inputs that are not scaled (try StandardScaler), or exploding gradients (try clip_norm=1.0).",
            self.history,
        )
