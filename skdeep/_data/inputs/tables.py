"""Tables: 2-D arrays, DataFrames and CSR matrices, which stay sparse."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from skdeep._data.columns import Dense, Sparse
from skdeep._data.inputs import precision
from skdeep._engine.spec import InputSignature

_STEPS_AN_EPOCH = 32
_BATCH_SIZES = 64, 200
_STEPS_AT_FACTOR_ONE = 64
_LARGEST_FACTOR = 4.0


@dataclass(frozen=True)
class Tables:
    """Tables of numbers.

    Parameters
    ----------
    dtype : {"auto", "float32", "float64"}
        What the net computes in; `computing` settles what "auto" is.
    """

    dtype: str = "auto"

    attributes = """
        n_features_in_ : int
            Number of columns of X.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame with string names.
    """

    @staticmethod
    def batches(n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it.

        Few steps an epoch are larger ones, so that an epoch gets about as far in a small table as in a large one.
        """
        size = int(np.clip(n_rows // _STEPS_AN_EPOCH, *_BATCH_SIZES))
        return size, float(np.clip(_STEPS_AT_FACTOR_ONE * size / n_rows, 1.0, _LARGEST_FACTOR))

    def validate(self, estimator, X, *, reset):
        """Return X checked; what was returned may be given again.

        Parameters
        ----------
        estimator : estimator instance
            Learns or compares the width and the names of the columns, as scikit-learn has it.
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        reset : bool
            Learn the width and the names.

        Raises
        ------
        ValueError
            If X is not a finite numeric table of the expected width; columns of a DataFrame that are not numeric are
            named.
        """
        precision.check_numeric_columns(X)
        accepted = precision.accepted_dtypes(X, self.dtype)
        return validate_data(estimator, X, accept_sparse="csr", dtype=accepted, reset=reset)

    def rows(self, matrix):
        """Return a matrix that comes from a transformer as validated rows."""
        return matrix

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return self if dtype == "auto" else replace(self, dtype=dtype)

    def computing(self, X):
        """Return these inputs with the dtype that suits X."""
        n_values = X.nnz if sparse.issparse(X) else X.size
        return replace(self, dtype=precision.compute_dtype(self.dtype, n_values))

    def learn(self, rows):
        """Return these inputs with what they learned from training rows: nothing."""
        return self

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: the spread of its first biases.

        A unit with a bias has its kink away from the mean of the rows. The standard deviation is that of values spread
        evenly over one standard deviation of columns to either side, if they are standardised, and less for small
        values, such as those of TF-IDF, which such biases would drown.
        """
        return {"bias_deviation": (min(1.0, _mean_square(X, sample_weight)) / 3) ** 0.5}

    def signature(self, X, *others):
        """Describe a validated X."""
        column = Sparse if sparse.issparse(X) else Dense
        return InputSignature((("X", column((X.shape[1],), self.dtype)),), self.dtype)

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for."""
        ((name, column),) = signature.inputs
        if isinstance(column, Dense):
            return {name: precision.converted(X.toarray() if sparse.issparse(X) else X, self.dtype)}
        X = sparse.csr_matrix(X)
        if X.dtype == self.dtype:
            return {name: X}
        data = precision.converted(X.data, self.dtype)
        return {name: type(X)((data, X.indices, X.indptr), shape=X.shape)}

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        tags.input_tags.sparse = not getattr(estimator, "mixup", 0.0)


def _mean_square(X, sample_weight):
    if sparse.issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    values = X.data if sparse.issparse(X) else np.asarray(X)
    if sample_weight is None:
        total, n_rows = np.vdot(values, values), X.shape[0]
    else:
        squares = X.multiply(X).sum(axis=1) if sparse.issparse(X) else np.einsum("ij,ij->i", values, values)
        total, n_rows = np.vdot(np.ravel(squares), sample_weight), sample_weight.sum()
    return float(total) / (float(n_rows) * X.shape[1])
