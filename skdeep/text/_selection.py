"""Which columns of a sparse matrix tell most about y."""

import warnings

import numpy as np
from sklearn.feature_selection import chi2, f_classif, f_regression
from sklearn.utils.multiclass import type_of_target

STATISTICS = ("f_classif", "chi2")


def best(X, y, statistic, n_kept):
    """Return the numbers of the best columns in ascending order, or None if all are kept.

    Parameters
    ----------
    X : CSR matrix
    y : array-like or None
        Without it, the columns that most rows have are the best.
    statistic : str or None
        One of STATISTICS.
    n_kept : int
    """
    if statistic is None or n_kept >= X.shape[1]:
        return None
    values = X.getnnz(axis=0) if y is None else _values(X, np.asarray(y), statistic)
    return np.sort(np.argsort(-values, kind="stable")[:n_kept])


def _values(X, y, statistic):
    """Return how much each column tells, at most about any column of y."""
    columns = y.T if y.ndim == 2 else [y]
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore")  # about columns that do not vary: they tell nothing
        values = [_statistic(statistic, column)(X)[0] for column in columns]
    return np.nan_to_num(np.max(values, axis=0), nan=-1.0)


def _statistic(name, y):
    """Return the function of X for one column of y."""
    is_continuous = type_of_target(y) == "continuous"
    if name == "chi2":
        labels = y > np.median(y) if is_continuous else y
        return lambda X: chi2(X, labels)
    return lambda X: (f_regression if is_continuous else f_classif)(X, y)
