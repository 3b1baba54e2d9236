"""What every net of a table begins and ends with: its inputs by name, vectors of categories, codes of numbers, outputs.

Inputs are called "numbers" (scaled, from -3 to 3), "flags" (indicators, from -1 to 1) and "categories" (ids); any of
them may be absent.
"""

from skdeep.utils._lazy import keras

# Paths of the weights that are learned from rows and not by descent: edges of bins, (columns, n_bins + 1).
EDGES = "bins/edges"
EMBEDDED_EDGES = "number_embedding/edges"


def enter(signature):
    """Return Keras' symbolic inputs by name, in the order of the signature.

    Parameters
    ----------
    signature : InputSignature
        At least one of "numbers", "flags" and "categories".
    """
    named = {}
    for name, column in signature.inputs:
        named |= column.inputs(name)
    return named


def embedded(ids, sizes, dim, dtype, *, deviation=1.0, name="category_embedding"):
    """Return the vectors of categories, shape (rows, columns, dim).

    Parameters
    ----------
    ids : keras.KerasTensor of shape (rows, columns)
    sizes : tuple of int
        Rows of the table for each column.
    dim : int
    dtype : str
    deviation : float
        Standard deviation of the vectors at the start.
    name : str
    """
    from skdeep.architectures.tabular import _layers

    return _layers.CategoryEmbedding(sizes, dim, deviation, dtype=dtype, name=name)(ids)


def coded(numbers, n_bins, dtype):
    """Return piecewise-linear columns of numbers, shape (rows, columns * n_bins), with their edges at EDGES."""
    from skdeep.architectures.tabular import _layers

    return _layers.PiecewiseLinear(n_bins, dtype=dtype, name="bins")(numbers)


def curved(numbers, n_bins, dim, dtype):
    """Return piecewise-linear vectors of numbers, shape (rows, columns, dim), with their edges at EMBEDDED_EDGES."""
    from skdeep.architectures.tabular import _layers

    return _layers.PiecewiseLinearEmbedding(n_bins, dim, dtype=dtype, name="number_embedding")(numbers)


def flat(vectors, dtype, name):
    """Return vectors of columns, shape (rows, columns, dim), laid end to end."""
    return keras.layers.Flatten(dtype=dtype, name=name)(vectors)


def joined(parts, dtype, name="joined"):
    """Return parts beside each other; one alone is left as it is."""
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate(dtype=dtype, name=name)(parts)
