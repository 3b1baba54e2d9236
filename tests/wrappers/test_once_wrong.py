"""Behaviour that was wrong once, or is easily wrong."""

import functools
import pickle

import cloudpickle
import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone

import skdeep
from skdeep.wrappers import KerasRegressor
from tests.wrappers.models import (
    X,
    X_new,
    assert_parity,
    compile_model,
    dense,
    keras_fit,
    layers,
    regression_net,
    twins,
    wrapped,
    y,
    y_new,
)


@keras.saving.register_keras_serializable("skdeep tests")
class Residual(keras.Model):
    """A model that is a class, with arguments of its own."""

    def __init__(self, units=5, scale=1.0, **keywords):
        super().__init__(**keywords)
        self.units, self.scale = units, scale
        self.hidden, self.out = layers.Dense(units, "tanh"), layers.Dense(1)

    def call(self, inputs, training=False):
        return self.scale * self.out(self.hidden(inputs)) + inputs[:, :1]

    def get_config(self):
        return {"units": self.units, "scale": self.scale}


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_a_model_that_is_a_class(scale):
    def make():
        model = Residual(6, scale)
        model(X[:1])
        return compile_model(model)

    assert_parity(make, X, y, validation=(X_new, y_new))


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_rows_of_an_embedding_that_come_several_times_in_a_batch_have_one_gradient(optimizer):
    """Keras squares the parts of such a row one by one; the oracle is a dense layer on ones and zeros."""
    tokens = np.random.default_rng(2).integers(0, 7, (len(X), 5))

    def embedded():
        inputs = keras.Input((5,), dtype="int32")
        flat = layers.Flatten()(layers.Embedding(7, 3)(inputs))
        return compile_model(keras.Model(inputs, layers.Dense(1)(flat)), optimizer)

    def one_hot():
        inputs = keras.Input((5, 7))
        flat = layers.Flatten()(layers.Dense(3, use_bias=False)(inputs))
        return compile_model(keras.Model(inputs, layers.Dense(1)(flat)), optimizer)

    ours, theirs = embedded(), one_hot()
    theirs.set_weights(ours.get_weights())
    wrapped(ours).fit(tokens, y)
    keras_fit(theirs, np.eye(7, dtype=np.float32)[tokens], y)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(mine, other, rtol=2e-5, atol=2e-6)


def test_l1_penalties():
    def make():
        hidden = layers.Dense(6, "tanh", kernel_regularizer=keras.regularizers.L1(0.03))
        return compile_model(keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1)]))

    assert_parity(make, X, y)


def test_inputs_by_name():
    def make():
        left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
        return compile_model(
            keras.Model({"left": left, "right": right}, layers.Dense(1)(layers.Concatenate()([left, right])))
        )

    assert_parity(make, {"left": X, "right": X[::-1].copy()}, y)


def test_metrics_that_create_their_variables_late():
    ours, theirs = twins(lambda: dense(metrics=[keras.metrics.R2Score()]))
    history = wrapped(ours, engine="auto").fit(X, y).history_
    assert_allclose(history["r2_score"], keras_fit(theirs, X, y)["r2_score"], rtol=1e-4)


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
def test_validation_loss_is_averaged_over_batches_as_in_keras(reduction):
    def make():
        return dense(keras.optimizers.SGD(2.0**-8), keras.losses.MeanSquaredError(reduction=reduction))

    weights = np.linspace(0.25, 2.0, 20).astype(np.float32)
    assert_parity(make, X, y, validation=(X_new, y_new, weights), learns=False)


def test_masked_validation_loss_is_averaged_over_batches_as_in_keras():
    def make():
        inputs = keras.Input((5, 2))
        steps = layers.LSTM(4, return_sequences=True)(layers.Masking()(inputs))
        loss = "sparse_categorical_crossentropy"
        return compile_model(keras.Model(inputs, layers.Dense(3, "softmax")(steps)), keras.optimizers.SGD(0.25), loss)

    steps = np.random.default_rng(4).normal(size=(len(X), 5, 2)).astype(np.float32)
    steps[::2, 3:] = 0.0
    steps[:8, 1:] = 0.0
    targets = np.random.default_rng(2).integers(0, 3, (len(X), 5))
    assert_parity(make, steps, targets, validation=(steps[:20], targets[:20]))


def test_the_optimizer_of_a_model_that_is_given_has_taken_its_steps_after_a_fit():
    ours, theirs = twins(dense)
    wrapped(ours).fit(X, y)
    keras_fit(theirs, X, y)
    assert int(ours.optimizer.iterations) == int(theirs.optimizer.iterations) == 15


def test_classes_among_the_parameters_of_an_optimizer_are_made_too():
    schedule = keras.optimizers.schedules.ExponentialDecay
    found = (
        KerasRegressor(
            regression_net,
            loss="mse",
            verbose=0,
            optimizer=keras.optimizers.SGD,
            optimizer__learning_rate=schedule,
            optimizer__learning_rate__initial_learning_rate=0.25,
            optimizer__learning_rate__decay_steps=7,
            optimizer__learning_rate__decay_rate=0.5,
        )
        .fit(X, y)
        .model_.optimizer._learning_rate
    )
    assert type(found) is schedule
    assert (found.initial_learning_rate, found.decay_steps, found.decay_rate) == (0.25, 7, 0.5)


def test_parameters_of_the_score():
    class Weighing(KerasRegressor):
        @staticmethod
        def scorer(y_true, y_pred, factor=1.0, sample_weight=None):
            return factor * np.average(np.ravel(y_true), weights=sample_weight)

    net = Weighing(regression_net, loss="mse", verbose=0, score__factor=2.0).fit(X, y[:, 0])
    weights = np.linspace(0.1, 1.0, len(y))
    assert_allclose(net.score(X, y[:, 0]), 2 * y.mean(), rtol=1e-5)
    assert_allclose(net.score(X, y[:, 0], weights), 2 * np.average(y[:, 0], weights=weights), rtol=1e-5)


def test_a_wrong_destination_is_told_the_nearest():
    net = KerasRegressor(regression_net, loss="mse", verbose=0)
    with pytest.raises(ValueError, match=r"Invalid parameter optimzer__learning_rate .*Did you mean 'optimizer"):
        net.set_params(optimzer__learning_rate=0.1)


def penalised_twice():
    penalty = keras.regularizers.L2(0.125)
    hidden = layers.Dense(6, "tanh", kernel_regularizer=penalty)
    return compile_model(keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1, kernel_regularizer=penalty)]))


def test_one_penalty_of_two_layers():
    assert_parity(penalised_twice, X, y)


SETTINGS = {"factor": 2.0}


class Holder:
    factor = 2.0


holder = Holder()
FACTOR = 2.0


def of_a_dict(one):
    return one * SETTINGS["factor"]


def of_an_object(one):
    return one * holder.factor


def of_a_global_deep_inside(one):
    return (lambda inner: inner * FACTOR)(one)


@pytest.mark.parametrize("function", [of_a_dict, of_an_object, of_a_global_deep_inside])
def test_what_a_function_reads_from_its_module_counts(function, monkeypatch):
    def make():
        parts = [keras.Input((4,)), layers.Lambda(function), layers.Dense(5, "tanh"), layers.Dense(1)]
        return compile_model(keras.Sequential(parts))

    skdeep.clear_cache()
    assert_parity(make, X, y)
    monkeypatch.setitem(function.__globals__["SETTINGS"], "factor", -1.0)
    monkeypatch.setattr(function.__globals__["holder"], "factor", -1.0, raising=False)
    monkeypatch.setitem(function.__globals__, "FACTOR", -1.0)
    assert_parity(make, X, y)


def test_weights_are_put_back_when_a_callback_fails_in_the_middle():
    class Failing(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise RuntimeError("stop here")

    net = KerasRegressor(regression_net, loss="mse", epochs=3, verbose=0, random_state=0, warm_start=True).fit(X, y)
    predicted = net.predict(X_new)
    with pytest.raises(RuntimeError, match="stop here"):
        net.set_params(callbacks=Failing()).fit(X, y)
    assert_allclose(net.set_params(callbacks=None).predict(X_new), predicted)


def test_constraints_count():
    def make(limit):
        def net():
            hidden = layers.Dense(6, "tanh", kernel_constraint=keras.constraints.MaxNorm(limit))
            return compile_model(keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1)]))

        return net

    skdeep.clear_cache()
    assert_parity(make(0.5), X, y)
    ours, _ = assert_parity(make(0.25), X, y)
    norms = np.linalg.norm(ours.layers[0].kernel.numpy(), axis=0)
    assert_allclose(norms.max(), 0.25, rtol=1e-5)


def of_graph(wire):
    inputs = keras.Input((4,))
    return compile_model(keras.Model(inputs, layers.Dense(1)(wire(inputs))))


@pytest.mark.parametrize(
    "wires",
    [
        [lambda x, at=at: layers.Dense(3, "tanh")(x[:, at : at + 2]) for at in (0, 2)],
        [lambda x, by=by: layers.Dense(3, "tanh")(x) * by for by in (2.0, 3.0)],
        [lambda x, axis=axis: layers.Dense(3, "tanh")(keras.ops.flip(x, axis=axis)) for axis in (0, 1)],
    ],
)
def test_arguments_of_operations_count(wires):
    skdeep.clear_cache()
    for wire in wires:
        assert_parity(lambda wire=wire: of_graph(wire), X, y)


def multiplied(factor, one):
    return one * factor


def test_partial_functions_in_layers():
    def make():
        function = functools.partial(multiplied, 2.0)
        return compile_model(keras.Sequential([keras.Input((4,)), layers.Lambda(function), layers.Dense(1)]))

    ours, theirs = twins(make)
    history = wrapped(ours, engine="auto").fit(X, y).history_
    assert_allclose(history["loss"], keras_fit(theirs, X, y)["loss"], rtol=1e-5)


def test_estimators_of_local_functions_go_through_cloudpickle():
    def local(meta):
        return keras.Sequential([keras.Input((4,)), layers.Dense(3, lambda one: one**2), layers.Dense(1)])

    net = KerasRegressor(local, loss="mse", verbose=0, random_state=0).fit(X, y)
    opened = pickle.loads(cloudpickle.dumps(net))
    assert_allclose(opened.predict(X_new), net.predict(X_new), atol=1e-6)
    assert_allclose(opened.fit(X, y).predict(X_new), net.predict(X_new), atol=1e-6)


@pytest.mark.parametrize("copied", [clone, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_of_an_estimator_keep_the_numbers_of_its_loss(copied):
    net = KerasRegressor(regression_net, loss=keras.losses.Huber(0.25), verbose=0, random_state=0)
    assert copied(net).loss._fn_kwargs["delta"] == 0.25
    assert_allclose(copied(net).fit(X, y).predict(X), net.fit(X, y).predict(X), rtol=1e-6)


def test_metrics_that_are_several_numbers():
    def make():
        return dense(metrics=[keras.metrics.Precision(thresholds=[0.25, 0.75], name="p")])

    ours, theirs = twins(make)
    targets = (y > 0).astype(int)
    history = wrapped(ours, engine="auto").fit(X, targets).history_
    assert_allclose(history["p"], keras_fit(theirs, X, targets)["p"], rtol=1e-5)


def test_the_end_of_training_is_told_the_last_losses():
    told = []

    class Noting(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            told.append(logs)

    net = wrapped(dense(), callbacks=Noting()).fit(X, y)
    assert_allclose(told[0]["loss"], net.history_["loss"][-1], rtol=1e-6)
