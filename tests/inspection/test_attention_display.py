"""Attention is drawn over the moments that look and are looked at: where it can be known, it is what is known."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skdeep.inspection import AttentionDisplay
from skdeep.sequence import RNNClassifier, SequenceScaler, TransformerClassifier, TransformerRegressor

RANDOM = np.random.default_rng(0)
LENGTHS = [9, 4, 7, 1, 9, 6, 2, 8, 5, 3, 10, 4]
RAGGED = [RANDOM.normal(size=(length, 2)) for length in LENGTHS]
LABELS = np.arange(12) % 2
NET = {"width": 4, "n_heads": 2, "epochs": 2, "learning_rate": 0.01, "dtype": "float64", "random_state": 0}


@pytest.fixture(scope="module")
def net():
    return TransformerClassifier(**NET).fit(RAGGED, LABELS)


def show(*arguments, **settings):
    return AttentionDisplay.from_estimator(*arguments, **settings)


def test_weights_are_those_of_the_layer_and_head(net):
    weights = net.attention_weights(RAGGED[:6])
    for settings, expected in (
        ({}, weights[:, 1].mean(axis=1)),
        ({"layer": 0}, weights[:, 0].mean(axis=1)),
        ({"layer": 0, "head": 1}, weights[:, 0, 1]),
        ({"layer": -2, "head": -1}, weights[:, 0, 1]),
    ):
        display = show(net, RAGGED, **settings)
        assert [one.shape for one in display.weights] == [(length, length) for length in LENGTHS[:6]]
        for one, whole, image in zip(display.weights, expected, display.ims_, strict=True):
            np.testing.assert_allclose(one, whole[: len(one), : len(one)], atol=1e-12)
            np.testing.assert_allclose(one.sum(axis=1), 1.0)
            np.testing.assert_array_equal(image.get_array(), one)


def test_queries_of_zeros_look_everywhere_alike():
    """The scores of all moments are equal then, so each weight is one over the moments that there are."""
    net = TransformerClassifier(1, positional=None, **NET).fit(RAGGED, LABELS)
    names = [weight.path for weight in net.model_.weights]
    query = [number for number, name in enumerate(names) if "/query/" in name]
    assert len(query) == 2
    net.weights_ = tuple(weight * (number not in query) for number, weight in enumerate(net.weights_))
    for one, length in zip(show(net, RAGGED).weights, LENGTHS, strict=False):
        np.testing.assert_allclose(one, 1 / length)


def test_patches_lie_over_their_moments():
    net = TransformerClassifier(1, patch_size=4, **NET).fit(RAGGED, LABELS)
    display = show(net, RAGGED, max_series=12)
    assert display.patch_size == 4
    assert [len(one) for one in display.weights] == [-(-length // 4) for length in LENGTHS]
    for length, image, one, (upper, lower) in zip(LENGTHS, display.ims_, display.weights, display.axes_, strict=True):
        assert image.get_extent() == [-0.5, 4 * len(one) - 0.5, 4 * len(one) - 0.5, -0.5]
        assert lower.get_xlim() == upper.get_xlim() == (-0.5, length - 0.5)
        assert lower.get_ylim() == (length - 0.5, -0.5)


def test_series_are_drawn_as_the_net_sees_them():
    scaled = make_pipeline(SequenceScaler(), TransformerClassifier(1, **NET)).fit(RAGGED, LABELS)
    display = show(scaled, RAGGED[:2], labels=["one", "two"])
    for row, (upper, _) in zip(scaled[0].transform(RAGGED[:2]), display.axes_, strict=True):
        assert len(upper.lines) == 2
        for channel, line in zip(row.T, upper.lines, strict=True):
            np.testing.assert_allclose(line.get_ydata(), channel)
    assert [upper.get_title() for upper, _ in display.axes_] == ["one", "two"]


def test_searches_regressors_and_ids_will_do():
    search = GridSearchCV(TransformerClassifier(1, **NET), {"alpha": [0.0]}, cv=2).fit(RAGGED, LABELS)
    assert len(show(search, RAGGED[:1]).weights) == 1
    X = RANDOM.normal(size=(10, 5))
    assert [one.shape for one in show(TransformerRegressor(1, **NET).fit(X, X[:, 0]), X[:2]).weights] == [(5, 5)] * 2
    rows = [[1, 2, 3], [2, 1], [3, 3, 1, 2]] * 4
    display = show(TransformerClassifier(1, embedding_dim=3, **NET).fit(rows, LABELS), rows[1:3])
    assert [one.tolist() for one in display.series] == rows[1:3]


def test_picture_is_drawn_where_and_how_the_caller_wants_it(net):
    figure, ax = plt.subplots()
    display = show(net, RAGGED, max_series=4, ax=ax, cmap="magma", im_kw={"vmax": 0.5})
    assert plt.get_fignums() == [figure.number]
    assert (display.ax_, display.figure_) == (ax, figure)
    assert display.axes_.shape == (4, 2)
    assert (display.ims_[0].get_cmap().name, display.ims_[0].get_clim()) == ("magma", (0.0, 0.5))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layer": 2}, "layer must be a number from 0 to 1, or a negative one from the end, got 2"),
        ({"layer": 0.5}, "layer must be a number from 0 to 1"),
        ({"head": -3}, "head must be a number from 0 to 1, or a negative one from the end, got -3"),
        ({"max_series": 0}, "max_series == 0, must be >= 1"),
        ({"X": [RANDOM.normal(size=(3, 5))]}, "X has 5 channels"),
    ],
)
def test_what_does_not_fit_is_refused(net, settings, message):
    with pytest.raises(ValueError, match=message):
        show(net, **{"X": RAGGED} | settings)
    assert plt.get_fignums() == []


def test_estimators_without_attention_are_told_apart_from_those_not_fitted():
    rnn = RNNClassifier("simple", units=2, epochs=1).fit(RAGGED, LABELS)
    with pytest.raises(ValueError, match="RNNClassifier has no attention weights; accepted are fitted Transformer"):
        show(rnn, RAGGED)
    X = np.zeros((4, 2))
    with pytest.raises(ValueError, match="LogisticRegression has no attention weights"):
        show(make_pipeline(SequenceScaler(), LogisticRegression()).fit(X, LABELS[:4]), X)
    with pytest.raises(NotFittedError):
        show(TransformerClassifier(), RAGGED)
    with pytest.raises(NotFittedError):
        show(LogisticRegression(), RAGGED)


def test_without_matplotlib_nothing_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'AttentionDisplay.from_estimator needs matplotlib.*scikit-deep\[plot\]"'):
        show(None, None)
