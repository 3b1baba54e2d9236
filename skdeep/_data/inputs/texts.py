"""Texts: strings that a transformer makes a table of, or rows of ids."""

from dataclasses import dataclass, replace
from typing import Any

from scipy import sparse
from sklearn.base import clone

from skdeep._data import texts
from skdeep._data.inputs._series_rows import rounded_up
from skdeep._data.rows import RowData


class TextRows:
    """Texts, and the rows that a fitted transformer made of them last, so that they are read once.

    Parameters
    ----------
    texts : ndarray of str
    made : (transformer, rows), optional
    """

    def __init__(self, texts, made=(None, None)):
        self.texts, self.made = texts, made

    @property
    def shape(self):
        """Number of texts, in a tuple."""
        return self.texts.shape

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, rows):
        """Return some texts, by slice or by numbers."""
        rows = rows[0] if isinstance(rows, tuple) else rows
        transformer, made = self.made
        return TextRows(self.texts[rows], (transformer, None if made is None else made[rows]))


@dataclass(frozen=True)
class Texts:
    """Texts that are a table, or rows of ids, to the net.

    Parameters
    ----------
    transformer : transformer instance
        From texts to a matrix of numbers, or to padded rows of ids; it is fitted in `learn`.
    inner : Tables or TokenInputs
        What it makes.
    memory : joblib.Memory or None
        Remembers what was learned of texts.
    """

    transformer: Any
    inner: Any
    memory: Any = None

    attributes = """
        vectorizer_ : transformer
            From texts to what the net reads.
        """
    tag = staticmethod(lambda tags, estimator: texts.tag(tags))

    @property
    def dtype(self):
        """What the net computes in."""
        return self.inner.dtype

    def batches(self, n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it."""
        return self.inner.batches(n_rows)

    def validate(self, estimator, X, *, reset):
        """Return X as TextRows; what was returned may be given again.

        Raises
        ------
        TypeError, ValueError
            If X does not hold strings, or none.
        """
        return X if isinstance(X, TextRows) else TextRows(texts.read_texts(X))

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return replace(self, inner=self.inner.in_dtype(dtype))

    def computing(self, X):
        """Return these inputs with their dtype: single precision, which the features of texts have."""
        return self if self.dtype != "auto" else replace(self, inner=replace(self.inner, dtype="float32"))

    def learn(self, rows):
        """Return these inputs with what the transformer learned of training rows."""
        fit = _fitted if self.memory is None else self.memory.cache(_fitted)
        transformer, made = fit(clone(self.transformer), rows.X.texts, rows.y)
        rows.X.made = transformer, self._read(made)
        inner = self.inner.learn(RowData(rows.X.made[1], rows.y, rows.sample_weight))
        return replace(self, transformer=transformer, inner=inner)

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows."""
        return self.inner.numbers(self._inner_rows(X), sample_weight)

    def signature(self, X, *others):
        """Describe validated rows."""
        return self.inner.signature(*map(self._inner_rows, (X, *others)))

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for."""
        return self.inner.encode(self._inner_rows(X), signature)

    def _inner_rows(self, X):
        if X.made[0] is not self.transformer:
            X.made = self.transformer, self._read(self.transformer.transform(X.texts))
        return X.made[1]

    def _read(self, made):
        return self.inner.rows(_widened(made))


def _widened(made):
    """Return a sparse matrix with a few empty columns, so that folds with some terms more or less share a program."""
    if not sparse.issparse(made):
        return made
    made = made.tocsr()
    return type(made)((made.data, made.indices, made.indptr), shape=(made.shape[0], rounded_up(made.shape[1])))


def _fitted(transformer, texts, y):
    made = transformer.fit_transform(texts, y)
    return transformer, made
