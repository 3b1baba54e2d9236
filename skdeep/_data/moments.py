"""Labels for every moment of a series: read as they are given, and predictions given back in the same form."""

import numpy as np

from skdeep._data.inputs._series_rows import Series


def read(y, X):
    """Return the labels of all moments as a Series whose values are 1-D.

    Parameters
    ----------
    y : array-like of shape (n_samples, time) or list of array-like of shape (time,)
        A row of an array may be longer than its series: it then has labels for what pads it, which are left out.
    X : Series
        Validated.

    Raises
    ------
    ValueError
        If there is not one label for each moment.
    """
    if isinstance(y, Series):
        return y
    rows = [np.asarray(row) for row in (y.to_numpy() if hasattr(y, "to_numpy") else y)]
    if len(rows) != len(X):
        raise ValueError(f"y has labels for {len(rows)} series, but X has {len(X)}.")
    if any(row.ndim != 1 for row in rows):
        raise ValueError(
            "per_step=True wants a label for each moment: y is an array of shape (n_samples, time), or a list of "
            "one array of labels for each series."
        )
    padded = len({len(row) for row in rows}) == 1
    for number, (row, length, start) in enumerate(zip(rows, X.lengths, X.starts, strict=True)):
        if len(row) != length and not (padded and len(row) >= start + length):
            raise ValueError(f"Series {number} of X has {length} moments, but y has {len(row)} labels for it.")
        rows[number] = row[start : start + length] if len(row) != length else row
    return Series(np.concatenate(rows), X.lengths)


def given_back(values, lengths):
    """Return what was computed for all moments, row by row.

    Returns
    -------
    rows : ndarray
        Of shape (n_samples, time, ...) if all series have one length, else of shape (n_samples,) and of arrays.
    """
    series = Series(values, lengths)
    if series.is_equally_long():
        return series.padded()
    rows = np.empty(len(lengths), dtype=object)
    rows[:] = list(series)
    return rows
