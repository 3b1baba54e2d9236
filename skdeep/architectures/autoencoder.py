"""Dense autoencoders: an encoder from rows to a code, and a decoder from a code to rows."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures import _activations
from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras

# Paths of the weights that are learned from rows, and not by descent.
ENCODED = ("standardization/moving_mean", "standardization/moving_variance")
DECODED = ("units/moving_mean", "units/moving_variance")


@dataclass(frozen=True)
class AutoencoderConfig:
    """What decides the graph of a dense autoencoder.

    Parameters
    ----------
    n_components : int
        Length of the code.
    hidden_layer_sizes : tuple of int
        Of the encoder, from rows to the code; the decoder has the same in the opposite order.
    activation : str or callable
        Of the hidden layers; code and rows have none.
    kernel_initializer : str or KerasObject
        "auto" suits the activation.
    noise : bool
        Whether there is any; its standard deviation is a number, not config.
    tied : bool
        Whether the kernels of the decoder are those of the encoder, transposed.
    standardized : bool
        Whether rows are centred and scaled first, and what is decoded is put back into their units.
    """

    n_components: int
    hidden_layer_sizes: tuple = ()
    activation: Any = "relu"
    kernel_initializer: Any = "auto"
    noise: bool = False
    tied: bool = False
    standardized: bool = True


def check(config):
    """Raise ValueError or TypeError for a config that cannot be built."""
    _activations.check_activation(config.activation)
    _activations.check_initializer(config.kernel_initializer)


def build(config, signature, numbers):
    """Return the encoder and the decoder, as named keras.Models.

    Parameters
    ----------
    config : AutoencoderConfig
    signature : InputSignature
        One input of one dimension; sparse rows cannot be standardized, and have no noise.
    numbers : dict
        "noise", if the config has it.
    """
    ((name, column),) = signature.inputs
    layers = _Layers(config, signature.dtype, column.shape[0])
    return {"encoder": layers.encoder(column.inputs(name), numbers), "decoder": layers.decoder()}


class _Layers:
    def __init__(self, config, dtype, n_columns):
        self._config, self._dtype, self._n_columns = config, dtype, n_columns
        self._encoding = []

    def encoder(self, inputs, numbers):
        config, hidden = self._config, next(iter(inputs.values()))
        if config.standardized:
            hidden = self._statistics("standardization")(hidden)
        if config.noise:
            hidden = keras.layers.GaussianNoise(numbers["noise"], dtype=self._dtype, name="noise")(hidden)
        for index, units in enumerate(config.hidden_layer_sizes):
            hidden = self._dense(units, f"encoder_{index}", config.activation)(hidden)
            hidden = self._activated(hidden, f"encoder_{index}")
        return keras.Model(inputs, self._dense(config.n_components, "code_layer")(hidden), name="encoder")

    def decoder(self):
        config, sizes = self._config, self._config.hidden_layer_sizes[::-1]
        hidden = code = keras.Input((config.n_components,), dtype=self._dtype, name="code")
        for index, units in enumerate((*sizes, self._n_columns)):
            name = f"decoder_{index}" if index < len(sizes) else "rows"
            hidden = self._decoding(units, name, index)(hidden)
            hidden = self._activated(hidden, name) if index < len(sizes) else hidden
        if config.standardized:
            hidden = self._statistics("units")(hidden)
        return keras.Model({"code": code}, hidden, name="decoder")

    def _decoding(self, units, name, index):
        if not self._config.tied:
            return self._dense(units, name, self._config.activation if name != "rows" else "linear")
        from skdeep.architectures._tied import TransposedDense

        return TransposedDense(self._encoding[-1 - index], dtype=self._dtype, name=name)

    def _dense(self, units, name, activation="linear"):
        kind = _activations.initializer(self._config.kernel_initializer, activation)
        layer = keras.layers.Dense(units, kernel_initializer=kind, dtype=self._dtype, name=name)
        self._encoding.append(layer)
        return layer

    def _activated(self, hidden, name):
        activation = undescribed(self._config.activation)
        return keras.layers.Activation(activation, dtype=self._dtype, name=f"{name}_activation")(hidden)

    def _statistics(self, name):
        """Return a layer that shifts and scales columns by numbers that are never trained."""
        return keras.layers.BatchNormalization(
            center=False, scale=False, epsilon=0.0, trainable=False, dtype=self._dtype, name=name
        )
