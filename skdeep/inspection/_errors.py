"""The worst errors of predictions: sure and wrong, or far off."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.multiclass import is_multilabel
from sklearn.utils.validation import check_consistent_length

from skdeep._data.targets import is_indicator
from skdeep.inspection._labels import (
    check_y,
    class_numbers,
    one_array_a_target,
    probabilities_of,
    probability_columns,
)


@dataclass(frozen=True)
class Errors:
    """Errors, the worst first.

    Parameters
    ----------
    indices : ndarray of shape (n_errors,)
        Rows with errors.
    y_true, y_pred : list of str
        What is true and what is predicted in each, as it is written; of several targets, the worst.
    confidence : ndarray of shape (n_errors,) or None
        Probability of what is predicted.
    names : list of str or None
        Which of several targets is wrong.
    countable : bool
        Whether there are also rows without an error, as there are for labels.
    """

    indices: np.ndarray
    y_true: list
    y_pred: list
    confidence: np.ndarray | None
    names: list | None
    countable: bool = True


def classification_errors(y_true, y_pred, probabilities=None, classes=None, display_labels=None):
    """Find the rows with a wrong label; without probabilities, in the order of the rows.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_targets)
    probabilities : array-like or list of array-like, optional
        As `predict_proba` returns them.
    classes : ndarray or list of ndarray, optional
        Of the columns of the probabilities; the labels that occur by default.
    display_labels : sequence of str, optional
        Names of the classes, or of the targets if there are several.
    """
    y_true, y_pred = _columns(y_true, y_pred)
    multilabel = is_multilabel(y_true) and is_indicator(y_true)
    n_targets = y_true.shape[1]
    wrong, confidence = y_true != y_pred, None
    if probabilities is not None:
        if classes is None:
            classes = [np.unique([true, pred]) for true, pred in zip(y_true.T, y_pred.T, strict=True)]
            classes = classes if one_array_a_target(probabilities) else classes[0]
        confidence = probabilities_of(y_pred, probability_columns(probabilities, classes, n_targets))
    severity = np.where(wrong, 1.0 if confidence is None else confidence, -np.inf)
    rows, targets = _worst_first(severity)
    true, pred = y_true[rows, targets], y_pred[rows, targets]
    names = None
    if n_targets > 1:
        names = _named(targets, n_targets, display_labels, "label" if multilabel else "target")
    elif display_labels is not None:
        classes = np.unique([y_true, y_pred]) if classes is None else np.asarray(classes)
        _check_count(display_labels, len(classes), "classes")
        true, pred = (np.asarray(display_labels)[class_numbers(labels, classes)] for labels in (true, pred))
    if multilabel:
        true, pred = (np.where(labels == 1, "yes", "no") for labels in (true, pred))
    return Errors(
        rows, [*map(str, true)], [*map(str, pred)], None if confidence is None else confidence[rows, targets], names
    )


def regression_errors(y_true, y_pred, display_labels=None):
    """Rank the rows by their largest residual, in standard deviations of the target if there are several.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_targets)
    display_labels : sequence of str, optional
        Names of the targets.
    """
    y_true, y_pred = _columns(y_true, y_pred)
    residuals = np.abs(y_true - y_pred)
    spread = y_true.std(axis=0)
    relative = residuals / np.where(spread > 0, spread, 1.0)
    rows, targets = _worst_first(np.where(residuals > 0, relative, -np.inf))
    n_targets = y_true.shape[1]
    names = _named(targets, n_targets, display_labels, "target") if n_targets > 1 else None
    true, pred = ([f"{value:.4g}" for value in values[rows, targets]] for values in (y_true, y_pred))
    return Errors(rows, true, pred, None, names, countable=False)


def _columns(y_true, y_pred):
    y_true, y_pred = check_y(y_true), check_y(y_pred)
    check_consistent_length(y_true, y_pred)
    y_true, y_pred = y_true.reshape(len(y_true), -1), y_pred.reshape(len(y_pred), -1)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true has {y_true.shape[1]} targets, but y_pred has {y_pred.shape[1]}.")
    return y_true, y_pred


def _worst_first(severity):
    """Return the rows with an error and the worst target of each."""
    targets = severity.argmax(axis=1)
    worst = severity[np.arange(len(severity)), targets]
    rows = np.argsort(-worst, kind="stable")[: np.isfinite(worst).sum()]
    return rows, targets[rows]


def _named(targets, n_targets, display_labels, kind):
    if display_labels is None:
        return [f"{kind} {target}" for target in targets]
    _check_count(display_labels, n_targets, f"{kind}s")
    return [str(display_labels[target]) for target in targets]


def _check_count(display_labels, n_expected, kind):
    if len(display_labels) != n_expected:
        raise ValueError(f"display_labels must name the {n_expected} {kind}, got {len(display_labels)} names.")
