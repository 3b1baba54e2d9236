"""Nets that read one row and write another: an encoder, and a decoder that is given what it has written."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures.sequence import entrance, transformer
from skdeep.utils._lazy import keras

ATTENTIONS = ("multiplicative", "additive")


@dataclass(frozen=True)
class EncoderDecoderConfig:
    """What decides the graph of an encoder and its decoder.

    Parameters
    ----------
    output_sizes : tuple of int
        The ids that may be written.
    source, target : Vocabulary
        Of what is read, and of what is written.
    architecture : str
        "gru" or "transformer".
    units, n_layers, n_heads : int
        Of the encoder and of the decoder; the heads share the units.
    attention : str or None
        One of ATTENTIONS, by which a recurrent decoder reads all moments; None hands it the last state only.
    dropout : bool
        Whether there is any; its rate is a number, not config.
    kernel_initializer : str or KerasObject
        Of the output.
    """

    output_sizes: tuple
    source: Any
    target: Any
    architecture: str = "gru"
    units: int = 128
    n_layers: int = 1
    n_heads: int = 4
    attention: str | None = "multiplicative"
    dropout: bool = False
    kernel_initializer: Any = "auto"


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : EncoderDecoderConfig
    signature : InputSignature
        Two inputs of ids: what is read; and at each moment of what is written, the id before it. What pads the latter
        comes later than all of it, and needs no mask.
    numbers : dict
        "dropout", if the config has it.
    """
    dtype = signature.dtype
    source, target = (column.inputs(name) for name, column in signature.inputs)
    ids, mask = entrance.with_mask(source, dtype)
    read = entrance.vectors(ids, config.source, dtype, "source_embedding")
    before = entrance.vectors(next(iter(target.values())), config.target, dtype, "target_embedding")
    nets = {"gru": _Recurrent, "transformer": _Transformer}
    hidden = nets[config.architecture](config, dtype, numbers).written(read, mask, before)
    return entrance.leave(source | target, hidden, config, dtype, f"{config.architecture}_encoder_decoder")


class _Transformer:
    def __init__(self, config, dtype, numbers):
        sizes = config.n_layers, config.n_heads, config.units
        self._encoder, self._decoder = (
            transformer.Blocks(
                transformer.TransformerConfig((), *sizes, pooling=None, dropout=config.dropout, causal=causal),
                dtype,
                numbers,
                prefix,
            )
            for prefix, causal in (("source_", False), ("target_", True))
        )

    def written(self, read, mask, before):
        read, mask = self._encoder.read(read, mask)
        return self._decoder.read(before, None, read, mask)[0]


class _Recurrent:
    def __init__(self, config, dtype, numbers):
        from skdeep.architectures.sequence import _layers

        self._config, self._dtype, self._numbers, self._kinds = config, dtype, numbers, _layers

    def written(self, read, mask, before):
        config, states, hidden = self._config, [], before
        for index in range(config.n_layers):
            read, state = self._encoded(read, mask, index)
            states.append(state)
        for index, state in enumerate(states):
            layer = self._kinds.Recurrence("gru", config.units, **self._own(f"decoder_{index}"))
            hidden = self._dropped(layer(hidden, initial_state=state), f"decoder_{index}")
        return hidden if config.attention is None else self._attentive(hidden, read, mask)

    def _encoded(self, read, mask, index):
        """Return what one layer of the encoder reads at each moment, and the state that its decoder begins with.

        With attention it reads in both directions, so that each moment knows its surroundings (Bahdanau et al., 2015).
        """
        masks, both = entrance.masked(mask), self._config.attention is not None
        layer = self._kinds.Recurrence("gru", self._config.units, both, **self._own(f"encoder_{index}"))
        read = layer(read, **masks)
        end = self._kinds.Ends(both, **self._own(f"end_{index}"))(read, **masks)
        state = keras.layers.Dense(self._config.units, "tanh", **self._own(f"state_{index}"))(end)
        return self._dropped(read, f"encoder_{index}"), state

    def _attentive(self, hidden, read, mask):
        """Return the states of the decoder together with what each attends to (Luong, Pham and Manning, 2015)."""
        keys = keras.layers.Dense(self._config.units, use_bias=False, **self._own("keys"))(read)
        if self._config.attention == "additive":
            query = keras.layers.Dense(self._config.units, **self._own("query"))(hidden)
            layer = keras.layers.AdditiveAttention(**self._own("attention"))
        else:
            query, layer = hidden, keras.layers.Attention(**self._own("attention"))
        context = layer([query, read, keys], **({} if mask is None else {"mask": [None, mask]}))
        both = keras.layers.Concatenate(**self._own("state_and_context"))([hidden, context])
        hidden = keras.layers.Dense(self._config.units, "tanh", **self._own("attentive"))(both)
        return self._dropped(hidden, "attentive")

    def _dropped(self, hidden, name):
        if not self._config.dropout:
            return hidden
        from skdeep.architectures import _blocks

        return _blocks.dropout(self._numbers["dropout"], **self._own(f"dropout_{name}"))(hidden)

    def _own(self, name):
        return {"dtype": self._dtype, "name": name}
