"""Texts as rows of ids, cut into stretches that a net learns or is scored on.

A text reads as [end, first id, ..., last id, end]: what stands between two texts also begins one, so that a net learns
how texts begin and when they are over.
"""

import numpy as np

from skdeep._data.inputs._series_rows import Series


def enclosed(rows, end):
    """Return rows of ids with the id of the end of texts before and after each."""
    return [np.concatenate([[end], row, [end]]).astype(np.int32) for row in rows]


def with_next(rows, context):
    """Return (ids, next ids), each a Series of stretches that do not overlap.

    Parameters
    ----------
    rows : list of ndarray of int
        Enclosed.
    context : int or None
        Ids of a stretch, at most; None is whole rows.
    """
    lengths = np.concatenate([_lengths(len(row) - 1, context or len(row)) for row in rows])
    ids, following = (np.concatenate([row[part] for row in rows]) for part in (slice(None, -1), slice(1, None)))
    return Series(ids, lengths), Series(following, lengths)


def _lengths(total, context):
    whole, rest = divmod(total, context)
    return np.array([context] * whole + [rest] * (rest > 0), int)


class Windows:
    """Windows over enclosed rows of ids, of which each id but the first of a row is counted in one.

    A window is one id longer than the context. The next one begins half a context later, and counts what the one before
    it has not reached, so that all but the first ids of a row are seen with half a context before them at least.

    Parameters
    ----------
    rows : list of ndarray of int
    context : int
    """

    def __init__(self, rows, context):
        stride = max(1, context // 2)
        self.row, self._first, parts = [], [], []
        for number, row in enumerate(rows):
            for start in range(0, max(1, len(row) - 1 - context + stride), stride):
                parts.append(row[start : start + context + 1])
                self.row.append(number)
                self._first.append(0 if start == 0 else context - stride)
        self.series = Series(np.concatenate(parts), np.array([len(part) for part in parts]))
        self._n_rows = len(rows)

    def totals(self, values):
        """Return the sum over each row of what was computed of the windows, shape (windows, time).

        Parameters
        ----------
        values : ndarray of shape (windows, time)
            One for each id of a window but the first.
        """
        places = np.arange(values.shape[1])
        counted = (places >= np.array(self._first)[:, None]) & (places < self.series.lengths[:, None] - 1)
        sums = np.where(counted, values, 0.0).sum(axis=1, dtype=np.float64)
        return np.bincount(self.row, sums, minlength=self._n_rows)
