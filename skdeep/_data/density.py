"""Weights of rows that are larger where targets like theirs are rare."""

from dataclasses import dataclass

import numpy as np

_BINS = 100
_REACH, _DEVIATION = 2, 2.0  # of the normal kernel, in bins


@dataclass(frozen=True)
class SmoothedDensity:
    """Weights by the inverse of a smoothed histogram of the target (label distribution smoothing, Yang et al., 2021).

    Parameters
    ----------
    edges : ndarray of shape (n_bins - 1,)
        Between bins of equal width.
    weights : ndarray of shape (n_bins,)
        Of a row in each bin; their mean over the training rows is one.
    """

    edges: np.ndarray
    weights: np.ndarray

    @classmethod
    def learned(cls, y, sample_weight):
        """Return the density of training targets, of which each counts by its weight."""
        edges = np.linspace(y.min(), y.max(), _BINS + 1)[1:-1]
        places = np.searchsorted(edges, y, side="right")
        counts = np.bincount(places, sample_weight, _BINS).astype(np.float64)
        kernel = np.exp(-0.5 * (np.arange(-_REACH, _REACH + 1) / _DEVIATION) ** 2)
        smoothed = np.convolve(counts, kernel, mode="same")
        weights = 1.0 / np.where(smoothed > 0, smoothed, smoothed[smoothed > 0].min())
        return cls(edges, weights / np.average(weights[places], weights=sample_weight))

    def of_rows(self, y):
        """Return the weight of each row."""
        return self.weights[np.searchsorted(self.edges, y, side="right")]
