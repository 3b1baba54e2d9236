"""Scorers for imbalanced classification, as the dict that ``scoring=`` takes.

A scorer gives NaN, silently, where the estimator or the target has no such score. The keys are always the
same: scikit-learn needs equal keys from all candidates of a search, and a search may well run over losses
with and without probabilities.
"""

from functools import partial

import numpy as np
from imblearn.metrics import geometric_mean_score
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import column_or_1d

from skdeep.metrics._validation import is_multilabel_target
from skdeep.utils._dense import dense

_AVERAGES = ("micro", "macro", "weighted")


def imbalance_scoring(average=(), *, pos_label=None):
    """Give the scorers that matter when some classes are rare, ready for ``scoring=``.

    Parameters
    ----------
    average : {"micro", "macro", "weighted"} or sequence of these, default=()
        Further averages of precision, recall and F1 over classes, each with its own keys: "micro" pools the
        decisions of all classes, "macro" weighs every class the same, "weighted" weighs them by their number of
        samples. With one label a sample, "recall_macro" is balanced accuracy, and "recall_weighted" and all
        that is "micro" are accuracy.

    pos_label : label, default=None
        The class that precision, recall, F1 and average precision are of. None is the rarer of two classes,
        and every class in turn if there are more.

    Returns
    -------
    scoring : dict of str to callable
        A new dict of scorers, called as ``scorer(estimator, X, y)``; greater is better. The keys are

        - "balanced_accuracy": the mean of the classes' recalls,
        - "precision", "recall", "f1": of ``pos_label``, else of the rarer of two classes (of the second, if they
          are equally frequent), else averaged by "macro" over more classes or labels,
        - "precision_<average>", "recall_<average>", "f1_<average>" for each average that is asked for,
        - "geometric_mean" (the root of the product of the classes' recalls), "matthews_corrcoef",
        - "roc_auc", "average_precision": of the same class as precision; of more classes or labels each against
          the rest, averaged by "macro", unless only other averages are asked for, then by the first,
        - "accuracy", "neg_log_loss".

        Of several multiclass targets, a score is the mean over the targets. It is NaN where there is none:

        - "neg_log_loss" without ``predict_proba``, and when a class occurs that was not in the training data,
        - "roc_auc" and "average_precision" with neither ``predict_proba`` nor ``decision_function``, and when
          the samples leave nothing to rank, all being of one class,
        - "balanced_accuracy", "geometric_mean", "matthews_corrcoef", "neg_log_loss" for multilabel targets.

    Raises
    ------
    TypeError
        If ``average`` is neither a string nor a sequence of strings.

    ValueError
        If an average is unknown or repeated.

    Notes
    -----
    Classes that are missing from a test fold are left out of balanced accuracy and geometric mean, and of ROC
    AUC and average precision unless these are micro-averaged.

    A search warns of metrics that are NaN ("scores are non-finite"): delete the keys that do not apply, such
    as ``del scoring["neg_log_loss"]`` for a hinge loss. With metadata routing enabled, each scorer asks for
    weights through ``set_score_request(sample_weight=True)``.

    References
    ----------
    Kubat, M. and Matwin, S. (1997). Addressing the curse of imbalanced training sets: one-sided selection.

    Brodersen, K. H., Ong, C. S., Stephan, K. E. and Buhmann, J. M. (2010). The balanced accuracy and its
    posterior distribution.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_validate
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skdeep.metrics import imbalance_scoring
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> scores = cross_validate(GaussianNB(), X, y, scoring=imbalance_scoring())
    >>> float(scores["test_balanced_accuracy"].mean().round(2))
    0.93
    >>> float(scores["test_f1"].mean().round(2))
    0.91
    """
    averages = _check_average(average)
    scoring = {"balanced_accuracy": _LabelScorer(_balanced_accuracy)}
    metrics = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
    scoring |= {name: _ClassScorer(metric, pos_label) for name, metric in metrics.items()}
    for name, metric in metrics.items():
        # pos_label=None: scikit-learn otherwise looks for a class 1, also where none is needed.
        for kind in averages:
            averaged = partial(metric, average=kind, zero_division=0.0, pos_label=None)
            scoring[f"{name}_{kind}"] = _LabelScorer(averaged)
    over_classes = "macro" if "macro" in averages or not averages else averages[0]
    scoring["geometric_mean"] = _LabelScorer(_geometric_mean)
    scoring["matthews_corrcoef"] = _LabelScorer(_matthews_corrcoef)
    scoring["roc_auc"] = _RankingScorer(roc_auc_score, over_classes, pos_label)
    scoring["average_precision"] = _RankingScorer(average_precision_score, over_classes, pos_label)
    scoring["accuracy"] = _LabelScorer(accuracy_score)
    scoring["neg_log_loss"] = _LogLossScorer()
    return scoring


def _check_average(average):
    accepted = f"accepted are {', '.join(map(repr, _AVERAGES))}, or a list or tuple of these"
    averages = (average,) if isinstance(average, str) else average
    if not isinstance(averages, (list, tuple)) or not all(isinstance(kind, str) for kind in averages):
        raise TypeError(f"average must be a string or a sequence of strings, got {average!r}; {accepted}.")
    unknown = [kind for kind in averages if kind not in _AVERAGES]
    if unknown:
        raise ValueError(f"average has unknown values, got {average!r}; {accepted}.")
    if len(set(averages)) < len(averages):
        raise ValueError(f"average must not repeat a value, got {average!r}; {accepted}.")
    return tuple(averages)


def _balanced_accuracy(y_true, y_pred, *, sample_weight=None):
    if is_multilabel_target(y_true, "y_true"):
        return np.nan
    # Balanced accuracy is macro recall over the classes in y_true. balanced_accuracy_score would warn
    # of a class that is predicted but absent from a fold, which rare classes make common.
    return recall_score(y_true, y_pred, average="macro", sample_weight=sample_weight, zero_division=np.nan)


def _geometric_mean(y_true, y_pred, *, sample_weight=None):
    if is_multilabel_target(y_true, "y_true"):
        return np.nan
    y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
    counted = slice(None) if sample_weight is None else np.asarray(sample_weight) > 0
    # A class that is absent has no recall; imbalanced-learn would warn and make the product zero.
    present = np.unique(y_true[counted])
    return geometric_mean_score(y_true, y_pred, labels=present, sample_weight=sample_weight)


def _matthews_corrcoef(y_true, y_pred, *, sample_weight=None):
    if is_multilabel_target(y_true, "y_true"):
        return np.nan
    if len(unique_labels(y_true, y_pred)) == 1:
        return 0.0  # scikit-learn's value, without its warning about the shape of the confusion matrix
    return matthews_corrcoef(y_true, y_pred, sample_weight=sample_weight)


class _Scorer:
    """What all scorers are to scikit-learn: callables that take weights.

    ``make_scorer`` cannot be this: it raises where a method is missing, it does not tell the metric which classes
    there are, it takes a multilabel target of two labels for two classes, and knows no several targets.

    A subclass says how one target is scored (``_score``).
    """

    def __init__(self):
        self._sample_weight_request = None

    def __call__(self, estimator, X, y_true, sample_weight=None):
        """Score ``estimator`` on ``X``: greater is better, NaN where there is no such score."""
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight)
        several = isinstance(getattr(estimator, "classes_", None), list)
        if not several or type_of_target(y_true, input_name="y_true") != "multiclass-multioutput":
            return float(self._score(estimator, X, y_true, sample_weight))
        columns = np.asarray(y_true).T
        answers = [_OneTarget(estimator, number) for number in range(len(columns))]
        pairs = zip(answers, columns, strict=True)
        return float(np.mean([self._score(answer, X, column, sample_weight) for answer, column in pairs]))

    def set_score_request(self, *, sample_weight):
        """Say whether ``sample_weight`` is wanted when metadata routing is enabled."""
        self._sample_weight_request = sample_weight
        return self

    def get_metadata_routing(self):
        """Return the requests of this scorer to scikit-learn's metadata routing."""
        request = MetadataRequest(owner=self)
        request.score.add_request(param="sample_weight", alias=self._sample_weight_request)
        return request

    def _accept_sample_weight(self):
        # Asked by scikit-learn's multi-metric scoring while metadata routing is off.
        return True


class _OneTarget:
    """What a classifier of several targets answers for one of them."""

    def __init__(self, estimator, number):
        self._estimator, self._number = estimator, number
        self.classes_ = estimator.classes_[number]

    def predict(self, X):
        return np.asarray(self._estimator.predict(X))[:, self._number]

    @property
    def predict_proba(self):
        several = self._estimator.predict_proba  # which it may not have
        return lambda X: several(X)[self._number]


class _LabelScorer(_Scorer):
    """Scorer of predicted labels."""

    def __init__(self, metric):
        super().__init__()
        self._metric = metric

    def __repr__(self):
        return f"{getattr(self._metric, 'func', self._metric).__name__.strip('_')} scorer"

    def _score(self, estimator, X, y_true, sample_weight):
        is_multilabel_target(y_true, "y_true")
        return self._metric(y_true, estimator.predict(X), sample_weight=sample_weight)


class _ClassScorer(_Scorer):
    """Precision, recall or F1 of one class of two, or of the one asked for; else averaged over classes or labels."""

    def __init__(self, metric, pos_label):
        super().__init__()
        self._metric, self._pos_label = metric, pos_label

    def __repr__(self):
        return f"{self._metric.__name__} scorer (pos_label={self._pos_label!r})"

    def _score(self, estimator, X, y_true, sample_weight):
        multilabel = is_multilabel_target(y_true, "y_true")
        y_pred = estimator.predict(X)
        label = None
        if not multilabel:
            y_true = column_or_1d(y_true)
            classes = getattr(estimator, "classes_", None)
            classes = unique_labels(y_true, y_pred) if classes is None else np.asarray(classes)
            label = _class_of_interest(classes, y_true[:, np.newaxis] == classes, self._pos_label, sample_weight)
        return self._metric(
            y_true,
            y_pred,
            labels=None if label is None else [label],
            average="macro",
            sample_weight=sample_weight,
            zero_division=0.0,
            pos_label=None,
        )


def _class_of_interest(classes, indicator, pos_label, sample_weight):
    """Return the label that is asked for, else the rarer of two, else None; one column a class says which it is."""
    if pos_label is not None:
        if pos_label not in classes:
            raise ValueError(f"pos_label={pos_label!r} is not one of the classes, which are {classes.tolist()}.")
        return pos_label
    if len(classes) != 2:
        return None
    first, second = np.average(indicator, axis=0, weights=sample_weight)
    return classes[0] if first < second else classes[1]


class _ResponseScorer(_Scorer):
    """Scorer of decision values or probabilities that is NaN where the estimator has none.

    A subclass says which methods of the estimator it takes, the preferred one first (``_response_methods``),
    and computes the score from one indicator column and one column of scores for each class (``_score_columns``).
    """

    def _score(self, estimator, X, y_true, sample_weight):
        multilabel = is_multilabel_target(y_true, "y_true")
        methods = self._response_methods(estimator, multilabel)
        method = next((name for name in methods if hasattr(estimator, name)), None)
        if method is None:
            return np.nan
        response = getattr(estimator, method)(X)
        if multilabel:
            indicator, classes = dense(y_true), None
            scores = _multilabel_columns(response, estimator)
        else:
            classes = np.asarray(estimator.classes_)
            indicator, scores = _class_columns(column_or_1d(y_true), np.asarray(response), classes)
        if indicator.shape != scores.shape or indicator.shape[1] < 2:
            return np.nan
        return self._score_columns(indicator, scores, classes, sample_weight)


class _RankingScorer(_ResponseScorer):
    """ROC AUC or average precision, each class against the rest."""

    def __init__(self, metric, average, pos_label):
        super().__init__()
        self._metric, self._average, self._pos_label = metric, average, pos_label

    def __repr__(self):
        return f"{self._metric.__name__} scorer (average={self._average!r})"

    def _response_methods(self, estimator, multilabel):
        if not multilabel and len(estimator.classes_) > 2:
            return "predict_proba", "decision_function"
        # Probabilities near 0 and 1 round to ties; decision values do not.
        return "decision_function", "predict_proba"

    def _score_columns(self, indicator, scores, classes, sample_weight):
        if classes is not None:
            label = _class_of_interest(classes, indicator, self._pos_label, sample_weight)
            ranked = slice(None) if label is None else classes == label
            indicator, scores = indicator[:, ranked], scores[:, ranked]
        if sample_weight is not None:
            counted = sample_weight > 0
            indicator, scores, sample_weight = indicator[counted], scores[counted], sample_weight[counted]
        if self._average == "micro":
            if sample_weight is not None:
                sample_weight = np.repeat(sample_weight, indicator.shape[1])
            indicator, scores = indicator.reshape(-1, 1), scores.reshape(-1, 1)
        rankable = indicator.any(axis=0)
        if self._metric is roc_auc_score:
            rankable &= ~indicator.all(axis=0)
        if not rankable.any():
            return np.nan
        values = [
            self._metric(indicator[:, column], scores[:, column], sample_weight=sample_weight)
            for column in np.flatnonzero(rankable)
        ]
        support = np.average(indicator[:, rankable], axis=0, weights=sample_weight)
        return np.average(values, weights=support if self._average == "weighted" else None)


class _LogLossScorer(_ResponseScorer):
    """Negated log loss of the predicted probabilities."""

    def __repr__(self):
        return "neg_log_loss scorer"

    def _response_methods(self, estimator, multilabel):
        return () if multilabel else ("predict_proba",)

    def _score_columns(self, indicator, probabilities, classes, sample_weight):
        if not indicator.any(axis=1).all():
            return np.nan  # a class that the estimator has never seen has no probability
        classes = np.arange(indicator.shape[1])
        return -log_loss(indicator.argmax(axis=1), probabilities, labels=classes, sample_weight=sample_weight)


def _class_columns(y_true, response, classes):
    """Return one column for each class: whether a sample belongs to it, and the estimator's score for it."""
    if response.ndim == 1:
        response = np.column_stack([-response, response])
    return (y_true[:, np.newaxis] == np.asarray(classes)).astype(int), response


def _multilabel_columns(response, estimator):
    """Return one column of scores for each label."""
    if not isinstance(response, list):
        return np.asarray(response)
    # One array for each label, with a column for each of its classes: a label that was constant has only one.
    columns = [
        probabilities[:, list(classes).index(1)] if 1 in classes else np.zeros(len(probabilities))
        for probabilities, classes in zip(response, estimator.classes_, strict=True)
    ]
    return np.column_stack(columns)
