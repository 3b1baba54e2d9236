"""Compile once, fit many: how many programs are traced, shared, kept and freed."""

import gc
import os
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV

import skdeep
from skdeep._engine.cache import cache
from skdeep._engine.predict import Predictor
from skdeep._engine.program import Program
from skdeep.image import CNNClassifier, Custom, LeNet, ResNet, Small
from skdeep.image.augmentation import Contrast, Cutout, Mixup, Noise, Rotate, Shift, Zoom
from skdeep.losses import LDAM, Focal, Huber, LogitAdjusted, Pinball
from skdeep.schedules import CosineDecay, ExponentialDecay, LinearDecay, OneCycle, ReduceOnPlateau, StepDecay
from skdeep.sequence import RNNClassifier, TransformerClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor
from skdeep.utils._tensorflow import gradient_registry

X, y = make_classification(50, 8, n_informative=5, random_state=0)
X_regression, y_regression = make_regression(50, 8, noise=10.0, random_state=0)
FOLDS = KFold(3)  # of 16, 17 and 17 rows


class Traces:
    """Counts what is compiled from now on."""

    def __init__(self, monkeypatch):
        self.programs = self.forwards = self.graphs = 0
        self.misses_before = skdeep.cache_info().misses
        self.live_programs, self.live_graphs = weakref.WeakSet(), weakref.WeakSet()
        self._count(monkeypatch, Program, "_train_graph", "programs", self.live_programs)
        self._count(monkeypatch, Predictor, "_trace", "forwards", None)
        self._count(monkeypatch, tf.Graph, "__init__", "graphs", self.live_graphs)

    def _count(self, monkeypatch, cls, method, counter, live):
        original = getattr(cls, method)

        def counted(this, *arguments, **keywords):
            setattr(self, counter, getattr(self, counter) + 1)
            if live is not None:
                live.add(this)
            return original(this, *arguments, **keywords)

        monkeypatch.setattr(cls, method, counted)


@pytest.fixture
def traces(monkeypatch, by_tensorflow):
    skdeep.clear_cache()
    tf.compat.v1.get_default_graph()  # which is made once, when it is first asked for
    yield Traces(monkeypatch)
    skdeep.clear_cache()


def classifier(**parameters):
    return MLPClassifier(**{"hidden_layer_sizes": (6,), "epochs": 3, "random_state": 0} | parameters)


def regressor(**parameters):
    return MLPRegressor(**{"hidden_layer_sizes": (6,), "epochs": 3, "random_state": 0} | parameters)


def search(estimator, grid, **keywords):
    return GridSearchCV(estimator, grid, cv=FOLDS, **keywords).fit(X, y)


# One grid a number, with the parameters that make it count.
NUMBERS = {
    "learning_rate": ({}, [1e-3, 1e-2, 0.1]),
    "dropout": ({}, [0.1, 0.25, 0.5]),
    "alpha": ({}, [1e-4, 1e-2, 1.0]),
    "l1": ({}, [1e-4, 1e-2, 1.0]),
    "weight_decay": ({"optimizer": "adamw"}, [1e-4, 1e-2, 1.0]),
    "clip_norm": ({}, [0.1, 1.0, 10.0]),
    "momentum": ({"optimizer": "sgd"}, [0.5, 0.9, 0.99]),
    "label_smoothing": ({}, [0.05, 0.1, 0.2]),
    "epochs": ({}, [1, 4, 9]),
    "batch_size": ({}, [5, 16, "auto"]),
    "random_state": ({}, [0, 1, 2]),
    "class_weight": ({}, [{0: 1.0, 1: 2.0}, {0: 5.0}, {0: 0.5, 1: 0.1}]),
    "deferred_fraction": ({"class_weight": {0: 5.0}}, [0.2, 0.5, 0.8]),
    "batch_sampling": ({}, [None, "balanced", 0.3]),
    "mixup": ({}, [0.1, 0.4, 2.0]),
    "tol": ({}, [0.0, 1e-3]),
    "n_iter_no_change": ({}, [1, 5]),
    "shuffle": ({}, [True, False]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_search_over_a_number_traces_one_program(name, traces):
    fixed, values = NUMBERS[name]
    found = search(classifier(**fixed), {name: values}, return_train_score=True)
    assert traces.programs == skdeep.cache_info().misses - traces.misses_before == 1
    assert traces.forwards == 1
    assert skdeep.cache_info().programs == 1
    assert len(found.cv_results_["params"]) == len(values)


def test_a_search_over_all_numbers_together_traces_one_program(traces):
    grid = {name: values for name, (_, values) in NUMBERS.items() if name != "shuffle"}
    sampled = RandomizedSearchCV(classifier(optimizer="sgd"), grid, n_iter=12, cv=FOLDS, random_state=0).fit(X, y)
    assert len({str(parameters) for parameters in sampled.cv_results_["params"]}) == 12
    assert (traces.programs, traces.forwards) == (1, 1)


@pytest.mark.parametrize("name", sorted(NUMBERS.keys() - {"shuffle", "tol", "n_iter_no_change"}))
def test_the_numbers_of_a_search_are_not_ignored(name):
    fixed, values = NUMBERS[name]
    fits = [classifier(**fixed).set_params(**{name: value}).fit(X, y) for value in values]
    weights = [np.concatenate([array.ravel() for array in fit.weights_]) for fit in fits]
    assert not any(np.allclose(weights[0], other, rtol=1e-7, atol=0) for other in weights[1:])


def test_another_architecture_traces_another_program(traces):
    search(classifier(), {"hidden_layer_sizes": [(5,), (6,), (6, 6)], "alpha": [0.1, 1.0]})
    assert traces.programs == traces.forwards == 3


@pytest.mark.parametrize("name", ["dropout", "alpha", "l1", "clip_norm", "label_smoothing", "momentum", "weight_decay"])
def test_nothing_of_a_number_traces_its_own_program(name, traces):
    fixed, values = NUMBERS[name]
    none = None if name in ("clip_norm", "momentum") else 0.0
    for value in (none, *values, none):
        classifier(**fixed).set_params(**{name: value}).fit(X, y)
    assert traces.programs == 2


def test_schedules_share_one_program_whatever_their_numbers(traces):
    schedules = [
        CosineDecay(0.1),
        CosineDecay(0.3, final=0.1),
        LinearDecay(),
        StepDecay(0.5, at=(0.3,)),
        OneCycle(),
        "step",
    ]
    search(classifier(), {"learning_rate_schedule": [*schedules, lambda fraction: 1.0 - fraction / 2]})
    search(
        classifier(learning_rate_schedule=ExponentialDecay()),
        {"learning_rate_schedule__final": [0.1, 0.01], "learning_rate": [0.1, 0.01]},
    )
    assert traces.programs == 1


def test_reducing_on_plateaus_needs_no_program_of_its_own(traces):
    search(classifier(), {"learning_rate_schedule": [None, "constant", "reduce_on_plateau", ReduceOnPlateau(0.5, 1)]})
    assert traces.programs == 1


def test_optimizer_instances_that_differ_in_live_numbers_share_one_program(traces):
    rates = [keras.optimizers.SGD(rate, momentum=momentum) for rate, momentum in ((0.01, 0.9), (0.1, 0.5), (0.1, 0.9))]
    search(classifier(), {"optimizer": rates})
    assert traces.programs == 1
    search(classifier(), {"optimizer": [keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True)]})
    assert traces.programs == 2


def test_optimizer_instances_that_differ_in_constants_do_not_share_one(traces):
    first, second = (classifier(optimizer=keras.optimizers.Adam(beta_1=beta)).fit(X, y) for beta in (0.9, 0.5))
    assert traces.programs == 2
    assert not np.allclose(first.weights_[0], second.weights_[0], rtol=1e-7, atol=0)


def test_loss_instances_with_equal_numbers_share_one_program(traces):
    for loss in (keras.losses.LogCosh(), keras.losses.LogCosh(name="another")):
        regressor(loss=loss).fit(X_regression, y_regression)
        clone(regressor(loss=loss)).fit(X_regression, y_regression)
    assert traces.programs == 1
    for loss in (keras.losses.Huber(2.0), keras.losses.Huber(2.0, name="another")):
        regressor(loss=loss).fit(X_regression, y_regression)
    assert traces.programs == 2
    regressor(loss=keras.losses.Huber(3.0)).fit(X_regression, y_regression)
    assert traces.programs == 3


def test_keras_losses_keep_their_numbers_when_cloned():
    """Keras copies losses through their config, which says nothing of Huber's delta."""
    model = regressor(loss=keras.losses.Huber(0.1))
    original, cloned = (each.fit(X_regression, y_regression).loss_curve_ for each in (model, clone(model)))
    assert cloned == original


def test_our_losses_share_one_program_whatever_their_numbers(traces):
    search(classifier(), {"loss": [Focal(0.5), Focal(2.0), "focal"]})
    assert traces.programs == 1
    grid = {"loss__tau": [0.0, 0.5, 2.0], "label_smoothing": [0.0, 0.1], "class_weight": [None, "balanced"]}
    search(classifier(loss=LogitAdjusted()), grid | {"prediction_prior": [None, "uniform"]})
    assert (traces.programs, traces.forwards) == (2 + 1, 1)  # with weights of rows and without
    search(classifier(loss=LDAM()), {"loss__max_margin": [0.1, 0.5], "loss__scale": [1.0, 10.0]})
    assert traces.programs == 4
    traces.programs = 1
    GridSearchCV(regressor(), {"loss": [Pinball(0.1), Pinball(0.9), "pinball"]}, cv=FOLDS).fit(
        X_regression, y_regression
    )
    assert traces.programs == 2
    hubers = GridSearchCV(regressor(learning_rate=0.1), {"loss": [Huber(0.05), Huber(1e3)]}, cv=FOLDS)
    scores = hubers.fit(X_regression, y_regression).cv_results_["mean_test_score"]
    assert traces.programs == 3
    assert scores[0] != pytest.approx(scores[1], rel=0.01)


def test_constants_of_keras_losses_count():
    """Within its delta Huber is half the squared error, so plain gradient descent at twice the rate is the same."""

    def fitted(loss, rate):
        return regressor(loss=loss, optimizer="sgd", learning_rate=rate).fit(X_regression, y_regression).weights_

    halves, squares, small = (
        fitted(keras.losses.Huber(1e3), 0.02),
        fitted("squared_error", 0.01),
        fitted(keras.losses.Huber(0.1), 0.02),
    )
    for half, square in zip(halves, squares, strict=True):
        np.testing.assert_allclose(half, square, rtol=1e-10, atol=1e-12)
    assert not np.allclose(small[0], halves[0], rtol=1e-3)


def test_losses_written_as_functions_are_told_apart(traces):
    def fourth_power(targets, outputs):
        return tf.reduce_mean((targets - outputs) ** 4, axis=-1)

    def square(targets, outputs):
        return tf.reduce_mean((targets - outputs) ** 2, axis=-1)

    scaled = (y_regression - y_regression.mean()) / y_regression.std()
    curves = [
        clone(regressor(loss=loss)).fit(X_regression, scaled).loss_curve_
        for loss in (square, fourth_power, square, "mse")
    ]
    assert traces.programs == 3
    assert curves[0] == curves[2]
    assert curves[0] == pytest.approx(curves[3], rel=1e-12)
    assert curves[1][0] != pytest.approx(curves[0][0], rel=0.01)


def test_the_second_fit_compiles_nothing(traces):
    model = classifier(dropout=0.2, early_stopping=True, scoring="balanced_accuracy").fit(X, y)
    model.predict_proba(X)
    assert traces.graphs > 0
    before, hits = traces.graphs, skdeep.cache_info().hits
    clone(model).set_params(dropout=0.5, random_state=1).fit(X[:40], y[:40]).predict_proba(X[:1])
    clone(model).set_params(epochs=9, batch_size=7).fit(X, y).predict(X)
    assert traces.graphs == before
    assert skdeep.cache_info().hits == hits + 2


def test_warm_starts_and_partial_fits_use_the_same_program(traces):
    model = classifier(warm_start=True).fit(X, y)
    model.fit(X, y).partial_fit(X[:20], y[:20])
    assert traces.programs == 1


def test_threads_at_the_same_time_get_a_program_each(traces):
    alone = classifier().fit(X, y).weights_
    skdeep.clear_cache()
    misses, meeting = skdeep.cache_info().misses, threading.Barrier(3)
    wait = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: meeting.wait(timeout=100))
    with ThreadPoolExecutor(3) as pool:
        fits = list(pool.map(lambda _: classifier(callbacks=[wait]).fit(X, y), range(3)))
    assert skdeep.cache_info().misses - misses == 3
    assert skdeep.cache_info().programs == 3
    for fit in fits:
        assert all(np.array_equal(mine, other) for mine, other in zip(fit.weights_, alone, strict=True))


def test_the_cache_keeps_what_was_used_last(traces, monkeypatch):
    monkeypatch.setattr(cache, "max_programs", 2)
    for size in (3, 4, 3, 5):
        classifier(hidden_layer_sizes=(size,)).fit(X, y)
    assert skdeep.cache_info().programs == 2
    assert traces.programs == 3
    classifier(hidden_layer_sizes=(3,)).fit(X, y)
    assert traces.programs == 3
    classifier(hidden_layer_sizes=(4,)).fit(X, y)
    assert traces.programs == 4


def test_the_cache_is_bounded_by_bytes(traces, monkeypatch):
    classifier().fit(X, y)
    one = skdeep.cache_info().nbytes
    n_weights = 8 * 6 + 6 + 6 + 1
    assert 3 * n_weights * 8 <= one <= 3 * n_weights * 8 + 200  # weights and Adam's two slots in float64
    monkeypatch.setattr(cache, "max_bytes", 2 * one + 10)
    for activation in ("tanh", "elu", "gelu"):
        classifier(activation=activation).fit(X, y)
        assert skdeep.cache_info().nbytes <= 2 * one + 10
    assert skdeep.cache_info().programs == 2
    monkeypatch.setattr(cache, "max_bytes", one // 2)
    model = classifier(activation="mish").fit(X, y)
    assert (skdeep.cache_info().programs, skdeep.cache_info().nbytes) == (0, 0)
    assert model.predict(X).shape == y.shape


def test_what_is_evicted_is_freed(traces, monkeypatch):
    monkeypatch.setattr(cache, "max_programs", 1)
    optimizers = ["adam", "sgd", "nadam", keras.optimizers.Adam(clipnorm=1.0)]
    for optimizer in optimizers:
        parameters = {"dropout": 0.2, "normalization": "batch", "early_stopping": True, "optimizer": optimizer}
        classifier(**parameters).fit(X, y).predict(X)
    gc.collect()
    assert traces.programs == len(optimizers)
    assert len(traces.live_programs) == 1
    skdeep.clear_cache()
    gc.collect()
    assert len(traces.live_programs) == 0
    assert len(traces.live_graphs) == 0


def test_clearing_the_cache_leaves_estimators_working(traces):
    model = classifier().fit(X, y)
    probabilities = model.predict_proba(X)
    skdeep.clear_cache()
    assert skdeep.cache_info()[:2] == (0, 0)
    np.testing.assert_array_equal(model.predict_proba(X), probabilities)
    np.testing.assert_array_equal(classifier().fit(X, y).predict_proba(X), probabilities)
    assert (traces.programs, traces.forwards) == (2, 2)


def test_clearing_the_cache_during_a_fit_does_not_disturb_it(traces):
    clear = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: skdeep.clear_cache())
    cleared, plain = classifier(callbacks=[clear]).fit(X, y), classifier().fit(X, y)
    np.testing.assert_array_equal(cleared.predict_proba(X), plain.predict_proba(X))


# -- images -----------------------------------------------------------------------------------------------------------

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 5, 4)).astype(np.uint8)
CHANGES = (Shift, Rotate, Zoom, Contrast, Noise, Cutout, Mixup)
IMAGE_NUMBERS = {
    "learning_rate": ({}, [1e-3, 0.1]),
    "dropout": ({}, [0.1, 0.5]),
    "rescale": ({}, ["auto", None, 0.5]),
    "random_state": ({}, [0, 1]),
    **{change.__name__: ({}, [change(0.1), change(0.5)]) for change in CHANGES},
    "several changes in any order": ({}, [["shift", Noise(0.2)], [Noise(0.1), "shift"]]),
    "augmentation__fraction": ({"augmentation": Shift()}, [0.2, 0.5]),
}


def image_classifier(**parameters):
    settings = {"architecture": Custom(filters=(2,), head=(3,)), "epochs": 2, "random_state": 0}
    return CNNClassifier(**settings | parameters)


@pytest.mark.parametrize("name", IMAGE_NUMBERS)
def test_a_search_over_a_number_of_images_traces_one_program(name, traces):
    fixed, values = IMAGE_NUMBERS[name]
    parameter = name if name.islower() and " " not in name else "augmentation"
    found = GridSearchCV(image_classifier(**fixed), {parameter: values}, cv=FOLDS, scoring="neg_log_loss")
    scores = found.fit(IMAGES, y).cv_results_["mean_test_score"]
    assert traces.programs == skdeep.cache_info().misses - traces.misses_before == 1
    assert traces.forwards == 1
    assert len(set(scores)) == len(values)


def test_a_search_over_an_architecture_traces_each_net_once(traces):
    """Over names and objects, and over the parameters of objects; a name is the object with its defaults."""
    grid = {
        "architecture__filters": [(2,), (3,)],
        "architecture__head": [(3,), "average"],
        "learning_rate": [0.01, 0.1],
    }
    found = GridSearchCV(image_classifier(), grid, cv=FOLDS, scoring="neg_log_loss").fit(IMAGES, y)
    assert traces.programs == traces.forwards == 4
    assert len(set(found.cv_results_["mean_test_score"])) == 8
    net = image_classifier(architecture=ResNet(width=0.1, depth=0.1))
    GridSearchCV(net, {"architecture__width": [0.1, 0.2], "learning_rate": [0.01, 0.1]}, cv=FOLDS).fit(IMAGES, y)
    assert traces.programs == 6
    nets = [
        LeNet(),
        "lenet",
        Small(width=0.1),
        Custom(filters=2, head=[3]),
        Custom(filters=[2], kernel_size=(3, 3), head=(3,)),
    ]
    GridSearchCV(image_classifier(), {"architecture": nets}, cv=FOLDS).fit(IMAGES, y)
    assert traces.programs == 8
    assert net.architecture.width == 0.1


def test_searching_a_normalised_net_with_all_its_numbers_traces_one_program(traces):
    grid = {"learning_rate": [0.01, 0.1], "dropout": [0.1, 0.2], "augmentation": [["flip", Mixup(a)] for a in (0.1, 1)]}
    net = image_classifier(normalization="batch", learning_rate_schedule="cosine")
    GridSearchCV(net, grid, cv=FOLDS).fit(IMAGES, y)
    assert (traces.programs, traces.forwards) == (1, 1)


def test_other_kinds_of_change_and_other_shapes_trace_other_programs(traces):
    for change in (None, "flip", "shift", "mixup", ["shift", "mixup"]):
        image_classifier(augmentation=change).fit(IMAGES, y)
    assert traces.programs == 5
    image_classifier().fit(IMAGES[:, :4], y)
    assert traces.programs == 6
    # The same images in another form; as floats, they are stored in another way.
    for same in (IMAGES[..., None], list(IMAGES), IMAGES[:20]):
        image_classifier().fit(same, y[: len(same)])
    assert traces.programs == 6
    image_classifier().fit(IMAGES.astype(float), y)
    assert traces.programs == 7


def test_the_second_fit_of_a_net_of_images_compiles_nothing(traces):
    model = image_classifier(augmentation=["rotate", "cutout"]).fit(IMAGES, y)
    model.predict(IMAGES)
    before = traces.graphs
    again = clone(model).set_params(random_state=1, augmentation=["cutout", Rotate(5.0)], epochs=5)
    again.fit(IMAGES, y).partial_fit(IMAGES, y).predict(IMAGES[:1])
    assert traces.graphs == before


def test_training_programs_of_images_are_freed(traces, monkeypatch):
    monkeypatch.setattr(cache, "max_programs", 1)
    for parameters in ({"normalization": "batch"}, {"augmentation": ["flip", "noise", "mixup"]}, {"dropout": 0.2}):
        image_classifier(**parameters).fit(IMAGES, y).predict(IMAGES)
    skdeep.clear_cache()
    gc.collect()
    assert traces.programs == 3
    assert len(traces.live_programs) == len(traces.live_graphs) == 0


HAND_WRITTEN = {
    **{cell: RNNClassifier(cell) for cell in ("gru", "simple", "lstm")},
    "transformer": TransformerClassifier(1, width=8, n_heads=2),
}


@pytest.mark.parametrize("net", HAND_WRITTEN.values(), ids=HAND_WRITTEN)
def test_gradients_written_by_hand_keep_no_graph(net, traces):
    registered = {*gradient_registry.list()}
    model = clone(net).set_params(epochs=1, early_stopping=True, random_state=0).fit(X, y)
    model.predict(X)
    assert {*gradient_registry.list()} == registered
    skdeep.clear_cache()
    gc.collect()
    assert traces.graphs > 0
    assert len(traces.live_programs) == len(traces.live_graphs) == 0


def test_gradients_of_others_stay_registered(traces):
    @tf.custom_gradient
    def halved(values):
        return values / 2, lambda given: given

    @tf.function
    def slope(values):
        return tf.gradients(halved(values), values)[0]

    concrete = slope.get_concrete_function(tf.TensorSpec((), tf.float64))
    registered = {*gradient_registry.list()}
    RNNClassifier("gru", epochs=1).fit(X, y)
    assert {*gradient_registry.list()} == registered
    assert float(concrete(tf.constant(3.0, tf.float64))) == 1.0


FORKS = """
import os, sys
import numpy as np
from skdeep.tabular import MLPClassifier

X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
make = lambda: MLPClassifier((3,), epochs=1)

def in_child(function):
    child = os.fork()
    if not child:
        code = 3
        try:
            function()
            code = 0
        except RuntimeError as error:
            code = 7 if "fork" in str(error) and "loky" in str(error) else 4
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

print(in_child(lambda: make().fit(X, y).predict(X)))
fitted = make().fit(X, y)
print(in_child(lambda: make().fit(X, y)))
print(in_child(lambda: fitted.predict(np.tile(X, (20, 1)))))
print(in_child(lambda: fitted.predict(X)))
fitted.fit(X, y).predict(X)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_child_forked_after_a_fit_gets_an_error_and_one_forked_before_it_works():
    root = Path(skdeep.__file__).parents[1]
    command = [sys.executable, "-c", FORKS]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert result.stdout.split() == ["0", "7", "7", "0"]  # a few rows need no TensorFlow, result.stderr
    assert result.returncode == 0
