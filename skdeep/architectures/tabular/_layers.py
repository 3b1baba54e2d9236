"""Layers that read the columns of a table: vectors of categories, piecewise-linear codes of numbers."""

from skdeep.utils._tensorflow import keras, tf

_FARTHEST = 3.0  # from zero that a number is, and an edge that was not placed yet
_LEAST_WIDTH = 1e-30  # of a bin; the edges of narrower ones are the same


@keras.saving.register_keras_serializable("skdeep")
class CategoryEmbedding(keras.layers.Layer):
    """A learned vector for each category of each column: ids (rows, columns) in, (rows, columns, dim) out.

    All columns share one table, in which the rows of the first column come first.

    Parameters
    ----------
    sizes : tuple of int
        Rows of the table for each column; the ids of a column are smaller.
    dim : int
        Length of a vector.
    deviation : float
        Standard deviation of the vectors at the start.
    """

    def __init__(self, sizes, dim, deviation=1.0, **kwargs):
        super().__init__(**kwargs)
        self.sizes, self.dim, self.deviation = tuple(sizes), dim, deviation

    def build(self, ids_shape):
        if ids_shape[-1] != len(self.sizes):
            raise ValueError(f"There are {ids_shape[-1]} columns of ids, but sizes of {len(self.sizes)} tables.")
        self.embeddings = self.add_weight(
            shape=(sum(self.sizes), self.dim),
            initializer=keras.initializers.RandomNormal(stddev=self.deviation),
            name="embeddings",
        )

    def call(self, ids):
        firsts = [sum(self.sizes[:column]) for column in range(len(self.sizes))]
        return tf.gather(self.embeddings.value, ids + tf.constant(firsts, ids.dtype))

    def compute_output_spec(self, ids):
        return keras.KerasTensor((*ids.shape, self.dim), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"sizes": self.sizes, "dim": self.dim, "deviation": self.deviation}


def _evenly(shape, dtype=None):
    """Return edges that are as far from each other as they can be: what bins are until theirs are placed."""
    return tf.broadcast_to(tf.linspace(tf.constant(-_FARTHEST, dtype), _FARTHEST, shape[1]), shape)


class _Binned(keras.layers.Layer):
    """A layer that knows the bins of each column of numbers.

    The weight `edges`, shape (columns, n_bins + 1), is placed and never trained.

    Parameters
    ----------
    n_bins : int
    """

    def __init__(self, n_bins, **kwargs):
        super().__init__(**kwargs)
        self.n_bins = n_bins

    def build(self, numbers_shape):
        shape = numbers_shape[-1], self.n_bins + 1
        self.edges = self.add_weight(shape=shape, initializer=_evenly, trainable=False, name="edges")

    def _shares(self, numbers):
        """Return which share of each bin lies below each number, (rows, columns, n_bins), and which bins are wide.

        Edges are the same where many rows have the same number. Such a bin has no share.
        """
        edges = self.edges.value
        low, widths = edges[:, :-1], edges[:, 1:] - edges[:, :-1]
        wide = widths > _LEAST_WIDTH
        slopes = tf.where(wide, 1.0 / tf.where(wide, widths, 1.0), 0.0)
        return tf.clip_by_value((numbers[:, :, None] - low) * slopes, 0.0, 1.0), tf.cast(wide, edges.dtype)

    def get_config(self):
        return super().get_config() | {"n_bins": self.n_bins}


@keras.saving.register_keras_serializable("skdeep")
class PiecewiseLinear(_Binned):
    """Columns that rise from -1 to 1 within one bin of a column: (rows, columns) in, (rows, columns * n_bins) out.

    For each bin from lo to hi, 2 clip((x - lo) / (hi - lo), 0, 1) - 1; always 0 where lo and hi are the same. The bins
    of the first column come first.

    Parameters
    ----------
    n_bins : int
        Bins of each column.
    """

    def call(self, numbers):
        shares, wide = self._shares(numbers)
        return tf.reshape((2.0 * shares - 1.0) * wide, (-1, numbers.shape[1] * self.n_bins))

    def compute_output_spec(self, numbers):
        return keras.KerasTensor((numbers.shape[0], numbers.shape[1] * self.n_bins), dtype=self.compute_dtype)


@keras.saving.register_keras_serializable("skdeep")
class PiecewiseLinearEmbedding(_Binned):
    """A learned piecewise-linear curve through a space of vectors for each column of numbers.

    e = w x + b + W p(x) for each column, where p(x) has, for each bin from lo to hi, clip((x - lo) / (hi - lo), 0, 1).
    W starts as zero, so that a curve starts as a line (Gorishniy et al., 2022, and version B of 2025). Beyond the first
    and the last edge it goes on as a line.

    Parameters
    ----------
    n_bins : int
        Bins of each column.
    dim : int
        Length of a vector.
    """

    def __init__(self, n_bins, dim, **kwargs):
        super().__init__(n_bins, **kwargs)
        self.dim = dim

    def build(self, numbers_shape):
        super().build(numbers_shape)
        columns, bound = numbers_shape[-1], self.dim**-0.5
        even = keras.initializers.RandomUniform(-bound, bound)
        self.slope = self.add_weight(shape=(columns, self.dim), initializer=even, name="slope")
        self.bias = self.add_weight(shape=(columns, self.dim), initializer=even, name="bias")
        shape = columns, self.n_bins, self.dim
        self.kernel = self.add_weight(shape=shape, initializer="zeros", name="kernel")

    def call(self, numbers):
        shares, _ = self._shares(numbers)
        line = numbers[:, :, None] * self.slope.value + self.bias.value
        bends = tf.matmul(tf.transpose(shares, (1, 0, 2)), self.kernel.value)
        return line + tf.transpose(bends, (1, 0, 2))

    def compute_output_spec(self, numbers):
        return keras.KerasTensor((*numbers.shape, self.dim), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"dim": self.dim}


@keras.saving.register_keras_serializable("skdeep")
class SumOverColumns(keras.layers.Layer):
    """The sum of the vectors of all columns: (rows, columns, dim) in, (rows, dim) out."""

    def call(self, vectors):
        return tf.reduce_sum(vectors, axis=1)

    def compute_output_spec(self, vectors):
        return keras.KerasTensor((vectors.shape[0], vectors.shape[2]), dtype=self.compute_dtype)
