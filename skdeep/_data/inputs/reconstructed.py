"""Tables that a net makes again, and therefore keeps the mean and the scale of."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._data.inputs.tables import Tables
from skdeep._engine.spec import InputSignature


@dataclass(frozen=True)
class ReconstructedTables(Tables):
    """Tables of numbers, whose columns keep their proportions: each is centred, all are divided by one number.

    Parameters
    ----------
    mean : ndarray of shape (n_features,) or None
        Of each column, once it is learned; None for sparse rows, which stay as they are.
    scale : float
        The root of the mean variance of the columns.
    """

    mean: np.ndarray | None = None
    scale: float = 1.0

    def learn(self, rows):
        """Return these inputs with the mean and the scale of training rows."""
        if sparse.issparse(rows.X):
            return self
        X = np.asarray(rows.X, np.float64)
        mean = np.average(X, axis=0, weights=rows.sample_weight)
        variance = float(np.average(np.square(X - mean).mean(axis=1), weights=rows.sample_weight))
        noise = (10 * np.finfo(self.dtype).eps * np.abs(mean).max(initial=0)) ** 2
        return replace(self, mean=mean, scale=variance**0.5 if variance > noise else 1.0)

    def signature(self, X, *others):
        """Describe a validated X, which is dense for a net that was trained on dense rows."""
        if self.mean is None:
            return super().signature(X, *others)
        return InputSignature((("X", Dense((X.shape[1],), self.dtype)),), self.dtype)


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
