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
    n_columns = X.shape[1]
    if isinstance(categorical_features, str) and categorical_features == "from_dtype":
        return np.array(X.declared, bool)
    mask = np.zeros(n_columns, bool)
    if categorical_features is None:
        return mask
    wanted = _as_list(categorical_features)
    types = {type(one) for one in wanted}
    if len(types) > 1 or not types <= {str, int, bool}:
        raise ValueError(
            'categorical_features must be "from_dtype", names of columns, numbers of columns, a mask of booleans, or '
            f"None, got {categorical_features!r}."
        )
    if types == {bool}:
        if len(wanted) != n_columns:
            raise ValueError(f"categorical_features is a mask of {len(wanted)} columns, but X has {n_columns}.")
        return np.array(wanted)
    if types == {str}:
        unknown = [one for one in wanted if one not in X.names]
        if unknown:
            hint = "whose columns have no names" if not isinstance(X.names[0], str) else f"which has {listed(X.names)}"
            raise ValueError(f"categorical_features names columns that are not in X, {hint}: {listed(unknown)}.")
        mask[[X.names.index(one) for one in wanted]] = True
        return mask
    if any(not 0 <= one < n_columns for one in wanted):
        raise ValueError(f"categorical_features must be numbers of columns from 0 to {n_columns - 1}, got {wanted}.")
    mask[wanted] = True
    return mask


def _as_list(categorical_features):
    """Return what an array-like holds as Python values; of what is none, values of two types."""
    if isinstance(categorical_features, str) or np.ndim(categorical_features) != 1:
        return [categorical_features, None]
    return [one.item() if isinstance(one, np.generic) else one for one in categorical_features]


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
