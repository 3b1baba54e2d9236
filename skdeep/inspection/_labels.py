"""Labels and probabilities of any kind of classification as columns, one a target: what displays compare."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skdeep._data import targets
from skdeep.utils._dense import dense


def check_y(y):
    """Return targets as an array of shape (n_samples,) or (n_samples, n_targets)."""
    y = dense(y)
    if y.ndim not in (1, 2):
        raise ValueError(f"Targets must have the shape (n_samples,) or (n_samples, n_targets), got {y.shape}.")
    return y


def probability_columns(probabilities, classes, n_targets):
    """Return a list of (classes, probabilities of shape (n_samples, n_classes)), one a target.

    Parameters
    ----------
    probabilities : ndarray or list of ndarray
        As `predict_proba` returns them.
    classes : ndarray or list of ndarray
        As `classes_`; what a multilabel estimator has there is not looked at.
    n_targets : int
        Columns of the targets. The columns of a single array are independent labels if there is more than one.
    """
    if one_array_a_target(probabilities):
        return list(zip(classes, map(np.asarray, probabilities), strict=True))
    probabilities = np.asarray(probabilities)
    if probabilities.ndim == 1:
        probabilities = probabilities[:, None]
    if n_targets > 1:
        return [(np.array([0, 1]), np.column_stack([1 - column, column])) for column in probabilities.T]
    if probabilities.shape[1] == 1:
        probabilities = np.column_stack([1 - probabilities, probabilities])
    return [(np.asarray(classes), probabilities)]


def one_array_a_target(probabilities):
    """Whether probabilities are a list of matrices, as for several multiclass targets."""
    return isinstance(probabilities, list) and np.ndim(probabilities[0]) == 2


def probabilities_of(labels, columns):
    """Return the probability of each label, of shape (n_samples, n_targets).

    Parameters
    ----------
    labels : ndarray of shape (n_samples, n_targets)
    columns : list of (classes, probabilities)
        As `probability_columns` returns them.

    Raises
    ------
    ValueError
        If there are labels without a probability.
    """
    if len(columns) != labels.shape[1]:
        raise ValueError(f"There are {labels.shape[1]} targets, but probabilities of {len(columns)}.")
    found = []
    for (classes, probabilities), column in zip(columns, labels.T, strict=True):
        check_consistent_length(column, probabilities)
        if len(classes) != probabilities.shape[1]:
            raise ValueError(
                f"There are {len(classes)} classes, {classes[:10].tolist()}, but {probabilities.shape[1]} columns of "
                "probabilities; give the classes of the columns."
            )
        found.append(probabilities[np.arange(len(column)), class_numbers(column, classes)])
    return np.column_stack(found)


def class_numbers(labels, classes):
    """Return the position of each label among the classes.

    Raises
    ------
    ValueError
        If there are labels that are no classes.
    """
    numbers, unknown = targets.class_numbers(labels, classes)
    if unknown:
        raise ValueError(f"The labels {unknown} are not among the classes {classes[:10].tolist()}.")
    return numbers
