"""What a user's model computes, as a key, and a copy of it that a program may train.

Models that are built by the same function are different objects with other names of layers, and the same structure.
Rates of dropout and noise and strengths of penalties are inputs of the copy, so that a search over them compiles once.
A copy is right if it has the same key.
"""

import numpy as np

from skdeep.utils._tensorflow import Functional, keras, make_node_key
from skdeep.wrappers import _content
from skdeep.wrappers._content import Undescribable

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
_OF_TENSORFLOW = ("_self_", "_unconditional_", "_deferred_", "_functional_")  # what it keeps for checkpoints
_COUNTS = ("supports_masking", "activity_regularizer")  # of what Keras writes down in every layer


def is_container(layer):
    """Whether a layer is a plain Sequential or Functional model, whose layers are all there is to it."""
    return type(layer) in _CONTAINERS or (isinstance(layer, _CONTAINERS) and _content.is_known(type(layer).call))


def layers_within(model):
    """Return the layers of a model in their order; those of plain models in it too, but none inside other layers."""
    if not is_container(model):
        return [model]
    return [inner for layer in model.layers for inner in layers_within(layer)]


def numbers(model):
    """Return the values of what becomes an input of the program, by name."""
    return {name: float(getattr(holder, attribute)) for name, holder, attribute in _leaves(model)}


def _leaves(model):
    """Return (name, object, attribute) of each number of the layers that is above zero and only ever multiplied."""
    found = []
    for index, layer in enumerate(layers_within(model)):
        attribute = _RATES.get(type(layer))
        if attribute and getattr(layer, attribute) > 0:
            found.append((f"{index}/{attribute}", layer, attribute))
        for place in _PENALISED if _content.is_known(type(layer)) else ():
            penalty = getattr(layer, place, None)
            for strength in _PENALTIES.get(type(penalty), ()):
                if float(getattr(penalty, strength)) > 0:
                    found.append((f"{index}/{place}/{strength}", penalty, strength))
    return found


def dtype(model):
    """Return the dtype in which a model computes, or None if its layers do not agree."""
    skipped = (keras.layers.InputLayer, *_CONTAINERS)
    found = {layer.compute_dtype for layer in model._flatten_layers() if not isinstance(layer, skipped)}
    found = {one for one in found if one and one.startswith(("float", "bfloat"))}
    return found.pop() if len(found) == 1 else (None if found else keras.config.floatx())


def may_be_one_vector(model):
    """Whether nothing but an optimizer ever assigns to the weights that are trained."""
    layers = [layer for layer in model._flatten_layers() if not is_container(layer)]
    assign = any(
        not _content.is_known(type(one)) or isinstance(one, keras.layers.SpectralNormalization) for one in layers
    )
    return not assign and all(one.constraint is None for one in model.trainable_variables)


# -- the key ----------------------------------------------------------------------------------------------------------


def key(model):
    """Return what two models have in common that compute the same from the same weights and numbers.

    Raises
    ------
    Undescribable
        If that cannot be told.
    """
    leaves = _leaves(model)
    live = {id(holder): attribute for _, holder, attribute in leaves}
    weights = tuple(
        (tuple(one.shape), one.dtype, one.trainable, _of_penalty(one.regularizer, live), _content.of(one.constraint))
        for one in model.weights
    )
    return _of_layer(model, live), tuple(name for name, _, _ in leaves), weights


def _of_penalty(penalty, live):
    if id(penalty) in live:
        return type(penalty), tuple(float(getattr(penalty, one)) > 0 for one in _PENALTIES[type(penalty)])
    return _content.of(penalty)


def _of_layer(layer, live):
    if is_container(layer):
        return _of_sequential(layer, live) if isinstance(layer, keras.Sequential) else _of_graph(layer, live)
    within = tuple(_of_layer(one, {}) for one in layer._layers)
    if not _content.is_known(type(layer)):
        return _content.of(type(layer)), _attributes(layer), str(layer.dtype_policy.name), layer.trainable, within
    config = _content.config_of(layer)
    for place in _PENALISED:
        if id(getattr(layer, place, None)) in live:
            config[place] = _of_penalty(getattr(layer, place), live)
    if id(layer) in live:
        config[live[id(layer)]] = None
    constants = [_content.of(np.asarray(getattr(layer, name))) for name in ("mean", "variance") if _is_adapted(layer)]
    return type(layer), _content.of_config(config), tuple(constants), layer.trainable, within


def _attributes(layer):
    """Return the key of all that a layer of a user's class holds, besides what every layer does.

    Its layers and weights count by their place among those that Keras keeps track of.
    """
    tracked = {id(one): ("layer", number) for number, one in enumerate(layer._layers)}
    variables = [*layer._trainable_variables, *layer._non_trainable_variables]
    tracked |= {id(one): ("weight", number) for number, one in enumerate(variables)}
    usual = set(vars(keras.layers.Layer(name="usual"))) | set(_content.OF_MODELS)
    usual |= set(vars(keras.Model(name="usual"))) if isinstance(layer, keras.Model) else set()
    held = {name: one for name, one in vars(layer).items() if name not in usual or name in _COUNTS}
    held = {name: one for name, one in held.items() if not name.startswith(_OF_TENSORFLOW)}

    def described(value):
        if id(value) in tracked:
            return tracked[id(value)]
        if isinstance(value, dict):
            return tuple(sorted(((str(name), described(one)) for name, one in value.items()), key=lambda pair: pair[0]))
        if isinstance(value, (list, tuple)):
            return tuple(map(described, value))
        if isinstance(value, keras.random.SeedGenerator):
            return "seeds"
        return _content.of(value)

    return described(held)


def _of_sequential(model, live):
    return keras.Sequential, tuple(_of_operation(layer, live) for layer in model._layers)


def _of_graph(model, live):
    """Return the operations of a graph in their order, each with its calls and what these are given."""
    operations = model.operations
    positions = {id(operation): number for number, operation in enumerate(operations)}
    calls = {operation: _calls(model, operation) for operation in operations}

    def place(value):
        if not isinstance(value, keras.KerasTensor):
            return _content.of(value)
        operation, node, tensor = value._keras_history
        return "tensor", positions[id(operation)], [number for number, _ in calls[operation]].index(node), tensor

    found = []
    for operation in operations:
        given = []
        for _, node in calls[operation]:
            pairs = keras.tree.flatten_with_path([list(node.arguments.args), node.arguments.kwargs])
            given.append(tuple((path, place(value)) for path, value in pairs))
        found.append((_of_operation(operation, live), tuple(given)))
    ends = [
        tuple((path, place(value)) for path, value in keras.tree.flatten_with_path([one]))
        for one in (model._inputs_struct, model._outputs_struct)
    ]
    return Functional, tuple(found), tuple(ends)


def _calls(model, operation):
    """Return (number, node) of the calls of an operation that are in a model."""
    nodes = enumerate(operation._inbound_nodes)
    return [(number, node) for number, node in nodes if make_node_key(operation, number) in model._nodes]


def _of_operation(operation, live):
    if isinstance(operation, keras.layers.InputLayer):
        return keras.layers.InputLayer, operation.batch_shape[1:], str(operation.dtype), operation.sparse
    if isinstance(operation, keras.Layer):
        return _of_layer(operation, live)
    held = {name: one for name, one in vars(operation).items() if name not in ("name", *_OF_OPERATIONS)}
    return _content.of(type(operation)), _content.of(held)


_OF_OPERATIONS = ("_inbound_nodes", "_outbound_nodes", "_lock", "_auto_config")


def _is_adapted(layer):
    return type(layer) is keras.layers.Normalization and getattr(layer, "mean", None) is not None


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
    _adopt_state(model, copied)
    if key(copied) != key(model):
        raise Undescribable("a copy that is made from its configuration is not like it")
    for number, variable in enumerate(copied.weights):
        variable._path = path(number)
        variable._initializer = keras.initializers.Zeros()
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
        config = _content.config_of(layer)
        with _content.describing(layer):
            return type(layer).from_config(config)
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
            if hasattr(what, "__module__") and not _content.is_known(what):
                found[what.__name__] = what
    return found


def _adopt_state(model, copied):
    """Let a copy train what the model trains, and normalise as it does.

    Raises
    ------
    Undescribable
        If the copy has other layers or weights.
    """
    layers, weights = ([one._flatten_layers() for one in (model, copied)], [one.weights for one in (model, copied)])
    shapes = [[tuple(one.shape) for one in which] for which in weights]
    if len(layers[0]) != len(layers[1]) or shapes[0] != shapes[1]:
        raise Undescribable("a copy that is made from its configuration has other weights")
    for one, other in zip(*layers, strict=True):
        other._trainable = one._trainable
        if _is_adapted(one):
            other.mean, other.variance = (np.asarray(getattr(one, name)) for name in ("mean", "variance"))
    for one, other in zip(*weights, strict=True):
        other._trainable = one._trainable
