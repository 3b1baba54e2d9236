"""All forms of series are the same series, and bad ones get clear errors."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from skdeep.sequence import RNNClassifier
from tests.sequence.data import EQUAL, LABELS, RAGGED, net

OBJECTS = np.empty(len(RAGGED), dtype=object)
OBJECTS[:] = RAGGED
UNIVARIATE = EQUAL[:, :, 0]
SMALL = {"cell": "simple", "units": 3, "epochs": 2, "random_state": 0}


def weights(X, **parameters):
    return RNNClassifier(**SMALL, **parameters).fit(X, LABELS).weights_


def assert_same(one, two):
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "X",
    [
        OBJECTS,
        OBJECTS[:, None],
        pd.DataFrame({"series": list(RAGGED)}),
        pd.Series(list(RAGGED)),
        [row.tolist() for row in RAGGED],
        tuple(RAGGED),
        [pd.DataFrame(row) for row in RAGGED],
    ],
    ids=["objects", "column of objects", "data frame", "pandas series", "lists", "tuple", "data frames"],
)
def test_forms_of_ragged_series(X):
    assert_same(weights(X), weights(RAGGED))


def test_forms_of_equal_series():
    expected = weights(EQUAL)
    assert_same(weights(EQUAL.transpose(0, 2, 1), channels_first=True), expected)
    assert_same(weights(EQUAL.reshape(12, -1), n_channels=2), expected)
    flat = EQUAL.transpose(0, 2, 1).reshape(12, -1)
    assert_same(weights(flat, n_channels=2, channels_first=True), expected)
    assert_same(weights(list(EQUAL)), expected)
    assert_same(weights(UNIVARIATE), weights(UNIVARIATE[:, :, None]))
    assert_same(weights(pd.DataFrame(UNIVARIATE).add_prefix("t")), weights(UNIVARIATE))
    assert_same(weights([row.T for row in RAGGED], channels_first=True), weights(RAGGED))
    univariate = [row[:, 0] for row in RAGGED]
    assert_same(weights(univariate, channels_first=True), weights(univariate))


@pytest.mark.parametrize("form", [np.stack, list])
def test_nan_behind_the_end_is_padding_if_asked_for(form):
    padded = form([np.concatenate([row, np.full((9 - len(row), 2), np.nan)]) for row in RAGGED])
    assert_same(weights(padded, nan="trailing"), weights(RAGGED))
    with pytest.raises(ValueError, match=r"contains NaN.*nan='trailing'"):
        weights(padded)


def test_channels_are_standardised_over_all_moments_of_training_rows():
    model = RNNClassifier(**SMALL).fit(RAGGED, LABELS)
    moments = np.concatenate(RAGGED)
    np.testing.assert_allclose(model.weights_[0], moments.mean(axis=0))
    np.testing.assert_allclose(model.weights_[1], moments.var(axis=0))
    moved = [row * [100.0, 1e-3] + [7.0, -2.0] for row in RAGGED]
    other = RNNClassifier(**SMALL).fit(moved, LABELS)
    np.testing.assert_allclose(other.decision_function(moved), model.decision_function(RAGGED), rtol=1e-9)
    weight = np.arange(1.0, 13.0)
    weighted = RNNClassifier(**SMALL).fit(RAGGED, LABELS, weight)
    per_moment = np.repeat(weight, [len(row) for row in RAGGED])
    np.testing.assert_allclose(weighted.weights_[0], np.average(moments, axis=0, weights=per_moment))
    assert len(RNNClassifier(**SMALL, standardize=False).fit(RAGGED, LABELS).weights_) == len(model.weights_) - 2


def test_a_constant_channel_is_harmless():
    X = EQUAL.copy()
    X[:, :, 1] = 1e6
    assert np.isfinite(RNNClassifier(**SMALL).fit(X, LABELS).decision_function(X)).all()


def test_flat_rows_keep_their_width_and_series_need_not():
    model = RNNClassifier(**SMALL).fit(UNIVARIATE, LABELS)
    assert (model.n_features_in_, model.n_channels_) == (9, 1)
    with pytest.raises(ValueError, match="X has 8 features, but RNNClassifier is expecting 9"):
        model.predict(UNIVARIATE[:, :8])
    assert model.predict(UNIVARIATE[:, :8, None]).shape == (12,)
    longer = np.concatenate([EQUAL, EQUAL], axis=1)
    assert RNNClassifier(**SMALL).fit(EQUAL, LABELS).predict(longer).shape == (12,)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[], [1.0], *[[2.0]] * 10], "series of X are empty: 0"),
        (np.zeros((12, 0, 2)), "without a value"),
        ([np.zeros((3, 2)), *[np.zeros((3, 1))] * 11], "different numbers of channels: \\[1, 2\\]"),
        ([[1.0, np.inf], *[[1.0]] * 11], "NaN or infinity, for example in series 0"),
        ([[1.0, np.nan, 2.0], *[[1.0]] * 11], "contains NaN"),
        ([["a", "b"], *[["c"]] * 11], "Series 0 of X does not hold numbers only"),
        ([np.zeros((2, 2, 2)), *[np.zeros((3, 2, 2))] * 11], "Series 0 of X has 3 dimensions"),
        (np.zeros((12, 3, 2, 2)), "Found array with dim 4"),
    ],
    ids=str,
)
def test_bad_series(X, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(**SMALL).fit(X, LABELS)


def test_bad_series_that_depend_on_parameters():
    with pytest.raises(ValueError, match="n_channels=4 does not fit rows of 9 values"):
        RNNClassifier(**SMALL, n_channels=4).fit(UNIVARIATE, LABELS)
    with pytest.raises(TypeError, match="series are dense"):
        RNNClassifier(**SMALL).fit(csr_matrix(UNIVARIATE), LABELS)
    inside = EQUAL.copy()
    inside[0, 3] = np.nan
    with pytest.raises(ValueError, match="contains NaN or infinity, for example in series 0"):
        RNNClassifier(**SMALL, nan="trailing").fit(inside, LABELS)
    inside[0] = np.nan
    with pytest.raises(ValueError, match="series of X are empty: 0"):
        RNNClassifier(**SMALL, nan="trailing").fit(inside, LABELS)
    model = RNNClassifier(**SMALL).fit(EQUAL, LABELS)
    with pytest.raises(ValueError, match="X has 1 channels, but RNNClassifier is expecting 2 channels"):
        model.predict(EQUAL[:, :, :1])
    learned = net("patches").fit(EQUAL, LABELS)
    with pytest.raises(ValueError, match=r"a series of 18 moments, .* at most 9"):
        learned.predict(np.concatenate([EQUAL, EQUAL], axis=1))


def test_one_moment_and_series_shorter_than_kernels_and_patches():
    for name in ("gru", "inception", "resnet", "transformer", "patches"):
        model = net(name).fit(EQUAL[:, :1], LABELS)
        assert np.isfinite(model.decision_function(EQUAL[:, :1])).all()


def test_validation_rows_may_be_ragged_where_training_rows_are_not():
    model = RNNClassifier(**SMALL).fit(EQUAL, LABELS, X_val=RAGGED, y_val=LABELS)
    alone = RNNClassifier(**SMALL | {"epochs": 1}).fit(EQUAL, LABELS)
    assert len(model.history_["val_loss"]) == 2
    np.testing.assert_allclose(alone.loss_curve_[0], model.loss_curve_[0], rtol=1e-6)
