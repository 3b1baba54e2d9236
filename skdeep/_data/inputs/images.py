"""Images: (n, height, width[, channels]) or flat rows, kept in the dtype they come in if that is uint8."""

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import validate_data

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._engine.spec import InputSignature

_SMALLEST_SIDE = 8  # of a square image that is recognised in flat rows
_USUAL_CHANNELS = (1, 3, 4)
_LARGEST = 1e18  # value whose square single precision can hold


@dataclass(frozen=True)
class Images:
    """Images, which are rescaled by the net itself.

    The net starts from the live numbers `pixel_mean` and `pixel_variance` and keeps them among its weights, so that
    rescaling goes wherever the weights go.

    Parameters
    ----------
    image_shape : tuple or None
        As users give it; (height, width, channels) once it is learned.
    rescale : float, "auto" or None
        What pixels are multiplied with first.
    dtype : {"auto", "float32", "float64"}
        What the net computes in; `computing` settles what "auto" is.
    """

    image_shape: Any = None
    rescale: Any = "auto"
    dtype: str = "auto"

    attributes = """
        image_shape_ : tuple of (int, int, int)
            Height, width and channels of the images.
        n_features_in_ : int
            Number of values of an image.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame of flat rows with string names.
    """

    @staticmethod
    def batches(n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it."""
        return 64, 1.0

    def validate(self, estimator, X, *, reset):
        """Return X as (n, height, width, channels); what was returned may be given again.

        Parameters
        ----------
        estimator : estimator instance
            Learns `image_shape_`, and what scikit-learn wants to know of X, or compares it.
        X : array-like
        reset : bool

        Raises
        ------
        ValueError
            If X does not hold finite numbers, or its images are not of the expected shape.
        """
        precision.check_numeric_columns(X)
        expected = explicit_shape(self.image_shape) if reset else estimator.image_shape_
        X, shape = _flat_rows(X, expected, fitted=not reset, name=type(estimator).__name__)
        accepted = precision.accepted_dtypes(X, self.dtype)
        # What comes first is what others are converted to, so bytes come last.
        X = validate_data(estimator, X, dtype=[*accepted, np.uint8], reset=reset)
        shape = shape or expected or _inferred_shape(X.shape[1])
        if reset:
            estimator.image_shape_ = shape
        return X.reshape(-1, *shape)

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return self if dtype == "auto" else replace(self, dtype=dtype)

    def computing(self, X):
        """Return these inputs with the dtype that suits X."""
        return replace(self, dtype=precision.compute_dtype(self.dtype, X.size))

    def learn(self, rows):
        """Return these inputs with the shape of the images."""
        return replace(self, image_shape=rows.X.shape[1:])

    def numbers(self, X, sample_weight=None):
        """Return the mean and variance with which the net standardises pixels."""
        if self.rescale is None:
            mean, variance = 0.0, 1.0
        elif self.rescale == "auto":
            mean, variance = _moments(X, sample_weight)
        else:
            mean, variance = 0.0, float(self.rescale) ** -2
        return {"pixel_mean": mean, "pixel_variance": variance}

    def signature(self, X, *others):
        """Describe a validated X."""
        stored = "uint8" if X.dtype == np.uint8 else None
        return InputSignature((("X", Dense(X.shape[1:], self.dtype, stored)),), self.dtype)

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for."""
        ((name, column),) = signature.inputs
        if column.stored is None:
            return {name: precision.converted(X, self.dtype)}
        if X.dtype == np.uint8:
            return {name: X}
        stored = np.clip(X, 0, 255).astype(np.uint8)
        if not np.array_equal(stored, X):
            raise ValueError(
                "The training images are of dtype uint8, but the validation images are not whole numbers from 0 to "
                "255. Give both in the same dtype and range."
            )
        return {name: stored}

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        tags.input_tags.three_d_array = True


def explicit_shape(image_shape):
    """Return (height, width, channels) as a user gives it, with or without channels; None if it is not given.

    Raises
    ------
    ValueError
        If it is anything but two or three positive integers.
    """
    if image_shape is None:
        return None
    shape = tuple(image_shape) if np.iterable(image_shape) else ()
    if len(shape) not in (2, 3) or not all(isinstance(size, Integral) and size > 0 for size in shape):
        raise ValueError(
            "image_shape must be (height, width) or (height, width, channels), all positive integers, got "
            f"{image_shape!r}."
        )
    shape = tuple(int(size) for size in shape)
    return shape if len(shape) == 3 else (*shape, 1)


def _flat_rows(X, expected, *, fitted, name):
    """Return X with one image a row, and the shape of its images, or None if the rows were flat already."""
    if isinstance(X, pd.DataFrame) or sparse.issparse(X):
        return _of_width(X, expected, fitted), None
    X = _array(X)
    if X.ndim < 3:
        return _of_width(X, expected, fitted), None
    if X.ndim > 4:
        raise ValueError(
            f"Found array with dim {X.ndim}. {name} takes images of shape (n, height, width) or (n, height, width, "
            "channels), or flat rows."
        )
    shape = X.shape[1:] if X.ndim == 4 else (*X.shape[1:], 1)
    _check_shape(shape, expected, fitted)
    return X.reshape(len(X), -1) if X.size else X.reshape(len(X), int(np.prod(shape))), shape


def _array(X):
    """Return anything as an array; a list of images of several sizes is an error that names them."""
    if getattr(X, "dtype", None) is np.dtype(object) and X.ndim == 1:
        X = list(X)
    try:
        return np.asarray(X)
    except ValueError as error:
        shapes = list(dict.fromkeys(np.asarray(image, dtype=object).shape for image in X))
        if len(shapes) < 2:
            raise
        found = ", ".join(map(str, shapes[:5])) + (", ..." if len(shapes) > 5 else "")
        raise ValueError(
            f"The images have different shapes: {found}. Bring them to one size first; "
            "skdeep.image.ImageLoader does so for files."
        ) from error


def _check_shape(shape, expected, fitted):
    if expected is None:
        height, width, channels = shape
        first = height in _USUAL_CHANNELS and channels > max(_USUAL_CHANNELS)
        if first and (height > 1 or width == channels):
            raise ValueError(
                f"The images have the shape {shape}, with the channels first. Channels come last here: use "
                "X.transpose(0, 2, 3, 1), or give image_shape if this is meant."
            )
    elif shape != expected and fitted:
        raise ValueError(
            f"The images have the shape {_shown(shape)}, but the estimator was fitted on images of shape "
            f"{_shown(expected)}." + _about_channels(shape, expected)
        )
    elif shape != expected:
        raise ValueError(f"image_shape={_shown(expected)} does not fit images of shape {_shown(shape)}.")


def _about_channels(shape, expected):
    if shape[:2] != expected[:2] or 1 not in (shape[2], expected[2]):
        return ""
    if expected[2] == 1:
        return f" Convert them to grey, as they were then: they have {shape[2]} channels now."
    return f" They were in colour then, with {expected[2]} channels, and are grey now."


def _of_width(X, expected, fitted):
    """Return flat rows if their width fits the shape given; scikit-learn checks those of a fitted estimator."""
    width = X.shape[1] if getattr(X, "ndim", 0) == 2 else None
    if width is not None and expected is not None and not fitted and width != np.prod(expected):
        raise ValueError(
            f"image_shape={_shown(expected)} has {int(np.prod(expected))} values and does not fit rows of {width}."
        )
    return X


def _inferred_shape(width):
    """Return the shape of the images in flat rows: square, grey or in colour; else an image of one row."""
    for channels in (1, 3):
        side = round((width / channels) ** 0.5)
        if side >= _SMALLEST_SIDE and side * side * channels == width:
            return side, side, channels
    return 1, width, 1


def _shown(shape):
    """Return a shape as users write it: grey images have no channels."""
    return tuple(int(size) for size in (shape[:2] if shape[2] == 1 else shape))


def _moments(X, sample_weight):
    """Return a (mean, variance) that bring values to 0..1, or the true ones if there are negative values."""
    low, high = float(X.min()), float(X.max())
    if max(-low, high) > _LARGEST:
        raise ValueError(
            f"X has values up to {max(-low, high):.3g}, which is too large to compute with; divide them first, or is "
            "there a value that stands for something missing?"
        )
    if low >= 0:
        mean, variance = 0.0, high**2
    else:
        rows = X.reshape(len(X), -1)
        mean = float(np.average(rows.mean(axis=1, dtype=np.float64), weights=sample_weight))
        variance = float(np.average(np.square(rows - mean).mean(axis=1, dtype=np.float64), weights=sample_weight))
    return mean, max(variance, _LARGEST**-2) if variance else 1.0
