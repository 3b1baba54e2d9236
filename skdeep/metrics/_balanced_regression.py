"""Errors of regression in which every range of the target weighs the same, however rare it is."""

from numbers import Integral

import numpy as np

from skdeep.metrics._validation import check_regression_targets


def balanced_mean_squared_error(y_true, y_pred, *, sample_weight=None, n_bins=10, bin_edges=None):
    """Mean squared error in which each occupied bin of the target weighs the same.

    The true targets are sorted into bins, the squared error is averaged inside each bin, and then over the
    bins that hold a sample. A model that is good only where the targets are common scores badly.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True targets. Each of several targets is binned on its own.

    y_pred : array-like of the same shape
        Predicted targets.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples inside their bins. They do not change the weight of a bin.

    n_bins : int, default=10
        Number of bins of equal width between the smallest and the largest true target.

    bin_edges : array-like of shape (n_edges,) or sequence of n_targets such arrays, default=None
        Increasing edges of the bins, used instead of ``n_bins``. A bin holds its left edge; targets outside
        the edges belong to the first or the last bin. Give edges when scores of several sets of samples are
        compared, as in cross-validation: the range of the targets changes from set to set.

    Returns
    -------
    error : float
        Non-negative; the best value is 0. The mean over the targets if there are several.

    Raises
    ------
    ValueError
        If the targets do not fit together, or the bins are not valid.

    See Also
    --------
    balanced_mean_absolute_error : The same for absolute errors.

    References
    ----------
    Baccianella, S., Esuli, A. and Sebastiani, F. (2009). Evaluation measures for ordinal regression.

    Ren, J., Zhang, M., Yu, C. and Liu, Z. (2022). Balanced MSE for imbalanced visual regression.

    Examples
    --------
    >>> from skdeep.metrics import balanced_mean_squared_error
    >>> y_true = [0, 0, 0, 10]
    >>> y_pred = [0, 0, 0, 6]
    >>> balanced_mean_squared_error(y_true, y_pred, n_bins=2)
    8.0
    """
    return _balanced_mean(np.square, y_true, y_pred, sample_weight, n_bins, bin_edges)


def balanced_mean_absolute_error(y_true, y_pred, *, sample_weight=None, n_bins=10, bin_edges=None):
    """Mean absolute error in which each occupied bin of the target weighs the same.

    The true targets are sorted into bins, the absolute error is averaged inside each bin, and then over the
    bins that hold a sample. A model that is good only where the targets are common scores badly.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True targets. Each of several targets is binned on its own.

    y_pred : array-like of the same shape
        Predicted targets.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples inside their bins. They do not change the weight of a bin.

    n_bins : int, default=10
        Number of bins of equal width between the smallest and the largest true target.

    bin_edges : array-like of shape (n_edges,) or sequence of n_targets such arrays, default=None
        Increasing edges of the bins, used instead of ``n_bins``. A bin holds its left edge; targets outside
        the edges belong to the first or the last bin. Give edges when scores of several sets of samples are
        compared, as in cross-validation: the range of the targets changes from set to set.

    Returns
    -------
    error : float
        Non-negative, in the unit of the targets; the best value is 0. The mean over the targets if there are
        several.

    Raises
    ------
    ValueError
        If the targets do not fit together, or the bins are not valid.

    See Also
    --------
    balanced_mean_squared_error : The same for squared errors.

    References
    ----------
    Baccianella, S., Esuli, A. and Sebastiani, F. (2009). Evaluation measures for ordinal regression.

    Ren, J., Zhang, M., Yu, C. and Liu, Z. (2022). Balanced MSE for imbalanced visual regression.

    Examples
    --------
    >>> from skdeep.metrics import balanced_mean_absolute_error
    >>> y_true = [0, 0, 0, 10]
    >>> y_pred = [0, 0, 0, 6]
    >>> balanced_mean_absolute_error(y_true, y_pred, n_bins=2)
    2.0
    """
    return _balanced_mean(np.abs, y_true, y_pred, sample_weight, n_bins, bin_edges)


def _balanced_mean(penalty, y_true, y_pred, sample_weight, n_bins, bin_edges):
    """Average ``penalty`` of the errors inside bins, then over bins, then over targets."""
    y_true, y_pred, sample_weight = check_regression_targets(y_true, y_pred, sample_weight)
    if sample_weight is None:
        sample_weight = np.ones(len(y_true))
    inner_edges = _inner_edges(y_true, n_bins, bin_edges)
    errors = penalty(y_true - y_pred)
    means = [
        _mean_over_bins(np.searchsorted(edges, target, side="right"), error, sample_weight)
        for edges, target, error in zip(inner_edges, y_true.T, errors.T, strict=True)
    ]
    return float(np.mean(means))


def _mean_over_bins(bin_index, error, sample_weight):
    totals = np.bincount(bin_index, weights=sample_weight)
    sums = np.bincount(bin_index, weights=sample_weight * error)
    occupied = totals > 0
    return np.mean(sums[occupied] / totals[occupied])


def _inner_edges(y_true, n_bins, bin_edges):
    """Return, for each target, the edges between bins: the outermost two do not bound anything."""
    n_targets = y_true.shape[1]
    if bin_edges is None:
        if isinstance(n_bins, bool) or not isinstance(n_bins, Integral) or n_bins < 1:
            raise ValueError(f"n_bins must be an integer of at least 1, got {n_bins!r}.")
        return [np.linspace(target.min(), target.max(), n_bins + 1)[1:-1] for target in y_true.T]
    if len(bin_edges) and np.ndim(bin_edges[0]) == 0:
        return [_checked_edges(bin_edges)[1:-1]] * n_targets
    if len(bin_edges) != n_targets:
        raise ValueError(
            "bin_edges must be one sequence of edges, or one sequence for each of the "
            f"{n_targets} targets, got {len(bin_edges)} sequences."
        )
    return [_checked_edges(edges)[1:-1] for edges in bin_edges]


def _checked_edges(edges):
    edges = np.asarray(edges, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise ValueError(f"bin_edges must hold at least two increasing numbers, got {edges.tolist()}.")
    return edges
