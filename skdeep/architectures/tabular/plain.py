"""The multilayer perceptron of a table: dense layers on numbers, flags and vectors of categories."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures import mlp
from skdeep.architectures.tabular import _reading


@dataclass(frozen=True)
class PlainConfig(_reading.TableConfig):
    """What decides the graph of a multilayer perceptron of a table.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int
        Units of each hidden layer; empty for a perceptron.
    activation, normalization, residual, kernel_initializer, dropout : object
        As in `mlp.MLPConfig`.
    """

    hidden_layer_sizes: tuple = (256, 256)
    activation: Any = "relu"
    normalization: str | None = None
    residual: bool = False
    kernel_initializer: Any = "auto"
    dropout: bool = False

    @property
    def draws_biases(self):
        """Whether the first hidden layer begins with random biases, which need the number "bias_deviation"."""
        return mlp.draws_biases(self)


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : PlainConfig
    signature : InputSignature
        Some of "numbers", "flags" and "categories".
    numbers : dict
        "dropout", if the config has dropout, and "bias_deviation", if it draws biases.
    """
    named, rows = _reading.read(config, signature)
    hidden = mlp.hidden_layers(rows, config, signature.dtype, numbers)
    return _reading.leave(named, _reading.heads(hidden, config, signature.dtype), "mlp")
