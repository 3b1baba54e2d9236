"""X as users give it, a frame of pandas, polars or pyarrow or an array, read into FrameRows."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.utils import check_array
from sklearn.utils.validation import _check_feature_names, _check_n_features, validate_data

from skdeep._data.frames.rows import BOOLEAN, MISSING, NUMBER, STRING, FrameRows, listed
from skdeep._data.frames.values import read_column


def read(estimator, X, *, reset):
    """Return X as FrameRows; what was returned may be given again.

    Parameters
    ----------
    estimator : estimator instance
        Learns or compares the number of columns and their names, as scikit-learn has it.
    X : DataFrame or array-like of shape (n_rows, n_columns)
    reset : bool
        Learn the number and the names.

    Raises
    ------
    TypeError, ValueError
        If X is no table, is sparse or empty, has other columns than expected or several of the same name, or holds
        infinity, complex numbers, or columns of mixed types.
    """
    if isinstance(X, FrameRows):
        return X
    library = type(X).__module__.partition(".")[0]
    if isinstance(X, pd.DataFrame) or (library in ("polars", "pyarrow") and getattr(X, "shape", (0,))[1:]):
        return _read_frame(estimator, X, library, reset)
    if library == "polars" and type(X).__name__ == "LazyFrame":
        raise TypeError("X is a LazyFrame of polars, whose rows are not there yet: give X.collect().")
    return _read_array(estimator, X, reset)


def _read_frame(estimator, X, library, reset):
    names = list(getattr(X, "column_names", X.columns))  # a pyarrow table has its arrays in `columns`
    _check_different(names)
    _check_feature_names(estimator, X, reset=reset)
    if not all(X.shape):
        check_array(np.empty(X.shape), estimator=estimator, input_name="X")
    _check_n_features(estimator, X, reset=reset)
    names = tuple(names) if all(isinstance(name, str) for name in names) else tuple(range(len(names)))
    if library == "pyarrow":
        X = X.to_pandas(types_mapper=pd.ArrowDtype)
    if isinstance(X, pd.DataFrame) and all(isinstance(one, np.dtype) and one.kind in "iuf" for one in X.dtypes):
        return _of_numbers(X.to_numpy(dtype=np.float64), names, NUMBER)
    columns = map(_of_polars, X) if library == "polars" else (column for _, column in X.items())
    return _joined([read_column(column, name) for column, name in zip(columns, names, strict=True)], names)


def _check_different(names):
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"X has several columns of the same name: {', '.join(map(repr, twice))}.")


def _of_polars(series):
    """Return a column of polars as an array, or as categories."""
    if type(series.dtype).__name__ in ("Categorical", "Enum"):
        return pd.Series(series.to_list(), dtype="category")
    if series.dtype.is_decimal():
        return series.cast(float).to_numpy()
    values = series.to_numpy()
    return values if series.null_count() < len(series) else np.full(len(values), None)


def _read_array(estimator, X, reset):
    if isinstance(X, (list, tuple)) and np.asarray(X).dtype.kind in "US":
        X = np.asarray(X, dtype=object)  # numbers beside strings stay numbers
    X = validate_data(estimator, X, dtype=None, ensure_all_finite=False, reset=reset)
    names = tuple(getattr(estimator, "feature_names_in_", range(X.shape[1])))
    if X.dtype.kind in "iufb":
        with np.errstate(over="ignore"):
            values = X.astype(np.float64, copy=False)
        return _of_numbers(values, names, BOOLEAN if X.dtype.kind == "b" else NUMBER)
    return _joined([read_column(column, name) for column, name in zip(X.T, names, strict=True)], names)


def _of_numbers(values, names, kind):
    n_rows, n_columns = values.shape
    rows = FrameRows(names, (kind,) * n_columns, (False,) * n_columns, values, np.empty((n_rows, 0), int), ())
    return _checked(rows)


def _joined(columns, names):
    """Return columns that were read one by one as rows."""
    numbers = [column.values for column in columns if column.kind not in (STRING, MISSING)]
    strings = [column for column in columns if column.kind == STRING]
    n_rows = len(columns[0].values)
    codes = [column.values.astype(np.int64, copy=False) for column in strings]
    rows = FrameRows(
        names,
        tuple(column.kind for column in columns),
        tuple(column.declared for column in columns),
        np.stack(numbers).T if numbers else np.empty((n_rows, 0)),
        np.stack(codes).T if codes else np.empty((n_rows, 0), int),
        tuple(column.strings for column in strings),
    )
    return _checked(rows)


def _checked(rows):
    infinite = np.isinf(rows.numbers).any(axis=0)
    if infinite.any():
        columns = np.flatnonzero(rows.is_among_numbers(range(len(rows.kinds))))
        names = [rows.names[column] for column in columns[infinite]]
        raise ValueError(
            f"Input X contains infinity or a value too large for dtype('float64'), in these columns: {listed(names)}."
        )
    return rows
