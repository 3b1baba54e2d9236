"""Convolutions over the vectors of words, each with the largest value over a text (Kim, 2014)."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures.sequence import entrance
from skdeep.utils._lazy import keras

STATIC = "static/embeddings"  # path of the vectors that stay as they were given


@dataclass(frozen=True)
class TextCNNConfig:
    """What decides the graph of convolutions over words.

    Parameters
    ----------
    output_sizes : tuple of int
    filters : int
        Of each width.
    kernel_sizes : tuple of int
        Words that a filter sees.
    two_channels : bool
        Whether a second table of vectors, which is never trained, is added to the first.
    activation, kernel_initializer : str or KerasObject
    dropout : bool
        Whether there is any; its rate is a number, not config.
    reading : Vocabulary
    """

    output_sizes: tuple
    filters: int = 100
    kernel_sizes: tuple = (3, 4, 5)
    two_channels: bool = False
    activation: Any = "relu"
    kernel_initializer: Any = "auto"
    dropout: bool = False
    reading: Any = None


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : TextCNNConfig
    signature : InputSignature
    numbers : dict
        "dropout", if the config has it.
    """
    from skdeep.architectures import _blocks
    from skdeep.architectures.sequence import _layers

    dtype = signature.dtype
    inputs, values, mask = entrance.enter(signature, config.reading)
    if config.two_channels:
        vocabulary = config.reading
        table = keras.layers.Embedding(vocabulary.size, vocabulary.dim, trainable=False, dtype=dtype, name="static")
        # A filter that reads two tables and adds what it finds reads their sum.
        values = keras.layers.Add(dtype=dtype, name="channels")([values, table(next(iter(inputs.values())))])
    if mask is not None:
        values = _layers.ZeroBehindEnd(dtype=dtype, name="end")(values, mask)
    found = []
    for size in config.kernel_sizes:
        convolution = keras.layers.Conv1D(
            config.filters, size, padding="same", activation=config.activation, dtype=dtype, name=f"convolution_{size}"
        )
        pooling = _layers.Pooling("max", dtype=dtype, name=f"pooling_{size}")
        found.append(pooling(convolution(values), **entrance.masked(mask)))
    hidden = found[0] if len(found) == 1 else keras.layers.Concatenate(dtype=dtype, name="features")(found)
    if config.dropout:
        hidden = _blocks.dropout(numbers["dropout"], dtype=dtype, name="dropout")(hidden)
    return entrance.leave(inputs, hidden, config, dtype, "text_cnn")
