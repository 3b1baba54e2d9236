"""A fit on a program is the fit of Keras: weights, history, and what the optimizer remembers."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.wrappers.models import (
    BATCH,
    EPOCHS,
    RATE,
    X,
    X_new,
    assert_parity,
    assert_same_history,
    assert_same_model,
    compile_model,
    dense,
    keras_fit,
    layers,
    row_weights,
    twins,
    wrapped,
    y,
    y_binary,
    y_new,
    y_three,
)

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(RATE),
    "momentum": lambda: keras.optimizers.SGD(RATE, momentum=0.75),
    "nesterov": lambda: keras.optimizers.SGD(RATE, momentum=0.75, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(RATE),
    "amsgrad": lambda: keras.optimizers.Adam(RATE, amsgrad=True),
    "adamw": lambda: keras.optimizers.AdamW(RATE, weight_decay=0.125),
    "rmsprop": lambda: keras.optimizers.RMSprop(RATE),
    "centred rmsprop": lambda: keras.optimizers.RMSprop(RATE, momentum=0.5, centered=True),
    "nadam": lambda: keras.optimizers.Nadam(RATE),
    "lion": lambda: keras.optimizers.Lion(2.0**-9),
    "adagrad": lambda: keras.optimizers.Adagrad(RATE),
    "adamax": lambda: keras.optimizers.Adamax(RATE),
    "clipped by norm": lambda: keras.optimizers.SGD(RATE, clipnorm=0.125),
    "clipped by the whole norm": lambda: keras.optimizers.Adam(RATE, global_clipnorm=0.25),
    "clipped by value": lambda: keras.optimizers.SGD(RATE, clipvalue=0.03125),
    "schedule": lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.0625, 4, 0.5)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_takes_the_steps_of_keras(name):
    assert_parity(lambda: dense(OPTIMIZERS[name]()), X, y)


def test_history_has_losses_and_metrics_of_training_and_validation_rows():
    def make():
        return dense(metrics=["mean_absolute_error", keras.metrics.RootMeanSquaredError(name="root")])

    ours, _ = assert_parity(make, X, y, validation=(X_new, y_new))
    evaluated = wrapped(ours).fit(X, y, X_val=X_new, y_val=y_new, epochs=1).history_
    error = ours(X_new).numpy() - y_new
    assert_allclose(evaluated["val_loss"][-1], np.mean(error**2), rtol=1e-5)
    assert_allclose(evaluated["val_mean_absolute_error"][-1], np.mean(np.abs(error)), rtol=1e-5)
    assert_allclose(evaluated["val_root"][-1], np.sqrt(np.mean(error**2)), rtol=1e-5)


LOSSES = {
    "huber": (keras.losses.Huber(0.5), y),
    "log cosh": (keras.losses.LogCosh(), y),
    "sum": (keras.losses.MeanSquaredError(reduction="sum"), y),
    "a function": (lambda true, predicted: keras.ops.mean(keras.ops.abs(true - predicted) ** 1.5, axis=-1), y),
    "logits": (keras.losses.BinaryCrossentropy(from_logits=True), y_binary[:, None]),
    "smoothed": (keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.125), y_binary[:, None]),
    "focal": (keras.losses.BinaryFocalCrossentropy(from_logits=True, gamma=1.5), y_binary[:, None]),
    "hinge": (keras.losses.Hinge(), y_binary[:, None]),
    "poisson": (keras.losses.Poisson(), np.abs(y)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_that_of_keras(name):
    loss, targets = LOSSES[name]
    rate = 2.0**-8 if name == "sum" else RATE
    if name == "poisson":

        def make():
            model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1, "softplus")])
            return compile_model(model, keras.optimizers.SGD(rate), loss)
    else:

        def make():
            return dense(keras.optimizers.SGD(rate), loss)

    held_out = None if name == "sum" else (X_new, targets[:20])
    assert_parity(make, X, targets, sample_weight=row_weights, validation=held_out)


def three_classes(loss="sparse_categorical_crossentropy", **compiled):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(3, "softmax")])
    return compile_model(model, None, loss, **compiled)


def test_classes_as_numbers_with_their_metrics():
    metrics = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)]
    assert_parity(lambda: three_classes(metrics=metrics), X, y_three, validation=(X_new, y_three[:20]))


def test_classes_as_zeros_and_ones_with_their_metrics():
    def make():
        metrics = keras.metrics
        metrics = [
            "accuracy",
            metrics.AUC(name="auc"),
            metrics.Precision(class_id=1, name="p"),
            metrics.Recall(name="r"),
        ]
        return three_classes("categorical_crossentropy", metrics=metrics)

    one_hot = np.eye(3, dtype=np.float32)[y_three]
    assert_parity(make, X, one_hot, validation=(X_new, one_hot[:20]))


def test_two_classes_with_area_under_the_curve():
    def make():
        metrics = ["accuracy", keras.metrics.AUC(name="roc"), keras.metrics.AUC(curve="PR", name="pr")]
        model = keras.Sequential([keras.Input((4,)), layers.Dense(6, "tanh"), layers.Dense(1, "sigmoid")])
        return compile_model(model, None, "binary_crossentropy", metrics=metrics)

    assert_parity(make, X, y_binary[:, None], validation=(X_new, (y_new > 0).astype(int)))


# -- weights of rows --------------------------------------------------------------------------------------------------


def test_weights_of_rows_count_in_losses_and_in_weighted_metrics_only():
    def make():
        return dense(
            metrics=["mean_absolute_error"],
            weighted_metrics=["mean_squared_error", keras.metrics.RootMeanSquaredError(name="root")],
        )

    weights = row_weights[:20]
    ours, _ = assert_parity(make, X, y, sample_weight=row_weights, validation=(X_new, y_new, weights))
    evaluated = wrapped(ours, warm_start=True)
    evaluated.fit(X, y, row_weights, X_val=X_new, y_val=y_new, sample_weight_val=weights)
    error = (ours(X_new).numpy() - y_new)[:, 0]
    found = {name: values[-1] for name, values in evaluated.history_.items()}
    assert_allclose(found["val_loss"], np.mean(weights * error**2), rtol=1e-5)
    assert_allclose(found["val_mean_absolute_error"], np.mean(np.abs(error)), rtol=1e-5)
    assert_allclose(found["val_mean_squared_error"], np.average(error**2, weights=weights), rtol=1e-5)


def test_weights_of_training_rows_need_none_of_validation_rows():
    assert_parity(
        lambda: dense(metrics=["mean_absolute_error"]), X, y, sample_weight=row_weights, validation=(X_new, y_new)
    )


def test_rows_without_weight_are_as_if_they_were_not_there():
    weights = row_weights * (np.arange(len(X)) % 3 > 0)
    ours, theirs = twins(dense)
    estimator = wrapped(ours).fit(X, y, weights)
    there = weights > 0
    history = keras_fit(theirs, X[there], y[there], weights[there])
    assert_same_history(estimator.history_, history)
    assert_same_model(estimator.model_, theirs)


# -- going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["momentum", "adam", "nadam", "schedule"])
def test_three_partial_fits_are_three_epochs_of_keras(name):
    ours, theirs = twins(lambda: dense(OPTIMIZERS[name](), metrics=["mean_absolute_error"]))
    estimator = wrapped(ours)
    for _ in range(3):
        estimator.partial_fit(X, y)
    assert_same_history(estimator.history_, keras_fit(theirs, X, y, epochs=3))
    assert_same_model(estimator.model_, theirs)
    assert estimator.current_epoch == 3


def test_a_warm_start_goes_on_where_keras_does():
    ours, theirs = twins(dense)
    estimator = wrapped(ours, warm_start=True).fit(X, y)
    keras_fit(theirs, X, y)
    estimator.fit(X[::2], y[::2])
    history = keras_fit(theirs, X[::2], y[::2])
    assert_same_history(estimator.history_, history)
    assert_same_model(estimator.model_, theirs)


def test_initial_epoch_counts_from_there():
    ours, theirs = twins(dense)
    estimator = wrapped(ours).fit(X, y, initial_epoch=2)
    history = keras_fit(theirs, X, y, epochs=2 + EPOCHS, initial_epoch=2)
    assert len(estimator.history_["loss"]) == EPOCHS
    assert_same_history(estimator.history_, history)
    assert_same_model(estimator.model_, theirs)


@pytest.mark.parametrize("batch_size", [1, BATCH, 53, 1000, -1, None])
def test_rows_of_a_step_are_those_of_keras(batch_size):
    ours, theirs = twins(dense)
    estimator = wrapped(ours, batch_size=batch_size).fit(X, y)
    size = {-1: len(X), None: 32}.get(batch_size, batch_size)
    assert_same_history(estimator.history_, keras_fit(theirs, X, y, batch_size=size), rtol=1e-4)
    assert_same_model(estimator.model_, theirs, rtol=1e-4, atol=1e-5)
    steps = -(-len(X) // size) * EPOCHS
    assert int(estimator.model_.optimizer.iterations) == steps


def test_predictions_are_those_of_keras():
    ours, _ = twins(dense)
    estimator = wrapped(ours).fit(X, y)
    assert_allclose(estimator.predict(X_new), ours.predict(X_new, verbose=0), rtol=1e-6, atol=1e-6)
    assert_array_equal(estimator.predict(X_new), estimator.predict(X_new))
