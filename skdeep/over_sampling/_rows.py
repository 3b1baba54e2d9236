"""Rows in any container, as a table of numbers for a sampler and back."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import _safe_indexing, check_array

# Kinds of dtype: whole numbers, truth values included; and objects, of which each is a row by itself.
_WHOLE = "biu"
_OBJECTS = "OUST"


def check_rows(data, name, *, ensure_2d=True):
    """Validate data whose first axis are the rows.

    Parameters
    ----------
    data : array-like, sparse matrix, DataFrame, Series or list
        Rows of one shape, or series of different lengths, strings or other objects.
    name : str
        What error messages call the data.
    ensure_2d : bool, default=True
        Whether single numbers are refused as rows.

    Returns
    -------
    rows : Rows
    """
    if sparse.issparse(data):
        data = check_array(data, accept_sparse=["csr", "csc"], dtype=None, ensure_all_finite=False, input_name=name)
        return Rows(name, data, data)
    if isinstance(data, pd.DataFrame):
        _check_filled(data, name)
        return Rows(name, data, data)
    given = data if isinstance(data, (list, pd.Series)) else None
    try:
        array = data.to_numpy() if isinstance(data, pd.Series) else np.asarray(data)
    except ValueError:  # NumPy refuses rows of several shapes
        return Rows(name, list(data) if given is None else given, None)
    if array.ndim == 1 and len(array) and array.dtype.kind in _OBJECTS:
        return Rows(name, array if given is None else given, None)
    array = check_array(array, dtype=None, allow_nd=True, ensure_2d=ensure_2d, ensure_all_finite=False, input_name=name)
    _check_filled(array, name)
    return Rows(name, array if given is None else given, array)


def _check_filled(data, name):
    if 0 in data.shape:
        raise ValueError(f"{name} holds no values: its shape is {data.shape}.")


@dataclass(frozen=True, eq=False)
class Rows:
    """Validated rows.

    Parameters
    ----------
    name : str
        What error messages call them.
    given : array, sparse matrix, DataFrame, Series or list
        The container that rows are selected from.
    values : array, sparse matrix, DataFrame or None
        The same as rows of one shape; None if they have none.
    """

    name: str
    given: object
    values: object

    def __len__(self):
        return self.given.shape[0] if hasattr(self.given, "shape") else len(self.given)

    @property
    def index(self):
        """The index of a DataFrame or Series, None for other containers."""
        return self.given.index if isinstance(self.given, (pd.DataFrame, pd.Series)) else None

    def numbers(self):
        """Return a table of one column, the numbers of the rows, that carries the index."""
        numbers = np.arange(len(self))[:, np.newaxis]
        return numbers if self.index is None else pd.DataFrame(numbers, self.index, ["row"])

    def take(self, indices, index=None):
        """Return rows in the container they came in; those of pandas get the new index, or a plain one."""
        taken = _safe_indexing(self.given, indices)
        if self.index is None:
            return taken
        return taken.set_axis(pd.RangeIndex(len(indices)) if index is None else index, axis=0)

    def table(self):
        """Return the rows flattened to two dimensions, whole numbers as floats: no sampler computes in integers."""
        values = self.values
        if isinstance(values, pd.DataFrame):
            whole = {column: float for column, dtype in values.dtypes.items() if _is_whole(dtype)}
            return values.astype(whole) if whole else values
        if not sparse.issparse(values):
            values = values.reshape(len(values), -1)
        return values.astype(_table_dtype(values.dtype), copy=False)

    def numeric_table(self):
        """Return `table()` as an array or sparse matrix of numbers.

        Raises
        ------
        ValueError
            If there is anything but numbers.
        """
        frame = isinstance(self.values, pd.DataFrame)
        dtypes = self.values.dtypes if frame else [getattr(self.values, "dtype", np.dtype(object))]
        if not all(pd.api.types.is_numeric_dtype(dtype) for dtype in dtypes):
            found = f"{type(self.given).__name__} of {', '.join(sorted({str(dtype) for dtype in dtypes}))}"
            raise ValueError(
                f"{self.name} has to be numeric, with rows of one shape, because new rows are computed from it; got a "
                f"{found}. A sampler that selects rows, such as RandomOverSampler, takes anything."
            )
        table = self.table()
        return table.to_numpy(dtype=float) if isinstance(table, pd.DataFrame) else table

    def restore(self, table):
        """Return a table that a sampler made of `table()` in the shape, dtypes and container of the rows."""
        values = self.values
        if isinstance(values, pd.DataFrame):
            return _as_frame(table, values)
        if sparse.issparse(values):
            return _as_sparse(table, values)
        table = table.toarray() if sparse.issparse(table) else table
        restored = _as_dtype_of(values.reshape(len(values), -1), table).reshape(len(table), *values.shape[1:])
        if isinstance(self.given, pd.Series):
            return pd.Series(restored, dtype=self.given.dtype, name=self.given.name)
        if isinstance(self.given, list):
            return list(restored) if isinstance(self.given[0], np.ndarray) else restored.tolist()
        return restored


def _is_whole(dtype):
    return pd.api.types.is_integer_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _table_dtype(dtype):
    if dtype.kind in _WHOLE:
        return np.dtype(np.float64)
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _as_frame(table, frame):
    """Return a table as a DataFrame with the columns and dtypes of another."""
    table = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table, columns=frame.columns)
    columns = {}
    for name, dtype in frame.dtypes.items():
        column = table[name]
        if _is_whole(dtype):
            numpy_dtype = getattr(dtype, "numpy_dtype", getattr(dtype, "subtype", dtype))
            values = _as_dtype_of(frame[name].to_numpy(dtype=numpy_dtype), column.to_numpy(dtype=float))
            column = pd.Series(values, index=column.index)
        columns[name] = column.astype(dtype)
    return pd.DataFrame(columns, columns=frame.columns)


def _as_sparse(table, matrix):
    if matrix.dtype.kind in _WHOLE:
        table.data = _rounded(table.data, matrix.dtype)
    return table.astype(matrix.dtype, copy=False)


def _as_dtype_of(original, values):
    """Return computed values in the dtype of the original ones; whole numbers are rounded and kept in range."""
    if original.dtype.kind == "f":
        return values.astype(original.dtype, copy=False)
    if original.dtype.kind not in _WHOLE:
        return values
    result = _rounded(values, original.dtype)
    # Beyond 2**53 floats skip integers. Samplers that add rows return the old ones first: these are known exactly.
    n_rows = len(original)
    if original.dtype.itemsize == 8 and np.array_equal(values[:n_rows], original.astype(values.dtype)):
        result[:n_rows] = original
    return result


def _rounded(values, dtype):
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    top = np.float64(high)
    top = np.nextafter(top, 0) if int(top) > high else top
    return np.clip(np.rint(values), low, top).astype(dtype)
