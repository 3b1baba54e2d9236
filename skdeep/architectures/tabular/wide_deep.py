"""Wide & Deep: a linear model and a multilayer perceptron, whose outputs are added (Cheng et al., 2016).

The wide part has a weight for each number, flag and category, and sees no products of columns: these, which the paper
chooses by hand, are columns of the table if they are wanted. The deep part reads vectors of categories.
"""

from dataclasses import dataclass

from skdeep.architectures import mlp
from skdeep.architectures.tabular import _reading, plain
from skdeep.utils._lazy import keras


@dataclass(frozen=True)
class WideDeepConfig(plain.PlainConfig):
    """What decides the graph of a Wide & Deep net: what decides that of its deep part."""


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : WideDeepConfig
    signature : InputSignature
        Some of "numbers", "flags" and "categories".
    numbers : dict
        As `plain.build`.
    """
    dtype = signature.dtype
    named, rows = _reading.read(config, signature)
    deep = mlp.hidden_layers(rows, config, dtype, numbers)
    outputs = []
    for index, units in enumerate(config.output_sizes):
        parts = [keras.layers.Dense(units, dtype=dtype, name=f"deep_{index}")(deep)]
        parts += _wide(config, named, units, index, dtype)
        outputs.append(keras.layers.Add(dtype=dtype, name=f"output_{index}")(parts))
    return _reading.leave(named, outputs, "wide_deep")


def _wide(config, named, units, index, dtype):
    """Return what the linear model adds to an output; it starts as zero."""
    from skdeep.architectures.tabular._layers import SumOverColumns

    parts, read_as_they_are = [], [named[name] for name in ("numbers", "flags") if name in named]
    if read_as_they_are:
        rows = _reading.joined(read_as_they_are, dtype, f"wide_rows_{index}")
        wide = keras.layers.Dense(units, use_bias=False, kernel_initializer="zeros", dtype=dtype, name=f"wide_{index}")
        parts.append(wide(rows))
    if "categories" in named:
        name = f"wide_categories_{index}"
        weights = _reading.embedded(named["categories"], config.category_sizes, units, dtype, deviation=0.0, name=name)
        parts.append(SumOverColumns(dtype=dtype, name=f"wide_sum_{index}")(weights))
    return parts
