"""Mixup of tables and series: the loss with given shares against NumPy, and what cannot be mixed."""

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from scipy.special import log_softmax

import skdeep
from skdeep._engine.objectives.mixup import Shares
from skdeep.sequence import (
    RNNClassifier,
    RNNRegressor,
    TemporalCNNClassifier,
    TemporalCNNRegressor,
    TransformerClassifier,
    TransformerRegressor,
)
from skdeep.tabular import MLPClassifier, MLPRegressor
from tests.unharmed import Unharmed

N = 12
rng = np.random.default_rng(0)
ROWS = rng.normal(size=(N, 5))
SERIES = rng.normal(size=(N, 6, 2))
LABELS = np.arange(N) % 3
VALUES = rng.normal(size=N) * 4 + 10
SHARES = rng.random(N)
WEIGHT = rng.random(N) + 0.1
STILL = {"optimizer": "sgd", "learning_rate": 1e-300, "shuffle": False, "epochs": 1, "random_state": 0}
STILL |= {"dtype": "float64", "batch_size": N}
CNN = {"architecture": "fcn", "filters": 3, "normalization": None}
NETS = {
    "table": (MLPClassifier, MLPRegressor, ROWS, {"hidden_layer_sizes": (4,)}),
    "recurrent": (RNNClassifier, RNNRegressor, SERIES, {"units": 3}),
    "convolutional": (TemporalCNNClassifier, TemporalCNNRegressor, SERIES, CNN),
    "attentive": (
        TransformerClassifier,
        TransformerRegressor,
        SERIES,
        {"width": 8, "n_heads": 2, "n_layers": 1, "dropout": 0.0},
    ),
}


@pytest.fixture
def given_shares(monkeypatch):
    """The shares of all batches; programs compiled with them are not kept."""
    skdeep.clear_cache()
    monkeypatch.setattr(Shares, "draw", lambda self, n_rows, dtype: tf.cast(tf.constant(SHARES)[:n_rows], dtype))
    yield SHARES
    skdeep.clear_cache()


def losses(model, X, y):
    if hasattr(model, "classes_"):
        return -log_softmax(model.decision_function(X), axis=1)[np.arange(len(y)), y]
    return ((model.predict(X) - y) / model._net.target.scale) ** 2


def mixed_loss(model, X, y, share, weight):
    """The mean loss of mixtures of each row with the one at the other end."""
    wide = share.reshape(-1, *[1] * (X.ndim - 1))
    mixed = wide * X + (1 - wide) * X[::-1]
    own, other = share * weight, (1 - share) * weight[::-1]
    return (own * losses(model, mixed, y) + other * losses(model, mixed, y[::-1])).sum() / (own + other).sum()


@pytest.mark.parametrize(("name", "weighted"), [("table", False), *((name, True) for name in NETS)])
def test_the_loss_of_a_mixture_is_the_mixture_of_the_losses(name, weighted, given_shares):
    classifier, regressor, X, own = NETS[name]
    weight = WEIGHT if weighted else np.ones(N)
    for make, y in ((classifier, LABELS), (regressor, VALUES)):
        model = make(**STILL | own, mixup=0.2).fit(X, y, WEIGHT if weighted else None)
        assert model.loss_curve_[0] == pytest.approx(mixed_loss(model, X, y, given_shares, weight), rel=1e-9)


@pytest.mark.parametrize("deferred", [0.0, 0.9])
def test_weights_of_classes_go_with_their_rows(deferred, given_shares):
    settings = STILL | {"epochs": 10, "n_iter_no_change": np.inf}
    model = MLPClassifier((4,), **settings, mixup=0.2, class_weight={0: 5.0}, deferred_fraction=deferred)
    curve = model.fit(ROWS, LABELS).loss_curve_
    weight = np.where(LABELS == 0, 5.0, 1.0)
    assert curve[-1] == pytest.approx(mixed_loss(model, ROWS, LABELS, given_shares, weight), rel=1e-9)
    first = weight if not deferred else np.ones(N)
    assert curve[0] == pytest.approx(mixed_loss(model, ROWS, LABELS, given_shares, first), rel=1e-9)


@pytest.mark.parametrize(("alpha", "share"), [(1e6, 0.5), (0.01, 1.0)])
def test_alpha_says_how_much_is_mixed(alpha, share):
    X, y = np.tile(ROWS, (50, 1)), np.tile(LABELS, 50)
    model = MLPClassifier((4,), **STILL | {"batch_size": 600}, mixup=alpha).fit(X, y)
    expected = mixed_loss(model, X, y, np.full(600, share), np.ones(600))
    assert model.loss_curve_[0] == pytest.approx(expected, rel=0.02)


def test_without_mixup_nothing_is_mixed(monkeypatch):
    plain = MLPRegressor((4,), **STILL | {"learning_rate": 0.1, "epochs": 3}).fit(ROWS, VALUES)
    skdeep.clear_cache()
    monkeypatch.setattr(Shares, "draw", lambda self, n_rows, dtype: tf.ones((n_rows,), dtype))
    mixed = MLPRegressor((4,), **STILL | {"learning_rate": 0.1, "epochs": 3}, mixup=0.2).fit(ROWS, VALUES)
    skdeep.clear_cache()
    assert_allclose(mixed.loss_curve_, plain.loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("more", [{}, {"class_weight": {0: 5.0}, "deferred_fraction": 0.5}, {"batch_sampling": "sqrt"}])
def test_members_of_an_ensemble_learn_of_mixtures_what_they_learn_alone(more):
    settings = CNN | {"differences": False, "mixup": 0.3, "epochs": 4, "batch_size": 5, "random_state": 0}
    settings |= {"dtype": "float64"} | more
    both = TemporalCNNClassifier(n_estimators=2, **settings).fit(SERIES, LABELS)
    alone = TemporalCNNClassifier(n_estimators=1, **settings).fit(SERIES, LABELS)
    for one, other in zip(alone.weights_, both.weights_, strict=False):
        assert_allclose(other, one, rtol=1e-6, atol=1e-9)
    first = next(name for name in both.history_ if name.startswith("member"))
    assert_allclose(both.history_[first], alone.loss_curve_, rtol=1e-6)
    plain = TemporalCNNClassifier(n_estimators=2, **settings | {"mixup": 0.0}).fit(SERIES, LABELS)
    assert np.abs(plain.weights_[2] - both.weights_[2]).max() > 1e-4


RAGGED = [row[: 3 + number % 4] for number, row in enumerate(SERIES)]
STATES = np.tile(LABELS, (6, 1)).T
IDS = rng.integers(1, 9, size=(N, 4))
UNMIXABLE = {
    "sparse": (MLPClassifier, {"hidden_layer_sizes": (4,)}, ROWS, csr_array(ROWS), LABELS, "X must not be sparse"),
    "lengths": (RNNClassifier, {"units": 3}, SERIES, RAGGED, LABELS, "must be of one length"),
    "ids": (RNNClassifier, {"units": 3, "embedding_dim": 2}, IDS, IDS, LABELS, "X holds ids"),
    "moments": (RNNClassifier, {"units": 3, "per_step": True}, SERIES, SERIES, STATES, "each moment has one"),
}


@pytest.mark.parametrize("case", UNMIXABLE)
def test_what_has_no_mean_is_refused_before_training(case):
    make, own, X, unmixable, y, message = UNMIXABLE[case]
    model = make(**own, epochs=1, random_state=0).fit(X, y).set_params(mixup=0.2)
    with Unharmed(model, X, ValueError, message):
        model.fit(unmixable, y)
