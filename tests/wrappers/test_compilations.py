"""Compile once, fit many: which models share a program, and which must not."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV, KFold

import skdeep
from skdeep.wrappers import KerasClassifier, KerasRegressor
from tests.wrappers.models import (
    RATE,
    X,
    assert_parity,
    classification_net,
    compile_model,
    dense,
    layers,
    regression_net,
    twins,
    wrapped,
    y,
    y_three,
)

FACTOR = 2.0
SCALES = np.array([1.0, 2.0, -1.0, 0.5], np.float32)
SHARED = {"loss": "mse", "epochs": 2, "batch_size": 11, "verbose": 0, "random_state": 0, "engine": "compiled"}


@pytest.fixture
def compilations():
    """Return a function that counts the programs compiled since the test began."""
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    yield lambda: skdeep.cache_info().misses - before
    skdeep.clear_cache()


GRIDS = {
    "learning rate": ({}, {"optimizer__learning_rate": [0.001, 0.01, 0.1]}),
    "dropout": ({}, {"model__dropout": [0.125, 0.25, 0.5]}),
    "l2": ({}, {"model__l2": [0.001, 0.01, 0.1]}),
    "all": ({}, {"optimizer__learning_rate": [0.001, 0.1], "model__dropout": [0.1, 0.5], "model__l2": [0.01, 1.0]}),
    "momentum": ({"optimizer": "sgd"}, {"optimizer__momentum": [0.25, 0.5, 0.75]}),
    "delta": ({"loss": keras.losses.Huber}, {"loss__delta": [0.25, 1.0, 3.0]}),
    "epochs and batches": ({}, {"epochs": [1, 3], "batch_size": [7, 11]}),
    "random_state": ({}, {"random_state": [0, 1, 2]}),
    "schedule": ({"learning_rate_schedule": "cosine"}, {"epochs": [1, 3]}),
}


@pytest.mark.parametrize("name", GRIDS)
def test_a_search_over_numbers_compiles_once(name, compilations):
    fixed, grid = GRIDS[name]
    search = GridSearchCV(KerasRegressor(regression_net, **SHARED | fixed), grid, cv=KFold(3), error_score="raise")
    search.fit(X, y[:, 0])
    assert compilations() == 1
    assert len({*search.cv_results_["mean_test_score"]}) == len(search.cv_results_["params"])


@pytest.mark.parametrize("grid", [{"model__dropout": [0.125, 0.5]}, {"model__l2": [0.25, 1.0]}])
def test_a_number_counts_in_a_program_that_was_compiled_for_another(grid, compilations):
    ((name, values),) = grid.items()
    shared = [KerasRegressor(regression_net, **SHARED, **{name: one}).fit(X, y).predict(X) for one in values]
    assert compilations() == 1
    skdeep.clear_cache()
    alone = KerasRegressor(regression_net, **SHARED, **{name: values[1]}).fit(X, y).predict(X)
    assert_array_equal(shared[1], alone)
    assert not np.allclose(shared[0], shared[1], atol=1e-3)


def test_a_search_of_a_classifier_compiles_once(compilations):
    classifier = KerasClassifier(classification_net, **SHARED | {"loss": "sparse_categorical_crossentropy"})
    grid = {"optimizer__learning_rate": [0.001, 0.1], "class_weight": [{0: 5.0}, {1: 2.0, 2: 0.5}]}
    GridSearchCV(classifier, grid, cv=3, error_score="raise").fit(X, y_three)
    assert compilations() == 1


def test_a_search_over_widths_compiles_once_a_width(compilations):
    grid = {"model__units": [3, 4], "optimizer__learning_rate": [0.01, 0.1]}
    GridSearchCV(KerasRegressor(regression_net, **SHARED), grid, cv=KFold(3), error_score="raise").fit(X, y[:, 0])
    assert compilations() == 2


# -- values of shared programs, against Keras -------------------------------------------------------------------------


def strengths(l2, delta, rate, weight):
    def make():
        hidden = layers.Dense(6, "tanh", kernel_regularizer=keras.regularizers.L2(l2))
        model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1)])
        loss = keras.losses.Huber(delta)
        return compile_model(model, keras.optimizers.Adam(rate), loss, loss_weights=[weight])

    return make


def test_models_that_differ_in_numbers_share_a_program_and_learn_what_keras_does(compilations):
    assert_parity(strengths(0.01, 0.5, RATE, 1.0), X, y)
    assert_parity(strengths(0.25, 2.0, RATE / 2, 3.0), X, y)
    assert compilations() == 1


def from_inside(factor):
    """Return what builds a model of functions that are defined anew at each call."""

    def scaled(one):
        return one * factor

    def make():
        parts = [keras.Input((4,)), layers.Lambda(scaled), layers.Dense(6, lambda one: keras.ops.tanh(one * factor))]
        return compile_model(keras.Sequential([*parts, layers.Dense(1)]))

    return make


def test_functions_defined_anew_share_a_program(compilations):
    assert_parity(from_inside(2.0), X, y)
    assert_parity(from_inside(2.0), X, y)
    assert compilations() == 1


def test_models_with_other_names_share_a_program(compilations):
    for name in ("first", "second"):
        KerasRegressor(regression_net, name=name, **SHARED).fit(X, y)
    assert compilations() == 1


def function_net(function):
    def make():
        parts = [keras.Input((4,)), layers.Lambda(function), layers.Dense(5, "tanh"), layers.Dense(1)]
        return compile_model(keras.Sequential(parts))

    return make


def with_default(factor):
    return lambda one, by=factor: one * by


def with_closure(factor):
    return lambda one: one * factor


def of_global(one):
    return one * FACTOR


def through_a_helper(one):
    return of_global(one)


FUNCTIONS = {
    "constants": (lambda one: one * 2.0, lambda one: one * 3.0),
    "operations": (lambda one: one * 2.0, lambda one: one + 2.0),
    "functions of Keras": (lambda one: keras.ops.sin(one), lambda one: keras.ops.cos(one)),
    "closures": (with_closure(2.0), with_closure(-1.0)),
    "arrays": (with_closure(SCALES), with_closure(SCALES + 1)),
    "defaults": (with_default(2.0), with_default(-1.0)),
    "functions in closures": (
        (lambda inner: lambda one: inner(one))(with_closure(2.0)),
        (lambda inner: lambda one: inner(one))(with_closure(-1.0)),
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_that_compute_something_else_do_not_share(name, compilations):
    for number, function in enumerate(FUNCTIONS[name], 1):
        wrapped(function_net(function)(), epochs=1).fit(X, y)
        assert compilations() == number


@pytest.mark.parametrize("function", [of_global, through_a_helper])
def test_another_value_of_a_global_is_another_function(function, compilations, monkeypatch):
    wrapped(function_net(function)(), epochs=1).fit(X, y)
    monkeypatch.setitem(function.__globals__, "FACTOR", -1.0)
    wrapped(function_net(function)(), epochs=1).fit(X, y)
    assert compilations() == 2


# -- structures -------------------------------------------------------------------------------------------------------


def graph(wire):
    def make():
        inputs = keras.Input((4,))
        return compile_model(keras.Model(inputs, layers.Dense(1)(wire(inputs))))

    return make


def in_this_order(inputs):
    return layers.Subtract()([layers.Dense(3, "tanh")(inputs), layers.Dense(3, "sigmoid")(inputs)])


def in_that_order(inputs):
    left, right = layers.Dense(3, "tanh")(inputs), layers.Dense(3, "sigmoid")(inputs)
    return layers.Subtract()([right, left])


STRUCTURES = {
    "widths": [lambda x, units=units: layers.Dense(units, "tanh")(x) for units in (3, 4)],
    "activations": [lambda x, name=name: layers.Dense(3, name)(x) for name in ("tanh", "relu")],
    "order of inputs": [in_this_order, in_that_order],
    "epsilon": [lambda x, e=e: layers.LayerNormalization(epsilon=e)(layers.Dense(3)(x)) for e in (0.001, 2.0)],
    "slope": [lambda x, s=s: layers.LeakyReLU(negative_slope=s)(layers.Dense(3)(x)) for s in (0.1, 0.9)],
    "frozen": [lambda x, t=t: layers.Dense(3, "tanh", trainable=t)(x) for t in (True, False)],
    "bias": [lambda x, b=b: layers.Dense(3, "tanh", use_bias=b)(x) for b in (True, False)],
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_models_of_other_structure_do_not_share(name, compilations):
    for number, wire in enumerate(STRUCTURES[name], 1):
        wrapped(graph(wire)(), epochs=1).fit(X, y)
        assert compilations() == number


def loss_of(power):
    return lambda true, predicted: keras.ops.mean(keras.ops.abs(true - predicted) ** power, axis=-1)


def test_losses_that_are_functions_share_by_what_they_compute(compilations):
    assert_parity(lambda: dense(loss=loss_of(1.5)), X, y)
    assert_parity(lambda: dense(loss=loss_of(1.5)), X, y)
    assert compilations() == 1
    assert_parity(lambda: dense(loss=loss_of(2.5)), X, y)
    assert compilations() == 2


def test_a_model_that_is_trained_twice_compiles_once(compilations):
    ours, _ = twins(dense)
    estimator = wrapped(ours)
    estimator.fit(X, y).partial_fit(X[:20], y[:20])
    estimator.fit(X[:30], y[:30])
    assert compilations() == 1
