"""The dict of scorers: values against scikit-learn, and silence where a metric does not apply."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from imblearn.metrics import geometric_mean_score
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import (
    load_breast_cancer,
    load_iris,
    make_classification,
    make_multilabel_classification,
)
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    matthews_corrcoef,
    precision_recall_fscore_support,
    precision_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skdeep.metrics import imbalance_scoring

AVERAGES = ("micro", "macro", "weighted")
NOT_FOR_MULTILABEL = {"balanced_accuracy", "geometric_mean", "matthews_corrcoef", "neg_log_loss"}


class FixedClassifier(ClassifierMixin, BaseEstimator):
    """Answers with what it was given: X holds the rows' probabilities or decision values."""

    def __init__(self, classes, response="predict_proba"):
        self.classes = classes
        self.response = response

    def fit(self, X, y):
        self.classes_ = np.asarray(self.classes)
        return self

    def predict(self, X):
        return self.classes_[np.argmax(X, axis=1)]

    def __getattr__(self, name):
        if name in ("predict_proba", "decision_function") and name == self.__dict__.get("response"):
            return lambda X: np.asarray(X)
        raise AttributeError(name)


def evaluate(estimator, X, y, average=AVERAGES, **params):
    return {name: scorer(estimator, X, y, **params) for name, scorer in imbalance_scoring(average).items()}


def undefined(scores):
    return {name for name, score in scores.items() if np.isnan(score)}


@pytest.fixture
def binary():
    """A rare class named "ill", and every second row held back for scoring."""
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X[:, :3], np.where(y == 0, "ill", "well")
    kept = np.flatnonzero((y == "well") | (np.cumsum(y == "ill") % 4 == 0))
    X, y = X[kept], y[kept]
    return X[::2], X[1::2], y[::2], y[1::2]


@pytest.fixture
def multiclass():
    X, y = load_iris(return_X_y=True)
    X, y = X[:110, 1:3], load_iris().target_names[y[:110]]
    return X[::2], X[1::2], y[::2], y[1::2]


def averaged(y_true, y_pred):
    expected = {}
    for average in AVERAGES:
        values = precision_recall_fscore_support(y_true, y_pred, average=average, zero_division=0)
        expected |= {
            f"{name}_{average}": value for name, value in zip(("precision", "recall", "f1"), values, strict=False)
        }
    return expected


def rarer(y):
    """Return the rarer of two classes, None of more."""
    classes, counts = np.unique(y, return_counts=True)
    return classes[counts.argmin()] if len(classes) == 2 else None


def leading(y_true, y_pred):
    label = rarer(y_true)
    labels = None if label is None else [label]
    values = precision_recall_fscore_support(y_true, y_pred, labels=labels, average="macro", zero_division=0)
    return dict(zip(("precision", "recall", "f1"), values, strict=False))


def from_labels(y_true, y_pred):
    return (
        averaged(y_true, y_pred)
        | leading(y_true, y_pred)
        | {
            "accuracy": accuracy_score(y_true, y_pred),
            "balanced_accuracy": balanced_accuracy_score(y_true, y_pred),
            "geometric_mean": geometric_mean_score(y_true, y_pred),
            "matthews_corrcoef": matthews_corrcoef(y_true, y_pred),
        }
    )


def test_binary_scores_are_those_of_scikit_learn(binary):
    X_train, X, y_train, y = binary
    classifier = GaussianNB().fit(X_train, y_train)
    probability = classifier.predict_proba(X)
    expected = from_labels(y, classifier.predict(X)) | {
        "roc_auc": roc_auc_score(y == "well", probability[:, 1]),
        "average_precision": average_precision_score(y == "ill", probability[:, 0]),
        "neg_log_loss": -log_loss(y, probability),
    }
    scores = evaluate(classifier, X, y)
    assert scores == pytest.approx(expected, abs=1e-12)
    assert 0 < scores["geometric_mean"] < 1, "the problem must not be trivial"
    assert rarer(y) == "ill"


def test_no_two_scores_are_the_same_by_default(binary, multiclass):
    for X_train, X, y_train, y in (binary, multiclass):
        scores = evaluate(GaussianNB().fit(X_train, y_train), X, y, ())
        assert list(scores)[:4] == ["balanced_accuracy", "precision", "recall", "f1"]
        same = [name for name in scores if np.isclose(scores[name], scores["recall"])]
        assert same == (["recall"] if len(np.unique(y)) == 2 else ["balanced_accuracy", "recall"])
        assert len({round(score, 9) for score in scores.values()}) == len(scores) + 1 - len(same)


@pytest.mark.parametrize("label", ["ill", "well"])
def test_the_class_of_interest_may_be_named(binary, label):
    X_train, X, y_train, y = binary
    classifier = GaussianNB().fit(X_train, y_train)
    scoring = imbalance_scoring(pos_label=label)
    probability = classifier.predict_proba(X)[:, list(classifier.classes_).index(label)]
    assert scoring["precision"](classifier, X, y) == precision_score(y, classifier.predict(X), pos_label=label)
    assert scoring["average_precision"](classifier, X, y) == pytest.approx(
        average_precision_score(y == label, probability)
    )
    with pytest.raises(ValueError, match=r"pos_label='fine' is not one of the classes, which are \['ill', 'well'\]"):
        imbalance_scoring(pos_label="fine")["f1"](classifier, X, y)


def test_one_of_many_classes_may_be_of_interest(multiclass):
    X_train, X, y_train, y = multiclass
    classifier = GaussianNB().fit(X_train, y_train)
    scoring = imbalance_scoring(pos_label="virginica")
    expected = precision_recall_fscore_support(y, classifier.predict(X), labels=["virginica"], average="macro")
    assert [scoring[name](classifier, X, y) for name in ("precision", "recall", "f1")] == pytest.approx(expected[:3])


def test_a_rare_class_that_is_missing_from_a_fold_is_still_the_rare_one():
    classifier = FixedClassifier([0, 1]).fit(None, None)
    probability = np.array([[0.9, 0.1], [0.2, 0.8]])
    scores = evaluate(classifier, probability, np.array([0, 0]))
    assert scores["precision"] == scores["recall"] == 0
    flipped = evaluate(classifier, probability[:, ::-1], np.array([1, 1]))
    assert flipped["precision"] == flipped["recall"] == 0


def test_scores_of_several_targets_are_means(multiclass):
    X_train, X, y_train, y = multiclass
    pairs = [np.column_stack([labels, labels != "setosa"]).astype(str) for labels in (y_train, y)]
    several = KNeighborsClassifier(5).fit(X_train, pairs[0])
    alone = [KNeighborsClassifier(5).fit(X_train, pairs[0][:, column]) for column in (0, 1)]
    scores = evaluate(several, X, pairs[1])
    each = [evaluate(one, X, pairs[1][:, column]) for column, one in enumerate(alone)]
    assert scores == pytest.approx({name: (each[0][name] + each[1][name]) / 2 for name in scores})
    assert not undefined(scores)


@pytest.mark.parametrize("average", AVERAGES)
def test_multiclass_ranks_each_class_against_the_rest_with_the_average_asked_for(multiclass, average):
    X_train, X, y_train, y = multiclass
    classifier = GaussianNB().fit(X_train, y_train)
    probability = classifier.predict_proba(X)
    expected = {
        "roc_auc": roc_auc_score(y, probability, multi_class="ovr", average=average),
        "average_precision": average_precision_score(y, probability, average=average),
        "neg_log_loss": -log_loss(y, probability),
    }
    labels = from_labels(y, classifier.predict(X))
    expected |= {name: value for name, value in labels.items() if not name.endswith(AVERAGES) or average in name}
    assert evaluate(classifier, X, y, average) == pytest.approx(expected, abs=1e-12)


def test_of_several_averages_the_rankings_take_macro_else_the_first(multiclass):
    X_train, X, y_train, y = multiclass
    classifier = GaussianNB().fit(X_train, y_train)

    def roc_auc(average):
        return imbalance_scoring(average)["roc_auc"](classifier, X, y)

    assert roc_auc(AVERAGES) == roc_auc("macro") != roc_auc("weighted")
    assert roc_auc(["weighted", "micro"]) == roc_auc("weighted") != roc_auc("micro")


def test_decision_values_rank_where_there_are_no_probabilities(binary, multiclass):
    for X_train, X, y_train, y in (binary, multiclass):
        classifier = LinearSVC().fit(X_train, y_train)
        scores = evaluate(classifier, X, y)
        values = classifier.decision_function(X)
        classes = classifier.classes_
        columns = values[:, np.newaxis] if values.ndim == 1 else values
        ranked = classes[1:] if values.ndim == 1 else classes
        areas = [roc_auc_score(y == ranked[k], columns[:, k]) for k in range(len(ranked))]
        assert scores["roc_auc"] == pytest.approx(np.mean(areas))
        assert undefined(scores) == {"neg_log_loss"}


def test_rankings_survive_probabilities_that_round_to_one(binary):
    X_train, X, y_train, y = binary
    classifier = LogisticRegression(max_iter=1000).fit(X_train, y_train)
    expected = evaluate(classifier, X, y)["roc_auc"]
    classifier.coef_ *= 1e4
    classifier.intercept_ *= 1e4
    assert len(np.unique(classifier.predict_proba(X)[:, 1])) < len(X) / 2, "the probabilities must tie"
    assert evaluate(classifier, X, y)["roc_auc"] == pytest.approx(expected)


def test_several_classes_are_ranked_by_probabilities_as_in_scikit_learn(multiclass):
    X_train, X, y_train, y = multiclass
    classifier = LogisticRegression().fit(X_train, y_train)
    expected = roc_auc_score(y, classifier.predict_proba(X), multi_class="ovr")
    values = classifier.decision_function(X)
    by_values = np.mean([roc_auc_score(y == name, values[:, k]) for k, name in enumerate(classifier.classes_)])
    assert evaluate(classifier, X, y)["roc_auc"] == pytest.approx(expected) != pytest.approx(by_values)


def test_estimator_with_predict_only_has_the_scores_of_labels(multiclass):
    X_train, X, y_train, y = multiclass
    voting = VotingClassifier([("a", GaussianNB()), ("b", LinearSVC())]).fit(X_train, y_train)
    scores = evaluate(voting, X, y)
    assert undefined(scores) == {"roc_auc", "average_precision", "neg_log_loss"}
    assert scores["balanced_accuracy"] == balanced_accuracy_score(y, voting.predict(X))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "classifier",
    [KNeighborsClassifier(), MLPClassifier((5,), max_iter=5, solver="sgd"), RidgeClassifier()],
    ids=lambda classifier: type(classifier).__name__,
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer:sklearn.exceptions.ConvergenceWarning")
def test_multilabel_scores_are_those_of_scikit_learn(classifier, n_classes):
    X, y = make_multilabel_classification(n_samples=120, n_classes=n_classes, n_labels=1, random_state=0)
    classifier.fit(X[:60], y[:60])
    X, y = X[60:], y[60:]
    scores = evaluate(classifier, X, y)
    if isinstance(classifier, RidgeClassifier):
        values = classifier.decision_function(X)
    else:
        values = classifier.predict_proba(X)
        values = np.column_stack([label[:, 1] for label in values]) if isinstance(values, list) else values
    expected = averaged(y, classifier.predict(X)) | {
        "accuracy": accuracy_score(y, classifier.predict(X)),
        "roc_auc": roc_auc_score(y, values),
        "average_precision": average_precision_score(y, values),
    }
    assert undefined(scores) == NOT_FOR_MULTILABEL
    assert {name: scores[name] for name in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("constant", [0, 1])
def test_multilabel_label_that_was_constant_in_training_ties_all_rows(constant):
    X = np.arange(8.0).reshape(-1, 1)
    y = np.array([[constant, 0], [constant, 1]] * 4)
    classifier = KNeighborsClassifier(n_neighbors=1).fit(X, y)
    assert classifier.predict_proba(X)[0].shape[1] == 1
    y_test = np.array([[0, 0], [1, 1]] * 4)
    # The first label is the same for all rows (0.5), the second one is learned by heart (1).
    assert evaluate(classifier, X, y_test)["roc_auc"] == 0.75


def test_class_missing_from_the_samples_is_left_out_of_recall_and_ranking():
    probability = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3], [0.4, 0.5, 0.1]])
    y = np.array([0, 0, 1, 1])
    classifier = FixedClassifier([0, 1, 2]).fit(None, None)
    scores = evaluate(classifier, probability, y)
    # Predicted are 0, 2, 1, 1: half of class 0 and all of class 1 are found; nothing is of class 2.
    expected = {
        "balanced_accuracy": (0.5 + 1) / 2,
        "geometric_mean": np.sqrt(0.5 * 1),
        "roc_auc": (0.5 + 1) / 2,
        "average_precision": (0.5 * 1 + 0.5 * 0.5 + 1) / 2,
        "recall_macro": (0.5 + 1 + 0) / 3,
        "neg_log_loss": np.log([0.7, 0.1, 0.5, 0.5]).mean(),
    }
    assert {name: scores[name] for name in expected} == pytest.approx(expected)


def test_class_that_was_not_in_training_has_no_log_loss():
    probability = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5]])
    classifier = FixedClassifier(["a", "b"]).fit(None, None)
    scores = evaluate(classifier, probability, np.array(["a", "b", "c"]))
    assert undefined(scores) == {"neg_log_loss"}
    assert scores["balanced_accuracy"] == pytest.approx(2 / 3)
    assert scores["roc_auc"] == 1  # "b" against "a" and "c"


def test_samples_of_one_class_leave_nothing_to_rank():
    classifier = FixedClassifier([0, 1]).fit(None, None)
    probability = np.array([[0.9, 0.1], [0.8, 0.2]])
    scores = evaluate(classifier, probability, np.array([0, 0]))
    assert undefined(scores) == {"roc_auc", "average_precision"}
    assert scores["balanced_accuracy"] == scores["geometric_mean"] == scores["accuracy"] == 1
    assert scores["matthews_corrcoef"] == 0


def test_estimator_that_saw_one_class_has_no_probability_scores(binary):
    X_train, X, _, y = binary
    scores = evaluate(DummyClassifier().fit(X_train, np.full(len(X_train), "well")), X, y)
    assert undefined(scores) == {"roc_auc", "average_precision", "neg_log_loss"}
    assert scores["balanced_accuracy"] == 0.5
    assert scores["geometric_mean"] == 0


@pytest.mark.parametrize("average", AVERAGES)
def test_weights_are_repeated_rows(binary, multiclass, average):
    for X_train, X, y_train, y in (binary, multiclass):
        classifier = GaussianNB().fit(X_train, y_train)
        weight = np.random.default_rng(0).integers(0, 4, len(X))
        weighted = evaluate(classifier, X, y, average, sample_weight=weight)
        repeated = evaluate(classifier, np.repeat(X, weight, axis=0), np.repeat(y, weight), average)
        plain = evaluate(classifier, X, y, average)
        assert weighted == pytest.approx(repeated, abs=1e-12, nan_ok=True)
        assert weighted != pytest.approx(plain, abs=1e-3, nan_ok=True)


def test_class_without_weight_is_a_missing_class(binary, multiclass):
    for X_train, X, y_train, y in (binary, multiclass):
        classifier = GaussianNB().fit(X_train, y_train)
        kept = y != np.unique(y)[0]
        weighted = evaluate(classifier, X, y, sample_weight=kept.astype(float))
        dropped = evaluate(classifier, X[kept], y[kept])
        names = ("balanced_accuracy", "geometric_mean", "roc_auc", "average_precision", "neg_log_loss")
        assert [weighted[name] for name in names] == pytest.approx([dropped[name] for name in names], nan_ok=True)


def test_targets_from_pandas_and_sparse_indicators(binary):
    X_train, X, y_train, y = binary
    classifier = GaussianNB().fit(X_train, y_train)
    assert evaluate(classifier, X, pd.Series(y)) == evaluate(classifier, X, y)
    assert evaluate(classifier, X, pd.Series(y).astype("category")) == evaluate(classifier, X, y)
    X, y = make_multilabel_classification(n_samples=80, n_classes=3, random_state=1)
    classifier = KNeighborsClassifier().fit(X[:40], y[:40])
    dense = evaluate(classifier, X[40:], y[40:])
    assert evaluate(classifier, X[40:], csr_array(y[40:])) == pytest.approx(dense, nan_ok=True)
    assert evaluate(classifier, X[40:], pd.DataFrame(y[40:])) == pytest.approx(dense, nan_ok=True)


def test_weights_are_repeated_rows_for_multilabel_targets():
    X, y = make_multilabel_classification(n_samples=80, n_classes=3, random_state=1)
    classifier = KNeighborsClassifier().fit(X[:40], y[:40])
    X, y = X[40:], y[40:]
    weight = np.random.default_rng(0).integers(0, 4, len(X))
    weighted = evaluate(classifier, X, y, sample_weight=weight)
    repeated = evaluate(classifier, np.repeat(X, weight, axis=0), np.repeat(y, weight, axis=0))
    assert weighted == pytest.approx(repeated, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_cross_validate_gives_every_key_without_a_warning(binary, n_jobs):
    X, _, y, _ = binary
    scoring = imbalance_scoring()
    model = make_pipeline(StandardScaler(), SMOTE(random_state=0), LinearSVC(random_state=0))
    results = cross_validate(
        model, X, y, cv=3, scoring=scoring, error_score="raise", return_train_score=True, n_jobs=n_jobs
    )
    columns = [name.removeprefix("test_") for name in results if name.startswith("test_")]
    assert columns == list(scoring)
    assert np.isnan(results["test_neg_log_loss"]).all()
    assert all(np.isfinite(results[f"test_{name}"]).all() for name in scoring if name != "neg_log_loss")
    test = next(iter(StratifiedKFold(3).split(X, y)))[1]
    train = np.setdiff1d(np.arange(len(X)), test)
    expected = balanced_accuracy_score(y[test], model.fit(X[train], y[train]).predict(X[test]))
    assert results["test_balanced_accuracy"][0] == pytest.approx(expected)


def test_cross_validate_with_multilabel_targets():
    X, y = make_multilabel_classification(n_samples=90, n_classes=3, random_state=0)
    results = cross_validate(KNeighborsClassifier(), X, y, cv=3, scoring=imbalance_scoring(), error_score="raise")
    missing = {name.removeprefix("test_") for name, values in results.items() if np.isnan(values).all()}
    assert missing == NOT_FOR_MULTILABEL
    expected = cross_validate(KNeighborsClassifier(), X, y, cv=3, scoring=["f1_macro", "roc_auc"])
    np.testing.assert_allclose(results["test_f1"], expected["test_f1_macro"])
    np.testing.assert_allclose(results["test_roc_auc"], expected["test_roc_auc"])


def test_fold_without_the_rare_class_scores_the_others():
    X, y = make_classification(60, n_informative=4, n_classes=3, weights=[0.5, 0.4], random_state=0)
    order = np.argsort(y == 2, kind="stable")  # the rare class comes last
    X, y = X[order], y[order]
    assert list(np.unique(y[:30])) == [0, 1]
    folds = [(np.arange(10, 60), np.arange(30)), (np.arange(60), np.arange(20, 60))]
    results = cross_validate(GaussianNB(), X, y, cv=folds, scoring=imbalance_scoring(), error_score="raise")
    assert all(np.isfinite(values).all() for values in results.values())


def test_search_refits_on_one_of_the_metrics(binary):
    X, _, y, _ = binary
    search = GridSearchCV(
        LogisticRegression(max_iter=5000),
        {"C": [1e-6, 1.0]},
        scoring=imbalance_scoring(),
        refit="balanced_accuracy",
        cv=3,
        error_score="raise",
    ).fit(X, y)
    reference = GridSearchCV(
        LogisticRegression(max_iter=5000), {"C": [1e-6, 1.0]}, scoring="balanced_accuracy", cv=3
    ).fit(X, y)
    assert search.best_params_ == reference.best_params_ == {"C": 1.0}
    assert search.best_score_ == pytest.approx(reference.best_score_)
    assert search.score(X, y) == pytest.approx(reference.score(X, y))


def test_search_over_losses_with_and_without_probabilities(binary):
    X, _, y, _ = binary
    model = make_pipeline(StandardScaler(), SGDClassifier(random_state=0))
    for losses in (["hinge", "log_loss"], ["log_loss", "hinge"]):
        search = GridSearchCV(model, {"sgdclassifier__loss": losses}, scoring=imbalance_scoring(), refit="f1", cv=2)
        with pytest.warns(UserWarning, match="scores are non-finite") as caught:
            search.fit(X, y)
        assert len(caught) == 1, "only log loss is missing"
        found = dict(zip(losses, search.cv_results_["mean_test_neg_log_loss"], strict=True))
        assert np.isnan(found["hinge"])
        assert np.isfinite(found["log_loss"])


def test_search_is_silent_once_the_key_is_deleted(multiclass):
    X, _, y, _ = multiclass
    scoring = imbalance_scoring("macro")
    del scoring["neg_log_loss"]
    search = GridSearchCV(LinearSVC(), {"C": [0.1, 1.0]}, scoring=scoring, refit="balanced_accuracy", cv=2)
    assert 0.5 < search.fit(X, y).best_score_ <= 1
    assert np.isfinite(search.cv_results_["mean_test_roc_auc"]).all()


def test_metadata_routing_carries_weights_to_every_scorer(binary):
    X, _, y, _ = binary
    weight = np.random.default_rng(0).integers(1, 5, len(X)).astype(float)
    with config_context(enable_metadata_routing=True):
        scoring = imbalance_scoring("macro")
        for scorer in scoring.values():
            scorer.set_score_request(sample_weight=True)
        classifier = GaussianNB().set_fit_request(sample_weight=False)
        results = cross_validate(
            classifier, X, y, cv=2, scoring=scoring, params={"sample_weight": weight}, error_score="raise"
        )
    train, test = next(iter(StratifiedKFold(2).split(X, y)))
    classifier = GaussianNB().fit(X[train], y[train])
    expected = evaluate(classifier, X[test], y[test], "macro", sample_weight=weight[test])
    assert {name: results[f"test_{name}"][0] for name in expected} == pytest.approx(expected)


def test_metadata_routing_asks_before_it_drops_weights(binary):
    X, _, y, _ = binary
    with config_context(enable_metadata_routing=True):
        classifier = GaussianNB().set_fit_request(sample_weight=True)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_validate(
                classifier,
                X,
                y,
                scoring={"roc_auc": imbalance_scoring()["roc_auc"]},
                params={"sample_weight": np.ones(len(X))},
            )


def test_permutation_importance_with_weights(binary):
    X_train, X, y_train, y = binary
    classifier = GaussianNB().fit(X_train, y_train)
    weight = np.arange(len(X)) % 3
    importance = permutation_importance(
        classifier,
        X,
        y,
        scoring=imbalance_scoring("macro"),
        n_repeats=2,
        sample_weight=weight,
        random_state=0,
    )
    alone = permutation_importance(
        classifier, X, y, scoring="neg_log_loss", n_repeats=2, sample_weight=weight, random_state=0
    )
    np.testing.assert_allclose(importance["neg_log_loss"].importances, alone.importances)


def test_scorers_pickle_and_share_nothing(multiclass):
    X_train, X, y_train, y = multiclass
    classifier = GaussianNB().fit(X_train, y_train)
    scoring = imbalance_scoring()
    loaded = pickle.loads(pickle.dumps(scoring))
    assert {name: scorer(classifier, X, y) for name, scorer in loaded.items()} == evaluate(classifier, X, y, ())
    scoring.pop("roc_auc")
    with config_context(enable_metadata_routing=True):
        scoring["neg_log_loss"].set_score_request(sample_weight=True)
        requests = imbalance_scoring()["neg_log_loss"].get_metadata_routing().score.requests
    assert requests == {"sample_weight": None}
    assert "roc_auc" in imbalance_scoring()


def test_each_average_has_its_keys():
    assert list(imbalance_scoring("weighted")) == [
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "precision_weighted",
        "recall_weighted",
        "f1_weighted",
        "geometric_mean",
        "matthews_corrcoef",
        "roc_auc",
        "average_precision",
        "accuracy",
        "neg_log_loss",
    ]
    assert imbalance_scoring(["weighted"]).keys() == imbalance_scoring("weighted").keys()
    extra = imbalance_scoring(AVERAGES).keys() - imbalance_scoring("weighted").keys()
    assert extra == {f"{name}_{kind}" for name in ("precision", "recall", "f1") for kind in ("micro", "macro")}
    assert not [name for name in imbalance_scoring() if name.endswith(AVERAGES)]


@pytest.mark.parametrize(
    ("average", "error"),
    [
        ("samples", ValueError),
        (("macro", "binary"), ValueError),
        (("macro", "macro"), ValueError),
        (None, TypeError),
        (("macro", None), TypeError),
        ({"macro": 1}, TypeError),
    ],
)
def test_wrong_average_is_named_with_what_is_accepted(average, error):
    with pytest.raises(error, match=r"average .*accepted are 'micro', 'macro', 'weighted'"):
        imbalance_scoring(average)


@pytest.mark.parametrize("y", [np.array([0.1, 2.5, 1.7]), np.array([[0, 2], [1, 0], [2, 1]])])
def test_targets_that_are_not_classes_are_an_error(y):
    X = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    classifier = FixedClassifier([0, 1]).fit(None, None)
    for name, scorer in imbalance_scoring().items():
        with pytest.raises(ValueError, match=r"not supported|can't handle|y_true must hold classes"):
            pytest.fail(f"{name}: {scorer(classifier, X, y)}")


def test_import_stays_light():
    code = "import sys, skdeep.metrics; print({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
