"""Targets and losses that are easily taken for others: each is trained as what it is."""

from functools import partial

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import cross_val_score

import skdeep
from skdeep._data.targets import class_numbers
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = (FLOWERS - FLOWERS.mean(axis=0)) / FLOWERS.std(axis=0)
X, VALUES = make_regression(60, 3, noise=1.0, random_state=0)


def classifier(**parameters):
    return MLPClassifier((8,), **{"epochs": 40, "learning_rate": 0.05, "random_state": 0, **parameters})


def regressor(**parameters):
    return MLPRegressor((8,), **{"epochs": 10, "learning_rate": 0.05, "random_state": 0, **parameters})


@pytest.mark.parametrize("labels", [(1, 2), (-1, 1), (0, 5)])
def test_two_targets_of_two_labels_are_not_multilabel_unless_the_labels_are_0_and_1(labels):
    Y = np.where(FLOWERS[:, :2] > 0, labels[1], labels[0])
    net = classifier().fit(FLOWERS, Y)
    assert set(np.unique(net.predict(FLOWERS))) == set(labels)
    assert [classes.tolist() for classes in net.classes_] == [list(labels)] * 2
    assert net.score(FLOWERS, Y) > 0.8
    assert len(net.predict_proba(FLOWERS)) == 2


def test_partial_fit_learns_from_classes_that_there_are_several_targets():
    Y = np.column_stack([SPECIES, SPECIES])
    first = SPECIES < 2  # this batch looks multilabel
    net = classifier().partial_fit(FLOWERS[first], Y[first], classes=[[0, 1, 2], [0, 1, 2]], epochs=5)
    net.partial_fit(FLOWERS, Y, epochs=60)
    assert [probabilities.shape for probabilities in net.predict_proba(FLOWERS)] == [(150, 3), (150, 3)]
    assert net.score(FLOWERS, Y) > 0.8


@pytest.mark.parametrize("dtype", [int, float, str, object])
def test_class_numbers_are_positions_among_classes_in_any_order(dtype):
    classes, labels = np.array([5, 1, 3]).astype(dtype), np.array([1, 5, 3, 3, 1]).astype(dtype)
    numbers, unknown = class_numbers(labels, classes)
    assert numbers.tolist() == [1, 0, 2, 2, 1]
    assert unknown == []
    assert class_numbers(np.array([9, 3, 2, 9]).astype(dtype), classes)[1] == np.array([2, 9]).astype(dtype).tolist()


def test_numbers_are_not_found_among_strings():
    assert class_numbers(np.array([1, 2]), np.array(["1", "2"]))[1] == [1, 2]
    assert class_numbers(np.array(["a"]), np.array([1, 2]))[1] == ["a"]


def test_multilabel_targets_stay_0_and_1():
    Y = (FLOWERS[:, :2] > 0).astype(int)
    net = classifier(epochs=2).fit(FLOWERS, Y)
    with pytest.raises(ValueError, match="0 and 1 only"):
        net.partial_fit(FLOWERS, Y * 2)


@pytest.mark.parametrize("loss", ["poisson", "Poisson", keras.losses.Poisson(), keras.losses.poisson])
def test_every_name_of_the_poisson_loss_has_the_logarithmic_link(loss):
    counts = np.abs(VALUES).round()
    net = regressor(loss=loss).fit(X, counts)
    assert net.predict(X).min() > 0
    np.testing.assert_array_equal(net.predict(X), regressor(loss="poisson").fit(X, counts).predict(X))


class ToTeacher(keras.losses.Loss):
    """The distance of two nets of one weight; what it computes depends on the weight, which no config mentions."""

    def __init__(self, weight):
        super().__init__(name="to_teacher")
        self.teacher = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, name="d")], name="t")
        self.teacher.set_weights([np.full((1, 1), weight, np.float32)])

    def call(self, y_true, y_pred):
        y_true, y_pred = keras.ops.cast(y_true, "float32"), keras.ops.cast(y_pred, "float32")
        return keras.ops.cast(keras.ops.mean((self.teacher(y_true) - self.teacher(y_pred)) ** 2, -1), "float64")


def test_losses_that_hold_different_nets_do_not_share_a_program():
    losses = [regressor(loss=ToTeacher(weight), epochs=1).fit(X, VALUES).loss_curve_[0] for weight in (1.0, 0.0)]
    assert losses[0] > 0
    assert losses[1] == 0


class Unregistered(keras.losses.Loss):
    """A loss as users write it: without get_config, in a script."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def test_a_loss_class_that_is_not_registered_can_be_cross_validated_and_keeps_its_number():
    net = regressor(loss=Unregistered(3.0), epochs=2)
    assert np.isfinite(cross_val_score(net, X, VALUES, cv=2)).all()
    assert clone(net).loss.factor == 3.0
    thrice, once = (regressor(loss=Unregistered(f), epochs=1).fit(X, VALUES).loss_curve_[0] for f in (3.0, 1.0))
    assert thrice == pytest.approx(3 * once)


def scaled_error(y_true, y_pred, factor):
    return factor * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    "parameters",
    [
        {"loss": partial(scaled_error, factor=2.0)},
        {"activation": keras.layers.LeakyReLU(0.3)},
        {"activation": partial(keras.activations.leaky_relu, negative_slope=0.2)},
    ],
    ids=["partial loss", "layer", "partial activation"],
)
def test_what_clone_copies_is_compiled_once(parameters):
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    net = regressor(epochs=1, **parameters)
    for _ in range(3):
        clone(net).fit(X, VALUES)
    assert skdeep.cache_info().misses == before + 1


def test_an_activation_with_weights_is_refused():
    with pytest.raises(ValueError, match="activation must have no weights"):
        regressor(activation=keras.layers.PReLU()).fit(X, VALUES)


def test_a_validation_score_that_is_not_a_number_is_no_improvement():
    one_class = SPECIES == 0

    def never(estimator, X, y):
        return float("nan")

    net = classifier(early_stopping=True, scoring=never, n_iter_no_change=3)
    net.fit(FLOWERS, SPECIES, X_val=FLOWERS[one_class], y_val=SPECIES[one_class])
    assert net.n_iter_ == 4
    assert net.best_validation_score_ is None


def test_probabilities_follow_the_loss_that_was_fitted():
    net = classifier(loss="hinge", epochs=2).fit(FLOWERS, SPECIES)
    assert not hasattr(net.set_params(loss="auto"), "predict_proba")
    assert hasattr(net.fit(FLOWERS, SPECIES), "predict_proba")


def test_class_weights_that_leave_no_validation_row_are_an_error():
    zero = SPECIES == 0
    with pytest.raises(ValueError, match="class_weight"):
        classifier(class_weight={0: 0.0}).fit(FLOWERS, SPECIES, X_val=FLOWERS[zero], y_val=SPECIES[zero])


def test_a_callback_may_set_the_learning_rate_to_zero_beside_a_schedule():
    warm_up = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.0 if epoch < 2 else 0.05)
    net = classifier(epochs=4, callbacks=[warm_up], learning_rate_schedule="linear").fit(FLOWERS, SPECIES)
    assert net.history_["learning_rate"][:2] == [0.0, 0.0]
    assert net.history_["learning_rate"][3] > 0


def test_a_schedule_that_gives_no_number_is_named():
    with pytest.raises(ValueError, match="learning_rate_schedule"):
        classifier(learning_rate_schedule=lambda fraction: float("nan")).fit(FLOWERS, SPECIES)
