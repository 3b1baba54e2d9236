"""Training a user's model on a compiled program, and writing back what was learned."""

import dataclasses
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from skdeep._data.columns import Dense
from skdeep._data.order import AsGiven, OneStep, Shuffled
from skdeep._engine import optimizers
from skdeep._engine.batches import Data
from skdeep._engine.cache import cache
from skdeep._engine.fit import loop
from skdeep._engine.spec import ProgramSpec, TrainPlan
from skdeep._estimator import plans
from skdeep.utils._keys import Keyed
from skdeep.wrappers import _content, _minimised, _structure
from skdeep.wrappers._compilation import column_of, stored


@dataclass(frozen=True)
class Training:
    """The numbers of one fit.

    Parameters
    ----------
    first_epoch, epochs : int
        Where it begins, and where it ends.
    batch_size, validation_batch_size : int
    shuffle : bool
    seeds : tuple of int
    verbose : int
    goes_on : bool
        Whether what was learned before counts as one of its epochs.
    tol, n_iter_no_change : float
    early_stopping : bool
        Whether the best epoch counts, by the loss of validation rows.
    schedule : Schedule or None
        Of the learning rate.
    title : str
    rate_factors : dict or None
        By patterns of the paths of weights.
    by_step : bool
        Whether an epoch is one step.
    """

    first_epoch: int
    epochs: int
    batch_size: int
    validation_batch_size: int
    shuffle: bool
    seeds: tuple
    verbose: int
    goes_on: bool
    tol: float
    n_iter_no_change: float
    early_stopping: bool
    schedule: Any
    title: str
    rate_factors: dict | None = None
    by_step: bool = False


def fit(compilation, rows, held_out, training, watching, remembered):
    """Train a model, and return the history of its losses and metrics, and what its optimizer remembers.

    Parameters
    ----------
    compilation : Compilation
        Of a compiled model, whose losses are built.
    rows, held_out : Rows
        With one target for each output; the latter may be None.
    training : Training
    watching : callable or None
        Makes what watches a program, and the names of its columns; see `Watching`.
    remembered : dict or None
        What the optimizer remembers of training before; see `slots`.
    """
    model = compilation.model
    recipe, numbers, names = _minimised.objective(compilation, rows)
    optimizer, rates = _optimizer(model.optimizer)
    spec = _program_spec(compilation, rows, held_out, recipe, optimizer, training)
    factors = {
        name: float(training.rate_factors[pattern]) for pattern, name in plans.rate_factors(training.rate_factors)
    }
    plan = _plan(training, rows, _structure.numbers(model) | numbers | rates | factors)
    data, validation = (_data(spec, part, compilation) for part in (rows, held_out))
    weights = [variable.numpy() for variable in model.weights]
    shown = []

    def validate(program):
        for one in shown:
            one.call("on_test_begin", {})
        means, _ = program.evaluate(validation, training.validation_batch_size)
        for one in shown:
            one.call("on_test_end", {})
        return {f"val_{name}": value for name, value in zip(program.evaluated, means, strict=True)}

    with cache.lease(spec) as program:
        shown += [watching(program, names)] if watching else []
        goes_on = training.goes_on or remembered is not None
        result = loop.fit(
            program,
            data,
            plan,
            start=(weights, remembered) if goes_on else None,
            initial=weights,
            validate=validate if validation else None,
            callbacks=(lambda _: shown[0]) if shown else (),
        )
        remembered = program.slots()
        write_back(model, result.weights)
    dropped = ("seconds",) if training.by_step else ("seconds", "learning_rate")
    kept = {name: values for name, values in result.history.items() if name not in dropped}
    return {renamed(name, names): values for name, values in kept.items()}, remembered


def _optimizer(instance):
    """Return the recipe of an optimizer and its live numbers; of a user's class, what its functions are counts too."""
    recipe, numbers = optimizers.recipe(instance)
    if not _content.is_known(type(instance)):
        key = recipe.config.key, _content.of(type(instance))
        recipe = dataclasses.replace(recipe, config=Keyed(instance, key))
    return recipe, numbers


def _program_spec(compilation, rows, held_out, recipe, optimizer, training):
    dtype = compilation.signature.dtype
    targets = [(f"target_{at}", column_of(one, dtype)) for at, one in enumerate(rows.y) if one is not None]
    if isinstance(rows.sample_weight, (list, tuple)):
        targets += [(f"weights_{at}", Dense((), dtype)) for at in range(compilation.n_outputs)]
    one_for_all = [part is not None and isinstance(part.sample_weight, np.ndarray) for part in (rows, held_out)]
    return ProgramSpec(
        model=compilation.spec,
        signature=compilation.signature,
        targets=tuple(targets),
        objective=recipe,
        optimizers=(("optimizer", optimizer),),
        rate_factors=_rate_factors(compilation.model, training.rate_factors),
        weighted=any(one_for_all),
        scheduled=("learning_rate",) if training.schedule is not None else (),
        one_vector=optimizers.is_elementwise(optimizer) and _structure.may_be_one_vector(compilation.model),
    )


def _rate_factors(model, given):
    """Return (path of a weight in the program, live number) of each weight of a model that matches a pattern.

    Raises
    ------
    ValueError
        If a pattern is for no weight.
    """
    found, paths = [], [variable.path for variable in model.weights]
    for pattern, name in plans.rate_factors(given):
        matched = [number for number, path in enumerate(paths) if fnmatchcase(path, pattern)]
        if not matched:
            raise ValueError(f"rate_factors: no weight has a path like {pattern!r}; there are {paths}.")
        found += [(_structure.path(number), name) for number in matched if model.weights[number].trainable]
    return tuple(found)


def _plan(training, rows, numbers):
    order = (Shuffled if training.shuffle else AsGiven)(rows.n_rows)
    return TrainPlan(
        epochs=training.epochs - training.first_epoch,
        batch_size=min(training.batch_size, rows.n_rows),
        seeds=training.seeds,
        numbers=numbers,
        order=OneStep(order, training.batch_size) if training.by_step else order,
        schedules={} if training.schedule is None else {"learning_rate": training.schedule},
        schedule_epochs=training.epochs,
        schedule_start=training.first_epoch,
        first_epoch=training.first_epoch,
        tol=training.tol,
        n_iter_no_change=training.n_iter_no_change if training.early_stopping else np.inf,
        monitor="val_loss" if training.early_stopping else "loss",
        restore_best=training.early_stopping,
        verbose=int(training.verbose),
        title=training.title,
    )


def _data(spec, rows, compilation):
    if rows is None:
        return None
    columns = dict(spec.targets)
    targets = {f"target_{at}": one for at, one in enumerate(rows.y) if one is not None}
    weight = rows.sample_weight
    if any(name.startswith("weights_") for name in columns):
        ones = np.ones(rows.n_rows)
        given = weight if isinstance(weight, (list, tuple)) else [weight] * compilation.n_outputs
        targets |= {f"weights_{at}": ones if one is None else one for at, one in enumerate(given)}
        weight = None
    targets = {name: stored(one, columns[name]) for name, one in targets.items()}
    return Data(spec, compilation.arrays(rows.X), targets, weight)


def renamed(name, names):
    """Return what Keras calls a column of a program, of validation rows too."""
    prefix = "val_" if name.startswith("val_") else ""
    inner = name.removeprefix(prefix)
    return prefix + names.get(inner, inner)


def write_back(model, weights):
    """Give a model its weights."""
    for variable, array in zip(model.weights, weights, strict=True):
        variable.assign(array)


def slots(optimizer):
    """Return what an optimizer remembers as arrays, or None if it has not taken a step."""
    return optimizers.remembered(optimizer) if optimizer.built and optimizer.iterations.numpy() else None


def write_slots(model, arrays):
    """Give the optimizer of a model what it remembers."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    optimizers.remember(model.optimizer, arrays)
