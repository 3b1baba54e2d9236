"""What a user's model computes, as a key, and a copy of it that a program may train.

Models that are built by the same function are different objects with other names of layers, and the same structure.
Rates of dropout and noise and strengths of penalties are inputs of the copy, so that a search over them compiles once.
"""

import numpy as np

from skdeep.utils._tensorflow import Functional, keras
from skdeep.wrappers import _content

_CONTAINERS = (keras.Sequential, Functional)
_RATES = {
    keras.layers.Dropout: "rate",
    keras.layers.SpatialDropout1D: "rate",
    keras.layers.SpatialDropout2D: "rate",
    keras.layers.SpatialDropout3D: "rate",
    keras.layers.GaussianNoise: "stddev",
}
_PENALTIES = {
    keras.regularizers.L1: ("l1",),
    keras.regularizers.L2: ("l2",),
    keras.regularizers.L1L2: ("l1", "l2"),
}
_PENALISED = ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "embeddings_regularizer")


class Undescribable(Exception):
    """A model holds something that its configuration does not tell."""


def is_container(layer):
    """Whether a layer is a plain Sequential or Functional model, whose layers are all there is to it."""
    return type(layer) in _CONTAINERS or (isinstance(layer, _CONTAINERS) and not _calls_otherwise(type(layer)))


def _calls_otherwise(cls):
    return not _content.is_known(cls) and not _content.is_known(cls.call)


def layers_within(model):
    """Return the layers of a model in their order; those of plain models in it too, but none inside other layers."""
    if not is_container(model):
        return [model]
    return [inner for layer in model.layers for inner in layers_within(layer)]


def dtype(model):
    """Return the dtype in which a model computes, or None if its layers do not agree."""
    skipped = (keras.layers.InputLayer, *_CONTAINERS)
    found = {layer.compute_dtype for layer in model._flatten_layers() if not isinstance(layer, skipped)}
    found = {one for one in found if one and one.startswith(("float", "bfloat"))}
    return found.pop() if len(found) == 1 else (None if found else keras.config.floatx())


def numbers(model):
    """Return the values of what becomes an input of the program, by name."""
    return {name: float(getattr(holder, attribute)) for name, holder, attribute in _leaves(model)}


def _leaves(model):
    """Return (name, object, attribute) of each number of the layers that is above zero and only ever multiplied."""
    found = {}
    for index, layer in enumerate(layers_within(model)):
        attribute = _RATES.get(type(layer))
        if attribute and getattr(layer, attribute) > 0:
            found[id(layer), attribute] = f"{index}/{attribute}", layer, attribute
        for place in _PENALISED if _content.is_known(type(layer)) else ():
            penalty = getattr(layer, place, None)
            for strength in _PENALTIES.get(type(penalty), ()):
                if float(getattr(penalty, strength)) > 0:
                    leaf = f"{index}/{place}/{strength}", penalty, strength
                    found.setdefault((id(penalty), strength), leaf)
    return list(found.values())


# -- the key ----------------------------------------------------------------------------------------------------------


def key(model):
    """Return what two models have in common that compute the same from the same weights and numbers."""
    live = {id(holder): attribute for _, holder, attribute in _leaves(model)}
    weights = tuple((tuple(one.shape), one.dtype, one.trainable) for one in model.weights)
    return _of_layer(model, live), tuple(sorted(name for name, _, _ in _leaves(model))), weights


def _of_layer(layer, live):
    if is_container(layer):
        return _of_sequential(layer, live) if isinstance(layer, keras.Sequential) else _of_graph(layer, live)
    but = [live[id(layer)]] if id(layer) in live else []
    penalties = []
    for place in _PENALISED:
        penalty = getattr(layer, place, None)
        if id(penalty) in live:
            but.append(place)
            strengths = _PENALTIES[type(penalty)]
            penalties.append((place, type(penalty), tuple(float(getattr(penalty, one)) > 0 for one in strengths)))
    constants = [_adapted(getattr(layer, name)) for name in ("mean", "variance")] if _is_adapted(layer) else []
    within = tuple(_of_layer(one, {}) for one in layer._layers)
    return _content.of_object(layer, tuple(but)), tuple(penalties), tuple(constants), layer.trainable, within


def _of_sequential(model, live):
    return keras.Sequential, tuple(_of_layer(layer, live) for layer in model.layers)


def _of_graph(model, live):
    """Return the operations of a graph in their order, each with its calls and what these are given."""
    operations = model.operations
    positions = {id(operation): number for number, operation in enumerate(operations)}

    def place(value):
        if not isinstance(value, keras.KerasTensor):
            return _content.of(value)
        operation, node, tensor = value._keras_history
        return "tensor", positions.get(id(operation)), node_numbers.get((id(operation), node)), tensor

    calls, node_numbers = [], {}
    for operation in operations:
        nodes = [node for node in operation._inbound_nodes if node in model._nodes]
        for number, node in enumerate(nodes):
            node_numbers[id(operation), operation._inbound_nodes.index(node)] = number
    for operation in operations:
        nodes = [node for node in operation._inbound_nodes if node in model._nodes]
        given = tuple(
            tuple(place(one) for one in keras.tree.flatten([node.arguments.args, node.arguments.kwargs]))
            for node in nodes
        )
        calls.append((_of_operation(operation, live), given))
    inputs, outputs = (tuple(map(place, keras.tree.flatten(one))) for one in (model.inputs, model.outputs))
    structures = (keras.tree.map_structure(lambda _: 0, one) for one in (model._inputs_struct, model._outputs_struct))
    return Functional, tuple(calls), inputs, outputs, tuple(map(_content.of, structures))


def _of_operation(operation, live):
    if isinstance(operation, keras.layers.InputLayer):
        return keras.layers.InputLayer, operation.batch_shape[1:], str(operation.dtype), operation.sparse
    if isinstance(operation, keras.Layer):
        return _of_layer(operation, live)
    return type(operation), _content.of({
        name: one for name, one in vars(operation).items() if not name.startswith("_") and name != "name"
    })  # fmt: skip


def _is_adapted(layer):
    return type(layer) is keras.layers.Normalization and getattr(layer, "mean", None) is not None


def _adapted(constant):
    return _content.of(np.asarray(constant))


# -- the copy ---------------------------------------------------------------------------------------------------------


def path(number):
    """Return the path of a weight of a copy, whose layers may have other names than those of the next model."""
    return f"weight_{number}"


def build(structure, signature, numbers):
    """Return a copy of a user's model for a program: its inputs by name, its outputs one after the other.

    Parameters
    ----------
    structure : Keyed
        Of (model, the structure in which it is given its inputs).
    signature : InputSignature
    numbers : dict of LiveNumber
        By the names of `numbers`.

    Raises
    ------
    Undescribable
        If the copy is not like the model.
    """
    model, given = structure.instance
    inputs = {}
    for name, column in signature.inputs:
        inputs |= column.inputs(name)
    with keras.saving.custom_object_scope(objects_of_users(model)):
        copied = _copied(model)
    outputs = copied(keras.tree.pack_sequence_as(given, list(inputs.values())))
    _check_alike(model, copied)
    _adopt_state(model, copied)
    values = dict(numbers)
    for name, holder, attribute in _leaves(copied):
        setattr(holder, attribute, values[name])
    return keras.Model(inputs, keras.tree.flatten(outputs))


def _copied(layer):
    if type(layer) is keras.layers.Lambda:
        return keras.layers.Lambda(
            layer.function, layer._output_shape, layer.mask, layer.arguments, name=layer.name, dtype=layer.dtype_policy
        )
    if not is_container(layer):
        return type(layer).from_config(_content.config_of(layer))
    if isinstance(layer, keras.Sequential):
        first = [one for one in layer._layers[:1] if isinstance(one, keras.layers.InputLayer)]
        inputs = [keras.Input(batch_shape=one.batch_shape, dtype=one.dtype, name=one.name) for one in first]
        return keras.Sequential([*inputs, *map(_copied, layer.layers)], name=layer.name)
    plain = keras.Model(layer._inputs_struct, layer._outputs_struct, name=layer.name)  # which is not compiled
    return keras.models.clone_model(plain, clone_function=_copied)


def objects_of_users(model):
    """Return the classes and functions that layers of a model hold and Keras does not know, by name."""
    found = {}
    for layer in model._flatten_layers():
        for held in (layer, *vars(layer).values()):
            what = held if callable(held) and hasattr(held, "__name__") else type(held)
            if not _content.is_known(what) and getattr(what, "__module__", "builtins") != "builtins":
                found[what.__name__] = what
    return found


def _check_alike(model, copied):
    """Raise Undescribable if a copy has other weights, or a layer of a user's class was changed after it was made."""
    shapes = [[(tuple(one.shape), one.dtype) for one in which.weights] for which in (model, copied)]
    if shapes[0] != shapes[1]:
        raise Undescribable("a copy of it has other weights")
    for one, other in zip(model._flatten_layers(), copied._flatten_layers(), strict=True):
        if not _content.is_known(type(one)):
            own, its = (
                {name: _content.of(value) for name, value in _content.plain_state(layer).items() if name != "name"}
                for layer in (one, other)
            )
            changed = sorted(name for name in own.keys() | its.keys() if own.get(name) != its.get(name))
            if changed:
                raise Undescribable(
                    f"{type(one).__name__} has {', '.join(changed)}, which its get_config does not tell"
                )


def _adopt_state(model, copied):
    """Let a copy train what the model trains, normalise as it does, and start with weights that are quickly made."""
    for one, other in zip(model._flatten_layers(), copied._flatten_layers(), strict=True):
        other._trainable = one._trainable
        if _is_adapted(one):
            other.mean, other.variance = (np.asarray(getattr(one, name)) for name in ("mean", "variance"))
    for number, (one, other) in enumerate(zip(model.weights, copied.weights, strict=True)):
        other._path = path(number)
        other._trainable = one._trainable
        other._initializer = keras.initializers.Zeros()
