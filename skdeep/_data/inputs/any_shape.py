"""Rows of any shape: tables, images, series of one length."""

import numpy as np
import pandas as pd
from scipy import sparse


class AnyShape:
    """Mixed into inputs of flat rows, which then take rows of any shape."""

    attributes = """
        row_shape_ : tuple of int
            Shape of one row, as `fit` was given it: (n_features,) for a table, (height, width) or more for images.
        n_features_in_ : int
            Number of values of a row.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame with string names.
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
        X = _array(X)
        shape = tuple(X.shape[1:])
        if not reset and len(shape) > 1 and not _same(shape, estimator.row_shape_):
            raise ValueError(
                f"The rows of X have the shape {shape}, but {type(estimator).__name__} was fitted on rows of shape "
                f"{estimator.row_shape_}."
            )
        X = self._checked(estimator, self._given(X), reset=reset)
        if reset:
            estimator.row_shape_ = shape
        return X

    @staticmethod
    def _given(X):
        """Return X as the kind of input takes it: flat."""
        return X.reshape(len(X), int(np.prod(X.shape[1:]))) if X.ndim > 2 else X

    def _checked(self, estimator, X, *, reset):
        """Return X as the kind of input validates it."""
        return super().validate(estimator, X, reset=reset)

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        tags.input_tags.three_d_array = True


def _array(X):
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
