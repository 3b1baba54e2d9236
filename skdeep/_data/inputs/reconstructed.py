"""Rows of any shape that a net makes again, and therefore keeps the mean and the scale of."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._data.inputs.any_shape import AnyShape
from skdeep._data.inputs.images import Images
from skdeep._data.inputs.series import SeriesInputs
from skdeep._data.inputs.tables import Tables
from skdeep._engine.spec import InputSignature


@dataclass(frozen=True)
class _Centred(AnyShape):
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

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: none."""
        return {}

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

    def signature(self, X, *others):
        """Describe a validated X, which is dense for a net that was trained on dense rows."""
        if self.mean is None:
            return super().signature(X, *others)
        return InputSignature((("X", Dense((X.shape[1],), self.dtype)),), self.dtype)

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        Tables.tag(tags, estimator)
        AnyShape.tag(tags, estimator)


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
        """Return X as (n, time, channels); see `AnyShape.validate`."""
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
        AnyShape.tag(tags, estimator)


@dataclass(frozen=True)
class ReconstructedImages(_Centred, Images):
    """Images, which are convolved."""

    @staticmethod
    def _given(X):
        return X
