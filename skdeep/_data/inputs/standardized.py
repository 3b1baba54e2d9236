"""Rows of any shape, flattened, whose columns are standardised before a net sees them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import validate_data

from skdeep._data.inputs import precision
from skdeep._data.inputs.tables import Tables

_EXACT_IN_SINGLE = np.bool_, np.int8, np.uint8, np.int16, np.uint16


@dataclass(frozen=True)
class StandardizedRows(Tables):
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

    attributes = """
        row_shape_ : tuple of int
            Shape of one row: (n_features,) for a table, (height, width) or more for images.
        n_features_in_ : int
            Number of values of a row.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame with string names.
    """

    def validate(self, estimator, X, *, reset):
        """Return X checked, as a table; what was returned may be given again.

        Parameters
        ----------
        estimator : estimator instance
            Learns or compares `row_shape_`, and what scikit-learn wants to know of X.
        X : array-like of shape (n_samples, ...)
        reset : bool

        Raises
        ------
        ValueError
            If X does not hold finite numbers, or its rows are not of the expected shape.
        """
        precision.check_numeric_columns(X)
        X, shape = _flat(X, None if reset else estimator.row_shape_, type(estimator).__name__)
        X = validate_data(estimator, X, dtype=_accepted(X), reset=reset, ensure_min_samples=2 if reset else 1)
        if reset:
            estimator.row_shape_ = shape or (X.shape[1],)
        return X

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

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        tags.input_tags.three_d_array = True


def _accepted(X):
    """Return the float dtypes of a validated X: not less exact than X, because differences are what counts."""
    kind = getattr(X, "dtype", np.dtype(float))
    return [np.float32, np.float64] if kind == np.float32 or kind in _EXACT_IN_SINGLE else [np.float64, np.float32]


def _flat(X, expected, name):
    """Return X with one row a row, and the shape of a row, or None if rows were flat already."""
    if isinstance(X, pd.DataFrame) or sparse.issparse(X):
        return X, None
    X = np.asarray(X)
    if X.ndim < 3:
        return X, None
    if expected is not None and X.shape[1:] != expected:
        raise ValueError(f"X has rows of shape {X.shape[1:]}, but {name} was fitted on rows of shape {expected}.")
    return X.reshape(len(X), int(np.prod(X.shape[1:]))), X.shape[1:]
