"""Training through one stage or several, each from where the one before it ended: one plan in, one result out."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep._engine.spec import FitResult, InputSignature, Recipe
from skdeep._estimator import plans


@dataclass(frozen=True)
class Arrays:
    """Named input arrays, named target arrays, and positive weights or None."""

    inputs: dict
    targets: dict
    sample_weight: Any
    n_rows: int


@dataclass(frozen=True)
class Start:
    """Where training goes on from: weights, state of the optimizer, its kind, steps taken; or weights to begin with."""

    weights: list | None = None
    optimizer_state: list | None = None
    optimizer_kind: tuple = (None, True)
    n_steps: int = 0
    initial: list | None = None


@dataclass(frozen=True)
class Run:
    """What is the same in all stages of one fit.

    Parameters
    ----------
    parameters : estimator
        Any object with the fields of the parameter groups.
    training : plans.Training
    signature : InputSignature
    targets : tuple of (str, column)
    objective : Recipe
    objective_numbers : dict
    ramps : dict
        Of the live numbers of the objective that come late.
    numbers : dict
        Values of the model's live numbers.
    rows, validation : Arrays
        The latter may be None.
    score : Scores or None
    watch : plans.Watched or None
        What decides on stopping.
    observer, show : object or None
        See `skdeep._engine.fit.loop.fit`.
    batch_size : int
    order : Shuffled, AsGiven, ...
        In which the rows are visited.
    seeds : tuple of int
    incremental : bool
        Whether this is one of several calls of partial_fit.
    """

    parameters: Any
    training: plans.Training
    signature: InputSignature
    targets: tuple
    objective: Recipe
    objective_numbers: dict
    ramps: dict
    numbers: dict
    rows: Arrays
    validation: Arrays | None
    score: Callable | None
    watch: plans.Watched | None
    observer: Any
    show: Callable
    batch_size: int
    order: Any
    seeds: tuple
    incremental: bool

    def improves(self, value, best):
        """Whether one value of what is watched is better than another."""
        return value > best if self.watch.greater_is_better else value < best


@dataclass(frozen=True)
class Outcome:
    """A result, the live numbers of the last stage, the kind of its optimizer's state, and all steps so far.

    `best` is the validation loss or score of weights that were chosen by it, those that training began with included.
    """

    result: FitResult
    numbers: dict
    optimizer_kind: tuple
    n_steps: int
    best: float | None = None


def run(run, stages, start, first_epoch):
    """Train through all stages and return one Outcome of all epochs."""
    history, n_epochs, best = {}, 0, None
    total = sum(stage.epochs for stage in stages)
    for number, stage in enumerate(stages):
        before = sum(one.epochs for one in stages[:number]) / total
        ramps = {name: ramp.within(before, stage.epochs / total) for name, ramp in run.ramps.items()}
        outcome = _train(run, stage, start, first_epoch + n_epochs, ramps)
        result = outcome.result
        state = None if stage.objective else result.optimizer_state  # which is that of other variables
        start = Start(result.weights, state, outcome.optimizer_kind, outcome.n_steps)
        history, n_epochs = joined(history, result.history), n_epochs + result.n_epochs
        keeps_best = run.watch is not None and run.watch.held_out
        if stage.objective is None:
            best = result if best is None or not keeps_best or run.improves(result.best, best.best) else best
        if result.interrupted:
            break
    best = best or result  # of a training that was interrupted early
    result = dataclasses.replace(result, weights=best.weights, history=history, n_epochs=n_epochs)
    return dataclasses.replace(outcome, result=result, best=best.best if keeps_best else None)


def _train(run, stage, start, first_epoch, ramps):
    from skdeep._engine.batches import Data
    from skdeep._engine.cache import cache
    from skdeep._engine.fit import loop

    parameters, rows, validation = run.parameters, run.rows, run.validation
    numbers = _numbers(run, stage, start.n_steps)
    one_vector = run.training.one_vector and (start.optimizer_kind[1] if start.weights else not parameters.callbacks)
    kind = run.training.kind, one_vector
    spec = plans.program_spec(
        run.training,
        stage.model,
        run.signature,
        run.targets,
        stage.objective(run.objective) if stage.objective else run.objective,
        weighted=any(part is not None and part.sample_weight is not None for part in (rows, validation)),
        one_vector=one_vector,
        schedules=tuple(ramps),
    )
    plan = plans.train_plan(
        parameters,
        run.training,
        numbers,
        run.order,
        batch_size=run.batch_size,
        seeds=run.seeds,
        epochs=stage.epochs,
        first_epoch=first_epoch,
        ramps=ramps,
        watch=run.watch,
        incremental=run.incremental,
    )
    # The state of another optimizer, or in another layout, means nothing to this one.
    state = start.optimizer_state if kind == start.optimizer_kind else None
    with cache.lease(spec) as program:
        result = loop.fit(
            program,
            Data(spec, rows.inputs, rows.targets, rows.sample_weight),
            plan,
            start=(start.weights, state) if start.weights else None,
            initial=start.initial,
            validate=_validation(run, Data(spec, validation.inputs, validation.targets, validation.sample_weight))
            if validation
            else None,
            callbacks=parameters.callbacks or (),
            show=run.show,
            observer=run.observer,
        )
    steps = result.n_epochs * -(-len(run.order) // run.batch_size)
    return Outcome(result, numbers, kind, start.n_steps + steps)


def _numbers(run, stage, n_steps):
    """Return the values of all live numbers of a stage."""
    numbers = {**run.numbers, **run.training.numbers, **run.objective_numbers}
    if "learning_rate" in numbers:
        numbers["learning_rate"] *= stage.rate_factor
    if "step" in numbers:
        numbers["step"] = float(n_steps)
    return numbers


def _validation(run, data):
    def validate(program):
        names = [f"val_{name}" for name in program.evaluated]
        means, outputs = program.evaluate(data)
        values = dict(zip(names, means, strict=True))
        if run.score is not None:
            # Scorers refuse NaN with a message about their input, where training is what went wrong.
            failed = np.isnan(values["val_loss"])
            values |= dict.fromkeys(run.score.names, np.nan) if failed else run.score(program, outputs)
        return values

    return validate


def joined(before, after):
    """Append one history to another."""
    return {name: [*before.get(name, []), *values] for name, values in after.items()}
