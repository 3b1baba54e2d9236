"""The multilayer perceptron: dense layers with an activation, normalisation, dropout and residual connections."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from skdeep.architectures import _activations
from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras
from skdeep.utils._operations import Operation

_MAXOUT_PIECES = 2
_EPSILON = 1e-3  # of both normalisations, as in Keras


@dataclass(frozen=True)
class MLPConfig:
    """What decides the graph of a multilayer perceptron.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        Units of each hidden layer; empty for a perceptron.
    output_sizes : tuple of int
        Units of each output.
    activation : str or callable
        Activation of the hidden layers.
    normalization : {"batch", "layer"} or None
        Normalisation before each activation.
    residual : bool
        Whether each hidden layer adds its input to its output.
    kernel_initializer : str or KerasObject
        "auto" suits the activation.
    dropout : bool
        Whether there is dropout after each hidden layer; its rate is a number, not config.
    """

    hidden_layer_sizes: tuple
    output_sizes: tuple
    activation: Any = "relu"
    normalization: str | None = None
    residual: bool = False
    kernel_initializer: Any = "auto"
    dropout: bool = False

    @property
    def draws_biases(self):
        """Whether the first hidden layer begins with random biases, which need the number "bias_deviation"."""
        return draws_biases(self)


def draws_biases(config):
    """Whether the first hidden layer of a config begins with random biases."""
    mapped = config.normalization is None and config.activation != "selu"
    return mapped and config.kernel_initializer == "auto" and len(config.hidden_layer_sizes) > 0


def sizes(given):
    """Return the units of hidden layers, given as one number or several, as a tuple.

    Raises
    ------
    ValueError
        If they are not integers of at least 1.
    """
    found = (given,) if isinstance(given, Integral) else tuple(given)
    if not all(isinstance(size, Integral) for size in found):
        raise ValueError(f"hidden_layer_sizes must all be integers, got {found!r}.")
    if any(size < 1 for size in found):
        raise ValueError(f"hidden_layer_sizes must all be at least 1, got {found!r}.")
    return tuple(int(size) for size in found)


def check(config):
    """Raise ValueError or TypeError for a config that cannot be built."""
    _activations.check_activation(config.activation, also=("maxout",))
    _activations.check_initializer(config.kernel_initializer)


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : MLPConfig
    signature : InputSignature
        One input of one dimension, dense or sparse.
    numbers : dict
        "dropout", if the config has dropout, and "bias_deviation", if it draws biases.
    """
    ((name, column),), dtype = signature.inputs, signature.dtype
    named = column.inputs(name)
    hidden = hidden_layers(named[name], config, dtype, numbers)
    outputs = [
        keras.layers.Dense(
            units,
            kernel_initializer=_activations.initializer(config.kernel_initializer, "linear"),
            dtype=dtype,
            name=f"output_{index}",
        )(hidden)
        for index, units in enumerate(config.output_sizes)
    ]
    return keras.Model(named, outputs[0] if len(outputs) == 1 else outputs, name="mlp")


def hidden_layers(rows, config, dtype, numbers):
    """Return what the hidden layers make of rows.

    Parameters
    ----------
    rows : keras.KerasTensor of shape (rows, columns)
    config : object
        With the fields of an MLPConfig, but for the output.
    dtype : str
    numbers : dict
        As in `build`.
    """
    hidden = rows
    for index, units in enumerate(config.hidden_layer_sizes):
        hidden = _hidden_layer(hidden, units, index, config, dtype, numbers)
    return hidden


def operations(config, n_columns):
    """Describe the net of a config without Keras.

    Parameters
    ----------
    config : MLPConfig
    n_columns : int
        Of the rows.

    Returns
    -------
    operations : dict of tuple of Operation, or None
        Of the one model; None if the activation is no name.
    """
    if not isinstance(config.activation, str):
        return None
    found, hidden, width = [], "input", n_columns
    for index, units in enumerate(config.hidden_layer_sizes):
        steps = _operations_of_layer(config, index, hidden)
        if config.residual and width == units:
            steps.append(Operation("add", (hidden, steps[-1].makes), f"residual_{index}"))
        found += steps
        hidden, width = steps[-1].makes, units
    for index in range(len(config.output_sizes)):
        name = f"output_{index}"
        found.append(Operation("dense", (hidden,), name, (f"{name}/kernel", f"{name}/bias")))
    return {"mlp": tuple(found)}


def _operations_of_layer(config, index, reads):
    name = f"hidden_{index}"
    kernel, bias = f"{name}/kernel", f"{name}/bias"
    steps = [Operation("dense", (reads,), name, (kernel,) if config.normalization else (kernel, bias))]
    if config.normalization:
        normalized = f"normalization_{index}"
        own = ("gamma", "beta", "moving_mean", "moving_variance")[: 4 if config.normalization == "batch" else 2]
        weights = tuple(f"{normalized}/{one}" for one in own)
        kind = f"{config.normalization}_normalization"
        steps.append(Operation(kind, (name,), normalized, weights, _EPSILON))
    if config.activation == "maxout":
        steps.append(Operation("maxout", (steps[-1].makes,), f"largest_{index}", (), _MAXOUT_PIECES))
    elif config.activation != "linear":
        steps.append(Operation("activation", (steps[-1].makes,), f"activation_{index}", (), config.activation))
    return steps


def _initializer(config, index):
    """Return the initial weights of a hidden layer.

    The first one often makes many units of few inputs. He's weights ignore how many, and start such a net as a rough
    function; Glorot's, which count them, end in smaller errors.
    """
    suits = config.activation if index or config.activation == "selu" else "linear"
    return _activations.initializer(config.kernel_initializer, suits)


def _bias_initializer(config, index, numbers):
    """Return the initial biases of a hidden layer."""
    if index or not config.draws_biases:
        return "zeros"
    return keras.initializers.RandomNormal(stddev=numbers["bias_deviation"])


def _hidden_layer(inputs, units, index, config, dtype, numbers):
    maxout = config.activation == "maxout"
    hidden = keras.layers.Dense(
        units * (_MAXOUT_PIECES if maxout else 1),
        use_bias=config.normalization is None,
        kernel_initializer=_initializer(config, index),
        bias_initializer=_bias_initializer(config, index, numbers),
        dtype=dtype,
        name=f"hidden_{index}",
    )(inputs)
    if config.normalization == "batch":
        hidden = keras.layers.BatchNormalization(momentum=0.9, dtype=dtype, name=f"normalization_{index}")(hidden)
    elif config.normalization == "layer":
        hidden = keras.layers.LayerNormalization(dtype=dtype, name=f"normalization_{index}")(hidden)
    if maxout:
        hidden = keras.layers.Reshape((_MAXOUT_PIECES, units), dtype=dtype, name=f"pieces_{index}")(hidden)
        hidden = keras.layers.GlobalMaxPooling1D(dtype=dtype, name=f"largest_{index}")(hidden)
    elif config.activation != "linear":
        hidden = keras.layers.Activation(undescribed(config.activation), dtype=dtype, name=f"activation_{index}")(
            hidden
        )
    if config.dropout:
        from skdeep.architectures._blocks import dropout

        hidden = dropout(numbers["dropout"], dtype=dtype, name=f"dropout_{index}")(hidden)
    if config.residual and inputs.shape[-1] == units:
        hidden = keras.layers.Add(dtype=dtype, name=f"residual_{index}")([inputs, hidden])
    return hidden
