"""The learned vectors of categories of a fitted net, as frames."""

import numpy as np
import pandas as pd
from scipy.linalg import svd
from sklearn.utils.extmath import svd_flip

OTHER = "(other)"  # what stands for all values that share a vector


def of_all_nets(model):
    """Return the vectors of categories of each net of a fitted estimator.

    Parameters
    ----------
    model : TabularClassifier or TabularRegressor

    Returns
    -------
    vectors : dict of list of DataFrame
        By the name, or the number, of the column: a frame for each net, with a row for each category, the most frequent
        first, and then one for all other values.
    """
    net, inputs = model._net, model._net.inputs
    tables = [
        table
        for array in net.weights_at(_config(net).vectors_path, model.weights_)
        for table in array.reshape(-1, *array.shape[-2:])
    ]
    names, firsts = inputs.sources["categories"], np.cumsum((0, *inputs.category_sizes))
    return {
        name: [_as_frame(name, inputs.categories_of(name), table[first:]) for table in tables]
        for name, first in zip(names, firsts[:-1], strict=True)
    }


def principal(frames, counts, most):
    """Return vectors in their principal axes: zero is the mean of the training rows, the first axis says most.

    Vectors of several nets are laid end to end, so that squared distances are the mean of those in each net.

    Parameters
    ----------
    frames : list of DataFrame
        Of one column, as from `of_all_nets`.
    counts : ndarray
        Training rows of each id, of which 0 stands for all other values. A vector that none has was not learned, and
        becomes zero.
    most : callable
        Returns the largest number of axes for so many learned vectors.

    Returns
    -------
    vectors : DataFrame
        With the index of `frames`. There are at most as many axes as vectors that were learned, less one.
    """
    vectors = np.concatenate(frames, axis=1).astype(np.float64) / np.sqrt(len(frames))
    weights = np.roll(counts, -1)[:, None]
    centred = np.where(weights > 0, vectors - np.average(vectors, axis=0, weights=weights[:, 0]), 0.0)
    left, _, axes = svd(np.sqrt(weights) * centred, full_matrices=False)
    _, axes = svd_flip(left, axes, u_based_decision=False)
    n_learned = int((counts > 0).sum())
    kept = min(most(n_learned), max(1, n_learned - 1), len(axes))
    return pd.DataFrame(centred @ axes[:kept].T, index=frames[0].index)


def nothing(name):
    """Return the vectors of a column that had no value in any training row: one zero for all values."""
    return pd.DataFrame([[0.0]], index=index_of(name, []))


def _config(net):
    """Return the config of the architecture, which the members of an ensemble share."""
    return net.spec.config[0].config if net.n_members > 1 else net.spec.config


def _as_frame(name, categories, table):
    """Return the rows of a table that begins with that of all other values."""
    values = [np.nan if value is None else value for value in categories]
    rows = [*range(1, len(values) + 1), 0]
    return pd.DataFrame(table[rows], index=index_of(name, values))


def index_of(name, values):
    """Return the index of the vectors of a column that has some values, and others."""
    return pd.Index([*values, OTHER], dtype=object, name=name)
