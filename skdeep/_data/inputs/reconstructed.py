"""Rows of any shape that a net makes again, and therefore keeps the mean and the scale of."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._data.inputs.images import Images
from skdeep._data.inputs.series import SeriesInputs
from skdeep._data.inputs.tables import Tables
from skdeep._engine.spec import InputSignature


@dataclass(frozen=True)
class _Centred:
    """Rows whose values keep their proportions: each is centred, all are divided by one number.

    Parameters
    ----------
    mean : ndarray of shape (n_values,) or None
        Of each value of a row, once it is learned; None for sparse rows, which stay as they are.
    scale : float
        The root of the mean variance of the values.
    """

    mean: np.ndarray | None = None
    scale: float = 1.0

    _shape_attribute = """
        row_shape_ : tuple of int
            Shape of one row, as `fit` was given it.
    """

    def validate(self, estimator, X, *, reset):
        """Return X checked; what was returned may be given again.

        Parameters
        ----------
        estimator : estimator instance
            Learns `row_shape_`, and what scikit-learn wants to know of flat rows, or compares it.
        X : array-like, DataFrame or sparse matrix
            Rows of any shape, or flat.
        reset : bool

        Raises
        ------
        ValueError
            If X does not hold finite numbers, or its rows are not of the expected shape.
        """
        X = _rows(X)
        shape = tuple(X.shape[1:])
        if not reset and len(shape) > 1 and not _same(shape, estimator.row_shape_):
            raise ValueError(
                f"The rows of X have the shape {shape}, but {type(estimator).__name__} was fitted on rows of shape "
                f"{estimator.row_shape_}."
            )
        X = super().validate(estimator, self._given(X), reset=reset)
        if reset:
            estimator.row_shape_ = shape
        return X

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: none."""
        return {}

    @staticmethod
    def _given(X):
        """Return X as the kind of input takes it."""
        return X

    def learn(self, rows):
        """Return these inputs with the mean and the scale of training rows."""
        found = super().learn(rows)
        if sparse.issparse(rows.X):
            return found
        # Sums depend on the order in memory, which is to be the same whatever the container.
        X = np.ascontiguousarray(rows.X, np.float64).reshape(rows.n_rows, -1)
        mean = np.average(X, axis=0, weights=rows.sample_weight)
        variance = float(np.average(np.square(X - mean).mean(axis=1), weights=rows.sample_weight))
        rounding = (10 * np.finfo(self.dtype).eps * np.abs(mean).max(initial=0)) ** 2
        return replace(found, mean=mean, scale=variance**0.5 if variance > rounding else 1.0)


@dataclass(frozen=True)
class ReconstructedTables(_Centred, Tables):
    """Flat rows, as dense layers read them; rows of another shape are flattened."""

    attributes = Tables.attributes + _Centred._shape_attribute

    @staticmethod
    def _given(X):
        return X.reshape(len(X), -1) if X.ndim > 2 and X.size else X

    def signature(self, X, *others):
        """Describe a validated X, which is dense for a net that was trained on dense rows."""
        if self.mean is None:
            return super().signature(X, *others)
        return InputSignature((("X", Dense((X.shape[1],), self.dtype)),), self.dtype)

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        Tables.tag(tags, estimator)
        tags.input_tags.three_d_array = True


@dataclass(frozen=True)
class ConditionedTables(ReconstructedTables):
    """Dense tables whose last columns are a condition, under which the others are made again.

    Parameters
    ----------
    n_conditions : int
        Columns of the condition, which are neither centred nor scaled.
    """

    n_conditions: int = 1

    def learn(self, rows):
        """Return these inputs with the mean and the scale of training rows."""
        return super().learn(replace(rows, X=rows.X[:, : -self.n_conditions]))

    def signature(self, X, *others):
        """Describe a validated X."""
        n_columns = X.shape[1] - self.n_conditions
        columns = (("X", Dense((n_columns,), self.dtype)), ("condition", Dense((self.n_conditions,), self.dtype)))
        return InputSignature(columns, self.dtype)

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for."""
        X = precision.converted(X, self.dtype)
        return {"X": X[:, : -self.n_conditions], "condition": X[:, -self.n_conditions :]}


@dataclass(frozen=True)
class ReconstructedSeries(ReconstructedTables):
    """Series of one length: rows of shape (time,) or (time, channels)."""

    @staticmethod
    def batches(n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it."""
        return SeriesInputs.batches(n_rows)

    def validate(self, estimator, X, *, reset):
        """Return X as (n, time, channels); see `_Centred.validate`."""
        if sparse.issparse(X):
            raise TypeError("X is sparse, but series are read moment by moment. Use X.toarray().")
        X = super().validate(estimator, X, reset=reset)
        return X.reshape(len(X), estimator.row_shape_[0], -1)

    def signature(self, X, *others):
        """Describe a validated X."""
        return InputSignature((("X", Dense(X.shape[1:], self.dtype)),), self.dtype)

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        tags.input_tags.three_d_array = True


@dataclass(frozen=True)
class ReconstructedImages(_Centred, Images):
    """Images, which are convolved."""

    attributes = Images.attributes + _Centred._shape_attribute


def _rows(X):
    """Return X as an array, unless it is a table of another kind; a list of rows of several shapes is an error."""
    if isinstance(X, pd.DataFrame) or hasattr(X, "ndim") or sparse.issparse(X):
        return X
    try:
        return np.asarray(X)
    except ValueError as error:
        shapes = list(dict.fromkeys(np.shape(row) for row in X))
        if len(shapes) < 2:
            raise
        raise ValueError(
            f"The rows of X have different shapes: {', '.join(map(str, shapes[:5]))}. Bring them to one shape first, "
            "series with skdeep.sequence.SequencePadder."
        ) from error


def _same(shape, known):
    """Whether rows have a known shape, channels of one value left out or not, and moments flattened or not."""
    return shape in (known, (*known, 1), (known[0], int(np.prod(known[1:]))))
