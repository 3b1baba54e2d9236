"""Pairs of rows of ids: what a net reads, and what it is given of that which it writes."""

from dataclasses import dataclass, replace

import numpy as np

from skdeep._data import texts
from skdeep._data.columns import Ragged
from skdeep._data.inputs._series_rows import Series
from skdeep._data.inputs.series import SeriesInputs
from skdeep._data.inputs.tokens import TokenInputs
from skdeep._data.rows import RowData
from skdeep._engine.spec import InputSignature

READ, WRITTEN = "X", "written"


class PairRows:
    """Rows that are read, and beside each the ids that stand before those which are to be written.

    Parameters
    ----------
    read, written : Series of int
    """

    def __init__(self, read, written):
        self.read, self.written = read, written

    @property
    def shape(self):
        """Number of pairs, and None for their lengths."""
        return self.read.shape

    def __len__(self):
        return len(self.read)

    def __getitem__(self, rows):
        """Return some pairs, by slice or by numbers."""
        return PairRows(self.read[rows], self.written[rows])


@dataclass(frozen=True)
class Pairs:
    """Pairs that an estimator has made of texts.

    Parameters
    ----------
    read : TokenInputs
        What is read, of which ids that training rows do not have become 0.
    reverse : bool
        Whether rows are read from their end.
    """

    read: TokenInputs
    reverse: bool = False

    batches = staticmethod(SeriesInputs.batches)
    attributes = """
        source_sequencer_, target_sequencer_ : TokenSequencer
            The tokens that were learned of X and of y. One more id, after the largest, stands for the end of a text.
    """

    @property
    def dtype(self):
        """The dtype the net computes in."""
        return self.read.dtype

    def validate(self, estimator, X, *, reset):
        """Return X as it is: the estimator has made it."""
        return X

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return replace(self, read=self.read.in_dtype(dtype))

    def computing(self, X):
        """Return these inputs with the dtype that suits X."""
        return replace(self, read=self.read.computing(X.read))

    def learn(self, rows):
        """Return these inputs with the ids that training rows have."""
        return replace(self, read=self.read.learn(RowData(rows.X.read)))

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: none."""
        return {}

    def columns(self):
        """Return (name, column) of what is read."""
        return ((READ, Ragged((), "int32")),)

    def signature(self, X, *others):
        """Describe pairs, which come with their lengths, so that folds of any lengths share a program."""
        return InputSignature((*self.columns(), (WRITTEN, Ragged((), "int32"))), self.dtype)

    def encode(self, X, signature):
        """Return pairs as the named arrays that a signature asks for."""
        return self.encode_read(X.read) | {WRITTEN: X.written}

    def encode_read(self, X):
        """Return rows that are read as a named array."""
        X = _backward(X) if self.reverse else X
        return self.read.encode(X, InputSignature(self.columns(), self.dtype))

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags that X holds strings."""
        texts.tag(tags)


def _backward(rows):
    """Return rows whose ids stand in the opposite order."""
    starts = np.repeat(rows.offsets[:-1], rows.lengths)
    ends = np.repeat(rows.offsets[1:], rows.lengths) - 1
    return Series(rows.values[ends - (np.arange(len(rows.values)) - starts)], rows.lengths)
