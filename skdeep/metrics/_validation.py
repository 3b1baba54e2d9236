"""Checks of arguments that several metrics share."""

import numpy as np
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import _check_sample_weight, check_array, check_consistent_length


def is_multilabel_target(y, name):
    """Tell a multilabel indicator matrix from classes; what is neither is an error.

    Parameters
    ----------
    y : array-like
        Targets or predictions.

    name : str
        What to call them in the error.

    Returns
    -------
    multilabel : bool
        True for an indicator matrix, False for binary and multiclass classes.

    Raises
    ------
    ValueError
        If ``y`` holds neither, such as continuous values.
    """
    kind = type_of_target(y, input_name=name)
    if kind not in ("binary", "multiclass", "multilabel-indicator"):
        raise ValueError(
            f"{name} must hold classes (binary or multiclass) or be a multilabel indicator matrix, got {kind} values."
        )
    return kind == "multilabel-indicator"


def check_regression_targets(y_true, y_pred, sample_weight):
    """Validate regression targets and drop the rows of weight zero, which count nowhere.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets and predictions.

    sample_weight : array-like of shape (n_samples,) or None
        Weights of the rows.

    Returns
    -------
    y_true, y_pred : ndarray of shape (n_kept, n_targets), float64
        The rows with a positive weight.

    sample_weight : ndarray of shape (n_kept,) or None
        Their weights.

    Raises
    ------
    ValueError
        If the shapes differ, a value is missing or infinite, a weight is negative, or all are zero.
    """
    check_consistent_length(y_true, y_pred, sample_weight)
    y_true, y_pred = _as_columns(y_true, "y_true"), _as_columns(y_pred, "y_pred")
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true and y_pred must have the same number of targets, got {y_true.shape[1]} and {y_pred.shape[1]}."
        )
    if sample_weight is None:
        return y_true, y_pred, None
    sample_weight = _check_sample_weight(sample_weight, y_true, dtype=np.float64, ensure_non_negative=True)
    counted = sample_weight > 0
    if not counted.any():
        raise ValueError("sample_weight must have at least one positive weight, got only zeros.")
    return y_true[counted], y_pred[counted], sample_weight[counted]


def _as_columns(y, name):
    y = check_array(y, ensure_2d=False, dtype=np.float64, input_name=name)
    return y.reshape(-1, 1) if y.ndim == 1 else y


def check_names(target_names, n_rows):
    """Return ``target_names`` as a list, or raise if it does not name ``n_rows`` rows."""
    if isinstance(target_names, str):
        raise TypeError(f"target_names must be a sequence of names, got the single string {target_names!r}.")
    target_names = list(target_names)
    if len(target_names) != n_rows:
        raise ValueError(
            f"target_names must have one name for each of the {n_rows} rows, got {len(target_names)} names."
        )
    return target_names
