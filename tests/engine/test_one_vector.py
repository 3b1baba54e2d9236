"""Small nets are trained as one vector of weights, large ones weight by weight: both are the same training."""

import keras
import numpy as np
import pytest
from scipy import sparse

import skdeep
from skdeep._engine import layout
from skdeep.tabular import MLPClassifier
from tests.histories import learned

N, ONE_VECTOR = 50, layout.OneVector
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 6)) * (rng.random(size=(N, 6)) < 0.5)
y = np.arange(N) % 3
WEIGHTS = rng.uniform(0.5, 2.0, N)

# Optimizers in both ways are compared with Keras elsewhere; here it is what surrounds them.
CASES = {
    "adam": {},
    "nesterov": {"optimizer": "nesterov", "momentum": 0.5},
    "weight decay": {"optimizer": "adamw", "weight_decay": 0.1},
    "penalties": {"alpha": 0.1, "l1": 0.01, "clip_norm": 0.05},
    "noise and statistics": {"dropout": 0.3, "normalization": "batch"},
    "schedule": {"learning_rate_schedule": "cosine"},
    "early stopping": {"early_stopping": True, "scoring": "accuracy"},
    "several targets": {},
    "sparse": {},
}
# These have to know which weights belong together.
BY_WEIGHT = {
    "lamb": {"optimizer": "lamb"},
    "clipping by weight": {"optimizer": keras.optimizers.Adam(clipnorm=0.1)},
}


class Training:
    """Fits with a bound on the weights that make one vector, and counts the vectors."""

    def __init__(self, monkeypatch):
        self._monkeypatch, self.vectors = monkeypatch, 0
        monkeypatch.setattr(layout, "OneVector", self._counted)

    def _counted(self, *arguments):
        self.vectors += 1
        return ONE_VECTOR(*arguments)

    def __call__(self, most, name, train=None):
        self._monkeypatch.setattr(layout, "MOST_WEIGHTS", most)
        skdeep.clear_cache()
        shared = {
            "hidden_layer_sizes": (7, 5),
            "activation": "tanh",
            "epochs": 6,
            "batch_size": 16,
            "learning_rate": 0.01,
        }
        model = MLPClassifier(**shared | {"dtype": "float64", "random_state": 0} | (CASES | BY_WEIGHT)[name])
        targets = np.column_stack([y, np.arange(N) % 4]) if name == "several targets" else y
        model.fit(sparse.csr_matrix(X) if name == "sparse" else X, targets, WEIGHTS)
        return model if train is None else train(model)


@pytest.fixture
def training(monkeypatch):
    yield Training(monkeypatch)
    skdeep.clear_cache()


def assert_same(one, other):
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-10)
    assert one.history_.keys() == other.history_.keys()
    for name, values in learned(one).items():
        np.testing.assert_allclose(values, other.history_[name], rtol=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_both_ways_train_the_same_net(name, training):
    vector = training(layout.MOST_WEIGHTS, name)
    assert training.vectors == 1
    by_weight = training(0, name)
    assert training.vectors == 1
    assert_same(vector, by_weight)


@pytest.mark.parametrize("name", BY_WEIGHT)
def test_some_optimizers_need_the_weights_one_by_one(name, training):
    training(layout.MOST_WEIGHTS, name)
    assert training.vectors == 0


def test_both_ways_go_on_where_they_stopped(training):
    fits = [
        training(most, "adam", lambda model: model.partial_fit(X, y, epochs=3)) for most in (layout.MOST_WEIGHTS, 0)
    ]
    assert fits[0].n_epochs_ == 9
    assert_same(*fits)


def test_a_net_at_the_bound_is_one_vector_and_a_larger_one_is_not(training):
    n_weights = 6 * 7 + 7 + 7 * 5 + 5 + 5 * 3 + 3
    training(n_weights, "adam")
    assert training.vectors == 1
    training(n_weights - 1, "adam")
    assert training.vectors == 1
