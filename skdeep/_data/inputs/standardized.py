"""Rows of any shape, flattened, whose columns are standardised before a net sees them."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils.validation import validate_data

from skdeep._data.inputs import precision
from skdeep._data.inputs.any_shape import AnyShape
from skdeep._data.inputs.tables import Tables

_EXACT_IN_SINGLE = np.bool_, np.int8, np.uint8, np.int16, np.uint16


@dataclass(frozen=True)
class StandardizedRows(AnyShape, Tables):
    """Tables, images, series of one length: each column is centred and divided by its standard deviation.

    The values are computed before they go to the net, in the precision that X has, so that small differences between
    large numbers survive. A column that never changes is divided by the mean standard deviation of the others, or by
    one if there are none.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_features,) or None
        Of each column, once they are learned.
    kept : ndarray of bool of shape (n_features,) or None
        Which columns change.
    """

    mean: np.ndarray | None = None
    scale: np.ndarray | None = None
    kept: np.ndarray | None = None

    def _checked(self, estimator, X, *, reset):
        precision.check_numeric_columns(X)
        least = 2 if reset else 1
        return validate_data(estimator, X, dtype=_accepted(X), reset=reset, ensure_min_samples=least)

    def learn(self, rows):
        """Return these inputs with the mean and the scale of training rows."""
        # Sums depend on the order in memory, which is to be the same whatever the container.
        X = np.ascontiguousarray(rows.X)
        mean, deviation = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
        # Rounding alone makes a mean differ from what it is the mean of.
        kept = deviation > 10 * np.finfo(X.dtype).eps * np.abs(X).max(axis=0)
        usual = deviation[kept].mean() if kept.any() else 1.0
        return replace(self, mean=mean, scale=np.where(kept, deviation, usual), kept=kept)

    def encode(self, X, signature):
        """Return a validated X, standardised, as the named arrays that a signature asks for."""
        ((name, _),) = signature.inputs
        return {name: precision.converted(self.standardized(X), self.dtype)}

    def standardized(self, X):
        """Return a validated X, standardised, in its precision."""
        return (X - self.mean.astype(X.dtype)) / self.scale.astype(X.dtype)

    def units(self, standardized):
        """Return standardised rows in units of X, as doubles."""
        return standardized.astype(np.float64) * self.scale + self.mean


def _accepted(X):
    """Return the float dtypes of a validated X: not less exact than X, because differences are what counts."""
    kind = getattr(X, "dtype", np.dtype(float))
    return [np.float32, np.float64] if kind == np.float32 or kind in _EXACT_IN_SINGLE else [np.float64, np.float32]
