"""Loss and weights after steps of gradient descent, against a net in plain NumPy with its own backpropagation."""

import numpy as np
import pytest

from skdeep.tabular import MLPClassifier, MLPRegressor
from tests.engine import numpy_net

N = 23
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 4))
WEIGHTS = rng.uniform(0.2, 3.0, size=N)
FULL, IN_THREE = [slice(0, N)], [slice(0, 10), slice(10, 20), slice(20, N)]

numbers = X[:, 0] * 2 + np.sin(3 * X[:, 1]) + 5
TARGETS = {
    "one number": numbers,
    "two numbers": np.column_stack([numbers, 100 * X[:, 2] ** 2]),
    "two classes": np.where(numbers > 5, "yes", "no"),
    "three classes": np.digitize(numbers, [4.0, 6.0]),
    "labels": np.column_stack([numbers > 5, X[:, 2] > 0, X[:, 3] > 0.5]).astype(int),
}
LOSSES = {
    "one number": numpy_net.squared_error,
    "two numbers": numpy_net.squared_error,
    "two classes": numpy_net.independent_cross_entropy,
    "three classes": numpy_net.cross_entropy,
    "labels": numpy_net.independent_cross_entropy,
}


def encoded(kind, label_smoothing=0.0, sample_weight=None):
    """Return the targets as the net is to see them, one column an output."""
    y = TARGETS[kind]
    if kind.endswith(("number", "numbers")):
        y = y.reshape(N, -1)
        mean = np.average(y, axis=0, weights=sample_weight)
        return (y - mean) / np.sqrt(np.average((y - mean) ** 2, axis=0, weights=sample_weight))
    if kind == "three classes":
        return np.eye(3)[y] * (1 - label_smoothing) + label_smoothing / 3
    columns = (y == "yes")[:, None] if kind == "two classes" else y
    return columns * (1 - label_smoothing) + label_smoothing / 2


def compare(kind, *, batches=FULL, epochs=5, rate=0.1, activation="tanh", sample_weight=None, **penalties):
    """Train both nets from the same initial weights and compare losses and weights."""
    cls = MLPRegressor if "number" in kind else MLPClassifier
    parameters = {
        "hidden_layer_sizes": (7, 5), "activation": activation, "optimizer": "sgd", "batch_size": batches[0].stop,
        "shuffle": False, "dtype": "float64", "random_state": 3, **penalties,
    }  # fmt: skip
    start = cls(**parameters, learning_rate=1e-300, epochs=1).fit(X, TARGETS[kind], sample_weight).weights_
    start = [np.where(np.abs(weight) < 1e-200, 0.0, weight) for weight in start]  # a kink is at zero exactly
    model = cls(**parameters, learning_rate=rate, epochs=epochs).fit(X, TARGETS[kind], sample_weight)
    targets = encoded(kind, penalties.pop("label_smoothing", 0.0), sample_weight)
    weights, curve = numpy_net.descend(
        start, X, targets, LOSSES[kind], batches=batches, epochs=epochs, rate=rate, activation=activation,
        sample_weight=sample_weight, **penalties,
    )  # fmt: skip
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-9)
    for ours, theirs, first in zip(model.weights_, weights, start, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
        assert not np.allclose(ours, first, rtol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("kind", TARGETS)
def test_plain_gradient_descent(kind, activation):
    compare(kind, activation=activation)


@pytest.mark.parametrize("kind", ["one number", "three classes"])
def test_the_last_smaller_batch_is_trained_on(kind):
    compare(kind, batches=IN_THREE)


@pytest.mark.parametrize("batches", [FULL, IN_THREE])
@pytest.mark.parametrize("kind", TARGETS)
def test_sample_weights(kind, batches):
    compare(kind, sample_weight=WEIGHTS, batches=batches)


@pytest.mark.parametrize(
    "penalties",
    [
        {"alpha": 0.3},
        {"l1": 0.05},
        {"clip_norm": 0.02},
        {"clip_norm": 1e3},
        {"alpha": 0.3, "l1": 0.05, "clip_norm": 0.02},
    ],
    ids=str,
)
def test_penalties_act_on_kernels_and_clipping_on_the_gradient_of_the_loss(penalties):
    compare("three classes", **penalties)


@pytest.mark.parametrize("kind", ["two classes", "three classes", "labels"])
def test_label_smoothing(kind):
    compare(kind, label_smoothing=0.3)


def test_everything_together():
    compare(
        "three classes", batches=IN_THREE, sample_weight=WEIGHTS, activation="relu", label_smoothing=0.1, alpha=0.1,
        l1=0.01, clip_norm=0.05,
    )  # fmt: skip


def test_penalties_do_not_depend_on_the_batch_size():
    """With a loss that is flat, only the penalty moves the weights, by the same factor at every step."""
    y = np.zeros(N)
    y[0] = 1e-9
    parameters = {"optimizer": "sgd", "alpha": 0.5, "dtype": "float64", "random_state": 0, "learning_rate": 1e-2}
    flat = {"hidden_layer_sizes": (3,), "loss": lambda targets, outputs: 0.0 * outputs}
    start = MLPRegressor(**parameters | flat | {"learning_rate": 1e-300}, epochs=1).fit(X, y)
    for batch_size, n_steps in ((N, 1), (10, 3)):
        shrunk = MLPRegressor(**parameters, **flat, batch_size=batch_size, epochs=1).fit(X, y)
        for kernel, before in zip(shrunk.coefs_, start.coefs_, strict=True):
            np.testing.assert_allclose(kernel, before * (1 - 1e-2 * 0.5) ** n_steps, rtol=1e-12)
        for bias, before in zip(shrunk.intercepts_, start.intercepts_, strict=True):
            np.testing.assert_array_equal(bias, before)
