"""Series as a net sees them, and as users give them: the moments of each row, without padding."""

from contextlib import contextmanager
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar

from skdeep._data.inputs._series_rows import nested
from skdeep.inspection._history import seen_by_net, unwrapped


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
    max_series : int
        Rows at most.

    Returns
    -------
    series : Series
        Its rows have the shape (time, n_channels), or (time,) if they hold ids.
    """
    check_scalar(max_series, "max_series", Integral, min_val=1)
    return trained._net.inputs.validate(trained, seen_by_net(estimator, X[:max_series]), reset=False)


def layout_of_series(estimator):
    """Return the first estimator inside another that says how series are laid out in X, or None.

    Parameters
    ----------
    estimator : estimator instance
        Fitted; also a pipeline, whose first step that reads series counts, or a search.
    """
    for found in unwrapped(estimator):
        for one in (*(step for _, step in getattr(found, "steps", ())), found):
            if hasattr(one, "channels_first"):
                return one
    return None


class SeriesRows:
    """A copy of X that may be changed, seen as series.

    Parameters
    ----------
    X : array-like, DataFrame or list of array-like
        Series, or rows of ids, as users give them.
    form : estimator instance
        The one that says how they are laid out.

    Attributes
    ----------
    views : list of ndarray of shape (time, n_channels)
        The moments of each series in the copy, without padding; ids are one channel.
    lengths : ndarray of int
        Their moments.
    longest : int
        Most of these.
    """

    def __init__(self, X, form):
        self._X, self._form = X, form
        self._has_ids = hasattr(form, "_reads_tokens") and form._reads_tokens()
        rows = nested(X)
        self._copy = list(map(self._changeable, rows)) if rows is not None else self._changeable(X)
        views = [self._by_moment(row, rows is None) for row in self._copy]
        self.views = [view[self._real(view)] for view in views]
        self.lengths = np.array([len(view) for view in self.views])
        if not self.lengths.size or not self.lengths.all():
            raise ValueError("X must hold series, each of one moment at least.")
        self.longest = int(self.lengths.max())

    def laid_out(self, numbers=None):
        """Return the copy, or some rows of it, in the layout of X."""
        numbers = range(len(self.views)) if numbers is None else numbers
        if isinstance(self._copy, list):
            return [self._copy[number] for number in numbers]
        rows = self._copy[np.asarray(numbers)]
        return pd.DataFrame(rows, columns=self._X.columns) if isinstance(self._X, pd.DataFrame) else rows

    @contextmanager
    def changed(self, window, new):
        """Change a window of every series for the time of a block.

        Parameters
        ----------
        window : slice
        new : callable
            From the view of a window and the number of its series to the values that are put there.
        """
        before = [view[window].copy() for view in self.views]
        for number, view in enumerate(self.views):
            view[window] = new(view[window], number)
        yield
        for view, values in zip(self.views, before, strict=True):
            view[window] = values

    def fill(self, fill):
        """Return what covers a series, of shape (longest, n_channels)."""
        if isinstance(fill, str) and fill == "mean":
            fill = self._never_seen() if self._has_ids else np.concatenate(self.views).mean(axis=0, dtype=np.float64)
        if np.asarray(fill).dtype.kind not in "biuf":
            raise ValueError(f"fill must be 'mean', a number or an array that fits a series, got {fill!r}.")
        fill, shape = np.asarray(fill), (self.longest, self.views[0].shape[1])
        if fill.shape == shape[:1] and shape[1] == 1:
            fill = fill[:, None]
        try:
            return np.broadcast_to(fill, shape)
        except ValueError:
            raise ValueError(f"fill has the shape {fill.shape} and does not fit series of {shape}.") from None

    def mean(self):
        """Return the mean of all series at each moment that there is, or None of several rows of ids."""
        if self._has_ids and len(self.views) > 1:
            return None
        total, count = np.zeros((self.longest, self.views[0].shape[1])), np.zeros((self.longest, 1))
        for view in self.views:
            total[: len(view)] += view
            count[: len(view)] += 1
        return total / count

    def _changeable(self, X):
        X = np.asarray(X)
        if self._has_ids:
            return np.array(X, order="C")
        # Values in between have to fit.
        dtype = np.result_type(X.dtype, np.float32) if X.dtype.kind in "biuf" else np.float64
        return np.array(X, dtype=dtype, order="C")

    def _by_moment(self, row, is_flat):
        """Return a view of shape (time, n_channels) of a row of X."""
        channels_first = getattr(self._form, "channels_first", False) and not self._has_ids
        if row.ndim not in (1, 2):
            raise ValueError(
                "X must hold series: of shape (n_samples, time, channels), flat rows, or a list of arrays of shape "
                "(time,) or (time, channels)."
            )
        if row.ndim == 1 and is_flat and not self._has_ids:
            n_channels = self._form.n_channels or 1
            return row.reshape(n_channels, -1).T if channels_first else row.reshape(-1, n_channels)
        if row.ndim == 1:
            return row[:, None]
        return row.T if channels_first else row

    def _real(self, view):
        """Return the slice without padding."""
        if self._has_ids:
            found = np.flatnonzero(view[:, 0])
            return slice(found[0], found[-1] + 1) if len(found) else slice(1)
        if self._form.nan != "trailing":
            return slice(None)
        return slice(np.flatnonzero(~np.isnan(view).all(axis=1)).max(initial=-1) + 1)

    def _never_seen(self):
        """Return an id whose vector is zero."""
        if self._form.embedding_matrix is not None:
            raise ValueError("All ids of an embedding_matrix are known: give the id that covers others as `fill`.")
        return self._form.vocabulary_size_
