"""What a compiled Keras model minimises and measures, as an objective of the engine."""

import numpy as np

from skdeep._engine.objectives import compiled
from skdeep._engine.spec import Recipe
from skdeep.utils._keys import Keyed, plain_copy
from skdeep.utils._tensorflow import keras
from skdeep.wrappers import _content
from skdeep.wrappers._compilation import symbolic, symbolic_outputs

_LOSS_NUMBERS = ("delta", "label_smoothing", "alpha", "gamma")


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
    if any(layer._metrics for layer in model._flatten_layers(include_self=False)):
        return "its layers measure something themselves"
    return None if model.trainable_variables else "none of its weights is trained"


def build_losses(model, rows):
    """Let Keras match losses and metrics to the outputs of a model, and choose what depends on shapes."""
    outputs = symbolic_outputs(model, rows.X)
    given = zip(rows.y, keras.tree.flatten(outputs), strict=True)
    targets = [output if one is None else symbolic(one) for one, output in given]
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
        if rows.y[output] is None:
            raise ValueError(
                f"The output {one.name!r} has a loss, but there are no targets for it: give y an entry for each output "
                "that has a loss, or compile the model with None as its loss."
            )
        recipe, own = _loss(one.loss)
        own |= {} if one.loss_weights is None else {"weight": float(one.loss_weights)}
        numbers |= {f"{name}/{key}": value for key, value in own.items()}
        losses.append(
            compiled.CompiledLoss(name, output, f"target_{output}", recipe, weights_of(output), "weight" in own)
        )
        if len(flat) > 1:
            names[name] = f"{one.name}_loss"
    metrics = _metrics(model, rows, weights_of)
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
    live = live if _content.is_known(type(loss)) and _content.is_known(getattr(loss, "fn", len)) else {}
    held = {name: one for name, one in vars(loss).items() if name not in ("name", "_dtype_policy", *live)}
    if live:
        held["_fn_kwargs"] = {name: value for name, value in given.items() if name not in live}
    key = _content.of(type(loss)), _content.of(held)
    return Recipe(_build_loss, Keyed(loss, (key, tuple(live))), tuple(live)), live


def _is_live(value):
    return isinstance(value, float) and value > 0


def _build_loss(keyed, numbers):
    loss = plain_copy(keyed.instance)
    if numbers:
        loss._fn_kwargs = {**loss._fn_kwargs, **numbers}
    return loss


def _metrics(model, rows, weights_of):
    found = []
    if model._compile_metrics is None:
        return found
    for weighted in (False, True):
        which = "_flat_weighted_metrics" if weighted else "_flat_metrics"
        for output, group in enumerate(getattr(model._compile_metrics, which)):
            if group and rows.y[output] is None:
                raise ValueError(f"Output number {output} has metrics, but there are no targets for it.")
            for metric in group.metrics if group else ():
                recipe = Recipe(_build_metric, Keyed(metric, _metric_key(metric)))
                name, target = f"metric_{len(found)}", f"target_{output}"
                found.append(compiled.CompiledMetric(name, output, target, recipe, weights_of(output), weighted))
    return found


def _metric_names(model):
    return [] if model._compile_metrics is None else list(model._compile_metrics.result())


def _metric_key(metric):
    """Return what two metrics have in common that measure the same."""
    usual = {"name", "_tracker", "_dtype_policy", "_variables", "_metrics"}
    held = {name: one for name, one in vars(metric).items() if name not in usual}
    return _content.of(type(metric)), _content.of({
        name: "variable" if isinstance(one, keras.Variable) else one for name, one in held.items()
    })  # fmt: skip


def _build_metric(keyed, _):
    metric = keyed.instance
    if type(metric) is keras.metrics.MeanMetricWrapper:
        return keras.metrics.MeanMetricWrapper(metric._fn, dtype=metric.dtype, **metric._fn_kwargs)
    config = _content.config_of(metric)
    with _content.describing(metric):
        made = type(metric).from_config(config)
    if _metric_key(made) != keyed.key:
        raise _content.Undescribable(f"get_config of the metric {metric.name} does not tell all of it")
    return made
