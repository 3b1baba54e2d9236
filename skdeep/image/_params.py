"""Parameters that several estimators of this package have."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep._params import param


@dataclass(eq=False, repr=False)
class ImageParams:
    """How values become images."""

    image_shape: object = param(
        None,
        ["array-like", None],
        "tuple or None",
        "(height, width) or (height, width, channels) of the images in flat rows. None takes the shape of X; flat rows "
        "are then read as square images, gray or in colour, where the width allows it (64, 784, 3072, ...), and else "
        "as images of one row.",
    )
    rescale: object = param(
        "auto",
        [StrOptions({"auto"}), Interval(Real, 1e-15, 1e15, closed="both"), None],
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
