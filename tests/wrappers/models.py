"""Functions that build Keras models, and what the tests of wrappers compare."""

import keras
import numpy as np
from numpy.testing import assert_allclose

from skdeep.wrappers import BaseWrapper

layers = keras.layers
N, BATCH, EPOCHS, RATE = 53, 11, 3, 2.0**-5  # five steps an epoch, the last of nine rows

rng = np.random.default_rng(0)
X = rng.normal(size=(N, 4)).astype(np.float32)
y = (np.sin(X[:, :1]) + X[:, 1:2] * X[:, 2:3]).astype(np.float32)
y_binary = (y[:, 0] > 0).astype(int)
y_three = np.digitize(y[:, 0], [-0.4, 0.4])
X_new = rng.normal(size=(20, 4)).astype(np.float32)
y_new = (np.sin(X_new[:, :1]) + X_new[:, 1:2]).astype(np.float32)
row_weights = np.linspace(0.25, 2.0, N).astype(np.float32)


def regression_net(meta, units=6, activation="tanh", dropout=0.0, l2=0.0, name=None):
    """Return a net that is not compiled, with one output for each target."""
    inputs = keras.Input((meta["n_features_in_"],))
    penalty = keras.regularizers.L2(l2) if l2 else None
    hidden = layers.Dense(units, activation=activation, kernel_regularizer=penalty, name=name)(inputs)
    if dropout:
        hidden = layers.Dropout(dropout)(hidden)
    return keras.Model(inputs, layers.Dense(meta.get("n_outputs_", 1))(hidden))


def classification_net(meta, units=6):
    """Return a net that is not compiled, with one unit for two classes and one each for more."""
    inputs = keras.Input((meta["n_features_in_"],))
    hidden = layers.Dense(units, activation="tanh")(inputs)
    if meta["target_type_"] == "binary":
        return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    activation = "sigmoid" if meta["target_type_"] == "multilabel-indicator" else "softmax"
    return keras.Model(inputs, layers.Dense(meta["n_classes_"], activation=activation)(hidden))


def dense(optimizer=None, loss="mse", **compiled):
    """Return a small compiled net for X and y."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(6, activation="tanh", name="hidden")(inputs)
    model = keras.Model(inputs, layers.Dense(1, name="out")(hidden))
    return compile_model(model, optimizer, loss, **compiled)


def compile_model(model, optimizer=None, loss="mse", **compiled):
    """Compile a model without XLA, which rounds otherwise, and return it."""
    model.compile(optimizer or keras.optimizers.Adam(RATE), loss, jit_compile=False, **compiled)
    return model


def net_like(net, X, y):
    """Return a model of Keras' own that starts as the model of an estimator does, which is built but not trained."""
    estimator = net.initialize(X, y)
    model = keras.models.clone_model(estimator.model_)
    model.set_weights(estimator.model_.get_weights())
    return model


def keras_fit(model, X, y, sample_weight=None, validation_data=None, epochs=EPOCHS, batch_size=BATCH, **arguments):
    """Train with Keras, rows in their order, and return the history."""
    given = {"sample_weight": sample_weight, "validation_data": validation_data, "shuffle": False, "verbose": 0}
    return model.fit(X, y, epochs=epochs, batch_size=batch_size, **given, **arguments).history


def twins(make):
    """Return two models with the same weights."""
    ours, theirs = make(), make()
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def wrapped(model, **parameters):
    """Return a wrapper of a compiled model that trains it on a program, rows in their order."""
    shared = {"shuffle": False, "verbose": 0, "epochs": EPOCHS, "batch_size": BATCH, "engine": "compiled"}
    return BaseWrapper(model, **shared | parameters)


def assert_same_history(ours, theirs, rtol=2e-5, atol=2e-6):
    """Check that two histories have the same numbers by the same names."""
    assert {*ours} == {*theirs}
    for name, values in theirs.items():
        assert_allclose(ours[name], values, rtol=rtol, atol=atol, err_msg=name)


def assert_same_model(ours, theirs, rtol=2e-5, atol=2e-6):
    """Check that two models have the same weights, and their optimizers remember the same."""
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(mine, other, rtol=rtol, atol=atol)
    for mine, other in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        assert_allclose(mine.numpy(), other.numpy(), rtol=rtol, atol=atol, err_msg=other.path)


def assert_parity(make, X, y, *, sample_weight=None, validation=None, learns=True, **tolerance):
    """Train twins, one with Keras, and check that nothing tells them apart but who trained them."""
    ours, theirs = twins(make)
    first = ours.get_weights()
    held_out = validation or (None, None)
    names = dict(zip(("X_val", "y_val", "sample_weight_val"), held_out, strict=False))
    estimator = wrapped(ours).fit(X, y, sample_weight, **names)
    history = keras_fit(theirs, X, y, sample_weight, validation)
    assert estimator.engine_ == "compiled"
    assert estimator.model_ is ours
    assert_same_history(estimator.history_, history, **tolerance)
    assert_same_model(ours, theirs, **tolerance)
    if learns:
        assert any(not np.allclose(old, new, atol=1e-3) for old, new in zip(first, ours.get_weights(), strict=True))
    return ours, theirs
