"""Tokens: rows of whole numbers that stand for words, notes, states; 0 is padding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from skdeep._data.columns import Ids, Ragged
from skdeep._data.inputs import _series_rows, precision
from skdeep._data.inputs._series_rows import Series
from skdeep._data.inputs.series import SeriesInputs
from skdeep._engine.spec import InputSignature


@dataclass(frozen=True)
class TokenInputs:
    """Rows of ids.

    Zeros at the beginning and at the end of a row are padding and are left out; a row of zeros only becomes one unknown
    id.

    Parameters
    ----------
    n_vectors : int or None
        Rows of a table of vectors that the user gives: ids beyond it are errors, all others are known.
    limited : bool
        Whether the net takes no series that are longer than those it was fitted on.
    dtype : {"auto", "float32", "float64"}
        What the net computes in; `computing` settles what "auto" is.
    known : ndarray of bool or None
        Whether each id was seen in training rows, once that is learned.
    longest : int or None
        Ids of the longest row, rounded up, so that folds share a program.
    """

    n_vectors: int | None = None
    limited: bool = False
    dtype: str = "auto"
    known: Any = None
    longest: int | None = None

    attributes = SeriesInputs.attributes
    batches = staticmethod(SeriesInputs.batches)
    tag = staticmethod(SeriesInputs.tag)

    def validate(self, estimator, X, *, reset):
        """Return X as a Series of ids; what was returned may be given again.

        Raises
        ------
        ValueError
            If X does not hold whole numbers of at least 0, or has zeros between ids, or ids beyond the table.
        """
        if isinstance(X, Series):
            return X
        X = self.rows(X)
        if reset:
            estimator.n_channels_ = None
            estimator.vocabulary_size_ = self.n_vectors or int(X.values.max(initial=0)) + 1
        return X

    def rows(self, X):
        """Return rows of ids, padded or not, as a Series of ids."""
        ids, lengths = _read(X)
        _check_ids(ids, self.n_vectors)
        return _without_padding(ids, lengths)

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return self if dtype == "auto" else replace(self, dtype=dtype)

    def computing(self, X):
        """Return these inputs with the dtype that suits X."""
        return replace(self, dtype=precision.compute_dtype(self.dtype, X.values.size))

    def learn(self, rows):
        """Return these inputs with the ids that training rows have."""
        X = rows.X
        if self.n_vectors is not None:
            known = np.ones(self.n_vectors, bool)
        else:
            known = np.zeros(int(X.values.max(initial=0)) + 1, bool)
            known[X.values] = True
        return replace(self, known=known, longest=_series_rows.rounded_up(int(X.lengths.max())))

    @property
    def size(self):
        """Rows of the table of vectors, rounded up, so that folds with some words more or less share a program."""
        return self.n_vectors or _series_rows.rounded_up(len(self.known))

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: none."""
        return {}

    def signature(self, X, *others):
        """Describe validated rows, which the net is told the lengths of if any of them differ."""
        equal = all(rows.is_equally_long() for rows in (X, *others))
        return InputSignature((("X", Ids((None,)) if equal else Ragged((), "int32")),), self.dtype)

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for; unknown ids become 0."""
        ((name, column),) = signature.inputs
        _series_rows.check_length(X, self)
        ids = X.values
        known = (ids < len(self.known)) & self.known[np.minimum(ids, len(self.known) - 1)]
        X = Series(np.where(known, ids, 0).astype(np.int32), X.lengths)
        return {name: X.padded() if isinstance(column, Ids) else X}


def _read(X):
    """Return all ids end to end, and the lengths of the rows."""
    rows = _series_rows.nested(X)
    if rows is None:
        array = X.to_numpy() if isinstance(X, pd.DataFrame) else np.asarray(X)
        if array.ndim == 3 and array.shape[2] == 1:
            array = array[:, :, 0]
        if array.ndim != 2:
            raise ValueError(
                f"X has {array.ndim} dimensions. With embedding_dim or embedding_matrix, X holds rows of ids: an array "
                "of shape (n, time) or a list of lists."
            )
        return array.ravel(), np.full(len(array), array.shape[1])
    rows = [np.ravel(row) for row in rows]
    return np.concatenate(rows) if rows else np.empty(0, int), np.array([len(row) for row in rows], int)


def _check_ids(ids, n_vectors):
    if ids.dtype.kind not in "biuf":
        raise ValueError(f"X holds values of dtype {ids.dtype}, but ids are whole numbers: make them of words first.")
    whole = np.isfinite(ids) & (ids == np.floor(ids))
    if not whole.all():
        raise ValueError(f"X holds {ids[~whole][0]}, but ids are whole numbers. Series want embedding_dim=None.")
    if ids.size and ids.min() < 0:
        raise ValueError(f"X holds the negative id {int(ids.min())}; ids begin at 1, and 0 is padding.")
    if n_vectors is not None and ids.size and ids.max() >= n_vectors:
        raise ValueError(f"X holds the id {int(ids.max())}, but embedding_matrix has {n_vectors} rows.")


def _without_padding(ids, lengths):
    """Return rows without zeros before and after their ids."""
    ids, row = ids.astype(np.int64), np.repeat(np.arange(len(lengths)), lengths)
    within = np.arange(len(ids)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    real = np.flatnonzero(ids)
    first, last = np.full(len(lengths), 0), np.full(len(lengths), -1)
    np.maximum.at(last, row[real], within[real])
    first[row[real][::-1]] = within[real][::-1]
    kept = (within >= first[row]) & (within <= last[row])
    if not ids[kept].all():
        number = row[kept][ids[kept] == 0][0]
        raise ValueError(f"Row {number} of X has a 0 between ids, but 0 is padding; let ids begin at 1.")
    found, counts = ids[kept], last - first + 1
    empty = np.flatnonzero(counts == 0)
    # A net needs a moment to read: one that it does not know.
    found = np.insert(found, np.cumsum(counts)[empty] if len(empty) else [], 0)
    return Series(found, np.maximum(counts, 1), first)
