"""What once trained the wrong thing in silence."""

import threading

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import balanced_accuracy_score

import skdeep
from skdeep.image import CNNClassifier
from skdeep.losses import Huber
from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
PATIENTS, PROGRESSION = load_diabetes(return_X_y=True)
SETTINGS = {"hidden_layer_sizes": (6,), "epochs": 3, "batch_size": 50, "random_state": 0}


def classifier(**given):
    return MLPClassifier(**SETTINGS | given)


def regressor(**given):
    return MLPRegressor(**SETTINGS | given)


def same(one, other):
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(one.weights_, other.weights_, strict=True))


@pytest.fixture
def misses():
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    return lambda: skdeep.cache_info().misses - before


# -- penalties that layers add ----------------------------------------------------------------------------------------


def test_what_layers_add_to_the_loss_is_learned_in_small_nets_too():
    penalty = keras.layers.ActivityRegularization(l2=10.0)
    plain, small = classifier(activation="linear").fit(X, y), classifier(activation=penalty).fit(X, y)
    by_weight = classifier(activation=penalty, optimizer=keras.optimizers.Adam()).fit(X, y)
    assert small.loss_curve_[0] > 10 * plain.loss_curve_[0]
    for mine, theirs in zip(small.weights_, by_weight.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-6)


# -- objects without get_config ---------------------------------------------------------------------------------------


class Filled(keras.initializers.Initializer):
    def __init__(self, value):
        self.value = value

    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, self.value, dtype)


class Unseeded(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.random.normal(shape, dtype=dtype)


class Slow(keras.optimizers.SGD):
    def __init__(self, slowness=2.0, **given):
        super().__init__(**given)
        self.slowness = slowness


def test_initializers_without_a_config_are_told_apart(misses):
    small, large = (classifier(kernel_initializer=Filled(value), learning_rate=1e-9).fit(X, y) for value in (0.1, 0.3))
    assert_allclose(small.coefs_[0], 0.1, atol=1e-6)
    assert_allclose(large.coefs_[0], 0.3, atol=1e-6)
    classifier(kernel_initializer=Filled(0.1)).fit(X, y)
    assert misses() == 2


def test_optimizers_that_cannot_be_built_anew_are_refused():
    with pytest.raises(TypeError, match="optimizer Slow has parameters of its own, which get_config does not mention"):
        classifier(optimizer=Slow(3.0)).fit(X, y)


def test_the_seed_of_the_estimator_governs_every_initializer():
    for initializer in (Unseeded(), keras.initializers.HeNormal(), "orthogonal"):
        fits = [classifier(kernel_initializer=initializer, random_state=seed).fit(X, y) for seed in (0, 0, 1)]
        assert same(fits[0], fits[1])
        assert not same(fits[0], fits[2])


@pytest.mark.parametrize("initializer", ["auto", "orthogonal", "lecun_normal"])
def test_nets_of_a_seed_start_alike_in_both_precisions(initializer):
    still = {"learning_rate": 1e-300, "optimizer": "sgd", "kernel_initializer": initializer}
    single, double = (classifier(dtype=dtype, **still).fit(X, y) for dtype in ("float32", "float64"))
    for one, other in zip(single.weights_, double.weights_, strict=True):
        assert other.dtype == np.float64
        assert_array_equal(one, other.astype(np.float32))


def test_the_seed_of_an_initializer_counts_too():
    one, other = (classifier(kernel_initializer=keras.initializers.HeNormal(seed=seed)).fit(X, y) for seed in (1, 2))
    assert not same(one, other)


def test_threads_share_an_initializer():
    initializer = keras.initializers.HeNormal()
    models = [classifier(hidden_layer_sizes=(5 + n % 3,), kernel_initializer=initializer) for n in range(16)]
    threads = [threading.Thread(target=model.fit, args=(X, y)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, model in enumerate(models):
        alone = classifier(hidden_layer_sizes=(5 + number % 3,), kernel_initializer=keras.initializers.HeNormal())
        assert same(model, alone.fit(X, y))


# -- losses -----------------------------------------------------------------------------------------------------------


@keras.saving.register_keras_serializable("tests")
class Scaled(Huber):
    """A subclass whose config does not mention its own attribute."""

    factor = 1.0

    def call(self, y_true, y_pred):
        return self.factor * super().call(y_true, y_pred)


class Weighted:
    """A callable with a state."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, y_true, y_pred):
        return self.factor * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


def test_subclasses_of_our_losses_keep_their_attributes():
    loss = Scaled()
    loss.factor = 10.0
    plain, scaled = (regressor(loss=each).fit(PATIENTS, PROGRESSION) for each in (Huber(), loss))
    assert_allclose(scaled.loss_curve_[0], 10 * plain.loss_curve_[0], rtol=0.1)


def test_a_loss_that_was_changed_between_fits_is_the_changed_one(misses):
    loss = Weighted(1.0)
    model = regressor(loss=loss, learning_rate=1e-9)
    first = model.fit(PATIENTS, PROGRESSION).loss_curve_[0]
    assert model.fit(PATIENTS, PROGRESSION).loss_curve_[0] == first
    loss.factor = 3.0
    assert_allclose(model.fit(PATIENTS, PROGRESSION).loss_curve_[0], 3 * first, rtol=1e-6)
    assert misses() == 2


def test_a_warm_start_refuses_a_loss_that_scales_targets_otherwise():
    model = regressor(warm_start=True).fit(PATIENTS, PROGRESSION)
    model.set_params(loss="huber").fit(PATIENTS, PROGRESSION)
    with pytest.raises(ValueError, match=r"loss='huber' and cannot go on with 'poisson', which scales its targets"):
        model.set_params(loss="poisson").fit(PATIENTS, PROGRESSION)


@pytest.mark.parametrize("optimizer", ["adam", "lamb"])
def test_a_loss_without_a_gradient_is_refused(optimizer):
    def rounded(y_true, y_pred):
        return keras.ops.mean(keras.ops.round(y_pred) * 0.0 + keras.ops.stop_gradient((y_true - y_pred) ** 2), axis=-1)

    def constant(y_true, y_pred):
        return keras.ops.mean((y_true - keras.ops.stop_gradient(y_pred)) ** 2, axis=-1)

    with pytest.raises(ValueError, match="The loss has no gradient"):
        regressor(loss=constant, optimizer=optimizer).fit(PATIENTS, PROGRESSION)


# -- optimizers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda: keras.optimizers.SGD(0.1, loss_scale_factor=64.0),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
    ],
)
def test_loss_scaling_changes_nothing_in_single_precision(wrapped):
    plain, scaled = (classifier(optimizer=each).fit(X, y) for each in (keras.optimizers.SGD(0.1), wrapped()))
    assert same(plain, scaled)


def test_adamw_decays_as_in_keras_unless_told_otherwise():
    keras_own = keras.optimizers.AdamW().weight_decay
    default, explicit, none = (classifier(optimizer="adamw", weight_decay=w).fit(X, y) for w in ("auto", keras_own, 0))
    assert same(default, explicit)
    assert not same(default, none)
    adam = classifier(optimizer="adam").fit(X, y)
    for mine, theirs in zip(none.weights_, adam.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-6)
    instance = keras.optimizers.AdamW(1e-3, weight_decay=0.3)
    own, without = (classifier(optimizer=instance, weight_decay=w).fit(X, y) for w in ("auto", 0))
    assert np.abs(own.coefs_[0]).sum() < np.abs(without.coefs_[0]).sum()


# -- training that goes on --------------------------------------------------------------------------------------------


def test_weights_cannot_be_replaced_by_hand():
    model = classifier().fit(X, y)
    assert isinstance(model.weights_, tuple)
    with pytest.raises(TypeError):
        model.weights_[0] = model.weights_[0] * 2


def test_statistics_go_on_where_they_were_whatever_the_size_of_the_calls():
    """Batches are counted: after 160 of them, one more moves the moving statistics by a hundredth of the difference."""
    images = np.random.default_rng(0).random((640, 6, 6))
    labels = np.arange(640) % 2
    given = {"batch_size": 8, "random_state": 0, "learning_rate": 1e-30, "optimizer": "sgd", "dtype": "float32"}
    given["rescale"] = 1.0
    model = CNNClassifier("resnet", **given).partial_fit(images, labels, classes=[0, 1], epochs=2)
    before = model.weights_
    model.partial_fit(images[:8], labels[:8])
    own = CNNClassifier("resnet", **given).partial_fit(images[:8], labels[:8], classes=[0, 1]).weights_
    names = [variable.path for variable in model.model_.variables]
    moving = [index for index, array in enumerate(before) if "moving" in names[index] and index > 1]
    assert len(moving) > 10
    for index in moving:  # the statistics of the last batch alone are those of a net that saw nothing else
        assert_allclose(model.weights_[index], 0.99 * before[index] + 0.01 * own[index], rtol=2e-3, atol=1e-5)
    assert model._net.n_steps == 161


def test_one_row_tells_the_size_of_targets():
    model = regressor(learning_rate=0.01).partial_fit(PATIENTS[:1], 1e6 + PROGRESSION[:1])
    for _ in range(30):
        model.partial_fit(PATIENTS, 1e6 * (1 + PATIENTS[:, 2]))
    assert model.score(PATIENTS, 1e6 * (1 + PATIENTS[:, 2])) > 0.5


def test_a_validation_loss_that_is_never_finite_is_an_error():
    def infinite(y_true, y_pred):
        big = keras.ops.where(keras.ops.mean(y_true, axis=-1) > 4, np.inf, 0.0)
        return keras.ops.mean((y_true - y_pred) ** 2, axis=-1) + big

    rows = PATIENTS[:20], np.full(20, 100.0)
    with pytest.raises(ValueError, match="No epoch had a finite val_loss"):
        regressor(loss=infinite, early_stopping=True).fit(PATIENTS, PROGRESSION * 0.001, X_val=rows[0], y_val=rows[1])


# -- data -------------------------------------------------------------------------------------------------------------


def test_a_schedule_may_return_whole_numbers_first():
    def switched(fraction):
        return 1 if fraction < 0.5 else 0.5

    def floats(fraction):
        return float(switched(fraction))

    one, other = (classifier(learning_rate_schedule=each, epochs=6).fit(X, y) for each in (switched, floats))
    assert same(one, other)
    assert one.history_["learning_rate"][-1] == pytest.approx(0.0005)


def test_a_column_of_labels_can_be_split():
    flat = classifier(early_stopping=True).fit(X, y)
    with pytest.warns(Warning, match="column-vector"):
        column = classifier(early_stopping=True).fit(X, y[:, None])
    assert same(flat, column)


@pytest.mark.parametrize("scale", [1e-50, 1e-20, 1e37, 1e300])
def test_only_the_proportions_of_weights_count(scale):
    weight = np.linspace(0.5, 2.0, len(y))
    plain, scaled = (classifier(dtype="float32").fit(X, y, sample_weight=w) for w in (weight, scale * weight))
    for mine, theirs in zip(plain.weights_, scaled.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_early_stopping_with_weights_and_a_scorer_that_takes_none():
    def score(estimator, X, y):
        return balanced_accuracy_score(y, estimator.predict(X))

    model = classifier(early_stopping=True, scoring=score).fit(X, y, sample_weight=np.linspace(0.5, 2.0, len(y)))
    assert len(model.validation_scores_) == model.n_iter_
    assert_array_equal(model.classes_, [0, 1, 2])


@pytest.mark.parametrize("class_weight", [[3], [None], [{0: 2.0}, 3]])
def test_class_weights_that_are_no_dicts_are_named(class_weight):
    labels = y if len(class_weight) == 1 else np.column_stack([y, y])
    with pytest.raises(ValueError, match="class_weight must be a dict of weights by label"):
        classifier(class_weight=class_weight).fit(X, labels)


def test_a_loss_whose_name_merely_contains_a_word_is_taken_for_what_it_is():
    def not_sparse_at_all(y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)  # on one column a class

    def squares(y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    assert same(*(classifier(loss=loss).fit(X, y) for loss in (not_sparse_at_all, squares)))


# -- targets and losses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e160, 1e300])
def test_huge_targets_are_predicted(size):
    model = regressor(epochs=30, learning_rate=0.05, n_iter_no_change=np.inf).fit(PATIENTS, PROGRESSION * size)
    plain = regressor(epochs=30, learning_rate=0.05, n_iter_no_change=np.inf).fit(PATIENTS, PROGRESSION)
    assert_allclose(model.predict(PATIENTS) / size, plain.predict(PATIENTS), rtol=1e-6)


def test_a_loss_of_another_number_of_rows_is_refused():
    with pytest.raises(ValueError, match="one value for each row, but for 7 rows"):
        regressor(loss=lambda targets, outputs: ((targets - outputs) ** 2)[:1, 0]).fit(PATIENTS, PROGRESSION)


@pytest.mark.parametrize("rows", [10, 442], ids=["computed in float64", "computed in float32"])
@pytest.mark.parametrize("container", [np.asarray, csr_array, pd.DataFrame])
def test_x_in_single_precision_gives_predictions_in_single_precision(rows, container):
    single, double = (container(PATIENTS[:rows].astype(dtype)) for dtype in ("float32", "float64"))
    model = classifier().fit(single, PROGRESSION[:rows] > 100)
    assert model.predict_proba(single).dtype == model.decision_function(single).dtype == "float32"
    model = regressor().fit(single, PROGRESSION[:rows])
    assert model.predict(single).dtype == "float32"
    assert model.predict(double).dtype == "float64"
    assert_allclose(model.predict(single), model.predict(double), rtol=1e-5)


# -- classes of partial_fit -------------------------------------------------------------------------------------------

TWO = np.column_stack([y % 2, y // 2])


@pytest.mark.parametrize("several", [[[0, 1], [0, 1]], ([0, 1], [0, 1]), np.array([[0, 1], [0, 1]])])
def test_classes_of_several_targets_may_come_in_any_container(several):
    model = classifier().partial_fit(X, TWO, classes=several)
    assert [list(classes) for classes in model.classes_] == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match="must be the same as on the last call"):
        model.partial_fit(X, TWO, classes=[[0, 1], [0, 2]])


@pytest.mark.parametrize("classes", [[0, 0], [[0, 1], [1, 1]], [1]])
def test_classes_that_are_one_class_are_refused(classes):
    with pytest.raises(ValueError, match="at least 2 classes"):
        classifier().partial_fit(X, y, classes=classes)
