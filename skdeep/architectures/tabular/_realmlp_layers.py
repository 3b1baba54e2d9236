"""Layers of RealMLP, each of several nets beside each other: values have the shape (members, rows, columns).

Elementwise operations are done for all members at once, products of matrices member by member: on a CPU these are
faster than a product of stacks of matrices, and run beside each other.
"""

import math

from skdeep.utils._tensorflow import keras, tf

_ROWS_OF_A_BIAS = 5
_LEAST = 1e-10  # deviation that columns are divided by


@keras.saving.register_keras_serializable("skdeep")
class ToMembers(keras.layers.Layer):
    """Give rows, shape (rows, columns), a member axis: (members, rows, columns).

    Each member gets all rows; while `own_rows` is true, rows of its own: the first row is that of the first member, the
    next one that of the second.

    Parameters
    ----------
    n_members : int
    """

    def __init__(self, n_members, **kwargs):
        super().__init__(**kwargs)
        self.n_members, self.own_rows = n_members, False

    def call(self, rows):
        if self.own_rows:
            return tf.transpose(tf.reshape(rows, (-1, self.n_members, rows.shape[-1])), (1, 0, 2))
        return tf.broadcast_to(rows[None], (self.n_members, tf.shape(rows)[0], rows.shape[-1]))

    def compute_output_spec(self, rows):
        return keras.KerasTensor((self.n_members, None, rows.shape[-1]), dtype=rows.dtype)

    def get_config(self):
        return super().get_config() | {"n_members": self.n_members}


@keras.saving.register_keras_serializable("skdeep")
class FromMembers(keras.layers.Layer):
    """Put the member axis after the rows, or leave it out where there is one member."""

    def call(self, values):
        return values[0] if values.shape[0] == 1 else tf.transpose(values, (1, 0, 2))

    def compute_output_spec(self, values):
        shape = (None, values.shape[-1]) if values.shape[0] == 1 else (None, values.shape[0], values.shape[-1])
        return keras.KerasTensor(shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class MemberVectors(keras.layers.Layer):
    """A learned vector for each category of each column: ids (members, rows, columns) in, vectors end to end out.

    Parameters
    ----------
    sizes : tuple of int
        Rows of the table for each column.
    dim : int
        Length of a vector.
    """

    def __init__(self, sizes, dim, **kwargs):
        super().__init__(**kwargs)
        self.sizes, self.dim = tuple(sizes), dim

    def build(self, ids_shape):
        shape = ids_shape[0], sum(self.sizes), self.dim
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.embeddings = self.add_weight(shape=shape, initializer=normal, name="embeddings")

    def call(self, ids):
        n_members, n_rows = self.embeddings.shape[0], sum(self.sizes)
        firsts = [sum(self.sizes[:column]) for column in range(len(self.sizes))]
        of_members = tf.constant([[[number * n_rows]] for number in range(n_members)], ids.dtype)
        table = tf.reshape(self.embeddings.value, (-1, self.dim))
        vectors = tf.gather(table, ids + tf.constant(firsts, ids.dtype) + of_members)
        return tf.reshape(vectors, (n_members, -1, ids.shape[-1] * self.dim))

    def compute_output_spec(self, ids):
        return keras.KerasTensor((ids.shape[0], None, ids.shape[-1] * self.dim), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"sizes": self.sizes, "dim": self.dim}


class _SameShape(keras.layers.Layer):
    """A layer that leaves the shape as it is."""

    def compute_output_spec(self, values):
        return keras.KerasTensor(values.shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class Scale(_SameShape):
    """Columns times a learned factor each, which is one at the start."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[0], 1, shape[-1]), initializer="ones", name="scale_gamma")

    def call(self, values):
        return values * self.scale.value


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

    def build(self, shape):
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.kernel = self.add_weight(shape=(shape[0], shape[-1], self.units), initializer=normal, name="kernel")
        self.bias = self.add_weight(shape=(shape[0], 1, self.units), initializer="zeros", name="bias")

    def call(self, values):
        starts = self.starts_from_rows and self.start is not None
        made = self._begin(values) if starts else self._product(values)
        return made + self.bias.value

    def compute_output_spec(self, values):
        return keras.KerasTensor((*values.shape[:-1], self.units), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"units": self.units, "starts_from_rows": self.starts_from_rows}

    def _product(self, values):
        n_members, scale = self.kernel.shape[0], 1.0 / math.sqrt(self.kernel.shape[1])
        pairs = zip(tf.unstack(values, n_members), tf.unstack(self.kernel.value * scale), strict=True)
        return tf.stack([tf.matmul(own, kernel) for own, kernel in pairs])

    def _begin(self, values):
        """Start from rows, and return their products with the kernel there is then."""
        made = self._product(values)
        deviation = tf.math.reduce_std(made, axis=1, keepdims=True)
        divisor = tf.where(deviation > _LEAST, deviation, 1.0)
        self.kernel.assign(self.kernel.value / divisor)
        made = made / divisor
        n_members, n_rows = tf.shape(made)[0], tf.shape(made)[1]
        shape = tf.stack([n_members, _ROWS_OF_A_BIAS, self.units])
        seeds = tf.unstack(tf.random.stateless_uniform((2, 2), self.start, minval=None, maxval=None, dtype=tf.int64))
        chosen = tf.random.stateless_uniform(shape, seeds[0], maxval=n_rows, dtype=tf.int32)
        shares = -tf.math.log(tf.random.stateless_uniform(shape, seeds[1], minval=1e-7, dtype=made.dtype))
        seen = tf.gather(tf.transpose(made, (0, 2, 1)), tf.transpose(chosen, (0, 2, 1)), batch_dims=2)
        shares = tf.transpose(shares, (0, 2, 1))
        drawn = tf.reduce_sum(seen * shares, axis=-1) / tf.reduce_sum(shares, axis=-1)
        self.bias.assign(-drawn[:, None, :])
        return made


@tf.custom_gradient
def _shared_mish(values, share):
    """Return x + a (mish(x) - x), where mish(x) = x tanh(log(1 + e^x)), in few passes over the memory.

    With p = 1 + e^x, the tangent is 1 - 2 / (p^2 + 1).
    """
    power = tf.exp(tf.minimum(values, 20.0))  # beyond it, the tangent rounds to one
    more = power + 1.0
    lack = 2.0 / (more * more + 1.0)
    less = values * lack

    def gradient(upstream):
        slope = upstream * (lack * (1.0 - less * (more * power)))
        return upstream - share * slope, -tf.reduce_sum(upstream * less, axis=1, keepdims=True)

    return values - share * less, gradient


@keras.saving.register_keras_serializable("skdeep")
class ParametricActivation(_SameShape):
    """A learned share of an activation in each unit: x + a (f(x) - x), where a is one at the start.

    Parameters
    ----------
    activation : str or callable
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)

    def build(self, shape):
        self.share = self.add_weight(shape=(shape[0], 1, shape[-1]), initializer="ones", name="share_gamma")

    def call(self, values):
        if self.activation is keras.activations.mish:
            return _shared_mish(values, self.share.value)
        return values + self.share.value * (self.activation(values) - values)

    def get_config(self):
        return super().get_config() | {"activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable("skdeep")
class PeriodicVectors(keras.layers.Layer):
    """A learned vector of each number: [V cos(2 pi w x + b) + c, x], with w, b, V and c of each column.

    (members, rows, columns) in, vectors end to end out (Holzmüller et al., 2024, after Gorishniy et al., 2022).

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

    def build(self, shape):
        each, initializers = (shape[0], shape[-1]), keras.initializers
        bound = self.n_frequencies**-0.5
        even, more = (initializers.RandomUniform(-bound, bound) for _ in range(2))
        circle, normal = initializers.RandomUniform(-math.pi, math.pi), initializers.RandomNormal(stddev=self.deviation)
        waves, made = (*each, 1, self.n_frequencies), self.dim - 1
        self.frequency = self.add_weight(shape=waves, initializer=normal, name="frequency")
        self.phase = self.add_weight(shape=waves, initializer=circle, name="phase_bias")
        self.kernel = self.add_weight(shape=(*each, self.n_frequencies, made), initializer=even, name="kernel")
        self.bias = self.add_weight(shape=(*each, 1, made), initializer=more, name="bias")

    def call(self, numbers):
        by_column = tf.transpose(numbers, (0, 2, 1))[..., None]
        waves = tf.cos(by_column * (2 * math.pi * self.frequency.value) + self.phase.value)
        made = tf.matmul(waves, self.kernel.value) + self.bias.value
        vectors = tf.transpose(tf.concat([made, by_column], axis=3), (0, 2, 1, 3))
        return tf.reshape(vectors, (numbers.shape[0], -1, numbers.shape[-1] * self.dim))

    def compute_output_spec(self, numbers):
        return keras.KerasTensor((*numbers.shape[:-1], numbers.shape[-1] * self.dim), dtype=self.compute_dtype)

    def get_config(self):
        own = {"n_frequencies": self.n_frequencies, "dim": self.dim, "deviation": self.deviation}
        return super().get_config() | own
