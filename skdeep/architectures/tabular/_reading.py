"""What every net of a table begins and ends with: its inputs by name, vectors of categories, codes of numbers, outputs.

Inputs are called "numbers" (scaled, from -3 to 3), "flags" (indicators, from -1 to 1) and "categories" (ids); any of
them may be absent.
"""

from dataclasses import dataclass

from skdeep.utils._lazy import keras

# Paths of the weights that are learned from rows and not by descent: edges of bins, (columns, n_bins + 1).
EDGES = "bins/edges"
EMBEDDED_EDGES = "number_embedding/edges"


@dataclass(frozen=True, kw_only=True)
class TableConfig:
    """What all configs of nets of tables say.

    Parameters
    ----------
    output_sizes : tuple of int
        Units of each output.
    category_sizes : tuple of int
        Rows of the table of vectors for each column of "categories".
    category_dim : int
        Length of the vector of a category.
    n_bins : int
        Bins of each number for its piecewise-linear code; 0 for none.
    number_dim : int or None
        Length of the piecewise-linear vector that stands for a number; None puts fixed columns, one a bin, beside it.
    category_deviation : float
        Standard deviation of the vectors of categories at the start.
    """

    output_sizes: tuple
    category_sizes: tuple = ()
    category_dim: int = 8
    n_bins: int = 0
    number_dim: int | None = None
    category_deviation: float = 1.0

    vectors_path = "category_embedding/embeddings"  # of the table of vectors of categories, (all of them, dim)

    @property
    def edges_path(self):
        """Path of the weight that has the edges of the bins; None if there are no bins."""
        if not self.n_bins:
            return None
        return EDGES if self.number_dim is None else EMBEDDED_EDGES


def read(config, signature):
    """Return (inputs by name, all that a row says as one vector).

    Parameters
    ----------
    config : TableConfig
    signature : InputSignature
    """
    named, dtype = enter(signature), signature.dtype
    parts = _of_numbers(config, named["numbers"], dtype) if "numbers" in named else []
    if "flags" in named:
        parts.append(named["flags"])
    if "categories" in named:
        ids, sizes, dim = named["categories"], config.category_sizes, config.category_dim
        vectors = embedded(ids, sizes, dim, dtype, deviation=config.category_deviation)
        parts.append(flat(vectors, dtype, "flat_categories"))
    return named, joined(parts, dtype)


def _of_numbers(config, numbers, dtype):
    if not config.n_bins:
        return [numbers]
    if config.number_dim is None:
        return [numbers, coded(numbers, config.n_bins, dtype)]
    return [flat(curved(numbers, config.n_bins, config.number_dim, dtype), dtype, "flat_numbers")]


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


def dropped(values, rate, dtype, name):
    """Return values behind a dropout of a live rate."""
    from skdeep.architectures._blocks import dropout

    return dropout(rate, dtype=dtype, name=name)(values)


def heads(hidden, config, dtype):
    """Return one dense layer without activation for each output."""
    return [
        keras.layers.Dense(units, dtype=dtype, name=f"output_{index}")(hidden)
        for index, units in enumerate(config.output_sizes)
    ]


def leave(named, outputs, name):
    """Return the keras.Model from inputs by name to outputs, which are no list where there is one."""
    return keras.Model(named, outputs[0] if len(outputs) == 1 else outputs, name=name)
