"""From an estimator's parameters to what the engine is told: the key of a program and the numbers of a fit."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skdeep import schedules
from skdeep._data.order import AsGiven, Shuffled
from skdeep._engine.spec import ProgramSpec, Recipe, TrainPlan
from skdeep.schedules import ReduceOnPlateau

PENALTIES = ("alpha", "l1", "clip_norm")
_FEWEST_EPOCHS = 8  # however many steps they are
FEWEST_TO_HOLD_OUT = 100  # rows of which "auto" holds some out


@dataclass(frozen=True)
class Training:
    """What the parameters say of the training, whatever the net and its stage.

    Parameters
    ----------
    optimizer : Recipe
    kind : str
        The same for optimizers whose states mean the same.
    numbers : dict
        Values of the live numbers of optimizer and penalties.
    penalties : tuple of str
    schedule : Schedule, callable or None
        Of the learning rate.
    one_vector : bool
        Whether the optimizer treats every weight alike.
    schedules : dict
        Of other live numbers.
    rate_factors : tuple of (str, str)
        See `ProgramSpec`.
    frozen : tuple of str
        See `ProgramSpec`.
    """

    optimizer: Recipe
    kind: str
    numbers: dict
    penalties: tuple
    schedule: Any
    one_vector: bool
    schedules: dict
    rate_factors: tuple
    frozen: tuple


@dataclass(frozen=True)
class Watched:
    """What decides on stopping.

    Parameters
    ----------
    names : tuple of str
        In the history; one for each member that stops by itself.
    held_out : bool
        Whether it is of held out rows. The weights of the best epoch are then kept.
    greater_is_better : bool
    """

    names: tuple
    held_out: bool = False
    greater_is_better: bool = False


def stops_early(parameters, n_rows, incremental):
    """Return whether training is stopped by held out rows; "auto" is where there are enough of them."""
    if parameters.early_stopping != "auto":
        return parameters.early_stopping
    return not incremental and n_rows >= FEWEST_TO_HOLD_OUT


def value(parameters, defaults, name):
    """Return a parameter of the training, or what "auto" means for a design."""
    given = getattr(parameters, name)
    return defaults.get(name, given) if isinstance(given, str) and given == "auto" else given


def training_of(parameters, design, schedule, rate_factor, incremental):
    """Return the Training that parameters and a design describe.

    Raises
    ------
    ValueError, TypeError
        If parameters do not go together.
    """
    from skdeep._engine import optimizers

    _check_callbacks(parameters.callbacks)
    names = ("optimizer", "learning_rate", "momentum", "weight_decay")
    recipe, numbers = optimizers.recipe(**{name: value(parameters, design.defaults, name) for name in names})
    schedule = schedules.resolve(schedule)
    if schedule is not None and "learning_rate" not in numbers:
        raise ValueError(
            "learning_rate_schedule is given, but the optimizer instance has a Keras schedule of its own; use "
            "one of them."
        )
    if "learning_rate" in numbers:
        numbers["learning_rate"] *= rate_factor
    penalties = {name: value(parameters, design.defaults, name) for name in PENALTIES}
    penalties = {name: strength for name, strength in penalties.items() if strength}
    factors = rate_factors(parameters.rate_factors)
    numbers |= penalties | {name: float(parameters.rate_factors[pattern]) for pattern, name in factors}
    known = {*numbers, *design.numbers}
    further = {} if incremental else {name: one for name, one in design.schedules.items() if name in known}
    kind, alike = optimizers.kind(recipe), optimizers.is_elementwise(recipe)
    frozen = patterns(parameters.freeze)
    kind = " ".join([kind, *(f"without {pattern}" for pattern in frozen)])
    factors = (*design.rate_factors, *factors)
    return Training(recipe, kind, numbers, tuple(penalties), schedule, alike, further, factors, frozen)


def patterns(given):
    """Return the patterns of what is frozen as a tuple.

    Raises
    ------
    TypeError
        If one of them is no text.
    """
    found = () if given is None else (given,) if isinstance(given, str) else tuple(given)
    for pattern in found:
        if not isinstance(pattern, str):
            raise TypeError(f'freeze takes patterns of the paths of weights, such as "hidden_0/*", got {pattern!r}.')
    return found


def rate_factors(given):
    """Return (pattern, name of a live number) of each rate factor.

    Raises
    ------
    ValueError
        If one of them cannot multiply a learning rate.
    """
    for pattern, factor in (given or {}).items():
        if not isinstance(pattern, str) or not isinstance(factor, Real) or not 0 <= factor < np.inf:
            raise ValueError(
                "rate_factors takes numbers from 0 on by patterns of the paths of weights, such as "
                f'{{"hidden_0/*": 0.1}}, got {pattern!r}: {factor!r}.'
            )
    return tuple((pattern, f"rate_factor_{number}") for number, pattern in enumerate(given or {}))


def learning_rate_schedule(parameters, design, incremental):
    """Return the learning rate schedule, and the factor of the learning rate that goes with it."""
    if parameters.learning_rate_schedule != "auto":
        return parameters.learning_rate_schedule, 1.0
    # What falls to zero at the end is not for training that has no end, nor for an optimizer with a schedule.
    instance = hasattr(parameters.optimizer, "get_config")
    if incremental or (instance and isinstance(parameters.optimizer.get_config().get("learning_rate"), dict)):
        return None, 1.0
    return design.schedule, design.rate_factor if _is_rate_ours(parameters) else 1.0


def batches(parameters, inputs, n_rows, incremental):
    """Return the rows a step, and the factor of the learning rate that goes with them."""
    if parameters.batch_size != "auto":
        return parameters.batch_size, 1.0
    size, factor = inputs.batches(n_rows)
    # The rows of an incremental call are not all rows.
    return size, 1.0 if incremental or not _is_rate_ours(parameters) else factor


def epochs(asked, design, n_rows, batch_size):
    """Return the number of epochs: as asked, or as many as make the steps that suit a design."""
    if asked != "auto":
        return asked
    steps, least, *most = design.steps
    n_steps = -(-n_rows // batch_size)
    n_epochs = max(least, -(-steps // n_steps))
    return min([n_epochs, *(max(_FEWEST_EPOCHS, number // n_steps) for number in most)])


def order(parameters, design, n_rows):
    """Return the order in which rows are visited: as a design wants it, or as the parameters say."""
    return (design.order or (Shuffled if parameters.shuffle else AsGiven))(n_rows)


def _is_rate_ours(parameters):
    return parameters.learning_rate == "auto" and not hasattr(parameters.optimizer, "get_config")


def program_spec(training, model, signature, targets, objective, *, weighted, one_vector, schedules=(), masked=False):
    """Return the key of the program that trains one stage."""
    stepwise = training.schedule is not None and not isinstance(training.schedule, ReduceOnPlateau)
    return ProgramSpec(
        model=model,
        signature=signature,
        targets=targets,
        objective=objective,
        optimizers=(("optimizer", training.optimizer),),
        penalties=training.penalties,
        rate_factors=training.rate_factors,
        frozen=training.frozen,
        weighted=weighted,
        scheduled=(*(["learning_rate"] if stepwise else []), *schedules, *training.schedules),
        one_vector=one_vector,
        masked=masked,
    )


def train_plan(
    parameters, training, numbers, order, *, batch_size, seeds, epochs, first_epoch, ramps, watch, incremental
):
    """Return the numbers of the fit of one stage; `ramps` are those of the stage."""
    rate = {} if training.schedule is None else {"learning_rate": training.schedule}
    return TrainPlan(
        epochs=epochs,
        batch_size=min(batch_size, len(order)),
        seeds=seeds,
        numbers=numbers,
        order=order,
        schedules=ramps | training.schedules | rate,
        first_epoch=first_epoch,
        schedule_start=first_epoch if incremental else 0,
        schedule_epochs=parameters.epochs if incremental and parameters.epochs != "auto" else epochs,
        tol=parameters.tol,
        n_iter_no_change=np.inf if watch is None else parameters.n_iter_no_change,
        monitor="loss" if watch is None else watch.names,
        watch_from=max((ramp.unwatched(epochs) for ramp in ramps.values()), default=0),
        greater_is_better=watch is not None and watch.greater_is_better,
        restore_best=watch is not None and watch.held_out,
        verbose=int(parameters.verbose),
        title=type(parameters).__name__,
        masks=parameters._masks,
    )


def _check_callbacks(callbacks):
    if not callbacks:
        return
    from skdeep.utils._tensorflow import keras

    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(f"callbacks must hold keras.callbacks.Callback instances, got {callback!r}.")
