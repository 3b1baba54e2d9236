"""Layers with a member axis: what several nets of one shape compute beside each other, as one product of matrices."""

from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class ForEach(keras.layers.Layer):
    """Give rows, shape (rows, columns), a member axis of length one: each member is called with all of them."""

    def call(self, rows):
        return rows[None]

    def compute_output_spec(self, rows):
        return keras.KerasTensor((None, *rows.shape), dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class MemberDense(keras.layers.Layer):
    """Dense layers of several members, each with a kernel of its own: (members, rows, columns) in, the same out.

    Parameters
    ----------
    units : int
    n_members : int
    use_bias : bool
    """

    def __init__(self, units, n_members, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units, self.n_members, self.use_bias = units, n_members, use_bias

    def build(self, rows_shape):
        # Glorot's bound counts the units of one member; Keras would take the member axis for a part of them.
        bound = (6.0 / (rows_shape[-1] + self.units)) ** 0.5
        self.kernel = self.add_weight(
            shape=(self.n_members, rows_shape[-1], self.units),
            initializer=keras.initializers.RandomUniform(-bound, bound),
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.n_members, 1, self.units), initializer="zeros", name="bias")

    def call(self, rows):
        hidden = tf.matmul(rows, self.kernel.value)
        return hidden + self.bias.value if self.use_bias else hidden

    def compute_output_spec(self, rows):
        return keras.KerasTensor((self.n_members, rows.shape[1], self.units), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"units": self.units, "n_members": self.n_members, "use_bias": self.use_bias}


@keras.saving.register_keras_serializable("skdeep")
class Kept(keras.layers.Layer):
    """Columns times numbers that are placed, and never trained: zero for a column that is to count for nothing."""

    def build(self, rows_shape):
        self.kept = self.add_weight(shape=(rows_shape[-1],), initializer="ones", trainable=False, name="kept")

    def call(self, rows):
        return rows * self.kept.value

    def compute_output_spec(self, rows):
        return keras.KerasTensor(rows.shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class Centre(keras.layers.Layer):
    """Codes less a centre of each member, which is never trained."""

    def build(self, codes_shape):
        shape = codes_shape[0], 1, codes_shape[2]
        self.centre = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="centre")

    def call(self, codes):
        return codes - self.centre.value

    def compute_output_spec(self, codes):
        return keras.KerasTensor(codes.shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class SquaredLength(keras.layers.Layer):
    """The sum of the squares of each row, as its only column."""

    def call(self, rows):
        return tf.reduce_sum(tf.square(rows), axis=-1, keepdims=True)

    def compute_output_spec(self, rows):
        return keras.KerasTensor((*rows.shape[:-1], 1), dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class MemberMean(keras.layers.Layer):
    """The mean of what the members return: (members, rows, columns) in, (rows, columns) out."""

    def call(self, rows):
        return tf.reduce_mean(rows, axis=0)

    def compute_output_spec(self, rows):
        return keras.KerasTensor(rows.shape[1:], dtype=self.compute_dtype)
