"""What a net for series sees: the moments of each row, without padding."""

from numbers import Integral

from sklearn.utils import check_scalar

from skdeep.inspection._history import seen_by_net


def first_series(estimator, trained, X, max_series):
    """Return the first rows of X as the net inside an estimator sees them.

    Parameters
    ----------
    estimator : estimator instance
        Fitted; also a pipeline or a search.
    trained : deep estimator
        The one for series that is found in it.
    X : array-like
        What `estimator` takes.
    max_series : int or None
        Rows at most; None for all.

    Returns
    -------
    series : Series
        Its rows have the shape (time, n_channels), or (time,) if they hold ids.
    """
    if max_series is not None:
        check_scalar(max_series, "max_series", Integral, min_val=1)
    return trained._net.inputs.validate(trained, seen_by_net(estimator, X[:max_series]), reset=False)
