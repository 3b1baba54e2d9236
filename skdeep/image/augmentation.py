"""Random changes of the training images: what stays the same picture to a person should stay the same to a net.

Every epoch sees each image in a new version, made inside the compiled training loop from the estimator's seed; nothing
is changed when the net predicts. Amounts are inputs of the program, so a search over them compiles nothing new.
"""

from numbers import Real

from sklearn.utils._param_validation import Interval

from skdeep.utils._options import Options

__all__ = ["Augmentation", "Contrast", "Cutout", "Flip", "Mixup", "Noise", "Rotate", "Shift", "Zoom"]

_FRACTION = [Interval(Real, 0, 1, closed="neither")]


class Augmentation(Options):
    """Base of the random changes: parameters can be read, set and searched.

    Examples
    --------
    >>> from skdeep.image.augmentation import Augmentation, Flip
    >>> isinstance(Flip(), Augmentation)
    True
    """

    def _amounts(self):
        """Return the kinds of change this is made of, with the amount of each; flips have none."""
        return {type(self).__name__.lower(): float(getattr(self, next(iter(self._parameter_constraints))))}


class Flip(Augmentation):
    """Mirror every other image; wrong for digits and letters.

    Parameters
    ----------
    horizontal : bool, default=True
        Swap left and right.
    vertical : bool, default=False
        Swap top and bottom.

    Examples
    --------
    >>> from skdeep.image.augmentation import Flip
    >>> Flip(vertical=True)
    Flip(vertical=True)
    """

    _parameter_constraints: dict = {"horizontal": ["boolean"], "vertical": ["boolean"]}

    def __init__(self, horizontal=True, vertical=False):
        self.horizontal = horizontal
        self.vertical = vertical

    def _amounts(self):
        chosen = {"flip_horizontal": self.horizontal, "flip_vertical": self.vertical}
        return {kind: None for kind, is_on in chosen.items() if is_on}


class Shift(Augmentation):
    """Move by whole pixels, at most by a fraction of the sides; border pixels fill what is uncovered.

    Parameters
    ----------
    fraction : float, default=0.1
        Of height and width.

    Examples
    --------
    >>> from skdeep.image.augmentation import Shift
    >>> Shift(0.2)
    Shift(fraction=0.2)
    """

    _parameter_constraints: dict = {"fraction": _FRACTION}

    def __init__(self, fraction=0.1):
        self.fraction = fraction


class Rotate(Augmentation):
    """Turn about the centre, either way.

    Parameters
    ----------
    degrees : float, default=15.0
        The most there is.

    Examples
    --------
    >>> from skdeep.image.augmentation import Rotate
    >>> Rotate(30)
    Rotate(degrees=30)
    """

    _parameter_constraints: dict = {"degrees": [Interval(Real, 0, 180, closed="right")]}

    def __init__(self, degrees=15.0):
        self.degrees = degrees


class Zoom(Augmentation):
    """Magnify or shrink about the centre.

    Parameters
    ----------
    fraction : float, default=0.1
        The most there is: 0.1 shows between 90 % and 110 % of the sides.

    Examples
    --------
    >>> from skdeep.image.augmentation import Zoom
    >>> Zoom(0.3)
    Zoom(fraction=0.3)
    """

    _parameter_constraints: dict = {"fraction": _FRACTION}

    def __init__(self, fraction=0.1):
        self.fraction = fraction


class Contrast(Augmentation):
    """Pull the pixels of an image towards their mean, or away from it.

    Parameters
    ----------
    fraction : float, default=0.2
        The most there is: 0.2 multiplies differences by 0.8 to 1.2.

    Examples
    --------
    >>> from skdeep.image.augmentation import Contrast
    >>> Contrast(0.5)
    Contrast(fraction=0.5)
    """

    _parameter_constraints: dict = {"fraction": _FRACTION}

    def __init__(self, fraction=0.2):
        self.fraction = fraction


class Noise(Augmentation):
    """Add Gaussian noise to every pixel.

    Parameters
    ----------
    standard_deviation : float, default=0.05
        In units of the rescaled pixels, which usually go from 0 to 1.

    Examples
    --------
    >>> from skdeep.image.augmentation import Noise
    >>> Noise(0.1)
    Noise(standard_deviation=0.1)
    """

    _parameter_constraints: dict = {"standard_deviation": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, standard_deviation=0.05):
        self.standard_deviation = standard_deviation


class Cutout(Augmentation):
    """Set a square somewhere in each image to zero: black, or the mean where pixels are standardised.

    Parameters
    ----------
    fraction : float, default=0.3
        Side of the square, of the shorter side of the image. The centre may lie anywhere in the image.

    References
    ----------
    DeVries and Taylor (2017), "Improved regularization of convolutional neural networks with cutout".

    Examples
    --------
    >>> from skdeep.image.augmentation import Cutout
    >>> Cutout(0.5)
    Cutout(fraction=0.5)
    """

    _parameter_constraints: dict = {"fraction": _FRACTION}

    def __init__(self, fraction=0.3):
        self.fraction = fraction


class Mixup(Augmentation):
    """Train on weighted means of two images and of the losses of their targets.

    Parameters
    ----------
    alpha : float, default=0.2
        The weights are drawn from Beta(alpha, alpha): small values, from 0.01 on, keep most images nearly as they are.

    References
    ----------
    Zhang et al. (2018), "mixup: beyond empirical risk minimization".

    Examples
    --------
    >>> from skdeep.image.augmentation import Mixup
    >>> Mixup(0.4)
    Mixup(alpha=0.4)
    """

    _parameter_constraints: dict = {"alpha": [Interval(Real, 0.01, None, closed="left")]}

    def __init__(self, alpha=0.2):
        self.alpha = alpha


_NAMED = {cls.__name__.lower(): cls for cls in (Flip, Shift, Rotate, Zoom, Contrast, Noise, Cutout, Mixup)}


def resolve(augmentation):
    """Return the kinds of change, with the amount of each.

    Parameters
    ----------
    augmentation : str, Augmentation, sequence of them or None

    Returns
    -------
    amounts : dict of str to float or None
        In the order in which they were given; flips have no amount.

    Raises
    ------
    ValueError
        If a name is not known, a parameter is out of its range, or one change is there twice.
    TypeError
        If something is neither a name nor an Augmentation.

    Examples
    --------
    >>> from skdeep.image.augmentation import Rotate, resolve
    >>> resolve(["flip", Rotate(30)])
    {'flip_horizontal': None, 'rotate': 30.0}
    """
    if augmentation is None:
        return {}
    several = isinstance(augmentation, (list, tuple))
    amounts = {}
    for item in augmentation if several else (augmentation,):
        for kind, amount in _change(item)._amounts().items():
            if kind in amounts:
                raise ValueError(f"augmentation has {type(_change(item)).__name__} twice; give each change once.")
            amounts[kind] = amount
    return amounts


def _change(item):
    if isinstance(item, str):
        if item not in _NAMED:
            raise ValueError(f"augmentation={item!r} is not known; there are {', '.join(map(repr, _NAMED))}.")
        return _NAMED[item]()
    if type(item) not in _NAMED.values():
        raise TypeError(
            f"augmentation must be a name, an object such as {', '.join(cls.__name__ for cls in _NAMED.values())} of "
            "skdeep.image.augmentation, or a list of these; got "
            f"{item!r}" + (", which is a class: give an instance." if isinstance(item, type) else ".")
        )
    item.validate()
    return item
