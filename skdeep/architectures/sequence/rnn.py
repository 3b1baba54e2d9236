"""Recurrent nets: layers of cells, in one direction or both, and one vector a row or one a moment."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures.sequence import entrance
from skdeep.utils._lazy import keras

CELLS = ("gru", "lstm", "simple")
POOLINGS = ("last", "average", "max", "average_max", "attention")


@dataclass(frozen=True)
class RNNConfig:
    """What decides the graph of a recurrent net.

    Parameters
    ----------
    output_sizes : tuple of int
    cell : str
        One of CELLS.
    units : tuple of int
        Of each layer, in each direction.
    bidirectional : bool
    pooling : str or None
        One of POOLINGS; None keeps all moments.
    skip_connections : bool
        Whether each layer adds what it is given to what it returns, where both are as wide.
    recurrent_dropout, dropout : bool
        Whether there is any; the rates are numbers, not config.
    kernel_initializer : str or KerasObject
        Of the output.
    reading : Channels or Vocabulary
        None is Channels().
    """

    output_sizes: tuple
    cell: str = "gru"
    units: tuple = (64,)
    bidirectional: bool = False
    pooling: str | None = "last"
    skip_connections: bool = False
    recurrent_dropout: bool = False
    dropout: bool = False
    kernel_initializer: Any = "auto"
    reading: Any = None


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : RNNConfig
    signature : InputSignature
    numbers : dict
        "dropout" and "recurrent_dropout", if the config has them.
    """
    from skdeep.architectures import _blocks
    from skdeep.architectures.sequence import _layers

    dtype = signature.dtype
    inputs, hidden, mask = entrance.enter(signature, config.reading)
    for index, units in enumerate(config.units):
        sequences = index < len(config.units) - 1 or config.pooling != "last"
        before, hidden = (
            hidden,
            _layers.Recurrence(
                config.cell,
                units,
                config.bidirectional,
                sequences,
                numbers["recurrent_dropout"] if config.recurrent_dropout else 0.0,
                dtype=dtype,
                name=f"recurrence_{index}",
            )(hidden, **entrance.masked(mask)),
        )
        if config.dropout:
            hidden = _blocks.dropout(numbers["dropout"], dtype=dtype, name=f"dropout_{index}")(hidden)
        if config.skip_connections and sequences and before.shape[-1] == hidden.shape[-1]:
            hidden = keras.layers.Add(dtype=dtype, name=f"skip_{index}")([before, hidden])
    if config.pooling not in ("last", None):
        pooling = _layers.Pooling(config.pooling, dtype=dtype, name="pooling")
        hidden = pooling(hidden, **entrance.masked(mask))
    return entrance.leave(inputs, hidden, config, dtype, config.cell)
