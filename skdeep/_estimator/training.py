"""Training through one stage or several, each from where the one before it ended: one plan in, one result out."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep._data.order import OneStep
from skdeep._engine.spec import Diverged, FitResult, InputSignature, Recipe
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
    `seeds` are those that led there, of the last of `n_restarts` or of an attempt that was better.
    """

    result: FitResult
    numbers: dict
    optimizer_kind: tuple
    n_steps: int
    best: float | None = None
    seeds: tuple = ()
    n_restarts: int = 0


@dataclass(frozen=True)
class Attempts:
    """How often training may begin again, and when it has to.

    Parameters
    ----------
    n_restarts : int
    nothing_learned : float or None
        Training loss of nets that are no better than a guess: this, or more. Where the weights of the best epoch are
        kept, the least loss of all epochs is compared with it, else that of the last.
    """

    n_restarts: int = 0
    nothing_learned: float | None = None

    def fault(self, outcome):
        """Return why training has to begin again, or None."""
        loss = _final_loss(outcome)
        if self.nothing_learned is None or loss < self.nothing_learned or outcome.result.interrupted:
            return None
        return f"The training loss, {loss:.4g}, is that of a guess which ignores the inputs."


def best_of(attempts, run, stages, start, first_epoch):
    """Train through all stages, and again from other weights where nothing was learned.

    Parameters
    ----------
    attempts : Attempts
    run : Run
    stages : list of Stage
    start : Start
    first_epoch : int

    Returns
    -------
    outcome : Outcome
        Of the first attempt that learned something, or else of the best.

    Raises
    ------
    Diverged
        If all attempts did.
    """
    if run.parameters._epoch_is_step:
        run, stages = _by_step(run, stages)
    best = None
    for number in range(attempts.n_restarts + 1):
        attempt = run if number == 0 else dataclasses.replace(run, seeds=_seeds_of_attempt(run.seeds, number))
        try:
            outcome = _all_stages(attempt, stages, start, first_epoch)
        except Diverged as error:
            if number == attempts.n_restarts and best is None:
                raise
            fault = error.what
        else:
            outcome = dataclasses.replace(outcome, seeds=attempt.seeds)
            best = outcome if best is None or _is_better(run, outcome, best) else best
            fault = attempts.fault(outcome)
        if fault is None:
            break
        if run.parameters.verbose and number < attempts.n_restarts:
            print(f"{type(run.parameters).__name__}: restart {number + 1} of {attempts.n_restarts}. {fault}")
    return dataclasses.replace(best, n_restarts=number)


def _is_better(run, outcome, other):
    """Whether one of two outcomes is better: on the rows that are held out, or else by the training loss."""
    if outcome.best is not None:
        return run.improves(outcome.best, other.best)
    return _final_loss(outcome) < _final_loss(other)


def _final_loss(outcome):
    losses = outcome.result.history["loss"]
    return losses[-1] if outcome.best is None else min(losses)


def _seeds_of_attempt(seeds, number):
    """Return the seeds of an attempt: weights and noise are others, the order of the rows and the split the same."""
    weights, noise = np.random.SeedSequence([seeds[0], seeds[2], number]).generate_state(2) >> 1
    return int(weights), seeds[1], int(noise)


def _by_step(run, stages):
    """Return a run whose epochs are steps, and whose numbers stay, but for the learning rate; with its main stage."""
    constant = dataclasses.replace(run.training, schedules={})
    order = OneStep(run.order, run.batch_size)
    whole = next(stage for stage in stages if stage.objective is None)
    return dataclasses.replace(run, training=constant, ramps={}, order=order), [whole]


def _all_stages(run, stages, start, first_epoch):
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
        masked=bool(parameters._masks),
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
