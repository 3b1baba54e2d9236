"""Metrics of one set of predictions as a pandas table: a row for each class or target, then averages."""

import numpy as np
from sklearn.metrics import (
    max_error,
    mean_absolute_error,
    mean_squared_error,
    median_absolute_error,
    multilabel_confusion_matrix,
    precision_recall_fscore_support,
    r2_score,
    root_mean_squared_error,
)
from sklearn.utils.multiclass import unique_labels

from skdeep.metrics._validation import check_names, check_regression_targets, is_multilabel_target


def classification_table(y_true, y_pred, *, labels=None, sample_weight=None, target_names=None):
    """Tabulate the quality of predicted classes, class by class and averaged.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or indicator matrix of shape (n_samples, n_labels)
        True classes (binary or multiclass), or the true labels of multilabel data.

    y_pred : array-like of the same shape
        Predicted classes or labels.

    labels : array-like, default=None
        Classes to show, and their order; column numbers for multilabel data. The averages are over these
        classes. All classes in ``y_true`` or ``y_pred`` by default.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.

    target_names : sequence of str, default=None
        Names of the rows, in the order of the classes. By default the classes themselves, and for multilabel
        data the column names of ``y_true`` if it is a DataFrame, else the column numbers.

    Returns
    -------
    table : pandas.DataFrame
        One row for each class, then the rows "micro", "macro" and "weighted". The columns are

        - precision: share of the samples predicted as the class that belong to it,
        - recall: share of the samples of the class that are found, also called sensitivity,
        - specificity: share of the samples of other classes that are not predicted as the class,
        - f1: harmonic mean of precision and recall,
        - geometric_mean: square root of recall times specificity,
        - support: number, or total weight, of the samples of the class.

        A share of nothing, such as the precision of a class that is never predicted, is 0. "micro" pools the
        decisions of all classes, "macro" is the plain mean of the rows, "weighted" their mean weighted by
        support.

    Raises
    ------
    ValueError
        If the targets are continuous or of different kinds, or the names do not fit the classes.

    See Also
    --------
    imblearn.metrics.classification_report_imbalanced : A report as text, for binary and multiclass targets.

    References
    ----------
    Kubat, M. and Matwin, S. (1997). Addressing the curse of imbalanced training sets: one-sided selection.

    Examples
    --------
    >>> from skdeep.metrics import classification_table
    >>> y_true = ["ill", "ill", "well", "well", "well", "well"]
    >>> y_pred = ["ill", "well", "well", "well", "well", "ill"]
    >>> table = classification_table(y_true, y_pred)
    >>> table.loc["ill", ["recall", "specificity"]].tolist()
    [0.5, 0.75]
    >>> table.index.tolist()
    ['ill', 'well', 'micro', 'macro', 'weighted']
    """
    import pandas as pd

    multilabel = is_multilabel_target(y_true, "y_true")
    if multilabel != is_multilabel_target(y_pred, "y_pred"):
        raise ValueError("y_true and y_pred must both be classes or both be indicator matrices, got one of each.")
    if labels is None and not multilabel:
        labels = unique_labels(y_true, y_pred)
    options = {"labels": labels, "sample_weight": sample_weight}
    confusion = multilabel_confusion_matrix(y_true, y_pred, **options)
    names = _class_names(y_true, labels, multilabel, target_names)
    true_negatives, false_positives = confusion[:, 0, 0], confusion[:, 0, 1]

    def scores(average):
        return precision_recall_fscore_support(y_true, y_pred, average=average, zero_division=0.0, **options)

    precision, recall, f1, support = scores(None)
    specificity = _ratio(true_negatives, true_negatives + false_positives)
    geometric_mean = np.sqrt(recall * specificity)
    rows = list(zip(precision, recall, specificity, f1, geometric_mean, strict=True))

    precision, recall, f1, _ = scores("micro")
    pooled = _ratio(true_negatives.sum(), (true_negatives + false_positives).sum())
    rows.append((precision, recall, pooled, f1, np.sqrt(recall * pooled)))
    for average, weights in (("macro", np.ones(len(support))), ("weighted", support)):
        precision, recall, f1, _ = scores(average)
        specificities = _ratio((specificity * weights).sum(), weights.sum())
        geometric_means = _ratio((geometric_mean * weights).sum(), weights.sum())
        rows.append((precision, recall, specificities, f1, geometric_means))

    columns = ["precision", "recall", "specificity", "f1", "geometric_mean"]
    table = pd.DataFrame(rows, columns=columns, index=[*names, "micro", "macro", "weighted"], dtype=float)
    table["support"] = np.append(support, [support.sum()] * 3)
    return table


def _ratio(part, whole):
    """Divide; a part of nothing is 0."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _class_names(y_true, labels, multilabel, target_names):
    """Name the rows of the classes. ``labels=None`` stands for all columns of an indicator matrix."""
    columns = list(getattr(y_true, "columns", range(np.shape(y_true)[1]))) if multilabel else []
    names = list(range(len(columns))) if labels is None else np.asarray(labels).tolist()
    if len(set(names)) < len(names):
        raise ValueError(f"labels must not repeat a class, got {names}.")
    if target_names is not None:
        return check_names(target_names, len(names))
    return [columns[column] for column in names] if multilabel else names


def regression_table(y_true, y_pred, *, sample_weight=None, target_names=None):
    """Tabulate the quality of predicted numbers, target by target and averaged.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True targets.

    y_pred : array-like of the same shape
        Predicted targets.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples. A sample of weight zero counts nowhere, the largest error included.

    target_names : sequence of str, default=None
        Names of the rows. By default the column names of ``y_true`` if it is a DataFrame, its name if it is a
        named Series, else the column numbers.

    Returns
    -------
    table : pandas.DataFrame
        One row for each target and, if there are several, the row "average", the plain mean of the others.
        The columns are

        - r2: coefficient of determination, 1 at best, 0 for predicting the mean; NaN for a single sample,
        - mean_absolute_error, mean_squared_error, root_mean_squared_error, median_absolute_error, max_error,
        - bias: mean of prediction minus target, positive where the model predicts too much.

    Raises
    ------
    ValueError
        If the targets do not fit together, hold missing or infinite values, or the names do not fit them.

    Examples
    --------
    >>> from skdeep.metrics import regression_table
    >>> table = regression_table([1.0, 2.0, 3.0], [1.0, 2.0, 6.0])
    >>> table.loc[0, ["mean_absolute_error", "max_error", "bias"]].tolist()
    [1.0, 3.0, 1.0]
    """
    import pandas as pd

    names = _regression_names(y_true)
    y_true, y_pred, sample_weight = check_regression_targets(y_true, y_pred, sample_weight)
    n_targets = y_true.shape[1]
    if target_names is not None:
        names = check_names(target_names, n_targets)
    elif names is None:
        names = list(range(n_targets))
    rows = [
        _regression_row(target, prediction, sample_weight)
        for target, prediction in zip(y_true.T, y_pred.T, strict=True)
    ]
    table = pd.DataFrame(rows, index=names, dtype=float)
    if n_targets == 1:
        return table
    return pd.concat([table, table.mean().to_frame("average").T])


def _regression_names(y_true):
    columns = getattr(y_true, "columns", None)
    if columns is not None:
        return list(columns)
    name = getattr(y_true, "name", None)
    return None if name is None else [name]


def _regression_row(y_true, y_pred, sample_weight):
    # One sample has no variance to explain: scikit-learn gives NaN too, but warns.
    r2 = r2_score(y_true, y_pred, sample_weight=sample_weight) if len(y_true) > 1 else np.nan
    weighted = (mean_absolute_error, mean_squared_error, root_mean_squared_error, median_absolute_error)
    return {
        "r2": r2,
        **{metric.__name__: metric(y_true, y_pred, sample_weight=sample_weight) for metric in weighted},
        "max_error": max_error(y_true, y_pred),
        "bias": np.average(y_pred - y_true, weights=sample_weight),
    }
