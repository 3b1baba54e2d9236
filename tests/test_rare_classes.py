"""Rare classes in every family: whatever rows are, classifiers and regressors have the same ways to balance them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

from skdeep._data.density import SmoothedDensity
from skdeep.image import CNNClassifier, CNNRegressor, Small
from skdeep.metrics import balanced_mean_squared_error
from skdeep.sequence import RNNClassifier, RNNRegressor, TemporalCNNClassifier, TransformerClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor
from skdeep.text import TextClassifier, TextRegressor
from skdeep.text.architectures import TfidfMLP

RNG = np.random.default_rng(0)
Y = np.repeat([0, 1, 2], [40, 15, 5])
TABLE = RNG.normal(size=(60, 4)) + Y[:, None]
IMAGES = np.tile(TABLE[:, :, None], (1, 1, 8)).repeat(2, axis=1)
SERIES = [TABLE[row, : 2 + row % 3, None] for row in range(60)]
TEXTS = [" ".join(["red", "green", "blue"][label : label + 1] * 2 + [f"w{row % 7}"]) for row, label in enumerate(Y)]
FEW = {"epochs": 3, "random_state": 0, "dtype": "float64"}
CASES = {
    "table": (MLPClassifier((6,), **FEW), TABLE),
    "sparse table": (MLPClassifier((6,), **FEW), sparse.csr_matrix(TABLE)),
    "images": (CNNClassifier(Small(width=0.1), **FEW), IMAGES),
    "series of any length": (RNNClassifier(units=4, **FEW), SERIES),
    "series": (TemporalCNNClassifier("fcn", filters=4, **FEW), TABLE),
    "tokens": (TransformerClassifier(n_layers=1, width=8, **FEW), np.abs(TABLE * 3).astype(int)),
    "texts": (TextClassifier(epochs=3, random_state=0), TEXTS),
}
cases = pytest.mark.parametrize(("model", "X"), CASES.values(), ids=CASES)


@cases
def test_another_prior_is_a_ratio_and_adjusted_labels_have_another_rule(model, X):
    model = clone(model).set_params(loss="logit_adjusted").fit(X, Y)
    shares, p = np.bincount(Y) / 60, model.predict_proba(X)
    uniform = p / shares / (p / shares).sum(axis=1, keepdims=True)
    assert_array_equal(model.predict(X), uniform.argmax(axis=1))
    assert_allclose(model.set_params(prediction_prior="uniform").predict_proba(X), uniform, rtol=1e-5, atol=1e-6)
    prior = np.array([0.2, 0.2, 0.6])
    other = p / shares * prior
    expected = other / other.sum(axis=1, keepdims=True)
    assert_allclose(model.set_params(prediction_prior=prior).predict_proba(X), expected, rtol=1e-5, atol=1e-6)


@cases
def test_classes_are_drawn_alike_from_rows_of_any_kind(model, X):
    seen = clone(model).set_params(batch_sampling="balanced").fit(X, Y)._net.target.seen_shares
    assert_allclose(seen, [np.full(3, 1 / 3)])
    late = {"class_weight": "balanced", "deferred_fraction": 0.4}
    model = clone(model).set_params(**late, batch_sampling=0.5).fit(X, Y)
    root = np.sqrt([40, 15, 5]) * 60 / np.array([40, 15, 5])
    assert_allclose(model._net.target.seen_shares, [root / root.sum()], rtol=1e-6)
    assert np.isfinite(model.loss_curve_).all()


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (MLPRegressor((6,), **FEW), TABLE),
        (CNNRegressor(Small(width=0.1), **FEW), IMAGES),
        (RNNRegressor(units=4, **FEW), SERIES),
        (TextRegressor(TfidfMLP(dropout=0.0), epochs=3, random_state=0), TEXTS),
    ],
    ids=["table", "images", "series", "texts"],
)
def test_rare_targets_have_their_losses_in_every_family(model, X):
    y = TABLE[:, 0] ** 3
    still = {"learning_rate": 1e-12, "epochs": 1, "batch_size": 60}
    weighed = clone(model).set_params(target_weight="lds", **still).fit(X, y)
    squares = np.square(weighed.predict(X) - y) / y.var()
    weights = SmoothedDensity.learned(y, None).of_rows(y)
    assert weighed.loss_curve_[0] == pytest.approx(np.average(squares, weights=weights), rel=1e-4)
    binned = clone(model).set_params(loss="balanced_squared_error", **still).fit(X, y)
    expected = balanced_mean_squared_error(y, binned.predict(X)) / y.var()
    assert binned.loss_curve_[0] == pytest.approx(expected, rel=1e-4)
    compared = clone(model).set_params(loss="batch_balanced_squared_error").fit(X, y)
    assert compared.weights_[-1].shape == (1,)
    assert compared.weights_[-1][0] != 0.0
