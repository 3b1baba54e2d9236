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
    hidden, mask = Blocks(config, signature.dtype, numbers).read(values, mask)
    if config.pooling is not None:
        pooling = _layers.Pooling(config.pooling, dtype=signature.dtype, name="pooling")
        hidden = pooling(hidden, **entrance.masked(mask))
    return entrance.leave(inputs, hidden, config, signature.dtype, "transformer")


class Blocks:
    """The layers of a transformer between what it is given and what it is asked for.

    Parameters
    ----------
    config : TransformerConfig
    dtype : str
    numbers : dict
        "dropout", if the config has it.
    prefix : str
        Of the names of layers.
    """

    def __init__(self, config, dtype, numbers, prefix=""):
        from skdeep.architectures.sequence import _attention, _layers

        self.config, self._dtype, self._numbers, self._prefix = config, dtype, numbers, prefix
        self._kinds, self._attention = _layers, _attention

    def read(self, values, mask=None, other=None, other_mask=None):
        """Return what all layers make of values, for each moment or patch, and the mask of these.

        Parameters
        ----------
        values : keras.KerasTensor of shape (rows, time, channels)
        mask : keras.KerasTensor or None
        other, other_mask : keras.KerasTensor or None
            What each layer attends to besides, and its mask: the moments of other rows.
        """
        hidden, mask = self._patches(values, mask)
        hidden = self._positions(hidden)
        for index in range(self.config.n_layers):
            hidden = self._added(hidden, self._self_attention(hidden, mask, index), f"{index}_attention")
            if other is not None:
                hidden = self._added(hidden, self._cross_attention(hidden, other, other_mask, index), f"{index}_cross")
            hidden = self._added(hidden, self._dense(hidden, index), f"{index}_dense")
        return self._normalized(hidden, "normalization"), mask

    def _patches(self, values, mask):
        """Return one vector for each moment, or for each patch of moments, and their mask."""
        size = self.config.patch_size
        if size == 1:
            return keras.layers.Dense(self.config.width, **self._own("projection"))(values), mask
        if mask is not None:
            values = self._kinds.ZeroBehindEnd(**self._own("end"))(values, mask)
            mask = self._kinds.PatchMask(size, **self._own("patch_mask"))(mask)
        values = self._kinds.WholePatches(size, **self._own("whole_patches"))(values)
        return keras.layers.Conv1D(self.config.width, size, size, **self._own("patches"))(values), mask

    def _positions(self, hidden):
        own = self._own("positions")
        if self.config.positional == "sinusoidal":
            return self._kinds.SinusoidalPositions(**own)(hidden)
        if self.config.positional == "learned":
            return self._kinds.LearnedPositions(-(-self.config.longest // self.config.patch_size), **own)(hidden)
        return hidden

    def _self_attention(self, hidden, mask, index):
        n_heads, width = self._heads()
        attention = self._attention.SelfAttention(n_heads, width, **self._own(f"attention_{index}"))
        given = self._normalized(hidden, f"normalization_{index}_attention")
        masks = {} if mask is None else {"value_mask": mask}
        masks = {"use_causal_mask": True} if self.config.causal else masks
        attended, _ = attention(given, given, return_attention_scores=True, **masks)
        return attended

    def _cross_attention(self, hidden, other, mask, index):
        keys, values = self._attention.KeysAndValues(*self._heads(), **self._own(f"cross_{index}_given"))(other)
        given = self._normalized(hidden, f"normalization_{index}_cross")
        masks = {} if mask is None else {"value_mask": mask}
        return self._attention.CrossAttention(**self._own(f"cross_{index}"))(given, keys, values, **masks)

    def _dense(self, hidden, index):
        width, activation = self.config.width, self.config.activation
        wide = self._normalized(hidden, f"normalization_{index}_dense")
        wide = keras.layers.Dense(width * _FEED_FORWARD, **self._own(f"dense_{index}_wide"))(wide)
        kind = self._attention.Gelu if activation == "gelu" else keras.layers.Activation
        wide = kind(_undescribed(activation), **self._own(f"activation_{index}"))(wide)
        return keras.layers.Dense(width, **self._own(f"dense_{index}_narrow"))(wide)

    def _heads(self):
        return self.config.n_heads, self.config.width // self.config.n_heads

    def _normalized(self, hidden, name):
        return self._attention.LayerNormalization(epsilon=1e-6, **self._own(name))(hidden)

    def _added(self, hidden, change, name):
        if self.config.dropout:
            from skdeep.architectures import _blocks

            change = _blocks.dropout(self._numbers["dropout"], **self._own(f"dropout_{name}"))(change)
        return keras.layers.Add(**self._own(f"sum_{name}"))([hidden, change])

    def _own(self, name):
        return {"dtype": self._dtype, "name": f"{self._prefix}{name}"}


def _undescribed(activation):
    from skdeep.utils._keys import undescribed

    return undescribed(activation)
