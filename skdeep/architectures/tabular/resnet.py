"""The residual net of tables: blocks of two dense layers, added to what they were given (Gorishniy et al., 2021).

block(x) = x + dropout(linear(dropout(relu(linear(norm(x))))))
net(x) = linear(relu(norm(block(... block(linear(x))))))
"""

from dataclasses import dataclass

from skdeep.architectures.tabular import _reading
from skdeep.utils._lazy import keras

_EPSILON = 1e-5  # of the normalisations, as the paper has it


@dataclass(frozen=True)
class ResNetConfig(_reading.TableConfig):
    """What decides the graph of a residual net.

    Parameters
    ----------
    n_blocks : int
    width : int
        Units between the blocks.
    hidden_width : int
        Units of the first dense layer of a block.
    normalization : {"batch", "layer"} or None
        At the beginning of each block and before the output.
    dropout : bool
        Whether there is dropout within blocks, at the rate "dropout".
    residual_dropout : bool
        Whether there is dropout at the end of each block, at the rate "residual_dropout".
    """

    n_blocks: int = 2
    width: int = 192
    hidden_width: int = 384
    normalization: str | None = "batch"
    dropout: bool = False
    residual_dropout: bool = False


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : ResNetConfig
    signature : InputSignature
        Some of "numbers", "flags" and "categories".
    numbers : dict
        "dropout" and "residual_dropout", if the config has them.
    """
    dtype = signature.dtype
    named, rows = _reading.read(config, signature)
    hidden = keras.layers.Dense(config.width, dtype=dtype, name="projection")(rows)
    for index in range(config.n_blocks):
        change = _change(hidden, index, config, dtype, numbers)
        hidden = keras.layers.Add(dtype=dtype, name=f"sum_{index}")([hidden, change])
    hidden = _normalized(hidden, config, dtype, "normalization")
    hidden = keras.layers.Activation("relu", dtype=dtype, name="activation")(hidden)
    return _reading.leave(named, _reading.heads(hidden, config, dtype), "resnet")


def _change(hidden, index, config, dtype, numbers):
    """Return what a block adds."""
    change = _normalized(hidden, config, dtype, f"normalization_{index}")
    change = keras.layers.Dense(
        config.hidden_width, kernel_initializer="he_uniform", dtype=dtype, name=f"dense_{index}_first"
    )(change)
    change = keras.layers.Activation("relu", dtype=dtype, name=f"activation_{index}")(change)
    if config.dropout:
        change = _reading.dropped(change, numbers["dropout"], dtype, f"dropout_{index}")
    change = keras.layers.Dense(config.width, dtype=dtype, name=f"dense_{index}_second")(change)
    if config.residual_dropout:
        change = _reading.dropped(change, numbers["residual_dropout"], dtype, f"residual_dropout_{index}")
    return change


def _normalized(hidden, config, dtype, name):
    if config.normalization == "batch":
        layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=_EPSILON, dtype=dtype, name=name)
    elif config.normalization == "layer":
        layer = keras.layers.LayerNormalization(epsilon=_EPSILON, dtype=dtype, name=name)
    else:
        return hidden
    return layer(hidden)
