"""Tables: 2-D arrays, DataFrames and CSR matrices, which stay sparse."""

from scipy import sparse
from sklearn.utils.validation import validate_data

from skdeep._inputs import _precision
from skdeep._spec import InputSignature, InputSpec


class TableInputs:
    """Makes an estimator take tables."""

    _attributes = """
        n_features_in_ : int
            Number of columns of X.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame with string names.
    """

    _auto_batch_size = 200

    def _check_inputs(self, X, *, reset, dtype):
        """Validate X, which may be what this method returned before, and learn or check its width and column names.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        reset : bool
            Learn the width and the names.
        dtype : {"auto", "float32", "float64"}
            What the net computes in, if that is known.

        Raises
        ------
        ValueError
            If X is not a finite numeric table of the expected width; columns of a DataFrame that are not numeric are
            named.
        """
        _precision.check_numeric_columns(X)
        accepted = _precision.accepted_dtypes(X, dtype)
        return validate_data(self, X, accept_sparse="csr", dtype=accepted, reset=reset)

    def _compute_dtype(self, X):
        return _precision.compute_dtype(self.dtype, X.nnz if sparse.issparse(X) else X.size)

    def _input_numbers(self, X, sample_weight):
        """Return the live numbers of the model that are statistics of the training rows."""
        return {}

    def _input_signature(self, X, dtype):
        spec = InputSpec((X.shape[1],), dtype, sparse.issparse(X))
        return InputSignature((("X", spec),), dtype)

    def _input_arrays(self, X, signature):
        """Return a validated X as the named arrays that the signature asks for."""
        ((name, spec),) = signature.inputs
        if sparse.issparse(X) != spec.sparse:
            X = sparse.csr_matrix(X) if spec.sparse else X.toarray()
        if not spec.sparse:
            return {name: _precision.converted(X, signature.dtype)}
        if X.dtype == signature.dtype:
            return {name: X}
        data = _precision.converted(X.data, signature.dtype)
        return {name: type(X)((data, X.indices, X.indptr), shape=X.shape)}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
