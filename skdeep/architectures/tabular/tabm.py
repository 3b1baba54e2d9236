"""TabM: many perceptrons in one, which share their kernels (Gorishniy, Kotelnikov and Babenko, 2025)."""

from dataclasses import dataclass

from skdeep.architectures.tabular import _reading
from skdeep.utils._lazy import keras


@dataclass(frozen=True)
class TabMConfig(_reading.TableConfig):
    """What decides the graph of a TabM.

    Parameters
    ----------
    n_members : int
        Perceptrons in the net.
    width : int
        Units of each hidden layer.
    n_blocks : int
        Hidden layers.
    dropout : bool
        Whether there is dropout after each hidden layer; its rate is a number, not config.
    """

    n_members: int = 32
    width: int = 512
    n_blocks: int = 3
    dropout: bool = False


def build(config, signature, numbers):
    """Return the keras.Model of a config, whose outputs have the shape (rows, members, units).

    Parameters
    ----------
    config : TabMConfig
    signature : InputSignature
        Some of "numbers", "flags" and "categories".
    numbers : dict
        "dropout", if the config has it.
    """
    from skdeep.architectures.tabular._packed_layers import OwnDense, SharedDense

    dtype = signature.dtype
    named, hidden = _reading.read(config, signature)
    for index in range(config.n_blocks):
        hidden = SharedDense(
            config.width, config.n_members, random_signs=index == 0, dtype=dtype, name=f"hidden_{index}"
        )(hidden)
        hidden = keras.layers.Activation("relu", dtype=dtype, name=f"activation_{index}")(hidden)
        if config.dropout:
            hidden = _reading.dropped(hidden, numbers["dropout"], dtype, f"dropout_{index}")
    outputs = [
        OwnDense(units, dtype=dtype, name=f"output_{index}")(hidden) for index, units in enumerate(config.output_sizes)
    ]
    return _reading.leave(named, outputs, "tabm")
