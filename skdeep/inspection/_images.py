"""X as images, whatever layout it comes in, and back; and the range in which images are shown."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs.images import explicit_shape
from skdeep.inspection._history import unwrapped
from skdeep.utils._dense import dense


def known_image_shape(estimator, image_shape=None):
    """Return (height, width, channels): the shape given, or that of the images the estimator was fitted on, or None.

    Parameters
    ----------
    estimator : estimator instance
        Fitted; also a pipeline or a search.
    image_shape : tuple or None
        What the user says, which counts first.

    Raises
    ------
    NotFittedError
        If the estimator has not been fitted.
    """
    check_is_fitted(estimator)
    if image_shape is not None:
        return image_shape
    return next((found.image_shape_ for found in unwrapped(estimator) if hasattr(found, "image_shape_")), None)


def as_images(X, image_shape=None):
    """Return X as an array of shape (n_samples, height, width, channels), a view where possible.

    Parameters
    ----------
    X : array-like, DataFrame or sparse matrix
        Images, of shape (n_samples, height, width[, channels]), or flat rows.
    image_shape : tuple or None
        (height, width) or (height, width, channels) of the images in flat rows.

    Raises
    ------
    ValueError
        If X holds no images, or the shape of those in flat rows is not known or does not fit.
    TypeError
        If X does not hold numbers.
    """
    X = as_array(X)
    if X.ndim not in (2, 3, 4) or not X.size:
        raise ValueError(
            "X must hold images, of shape (n_samples, height, width) or (n_samples, height, width, channels), or flat "
            f"rows; got the shape {X.shape}."
        )
    if X.ndim > 2:
        return X if X.ndim == 4 else X[..., None]
    if image_shape is None:
        raise ValueError(
            f"X has flat rows of {X.shape[1]} values, and the shape of its images is not known; give "
            "image_shape=(height, width) or (height, width, channels)."
        )
    shape = explicit_shape(image_shape)
    if np.prod(shape) != X.shape[1]:
        raise ValueError(
            f"image_shape={tuple(image_shape)} has {int(np.prod(shape))} values and does not fit rows of {X.shape[1]}; "
            "give the image_shape of X."
        )
    return X.reshape(-1, *shape)


def as_array(X):
    """Return any X as a dense array of numbers."""
    X = dense(X)
    if X.dtype.kind == "O":  # such as a DataFrame of several dtypes
        try:
            X = X.astype(np.float64)
        except (TypeError, ValueError):
            raise TypeError("X must hold numbers: images of one size, or flat rows of pixels.") from None
    if X.dtype.kind not in "biuf":
        raise TypeError(f"X must hold numbers, got values of type {X.dtype}. Load images from files first.")
    return X


def laid_out_as(X, images):
    """Return images in the layout of X: with or without channels, as flat rows, as a DataFrame."""
    rows = images.reshape(len(images), *(X.shape if hasattr(X, "shape") else np.shape(X))[1:])
    return pd.DataFrame(rows, columns=X.columns) if isinstance(X, pd.DataFrame) else rows


def shown_range(images):
    """Return the (lowest, highest) value of images as they are shown: from black, if there are no negative values."""
    return min(0.0, float(np.min(images))), float(np.max(images))
