"""X as the user gives it -> named arrays and an InputSignature."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import validate_data

from skdeep._spec import InputSignature, InputSpec

_DOUBLE_PRECISION_VALUES = 2_000
# What pandas calls an object column whose values are all numbers.
_NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty")


def check_table(estimator, X, *, reset, dtype):
    """Validate a table and return it as a float array or CSR matrix.

    Parameters
    ----------
    estimator : BaseDeepEstimator
        Learns (`reset=True`) or checks the number and names of the columns.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
    reset : bool
    dtype : {"auto", "float32", "float64"}
        "auto" keeps the float dtype that X has, for `compute_dtype` to decide.

    Raises
    ------
    ValueError
        If X is not a finite numeric table of the expected width; columns of a DataFrame that are not numeric are named.
    """
    _check_numeric_columns(X)
    accepted = [np.float64, np.float32] if dtype == "auto" else np.dtype(dtype)
    if dtype == "auto" and getattr(X, "size", 0) > _DOUBLE_PRECISION_VALUES and getattr(X, "dtype", None) != np.float64:
        accepted = np.float32  # not by way of float64, which would take eight times the memory of a byte
    return validate_data(estimator, X, accept_sparse="csr", dtype=accepted, reset=reset)


def _check_numeric_columns(X):
    if not isinstance(X, pd.DataFrame):
        return
    others = [name for name, kind in X.dtypes.items() if not _is_numeric(kind, X[name])]
    if others:
        raise ValueError(
            f"These columns are not numeric: {', '.join(map(repr, others[:10]))}. "
            "This estimator takes numbers only; encode them before it, for example with ColumnTransformer([('encode', "
            "OneHotEncoder(handle_unknown='ignore'), [...])], remainder='passthrough')."
        )


def _is_numeric(kind, column):
    if pd.api.types.is_object_dtype(kind):
        return pd.api.types.infer_dtype(column) in _NUMBERS
    return pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)


def as_sparse_as(X, other):
    """Return `other` as a CSR matrix or array, whichever X is."""
    if sparse.issparse(X) == sparse.issparse(other):
        return other
    return sparse.csr_matrix(other) if sparse.issparse(X) else other.toarray()


def compute_dtype(dtype, X):
    """Return the dtype to compute in: as asked, or float64 where the data are so few that precision is free."""
    if dtype != "auto":
        return dtype
    n_values = X.nnz if sparse.issparse(X) else X.size
    return "float64" if n_values <= _DOUBLE_PRECISION_VALUES else "float32"


def table_signature(X, dtype):
    """Return the InputSignature of a validated table."""
    spec = InputSpec((X.shape[1],), dtype, sparse.issparse(X))
    return InputSignature((("X", spec),), dtype)


def table_arrays(X, dtype):
    """Return the named arrays of a validated table, in the dtype of the computation; no copy where it fits."""
    if X.dtype == dtype:
        return {"X": X}
    with np.errstate(over="ignore"):
        converted = X.astype(dtype)
    if dtype == "float32" and not np.isfinite(converted.data if sparse.issparse(converted) else converted).all():
        raise ValueError(
            "Input X contains a value too large for dtype('float32'); scale it, for example with StandardScaler."
        )
    return {"X": converted}
