"""Probabilities under other shares of the classes than those that training saw."""

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import TunedThresholdClassifierCV

from skdeep.losses import LogitAdjusted
from skdeep.sequence import RNNClassifier
from skdeep.tabular import MLPClassifier

X, Y = make_classification(600, 6, n_informative=4, n_classes=3, weights=[0.7, 0.2], class_sep=0.7, random_state=0)
SHARES = np.bincount(Y) / len(Y)


def classifier(**parameters):
    settings = {"hidden_layer_sizes": (6,), "epochs": 4, "learning_rate": 0.02, "random_state": 0}
    return MLPClassifier(**settings | parameters)


def reweighted(p, before, after):
    weighted = p * (np.asarray(after) / before)
    return weighted / weighted.sum(axis=1, keepdims=True)


def test_probabilities_are_multiplied_by_the_ratio_of_the_priors_without_another_fit():
    model = classifier().fit(X, Y)
    p = model.predict_proba(X)
    for prior, shares in (("uniform", np.full(3, 1 / 3)), ([0.1, 0.2, 0.7], [0.1, 0.2, 0.7])):
        expected = reweighted(p, SHARES, shares)
        model.set_params(prediction_prior=prior)
        assert_allclose(model.predict_proba(X), expected, rtol=1e-5, atol=1e-9)
        assert_allclose(np.exp(model.predict_log_proba(X)), expected, rtol=1e-5, atol=1e-9)
        assert_array_equal(model.predict(X), expected.argmax(axis=1))
        scores = model.decision_function(X)
        assert_allclose(scores - scores[:, :1], np.log(expected / expected[:, :1]), rtol=1e-4, atol=1e-5)
        assert_allclose(model.model_.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-6)
        fitted = clone(model).fit(X, Y)
        assert_allclose(fitted.predict_proba(X), expected, rtol=1e-5, atol=1e-9)
    assert_allclose(model.set_params(prediction_prior=SHARES).predict_proba(X), p, rtol=1e-5)


def test_two_classes_have_one_output():
    y = np.where(Y > 0, "rare", "common")
    model = classifier(dtype="float64").fit(X, y)
    before = [(y == label).mean() for label in model.classes_]
    p = model.predict_proba(X)
    expected = reweighted(p, before, [0.5, 0.5])
    model.set_params(prediction_prior="uniform")
    assert_allclose(model.predict_proba(X), expected, rtol=1e-9)
    assert_allclose(model.decision_function(X), np.log(expected[:, 1] / expected[:, 0]), rtol=1e-7, atol=1e-9)
    assert_array_equal(model.predict(X), model.classes_[(expected[:, 1] > 0.5).astype(int)])
    assert_allclose(model.model_.predict(X, verbose=0)[:, 0], expected[:, 1], rtol=1e-4, atol=1e-6)
    model.set_params(prediction_prior=[0.0, 1.0])
    assert_allclose(model.predict_proba(X)[:, 1], 1.0)
    assert np.isfinite(model.decision_function(X)).all()


def test_labels_and_targets_have_priors_of_their_own():
    labels = np.column_stack([Y > 0, Y > 1]).astype(int)
    model = classifier().fit(X, labels)
    p, shares = model.predict_proba(X), labels.mean(axis=0)
    for prior, after in (("uniform", np.array([0.5, 0.5])), ([0.1, 0.8], np.array([0.1, 0.8]))):
        odds = p / (1 - p) * (after / (1 - after)) / (shares / (1 - shares))
        expected = odds / (1 + odds)
        model.set_params(prediction_prior=prior)
        assert_allclose(model.predict_proba(X), expected, rtol=1e-4, atol=1e-6)
        assert_array_equal(model.predict(X), expected > 0.5)
    several = np.column_stack([Y, Y > 0])
    model = classifier().fit(X, several)
    first, second = model.predict_proba(X)
    model.set_params(prediction_prior=[[0.2, 0.2, 0.6], [0.5, 0.5]])
    p, q = model.predict_proba(X)
    assert_allclose(p, reweighted(first, SHARES, [0.2, 0.2, 0.6]), rtol=1e-4, atol=1e-6)
    assert_allclose(q, reweighted(second, [SHARES[0], 1 - SHARES[0]], [0.5, 0.5]), rtol=1e-4, atol=1e-6)
    assert_array_equal(model.predict(X), np.column_stack([p.argmax(axis=1), q.argmax(axis=1)]))


def test_the_prior_that_training_saw_counts_weights_of_rows_and_classes():
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    classes = {0: 1.0, 1: 3.0, 2: 4.0}
    model = classifier(class_weight=classes).fit(X, Y, weight)
    p = model.predict_proba(X)
    seen = np.array([classes[number] * weight[number == Y].sum() for number in range(3)])
    model.set_params(prediction_prior=[0.7, 0.2, 0.1])
    assert_allclose(model.predict_proba(X), reweighted(p, seen / seen.sum(), [0.7, 0.2, 0.1]), rtol=1e-4, atol=1e-6)


def test_the_prior_that_training_saw_counts_how_often_classes_are_drawn():
    model = classifier(batch_sampling="sqrt").fit(X, Y)
    p, seen = model.predict_proba(X), np.sqrt(SHARES) / np.sqrt(SHARES).sum()
    model.set_params(prediction_prior=SHARES)
    assert_allclose(model.predict_proba(X), reweighted(p, seen, SHARES), rtol=1e-4, atol=1e-6)
    adjusted = classifier(batch_sampling="sqrt", loss="logit_adjusted").fit(X, Y)
    assert_allclose(adjusted._net.numbers["output_0/priors"], seen)
    margins = classifier(batch_sampling="sqrt", loss="ldam").fit(X, Y)
    assert_allclose(margins._net.numbers["output_0/priors"], SHARES)


def test_another_prior_decides_with_an_adjusting_loss_too():
    """And the uniform one is the adjustment itself."""
    model = classifier(loss=LogitAdjusted(1.0)).fit(X, Y)
    labels, p = model.predict(X), model.predict_proba(X)
    assert_allclose(model.set_params(prediction_prior="uniform").predict(X), labels)
    assert_allclose(model.predict_proba(X), reweighted(p, SHARES, np.full(3, 1 / 3)), rtol=1e-4, atol=1e-6)
    model.set_params(prediction_prior=SHARES)
    assert_array_equal(model.predict(X), p.argmax(axis=1))


def test_probabilities_are_corrected_after_a_sampler():
    """As those of a logistic regression, whose offset is the logarithm of the ratio."""
    y = (Y == 2).astype(int)
    share = y.mean()
    settings = {"hidden_layer_sizes": (), "epochs": 100, "dtype": "float64", "n_iter_no_change": np.inf}
    sampled = make_pipeline(RandomOverSampler(random_state=0), classifier(**settings)).fit(X, y)
    corrected = clone(sampled).set_params(mlpclassifier__prediction_prior=[1 - share, share]).fit(X, y)
    plain, fixed = (each.predict_proba(X)[:, 1] for each in (sampled, corrected))
    assert_allclose(fixed / (1 - fixed), plain / (1 - plain) * share / (1 - share), rtol=1e-6)
    assert plain.mean() > 2.5 * share
    assert fixed.mean() == pytest.approx(share, abs=0.03)
    honest = LogisticRegression(C=np.inf).fit(X, y).predict_proba(X)
    assert log_loss(y, fixed) < 1.1 * log_loss(y, honest) < log_loss(y, plain)


def test_a_threshold_is_tuned_on_top():
    y = (Y == 2).astype(int)
    for parameters in ({"prediction_prior": "uniform"}, {"loss": "logit_adjusted"}):
        tuned = TunedThresholdClassifierCV(classifier(**parameters), scoring="balanced_accuracy", cv=2).fit(X, y)
        p = tuned.estimator_.predict_proba(X)[:, 1]
        assert_array_equal(tuned.predict(X), p >= tuned.best_threshold_)


def test_moments_have_a_prior_too():
    series, tags = np.random.default_rng(0).normal(size=(30, 5, 2)), np.arange(150).reshape(30, 5) % 10 == 0
    model = RNNClassifier(units=4, epochs=1, per_step=True, random_state=0).fit(series, tags)
    p = model.predict_proba(series)[..., 1]
    q = model.set_params(prediction_prior=[0.5, 0.5]).predict_proba(series)[..., 1]
    assert_allclose(q / (1 - q), 9 * p / (1 - p), rtol=1e-4)
    assert_array_equal(model.predict(series), q > 0.5)


@pytest.mark.parametrize(
    ("y", "prior", "message"),
    [
        (Y, [0.5, 0.5], "shares of the 3 classes, none negative, which add up to one"),
        (Y, [0.5, 0.5, 0.5], "add up to one"),
        (Y, [1.2, -0.1, -0.1], "none negative"),
        (Y, [0.5, 0.5, np.nan], "add up to one"),
        (Y, [["a"], 1, 2], "must be None, 'uniform' or numbers"),
        (Y, "balanced", "must be"),
        (Y > 0, [0.3, 0.3, 0.4], "shares of the 2 classes"),
        (np.column_stack([Y > 0, Y > 1]).astype(int), [0.5, 1.0], "for each of the 2 labels"),
        (np.column_stack([Y, Y]), [[0.5, 0.2, 0.3]], "one array for each of the 2 targets"),
    ],
)
def test_priors_that_are_none_are_refused_before_training_and_when_they_are_set_later(y, prior, message):
    with pytest.raises(ValueError, match=message):
        classifier(prediction_prior=prior).fit(X, y)
    model = classifier(epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=message):
        model.set_params(prediction_prior=prior).predict(X)


def test_a_loss_without_probabilities_has_no_prior():
    with pytest.raises(ValueError, match="needs probabilities, which loss='hinge' does not have"):
        classifier(loss="hinge", prediction_prior="uniform").fit(X, Y)
    model = classifier(loss="hinge").fit(X, Y).set_params(prediction_prior="uniform")
    with pytest.raises(ValueError, match="needs probabilities"):
        model.predict(X)
