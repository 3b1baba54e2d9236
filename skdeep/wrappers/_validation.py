"""What X, y and the weights of a wrapper are, and whether later ones are like those it was built for."""

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    _check_y,
    check_array,
    check_consistent_length,
)

from skdeep.utils._lazy import keras


def is_stream(X):
    """Whether X is rows that only Keras can read: a `tf.data.Dataset`, a ragged tensor or a Python dataset."""
    kinds = {base.__name__ for base in type(X).__mro__}
    return bool(kinds & {"DatasetV2", "RaggedTensor", "PyDataset"}) or hasattr(X, "__next__")


def inputs(wrapper, X, *, n_rows=None, reset):
    """Return X as an array, a sparse matrix, or a list or dict of arrays, one for each input of a model.

    Parameters
    ----------
    wrapper : BaseWrapper
        Learns dtype, shape and names of columns, or is asked whether they are these.
    X : array-like, sparse matrix, dict or list of arrays
    n_rows : int, optional
        Of y, which tells whether a list of arrays has one for each input or one for each row.
    reset : bool
    """
    if is_stream(X):
        return X
    if (isinstance(X, dict) and not sparse.issparse(X)) or _is_of_several(wrapper, X, n_rows, reset):
        found = each(X, lambda one: _array(wrapper, one))
        arrays = list(found.values()) if isinstance(found, dict) else found
        check_consistent_length(*arrays)
        shapes, dtypes = each(found, lambda one: one.shape), each(found, lambda one: one.dtype)
        _compare_or_keep(wrapper, reset, X_shape_=shapes, X_dtype_=dtypes)
        return found
    _check_feature_names(wrapper, X, reset=reset)
    array = _array(wrapper, X)
    if reset:
        wrapper.X_dtype_, wrapper.X_shape_, wrapper.n_features_in_ = array.dtype, array.shape, array.shape[1]
    elif hasattr(wrapper, "X_shape_"):  # of a stream nothing is known
        _check_like(wrapper, array)
    return array


def each(values, function):
    """Return what a function makes of each array of a list or dict."""
    if isinstance(values, dict):
        return {name: function(one) for name, one in values.items()}
    return [function(one) for one in values]


def _is_of_several(wrapper, X, n_rows, reset):
    """Whether a list is of inputs: arrays with as many rows as y, or as in the fit."""
    if not isinstance(X, (list, tuple)) or not all(hasattr(one, "shape") and len(one.shape) > 1 for one in X):
        return False
    if not reset:
        return isinstance(getattr(wrapper, "X_shape_", None), list)
    return bool(X) and (n_rows is None or len(X) != n_rows) and len({one.shape[0] for one in X}) == 1


def _array(wrapper, X):
    if not sparse.issparse(X):
        kind = getattr(X, "dtype", np.asarray(X).dtype)
        if getattr(kind, "kind", "O") in "OUS" and _is_text(X):
            return np.asarray(X)
    dtype = (
        keras.config.floatx()
        if getattr(np.asarray(X), "dtype", None).kind in "OUS" and not sparse.issparse(X)
        else None
    )
    return check_array(X, accept_sparse="csr", allow_nd=True, dtype=dtype, estimator=wrapper, input_name="X")


def _is_text(X):
    values = np.ravel(np.asarray(X, object))
    return bool(len(values)) and all(isinstance(one, str) for one in values) and not _are_numbers(values)


def _are_numbers(values):
    try:
        values[:20].astype(float)
    except ValueError:
        return False
    return True


def _compare_or_keep(wrapper, reset, **found):
    if reset:
        vars(wrapper).update(found)
        return
    shapes, known = found["X_shape_"], wrapper.X_shape_
    if (
        type(shapes) is not type(known)
        or len(shapes) != len(known)
        or (isinstance(shapes, dict) and {*shapes} != {*known})
    ):
        raise ValueError(f"X has the inputs {shapes}, but this {wrapper.__name__} was fitted with {known}.")
    pairs = [(shapes[key], known[key]) for key in (shapes if isinstance(shapes, dict) else range(len(shapes)))]
    for shape, before in pairs:
        if shape[1:] != before[1:]:
            raise ValueError(
                f"An input has shape {shape[1:]}, but this {wrapper.__name__} is expecting rows of shape {before[1:]}"
            )


def _check_like(wrapper, array):
    if isinstance(wrapper.X_shape_, (dict, list)):
        raise ValueError(f"X is one array, but this {wrapper.__name__} was fitted with {len(wrapper.X_shape_)} inputs.")
    if not np.can_cast(array.dtype, wrapper.X_dtype_) and not _is_floating(array.dtype, wrapper.X_dtype_):
        raise ValueError(_no_cast("X", array.dtype, wrapper.X_dtype_, wrapper.__name__))
    if array.ndim != len(wrapper.X_shape_):
        raise ValueError(
            f"X has {array.ndim} dimensions, but this {wrapper.__name__} is expecting {len(wrapper.X_shape_)} "
            "dimensions in X."
        )
    if array.ndim == 2 and array.shape[1] != wrapper.n_features_in_:
        raise ValueError(
            f"X has {array.shape[1]} features, but {wrapper.__name__} is expecting {wrapper.n_features_in_} features "
            "as input"
        )
    if array.shape[1:] != wrapper.X_shape_[1:]:
        raise ValueError(
            f"X has shape {array.shape[1:]}, but this {wrapper.__name__} is expecting X of shape {wrapper.X_shape_[1:]}"
        )


def _is_floating(*dtypes):
    return all(np.issubdtype(dtype, np.floating) for dtype in dtypes)


def _no_cast(name, got, expected, wrapper):
    return (
        f"Got {name} with dtype {got}, but this {wrapper} expected {expected} and casting from {got} to {expected} is "
        "not safe!"
    )


def targets(wrapper, y, *, numeric, reset):
    """Return y as an array, or a dict of arrays, one for each output of a model.

    Parameters
    ----------
    wrapper : BaseWrapper
        Learns dtype, kind and dimensions of y, or is asked whether they are these.
    y : array-like or dict of arrays
    numeric : bool
        Whether y must be numbers.
    reset : bool
    """
    if isinstance(y, dict):
        if reset:
            wrapper.target_type_ = "unknown"
        return {name: np.asarray(one) for name, one in y.items()}
    if not wrapper._needs_y and np.asarray(y).ndim > 2:  # images, of an autoencoder
        array = check_array(y, allow_nd=True, dtype=None, estimator=wrapper, input_name="y")
    else:
        array = np.asarray(_check_y(y, multi_output=True, y_numeric=numeric, estimator=wrapper))
    if numeric and array.dtype.kind in "OUS":
        array = array.astype(keras.config.floatx())
    if reset:
        wrapper.target_type_ = wrapper._type_of_target(array) if array.ndim < 3 else "unknown"
        if array.dtype.kind == "O" and wrapper.target_type_ == "unknown":
            raise ValueError("Unknown label type: y holds objects that are neither labels nor numbers.")
        wrapper.y_dtype_, wrapper.y_ndim_ = array.dtype, array.ndim
        return array
    if not np.can_cast(array.dtype, wrapper.y_dtype_):
        raise ValueError(_no_cast("y", array.dtype, wrapper.y_dtype_, wrapper.__name__))
    if array.ndim != wrapper.y_ndim_:
        raise ValueError(
            f"y has {array.ndim} dimensions, but this {wrapper.__name__} is expecting {wrapper.y_ndim_} dimensions in "
            "y."
        )
    return array


def kind_of_target(y):
    """Return scikit-learn's name of what y is."""
    return type_of_target(y)


def weights(X, sample_weight):
    """Return weights of rows as an array, or a list or dict of these for several outputs.

    Raises
    ------
    ValueError
        If no row has any weight.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, dict):
        return {name: weights(X, one) for name, one in sample_weight.items()}
    n_rows = first(X).shape[0]
    if _is_of_outputs(sample_weight):
        return [weights(X, one) for one in sample_weight]
    if not np.asarray(sample_weight).any():
        raise ValueError(
            "No training samples had any weight; only zeros were passed in sample_weight. That means there is nothing "
            "to train on."
        )
    return _check_sample_weight(sample_weight, np.empty((n_rows, 1)), dtype=np.dtype(keras.config.floatx()))


def _is_of_outputs(sample_weight):
    """Whether weights are a list with those of each output, or None for an output without."""
    if not isinstance(sample_weight, (list, tuple)) or not any(one is not None for one in sample_weight):
        return False
    return all(one is None or np.asarray(one).ndim == 1 for one in sample_weight)


def first(X):
    """Return the first of the arrays of X."""
    if isinstance(X, dict):
        return next(iter(X.values()))
    return X[0] if isinstance(X, list) else X


def taken(values, rows):
    """Return some rows of an array, of each array in a list or dict, or None of None."""
    if values is None:
        return None
    if isinstance(values, (dict, list)):
        return each(values, lambda one: taken(one, rows))
    return values[rows]
