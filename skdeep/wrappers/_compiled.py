"""Training and predicting with a user's model on a compiled program, and writing back what was learned."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from scipy import sparse

from skdeep._data.columns import Dense, Sparse
from skdeep._data.order import AsGiven, Shuffled
from skdeep._engine import optimizers, views
from skdeep._engine.batches import Data
from skdeep._engine.cache import cache
from skdeep._engine.fit import loop
from skdeep._engine.objectives import compiled
from skdeep._engine.spec import InputSignature, ModelSpec, ProgramSpec, Recipe, TrainPlan
from skdeep._estimator import plans
from skdeep.utils._keys import plain_copy
from skdeep.utils._tensorflow import Functional, compute_output_spec, keras, tf
from skdeep.wrappers import _content, _structure

_LOSS_NUMBERS = ("delta", "label_smoothing", "alpha", "gamma")


@dataclass(frozen=True)
class Compilation:
    """What is known of a model once it was made ready for the engine.

    Parameters
    ----------
    model : keras.Model
        The user's.
    spec : ModelSpec
    signature : InputSignature
    outputs : object
        The structure of what the model returns.
    n_outputs : int
    """

    model: Any
    spec: ModelSpec
    signature: InputSignature
    outputs: Any
    n_outputs: int

    def predict(self, X):
        """Return what the model computes, in its structure."""
        arrays = {
            name: _stored(one, column)
            for (name, column), one in zip(self.signature.inputs, keras.tree.flatten(X), strict=True)
        }
        view = views.outputs(_target_names(self.n_outputs))
        weights = [tf.convert_to_tensor(variable.value) for variable in self.model.weights]
        found = cache.predictor(self.spec, self.signature, view)(weights, arrays)
        return keras.tree.pack_sequence_as(self.outputs, found)


@dataclass(frozen=True)
class Rows:
    """Rows as a model takes them: inputs and targets in its structures, weights for all outputs or one for each."""

    X: Any
    y: Any
    sample_weight: Any = None

    @property
    def n_rows(self):
        """Number of rows."""
        return keras.tree.flatten(self.X)[0].shape[0]


def compilation(model, X):
    """Return the Compilation of a built model for inputs like some."""
    dtype = _structure.dtype(model)
    columns = tuple((f"input_{number}", _column(one, dtype)) for number, one in enumerate(keras.tree.flatten(X)))
    signature = InputSignature(columns, dtype)
    given = keras.tree.map_structure(lambda _: 0, X)
    structure = _content.Keyed((model, given), (_structure.key(model), _content.of(given)))
    spec = ModelSpec(_structure.build, structure, tuple(_structure.numbers(model)))
    outputs = keras.tree.map_structure(lambda _: 0, symbolic_outputs(model, X))
    return Compilation(model, spec, signature, outputs, len(keras.tree.flatten(outputs)))


def build_model(model, X):
    """Let Keras create the weights of a model that has none yet, for inputs like some."""
    compute_output_spec(model, keras.tree.map_structure(_symbolic, X), training=False)
    model._post_build()


def why_not(model):
    """Return what keeps losses or metrics of a model out of a program, or None."""
    for one in model._compile_loss._flat_losses:
        if getattr(one.loss, "reduction", None) in (None, "none") or type(one.loss).__call__ is not keras.Loss.__call__:
            return f"the loss {one.loss.name} is not averaged by Keras"
    metrics = model._compile_metrics.metrics if model._compile_metrics is not None else []
    for metric in metrics:
        if not metric.variables or getattr(metric, "_built", True) is False:
            return f"the metric {metric.name} creates its variables late"
        if np.ndim(metric.result()):
            return f"the metric {metric.name} is not one number"
    return None


def symbolic_outputs(model, X):
    """Return what a model returns as symbolic tensors in its structure."""
    if isinstance(model, Functional):
        outputs = model._outputs_struct
        return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs
    if isinstance(model, keras.Sequential) and model.built:
        return model.outputs[0]
    return compute_output_spec(model, keras.tree.map_structure(_symbolic, X), training=False)


def _symbolic(array):
    return keras.KerasTensor((None, *array.shape[1:]), _column(array, keras.config.floatx()).dtype)


def _column(array, dtype):
    """Return what holds an array in memory: numbers in the dtype of the model, whole numbers as they are."""
    if sparse.issparse(array):
        return Sparse(array.shape[1:], dtype)
    return Dense(array.shape[1:], dtype if array.dtype.kind == "f" else array.dtype.name)


def _stored(array, column):
    """Return rows as a column takes them, sparse or dense as those of the fit."""
    if isinstance(column, Sparse):
        return sparse.csr_array(array)
    array = array.toarray() if sparse.issparse(array) else np.asarray(array)
    return np.ascontiguousarray(array, column.dtype)


def _target_names(n_outputs):
    return tuple(f"target_{number}" for number in range(n_outputs))


# -- what is minimised ------------------------------------------------------------------------------------------------


def build_losses(model, rows):
    """Let Keras match losses and metrics to the outputs of a model, and choose what depends on shapes."""
    outputs = symbolic_outputs(model, rows.X)
    given = zip(rows.y, keras.tree.flatten(outputs), strict=True)
    targets = [output if one is None else _symbolic(one) for one, output in given]
    targets = keras.tree.pack_sequence_as(outputs, targets)
    if not model._compile_loss.built:
        _complete(model)
        model._compile_loss.build(targets, outputs)
    if model._compile_metrics is not None and not model._compile_metrics.built:
        model._compile_metrics.build(targets, outputs)


def _complete(model):
    """Say of outputs that a dict of losses leaves out that they have none, which Keras wants to read."""
    given, names = model._compile_loss._user_loss, getattr(model, "output_names", ())
    if isinstance(given, dict) and given.keys() < {*names}:
        model._compile_loss._user_loss = {name: given.get(name) for name in names}


def objective(compilation, rows):
    """Return the recipe of what a compiled model minimises, its live numbers, and the names of all columns."""
    model, weights_of = compilation.model, _row_weights(rows)
    positions = keras.tree.pack_sequence_as(compilation.outputs, list(range(compilation.n_outputs)))
    losses, numbers, names = [], {}, {"loss": "loss"}
    flat = model._compile_loss._flat_losses
    for number, one in enumerate(flat):
        name, output = f"loss_{number}", positions
        for step in one.path:
            output = output[step]
        recipe, own = _loss(one.loss)
        own |= {} if one.loss_weights is None else {"weight": float(one.loss_weights)}
        numbers |= {f"{name}/{key}": value for key, value in own.items()}
        losses.append(
            compiled.CompiledLoss(name, output, f"target_{output}", recipe, weights_of(output), "weight" in own)
        )
        if len(flat) > 1:
            names[name] = f"{one.name}_loss"
    metrics = _metrics(model, weights_of)
    names |= zip((one.name for one in metrics), _metric_names(model), strict=True)
    return compiled.recipe(losses, metrics), numbers, names


def _row_weights(rows):
    """Return a function from the position of an output to the name of the target that has its weights, or None."""
    several = isinstance(rows.sample_weight, (list, tuple))
    return (lambda output: f"weights_{output}") if several else lambda _: None


def _loss(loss):
    """Return the recipe of one of Keras' losses and the values of its live numbers."""
    given = getattr(loss, "_fn_kwargs", None) or {}
    live = {name: float(given[name]) for name in _LOSS_NUMBERS if _is_live(given.get(name))}
    live = live if _content.is_known(type(loss)) and _content.is_known(getattr(loss, "fn", loss)) else {}
    rest = {name: value for name, value in given.items() if name not in live}
    key = _content.of_object(loss, (*_LOSS_NUMBERS, "fn")), _content.of(rest), _content.of(getattr(loss, "fn", None))
    return Recipe(_build_loss, _content.Keyed(loss, (key, tuple(live))), tuple(live)), live


def _is_live(value):
    return isinstance(value, float) and value > 0


def _build_loss(keyed, numbers):
    loss = plain_copy(keyed.instance)
    if numbers:
        loss._fn_kwargs = {**loss._fn_kwargs, **numbers}
    return loss


def _metrics(model, weights_of):
    found = []
    if model._compile_metrics is None:
        return found
    for weighted in (False, True):
        which = "_flat_weighted_metrics" if weighted else "_flat_metrics"
        for output, group in enumerate(getattr(model._compile_metrics, which)):
            for metric in group.metrics if group else ():
                function = getattr(metric, "_fn", None)
                key = _content.of_object(metric), _content.of(function)
                recipe = Recipe(_build_metric, _content.Keyed(metric, key))
                name, target = f"metric_{len(found)}", f"target_{output}"
                found.append(compiled.CompiledMetric(name, output, target, recipe, weights_of(output), weighted))
    return found


def _metric_names(model):
    return [] if model._compile_metrics is None else list(model._compile_metrics.result())


def _build_metric(keyed, _):
    metric = keyed.instance
    if type(metric) is keras.metrics.MeanMetricWrapper:
        return keras.metrics.MeanMetricWrapper(metric._fn, dtype=metric.dtype, **metric._fn_kwargs)
    return type(metric).from_config(metric.get_config())


# -- training ---------------------------------------------------------------------------------------------------------


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
    recipe, numbers, names = objective(compilation, rows)
    optimizer, rates = optimizers.recipe(model.optimizer)
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
    kept = {name: values for name, values in result.history.items() if name not in ("seconds", "learning_rate")}
    return {_renamed(name, names): values for name, values in kept.items()}, remembered


def _program_spec(compilation, rows, held_out, recipe, optimizer, training):
    dtype = compilation.signature.dtype
    targets = [(f"target_{at}", _column(one, dtype)) for at, one in enumerate(rows.y) if one is not None]
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
        one_vector=optimizers.is_elementwise(optimizer),
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
    return TrainPlan(
        epochs=training.epochs - training.first_epoch,
        batch_size=min(training.batch_size, rows.n_rows),
        seeds=training.seeds,
        numbers=numbers,
        order=(Shuffled if training.shuffle else AsGiven)(rows.n_rows),
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
    inputs = {
        name: _stored(one, column)
        for (name, column), one in zip(compilation.signature.inputs, keras.tree.flatten(rows.X), strict=True)
    }
    targets = {f"target_{at}": one for at, one in enumerate(rows.y) if one is not None}
    weight = rows.sample_weight
    if any(name.startswith("weights_") for name in columns):
        ones = np.ones(rows.n_rows)
        given = weight if isinstance(weight, (list, tuple)) else [weight] * compilation.n_outputs
        targets |= {f"weights_{at}": ones if one is None else one for at, one in enumerate(given)}
        weight = None
    targets = {name: _stored(one, columns[name]) for name, one in targets.items()}
    return Data(spec, inputs, targets, weight)


def _renamed(name, names):
    prefix = "val_" if name.startswith("val_") else ""
    inner = name.removeprefix(prefix)
    return prefix + names.get(inner, inner)


def write_back(model, weights):
    """Give a model its weights."""
    for variable, array in zip(model.weights, weights, strict=True):
        variable.assign(array)


def slots(optimizer):
    """Return what an optimizer remembers as arrays, or None if it has not taken a step."""
    if not optimizer.built or not optimizer.iterations.numpy():
        return None
    return {
        name: [one.numpy() for one in held] if isinstance(held, (list, tuple)) else held.numpy()
        for name, held in optimizers.slots(optimizer).items()
    }


def write_slots(model, arrays):
    """Give the optimizer of a model what it remembers."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for name, held in optimizers.slots(model.optimizer).items():
        several = isinstance(held, (list, tuple))
        for variable, array in zip(held, arrays[name], strict=True) if several else [(held, arrays[name])]:
            variable.assign(array)
