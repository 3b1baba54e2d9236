"""From an estimator's parameters and data to the engine and back: what every fit, supervised or not, has in common."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdeep import schedules
from skdeep._spec import InputSignature, ModelSpec, ProgramSpec, TrainPlan


@dataclass
class Rows:
    """Named input arrays, one target array an output, and positive weights or None."""

    inputs: dict
    targets: list
    sample_weight: np.ndarray | None = None

    def __len__(self):
        return len(self.targets[0])


@dataclass
class Job:
    """One training run: what to train, on which rows, from where, and what to watch.

    Parameters
    ----------
    model : ModelSpec
    model_numbers : dict
        Values of the model's live numbers.
    signature : InputSignature
    losses : tuple of ResolvedLoss
        One an output.
    rows, validation : Rows
    seeds : tuple of int
        Of the weights, the shuffling and the noise.
    epochs, batch_size : int
    schedule : str, Schedule, callable or None
        Of the learning rate.
    rate_factor : float
        Multiplies the learning rate.
    start : tuple of (weights, optimizer state, optimizer kind), optional
        Where to go on from.
    initial : list of (ndarray or None), optional
        Weights to begin with where nothing is gone on from; those that are None are drawn.
    first_epoch : int
        Epochs the weights have seen before.
    score : callable, optional
        Takes a list of weights and returns the validation score.
    watch : {"loss", "val_loss", "val_score"} or None
        What decides on stopping.
    observer : object, optional
        See `skdeep._engine.loop.fit`.
    incremental : bool
        Whether this is one of several calls of partial_fit.

    `run` sets `numbers`, the values of all live numbers, `flat`, the layout of the optimizer's state, and
    `optimizer_kind`, which tells whether that state can be gone on from.
    """

    model: ModelSpec
    model_numbers: dict
    signature: InputSignature
    losses: tuple
    rows: Rows
    seeds: tuple
    epochs: int
    batch_size: int
    schedule: Any = None
    validation: Rows | None = None
    rate_factor: float = 1.0
    start: Any = None
    initial: list | None = None
    first_epoch: int = 0
    score: Callable | None = None
    watch: str | None = "loss"
    observer: Any = None
    incremental: bool = False
    flat: bool = False
    optimizer_kind: tuple = ()
    numbers: dict = field(default_factory=dict)

    @property
    def restores_best(self):
        """Whether the weights of the best epoch are kept: where unseen rows are watched."""
        return self.watch in ("val_loss", "val_score")

    def improves(self, value, best):
        """Whether one value of what is watched is better than another."""
        return value > best if self.watch == "val_score" else value < best


def run(parameters, job):
    """Train and return a FitResult; `parameters` is any object with the fields of the parameter groups."""
    from skdeep._engine import loop, optimizers
    from skdeep._engine.batches import Data
    from skdeep._engine.cache import cache

    _check_callbacks(parameters.callbacks)
    optimizer, optimizer_numbers = optimizers.recipe(
        parameters.optimizer,
        learning_rate=parameters.learning_rate,
        momentum=parameters.momentum,
        weight_decay=parameters.weight_decay,
    )
    if "learning_rate" in optimizer_numbers:
        optimizer_numbers["learning_rate"] *= job.rate_factor
    penalties = {name: getattr(parameters, name) for name in ("alpha", "l1", "clip_norm") if getattr(parameters, name)}
    job.numbers = {**job.model_numbers, **optimizer_numbers, **penalties}
    for loss in job.losses:
        job.numbers.update(loss.numbers)
    if "step" in job.numbers:
        job.numbers["step"] = float(job.first_epoch * -(-len(job.rows) // job.batch_size))
    schedule = _schedule(job.schedule, optimizer_numbers)
    kind = optimizers.kind(optimizer)
    job.flat = optimizers.is_elementwise(optimizer) and not parameters.callbacks
    if job.start is not None:
        weights, state, (former_kind, former_flat) = job.start
        job.flat = optimizers.is_elementwise(optimizer) and former_flat
        # The state of another optimizer, or in another layout, means nothing to this one.
        job.start = weights, state if (kind, job.flat) == (former_kind, former_flat) else None
    job.optimizer_kind = kind, job.flat
    spec = _program_spec(job, optimizer, penalties, schedule)
    plan = _plan(parameters, job, schedule)
    with cache.lease(spec) as program:
        training = _data(Data, spec, job.rows)
        return loop.fit(
            program,
            training,
            plan,
            start=job.start,
            initial=job.initial,
            validate=_validation(job, _data(Data, spec, job.validation)) if job.validation else None,
            callbacks=parameters.callbacks or (),
            observer=job.observer,
        )


def _program_spec(job, optimizer, penalties, schedule):
    weighted = any(rows is not None and rows.sample_weight is not None for rows in (job.rows, job.validation))
    return ProgramSpec(
        model=job.model,
        signature=job.signature,
        targets=tuple((array.shape[1:], array.dtype.name) for array in job.rows.targets),
        losses=tuple(loss.recipe for loss in job.losses),
        optimizer=optimizer,
        penalties=tuple(penalties),
        weighted=weighted,
        scheduled=schedule is not None and not isinstance(schedule, schedules.ReduceOnPlateau),
        flat=job.flat,
        mixup="mixup" in job.numbers,
    )


def _plan(parameters, job, schedule):
    watched = job.watch is not None
    return TrainPlan(
        epochs=job.epochs,
        batch_size=min(job.batch_size, len(job.rows)),
        seeds=job.seeds,
        numbers=job.numbers,
        shuffle=parameters.shuffle,
        schedule=schedule,
        first_epoch=job.first_epoch,
        schedule_start=job.first_epoch if job.incremental else 0,
        schedule_epochs=parameters.epochs if job.incremental else job.epochs,
        tol=parameters.tol,
        n_iter_no_change=parameters.n_iter_no_change if watched else np.inf,
        monitor=job.watch or "loss",
        greater_is_better=job.watch == "val_score",
        restore_best=job.restores_best,
        verbose=int(parameters.verbose),
        title=type(parameters).__name__,
    )


def _schedule(schedule, optimizer_numbers):
    schedule = schedules.resolve(schedule)
    if schedule is not None and "learning_rate" not in optimizer_numbers:
        raise ValueError(
            "learning_rate_schedule is given, but the optimizer instance has a Keras schedule of its own; use "
            "one of them."
        )
    return schedule


def _data(make, spec, rows):
    sample_weight = rows.sample_weight
    if spec.weighted and sample_weight is None:
        sample_weight = np.ones(len(rows))
    return make(spec, rows.inputs, rows.targets, sample_weight)


def _validation(job, data):
    def validate(program):
        values = {"val_loss": program.evaluate(data)}
        if job.score is not None:
            # Scorers refuse NaN with a message about their input, where training is what went wrong.
            values["val_score"] = np.nan if np.isnan(values["val_loss"]) else job.score(program.weights())
        return values

    return validate


def _check_callbacks(callbacks):
    if not callbacks:
        return
    import keras

    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(f"callbacks must hold keras.callbacks.Callback instances, got {callback!r}.")
