"""Layers of a transformer of tables: columns as vectors, which are called tokens, and its feed-forward part."""

from skdeep.utils._tensorflow import keras, tf


def _evenly(dim):
    """Return the initializer of what makes tokens: up to one over the root of their length."""
    return keras.initializers.RandomUniform(-(dim**-0.5), dim**-0.5)


@keras.saving.register_keras_serializable("skdeep")
class NumberTokens(keras.layers.Layer):
    """A vector for each column of numbers, x w + b: (rows, columns) in, (rows, groups, dim) out.

    Parameters
    ----------
    dim : int
        Length of a vector.
    groups : tuple of int or None
        Number of the group of each column. The columns of a group, such as the indicators of one category, share a
        vector: the sum of their x w, plus one b. None is a group for each.
    """

    def __init__(self, dim, groups=None, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.groups = dim, None if groups is None else tuple(groups)

    def build(self, rows_shape):
        shape = rows_shape[-1], self.dim
        self.kernel = self.add_weight(shape=shape, initializer=_evenly(self.dim), name="kernel")
        shape = self._n_groups(rows_shape[-1]), self.dim
        self.bias = self.add_weight(shape=shape, initializer=_evenly(self.dim), name="bias")

    def call(self, rows):
        parts = rows[:, :, None] * self.kernel.value
        if self.groups is not None:
            belongs = tf.one_hot(self.groups, self._n_groups(len(self.groups)), axis=0, dtype=parts.dtype)
            parts = tf.matmul(belongs, parts)
        return parts + self.bias.value

    def compute_output_spec(self, rows):
        shape = rows.shape[0], self._n_groups(rows.shape[1]), self.dim
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"dim": self.dim, "groups": self.groups}

    def _n_groups(self, n_columns):
        return n_columns if self.groups is None else max(self.groups) + 1


@keras.saving.register_keras_serializable("skdeep")
class ColumnBias(keras.layers.Layer):
    """Vectors plus one that is learned for each column."""

    def build(self, vectors_shape):
        initializer = _evenly(vectors_shape[-1])
        self.bias = self.add_weight(shape=vectors_shape[1:], initializer=initializer, name="bias")

    def call(self, vectors):
        return vectors + self.bias.value

    def compute_output_spec(self, vectors):
        return keras.KerasTensor(vectors.shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class ClassToken(keras.layers.Layer):
    """Tokens with a learned one before them, at which the net is read in the end."""

    def build(self, tokens_shape):
        dim = tokens_shape[-1]
        self.token = self.add_weight(shape=(dim,), initializer=_evenly(dim), name="token")

    def call(self, tokens):
        first = tf.broadcast_to(self.token.value, (tf.shape(tokens)[0], 1, tokens.shape[2]))
        return tf.concat([first, tokens], axis=1)

    def compute_output_spec(self, tokens):
        shape = tokens.shape[0], tokens.shape[1] + 1, tokens.shape[2]
        return keras.KerasTensor(shape, dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class FirstToken(keras.layers.Layer):
    """The first of all tokens: (rows, tokens, dim) in, (rows, 1, dim) out."""

    def call(self, tokens):
        return tokens[:, :1]

    def compute_output_spec(self, tokens):
        return keras.KerasTensor((tokens.shape[0], 1, tokens.shape[2]), dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class ReGLU(keras.layers.Layer):
    """One half of the values times the other, where that is positive (Shazeer, 2020)."""

    def call(self, values):
        one, other = tf.split(values, 2, axis=-1)
        return one * tf.nn.relu(other)

    def compute_output_spec(self, values):
        return keras.KerasTensor((*values.shape[:-1], values.shape[-1] // 2), dtype=self.compute_dtype)
