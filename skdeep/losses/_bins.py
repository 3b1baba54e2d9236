"""Bins of a target in which few or many rows lie, and what a row in each of them should weigh."""

import numpy as np

_STEP = 32  # vectors have room for a multiple of so many bins, so that another number of them compiles nothing
_NEAR = 1e-5  # of the range of the targets: how far edges stay from them, so that rounding moves no row


def balanced(y, sample_weight, n_bins, bin_edges):
    """Return bins of targets, and weights with which each bin that holds rows weighs the same.

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_targets)
    sample_weight : ndarray or None
    n_bins : int
        Of equal width, from the smallest to the largest target.
    bin_edges : ndarray of shape (n_edges,) or (n_targets, n_edges), or None
        Used instead.

    Returns
    -------
    edges : list of ndarray
        Of the bins of each target; the outermost two do not bound anything.
    weights : list of ndarray
        Of the bins of each target. Their weighted mean over the rows is one. A bin without rows weighs what it would
        if it had one.
    """
    edges = [_edges(column, number, n_bins, bin_edges) for number, column in enumerate(y.T)]
    return edges, [_weights(column, own, sample_weight) for column, own in zip(y.T, edges, strict=True)]


def _edges(column, number, n_bins, bin_edges):
    if bin_edges is None:
        return np.linspace(column.min(), column.max(), n_bins + 1)
    return bin_edges if bin_edges.ndim == 1 else bin_edges[number]


def _weights(column, edges, sample_weight):
    places = np.searchsorted(edges[1:-1], column, side="right")
    counts = np.bincount(places, sample_weight, len(edges) - 1).astype(np.float64)
    total, occupied = counts.sum(), np.count_nonzero(counts)
    counts[counts == 0] = total / len(column)
    return total / (occupied * counts)


def vectors(edges, weights, y, offset, scale):
    """Return edges and weights as live vectors, for targets that are shifted and divided.

    Returns
    -------
    vectors : dict of ndarray
        "bin_edges" and "bin_weights", each of one target after the other, with room for more bins.
    """
    found_edges, found_weights = [], []
    for column, own, weight, shift, factor in zip(y.T, edges, weights, offset, scale, strict=True):
        room = -len(weight) % _STEP
        inner = (_apart(own[1:-1], column) - shift) / factor
        found_edges.append(np.concatenate([[-np.inf], inner, np.full(room + 1, np.inf)]))
        found_weights.append(np.concatenate([weight, np.ones(room)]))
    return {"bin_edges": np.concatenate(found_edges), "bin_weights": np.concatenate(found_weights)}


def _apart(edges, column):
    """Return edges between the same targets as before, but not so near to one that rounding could decide."""
    values = np.unique(column)
    above = np.searchsorted(values, edges, side="left")
    low = np.where(above > 0, values[np.maximum(above - 1, 0)], -np.inf)
    high = np.where(above < len(values), values[np.minimum(above, len(values) - 1)], np.inf)
    room = np.minimum(_NEAR * np.ptp(values), (high - low) / 2)
    return np.clip(edges, low + room, high - room)
