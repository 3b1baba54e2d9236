"""Rows as users give them, until they are encoded for a net; and which of them are held out."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

_FEWEST_ROWS, _MOST_ROWS = 10, 1000  # that are looked at to see whether two tables are on one scale
_SHIFT, _RATIO = 2.0, 5.0  # of means, in standard deviations, and of these


@dataclass(frozen=True)
class RowData:
    """X, y and weights that belong together; y and weights may be None.

    Where members of an ensemble hold out rows of their own, `fold` is the number of the part each training row is in;
    of validation rows, it is the number of the member that each is for.
    """

    X: Any
    y: Any = None
    sample_weight: Any = None
    fold: Any = None

    @property
    def n_rows(self):
        """Return the number of rows."""
        return self.X.shape[0] if hasattr(self.X, "shape") else len(self.X)

    def take(self, rows):
        """Return some of the rows, by number."""
        parts = (self.X, self.y, self.sample_weight, self.fold)
        return RowData(*(None if part is None else _safe_indexing(part, rows) for part in parts))

    def without_weightless(self):
        """Leave out rows of weight zero, which count for nothing, not even as a class."""
        weight = self.sample_weight
        return self if weight is None or weight.all() else self.take(np.flatnonzero(weight))


def folds(rows, n_members, fraction, strata, seed):
    """Return (rows with their folds, validation rows), of members that each hold out a fold of their own.

    Parameters
    ----------
    rows : RowData
    n_members : int
    fraction : float
        Of the rows in a fold.
    strata : ndarray or None
        Classes that are spread evenly over the folds; a class's only row is in none, as -1 says.
    seed : int

    Returns
    -------
    rows : RowData
        All rows.
    held_out : RowData
        One row of the first member's fold, then one of the second's, and so on; as many of each.
    """
    n_folds = max(2, round(1 / fraction))
    order = np.random.default_rng(seed).permutation(rows.n_rows)
    fold = np.empty(rows.n_rows, int)
    if strata is not None:
        _, codes, counts = np.unique(strata, return_inverse=True, return_counts=True)
        order = order[np.argsort(codes[order], kind="stable")]
    fold[order] = np.arange(rows.n_rows) % n_folds
    if strata is not None:
        fold[counts[codes] < 2] = -1
    parts = [np.flatnonzero(fold == member % n_folds) for member in range(n_members)]
    if min(map(len, parts)) == 0:
        raise ValueError(
            f"Early stopping cannot hold out validation_fraction={fraction} of {rows.n_rows} rows for each member; "
            "give more rows, X_val and y_val, or early_stopping=False."
        )
    members = np.repeat(np.arange(n_members), [len(part) for part in parts])
    held_out = replace(rows.take(np.concatenate(parts)), fold=members)
    return replace(rows, fold=fold), in_turn(held_out, n_members)


def for_each(held_out, n_members):
    """Return validation rows once for each member, the first row for all, then the next; if they are not for one each.

    Without members that have rows of their own, nothing changes.
    """
    if n_members == 0 or held_out.fold is not None:
        return held_out
    numbers, members = np.divmod(np.arange(held_out.n_rows * n_members), n_members)
    return replace(held_out.take(numbers), fold=members)


def in_turn(held_out, n_members):
    """Return validation rows with one row of each member after the other, as many of each; some may have been left out.

    Without members that have rows of their own, nothing changes.
    """
    if n_members == 0:
        return held_out
    of_each = [np.flatnonzero(held_out.fold == member) for member in range(n_members)]
    fewest = min(map(len, of_each))
    if fewest == 0:
        raise ValueError("A member of the ensemble has no validation row that counts; change class_weight.")
    return held_out.take(np.stack([own[:fewest] for own in of_each], axis=1).reshape(-1))


def rows_of_members(rows, n_members):
    """Return the numbers of the rows that each member learns from: all but its fold."""
    if rows.fold is None:
        return [np.arange(rows.n_rows)] * n_members
    n_folds = rows.fold.max() + 1
    return [np.flatnonzero(rows.fold != member % n_folds) for member in range(n_members)]


def split(rows, fraction, strata, seed):
    """Return (training rows, validation rows), drawn at random.

    Parameters
    ----------
    rows : RowData
    fraction : float
        Of the rows held out.
    strata : ndarray or None
        Classes whose shares are kept where that is possible; a class's only row is trained on.
    seed : int

    Raises
    ------
    ValueError
        If there are too few rows.
    """
    numbers, single, codes = np.arange(rows.n_rows), np.empty(0, dtype=int), None
    if strata is not None:
        _, codes, counts = np.unique(strata, return_inverse=True, return_counts=True)
        single, numbers = numbers[counts[codes] < 2], numbers[counts[codes] >= 2]
        n_smaller = len(numbers) * min(fraction, 1 - fraction)
        codes = codes[numbers] if n_smaller >= (counts >= 2).sum() else None
    if round(len(numbers) * fraction) < 1 or len(numbers) < 2:
        raise ValueError(
            f"Early stopping cannot split validation_fraction={fraction} off {rows.n_rows} rows; give more rows, a "
            "larger fraction, or X_val and y_val."
        )
    train, test = train_test_split(numbers, test_size=fraction, random_state=seed, stratify=codes)
    return rows.take(np.concatenate([train, single])), rows.take(test)


def check_alike(rows, held_out):
    """Warn if validation rows are on another scale than the training rows, as raw ones are beside scaled ones."""
    parts = [_columns(part.X) for part in (rows, held_out)]
    if any(part is None or len(part) < _FEWEST_ROWS for part in parts):
        return
    (mean, spread), (held_mean, held_spread) = ((part.mean(axis=0), part.std(axis=0)) for part in parts)
    varies = spread > 0
    if not varies.any():
        return
    shift = np.abs(held_mean - mean)[varies] / spread[varies]
    ratio = held_spread[varies] / spread[varies]
    unlike = (shift > _SHIFT) | (ratio > _RATIO) | ((ratio > 0) & (ratio < 1 / _RATIO))
    if unlike.mean() > 0.5:
        warnings.warn(
            f"X_val is on another scale than X, in {unlike.sum()} of {len(unlike)} columns. Was one scaled, and the "
            'other not? A Pipeline scales both with transform_input=["X_val"].',
            UserWarning,
            stacklevel=7,
        )


def _columns(X):
    """Return the first rows of dense numbers as a table, or None if that is not what they are."""
    if not isinstance(X, np.ndarray) or X.dtype == np.uint8:  # bytes can be compared with bytes alone
        return None
    first = X[:_MOST_ROWS]
    return first.reshape(len(first), -1).astype(np.float64)
