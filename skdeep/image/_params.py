"""Parameters that several estimators of this package have."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep._estimator.params import param
from skdeep.utils._words import Names


@dataclass(eq=False, repr=False)
class ImageParams:
    """How values become images."""

    image_shape: object = param(
        None,
        ["array-like", None],
        "tuple or None",
        "(height, width) or (height, width, channels) of the images in flat rows. None takes the shape of X; flat rows "
        "are then read as square images, grey or in colour, where the width allows it (64, 784, 3072, ...), and else "
        "as images of one row.",
    )
    rescale: object = param(
        "auto",
        [Names({"auto"}), Interval(Real, 1e-15, 1e15, closed="both"), None],
        'float, "auto" or None',
        'What pixels are multiplied with first. "auto" divides by the largest value seen at fit, or standardises all '
        "values together if some are negative.",
    )


def height_and_width(size):
    """Return a size as a pair of integers; one number stands for a square.

    Raises
    ------
    ValueError
        If it is neither a positive integer nor a pair of them.
    """
    pair = (size, size) if isinstance(size, Integral) else tuple(size)
    whole = all(isinstance(length, Integral) and not isinstance(length, bool) for length in pair)
    if len(pair) != 2 or not whole or min(pair) < 1:
        raise ValueError(f"size must be a positive int or a pair (height, width) of them, got {size!r}.")
    return int(pair[0]), int(pair[1])


def integers(values, name):
    """Return a tuple of positive integers."""
    values = tuple(values) if np.iterable(values) else (values,)
    if not all(isinstance(value, Integral) and value >= 1 for value in values):
        raise ValueError(f"{name} must hold integers of at least 1, got {values!r}.")
    return tuple(int(value) for value in values)


def pairs(value, n_layers, name):
    """Return one (height, width) for each layer: from an integer, one pair, or a list of either."""
    if isinstance(value, Integral):
        return ((int(value), int(value)),) * n_layers
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, Integral) for one in value):
        return (integers(value, name),) * n_layers
    if not np.iterable(value) or len(value) != n_layers:
        raise ValueError(
            f"{name} must be an integer, a tuple (height, width), or a list with one of these for each of the "
            f"{n_layers} convolutions; got {value!r}."
        )
    found = tuple(integers(one, name) for one in value)
    if not all(len(pair) in (1, 2) for pair in found):
        raise ValueError(f"{name} must hold integers or pairs (height, width), got {value!r}.")
    return tuple(pair if len(pair) == 2 else pair * 2 for pair in found)
