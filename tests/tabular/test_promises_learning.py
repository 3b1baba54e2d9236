"""Every name that a parameter accepts trains, and the nets learn what their losses promise."""

import inspect

import keras
import numpy as np
import pytest
from keras.src.activations import ALL_OBJECTS_DICT
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import QuantileRegressor
from sklearn.metrics import d2_pinball_score, d2_tweedie_score
from sklearn.preprocessing import scale

from skdeep import schedules
from skdeep.losses import Focal, Pinball
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
PATIENTS = scale(PATIENTS)
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 30, "random_state": 0}


def gained(net):
    """Share of the first epoch's loss that training took away."""
    first, last = net.loss_curve_[0], net.loss_curve_[-1]
    return (first - last) / abs(first)


# -- names ------------------------------------------------------------------------------------------------------------

NEED_ARGUMENTS_OR_OTHER_SHAPES = {"glu", "threshold"}
ACTIVATIONS = [*sorted(set(ALL_OBJECTS_DICT) - NEED_ARGUMENTS_OR_OTHER_SHAPES), "maxout"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains(activation):
    net = MLPClassifier(**SETTINGS, activation=activation).fit(FLOWERS, SPECIES)
    assert gained(net) > 0.2
    assert net.score(FLOWERS, SPECIES) > 0.6


def test_an_activation_may_be_a_function():
    named = MLPClassifier(**SETTINGS, activation="tanh", kernel_initializer="he_uniform").fit(FLOWERS, SPECIES)
    given = MLPClassifier(**SETTINGS, activation=keras.ops.tanh, kernel_initializer="he_uniform").fit(FLOWERS, SPECIES)
    assert_allclose(given.loss_curve_, named.loss_curve_, rtol=1e-9)


OPTIMIZERS = [
    "sgd", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "adamax", "nadam", "lion", "lamb",
]  # fmt: skip


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_trains_with_its_own_learning_rate(optimizer):
    settings = {"optimizer": optimizer, "epochs": 30, "n_iter_no_change": np.inf, "random_state": 0}
    net = MLPClassifier((8,), **settings).fit(FLOWERS, SPECIES)
    assert net.loss_curve_[-1] < net.loss_curve_[1]
    usual = 0.01 if optimizer in ("sgd", "nesterov") else 0.001
    assert net.history_["learning_rate"] == [4 * usual] * 30  # three steps an epoch
    faster = MLPClassifier((8,), **settings, learning_rate=8 * usual).fit(FLOWERS, SPECIES)
    assert faster.loss_curve_[-1] < net.loss_curve_[-1]


def test_the_table_of_optimizers_is_complete():
    options = MLPClassifier._parameter_constraints["optimizer"][0].options
    assert set(OPTIMIZERS) == options


SCHEDULES = {
    "constant": schedules.ConstantSchedule(),
    "inverse_time": schedules.InverseTimeDecay(),
    "step": schedules.StepDecay(),
    "exponential": schedules.ExponentialDecay(),
    "linear": schedules.LinearDecay(),
    "cosine": schedules.CosineDecay(),
    "one_cycle": schedules.OneCycle(),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_trains_at_its_rates(name):
    net = MLPClassifier(**SETTINGS, batch_size=200, learning_rate_schedule=name).fit(FLOWERS, SPECIES)
    factors = SCHEDULES[name](np.arange(30) / 30)  # one batch an epoch: the rates are those of its first step
    assert_allclose(net.history_["learning_rate"], 0.03 * factors, rtol=1e-6)
    assert gained(net) > 0.3
    given = MLPClassifier(**SETTINGS, batch_size=200, learning_rate_schedule=SCHEDULES[name]).fit(FLOWERS, SPECIES)
    assert given.loss_curve_ == net.loss_curve_


def test_a_schedule_may_be_a_function_and_goes_on_by_step():
    seen = []

    def half_way(fraction):
        seen.append(float(fraction))
        return 1.0 if fraction < 0.5 else 0.1

    net = MLPClassifier(**SETTINGS | {"epochs": 4}, batch_size=50, learning_rate_schedule=half_way).fit(
        FLOWERS, SPECIES
    )
    assert_allclose(sorted(set(seen)), np.arange(12) / 12, atol=1e-12)
    assert_allclose(net.history_["learning_rate"], [0.03, 0.03, 0.003, 0.003])


def test_reduce_on_plateau():
    waiting = schedules.ReduceOnPlateau(factor=0.1, patience=2, tol=10.0)  # no epoch improves by 10
    net = MLPClassifier(**SETTINGS | {"epochs": 7}, learning_rate_schedule=waiting).fit(FLOWERS, SPECIES)
    assert_allclose(net.history_["learning_rate"], 0.03 * np.array([1, 1, 1, 0.1, 0.1, 0.01, 0.01]), rtol=1e-6)
    net = MLPClassifier(**SETTINGS, learning_rate_schedule="reduce_on_plateau").fit(FLOWERS, SPECIES)
    assert gained(net) > 0.3


def test_the_table_of_schedules_is_complete():
    options = next(c for c in MLPClassifier._parameter_constraints["learning_rate_schedule"] if hasattr(c, "options"))
    assert set(SCHEDULES) | {"reduce_on_plateau"} == options.options


OF_CLASSIFIERS = [
    "cross_entropy", "hinge", "squared_hinge", "focal", "categorical_crossentropy", "binary_crossentropy",
    "categorical_focal_crossentropy", "binary_focal_crossentropy", "kl_divergence", "categorical_hinge",
    "mean_squared_error", "mean_absolute_error", "huber", "log_cosh",
]  # fmt: skip
LABELS = {
    "binary": SPECIES == 2,
    "multiclass": SPECIES,
    "multilabel": np.column_stack([SPECIES != 0, SPECIES == 2]).astype(int),
    "several targets": np.column_stack([SPECIES, SPECIES == 2]),
}
ONE_HOT_ONLY = {"categorical_crossentropy", "categorical_focal_crossentropy", "categorical_hinge", "kl_divergence"}
CASES = [(loss, "multiclass") for loss in OF_CLASSIFIERS]
CASES += [(loss, "binary") for loss in OF_CLASSIFIERS if loss not in ONE_HOT_ONLY]
CASES += [(loss, kind) for loss in ("cross_entropy", "hinge", "focal") for kind in ("multilabel", "several targets")]


@pytest.mark.parametrize(("loss", "kind"), CASES)
def test_every_loss_of_a_classifier_trains(loss, kind):
    y = LABELS[kind]
    net = MLPClassifier(**SETTINGS, loss=loss).fit(FLOWERS, y)
    assert gained(net) > 0.15
    assert (net.predict(FLOWERS) == y).mean() > 0.6


def test_a_loss_may_be_an_instance_or_a_function():
    def brier(y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    named = MLPClassifier(**SETTINGS, loss="mean_squared_error").fit(FLOWERS, SPECIES)
    for loss in (keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError, brier):
        assert_allclose(MLPClassifier(**SETTINGS, loss=loss).fit(FLOWERS, SPECIES).loss_curve_, named.loss_curve_)
    plain = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES)
    for loss in (Focal(gamma=0.0), keras.losses.CategoricalCrossentropy(from_logits=True), "categorical_crossentropy"):
        same = MLPClassifier(**SETTINGS, loss=loss).fit(FLOWERS, SPECIES)
        assert_allclose(same.loss_curve_, plain.loss_curve_, rtol=1e-6)
    sparse = keras.losses.SparseCategoricalCrossentropy()
    assert_allclose(
        MLPClassifier(**SETTINGS, loss=sparse).fit(FLOWERS, SPECIES).loss_curve_, plain.loss_curve_, rtol=1e-6
    )


OF_REGRESSORS = [
    "squared_error", "mse", "absolute_error", "mae", "huber", "log_cosh", "pinball", "quantile", "poisson",
    "mean_squared_error", "mean_absolute_error", "mean_squared_logarithmic_error",
]  # fmt: skip


@pytest.mark.parametrize("loss", OF_REGRESSORS)
@pytest.mark.parametrize("n_targets", [1, 2])
def test_every_loss_of_a_regressor_trains(loss, n_targets):
    y = np.column_stack([PROGRESSION, PROGRESSION[::-1]])[:, :n_targets] / (50.0 if "logarithmic" in loss else 1.0)
    net = MLPRegressor(**SETTINGS | {"epochs": 60}, loss=loss).fit(PATIENTS, y)
    assert net.loss_curve_[-1] < net.loss_curve_[0] - 0.02
    assert net.predict(PATIENTS).shape == y.shape
    assert np.corrcoef(net.predict(PATIENTS)[:, 0], y[:, 0])[0, 1] > 0.4


def test_the_cosine_loss_learns_directions():
    directions = np.column_stack([np.cos(PATIENTS[:, 2]), np.sin(PATIENTS[:, 2])])
    net = MLPRegressor(**SETTINGS | {"epochs": 200}, loss="cosine").fit(PATIENTS, directions)
    predicted = net.predict(PATIENTS)
    cosines = (predicted * directions).sum(axis=1) / np.linalg.norm(predicted, axis=1)
    assert cosines.mean() > 0.95
    assert net.loss_curve_[-1] < -0.9


# -- what is learned --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_pinball_loss_hits_its_quantile(quantile, seed):
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, (400, 1))
    y = 100 * (X[:, 0] + (1.5 + X[:, 0]) * rng.normal(size=400))
    net = MLPRegressor(
        (8,), loss=Pinball(quantile), learning_rate=0.03, epochs=200, n_iter_no_change=np.inf, random_state=seed
    ).fit(X, y)
    predicted = net.predict(X)
    assert abs((y < predicted).mean() - quantile) < 0.05
    linear = QuantileRegressor(quantile=quantile, alpha=0).fit(X, y).predict(X)
    ours, theirs = (d2_pinball_score(y, p, alpha=quantile) for p in (predicted, linear))
    assert ours > theirs - 0.02


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_poisson_predicts_positive_means_of_the_right_size(seed, size):
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, (400, 2))
    y = rng.poisson(size * np.exp(1.5 * X[:, 0])).astype(float)
    net = MLPRegressor((8,), loss="poisson", learning_rate=0.01, epochs=150, batch_size=200, random_state=seed).fit(
        X, y
    )
    predicted = net.predict(X)
    assert predicted.min() > 0
    assert predicted.mean() == pytest.approx(y.mean(), rel=0.05)
    assert d2_tweedie_score(y, predicted, power=1) > (0.3 if size == 1 else 0.97)


@pytest.mark.parametrize("seed", range(3))
def test_targets_in_millions_train_with_default_settings(seed):
    plain = MLPRegressor(random_state=seed).fit(PATIENTS, PROGRESSION)
    millions = MLPRegressor(random_state=seed).fit(PATIENTS, 5e8 + 1e6 * PROGRESSION)
    assert_allclose((millions.predict(PATIENTS) - 5e8) / 1e6, plain.predict(PATIENTS), rtol=1e-4)
    assert millions.score(PATIENTS, 5e8 + 1e6 * PROGRESSION) > 0.35
    tiny = MLPRegressor(random_state=seed).fit(PATIENTS, 1e-9 * PROGRESSION)
    assert_allclose(1e9 * tiny.predict(PATIENTS), plain.predict(PATIENTS), rtol=1e-4)


def test_targets_of_very_different_size_are_learned_alike():
    y = np.column_stack([PROGRESSION, 1e7 * PATIENTS[:, 2], 1e-3 * PATIENTS[:, 8]])
    net = MLPRegressor(**SETTINGS | {"epochs": 100}).fit(PATIENTS, y)
    residual = ((net.predict(PATIENTS) - y) ** 2).mean(axis=0) / y.var(axis=0)
    assert (residual < 0.6).all()


def test_a_constant_target_is_predicted():
    net = MLPRegressor(**SETTINGS | {"epochs": 100}, alpha=1.0).fit(PATIENTS, np.full(200, 1e6))
    assert_allclose(net.predict(PATIENTS), 1e6, rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_defaults_classify(seed):
    X, y = load_breast_cancer(return_X_y=True)
    net = MLPClassifier(random_state=seed).fit(scale(X)[::2], y[::2])
    assert net.score(scale(X)[1::2], y[1::2]) > 0.93


def test_alpha_and_l1_shrink_weights_and_dropout_rests_at_prediction():
    free = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES)
    for penalty in ({"alpha": 0.3}, {"l1": 0.1}, {"weight_decay": 3.0}):
        held = MLPClassifier(**SETTINGS, **penalty).fit(FLOWERS, SPECIES)
        assert sum(np.abs(w).sum() for w in held.coefs_) < 0.8 * sum(np.abs(w).sum() for w in free.coefs_)
    net = MLPClassifier(**SETTINGS, dropout=0.5).fit(FLOWERS, SPECIES)
    assert np.array_equal(net.predict_proba(FLOWERS), net.predict_proba(FLOWERS))
    by_hand = np.maximum(FLOWERS @ net.coefs_[0] + net.intercepts_[0], 0) @ net.coefs_[1] + net.intercepts_[1]
    assert_allclose(net.decision_function(FLOWERS), by_hand, atol=1e-9)


def test_training_stops_when_the_loss_no_longer_falls():
    net = MLPClassifier(**SETTINGS | {"epochs": 100}, tol=10.0, n_iter_no_change=4).fit(FLOWERS, SPECIES)
    assert net.n_iter_ == 6, "the first epoch is the best, and more than four follow"
    assert net.best_loss_ == min(net.loss_curve_)
    never = MLPClassifier(**SETTINGS, tol=10.0, n_iter_no_change=np.inf).fit(FLOWERS, SPECIES)
    assert never.n_iter_ == 30


def test_every_public_name_of_the_estimators_is_described():
    for make in (MLPClassifier, MLPRegressor):
        for name in inspect.signature(make).parameters:
            assert f"\n{name} : " in inspect.getdoc(make)
