"""Convolutional nets over time: FCN, ResNet, InceptionTime and LSTM-FCN, for rows of any length."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from skdeep.architectures import _activations
from skdeep.architectures.sequence import entrance
from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras

ARCHITECTURES = ("inception", "fcn", "resnet", "lstm_fcn")
_INCEPTION_KERNELS = 40, 20, 10
_LSTM_UNITS = 8
_MOMENTUM = 0.9  # of the statistics: a few hundred steps are all there are


@dataclass(frozen=True)
class TemporalCNNConfig:
    """What decides the graph of a convolutional net over time.

    Parameters
    ----------
    output_sizes : tuple of int
    architecture : str
        One of ARCHITECTURES.
    filters : int
        Of the narrowest convolutions.
    depth : int
        Blocks.
    normalization : "batch" or None
        Normalisation of each convolution.
    activation : str or callable
    kernel_initializer : str or KerasObject
    dropout : bool
        Whether there is dropout before the output; its rate is a number, not config.
    per_step : bool
        Whether there is an output for each moment.
    reading : Channels or Vocabulary
        None is Channels().
    """

    output_sizes: tuple
    architecture: str = "inception"
    filters: int = 16
    depth: int = 6
    normalization: str | None = "batch"
    activation: Any = "relu"
    kernel_initializer: Any = "auto"
    dropout: bool = False
    per_step: bool = False
    reading: Any = None


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : TemporalCNNConfig
    signature : InputSignature
    numbers : dict
        "step", if there is batch normalisation; and "dropout", if the config has it.
    """
    inputs, values, mask = entrance.enter(signature, config.reading)
    layers = Layers(config, signature.dtype, numbers, mask)
    hidden = layers.dropout(_FAMILIES[config.architecture](layers.ended(values), layers))
    return entrance.leave(inputs, hidden, config, signature.dtype, config.architecture)


def averaging_name(config):
    """Return the name of the layer that averages over time before the outputs; None if they read something else."""
    return None if config.per_step or config.architecture == "lstm_fcn" else "average_0"


class Layers:
    """Makes layers; what they return is zero where a row has ended.

    Parameters
    ----------
    config : TemporalCNNConfig
    dtype : str
    numbers : dict
    mask : keras.KerasTensor or None
    """

    def __init__(self, config, dtype, numbers, mask):
        from skdeep.architectures import _normalization
        from skdeep.architectures.sequence import _layers

        self.config, self.mask = config, mask
        self._dtype, self._numbers, self._kinds = dtype, numbers, _layers
        self._normalization = _normalization.BatchNormalization
        self._counts = Counter()

    def convolution(self, inputs, filters, kernel_size):
        """Convolve only; without a bias if normalisation follows."""
        kind = _activations.initializer(self.config.kernel_initializer, self.config.activation)
        return keras.layers.Conv1D(
            filters,
            kernel_size,
            padding="same",
            use_bias=self.config.normalization is None,
            kernel_initializer=kind,
            **self._own("convolution"),
        )(inputs)

    def normalized(self, inputs, *, activate=True):
        """Normalise over the batch, activate, and end."""
        if self.config.normalization is not None:
            layer = self._normalization(
                self._numbers["step"], momentum=_MOMENTUM, epsilon=1e-5, **self._own("normalization")
            )
            inputs = layer(inputs, **entrance.masked(self.mask))
        return self.ended(self.activation(inputs) if activate else inputs)

    def activation(self, inputs):
        """Apply the activation of the net."""
        return keras.layers.Activation(undescribed(self.config.activation), **self._own("activation"))(inputs)

    def ended(self, inputs):
        """Put zeros where a row has ended, which the next convolution reads."""
        if self.mask is None:
            return inputs
        return self._kinds.ZeroBehindEnd(**self._own("end"))(inputs, self.mask)

    def max_pooling(self, inputs):
        """Return the largest of three values around each moment."""
        pooled = self._kinds.MaskedMaxPooling(**self._own("pooling"))(
            inputs, *([] if self.mask is None else [self.mask])
        )
        return self.ended(pooled)

    def average(self, inputs):
        """Average over the moments of a row, unless each has an output."""
        if self.config.per_step:
            return inputs
        return self._kinds.Pooling("average", **self._own("average"))(inputs, **entrance.masked(self.mask))

    def recurrence(self, inputs, units):
        """Return what an LSTM makes of a row, or of each moment."""
        layer = self._kinds.Recurrence("lstm", units, False, self.config.per_step, **self._own("recurrence"))
        return layer(inputs, **entrance.masked(self.mask))

    def dropout(self, inputs):
        """Drop values at random, if the net does."""
        if not self.config.dropout:
            return inputs
        from skdeep.architectures import _blocks

        return _blocks.dropout(self._numbers["dropout"], **self._own("dropout"))(inputs)

    def add(self, one, other):
        """Add two stacks of maps."""
        return keras.layers.Add(**self._own("sum"))([one, other])

    def concatenate(self, stacks):
        """Put stacks of maps beside each other."""
        return keras.layers.Concatenate(**self._own("stack"))(stacks)

    def _own(self, kind):
        number = self._counts[kind]
        self._counts[kind] += 1
        return {"name": f"{kind}_{number}", "dtype": self._dtype}


def fcn(values, layers):
    """Three convolutions, then the average over time (Wang, Yan and Oates, 2017)."""
    filters = layers.config.filters
    for multiple, width in ((1, 8), (2, 5), (1, 3)):
        values = layers.normalized(layers.convolution(values, multiple * filters, width))
    return layers.average(values)


def resnet(values, layers):
    """Blocks of three convolutions, each block added to what it was given (Wang, Yan and Oates, 2017)."""
    for block in range(layers.config.depth):
        filters, hidden = layers.config.filters * (1 if block == 0 else 2), values
        for width in (8, 5, 3):
            hidden = layers.convolution(hidden, filters, width)
            hidden = layers.normalized(hidden, activate=width > 3)
        values = layers.ended(layers.activation(layers.add(hidden, _as_wide(values, filters, layers))))
    return layers.average(values)


def inception(values, layers):
    """Kernels of three widths beside pooling, again and again, added every third time (Ismail Fawaz et al., 2020)."""
    shortcut = values
    for block in range(layers.config.depth):
        values = _inception_block(values, layers)
        if block % 3 == 2:
            summed = layers.add(values, _as_wide(shortcut, values.shape[-1], layers))
            shortcut = values = layers.ended(layers.activation(summed))
    return layers.average(values)


def _inception_block(values, layers):
    filters = layers.config.filters
    thin = layers.convolution(values, filters, 1) if values.shape[-1] > filters else values
    branches = [layers.convolution(thin, filters, width) for width in _INCEPTION_KERNELS]
    branches.append(layers.convolution(layers.max_pooling(values), filters, 1))
    return layers.normalized(layers.concatenate(branches))


def lstm_fcn(values, layers):
    """An FCN beside a small LSTM (Karim et al., 2018)."""
    return layers.concatenate([fcn(values, layers), layers.recurrence(values, _LSTM_UNITS)])


def _as_wide(values, filters, layers):
    if values.shape[-1] == filters:
        return values
    return layers.normalized(layers.convolution(values, filters, 1), activate=False)


_FAMILIES = {"fcn": fcn, "resnet": resnet, "inception": inception, "lstm_fcn": lstm_fcn}
