"""Transformers: attention between all moments of a row (Vaswani et al., 2017), normalised before each part.

An encoder sees all moments; where the attention is causal, a moment sees those before it and itself only.
"""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures.sequence import entrance
from skdeep.utils._lazy import keras

POSITIONS = ("sinusoidal", "learned")
POOLINGS = ("average", "max", "average_max", "attention")
_FEED_FORWARD = 2  # times the width


@dataclass(frozen=True)
class TransformerConfig:
    """What decides the graph of a transformer encoder.

    Parameters
    ----------
    output_sizes : tuple of int
    n_layers, n_heads, width : int
        Of the encoder; the heads share the width.
    positional : str or None
        One of POSITIONS.
    patch_size : int
        Moments that a convolution makes one of; 1 for none.
    longest : int or None
        Learned positions.
    pooling : str or None
        One of POOLINGS; None keeps all moments.
    activation : str or callable
    kernel_initializer : str or KerasObject
        Of the output.
    dropout : bool
        Whether there is any; its rate is a number, not config.
    reading : Channels or Vocabulary
        None is Channels().
    causal : bool
        Whether no moment sees later ones. What pads a row is later than all of it, and needs no mask.
    """

    output_sizes: tuple
    n_layers: int = 2
    n_heads: int = 4
    width: int = 64
    positional: str | None = "sinusoidal"
    patch_size: int = 1
    longest: int | None = None
    pooling: str | None = "average"
    activation: Any = "gelu"
    kernel_initializer: Any = "auto"
    dropout: bool = False
    reading: Any = None
    causal: bool = False


def attention_names(config):
    """Return the names of the layers that compute attention."""
    return [f"attention_{index}" for index in range(config.n_layers)]


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : TransformerConfig
    signature : InputSignature
    numbers : dict
        "dropout", if the config has it.
    """
    from skdeep.architectures.sequence import _layers

    inputs, values, mask = entrance.enter(signature, config.reading)
    encoder = _Encoder(config, signature.dtype, numbers)
    hidden, mask = encoder.patches(values, mask)
    hidden = encoder.positions(hidden)
    for index in range(config.n_layers):
        hidden = encoder.layer(hidden, mask, index)
    hidden = encoder.normalized(hidden, "normalization")
    if config.pooling is not None:
        pooling = _layers.Pooling(config.pooling, dtype=signature.dtype, name="pooling")
        hidden = pooling(hidden, **entrance.masked(mask))
    return entrance.leave(inputs, hidden, config, signature.dtype, "transformer")


class _Encoder:
    def __init__(self, config, dtype, numbers):
        from skdeep.architectures.sequence import _attention, _layers

        self.config, self._dtype, self._numbers = config, dtype, numbers
        self._kinds, self._attention = _layers, _attention

    def patches(self, values, mask):
        """Return one vector for each moment, or for each patch of moments, and their mask."""
        size, own = self.config.patch_size, {"dtype": self._dtype}
        if size == 1:
            return keras.layers.Dense(self.config.width, **own, name="projection")(values), mask
        if mask is not None:
            values = self._kinds.ZeroBehindEnd(**own, name="end")(values, mask)
            mask = self._kinds.PatchMask(size, **own, name="patch_mask")(mask)
        values = self._kinds.WholePatches(size, **own, name="whole_patches")(values)
        return keras.layers.Conv1D(self.config.width, size, size, **own, name="patches")(values), mask

    def positions(self, hidden):
        own = {"dtype": self._dtype, "name": "positions"}
        if self.config.positional == "sinusoidal":
            return self._kinds.SinusoidalPositions(**own)(hidden)
        if self.config.positional == "learned":
            return self._kinds.LearnedPositions(-(-self.config.longest // self.config.patch_size), **own)(hidden)
        return hidden

    def layer(self, hidden, mask, index):
        """Attention, then a dense net for each moment; each is added to what it was given."""
        config, own = self.config, {"dtype": self._dtype}
        attention = self._attention.SelfAttention(
            config.n_heads, config.width // config.n_heads, **own, name=f"attention_{index}"
        )
        given = self.normalized(hidden, f"normalization_{index}_attention")
        masks = {} if mask is None else {"value_mask": mask}
        masks = {"use_causal_mask": True} if config.causal else masks
        attended, _ = attention(given, given, return_attention_scores=True, **masks)
        hidden = self._added(hidden, attended, f"{index}_attention")
        wide = self.normalized(hidden, f"normalization_{index}_dense")
        wide = keras.layers.Dense(config.width * _FEED_FORWARD, **own, name=f"dense_{index}_wide")(wide)
        kind = self._attention.Gelu if config.activation == "gelu" else keras.layers.Activation
        wide = kind(_undescribed(config.activation), **own, name=f"activation_{index}")(wide)
        narrow = keras.layers.Dense(config.width, **own, name=f"dense_{index}_narrow")(wide)
        return self._added(hidden, narrow, f"{index}_dense")

    def normalized(self, hidden, name):
        return self._attention.LayerNormalization(epsilon=1e-6, dtype=self._dtype, name=name)(hidden)

    def _added(self, hidden, change, name):
        if self.config.dropout:
            from skdeep.architectures import _blocks

            change = _blocks.dropout(self._numbers["dropout"], dtype=self._dtype, name=f"dropout_{name}")(change)
        return keras.layers.Add(dtype=self._dtype, name=f"sum_{name}")([hidden, change])


def _undescribed(activation):
    from skdeep.utils._keys import undescribed

    return undescribed(activation)
