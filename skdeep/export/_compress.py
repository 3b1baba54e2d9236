"""Fitted estimators that take less room in a file: weights of fewer bytes, and most of them zero."""

import copy
from contextlib import contextmanager
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.stored import StoredWeights, stored
from skdeep.export._onnx import nets_in

_DTYPES = ("float16", "int8", None)


def compress(estimator, dtype="float16", *, prune=None, X=None, y=None, epochs=10, learning_rate=None):
    """Return a copy of a fitted estimator that takes less room in a file.

    Weights are kept in fewer bytes each, or most of them become zero and are not kept at all, or both. They are
    expanded when a file is opened: the copy predicts, is converted and is trained further like any other estimator, at
    the same speed.

    Parameters
    ----------
    estimator : estimator instance
        A fitted estimator of this package, or a pipeline, search, detector ... that has one. It is not changed.
    dtype : {"float16", "int8"} or None, default="float16"
        What kernels and embeddings are kept in: half precision, or whole numbers of one byte, with a scale for each
        output unit [1]_. None keeps their own precision. Biases, normalisations and statistics keep it anyway.
    prune : float or None, default=None
        Share of the weights of all kernels of a net, from 0 to below 1, that become zero: the smallest [2]_. Biases,
        normalisations and embeddings are left out. None prunes nothing.
    X : array-like of shape (n_samples, ...), default=None
        Rows to train on after pruning, which wins back most of what it cost; weights that are zero stay zero. For a
        pipeline, rows as it was given them.
    y : array-like of shape (n_samples, ...), default=None
        Their targets, where there are some.
    epochs : int, default=10
        Passes over these rows.
    learning_rate : float or None, default=None
        Of that training. None is that of the estimator.

    Returns
    -------
    smaller : estimator instance
        With `weights_` as they are after rounding, in the precision that the net computes in, and without
        `optimizer_state_`: a warm start begins with a fresh optimizer, and moves all weights. After training on `X`,
        `history_` is that of this training.

    Raises
    ------
    NotFittedError
        If the estimator was not fitted.
    TypeError
        If there is no net of this package in it, or the net is a Keras model of yours.
    ValueError
        If an argument is not valid, or weights are too large for half precision.

    Notes
    -----
    With "int8", each weight moves by half a step at most, which is 1/254 of the largest weight of its output unit. How
    much accuracy is lost depends on the net and its data: measure it, on rows that were held out.

    References
    ----------
    .. [1] B. Jacob, S. Kligys, B. Chen, M. Zhu, M. Tang, A. Howard, H. Adam, D. Kalenichenko: Quantization and Training
       of Neural Networks for Efficient Integer-Arithmetic-Only Inference. CVPR 2018.
    .. [2] S. Han, J. Pool, J. Tran, W. J. Dally: Learning both Weights and Connections for Efficient Neural Networks.
       NeurIPS 2015.

    Examples
    --------
    >>> import pickle
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.export import compress
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = MLPClassifier((256,), epochs=10, random_state=0).fit(X, y)
    >>> smaller = compress(net, "int8", prune=0.8, X=X, y=y)
    >>> len(pickle.dumps(smaller)) < len(pickle.dumps(net)) / 10
    True
    >>> bool(smaller.score(X, y) > 0.97)
    True
    """
    _check(estimator, dtype, prune, X, y, epochs, learning_rate)
    smaller = copy.deepcopy(estimator)
    nets = _nets(smaller)
    masks = {id(net): _masks(net, prune) for net in nets}
    for net in nets:
        net.weights_ = _masked(net.weights_, masks[id(net)])
        net.optimizer_state_ = []
    if X is not None:
        _train(smaller, masks[id(nets[0])], X, y, epochs, learning_rate)
    for net in nets:
        net.weights_ = _stored(net, dtype)
    return smaller


def _check(estimator, dtype, prune, X, y, epochs, learning_rate):
    """Raise an error for arguments that are not valid."""
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"estimator must be a fitted estimator or pipeline, got {type(estimator).__name__}.")
    if dtype not in _DTYPES:
        raise ValueError(f"dtype must be one of 'float16', 'int8' and None, got {dtype!r}.")
    if prune is not None and not (isinstance(prune, Real) and 0 <= prune < 1):
        raise ValueError(f"prune must be a share from 0 to below 1, or None, got {prune!r}.")
    if not isinstance(epochs, Integral) or epochs < 1:
        raise ValueError(f"epochs must be an integer of at least 1, got {epochs!r}.")
    if learning_rate is not None and not (isinstance(learning_rate, Real) and 0 < learning_rate < np.inf):
        raise ValueError(f"learning_rate must be a number above 0, or None, got {learning_rate!r}.")
    if X is None and y is not None:
        raise ValueError("y is given without X.")
    if X is not None and not prune:
        raise ValueError("X is for training after pruning: give prune too.")
    check_is_fitted(estimator)
    if not _nets(estimator):
        raise TypeError(
            f"{type(estimator).__name__} has no net of this package. A Keras model of yours is made smaller by Keras' "
            "own tools."
        )
    if X is not None and not hasattr(_last(estimator), "warm_start"):
        raise TypeError(f"{type(_last(estimator)).__name__} cannot be trained further; leave out X and y.")


def _nets(estimator):
    """Return the nets of this package that a fitted estimator is or has."""
    return [net for net in nets_in(estimator) if isinstance(net, BaseDeepEstimator)]


def _last(estimator):
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def _masks(net, prune):
    """Return, for each weight of a net, where it is not pruned, or None where nothing is."""
    if not prune:
        return ()
    is_kernel = [_is_kernel(path, array) for path, array in zip(net.paths_, net.weights_, strict=True)]
    shapes = [array.shape for array, prunes in zip(net.weights_, is_kernel, strict=True) if prunes]
    kernels = [np.abs(array).ravel() for array, prunes in zip(net.weights_, is_kernel, strict=True) if prunes]
    kept = _largest(np.concatenate(kernels), prune)
    parts = iter(np.split(kept, np.cumsum([one.size for one in kernels])[:-1]))
    shaped = iter([part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])
    return tuple(next(shaped) if prunes else None for prunes in is_kernel)


def _is_kernel(path, array):
    """Whether a weight multiplies what comes in: Keras' layers and ours call these kernels."""
    return array.ndim > 1 and path.endswith("kernel")


def _largest(sizes, prune):
    """Return which of some sizes are left when a share of them, the smallest, is taken away."""
    kept = np.ones(sizes.size, bool)
    kept[np.argsort(sizes, kind="stable")[: round(prune * sizes.size)]] = False
    return kept


def _masked(weights, masks):
    if not masks:
        return weights
    return tuple(
        array if mask is None else np.where(mask, array, array.dtype.type(0))
        for array, mask in zip(weights, masks, strict=True)
    )


def _train(estimator, masks, X, y, epochs, learning_rate):
    """Train the last step of a pipeline, or the estimator itself, further on rows as the pipeline is given them."""
    net = _last(estimator)
    for step in [step for _, step in estimator.steps[:-1]] if isinstance(estimator, Pipeline) else ():
        if hasattr(step, "fit_resample"):
            X, y = step.fit_resample(X, y)
        elif hasattr(step, "transform"):
            X = step.transform(X)
    # All epochs are run, so that there is nothing to be told about how the loss goes on.
    changed = {"warm_start": True, "epochs": epochs, "n_iter_no_change": np.inf, "callbacks": None}
    changed |= {} if learning_rate is None else {"learning_rate": learning_rate}
    with _for_a_time(net, changed):
        net._masks = masks
        try:
            net.fit(X) if y is None else net.fit(X, y)
        finally:
            del net._masks
    net.weights_ = _masked(net.weights_, masks)  # of which an optimizer may have kept averages
    net.optimizer_state_ = []


@contextmanager
def _for_a_time(net, changed):
    """For the time of a block, give a net other parameters."""
    before = {name: getattr(net, name) for name in changed}
    vars(net).update(changed)
    try:
        yield
    finally:
        vars(net).update(before)


def _stored(net, dtype):
    """Return the weights of a net as it keeps them in a file."""
    kept = []
    for path, array in zip(net.paths_, net.weights_, strict=True):
        rounds = dtype is not None and (_is_kernel(path, array) or path.endswith("embeddings"))
        if rounds and dtype == "float16" and np.abs(array).max(initial=0) > np.finfo(np.float16).max:
            raise ValueError(
                f"The weights {path!r} are as large as {np.abs(array).max():.3g}, more than half precision holds; use "
                "dtype='int8' or None."
            )
        kept.append(stored(array, dtype, _axes(net, array)) if rounds else stored(array))
    return StoredWeights(kept)


def _axes(net, array):
    """Return the axes of a kernel that one scale is for: all but that of the output units, and that of members."""
    first = 1 if array.ndim > 2 and array.shape[0] == net._net.n_packed else 0
    return tuple(range(first, array.ndim - 1))
