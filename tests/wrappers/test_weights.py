"""Weights of classes and rows for each output, weights that are frozen, and weights that searches leave alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_sample_weight

import skdeep
from skdeep.wrappers import KerasClassifier, KerasRegressor, KerasTransformer
from tests.wrappers.models import BATCH, EPOCHS, X, compile_model, dense, layers, regression_net, wrapped, y

SETTINGS = {"epochs": EPOCHS, "batch_size": BATCH, "shuffle": False, "verbose": 0, "random_state": 0}
labels = np.column_stack([y[:, 0] > 0.5, X[:, 0] > 0]).astype(int)
rows = np.linspace(0.5, 2.0, len(X)).astype(np.float32)


class Columns(TransformerMixin, BaseEstimator):
    def fit(self, y):
        return self

    def transform(self, y):
        return list(y.T)

    def inverse_transform(self, y, return_proba=False):
        return np.hstack(y) if return_proba else np.hstack(y).round().astype(int)

    def get_metadata(self):
        return {"n_outputs_expected_": 2}


class TwoLabels(KerasClassifier):
    @property
    def target_encoder(self):
        return Columns()


def two_outputs():
    inputs = keras.Input((4,))
    hidden = layers.Dense(5, "tanh", kernel_initializer=keras.initializers.GlorotUniform(0))(inputs)
    drawn = [keras.initializers.GlorotUniform(seed) for seed in (1, 2)]
    heads = [
        layers.Dense(1, "sigmoid", kernel_initializer=one, name=f"head_{n}")(hidden) for n, one in enumerate(drawn)
    ]
    return compile_model(keras.Model(inputs, heads), loss="binary_crossentropy")


def weights_of_keras(first, second):
    model = two_outputs()
    arguments = {"epochs": EPOCHS, "batch_size": BATCH, "shuffle": False, "verbose": 0}
    model.fit(X, list(labels.T), sample_weight=[first, second], **arguments)
    return model.get_weights()


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_classes_of_one_output_are_weighed(engine):
    net = TwoLabels(two_outputs, class_weight={"head_0": "balanced"}, engine=engine, **SETTINGS).fit(X, labels, rows)
    balanced = rows * compute_sample_weight("balanced", labels[:, 0])
    for mine, other in zip(net.model_.get_weights(), weights_of_keras(balanced, rows), strict=True):
        assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("given", [[None, rows], {"head_1": rows}])
def test_rows_of_one_output_are_weighed(given):
    net = TwoLabels(two_outputs, **SETTINGS).fit(X, labels, given)
    assert net.engine_ == "compiled"
    for mine, other in zip(net.model_.get_weights(), weights_of_keras(np.ones(len(X)), rows), strict=True):
        assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


def test_classes_of_an_output_that_is_not_there():
    with pytest.raises(ValueError, match=r"class_weight by the names of outputs .* \['head_0', 'head_1'\]"):
        TwoLabels(two_outputs, class_weight={"head_2": "balanced"}, **SETTINGS).fit(X, labels)


def normalised(meta):
    inputs = keras.Input((4,))
    hidden = layers.BatchNormalization(name="body_norm")(layers.Dense(5, "tanh", name="body")(inputs))
    return keras.Model(inputs, layers.Dense(1, name="head")(hidden))


def moved(net):
    before = net.initialize(X, y).weights_
    net.fit(X, y)
    pairs = zip(net.paths_, before, net.weights_, strict=True)
    return {path for path, old, new in pairs if not np.array_equal(old, new)}


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_frozen_weights_and_statistics_stay(engine):
    net = KerasRegressor(normalised, loss="mse", freeze="body*", engine=engine, **SETTINGS)
    assert moved(net) == {"head/kernel", "head/bias"}


def test_what_was_frozen_can_be_thawed():
    net = KerasRegressor(normalised, loss="mse", freeze="body*", warm_start=True, **SETTINGS).fit(X, y)
    before = net.weights_
    net.set_params(freeze=None).fit(X, y)
    assert not any(map(np.array_equal, before, net.weights_))


def test_factors_of_rates_are_numbers_of_one_program():
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    steps = {}
    for factor in (1.0, 0.25):
        net = KerasRegressor(regression_net, loss="mse", optimizer="sgd", **SETTINGS | {"epochs": 1, "batch_size": -1})
        net.set_params(rate_factors={"*/kernel": factor})
        start = net.initialize(X, y).weights_
        steps[factor] = [after - old for after, old in zip(net.fit(X, y).weights_, start, strict=True)]
    assert skdeep.cache_info().misses == before + 1
    assert_allclose(steps[0.25][0], 0.25 * steps[1.0][0], rtol=1e-3, atol=1e-7)
    assert_allclose(steps[0.25][1], steps[1.0][1], rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"freeze": "none/*"}, "is for no weight of the net"),
        ({"rate_factors": {"none/*": 0.1}}, "no weight has a path like"),
        ({"rate_factors": {"body*": 0.1}, "engine": "keras"}, "rate_factors cannot be used where Keras trains"),
    ],
)
def test_patterns_that_cannot_be(parameters, message):
    with pytest.raises(ValueError, match=message):
        KerasRegressor(normalised, loss="mse", **SETTINGS, **parameters).fit(X, y)


def test_a_search_over_an_instance_trains_copies():
    model = dense()
    first = model.get_weights()
    net = KerasRegressor(model, **SETTINGS)
    search = GridSearchCV(net, {"epochs": [1, 2]}, cv=2, error_score="raise").fit(X, y[:, 0])
    for old, new in zip(first, model.get_weights(), strict=True):
        assert_array_equal(old, new)
    assert search.best_estimator_.model_ is not model


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_fit_that_fails_in_the_middle_puts_weights_and_steps_back(engine):
    class Failing(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop here")

    net = wrapped(dense(), engine=engine).fit(X, y)
    before = [variable.numpy() for variable in (*net.model_.weights, *net.model_.optimizer.variables)]
    with pytest.raises(RuntimeError, match="stop here"):
        net.set_params(callbacks=Failing()).partial_fit(X, y)
    after = [variable.numpy() for variable in (*net.model_.weights, *net.model_.optimizer.variables)]
    for old, new in zip(before, after, strict=True):
        assert_array_equal(old, new)


def test_rows_that_an_autoencoder_is_evaluated_on_need_no_targets():
    def again(meta):
        return keras.Sequential([keras.Input((4,)), layers.Dense(2, name="code"), layers.Dense(4)])

    net = KerasTransformer(again, layer="code", loss="mse", **SETTINGS).fit(X, X_val=X[:9])
    error = net.reconstruct(X[:9]) - X[:9]
    assert_allclose(net.history_["val_loss"][-1], np.mean(error**2), rtol=1e-5)


def test_ragged_rows_are_trained_by_keras():
    words = tf.ragged.constant([[1, 2], [3], [1, 2, 3, 4], [2]] * 8)

    def averaged():
        inputs = keras.Input((None,), dtype="int32")
        pooled = layers.GlobalAveragePooling1D()(layers.Embedding(6, 4)(inputs))
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(pooled))

    net = KerasClassifier(averaged, loss="binary_crossentropy", **SETTINGS).fit(words, [0, 1, 0, 1] * 8)
    assert net.engine_ == "keras: X is no array"
    assert len(net.history_["loss"]) == EPOCHS
