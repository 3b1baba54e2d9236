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
    ("share_*", "activation_rate"),
    ("scale/*", "scale_rate"),
    ("periodic/*", "embedding_rate"),
)


@dataclass(frozen=True)
class RealMLPConfig(_reading.TableConfig):
    """What decides the graph, besides what every net of a table has.

    Parameters
    ----------
    n_members : int
        Nets beside each other. With several, outputs have a member axis after the rows.
    hidden_layer_sizes : tuple of int
    activation : str or callable
    parametric : bool
        Whether units learn how much of the activation they want.
    periodic_dim : int
        Length of the periodic vector of a number; 0 for the number alone.
    frequency_deviation : float
        Standard deviation of the frequencies of these at the start.
    scale : bool
        Whether columns have learned factors.
    start_from_rows : bool
        Whether dense layers start from the first rows they see.
    dropout : bool
        Whether there is dropout after each hidden layer; its rate is a number.
    """

    n_members: int = 1
    hidden_layer_sizes: tuple = (256, 256, 256)
    activation: Any = "selu"
    parametric: bool = True
    periodic_dim: int = 4
    frequency_deviation: float = 0.1
    scale: bool = True
    start_from_rows: bool = True
    dropout: bool = True

    vectors_path = "vectors/embeddings"  # which has a member axis first


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
        hidden = _activation(config, dtype, index)(hidden)
        if config.dropout:
            hidden = _dropout(numbers["dropout"], dtype, index)(hidden)
    outputs = []
    for index, units in enumerate(config.output_sizes):
        made = layers.NTKDense(units, config.start_from_rows, dtype=dtype, name=f"made_{index}")(hidden)
        outputs.append(layers.FromMembers(dtype=dtype, name=f"output_{index}")(made))
    return _reading.leave(inputs, outputs, "realmlp")


def _activation(config, dtype, index):
    from skdeep.architectures.tabular._realmlp_layers import ParametricActivation

    layer = ParametricActivation if config.parametric else keras.layers.Activation
    return layer(undescribed(config.activation), dtype=dtype, name=f"share_{index}")


def _dropout(rate, dtype, index):
    """Return dropout of the same units in all members: a mask costs as much as all else that is done elementwise."""
    from skdeep.architectures._blocks import dropout

    return dropout(rate, noise_shape=(1, None, None), dtype=dtype, name=f"dropout_{index}")


def _columns(config, inputs, dtype):
    """Yield what the members read of each input."""
    from skdeep.architectures.tabular import _realmlp_layers as layers

    def to_members(rows, name):
        return layers.ToMembers(config.n_members, dtype=dtype, name=f"{name}_of_members")(rows)

    fixed = []
    if "numbers" in inputs and config.n_bins:
        fixed.append(_reading.coded(inputs["numbers"], config.n_bins, dtype))
    if "flags" in inputs:
        fixed.append(inputs["flags"])
    if fixed:
        yield to_members(_reading.joined(fixed, dtype, "fixed"), "fixed")
    if "numbers" in inputs:
        numbers = to_members(inputs["numbers"], "numbers")
        if config.periodic_dim:
            numbers = layers.PeriodicVectors(
                _FREQUENCIES, config.periodic_dim, config.frequency_deviation, dtype=dtype, name="periodic"
            )(numbers)
        yield numbers
    if "categories" in inputs:
        ids = to_members(inputs["categories"], "categories")
        yield layers.MemberVectors(config.category_sizes, config.category_dim, dtype=dtype, name="vectors")(ids)
