"""When a fit warns that its epochs were too few, and when it has no reason to."""

import warnings

import keras
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
SETTINGS = {"hidden_layer_sizes": (5,), "epochs": 15, "random_state": 0}


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_loss_that_still_falls_at_the_end_warns(kind):
    with pytest.warns(ConvergenceWarning, match=f"{kind.__name__}: .* all 15 epochs") as caught:
        kind(**SETTINGS).fit(X, y)
    assert [one.filename for one in caught] == [__file__], "the warning points at the call of fit"


@pytest.mark.parametrize(
    "quiet",
    [
        {"epochs": 10},  # with fewer epochs than the rule waits for there is no rule
        {"n_iter_no_change": np.inf},
        {"early_stopping": True},
        {"learning_rate_schedule": "cosine"},
        {"learning_rate": 1e-9, "epochs": 30},  # which stops before
    ],
    ids=str,
)
def test_other_fits_are_quiet(quiet):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(**SETTINGS | quiet).fit(X, y)


def test_partial_fit_is_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(**SETTINGS).partial_fit(X, y, classes=[0, 1, 2], epochs=15)


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "factor"), [(30, 30, 4), (1024, 64, 4), (2048, 64, 2), (6400, 200, 2), (20_000, 200, 1)]
)
def test_few_steps_an_epoch_are_larger_ones(n_rows, batch_size, factor):
    X, y = np.zeros((n_rows, 2)), np.arange(n_rows) % 2
    X[:, 0] = y
    steps = []
    counts = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(batch))
    settings = {"epochs": 1, "callbacks": [counts]}
    model = MLPClassifier((2,), **settings).fit(X, y)
    assert len(steps) == -(-n_rows // batch_size)
    assert model.history_["learning_rate"] == [pytest.approx(0.001 * factor)]
    assert float(model.model_.optimizer.learning_rate) == pytest.approx(0.001 * factor)
    for given in ({"batch_size": 30}, {"learning_rate": 0.001}, {"optimizer": keras.optimizers.Adam(0.001)}):
        assert MLPClassifier((2,), epochs=1, **given).fit(X, y).history_["learning_rate"] == [pytest.approx(0.001)]
    assert MLPClassifier((2,)).partial_fit(X, y, classes=[0, 1]).history_["learning_rate"] == [pytest.approx(0.001)]


def test_the_first_biases_are_spread_as_wide_as_the_rows():
    X = np.random.default_rng(0).normal(size=(500, 4))
    y = X[:, 0] > 0

    def biases(X, **parameters):
        model = MLPClassifier((1000, 8), epochs=1, learning_rate=1e-30, random_state=0, **parameters).fit(X, y)
        return [round(bias.std(), 20) for bias in model.intercepts_]

    scale = np.sqrt(np.mean(X**2) / 3)
    assert biases(X / 100) == [pytest.approx(scale / 100, rel=0.1), 0, 0]
    assert biases(csr_matrix(X / 100)) == [pytest.approx(scale / 100, rel=0.1), 0, 0]
    assert biases(X * 100) == [pytest.approx(np.sqrt(1 / 3), rel=0.1), 0, 0]
    assert biases(X, kernel_initializer="glorot_uniform") == [0, 0, 0]
    assert biases(X, activation="selu") == [0, 0, 0]
