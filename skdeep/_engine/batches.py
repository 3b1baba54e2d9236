"""Data in memory as tensors, and one batch of it by row number, inside the graph.

Dense inputs are one tensor. A CSR matrix is three (row offsets, columns, values) and is never made dense: a batch of it
becomes a tf.SparseTensor with the batch's own entries only.
"""

import ctypes

import numpy as np
import tensorflow as tf

_ALIGNMENT = 64  # bytes, which TensorFlow's CPU kernels want
_SHARED_BYTES = 2**20  # less is copied faster than shared


def to_tensors(arrays, signature):
    """Convert a dict of arrays to lists of tensors, one list an input.

    Large dense arrays are shared and not copied where their memory allows it; the caller keeps them alive.
    """
    return [_to_tensors(arrays[name], spec, signature.dtype) for name, spec in signature.inputs]


def _to_tensors(array, spec, dtype):
    if not spec.sparse:
        if array.nbytes < _SHARED_BYTES:
            return [tf.convert_to_tensor(array, dtype=spec.dtype)]
        return [_shared(array) if _can_be_shared(array, spec.dtype) else _aligned_copy(array, spec.dtype)]
    return [
        tf.convert_to_tensor(array.indptr.astype(np.int64, copy=False)),
        tf.convert_to_tensor(array.indices.astype(np.int64, copy=False)),
        tf.convert_to_tensor(array.data.astype(dtype, copy=False)),
    ]


def _can_be_shared(array, dtype):
    aligned = array.ctypes.data % _ALIGNMENT == 0 and array.flags.c_contiguous
    return aligned and array.dtype == dtype


def _aligned_copy(array, dtype):
    """Return a tensor that owns a copy of an array; TensorFlow's own way copies twice, to where it wants it last."""
    n_bytes = array.size * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    copied = memory[start : start + n_bytes].view(dtype).reshape(array.shape)
    np.copyto(copied, array)
    return tf.experimental.dlpack.from_dlpack(copied.__dlpack__())


def _shared(array):
    """Return a tensor on the memory of an array, which may be a read-only map of a file.

    TensorFlow copies any array it is given, except through DLPack, which NumPy denies to read-only arrays; TensorFlow
    never writes to the inputs of a graph.
    """
    memory = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
    return tf.experimental.dlpack.from_dlpack(np.frombuffer(memory, array.dtype).reshape(array.shape).__dlpack__())


def tensor_specs(signature):
    """Return the argument types of a compiled function that takes what `to_tensors` returns."""
    return [_tensor_specs(spec, signature.dtype) for _, spec in signature.inputs]


def _tensor_specs(spec, dtype):
    if not spec.sparse:
        return [tf.TensorSpec((None, *spec.shape), spec.dtype)]
    return [tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), dtype)]


def gather(tensors, rows, signature):
    """Return the rows of every input as the dict a model is called with, in the dtype the model computes in."""
    pairs = zip(signature.inputs, tensors, strict=True)
    return {name: _gather(parts, rows, spec, signature.dtype) for (name, spec), parts in pairs}


def whole(tensors, signature):
    """Return all rows of every input as the dict a model is called with."""
    pairs = zip(signature.inputs, tensors, strict=True)
    return {name: _whole(parts, spec, signature.dtype) for (name, spec), parts in pairs}


def _whole(parts, spec, dtype):
    if spec.sparse:
        return _gather_sparse(parts, tf.range(tf.shape(parts[0])[0] - 1), spec.shape[0])
    return cast(parts[0], dtype)


def _gather(parts, rows, spec, dtype):
    if spec.sparse:
        return _gather_sparse(parts, rows, spec.shape[0])
    return cast(tf.gather(parts[0], rows), dtype)


def cast(batch, dtype):
    """Bring stored values to the dtype of the computation; whole numbers wider than 8 bits are ids and stay."""
    return batch if batch.dtype in (tf.int32, tf.int64) else tf.cast(batch, dtype)


def _gather_sparse(parts, rows, width):
    row_offsets, columns, values = parts
    gathered = [
        tf.raw_ops.RaggedGather(
            params_nested_splits=[row_offsets], params_dense_values=dense, indices=rows, OUTPUT_RAGGED_RANK=1
        )
        for dense in (columns, values)
    ]
    splits, batch_columns = gathered[0].output_nested_splits, gathered[0].output_dense_values
    positions = tf.raw_ops.RaggedTensorToSparse(rt_nested_splits=splits, rt_dense_values=batch_columns)
    indices = tf.stack([positions.sparse_indices[:, 0], batch_columns], axis=1)
    shape = tf.stack([tf.shape(rows, tf.int64)[0], tf.constant(width, tf.int64)])
    sparse = tf.SparseTensor(indices, gathered[1].output_dense_values, shape)
    sparse._dense_shape_default = tf.TensorShape((None, width))
    return sparse


class Data:
    """Training or validation rows as tensors.

    Parameters
    ----------
    spec : ProgramSpec
        The program they are for.
    inputs : dict of str to array or CSR matrix
        One entry an input.
    targets : list of ndarray
        One array an output.
    sample_weight : ndarray or None
        Positive weights, in a weighted program.
    """

    def __init__(self, spec, inputs, targets, sample_weight=None):
        dtype = spec.signature.dtype
        self.n_rows = len(targets[0])
        self._inputs = inputs  # their memory may be the tensors' own
        self.flat = [part for parts in to_tensors(inputs, spec.signature) for part in parts]
        self.flat += [tf.convert_to_tensor(y, dtype=kind) for y, (_, kind) in zip(targets, spec.targets, strict=True)]
        if spec.weighted:
            self.flat.append(tf.convert_to_tensor(sample_weight, dtype=dtype))
