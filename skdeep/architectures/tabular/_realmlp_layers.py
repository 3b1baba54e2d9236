"""Layers of RealMLP: dense layers that start from the first rows, periodic vectors of numbers, a scale, an activation."""

import math

from skdeep.utils._tensorflow import keras, tf

_ROWS_OF_A_BIAS = 5
_LEAST = 1e-10  # variance that columns are divided by the root of


@keras.saving.register_keras_serializable("skdeep")
class Scale(keras.layers.Layer):
    """Columns times a learned factor each, which is one at the start."""

    def build(self, rows_shape):
        self.scale = self.add_weight(shape=(rows_shape[-1],), initializer="ones", name="scale")

    def call(self, rows):
        return rows * self.scale.value

    def compute_output_spec(self, rows):
        return keras.KerasTensor(rows.shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class NTKDense(keras.layers.Layer):
    """A dense layer whose kernel is of size one and is divided by the root of its inputs: x W / sqrt(columns) + b.

    In this parametrisation, that of the neural tangent kernel (Jacot et al., 2018), one learning rate suits layers of
    any width. While `start` is a seed, the layer starts from the rows it is called with: the columns of W are scaled
    so that each unit varies as much as a standard normal one, and biases are drawn so that units have their kinks
    among the rows: minus the mean, under random weights, of what five random rows make of the unit.

    Parameters
    ----------
    units : int
    starts_from_rows : bool
    """

    def __init__(self, units, starts_from_rows=True, **kwargs):
        super().__init__(**kwargs)
        self.units, self.starts_from_rows = units, starts_from_rows
        if starts_from_rows:
            self.start = None

    def build(self, rows_shape):
        shape = rows_shape[-1], self.units
        self.kernel = self.add_weight(shape=shape, initializer=keras.initializers.RandomNormal(stddev=1.0), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, rows):
        if self.starts_from_rows and self.start is not None:
            self._begin(rows)
        return self._product(rows) + self.bias.value

    def compute_output_spec(self, rows):
        return keras.KerasTensor((*rows.shape[:-1], self.units), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"units": self.units, "starts_from_rows": self.starts_from_rows}

    def _product(self, rows):
        return tf.matmul(rows, self.kernel.value) * (1.0 / math.sqrt(rows.shape[-1]))

    def _begin(self, rows):
        deviation = tf.sqrt(tf.math.reduce_variance(self._product(rows), axis=0))
        self.kernel.assign(self.kernel.value / tf.where(deviation > _LEAST, deviation, 1.0))
        values, shape = self._product(rows), (_ROWS_OF_A_BIAS, self.units)
        seeds = tf.unstack(tf.random.stateless_uniform((2, 2), self.start, minval=None, maxval=None, dtype=tf.int64))
        chosen = tf.random.stateless_uniform(shape, seeds[0], maxval=tf.shape(rows)[0], dtype=tf.int32)
        weights = -tf.math.log(tf.random.stateless_uniform(shape, seeds[1], minval=1e-7, dtype=values.dtype))
        units = tf.broadcast_to(tf.range(self.units), shape)
        seen = tf.gather_nd(values, tf.stack([chosen, units], axis=-1))
        self.bias.assign(-tf.reduce_sum(seen * weights, axis=0) / tf.reduce_sum(weights, axis=0))


@keras.saving.register_keras_serializable("skdeep")
class ParametricActivation(keras.layers.Layer):
    """A learned share of an activation in each unit: x + a (f(x) - x), where a is one at the start.

    Parameters
    ----------
    activation : str or callable
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)

    def build(self, rows_shape):
        self.share = self.add_weight(shape=(rows_shape[-1],), initializer="ones", name="share")

    def call(self, rows):
        return rows + self.share.value * (self.activation(rows) - rows)

    def compute_output_spec(self, rows):
        return keras.KerasTensor(rows.shape, dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable("skdeep")
class PeriodicEmbedding(keras.layers.Layer):
    """A learned vector of each number: [V cos(2 pi w x + b) + c, x], with w, b, V and c of each column.

    (rows, columns) in, (rows, columns * dim) out; the vector of the first column comes first (Holzmüller et al., 2024,
    after Gorishniy et al., 2022).

    Parameters
    ----------
    n_frequencies : int
        Length of w.
    dim : int
        Length of a vector, at least 2.
    deviation : float
        Standard deviation of w at the start.
    """

    def __init__(self, n_frequencies, dim, deviation, **kwargs):
        super().__init__(**kwargs)
        self.n_frequencies, self.dim, self.deviation = n_frequencies, dim, deviation

    def build(self, numbers_shape):
        columns, initializers = numbers_shape[-1], keras.initializers
        bound = self.n_frequencies**-0.5
        waves, made = (columns, 1, self.n_frequencies), (columns, self.n_frequencies, self.dim - 1)
        normal = initializers.RandomNormal(stddev=self.deviation)
        self.frequency = self.add_weight(shape=waves, initializer=normal, name="frequency")
        circle = initializers.RandomUniform(-math.pi, math.pi)
        self.phase_bias = self.add_weight(shape=waves, initializer=circle, name="phase_bias")
        even = initializers.RandomUniform(-bound, bound)
        self.kernel = self.add_weight(shape=made, initializer=even, name="kernel")
        even = initializers.RandomUniform(-bound, bound)
        self.bias = self.add_weight(shape=(columns, 1, self.dim - 1), initializer=even, name="bias")

    def call(self, numbers):
        by_column = tf.transpose(numbers)[:, :, None]
        waves = tf.cos(by_column * (2 * math.pi * self.frequency.value) + self.phase_bias.value)
        made = tf.matmul(waves, self.kernel.value) + self.bias.value
        vectors = tf.transpose(tf.concat([made, by_column], axis=2), (1, 0, 2))
        return tf.reshape(vectors, (-1, numbers.shape[1] * self.dim))

    def compute_output_spec(self, numbers):
        return keras.KerasTensor((numbers.shape[0], numbers.shape[1] * self.dim), dtype=self.compute_dtype)

    def get_config(self):
        own = {"n_frequencies": self.n_frequencies, "dim": self.dim, "deviation": self.deviation}
        return super().get_config() | own
