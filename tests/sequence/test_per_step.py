"""Labels for every moment: the loss is per item, padding never counts, and y may have every form that X has."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict

from skdeep.sequence import RNNClassifier, TemporalCNNClassifier, TransformerClassifier

NETS = {
    "rnn": RNNClassifier(units=8, bidirectional=True),
    "transformer": TransformerClassifier(1, n_heads=2, width=8, dropout=0.0),
    "cnn": TemporalCNNClassifier("fcn", filters=4, normalization=None),
}


def ragged(n_series=60, seed=0):
    """Series, and whether their sum so far is positive."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=rng.integers(4, 12)) for _ in range(n_series)]
    return X, [np.where(np.cumsum(row) > 0, "up", "down") for row in X]


def net(name="rnn", **parameters):
    defaults = {"per_step": True, "random_state": 0, "epochs": 3, "dtype": "float64"}
    return NETS[name].__class__(**NETS[name].get_params() | defaults | parameters)


def joined(rows):
    return np.concatenate(list(rows))


@pytest.mark.parametrize("name", NETS)
def test_a_net_learns_the_state_of_every_moment(name):
    X, y = ragged(200)
    model = net(name, epochs="auto", learning_rate=0.01).fit(X[:150], y[:150])
    assert model.score(X[150:], y[150:]) > 0.8
    assert accuracy_score(joined(y[150:]), joined(model.predict(X[150:]))) == model.score(X[150:], y[150:])


@pytest.mark.parametrize("name", NETS)
def test_what_pads_a_series_changes_no_moment(name):
    X, y = ragged()
    model = net(name).fit(X, y)
    together = model.predict_proba(X)
    alone = [model.predict_proba([row])[0] for row in X[:10]]
    for one, other in zip(together[:10], alone, strict=True):
        assert_allclose(one, other, atol=1e-12)


def test_the_loss_is_the_mean_over_moments_of_all_series():
    X, y = ragged()
    model = net(learning_rate=1e-12, epochs=1).fit(X, y)
    assert_allclose(model.loss_curve_[0], log_loss(joined(y), joined(model.predict_proba(X))), rtol=1e-6)


def test_weights_of_series_and_of_classes_multiply_in_the_loss():
    X, y = ragged()
    weight = np.random.default_rng(1).uniform(0.5, 2, size=len(X))
    model = net(learning_rate=1e-12, epochs=1, class_weight={"up": 3.0, "down": 1.0}).fit(X, y, sample_weight=weight)
    of_moments = joined([np.full(len(row), one) for row, one in zip(X, weight, strict=True)])
    of_moments *= np.where(joined(y) == "up", 3.0, 1.0)
    expected = log_loss(joined(y), joined(model.predict_proba(X)), sample_weight=of_moments)
    assert_allclose(model.loss_curve_[0], expected, rtol=1e-6)


def test_balanced_classes_weigh_the_moments_of_all_series():
    X, y = ragged()
    n_up, n = (joined(y) == "up").sum(), len(joined(y))
    by_hand = net(class_weight={"up": n / (2 * n_up), "down": n / (2 * (n - n_up))}).fit(X, y)
    balanced = net(class_weight="balanced").fit(X, y)
    assert_allclose(balanced.loss_curve_, by_hand.loss_curve_, rtol=1e-6)


def test_several_classes():
    X, y = ragged(200)
    y = [np.digitize(np.cumsum(row), [-1, 1]) for row in X]
    model = net(epochs="auto", learning_rate=0.01).fit(X[:150], y[:150])
    assert model.predict_proba(X[150:])[0].shape == (len(X[150]), 3)
    assert_allclose(joined(model.predict_proba(X[150:])).sum(axis=1), 1.0)
    assert model.score(X[150:], y[150:]) > 0.75


def test_all_forms_of_y_are_one():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 6))
    y = (np.cumsum(X, axis=1) > 0).astype(int)
    objects = np.empty(30, dtype=object)
    objects[:] = list(y)
    expected = net().fit(X, y).predict_proba(X)
    assert expected.shape == (30, 6, 2)
    for form in (y.tolist(), list(y), objects, pd.Series(list(y)), pd.DataFrame(y)):
        assert_array_equal(net().fit(X, form).predict_proba(X), expected)


def test_labels_of_padding_are_left_out():
    X, y = ragged()
    longest = max(map(len, X))
    padded = np.full((len(X), longest), np.nan)
    tags = np.full((len(X), longest), "down")
    for number, row in enumerate(X):
        padded[number, : len(row)], tags[number, : len(row)] = row, y[number]
    expected = net().fit(X, y)
    model = net(nan="trailing").fit(padded, tags)
    assert_array_equal(joined(model.predict_proba(padded)), joined(expected.predict_proba(X)))
    assert model.score(padded, tags) == expected.score(X, y)


@pytest.mark.parametrize("before", [0, 2])
def test_tags_of_tokens(before):
    rng = np.random.default_rng(0)
    words = [rng.integers(1, 10, size=rng.integers(3, 7)) for _ in range(80)]
    X, y = np.zeros((80, 9), int), np.full((80, 9), "none", dtype=object)
    for number, row in enumerate(words):
        X[number, before : before + len(row)] = row
        y[number, before : before + len(row)] = np.where(row % 2, "odd", "even")
    model = net(embedding_dim=4, epochs="auto", learning_rate=0.01).fit(X, y)
    assert list(model.classes_) == ["even", "odd"]
    assert model.score(X, y) == 1.0
    assert_array_equal(model.predict(X)[0], np.where(words[0] % 2, "odd", "even"))


def test_searches_and_cross_validation_take_ragged_labels():
    X, y = ragged()
    search = GridSearchCV(net(epochs=20), {"learning_rate": [1e-9, 0.01]}, cv=3).fit(X, y)
    assert search.best_params_ == {"learning_rate": 0.01}
    predicted = cross_val_predict(net(), X, y, cv=3)
    assert [len(row) for row in predicted] == [len(row) for row in X]


def test_early_stopping_watches_held_out_series():
    X, y = ragged()
    model = net(early_stopping=True, scoring=None, epochs=5).fit(X, y)
    assert len(model.validation_scores_) == model.n_iter_
    given = net(early_stopping=True, epochs=5, n_iter_no_change=10).fit(X[:50], y[:50], X_val=X[50:], y_val=y[50:])
    assert max(given.validation_scores_) == pytest.approx(given.best_validation_score_)


def test_partial_fit_and_pickle():
    X, y = ragged()
    model = net().partial_fit(X[:30], y[:30], classes=["down", "up"]).partial_fit(X[30:], y[30:])
    assert_array_equal(joined(pickle.loads(pickle.dumps(model)).predict(X)), joined(model.predict(X)))


def test_the_keras_model_has_the_same_outputs():
    X = np.random.default_rng(0).normal(size=(20, 7))
    model = net().fit(X, (np.cumsum(X, axis=1) > 0).astype(int))
    outputs = model.model_.predict(X[:, :, None], verbose=0)
    assert_allclose(outputs[:, :, 0], model.predict_proba(X)[:, :, 1], atol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X, y[:-1]), "y has labels for 59 series, but X has 60"),
        (lambda X, y: (X, [y[0][:-1], *y[1:]]), "Series 0 of X has .* moments, but y has .* labels"),
        (lambda X, y: (X, [0] * len(X)), "a label for each moment"),
        (lambda X, y: (X, None), "requires y"),
        (lambda X, y: (X, [np.full(len(row), "up") for row in X]), "one class only"),
        (lambda X, y: (X, [np.linspace(0, 1, len(row)) for row in X]), "continuous"),
    ],
)
def test_labels_that_do_not_fit_are_told(change, words):
    X, y = ragged()
    with pytest.raises(ValueError, match=words):
        net().fit(*change(X, y))


def test_joined_moments_have_no_label_of_their_own():
    X, y = ragged()
    with pytest.raises(ValueError, match="patch_size=2 joins moments"):
        net("transformer", patch_size=2).fit(X, y)
