"""RealMLP: a multilayer perceptron whose every part was tuned on many tables (Holzmüller et al., 2024)."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures import _activations
from skdeep.architectures.tabular import _reading
from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras

_FREQUENCIES = 16
# Pattern of the paths of weights, and the number that multiplies their learning rate.
_RATES = (
    ("*/bias", "bias_rate"),
    ("share_*/share", "activation_rate"),
    ("scale/scale", "scale_rate"),
    ("periodic/*", "embedding_rate"),
)


@dataclass(frozen=True)
class RealMLPConfig:
    """What decides the graph.

    Parameters
    ----------
    output_sizes : tuple of int
        Units of each output.
    category_sizes : tuple of int
        Rows of the table of vectors of each column of ids.
    hidden_layer_sizes : tuple of int
    activation : str or callable
    parametric : bool
        Whether units learn how much of the activation they want.
    n_bins : int
        Piecewise-linear columns of each number; 0 for none.
    periodic_dim : int
        Length of the periodic vector of a number; 0 for the number alone.
    frequency_deviation : float
        Standard deviation of the frequencies of these at the start.
    category_dim : int
        Length of the vector of a category.
    scale : bool
        Whether columns have learned factors.
    start_from_rows : bool
        Whether dense layers start from the first rows they see.
    dropout : bool
        Whether there is dropout after each hidden layer; its rate is a number.
    """

    output_sizes: tuple
    category_sizes: tuple = ()
    hidden_layer_sizes: tuple = (256, 256, 256)
    activation: Any = "selu"
    parametric: bool = True
    n_bins: int = 16
    periodic_dim: int = 4
    frequency_deviation: float = 0.1
    category_dim: int = 8
    scale: bool = True
    start_from_rows: bool = True
    dropout: bool = True


def check(config):
    """Raise ValueError or TypeError for a config that cannot be built."""
    _activations.check_activation(config.activation)


def rate_factors(config, signature):
    """Return (pattern of paths, live number) of the weights whose learning rate is another."""
    has_numbers = any(name == "numbers" for name, _ in signature.inputs)
    there = {
        "bias_rate": True,
        "activation_rate": config.parametric and config.hidden_layer_sizes,
        "scale_rate": config.scale,
        "embedding_rate": config.periodic_dim > 0 and has_numbers,
    }
    return tuple((pattern, number) for pattern, number in _RATES if there[number])


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : RealMLPConfig
    signature : InputSignature
        With "numbers", "flags" or "categories".
    numbers : dict
        "dropout", if the config has dropout.
    """
    from skdeep.architectures.tabular import _realmlp_layers as layers

    dtype, inputs = signature.dtype, _reading.enter(signature)
    hidden = _reading.joined(list(_columns(config, inputs, dtype)), dtype)
    if config.scale:
        hidden = layers.Scale(dtype=dtype, name="scale")(hidden)
    for index, units in enumerate(config.hidden_layer_sizes):
        hidden = layers.NTKDense(units, config.start_from_rows, dtype=dtype, name=f"hidden_{index}")(hidden)
        if config.parametric:
            activation = layers.ParametricActivation(undescribed(config.activation), dtype=dtype, name=f"share_{index}")
        else:
            activation = keras.layers.Activation(undescribed(config.activation), dtype=dtype, name=f"share_{index}")
        hidden = activation(hidden)
        if config.dropout:
            from skdeep.architectures._blocks import dropout

            hidden = dropout(numbers["dropout"], dtype=dtype, name=f"dropout_{index}")(hidden)
    outputs = [
        layers.NTKDense(units, config.start_from_rows, dtype=dtype, name=f"output_{index}")(hidden)
        for index, units in enumerate(config.output_sizes)
    ]
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs, name="realmlp")


def _columns(config, inputs, dtype):
    """Yield what a net reads of each input."""
    from skdeep.architectures.tabular import _realmlp_layers as layers

    for name, given in inputs.items():
        if name == "categories":
            vectors = _reading.embedded(given, config.category_sizes, config.category_dim, dtype)
            yield _reading.flat(vectors, dtype, "category_vectors")
            continue
        if name == "numbers" and config.n_bins:
            yield _reading.coded(given, config.n_bins, dtype)
        if name == "numbers" and config.periodic_dim:
            given = layers.PeriodicEmbedding(
                _FREQUENCIES, config.periodic_dim, config.frequency_deviation, dtype=dtype, name="periodic"
            )(given)
        yield given
