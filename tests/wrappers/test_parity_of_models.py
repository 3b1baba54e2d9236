"""A fit on a program is the fit of Keras for models of every form."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.wrappers.models import (
    RATE,
    X,
    X_new,
    assert_parity,
    compile_model,
    layers,
    row_weights,
    wrapped,
    y,
    y_binary,
    y_new,
    y_three,
)

X_other = np.random.default_rng(1).normal(size=(len(X), 3)).astype(np.float32)
X_tokens = np.random.default_rng(2).integers(0, 7, (len(X), 5))
X_images = np.random.default_rng(3).integers(0, 256, (len(X), 6, 6, 2)).astype(np.uint8)


def test_batch_normalization_and_its_statistics():
    def make():
        model = keras.Sequential([
            keras.Input((4,)), layers.Dense(6, use_bias=False), layers.BatchNormalization(momentum=0.75),
            layers.ReLU(), layers.Dense(1),
        ])  # fmt: skip
        return compile_model(model)

    ours, _ = assert_parity(make, X, y, validation=(X_new, y_new))
    mean, variance = ours.layers[1].non_trainable_variables
    assert np.abs(mean.numpy()).min() > 0
    assert np.abs(variance.numpy() - 1).min() > 0


@pytest.mark.parametrize("regularizer", [None, "l2"])
def test_frozen_layers_stay_as_they_are(regularizer):
    def make():
        model = keras.Sequential([
            keras.Input((4,)),
            layers.Dense(6, "tanh", kernel_regularizer=regularizer, trainable=False),
            layers.BatchNormalization(trainable=False),
            layers.Dense(1),
        ])  # fmt: skip
        return compile_model(model)

    ours = make()
    before = [layer.get_weights() for layer in ours.layers]
    wrapped(ours).fit(X, y)
    after = [layer.get_weights() for layer in ours.layers]
    for old, new in zip(before[0] + before[1], after[0] + after[1], strict=True):
        assert_array_equal(old, new)
    assert not np.allclose(before[2][0], after[2][0], atol=1e-3)
    assert_parity(make, X, y)


PENALTIES = {
    "l2": keras.regularizers.L2(0.03),
    "both": keras.regularizers.L1L2(0.01, 0.03),
    "orthogonal": keras.regularizers.OrthogonalRegularizer(0.03),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_of_weights_are_in_the_loss(name):
    def make():
        hidden = layers.Dense(6, "tanh", kernel_regularizer=PENALTIES[name])
        model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1, bias_regularizer="l2")])
        return compile_model(model, metrics=["mean_squared_error"])

    assert_parity(make, X, y, validation=(X_new, y_new))


def test_penalties_of_outputs_are_in_the_loss_of_validation_rows_too():
    def make():
        hidden = layers.Dense(6, "tanh", activity_regularizer=keras.regularizers.L2(0.125))
        return compile_model(
            keras.Sequential([keras.Input((4,)), hidden, layers.Dense(1)]), metrics=["mean_absolute_error"]
        )

    assert_parity(make, X, y, validation=(X_new, y_new))


@keras.saving.register_keras_serializable("skdeep tests")
class Penalised(keras.Layer):
    """Adds to the loss what depends on its inputs."""

    def __init__(self, strength, **keywords):
        super().__init__(**keywords)
        self.strength = strength

    def call(self, inputs):
        self.add_loss(self.strength * keras.ops.mean(keras.ops.square(inputs)))
        return inputs

    def get_config(self):
        return super().get_config() | {"strength": self.strength}


def test_layers_that_add_to_the_loss():
    def make():
        parts = [keras.Input((4,)), layers.Dense(6, "tanh"), Penalised(0.5), layers.Dense(1)]
        return compile_model(keras.Sequential(parts), metrics=["mean_absolute_error"])

    ours, _ = assert_parity(make, X, y, validation=(X_new, y_new))
    hidden = ours.layers[0](X_new).numpy()
    history = wrapped(ours, batch_size=53).fit(X, y, X_val=X_new, y_val=y_new).history_
    hidden = ours.layers[0](X_new).numpy()
    error = ours(X_new).numpy() - y_new
    assert_allclose(history["val_loss"][-1], np.mean(error**2) + 0.5 * np.mean(hidden**2), rtol=1e-5)


# -- several inputs and outputs ---------------------------------------------------------------------------------------


def two_by_two(loss=None, loss_weights=None, metrics=None, weighted_metrics=None):
    """Return a net of two inputs and two outputs."""
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    both = layers.Concatenate()([layers.Dense(5, "tanh")(left), layers.Dense(3, "tanh")(right)])
    value, kind = layers.Dense(1, name="value")(both), layers.Dense(3, "softmax", name="kind")(both)
    model = keras.Model([left, right], {"value": value, "kind": kind})
    loss = loss or {"value": "mse", "kind": "sparse_categorical_crossentropy"}
    parts = {"loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
    return compile_model(model, keras.optimizers.RMSprop(RATE), loss, **parts)


# Keras averages the loss of each output over batches, whatever their rows, so that here all batches are full.
FULL = 44
TWO_IN = [X[:FULL], X_other[:FULL]]
TWO_OUT = {"value": y[:FULL], "kind": y_three[:FULL]}
TWO_NEW = ([X_new[:11], X_other[:11]], {"value": y_new[:11], "kind": y_three[:11]})


def test_two_inputs_and_outputs_with_weights_of_losses_and_metrics_of_each():
    def make():
        metrics = {
            "value": ["mean_absolute_error", keras.metrics.RootMeanSquaredError(name="root")],
            "kind": ["accuracy"],
        }
        return two_by_two(loss_weights={"value": 0.25, "kind": 2.0}, metrics=metrics)

    assert_parity(make, TWO_IN, TWO_OUT, validation=TWO_NEW)


def test_the_loss_of_two_outputs_is_the_weighted_sum():
    model = two_by_two(loss_weights={"value": 0.25, "kind": 2.0})
    history = wrapped(model).fit(TWO_IN, TWO_OUT, X_val=TWO_NEW[0], y_val=TWO_NEW[1]).history_
    for prefix in ("", "val_"):
        parts = (np.array(history[f"{prefix}{name}_loss"]) for name in ("value", "kind"))
        value, kind = parts
        assert_allclose(history[f"{prefix}loss"], 0.25 * value + 2.0 * kind, rtol=1e-5)


def test_each_output_may_have_weights_of_rows_of_its_own():
    weights = {"value": row_weights[:FULL], "kind": row_weights[:FULL][::-1].copy()}

    def make():
        return two_by_two(weighted_metrics={"value": ["mean_absolute_error"], "kind": ["accuracy"]})

    assert_parity(make, TWO_IN, TWO_OUT, sample_weight=weights)


def test_outputs_in_a_list_with_a_list_of_losses():
    def make():
        inputs = keras.Input((4,))
        hidden = layers.Dense(6, "tanh")(inputs)
        outputs = [layers.Dense(1, name="a")(hidden), layers.Dense(1, "sigmoid", name="b")(hidden)]
        return compile_model(
            keras.Model(inputs, outputs),
            loss=["mean_absolute_error", "binary_crossentropy"],
            loss_weights=[1.0, 0.5],
            metrics=[["mean_squared_error"], ["accuracy", keras.metrics.AUC(name="auc")]],
        )

    ours, theirs = make(), make()
    theirs.set_weights(ours.get_weights())
    estimator = wrapped(ours).fit(X[:FULL], {"a": y[:FULL], "b": y_binary[:FULL, None]})
    history = theirs.fit(
        X[:FULL], [y[:FULL], y_binary[:FULL, None]], epochs=3, batch_size=11, shuffle=False, verbose=0
    ).history
    assert {*estimator.history_} == {*history}
    for name, values in history.items():
        assert_allclose(estimator.history_[name], values, rtol=2e-5, err_msg=name)


@pytest.mark.filterwarnings("ignore:Gradients do not exist:UserWarning")
def test_an_output_without_a_loss_is_not_trained():
    def make():
        inputs = keras.Input((4,))
        hidden = layers.Dense(6, "tanh")(inputs)
        outputs = {"a": layers.Dense(1, name="a")(hidden), "b": layers.Dense(2, name="b")(hidden)}
        return compile_model(keras.Model(inputs, outputs), loss={"a": "mse"})

    ours, theirs = make(), make()
    theirs.set_weights(ours.get_weights())
    untrained = ours.get_layer("b").get_weights()
    wrapped(ours).fit(X, {"a": y})
    theirs.fit(X, {"a": y}, epochs=3, batch_size=11, shuffle=False, verbose=0)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(mine, other, rtol=2e-5, atol=2e-6)
    for old, new in zip(untrained, ours.get_layer("b").get_weights(), strict=True):
        assert_array_equal(old, new)


# -- forms of models --------------------------------------------------------------------------------------------------


def masked(cell):
    inputs = keras.Input((5,), dtype="int32")
    steps = layers.Embedding(7, 3, mask_zero=True)(inputs)
    return compile_model(keras.Model(inputs, layers.Dense(1)(cell(steps))), keras.optimizers.SGD(0.25))


@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU])
def test_masked_steps_of_a_sequence(cell):
    assert_parity(lambda: masked(cell(4)), X_tokens, y, validation=(X_tokens[:20], y_new))


def test_masked_steps_do_not_count_in_the_loss_of_each_step():
    def make():
        inputs = keras.Input((5, 2))
        steps = layers.LSTM(4, return_sequences=True)(layers.Masking()(inputs))
        return compile_model(keras.Model(inputs, layers.TimeDistributed(layers.Dense(3, "softmax"))(steps)),
                             loss="sparse_categorical_crossentropy", metrics=["accuracy"])  # fmt: skip

    steps = np.random.default_rng(4).normal(size=(len(X), 5, 2)).astype(np.float32)
    steps[::2, 3:] = 0.0
    assert_parity(make, steps, X_tokens % 3)


def test_a_layer_that_is_called_twice_has_one_set_of_weights():
    def make():
        left, right = keras.Input((4,)), keras.Input((4,))
        shared = layers.Dense(6, "tanh")
        outputs = layers.Dense(1)(layers.Subtract()([shared(left), shared(right)]))
        return compile_model(keras.Model([left, right], outputs))

    ours, _ = assert_parity(make, [X, X[::-1].copy()], y)
    assert len(ours.weights) == 4


def test_models_within_models():
    def make():
        inner = keras.Sequential([layers.Dense(5, use_bias=False), layers.BatchNormalization(), layers.Dense(4)])
        inputs = keras.Input((4,))
        graph_inputs = keras.Input((4,))
        graph = keras.Model(graph_inputs, layers.Dense(3, "relu")(graph_inputs))
        outputs = layers.Dense(1)(graph(layers.Add()([inner(inputs), inputs])))
        return compile_model(keras.Model(inputs, outputs))

    assert_parity(make, X, y, validation=(X_new, y_new))


def test_operations_that_are_no_layers():
    def make():
        inputs = keras.Input((4,))
        hidden = keras.ops.relu(layers.Dense(6)(inputs)) * 2.0 + keras.ops.sum(inputs, axis=1, keepdims=True)
        return compile_model(keras.Model(inputs, layers.Dense(1)(hidden[:, 1:])))

    assert_parity(make, X, y)


def test_images_of_whole_numbers():
    def make():
        inputs = keras.Input((6, 6, 2), dtype="uint8")
        scaled = layers.Rescaling(1 / 255)(inputs)
        pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(scaled))
        return compile_model(keras.Model(inputs, layers.Dense(1)(pooled)))

    assert_parity(make, X_images, y)


def test_lambdas_and_adapted_normalization():
    def make():
        normalization = layers.Normalization()
        normalization.adapt(X)
        parts = [keras.Input((4,)), normalization, layers.Lambda(lambda one: one**2 / 3), layers.Dense(1)]
        return compile_model(keras.Sequential(parts))

    assert_parity(make, X, y)


def test_attention():
    def make():
        inputs = keras.Input((5, 4))
        mixed = layers.MultiHeadAttention(2, 3, use_bias=False)(inputs, inputs)
        normed = layers.LayerNormalization()(mixed + inputs)
        return compile_model(keras.Model(inputs, layers.Dense(1)(layers.Flatten()(normed))))

    steps = np.random.default_rng(5).normal(size=(len(X), 5, 4)).astype(np.float32)
    assert_parity(make, steps, y)
