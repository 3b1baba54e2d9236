"""Categories of a frame: which ones there are, as columns of zeros and ones, or as the rows of a table of vectors."""

from dataclasses import dataclass

import numpy as np

from skdeep._data.frames.rows import BOOLEAN, STRING

_FEWEST_ROWS = 3  # of a category that has a vector of its own
_UNKNOWN, _ABSENT = -1, -2


@dataclass(frozen=True)
class Known:
    """The values of a column of categories.

    Parameters
    ----------
    column : int
        Its number in X.
    kind : str
        What it holds: STRING, or one of the kinds that are numbers.
    values : ndarray of object or of float64
        Those of training rows, sorted.
    counts : ndarray of float64
        How many training rows have each.
    n_missing : float
        How many have none.
    """

    column: int
    kind: str
    values: np.ndarray
    counts: np.ndarray
    n_missing: float

    def find(self, X):
        """Return where the value of each row of FrameRows stands in `values`; -1 if it is unknown, -2 if missing."""
        if self.kind == STRING:
            codes, strings = X.coded(self.column)
            found = np.append(self._positions(strings), _ABSENT)  # code -1 is missing
            return found[codes]
        values = X.floats(self.column)
        return np.where(np.isnan(values), _ABSENT, self._positions(values))

    def _positions(self, values):
        if not len(self.values):
            return np.full(len(values), _UNKNOWN)
        places = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
        return np.where(self.values[places] == values, places, _UNKNOWN)

    def shown(self, positions):
        """Return values as Python objects: strings, booleans, numbers, and None for what is missing."""
        make = {STRING: str, BOOLEAN: bool}.get(self.kind, _number)
        return tuple(None if position == len(self.values) else make(self.values[position]) for position in positions)


def _number(value):
    return int(value) if value == np.floor(value) else float(value)


def learned(X, column, weight):
    """Return what is Known of a column of training rows.

    Parameters
    ----------
    X : FrameRows
    column : int
    weight : ndarray of shape (n_rows,) or None
    """
    kind = X.kinds[column]
    if kind == STRING:
        codes, values = X.coded(column)
    else:
        floats = X.floats(column)
        missing = np.isnan(floats)
        values, codes = np.unique(floats[~missing], return_inverse=True)
        codes = np.insert(codes, np.flatnonzero(missing) - np.arange(missing.sum()), -1)
    counts = np.bincount(codes + 1, weight, minlength=len(values) + 1).astype(np.float64)
    present = np.flatnonzero(counts[1:])  # rows that were left out may have had others
    values, present_counts = values[present], counts[1:][present]
    order = np.argsort(values)
    return Known(column, kind, values[order], present_counts[order], float(counts[0]))


@dataclass(frozen=True)
class OneHot:
    """A column of few categories as zeros and ones.

    Each value has a column of its own, and so has what is missing if training rows had that; an unknown value is all
    zeros. Two values alone are one column of -1 and 1, in which 0 is unknown or missing. One value alone says nothing.

    Parameters
    ----------
    known : Known
    """

    known: Known

    @property
    def columns(self):
        """Number of the column of X that each entry comes from."""
        n_entries = len(self.known.values)
        if n_entries and self.known.n_missing:
            n_entries += 1
        elif 0 < n_entries <= 2:
            n_entries -= 1
        return (self.known.column,) * n_entries

    def write(self, X, out):
        """Write FrameRows into an array of zeros of shape (n_rows, number of entries)."""
        found, n_values = self.known.find(X), len(self.known.values)
        if n_values == 2 and not self.known.n_missing:
            out[:, 0] = np.where(found >= 0, 2 * found - 1, 0)
            return
        if self.known.n_missing:
            found = np.where(found == _ABSENT, n_values, found)
        rows = np.flatnonzero(found >= 0)
        out[rows, found[rows]] = 1


@dataclass(frozen=True)
class Embedded:
    """A column of many categories as rows of a table of vectors.

    Frequent categories come first, from 1 on. Row 0 is shared by those that fewer than three training rows have, by
    unknown ones and by what is missing, which is a category of its own if at least three rows have it.

    Parameters
    ----------
    known : Known
    ids : ndarray of int
        Of each value of `known`, and of what is missing.
    """

    known: Known
    ids: np.ndarray

    @property
    def size(self):
        """Rows of the table of vectors."""
        return int(self.ids.max()) + 1

    @property
    def categories(self):
        """The values that have a row of their own, in the order of their ids, which begin at 1."""
        own = np.flatnonzero(self.ids)
        return self.known.shown(own[np.argsort(self.ids[own])])

    @property
    def counts(self):
        """How many training rows have each id."""
        return np.bincount(self.ids, np.append(self.known.counts, self.known.n_missing), minlength=self.size)

    def encode(self, X):
        """Return the ids of FrameRows."""
        found = self.known.find(X)
        unknown = len(self.ids)  # the last entry of:
        ids = np.append(self.ids, 0)
        return ids[np.where(found >= 0, found, np.where(found == _ABSENT, unknown - 1, unknown))]


def embedded(known):
    """Return the Embedded column of categories that are Known."""
    counts = np.append(known.counts, known.n_missing)
    order = np.argsort(-counts, kind="stable")
    kept = order[counts[order] >= _FEWEST_ROWS]
    ids = np.zeros(len(counts), np.int32)
    ids[kept] = np.arange(1, len(kept) + 1)
    return Embedded(known, ids)
