"""Numbers of a frame in units of their spread: robust scaling, smooth clipping, and their quantiles."""

from dataclasses import dataclass

import numpy as np

N_BINS = 48  # between the quantiles that are kept
_FARTHEST = 1e9  # in units of the spread: the limit of the clipped value is reached in double precision long before
_AT_A_TIME = 4096  # rows, which stay in the cache of the processor
_CLOSE = 1e-12  # cumulated weights that differ by less are the same


@dataclass(frozen=True)
class ScaledNumbers:
    """Columns of numbers, scaled and clipped.

    x becomes s (x - median), where s = 1 / (q75 - q25), or 2 / (max - min) if that is 0, or 0 if the column is
    constant; z = s (x - median) becomes z / sqrt(1 + (z / 3)^2), between -3 and 3. What is missing becomes 0, which is
    the median.

    Parameters
    ----------
    columns : tuple of int
        Their numbers in X.
    quantiles : ndarray of float64 of shape (n_columns, N_BINS + 1)
        Of training rows; NaN if there was no value.
    """

    columns: tuple
    quantiles: np.ndarray

    def encode(self, X, dtype):
        """Return the columns of FrameRows as an array of a dtype, of shape (n_rows, n_columns)."""
        result = np.empty((len(X), len(self.columns)), dtype)
        for start in range(0, len(X), _AT_A_TIME):
            rows = slice(start, start + _AT_A_TIME)
            result[rows] = self._scaled(X.table(self.columns, rows))
        return result

    def edges(self, n_bins):
        """Return the k / n_bins quantiles of each column of training rows, scaled and clipped like the columns.

        Parameters
        ----------
        n_bins : int
            Divisors of N_BINS are exact; other quantiles are interpolated between those that are kept.

        Returns
        -------
        edges : ndarray of float64 of shape (n_columns, n_bins + 1)
        """
        known = self._scaled(self.quantiles.T).T
        at = np.linspace(0, N_BINS, n_bins + 1)
        below = np.minimum(at.astype(int), N_BINS - 1)
        share = at - below
        return known[:, below] * (1 - share) + known[:, below + 1] * share

    def _scaled(self, values):
        """Return values of shape (any, n_columns) scaled and clipped; divided by four, no difference overflows."""
        quantiles = self.quantiles.T / 4
        low, centre, high = quantiles[[N_BINS // 4, N_BINS // 2, 3 * N_BINS // 4]]
        spread = high - low
        spread = np.where(spread > 0, spread, (quantiles[-1] - quantiles[0]) / 2)
        varies = spread > 0  # not if it is NaN
        with np.errstate(over="ignore"):
            z = (values / 4 - centre) / np.where(varies, spread, 1.0)
        z = np.clip(z, -_FARTHEST, _FARTHEST)
        z /= np.sqrt(1 + np.square(z / 3))
        z[:, ~varies] = 0
        z[np.isnan(z)] = 0
        return z


def learned(X, columns, weight):
    """Return ScaledNumbers of columns of training rows.

    Parameters
    ----------
    X : FrameRows
    columns : list of int
    weight : ndarray of shape (n_rows,) or None
        A row of weight two counts as two rows.
    """
    return ScaledNumbers(tuple(columns), quantiles(X.table(columns), np.arange(N_BINS + 1) / N_BINS, weight))


def quantiles(values, shares, weight=None):
    """Return weighted quantiles of each column, of what is not NaN.

    A quantile is the smallest value that the share of the weights reaches, or the mean of this and the next value if
    it is reached exactly ("averaged_inverted_cdf" in NumPy).

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    shares : ndarray of shape (n_shares,)
    weight : ndarray of shape (n_rows,) or None
        Above zero.

    Returns
    -------
    quantiles : ndarray of float64 of shape (n_columns, n_shares)
        NaN in a column without values.
    """
    result = np.full((values.shape[1], len(shares)), np.nan)
    for number, column in enumerate(np.ascontiguousarray(values.T)):
        if weight is None:
            ordered = np.sort(column)  # NaN at the end
            n_values = len(ordered) - int(np.isnan(ordered).sum())
            reached = shares * n_values
            lower, upper = np.ceil(reached * (1 - _CLOSE)) - 1, np.floor(reached * (1 + _CLOSE))
        else:
            there = np.flatnonzero(~np.isnan(column))
            there = there[np.argsort(column[there], kind="stable")]
            ordered, cumulated = column[there], np.cumsum(weight[there])
            n_values = len(ordered)
            reached = shares * (cumulated[-1] if n_values else 0)
            lower = np.searchsorted(cumulated, reached * (1 - _CLOSE), side="left")
            upper = np.searchsorted(cumulated, reached * (1 + _CLOSE), side="right")
        if n_values:
            lower, upper = (ordered[np.clip(one, 0, n_values - 1).astype(int)] for one in (lower, upper))
            result[number] = np.where(lower == upper, lower, lower / 2 + upper / 2)
    return result
