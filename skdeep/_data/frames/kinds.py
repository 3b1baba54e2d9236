"""What each column of a frame is to a net, decided from training rows: number, category, date, duration or text."""

import numpy as np

from skdeep._data.frames.rows import BOOLEAN, DATE, DURATION, MISSING, NUMBER, STRING, described, listed

CATEGORY, TEXT, NOTHING = "category", "text", "nothing"
_WORDS = {
    NUMBER: "numbers", BOOLEAN: "booleans", STRING: "strings", DATE: "dates", DURATION: "durations",
    MISSING: "missing values",
}  # fmt: skip


def categorical(X, categorical_features):
    """Return which columns are said to be categories, as a mask.

    Parameters
    ----------
    X : FrameRows
    categorical_features : "from_dtype", array-like of names, numbers or booleans, or None

    Raises
    ------
    ValueError
        If it is none of these, or names columns that X does not have.
    """
    if isinstance(categorical_features, str) and categorical_features == "from_dtype":
        return np.array(X.declared, bool)
    if categorical_features is None:
        return np.zeros(X.shape[1], bool)
    return chosen(X, categorical_features, "categorical_features", '"from_dtype", {}, or None')


def chosen(X, columns, parameter, accepted):
    """Return which columns are meant, as a mask.

    Parameters
    ----------
    X : FrameRows
    columns : array-like of names, numbers or booleans
    parameter : str
        What it is the value of, for messages.
    accepted : str
        What that parameter accepts, with {} for these.

    Raises
    ------
    ValueError
        If they are none of these, or name columns that X does not have.
    """
    n_columns = X.shape[1]
    mask = np.zeros(n_columns, bool)
    wanted = _as_list(columns)
    types = {type(one) for one in wanted}
    if len(types) > 1 or not types <= {str, int, bool}:
        named = "names of columns, numbers of columns, a mask of booleans"
        raise ValueError(f"{parameter} must be {accepted.format(named)}, got {columns!r}.")
    if types == {bool}:
        if len(wanted) != n_columns:
            raise ValueError(f"{parameter} is a mask of {len(wanted)} columns, but X has {n_columns}.")
        return np.array(wanted)
    if types == {str}:
        unknown = [one for one in wanted if one not in X.names]
        if unknown:
            hint = "whose columns have no names" if not isinstance(X.names[0], str) else f"which has {listed(X.names)}"
            raise ValueError(f"{parameter} names columns that are not in X, {hint}: {listed(unknown)}.")
        mask[[X.names.index(one) for one in wanted]] = True
        return mask
    if any(not 0 <= one < n_columns for one in wanted):
        raise ValueError(f"{parameter} must be numbers of columns from 0 to {n_columns - 1}, got {wanted}.")
    mask[wanted] = True
    return mask


def _as_list(columns):
    """Return what an array-like holds as Python values; of what is none, values of two types."""
    if isinstance(columns, str) or np.ndim(columns) != 1:
        return [columns, None]
    return [one.item() if isinstance(one, np.generic) else one for one in columns]


def check_unchanged(X, names, held):
    """Raise ValueError for a column that holds another type than training rows did.

    Parameters
    ----------
    X : FrameRows
    names, held : tuple
        Names of the columns, and what they held; a column that held nothing may hold anything.
    """
    for column, (before, now) in enumerate(zip(held, X.kinds, strict=True)):
        if before in (now, MISSING) or now == MISSING or _are_alike(X, column, before, now) or X.is_missing(column):
            continue
        raise ValueError(
            f"Column {described(names[column])} of X held {_WORDS[before]} when the net was fitted, but holds "
            f"{_WORDS[now]} now."
        )


def _are_alike(X, column, before, now):
    """Whether a column held booleans, or numbers, and now holds zeros and ones of the other type."""
    if {before, now} != {NUMBER, BOOLEAN}:
        return False
    values = X.floats(column)
    return bool(np.isin(values[~np.isnan(values)], (0, 1)).all())
