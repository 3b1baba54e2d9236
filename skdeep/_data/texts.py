"""Texts as users give them: one string a row."""

import warnings
from collections.abc import Iterable, Mapping, Set

import numpy as np
import pandas as pd

WANTED = "a list, array or Series of strings, or a frame of one column"


def read_texts(X, name="X"):
    """Return texts as an array of `str`, for what is missing the empty one.

    Parameters
    ----------
    X : iterable of str, or DataFrame or array of one column
    name : str, default="X"
        Used in messages.

    Returns
    -------
    texts : ndarray of object, of shape (n_texts,)

    Raises
    ------
    TypeError
        If X is a single string, is bytes, or holds anything but strings, None and NaN.
    ValueError
        If X is empty or has several columns.

    Warns
    -----
    UserWarning
        If texts are missing.
    """
    values = _one_dimensional(X, name)
    if not len(values):
        raise ValueError(f"{name} has no texts: Found array with 0 sample(s) while a minimum of 1 is required.")
    missing = np.array([not isinstance(value, str) and _is_missing(value) for value in values])
    for number in np.flatnonzero(~missing):
        if not isinstance(values[number], str):
            raise TypeError(f"{name} must hold strings only, but item {number} is {_shown(values[number])}.")
    if missing.any():
        warnings.warn(
            f"{missing.sum()} of {len(values)} texts in {name} are missing: they count as empty.", stacklevel=3
        )
    texts = np.empty(len(values), object)
    texts[:] = ["" if gone else str(value) for value, gone in zip(values, missing, strict=True)]
    return texts


def tag(tags):
    """Say in scikit-learn's tags that X holds strings."""
    tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
    tags.input_tags.allow_nan = True


def _one_dimensional(X, name):
    if isinstance(X, (str, bytes)):
        raise TypeError(f"{name} is one {type(X).__name__}, but {WANTED} is needed: give [{name}].")
    if isinstance(X, (Mapping, Set)) or not isinstance(X, Iterable):
        raise TypeError(f"{name} is a {type(X).__name__}, but {WANTED} is needed.")
    values = X.to_numpy() if hasattr(X, "to_numpy") else X
    if not isinstance(values, np.ndarray):
        listed = list(values)
        values = np.empty(len(listed), object)
        values[:] = listed
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(f"{name} has the shape {values.shape}, but {WANTED} is needed.")
    return values


def _is_missing(value):
    return value is None or (np.ndim(value) == 0 and pd.isna(value) is True)


def _shown(value):
    if isinstance(value, (bytes, bytearray)):
        return 'bytes: decode them first, as in value.decode("utf-8")'
    return f"{value!r:.60} of type {type(value).__name__}"
