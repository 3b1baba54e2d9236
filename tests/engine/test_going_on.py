"""What a warm start takes along, and what the weights that are kept are."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_iris

from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
PATIENTS, PROGRESSION = load_diabetes(return_X_y=True)
SETTINGS = {"hidden_layer_sizes": (5,), "epochs": 4, "batch_size": 50, "random_state": 0}


def test_a_warm_start_computes_in_the_dtype_that_is_asked_for():
    model = MLPClassifier(**SETTINGS, warm_start=True, dtype="float64").fit(X, y)
    before = model.weights_
    model.set_params(dtype="float32", learning_rate=1e-12).fit(X, y)
    assert {array.dtype.name for array in model.weights_} == {"float32"}
    for mine, theirs in zip(model.weights_, before, strict=True):
        assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)


def test_a_warm_start_keeps_the_best_weights_of_the_fit_before():
    model = MLPClassifier(**SETTINGS | {"epochs": 40}, warm_start=True, early_stopping=True).fit(X, y)
    before, best = model.weights_, model.best_validation_score_
    model.set_params(learning_rate=100.0, epochs=3).fit(X, y)
    assert max(model.validation_scores_) < best
    assert model.best_validation_score_ == pytest.approx(best)
    for mine, theirs in zip(model.weights_, before, strict=True):
        assert_array_equal(mine, theirs)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_slots_outlive_a_weight_decay_that_appears(optimizer):
    """A decay too small to matter changes nothing, the state of the optimizer included."""
    first = {"optimizer": optimizer, "momentum": 0.9 if optimizer == "sgd" else None, "warm_start": True}
    one, other = (MLPRegressor(**SETTINGS, **first).fit(PATIENTS, PROGRESSION) for _ in range(2))
    one.fit(PATIENTS, PROGRESSION)
    other.set_params(weight_decay=1e-30).fit(PATIENTS, PROGRESSION)
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)


def test_weight_decay_shrinks_kernels_alone_also_in_one_vector():
    """Without a gradient, here of a rate of zero for Adam's step, decay alone would move nothing: so by hand."""
    settings = SETTINGS | {"hidden_layer_sizes": (), "epochs": 1, "batch_size": 442, "shuffle": False}
    plain, decayed = (
        MLPRegressor(**settings, optimizer="sgd", learning_rate=0.1, weight_decay=decay).fit(PATIENTS, PROGRESSION)
        for decay in (0.0, 0.5)
    )
    start = MLPRegressor(**settings, optimizer="sgd", learning_rate=1e-30).fit(PATIENTS, PROGRESSION)
    kernel, bias = start.weights_
    assert_allclose(decayed.weights_[0], plain.weights_[0] - 0.1 * 0.5 * kernel, rtol=1e-6, atol=1e-9)
    assert_allclose(decayed.weights_[1], plain.weights_[1], rtol=1e-6, atol=1e-9)
    assert bias.shape == (1,)


def test_early_stopping_keeps_the_moving_averages_it_has_judged():
    optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9)
    settings = SETTINGS | {"hidden_layer_sizes": (), "epochs": 30, "n_iter_no_change": np.inf}
    model = MLPRegressor(**settings, optimizer=optimizer, early_stopping=True)
    model.fit(PATIENTS, PROGRESSION, X_val=PATIENTS[::3], y_val=PROGRESSION[::3])
    predicted = model.predict(PATIENTS[::3])
    loss = np.mean((predicted - PROGRESSION[::3]) ** 2) / np.var(PROGRESSION)
    assert loss == pytest.approx(min(model.history_["val_loss"]), rel=1e-4)
    assert loss == pytest.approx(-model.best_validation_score_, rel=1e-4)
