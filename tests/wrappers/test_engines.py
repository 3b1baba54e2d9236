"""Which engine trains a model, and what is said of it."""

from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose

import skdeep
from skdeep.wrappers import KerasRegressor
from tests.wrappers.models import X, compile_model, dense, keras_fit, layers, regression_net, twins, wrapped, y


class OwnStep(keras.Model):
    def train_step(self, data):
        return super().train_step(data)


class OwnLoss(keras.Model):
    def compute_loss(self, *arguments, **keywords):
        return super().compute_loss(*arguments, **keywords)


class OwnTest(keras.Model):
    def test_step(self, data):
        return super().test_step(data)


class HearsOfTestBatches(keras.callbacks.Callback):
    def on_test_batch_end(self, batch, logs=None):
        pass


class CallableLoss(keras.losses.Loss):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return keras.ops.mean((y_true - y_pred) ** 2)


def of_class(cls):
    inputs = keras.Input((4,))
    return compile_model(cls(inputs, layers.Dense(1)(inputs)))


def replaced():
    model = dense()
    model.train_step = model.train_step
    return model


def with_layer(layer, **compiled):
    return compile_model(keras.Sequential([keras.Input((4,)), layer, layers.Dense(1)]), **compiled)


def excluding():
    optimizer = keras.optimizers.AdamW(0.01)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return dense(optimizer)


def stateful():
    inputs = keras.Input(batch_shape=(53, 4, 1))
    return compile_model(keras.Model(inputs, layers.Dense(1)(layers.LSTM(2, stateful=True)(inputs))))


REASONS = {
    "train_step": (lambda: of_class(OwnStep), {}, "the model overrides train_step"),
    "compute_loss": (lambda: of_class(OwnLoss), {}, "the model overrides compute_loss"),
    "test_step": (lambda: of_class(OwnTest), {}, "the model overrides test_step"),
    "replaced": (replaced, {}, "train_step of the model was replaced"),
    "eager": (lambda: dense(run_eagerly=True), {}, "run_eagerly=True"),
    "steps": (lambda: dense(steps_per_execution=2), {}, "steps_per_execution"),
    "average": (lambda: dense(keras.optimizers.SGD(0.01, use_ema=True)), {}, "changes the weights between steps"),
    "scaled": (
        lambda: dense(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01))),
        {},
        "LossScaleOptimizer changes the weights",
    ),
    "accumulated": (
        lambda: dense(keras.optimizers.SGD(0.01, gradient_accumulation_steps=2)),
        {},
        "gradient_accumulation_steps",
    ),
    "excluded": (excluding, {}, "exclude_from_weight_decay"),
    "rate": (lambda: dense(keras.optimizers.SGD(lambda: 0.01)), {}, "the learning rate is a function"),
    "test batches": (dense, {"callbacks": HearsOfTestBatches()}, "hears of batches that are evaluated"),
    "arguments": (dense, {"fit__steps_per_epoch": 2}, "steps_per_epoch in fit"),
    "half": (
        lambda: with_layer(layers.Dense(3, dtype="mixed_bfloat16")),
        {},
        "its layers compute in several dtypes, or in half precision",
    ),
    "loss": (lambda: dense(loss=CallableLoss()), {}, "is not averaged by Keras"),
    "metric": (
        lambda: with_layer(layers.Dense(3), metrics=[keras.metrics.Precision(thresholds=[0.25, 0.75])]),
        {"y": (y > 0).astype(int)},
        "is not one number",
    ),
}


def case(name):
    make, parameters, reason = REASONS[name]
    parameters = dict(parameters)
    return make, parameters.pop("y", y), parameters, reason


@pytest.mark.parametrize("name", sorted(REASONS.keys() - {"metric"}))
def test_keras_trains_what_a_program_cannot_and_the_reason_is_told(name):
    make, targets, parameters, reason = case(name)
    net = wrapped(make(), engine="auto", epochs=1, **parameters).fit(X, targets)
    assert net.engine_.startswith("keras: ")
    assert reason in net.engine_


@pytest.mark.parametrize("name", REASONS)
def test_an_engine_that_is_asked_for_raises_with_the_reason(name):
    make, targets, parameters, reason = case(name)
    model = make()
    first = [one.copy() for one in model.get_weights()]
    with pytest.raises(ValueError, match=f"engine='compiled' cannot train this model: .*{reason}"):
        wrapped(model, **parameters).fit(X, targets)
    for old, new in zip(first, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_layers_that_keep_a_state_from_batch_to_batch():
    rows = X[:, :, None]
    net = wrapped(stateful(), engine="auto", batch_size=53, epochs=1).fit(rows, y)
    assert net.engine_ == "keras: LSTM is stateful"


def test_words_are_looked_up_by_keras():
    words = np.array([["a"], ["b"], ["c"]] * 10)

    def lookup():
        inputs = keras.Input((1,), dtype="string")
        numbers = layers.StringLookup(vocabulary=["a", "b", "c"], output_mode="one_hot")(inputs)
        return compile_model(keras.Model(inputs, layers.Dense(1)(numbers)), keras.optimizers.Adam(0.5))

    targets = np.tile([1.0, 2.0, 3.0], 10)[:, None]
    net = wrapped(lookup(), engine="auto", epochs=60).fit(
        tf.data.Dataset.from_tensor_slices((words, targets)).batch(10)
    )
    assert net.engine_ == "keras: X is no array"
    predicted = net.model_.predict(tf.constant([["a"], ["b"], ["c"]]), verbose=0)
    assert_allclose(predicted[:, 0], [1, 2, 3], atol=0.05)


def test_datasets_are_trained_by_keras():
    rows = tf.data.Dataset.from_tensor_slices((X, y)).batch(11)
    ours, theirs = twins(dense)
    net = wrapped(ours, engine="auto").fit(rows)
    assert net.engine_ == "keras: X is no array"
    history = theirs.fit(rows, epochs=3, shuffle=False, verbose=0).history
    assert_allclose(net.history_["loss"], history["loss"], rtol=1e-6)


def test_the_program_is_the_choice_wherever_it_can_be():
    assert wrapped(dense(), engine="auto").fit(X, y).engine_ == "compiled"


def test_keras_is_asked_for():
    before = skdeep.cache_info()
    ours, theirs = twins(dense)
    net = wrapped(ours, engine="keras").fit(X, y)
    history = keras_fit(theirs, X, y)
    assert net.engine_ == "keras: engine='keras'"
    assert net.history_["loss"] == history["loss"]
    assert_allclose(net.predict(X), theirs.predict(X, verbose=0), rtol=2e-5, atol=1e-6)
    assert skdeep.cache_info() == before


def test_the_fit_of_a_model_may_be_replaced():
    model = dense()
    found = mock.Mock(history={"loss": [3.0, 2.0]})
    with mock.patch.object(model, "fit", return_value=found) as fit:
        net = wrapped(model, engine="auto", epochs=2).fit(X, y)
    assert net.engine_ == "keras: fit of the model was replaced"
    assert net.history_ == {"loss": [3.0, 2.0]}
    given = fit.call_args.kwargs
    assert (given["epochs"], given["batch_size"], given["shuffle"]) == (2, 11, False)
    np.testing.assert_array_equal(given["x"], X)


def test_the_predict_of_a_model_may_be_replaced():
    net = KerasRegressor(regression_net, loss="mse", verbose=0, predict__batch_size=7).fit(X, y)
    with mock.patch.object(net.model_, "predict", return_value=np.full((53, 1), 4.0)) as predict:
        np.testing.assert_array_equal(net.predict(X), np.full((53, 1), 4.0))
    assert predict.call_args.kwargs["batch_size"] == 7


@pytest.mark.parametrize("engine", ["auto", "keras"])
def test_a_seeded_fit_of_keras_is_repeated(engine):
    found = []
    for _ in range(2):
        net = KerasRegressor(
            lambda meta: compile_model(regression_net(meta, dropout=0.5), run_eagerly=engine == "auto"),
            engine=engine, epochs=2, random_state=0, verbose=0,
        )  # fmt: skip
        found.append(net.fit(X, y).predict(X))
    np.testing.assert_array_equal(*found)
