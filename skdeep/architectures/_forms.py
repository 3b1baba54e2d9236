"""The hidden layers between rows and codes, there and back: dense, convolutional or recurrent.

Both ways take and return flat rows, centred and scaled, whatever the form.
"""

import math

from skdeep.architectures import _activations
from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras

_HALF = 2  # what an image is divided by, to each side, with each convolution


class _Form:
    """What the forms have in common.

    Parameters
    ----------
    config : object
        With `hidden_layer_sizes`, `activation`, `kernel_initializer` and, for dense layers, `tied`.
    row_shape : tuple of int
    dtype : str
    """

    def __init__(self, config, row_shape, dtype):
        self.config, self.row_shape, self.dtype = config, row_shape, dtype
        self.sizes, self.n_values = config.hidden_layer_sizes, math.prod(row_shape)

    def dense(self, units, name, activation="linear"):
        """Return a dense layer; its activation, which is not part of it, decides on its initial weights."""
        return keras.layers.Dense(units, name=name, **self._weighted(activation))

    def _weighted(self, activation):
        kind = _activations.initializer(self.config.kernel_initializer, activation)
        return {"kernel_initializer": kind, "dtype": self.dtype}

    def _activated(self, hidden, name):
        activation = undescribed(self.config.activation)
        return keras.layers.Activation(activation, dtype=self.dtype, name=f"{name}_activation")(hidden)

    def _reshaped(self, hidden, shape, name):
        return keras.layers.Reshape(shape, dtype=self.dtype, name=name)(hidden)


class Dense(_Form):
    """Dense layers; on the way back, the same sizes in the opposite order."""

    def __init__(self, config, row_shape, dtype):
        super().__init__(config, row_shape, dtype)
        self._encoding = []

    def features(self, hidden):
        """Return what a code is made of."""
        for index, units in enumerate(self.sizes):
            name = f"encoder_{index}"
            hidden = self._activated(self.dense(units, name, self.config.activation)(hidden), name)
        return hidden

    def rows(self, hidden):
        """Return the rows that a code stands for."""
        for index, units in enumerate(self.sizes[::-1]):
            name = f"decoder_{index}"
            hidden = self._activated(self._decoding(units, name, index, self.config.activation)(hidden), name)
        return self._decoding(self.n_values, "rows", len(self.sizes))(hidden)

    def dense(self, units, name, activation="linear"):
        """Return a dense layer of the encoder, whose kernel the decoder may share."""
        self._encoding.append(super().dense(units, name, activation))
        return self._encoding[-1]

    def _decoding(self, units, name, index, activation="linear"):
        if not self.config.tied:
            return super().dense(units, name, activation)
        from skdeep.architectures._tied import TransposedDense

        return TransposedDense(self._encoding[-1 - index], dtype=self.dtype, name=name)


class Convolutional(_Form):
    """Convolutions that halve an image each, and on the way back as many that double it.

    The sizes are numbers of filters. An axis of one pixel is left alone.
    """

    def features(self, hidden):
        """Return what a code is made of."""
        hidden = self._reshaped(hidden, self.row_shape, "image")
        for index, filters in enumerate(self.sizes):
            name = f"encoder_{index}"
            hidden = self._convolution(keras.layers.Conv2D, filters, name, self._strides(hidden.shape[1:3]))(hidden)
            hidden = self._activated(hidden, name)
        return keras.layers.Flatten(dtype=self.dtype, name="flat_maps")(hidden)

    def rows(self, hidden):
        """Return the rows that a code stands for."""
        shapes = [self.row_shape[:2]]
        for _ in self.sizes:
            strides = self._strides(shapes[-1])
            shapes.append(tuple(-(-size // stride) for size, stride in zip(shapes[-1], strides, strict=True)))
        maps = (*shapes[-1], self.sizes[-1])
        hidden = self._activated(self.dense(math.prod(maps), "flat_maps", self.config.activation)(hidden), "flat_maps")
        hidden = self._reshaped(hidden, maps, "maps")
        for index, shape in enumerate(shapes[-2::-1]):
            hidden = self._doubled(hidden, shape, index)
        return keras.layers.Flatten(dtype=self.dtype, name="rows")(hidden)

    def _doubled(self, hidden, shape, index):
        """Convolve maps to the size of a shape; the last time, they are the channels of an image."""
        last = index == len(self.sizes) - 1
        filters, name = self.row_shape[2] if last else self.sizes[-2 - index], f"decoder_{index}"
        activation = "linear" if last else self.config.activation
        layer = self._convolution(keras.layers.Conv2DTranspose, filters, name, self._strides(shape), activation)
        hidden = layer(hidden)
        beyond = [(0, size - wanted) for size, wanted in zip(hidden.shape[1:3], shape, strict=True)]
        if beyond != [(0, 0), (0, 0)]:
            hidden = keras.layers.Cropping2D(beyond, dtype=self.dtype, name=f"{name}_cropped")(hidden)
        return hidden if last else self._activated(hidden, name)

    def _convolution(self, layer, filters, name, strides, activation=None):
        kernel = [2 * stride - 1 for stride in strides]
        weighted = self._weighted(self.config.activation if activation is None else activation)
        return layer(filters, kernel, strides, "same", name=name, **weighted)

    def _strides(self, shape):
        return tuple(min(_HALF, size) for size in shape)


class Recurrent(_Form):
    """Recurrent layers of gated units; on the way back, as many that are given the code at every moment.

    The sizes are units. The activation is that of the cells.
    """

    def features(self, hidden):
        """Return what a code is made of: where the last layer ends."""
        hidden = self._reshaped(hidden, self.row_shape, "series")
        for index, units in enumerate(self.sizes):
            hidden = self._recurrence(units, f"encoder_{index}", index < len(self.sizes) - 1)(hidden)
        return hidden

    def rows(self, hidden):
        """Return the rows that a code stands for."""
        hidden = keras.layers.RepeatVector(self.row_shape[0], dtype=self.dtype, name="moments")(hidden)
        for index, units in enumerate(self.sizes[::-1]):
            hidden = self._recurrence(units, f"decoder_{index}", True)(hidden)
        hidden = self.dense(self.row_shape[1], "channels")(hidden)
        return keras.layers.Flatten(dtype=self.dtype, name="rows")(hidden)

    def _recurrence(self, units, name, sequences):
        from skdeep.architectures.sequence import _layers

        return _layers.Recurrence("gru", units, sequences=sequences, dtype=self.dtype, name=name)


FORMS = {"dense": Dense, "conv": Convolutional, "rnn": Recurrent}
