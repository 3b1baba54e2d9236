"""FT-Transformer: attention between the columns of a row, each a vector (Gorishniy et al., 2021).

Normalised before each part, but for the attention of the first block. The last block computes the class token alone,
which is the only one that is read.
"""

from dataclasses import dataclass

from skdeep.architectures.tabular import _reading
from skdeep.utils._lazy import keras

_EPSILON = 1e-5  # of the normalisations, as the paper has it


@dataclass(frozen=True)
class FTTransformerConfig(_reading.TableConfig):
    """What decides the graph of an FT-Transformer.

    Each number and each category has a token of length `width`, so that `category_dim` and `number_dim` mean nothing
    here; `n_bins` bins make tokens of numbers piecewise linear.

    Parameters
    ----------
    n_blocks, n_heads : int
        Of attention; the heads share the width.
    width : int
        Length of a token.
    feed_forward_width : int
        Units within the dense part of a block.
    flag_groups : tuple of int or None
        Number of the token that each column of "flags" belongs to; None is a token for each.
    dropout : bool
        Whether there is dropout within the dense part of each block.
    residual_dropout : bool
        Whether there is dropout at the end of each part, before it is added.
    """

    n_blocks: int = 3
    n_heads: int = 8
    width: int = 192
    feed_forward_width: int = 256
    flag_groups: tuple | None = None
    dropout: bool = False
    residual_dropout: bool = False

    @property
    def edges_path(self):
        """Path of the weight that has the edges of the bins; None if there are no bins."""
        return _reading.EMBEDDED_EDGES if self.n_bins else None


def check(config):
    """Raise ValueError for a config that cannot be built."""
    if config.width % config.n_heads:
        raise ValueError(f"width={config.width} must be a multiple of n_heads={config.n_heads}.")


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : FTTransformerConfig
    signature : InputSignature
        Some of "numbers", "flags" and "categories".
    numbers : dict
        "dropout" and "residual_dropout", if the config has them.
    """
    named, dtype = _reading.enter(signature), signature.dtype
    blocks = _Blocks(config, dtype, numbers)
    hidden = blocks.tokens(named)
    for index in range(config.n_blocks):
        hidden = blocks.block(hidden, index)
    hidden = blocks.normalized(hidden, "normalization")
    hidden = keras.layers.Activation("relu", dtype=dtype, name="activation")(hidden)
    hidden = keras.layers.Flatten(dtype=dtype, name="class_token_alone")(hidden)
    return _reading.leave(named, _reading.heads(hidden, config, dtype), "ft_transformer")


class _Blocks:
    """The layers between inputs and the output layer.

    Parameters
    ----------
    config : FTTransformerConfig
    dtype : str
    numbers : dict
    """

    def __init__(self, config, dtype, numbers):
        from skdeep.architectures.sequence import _attention
        from skdeep.architectures.tabular import _token_layers

        self._config, self._dtype, self._numbers = config, dtype, numbers
        self._attention, self._kinds = _attention, _token_layers

    def tokens(self, named):
        """Return a vector for each column, and the class token before them."""
        config, parts = self._config, []
        if "numbers" in named:
            parts.append(self._of_numbers(named["numbers"]))
        if "flags" in named:
            parts.append(
                self._kinds.NumberTokens(config.width, config.flag_groups, **self._own("flag_tokens"))(named["flags"])
            )
        if "categories" in named:
            deviation = (3 * config.width) ** -0.5  # that of the uniform weights of the other tokens
            vectors = _reading.embedded(
                named["categories"], config.category_sizes, config.width, self._dtype, deviation=deviation
            )
            parts.append(self._kinds.ColumnBias(**self._own("category_bias"))(vectors))
        joined = parts[0] if len(parts) == 1 else keras.layers.Concatenate(axis=1, **self._own("tokens"))(parts)
        return self._kinds.ClassToken(**self._own("class_token"))(joined)

    def block(self, hidden, index):
        """Return what a block makes of tokens; the last one returns the class token alone."""
        given = self.normalized(hidden, f"normalization_{index}_attention") if index else hidden
        if index == self._config.n_blocks - 1:
            change = self._attention_of_first(given, index)
            hidden = self._kinds.FirstToken(**self._own("first_of_sum"))(hidden)
        else:
            attention = self._attention.SelfAttention(*self._heads(), **self._own(f"attention_{index}"))
            change, _ = attention(given, given, return_attention_scores=True)
        hidden = self._added(hidden, change, f"{index}_attention")
        return self._added(hidden, self._feed_forward(hidden, index), f"{index}_dense")

    def normalized(self, hidden, name):
        """Return tokens, each with mean 0 and variance 1, scaled and shifted."""
        return self._attention.LayerNormalization(epsilon=_EPSILON, **self._own(name))(hidden)

    def _of_numbers(self, numbers):
        if self._config.n_bins:
            return _reading.curved(numbers, self._config.n_bins, self._config.width, self._dtype)
        return self._kinds.NumberTokens(self._config.width, **self._own("number_tokens"))(numbers)

    def _attention_of_first(self, given, index):
        """Return what the first token makes of all: the same as attention, of which only that token is looked at."""
        keys, values = self._attention.KeysAndValues(*self._heads(), **self._own(f"attention_{index}_given"))(given)
        first = self._kinds.FirstToken(**self._own(f"first_of_{index}"))(given)
        return self._attention.CrossAttention(**self._own(f"attention_{index}"))(first, keys, values)

    def _feed_forward(self, hidden, index):
        wide = self.normalized(hidden, f"normalization_{index}_dense")
        units = 2 * self._config.feed_forward_width
        wide = keras.layers.Dense(units, **self._own(f"dense_{index}_wide"))(wide)
        wide = self._kinds.ReGLU(**self._own(f"reglu_{index}"))(wide)
        if self._config.dropout:
            wide = _reading.dropped(wide, self._numbers["dropout"], self._dtype, f"dropout_{index}")
        return keras.layers.Dense(self._config.width, **self._own(f"dense_{index}_narrow"))(wide)

    def _added(self, hidden, change, name):
        if self._config.residual_dropout:
            rate = self._numbers["residual_dropout"]
            change = _reading.dropped(change, rate, self._dtype, f"residual_dropout_{name}")
        return keras.layers.Add(**self._own(f"sum_{name}"))([hidden, change])

    def _heads(self):
        return self._config.n_heads, self._config.width // self._config.n_heads

    def _own(self, name):
        return {"dtype": self._dtype, "name": name}
