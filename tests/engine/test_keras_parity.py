"""Ten steps of every optimizer, and of batch normalisation, against Keras' own `fit` from the same initial weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import skdeep
from skdeep._engine import layout
from skdeep._engine import optimizers as engine_optimizers
from skdeep._estimator.params import OPTIMIZERS
from skdeep.tabular import MLPClassifier, MLPRegressor

N, BATCH, EPOCHS, RATE = 53, 11, 2, 2.0**-6  # five steps an epoch, the last of nine rows; Keras rounds rates to float32
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 4))
y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
y = (y - y.mean()) / y.std()
labels = np.digitize(y, [-0.5, 0.5])

optimizers = keras.optimizers
decay = {"weight_decay": 0.125}
halving = optimizers.schedules.ExponentialDecay(RATE, decay_steps=4, decay_rate=0.5)

# What is asked of us, and what is given to Keras.
NAMED = {
    "sgd": ({}, lambda: optimizers.SGD(RATE)),
    "sgd with momentum": ({"momentum": 0.75}, lambda: optimizers.SGD(RATE, momentum=0.75)),
    "nesterov": ({}, lambda: optimizers.SGD(RATE, momentum=0.9, nesterov=True)),
    "nesterov with momentum": ({"momentum": 0.5}, lambda: optimizers.SGD(RATE, momentum=0.5, nesterov=True)),
    "rmsprop": ({}, lambda: optimizers.RMSprop(RATE)),
    "rmsprop with momentum": ({"momentum": 0.75}, lambda: optimizers.RMSprop(RATE, momentum=0.75)),
    "adagrad": ({}, lambda: optimizers.Adagrad(RATE)),
    "adadelta": ({}, lambda: optimizers.Adadelta(RATE)),
    "adam": ({}, lambda: optimizers.Adam(RATE)),
    "adam with decay": (decay, lambda: optimizers.Adam(RATE, **decay)),
    "adamw with decay": (decay, lambda: optimizers.AdamW(RATE, **decay)),
    "sgd with decay": (decay, lambda: optimizers.SGD(RATE, **decay)),
    "adamax": ({}, lambda: optimizers.Adamax(RATE)),
    "nadam": ({}, lambda: optimizers.Nadam(RATE)),
    "lion": ({}, lambda: optimizers.Lion(RATE)),
    "lamb": ({}, lambda: optimizers.Lamb(RATE)),
}
INSTANCES = {
    "other constants": lambda: optimizers.Adam(RATE, beta_1=0.5, epsilon=1e-3, amsgrad=True),
    "clipped by weight": lambda: optimizers.Adam(RATE, clipnorm=0.125),
    "clipped by net": lambda: optimizers.SGD(RATE, global_clipnorm=0.25),
    "clipped by value": lambda: optimizers.SGD(RATE, clipvalue=0.03125),
    "moving average": lambda: optimizers.Adam(RATE, use_ema=True, ema_momentum=0.75),
    "overwriting moving average": lambda: optimizers.SGD(
        RATE, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3
    ),
    "accumulated gradients": lambda: optimizers.SGD(RATE, momentum=0.5, gradient_accumulation_steps=2),
    "decay of all weights": lambda: optimizers.AdamW(RATE, **decay),
    "schedule of Keras": lambda: optimizers.Adam(halving),
}


def ours(cls=MLPRegressor, targets=y, **parameters):
    """Return initial and trained weights, and the losses."""
    shared = {
        "hidden_layer_sizes": (6,),
        "activation": "tanh",
        "batch_size": BATCH,
        "shuffle": False,
        "random_state": 0,
    }
    parameters = shared | parameters
    still = {"optimizer": "sgd", "learning_rate": 1e-300, "weight_decay": 0.0, "momentum": None, "epochs": 1}
    start = list(cls(**parameters | still).fit(X, targets).weights_)
    model = cls(epochs=EPOCHS, **parameters).fit(X, targets)
    return start, model.weights_, model.loss_curve_


def keras_fit(start, dtype, optimizer, loss, layers, targets=y):
    model = keras.Sequential([keras.Input((4,), dtype=dtype), *layers])
    model.set_weights(start)
    model.compile(optimizer=optimizer, loss=loss, jit_compile=False)
    data = X.astype(dtype), targets.astype(dtype if loss.name.startswith("mean") else np.int32)
    # As a dataset, because Keras rounds NumPy arrays to single precision.
    batches = tf.data.Dataset.from_tensor_slices(data).batch(BATCH)
    history = model.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0)
    return model, history.history["loss"]


def dense(dtype):
    return [keras.layers.Dense(6, activation="tanh", dtype=dtype), keras.layers.Dense(1, dtype=dtype)]


def compare(parameters, optimizer, dtype, *, decays_biases=True):
    start, weights, curve = ours(dtype=dtype, **parameters)
    layers = dense(dtype)
    if not decays_biases:
        for layer, width in zip(layers, (4, 6), strict=True):
            layer.build((None, width))
        optimizer.exclude_from_weight_decay(var_list=[layer.bias for layer in layers])
    loss = keras.losses.MeanSquaredError(dtype=dtype)
    model, losses = keras_fit(start, dtype, optimizer, loss, layers)
    # Keras rounds its own constants, such as a momentum of 0.9, to single precision.
    rtol, atol = (1e-6, 1e-7) if dtype == "float64" else (1e-5, 1e-6)
    np.testing.assert_allclose(curve, losses, rtol=1e-6 if dtype == "float64" else 1e-5)
    for mine, theirs, first in zip(weights, model.get_weights(), start, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=rtol, atol=atol)
        assert not np.allclose(mine, first, rtol=1e-4, atol=0)


def test_every_named_optimizer_is_compared():
    assert {name.split()[0] for name in NAMED} == {*OPTIMIZERS}


@pytest.mark.parametrize("name", NAMED)
def test_ten_steps_of_named_optimizers(name):
    parameters, make = NAMED[name]
    parameters = parameters | {"optimizer": name.split()[0], "learning_rate": RATE}
    compare(parameters, make(), "float64", decays_biases="weight_decay" not in parameters)


@pytest.mark.parametrize("name", ["adam", "nesterov", "adagrad"])
def test_ten_steps_in_single_precision(name):
    compare({"optimizer": name, "learning_rate": RATE}, NAMED[name][1](), "float32")


@pytest.mark.parametrize("name", [name for name in NAMED if name.startswith("adam") and "max" not in name])
def test_ten_steps_of_large_weights(name, monkeypatch):
    """Adam updates a large weight in one pass: here every weight is large."""
    monkeypatch.setattr(engine_optimizers, "FUSED_WEIGHTS", 1)
    monkeypatch.setattr(layout, "MOST_WEIGHTS", 0)
    skdeep.clear_cache()
    fused, step = [], tf.raw_ops.ResourceApplyAdam
    monkeypatch.setattr(tf.raw_ops, "ResourceApplyAdam", lambda **given: fused.append(1) or step(**given))
    test_ten_steps_of_named_optimizers(name)
    assert fused
    skdeep.clear_cache()


@pytest.mark.parametrize("name", INSTANCES)
def test_ten_steps_of_optimizer_instances(name):
    given = INSTANCES[name]()
    config = given.get_config()
    compare({"optimizer": given}, INSTANCES[name](), "float64")
    assert not given.built
    assert int(given.iterations) == 0
    assert given.get_config() == config


def test_numbers_of_ours_override_those_of_an_instance():
    given = optimizers.SGD(0.5, momentum=0.125)
    compare(
        {"optimizer": given, "learning_rate": RATE, "momentum": 0.75}, optimizers.SGD(RATE, momentum=0.75), "float64"
    )


def test_clip_norm_is_that_of_keras_for_the_whole_net():
    compare(
        {"optimizer": "adam", "learning_rate": RATE, "clip_norm": 0.25},
        optimizers.Adam(RATE, global_clipnorm=0.25),
        "float64",
    )


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalisation_and_its_statistics(normalization):
    start, weights, curve = ours(
        MLPClassifier, labels, dtype="float64", optimizer="sgd", learning_rate=RATE, normalization=normalization
    )
    if normalization == "batch":
        start[3], start[4] = (
            np.zeros(6),
            np.ones(6),
        )  # moving mean and variance, which move at a learning rate of zero too
    normalisation = {
        "batch": keras.layers.BatchNormalization(momentum=0.9, dtype="float64"),
        "layer": keras.layers.LayerNormalization(dtype="float64"),
    }[normalization]
    layers = [
        keras.layers.Dense(6, use_bias=False, dtype="float64"),
        normalisation,
        keras.layers.Activation("tanh", dtype="float64"),
        keras.layers.Dense(3, dtype="float64"),
    ]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    model, losses = keras_fit(start, "float64", optimizers.SGD(RATE), loss, layers, labels)
    np.testing.assert_allclose(curve, losses, rtol=1e-6)
    assert len(weights) == (7 if normalization == "batch" else 5)
    for mine, theirs in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)
