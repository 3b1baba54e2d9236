"""Data in memory as tensors, and one batch of it by row number, inside the graph.

What a row is, the columns of a program know; here is what they have in common.
"""

import ctypes

import numpy as np

from skdeep._engine.objectives.terms import Batch
from skdeep._engine.spec import SameAs
from skdeep.utils._tensorflow import tf

_ALIGNMENT = 64  # bytes, which TensorFlow's CPU kernels want


def to_tensor(array, dtype):
    """Return an array as a tensor; its memory is shared where possible, and its owner keeps it alive."""
    return _shared(array) if _can_be_shared(array, dtype) else _aligned_copy(array, dtype)


def _can_be_shared(array, dtype):
    aligned = array.ctypes.data % _ALIGNMENT == 0 and array.flags.c_contiguous
    return aligned and array.dtype == dtype


def _aligned_copy(array, dtype):
    """Return a tensor that owns a copy of an array; TensorFlow's own way copies large ones twice."""
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


def input_types(signature):
    """Return the types of the tensors that hold all rows of all inputs."""
    return [kind for _, column in signature.inputs for kind in column.types()]


def input_tensors(signature, arrays):
    """Return a dict of arrays as the tensors that hold all rows."""
    return [tensor for name, column in signature.inputs for tensor in column.tensors(arrays[name])]


def longest(signature, arrays):
    """Return the number of moments of the longest row; 0 where rows have none."""
    return max(column.longest(arrays[name]) for name, column in signature.inputs)


def all_rows(signature, tensors):
    """Return the dict that a model is called with for all rows."""
    return _read(signature, tensors, lambda column, parts: column.whole(parts))


def _read(signature, tensors, read):
    inputs, rest = {}, list(tensors)
    for name, column in signature.inputs:
        parts = [rest.pop(0) for _ in column.types()]
        inputs.update(zip(column.names(name), read(column, parts), strict=True))
    return inputs


class Rows:
    """All rows of a program's data as tensors of the graph, from which batches are read.

    Parameters
    ----------
    spec : ProgramSpec
    tensors : list of tf.Tensor
        As many as `row_types` has; what follows them is `rest`.
    """

    def __init__(self, spec, tensors):
        self._spec = spec
        tensors = list(tensors)
        self._inputs = [tensors.pop(0) for _ in input_types(spec.signature)]
        self._targets = {
            name: [tensors.pop(0) for _ in column.types()]
            for name, column in spec.targets
            if not isinstance(column, SameAs)
        }
        self._sample_weight = tensors.pop(0) if spec.weighted else None
        self.rest = tensors
        (_, first), *_ = spec.signature.inputs
        self.n_rows = first.n_rows(self._inputs[: len(first.types())])

    def batch(self, rows):
        """Return the Batch of some rows."""
        inputs = _read(self._spec.signature, self._inputs, lambda column, parts: column.gather(parts, rows))
        targets = {name: self._target(name, column, inputs, rows) for name, column in self._spec.targets}
        weight = None if self._sample_weight is None else tf.gather(self._sample_weight, rows)
        return Batch(inputs, targets, weight, tf.cast(tf.shape(rows)[0], self._spec.signature.dtype))

    def _target(self, name, column, inputs, rows):
        """Return what a net is compared with; a tuple if it takes several tensors to tell."""
        if isinstance(column, SameAs):
            return inputs[column.name]
        parts = column.gather(self._targets[name], rows)
        return parts[0] if len(parts) == 1 else tuple(parts)


def row_types(spec):
    """Return the types of the tensors that hold the rows of a program: inputs, targets and weights."""
    targets = [kind for _, column in spec.targets if not isinstance(column, SameAs) for kind in column.types()]
    weights = [tf.TensorSpec((None,), spec.signature.dtype)] if spec.weighted else []
    return [*input_types(spec.signature), *targets, *weights]


class Data:
    """Training or validation rows as tensors.

    Parameters
    ----------
    spec : ProgramSpec
        The program they are for.
    inputs : dict of arrays
        One entry an input.
    targets : dict of arrays
        One entry an output, but for those whose target is an input.
    sample_weight : ndarray or None
        Positive weights; in a weighted program, None is ones.
    """

    def __init__(self, spec, inputs, targets, sample_weight=None):
        self._arrays = inputs, targets  # their memory may be the tensors' own
        first = inputs[spec.signature.inputs[0][0]]
        self.n_rows = first.shape[0] if hasattr(first, "shape") else len(first)
        self.longest = longest(spec.signature, inputs)
        self.flat = input_tensors(spec.signature, inputs)
        for name, column in spec.targets:
            self.flat += [] if isinstance(column, SameAs) else column.tensors(targets[name])
        if spec.weighted:
            weight = np.ones(self.n_rows) if sample_weight is None else sample_weight
            self.flat.append(tf.convert_to_tensor(weight, dtype=spec.signature.dtype))
