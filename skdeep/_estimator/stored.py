"""Weights of a fitted net that take little room in a file."""

from collections.abc import Sequence

import numpy as np

_LARGEST_CODE = 127  # of the whole numbers that stand for weights


class StoredWeights(Sequence):
    """A sequence of read-only arrays, as the weights of a fitted net are, which a pickle has in a compact form.

    Parameters
    ----------
    stored : sequence of dict
        As `stored` makes them of arrays.
    """

    def __init__(self, stored):
        self._stored = tuple(stored)
        self._arrays = tuple(map(_opened, self._stored))

    def __len__(self):
        return len(self._arrays)

    def __getitem__(self, index):
        return self._arrays[index]

    def __repr__(self):
        return repr(self._arrays)

    def __getstate__(self):
        return {"stored": self._stored}

    def __setstate__(self, state):
        self.__init__(state["stored"])


def stored(array, dtype=None, axes=()):
    """Return what is kept of an array: its values, fewer bytes each, and only those that are not zero if most are.

    Parameters
    ----------
    array : ndarray
    dtype : {"float16", "int8"} or None
        Of the values that are kept; None keeps their own.
    axes : tuple of int
        Along which whole numbers have one scale.

    Returns
    -------
    kept : dict
        Plain arrays and texts, which any format can hold.
    """
    scale, values = None, array
    if dtype == "int8":
        largest = np.abs(array).max(axis=axes, keepdims=True)
        scale = np.where(largest > 0, largest / _LARGEST_CODE, 1).astype(array.dtype)
        values = np.rint(array / scale)
    values = values.astype(dtype or array.dtype).ravel()
    kept = values != 0
    if np.count_nonzero(kept) * values.itemsize + values.size / 8 < values.nbytes:
        values, kept = values[kept], np.packbits(kept)
    else:
        kept = None
    return {"shape": array.shape, "dtype": array.dtype.name, "values": values, "scale": scale, "kept": kept}


def _opened(stored):
    """Return the array that `stored` has kept."""
    shape, dtype, values = stored["shape"], stored["dtype"], stored["values"]
    array = values.astype(dtype)
    if stored["kept"] is not None:
        array = np.zeros(shape, dtype).ravel()
        array[np.unpackbits(stored["kept"], count=array.size).astype(bool)] = values
    array = array.reshape(shape)
    if stored["scale"] is not None:
        array = array * stored["scale"]
    array.flags.writeable = False
    return array
