"""Series as users give them, read into one form: the values of all series end to end, and their lengths."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from skdeep._data.inputs import precision


class Series:
    """Rows of different lengths.

    Parameters
    ----------
    values : ndarray of shape (moments of all series, channels), or (moments of all series,) for ids
    lengths : ndarray of int of shape (n_series,)
    starts : ndarray of int of shape (n_series,), optional
        How much padding there was before each series in what was read.
    """

    def __init__(self, values, lengths, starts=None):
        self.values, self.lengths = values, lengths
        self.starts = np.zeros(len(lengths), int) if starts is None else starts

    @property
    def shape(self):
        """Number of series, and None for their lengths."""
        return (len(self.lengths), None)

    @property
    def n_rows(self):
        """Number of series."""
        return len(self.lengths)

    @property
    def n_channels(self):
        """Number of channels."""
        return self.values.shape[1]

    def is_equally_long(self):
        """Whether all series have the same length."""
        return len(self) == 0 or bool((self.lengths == self.lengths[0]).all())

    @property
    def offsets(self):
        """Where each series begins, and where the last one ends."""
        return np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, rows):
        """Return some series, by slice or by numbers."""
        rows = rows[0] if isinstance(rows, tuple) else rows
        offsets, lengths = self.offsets, self.lengths[rows]
        if isinstance(rows, slice) and rows.step in (None, 1):
            start, stop, _ = rows.indices(len(self))
            return Series(self.values[offsets[start] : offsets[max(start, stop)]], lengths)
        starts = offsets[:-1][rows]
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return Series(self.values[np.repeat(starts, lengths) + within], lengths)

    def __iter__(self):
        """Yield the values of each series."""
        return iter(np.split(self.values, self.offsets[1:-1]))

    def padded(self):
        """Return all series as one array, with zeros after the end of the shorter ones."""
        longest = int(self.lengths.max(initial=0))
        if (self.lengths == longest).all():
            return np.ascontiguousarray(self.values).reshape(len(self), longest, *self.values.shape[1:])
        result = np.zeros((len(self), longest, *self.values.shape[1:]), self.values.dtype)
        result[np.arange(longest) < self.lengths[:, None]] = self.values
        return result


def read(inputs, estimator, X, *, reset):
    """Return X, as a user gives it, as a Series of shape (moments, channels).

    Parameters
    ----------
    inputs : SeriesInputs
    estimator : estimator instance
    X : array-like, DataFrame or list of array-like
    reset : bool
        Learn the width of flat rows and the names of their columns.

    Raises
    ------
    TypeError, ValueError
        If X cannot be read.
    """
    if isinstance(X, Series):
        return X
    if sparse.issparse(X):
        raise TypeError("Sparse data was passed, but series are dense: use X.toarray().")
    rows = nested(X)
    if rows is not None:
        return _from_rows(rows, inputs)
    name = type(estimator).__name__
    array = X if isinstance(X, pd.DataFrame) else np.asarray(X)
    if array.ndim == 3:
        return _from_array(array, inputs, estimator, name)
    if array.ndim > 3:
        raise ValueError(
            f"Found array with dim {array.ndim}. {name} takes series of shape (n, time, channels), flat rows, or a "
            "list of series."
        )
    return _from_flat_rows(X, inputs, estimator, reset)


def rounded_up(number):
    """Return a number of at least as much with at most four significant bits."""
    step = 2 ** max(0, number.bit_length() - 4)
    return -(-number // step) * step


def mean_and_variance(X, dtype, sample_weight=None):
    """Return the mean and the variance of each channel over all moments; 1 for what does not vary.

    Parameters
    ----------
    X : Series
    dtype : dtype
        Of the computation, in whose last digits a channel may vary by nothing but noise.
    sample_weight : ndarray of shape (n_series,), optional
    """
    weight = None if sample_weight is None else np.repeat(sample_weight, X.lengths)
    mean = np.average(X.values.astype(np.float64), axis=0, weights=weight)
    variance = np.average(np.square(X.values - mean), axis=0, weights=weight)
    variance[variance <= (10 * np.finfo(dtype).eps * mean) ** 2] = 1.0
    return mean, variance


def check_length(X, inputs):
    """Raise ValueError for series that are longer than a net takes."""
    if inputs.limited and len(X) and X.lengths.max() > inputs.longest:
        raise ValueError(
            f"X has a series of {X.lengths.max()} moments, but the net was fitted on series of at most "
            f"{inputs.longest}, for which it has learned positions. positional='sinusoidal' has no such limit."
        )


def nested(X):
    """Return the rows of a list, an array or one column of arrays; None if X is an array of numbers."""
    if isinstance(X, pd.DataFrame):
        if X.shape[1] != 1 or not _are_arrays(X.iloc[:, 0]):
            return None
        X = X.iloc[:, 0]
    if isinstance(X, pd.Series):
        X = X.to_numpy(dtype=object) if _are_arrays(X) else X
    if isinstance(X, np.ndarray):
        if X.dtype != object:
            return None
        X = X[:, 0] if X.ndim == 2 and X.shape[1] == 1 else X
        return list(X) if X.ndim == 1 and _are_arrays(X) else None
    if isinstance(X, (list, tuple)) and _are_arrays(X):
        rows = [np.asarray(row) for row in X]
        return rows if rows[0].ndim == 2 or len({row.shape for row in rows}) > 1 else None
    return None


def _are_arrays(rows):
    first = next(iter(rows), None)
    return isinstance(first, (list, tuple, np.ndarray, pd.Series, pd.DataFrame))


def _from_rows(rows, inputs):
    """Return a list of series, each of shape (time, channels) or (time,), as a Series."""
    arrays = [_one(np.asarray(row), number, inputs.channels_first) for number, row in enumerate(rows)]
    widths = sorted({row.shape[1] for row in arrays})
    if len(widths) > 1:
        raise ValueError(f"The series of X have different numbers of channels: {widths}.")
    lengths = np.array([len(row) for row in arrays])
    values = np.concatenate(arrays)
    if inputs.nan == "trailing":
        kept = [_valid_length(row) for row in arrays]
        values = np.concatenate([row[:n] for row, n in zip(arrays, kept, strict=True)])
        lengths = np.array(kept)
    return _checked(values, lengths, inputs.dtype)


def _one(row, number, channels_first):
    if row.ndim not in (1, 2):
        raise ValueError(
            f"Series {number} of X has {row.ndim} dimensions; a series is of shape (time,) or (time, channels)."
        )
    if row.dtype.kind not in "biuf":
        try:
            row = row.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"Series {number} of X does not hold numbers only, got dtype {row.dtype}.") from None
    if row.ndim == 1:
        return row[:, None]
    return row.T if channels_first else row


def _from_array(X, inputs, estimator, name):
    X = check_array(X, allow_nd=True, dtype=_dtypes(X, inputs), ensure_all_finite=False, input_name="X",
                    estimator=estimator, ensure_min_features=0)  # fmt: skip
    X = X.transpose(0, 2, 1) if inputs.channels_first else X
    if not X.shape[1] or not X.shape[2]:
        raise ValueError(f"X has the shape {X.shape}: there are series without a value. {name} takes none.")
    return _ended(X, inputs)


def _from_flat_rows(X, inputs, estimator, reset):
    precision.check_numeric_columns(X)
    finite = True if inputs.nan == "raise" else "allow-nan"
    X = validate_data(estimator, X, dtype=_dtypes(X, inputs), ensure_all_finite=finite, reset=reset)
    n_channels = inputs.n_channels or 1
    if X.shape[1] % n_channels:
        raise ValueError(f"n_channels={n_channels} does not fit rows of {X.shape[1]} values: they are no multiple.")
    X = X.reshape(len(X), n_channels, -1).transpose(0, 2, 1) if inputs.channels_first else X
    return _ended(X.reshape(len(X), -1, n_channels), inputs)


def _dtypes(X, inputs):
    return precision.accepted_dtypes(X, inputs.dtype)


def _ended(X, inputs):
    """Return an array of shape (n, time, channels) as a Series, without what is padding."""
    lengths = np.full(len(X), X.shape[1])
    values = X.reshape(-1, X.shape[2])
    if inputs.nan == "trailing":
        missing = np.isnan(X).all(axis=2)
        n_missing = np.where(missing.all(axis=1), X.shape[1], np.argmin(missing[:, ::-1], axis=1))
        lengths = X.shape[1] - n_missing
        values = X[np.arange(X.shape[1]) < lengths[:, None]]
    return _checked(values, lengths, inputs.dtype)


def _valid_length(row):
    missing = np.isnan(row.astype(np.float64)).all(axis=1)
    return 0 if missing.all() else len(row) - int(np.argmin(missing[::-1]))


def _checked(values, lengths, dtype):
    if not lengths.all():
        empty = np.flatnonzero(lengths == 0)
        raise ValueError(f"These series of X are empty: {', '.join(map(str, empty[:10]))}. Leave them out.")
    values = np.ascontiguousarray(values)  # sums over moments depend on the layout
    values = check_array(values, dtype=precision.accepted_dtypes(values, dtype), ensure_all_finite=False)
    if not np.isfinite(values).all():
        rows = np.repeat(np.arange(len(lengths)), lengths)[~np.isfinite(values).all(axis=1)]
        hint = " NaN after the end of a series is padding with nan='trailing'." if np.isnan(values).any() else ""
        raise ValueError(
            f"Input X contains NaN or infinity, for example in series {rows[0]}.{hint} Fill in what is missing first."
        )
    return Series(values, lengths)
