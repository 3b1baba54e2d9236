"""What one input or target of a net is, and its way from an array to a batch inside the graph.

A column is a frozen description that hashes, so that it is part of the key of a program. It says which tensors hold all
rows in memory and how a batch is read from them. Whole numbers that are ids are never turned into floats.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from skdeep.utils._lazy import keras

_MOMENTS = 16  # of an example


@dataclass(frozen=True)
class Dense:
    """Arrays of numbers.

    Parameters
    ----------
    shape : tuple
        Of one row.
    dtype : str
        In which the net reads it.
    stored : str or None
        In which it is kept in memory, if that is another: bytes stay bytes until a batch of them is read.
    """

    shape: tuple
    dtype: str
    stored: str | None = None

    def types(self):
        """Return the types of the tensors that hold all rows."""
        return _types(((None, *self.shape), self.stored or self.dtype))

    def tensors(self, array):
        """Return the rows of an array as these tensors; the caller keeps the array, whose memory they may share."""
        from skdeep._engine.batches import to_tensor

        return [to_tensor(array, self.stored or self.dtype)]

    def longest(self, array):
        """Return the number of moments of an array's rows; 0 if their shape is known."""
        return max((size for size, known in zip(array.shape[1:], self.shape, strict=True) if known is None), default=0)

    def n_rows(self, tensors):
        """Return the number of rows, in the graph."""
        return _tf().shape(tensors[0])[0]

    def gather(self, tensors, rows):
        """Return what the net is called with for some rows, by the names that `names` gives."""
        return [self._read(_tf().gather(tensors[0], rows))]

    def whole(self, tensors):
        """Return what the net is called with for all rows."""
        return [self._read(tensors[0])]

    def names(self, name):
        """Return the names of the inputs of the net that an input of this name becomes."""
        return (name,)

    def inputs(self, name):
        """Return these inputs as Keras' symbolic tensors, by name."""
        return {name: keras.Input(self.shape, dtype=self.dtype, name=name)}

    def example(self):
        """Return a row of zeros, as `tensors` takes rows."""
        shape = [_MOMENTS if size is None else size for size in self.shape]
        return np.zeros((1, *shape), self.stored or self.dtype)

    def _read(self, values):
        return values if self.stored is None else _tf().cast(values, self.dtype)


@dataclass(frozen=True)
class Ids(Dense):
    """Whole numbers that stand for something: classes, words. They stay whole numbers."""

    dtype: str = "int32"


class _Rows:
    """What columns have in common whose first tensor says where each row begins and ends."""

    def n_rows(self, tensors):
        """Return the number of rows, in the graph."""
        return _tf().shape(tensors[0])[0] - 1

    def whole(self, tensors):
        """Return what the net is called with for all rows."""
        return self.gather(tensors, _tf().range(self.n_rows(tensors)))


@dataclass(frozen=True)
class Sparse(_Rows):
    """The rows of a CSR matrix, which is never made dense: a batch is a `tf.SparseTensor` of its own entries.

    Parameters
    ----------
    shape : tuple of int
        (number of columns,).
    dtype : str
    """

    shape: tuple
    dtype: str

    def types(self):
        """Return the types of row offsets, column numbers and values."""
        return _types(((None,), "int64"), ((None,), "int64"), ((None,), self.dtype))

    def tensors(self, array):
        """Return row offsets, column numbers and values of a CSR matrix."""
        to_tensor = _tf().convert_to_tensor
        return [
            to_tensor(array.indptr.astype(np.int64, copy=False)),
            to_tensor(array.indices.astype(np.int64, copy=False)),
            to_tensor(array.data.astype(self.dtype, copy=False)),
        ]

    def longest(self, array):
        """Return 0: rows of tables have no moments."""
        return 0

    def gather(self, tensors, rows):
        """Return some rows as a sparse tensor."""
        tf = _tf()
        gathered = [_ragged_rows(tensors[0], dense, rows) for dense in tensors[1:]]
        splits, columns = gathered[0]
        positions = tf.raw_ops.RaggedTensorToSparse(rt_nested_splits=[splits], rt_dense_values=columns)
        indices = tf.stack([positions.sparse_indices[:, 0], columns], axis=1)
        shape = tf.stack([tf.shape(rows, tf.int64)[0], tf.constant(self.shape[0], tf.int64)])
        sparse = tf.SparseTensor(indices, gathered[1][1], shape)
        sparse._dense_shape_default = tf.TensorShape((None, self.shape[0]))
        return [sparse]

    def names(self, name):
        """Return the name of the one input of the net."""
        return (name,)

    def inputs(self, name):
        """Return a sparse symbolic tensor, by name."""
        return {name: keras.Input(self.shape, dtype=self.dtype, sparse=True, name=name)}

    def example(self):
        """Return a row of zeros, as `tensors` takes rows."""
        return sparse.csr_matrix((1, *self.shape), dtype=self.dtype)


@dataclass(frozen=True)
class Ragged(_Rows):
    """Rows of different lengths. A batch is padded with zeros to its longest row and comes with the lengths.

    Parameters
    ----------
    shape : tuple
        Of one moment of a row: (number of channels,), or () for plain series.
    dtype : str
    """

    shape: tuple
    dtype: str

    def types(self):
        """Return the types of row offsets and values."""
        return _types(((None,), "int64"), ((None, *self.shape), self.dtype))

    def tensors(self, rows):
        """Return the offsets and the joined values of a sequence of arrays, or of what has them joined already."""
        if hasattr(rows, "offsets"):
            values = np.asarray(rows.values, self.dtype)
            return [_tf().convert_to_tensor(rows.offsets), _tf().convert_to_tensor(values)]
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        values = np.concatenate([np.asarray(row, self.dtype) for row in rows]) if len(rows) else []
        values = np.reshape(np.asarray(values, self.dtype), (-1, *self.shape))
        return [_tf().convert_to_tensor(offsets), _tf().convert_to_tensor(values)]

    def longest(self, rows):
        """Return the number of moments of the longest row."""
        return int(rows.lengths.max(initial=0)) if hasattr(rows, "lengths") else max(map(len, rows), default=0)

    def gather(self, tensors, rows):
        """Return some rows, padded, and their lengths."""
        tf = _tf()
        splits, values = _ragged_rows(*tensors, rows)
        padded = tf.RaggedTensor.from_row_splits(values, splits, validate=False).to_tensor()
        return [tf.ensure_shape(padded, (None, None, *self.shape)), tf.cast(splits[1:] - splits[:-1], tf.int32)]

    def names(self, name):
        """Return the names of the padded values and of the lengths."""
        return (name, f"{name}_lengths")

    def inputs(self, name):
        """Return symbolic tensors for the padded values and the lengths, by name."""
        values, lengths = self.names(name)
        return {
            values: keras.Input((None, *self.shape), dtype=self.dtype, name=values),
            lengths: keras.Input((), dtype="int32", name=lengths),
        }

    def example(self):
        """Return a row of zeros, as `tensors` takes rows."""
        return [np.zeros((_MOMENTS, *self.shape), self.dtype)]


def _tf():
    from skdeep.utils._tensorflow import tf

    return tf


def _types(*shapes_and_dtypes):
    return [_tf().TensorSpec(shape, dtype) for shape, dtype in shapes_and_dtypes]


def _ragged_rows(offsets, values, rows):
    """Return (offsets, values) of some rows of all."""
    gathered = _tf().raw_ops.RaggedGather(
        params_nested_splits=[offsets], params_dense_values=values, indices=rows, OUTPUT_RAGGED_RANK=1
    )
    return gathered.output_nested_splits[0], gathered.output_dense_values
