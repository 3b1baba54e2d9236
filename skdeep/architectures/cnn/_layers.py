"""The layers of one convolutional network, all with its activation, initial weights, normalisation and dtype."""

from collections import Counter

from skdeep.architectures import _activations, _blocks, _image_layers
from skdeep.architectures._normalization import BatchNormalization
from skdeep.utils._keys import undescribed
from skdeep.utils._tensorflow import keras


class Layers:
    """Makes layers; what does not fit the maps shrinks, so that every architecture takes every image.

    Parameters
    ----------
    config : CNNConfig
    dtype : str
    numbers : dict
        Live numbers in a net that is trained here, plain ones in a net that is handed to the user.
    image_shape : tuple
        An axis of one pixel is neither convolved nor pooled.
    """

    def __init__(self, config, dtype, numbers, image_shape):
        self.config = config
        self.dtype = dtype
        self._numbers = numbers
        self._trained_here = _image_layers.trained_here(numbers)
        self._flat_axes = [size == 1 for size in image_shape[:2]]
        self._counts = Counter()

    def filters(self, number):
        """Return a number of filters or units, multiplied by the width of the net."""
        return max(1, round(number * self.config.width))

    def repeats(self, number):
        """Return a number of layers or blocks, multiplied by the depth of the net."""
        return max(1, round(number * self.config.depth))

    def convolution(self, inputs, filters, kernel_size=3, strides=1, padding="same", *, activate=True):
        """Convolve with a given number of filters, then normalise and activate."""
        return self.activation(
            self.normalization(self.linear(inputs, filters, kernel_size, strides, padding)), activate
        )

    def linear(self, inputs, filters, kernel_size=3, strides=1, padding="same"):
        """Convolve only; without a bias if normalisation follows, whose offset takes its place."""
        return keras.layers.Conv2D(
            filters,
            self._along(kernel_size),
            self._along(strides),
            padding,
            use_bias=self.config.normalization is None,
            kernel_initializer=self._initializer(),
            **self._own("convolution"),
        )(inputs)

    def normalization(self, inputs):
        """Normalise over the batch, if the net does."""
        if self.config.normalization is None:
            return inputs
        own = self._own("normalization")
        if self._trained_here:
            return BatchNormalization(self._numbers["step"], epsilon=1e-5, **own)(inputs)
        return keras.layers.BatchNormalization(epsilon=1e-5, **own)(inputs)

    def activation(self, inputs, activate=True):
        """Apply the activation of the net."""
        if not activate or self.config.activation == "linear":
            return inputs
        return keras.layers.Activation(undescribed(self.config.activation), **self._own("activation"))(inputs)

    def pooling(self, inputs, kind="max", size=2, strides=None, padding="valid"):
        """Pool; windows shrink to fit the maps."""
        size = tuple(min(pair) for pair in zip(self._along(size), inputs.shape[1:3], strict=True))
        strides = size if strides is None else tuple(map(min, size, self._along(strides)))
        if size == (1, 1):
            return inputs
        layer = keras.layers.MaxPooling2D if kind == "max" else keras.layers.AveragePooling2D
        return layer(size, strides, padding, **self._own("pooling"))(inputs)

    def global_average(self, inputs):
        """Average each map to one number."""
        return keras.layers.GlobalAveragePooling2D(**self._own("global_average"))(inputs)

    def flat(self, inputs):
        """Lay all maps end to end."""
        return keras.layers.Flatten(**self._own("flat"))(inputs)

    def dense(self, inputs, units):
        """Dense layer with the activation of the net, then dropout."""
        hidden = keras.layers.Dense(units, kernel_initializer=self._initializer(), **self._own("dense"))(inputs)
        return self.dropout(self.activation(hidden))

    def dropout(self, inputs):
        """Drop values at random, if the net does."""
        if not self.config.dropout:
            return inputs
        return _blocks.dropout(self._numbers["dropout"], **self._own("dropout"))(inputs)

    def outputs(self, inputs):
        """Return one dense layer without activation for each output."""
        kind = _activations.initializer(self.config.kernel_initializer, "linear")
        return [
            keras.layers.Dense(units, kernel_initializer=kind, dtype=self.dtype, name=f"output_{index}")(inputs)
            for index, units in enumerate(self.config.output_sizes)
        ]

    def add(self, one, other):
        """Add two stacks of maps."""
        return keras.layers.Add(**self._own("sum"))([one, other])

    def concatenate(self, stacks):
        """Put stacks of maps on top of each other."""
        return keras.layers.Concatenate(**self._own("stack"))(stacks)

    def _own(self, kind):
        """Return the dtype and the name of the next layer of a kind: names are the same whenever a net is built."""
        number = self._counts[kind]
        self._counts[kind] += 1
        return {"name": f"{kind}_{number}", "dtype": self.dtype}

    def _along(self, size):
        pair = (size, size) if isinstance(size, int) else size
        return tuple(1 if flat else along for flat, along in zip(self._flat_axes, pair, strict=True))

    def _initializer(self):
        return _activations.initializer(self.config.kernel_initializer, self.config.activation)
