"""Which moments of series matter: cover or permute one window after the other, and see what an estimator loses."""

import math
from numbers import Integral

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_consistent_length

from skdeep.inspection._labels import check_y
from skdeep.inspection._occlusion import Importances, averaged, named, row_by_row
from skdeep.inspection._series import SeriesRows

_WINDOWS_A_SERIES = 20


def window_slices(longest, patch, stride):
    """Return the windows that cover series, as slices; the last one may reach behind the end.

    Parameters
    ----------
    longest : int
        Moments of the longest series.
    patch, stride : int or None
        None is a twentieth of the longest series, and windows that touch.

    Raises
    ------
    ValueError
        If the windows would leave moments out, or are longer than the longest series.
    """
    side = math.ceil(longest / _WINDOWS_A_SERIES) if patch is None else _whole(patch, "patch")
    step = side if stride is None else _whole(stride, "stride")
    if side > longest:
        raise ValueError(f"patch={patch} is longer than the longest series, of {longest} moments.")
    if step > side:
        raise ValueError(f"stride={stride} leaves moments out between windows of {side}.")
    return [slice(start, start + side) for start in range(0, longest - side + step, step)]


def _whole(value, name):
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a positive integer for series, got {value!r}.")
    return int(value)


def occlusion(estimator, X, y, *, form, patch, stride, fill, scoring, progress):
    """Put one value for each channel in place of each window of every series, as far as the series goes.

    Parameters
    ----------
    estimator : estimator instance
    X : array-like
    y : array-like or None
        None stands for what the estimator predicts.
    form : estimator instance
        The one that says how series are laid out in X.
    patch, stride : int or None
    fill : "mean" or array-like
    scoring : str, callable or None
        None measures series by series: the probability of the true class, or the absolute error.
    progress : callable
        Wraps the windows in what reports progress.

    Returns
    -------
    Importances
    """
    rows = SeriesRows(X, form)
    windows = window_slices(rows.longest, patch, stride)
    fill = rows.fill(fill)
    y = estimator.predict(X) if y is None else y
    check_consistent_length(rows.views, y)
    credit, name = row_by_row(estimator, scoring)
    if credit is not None:
        return Importances(_drops_by_row(credit, rows, check_y(y), windows, fill, progress), name)
    scorer = check_scoring(estimator, scoring=scoring)
    clean, drops = scorer(estimator, X, y), []
    for window in progress(windows):
        with rows.changed(window, lambda view, number, window=window: fill[window][: len(view)]):
            drops.append(clean - scorer(estimator, rows.laid_out(), y))
    return Importances(averaged(drops, windows, rows.longest), name)


def permutation(estimator, X, y, *, form, patch, stride, scoring, n_repeats, random_state, progress):
    """Exchange each window between the series at random, among those that have as many moments in it.

    Takes and returns what `occlusion` does, except for these.

    Parameters
    ----------
    y : array-like
    scoring : str, callable or None
        None is the estimator's own score.
    n_repeats : int
    random_state : int, RandomState or None
    """
    rows = SeriesRows(X, form)
    windows = window_slices(rows.longest, patch, stride)
    check_scalar(n_repeats, "n_repeats", Integral, min_val=1)
    if len(rows.views) < 2 or y is None:
        raise ValueError(
            f"method='permutation' needs several series and their y, got {len(rows.views)} series, y={y!r}."
        )
    check_consistent_length(rows.views, y)
    random, scorer = check_random_state(random_state), check_scoring(estimator, scoring=scoring)
    clean, drops = scorer(estimator, X, y), []
    for window in progress(windows):
        scores = []
        for _ in range(n_repeats):
            taken = _exchanged([view[window].copy() for view in rows.views], random)
            with rows.changed(window, lambda view, number, taken=taken: taken[number]):
                scores.append(scorer(estimator, rows.laid_out(), y))
        drops.append(clean - np.mean(scores))
    return Importances(averaged(drops, windows, rows.longest), named(scoring))


def _exchanged(parts, random):
    """Return parts of series in another order, each in the place of one that is as long."""
    lengths, taken = np.array([len(part) for part in parts]), list(parts)
    for length in np.unique(lengths):
        numbers = np.flatnonzero(lengths == length)
        for number, other in zip(numbers, random.permutation(numbers), strict=True):
            taken[number] = parts[other]
    return taken


def _drops_by_row(credit, rows, y, windows, fill, progress):
    """Return the drop of each moment: the mean over its windows, then over the series that are as long."""
    total, count = np.zeros((2, len(rows.views), rows.longest))
    clean = credit(rows.laid_out(), y)
    for window in progress(windows):
        reached = np.flatnonzero(rows.lengths > window.start)
        with rows.changed(window, lambda view, number, window=window: fill[window][: len(view)]):
            drops = clean[reached] - credit(rows.laid_out(reached), y[reached])
        total[reached, window] += drops[:, None]
        count[:, window] += 1
    there = np.arange(rows.longest) < rows.lengths[:, None]
    return (total / count * there).sum(axis=0) / there.sum(axis=0)
