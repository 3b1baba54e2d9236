"""In which dtype values are kept and computed with."""

import numpy as np
import pandas as pd

_DOUBLE_PRECISION_VALUES = 2_000


def accepted_dtypes(X, dtype):
    """Return the float dtypes that a validated X may have.

    "auto" keeps the float dtype that X has, for `compute_dtype` to decide; what is large and not float goes to float32
    at once, and not by way of float64, which would take eight times the memory of a byte.
    """
    if dtype != "auto":
        return [np.dtype(dtype).type]
    large = getattr(X, "size", 0) > _DOUBLE_PRECISION_VALUES
    return [np.float32] if large and getattr(X, "dtype", None) != np.float64 else [np.float64, np.float32]


def is_single(X):
    """Whether X, of any kind, is given in single precision, so that predictions are too, as in scikit-learn."""
    dtypes = X.dtypes if isinstance(X, pd.DataFrame) else [getattr(X, "dtype", None)]
    return all(dtype == np.float32 for dtype in dtypes)


def compute_dtype(dtype, n_values):
    """Return the dtype to compute in: as asked, or float64 where the data are so few that precision is free."""
    if dtype != "auto":
        return dtype
    return "float64" if n_values <= _DOUBLE_PRECISION_VALUES else "float32"


def converted(values, dtype):
    """Return an array in a float dtype; no copy where it fits.

    Raises
    ------
    ValueError
        If a value is too large for float32.
    """
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore"):
        result = values.astype(dtype)
    if dtype == "float32" and not np.isfinite(result).all():
        raise ValueError(
            "Input X contains a value too large for dtype('float32'); scale it, for example with StandardScaler."
        )
    return result


def check_numeric_columns(X):
    """Raise a ValueError that names the columns of a DataFrame that are not numeric, or are called the same."""
    if not isinstance(X, pd.DataFrame):
        return
    if not X.columns.is_unique:
        twice = X.columns[X.columns.duplicated()].unique().tolist()
        raise ValueError(f"X has several columns of the same name: {', '.join(map(repr, twice))}.")
    others = [name for name, kind in X.dtypes.items() if not _is_numeric(kind, X[name])]
    if others:
        raise ValueError(
            f"These columns are not numeric: {', '.join(map(repr, others[:10]))}. "
            "This estimator takes numbers only; encode them before it, for example with ColumnTransformer([('encode', "
            "OneHotEncoder(handle_unknown='ignore'), [...])], remainder='passthrough')."
        )


# What pandas calls an object column whose values are all numbers.
_NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty")


def _is_numeric(kind, column):
    if pd.api.types.is_object_dtype(kind):
        return pd.api.types.infer_dtype(column) in _NUMBERS
    return pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)
