"""Covering or permuting windows of series: exactly what can be computed by hand, also where series end early."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.inspection import OcclusionDisplay
from skdeep.sequence import (
    RandomConvolutions,
    RNNClassifier,
    TemporalCNNClassifier,
    TemporalCNNRegressor,
    TransformerClassifier,
)

RANDOM = np.random.default_rng(0)
LENGTHS = np.array([9, 4, 7, 1, 9, 6, 2, 8, 5, 3, 10, 4])
RAGGED = [RANDOM.random((length, 2)) for length in LENGTHS]
EQUAL = RANDOM.random((12, 10, 2))
LABELS = np.array(["low", "high"] * 6)
NET = {"epochs": 2, "learning_rate": 0.01, "random_state": 0}


class Known(BaseEstimator):
    """Reads series as nets do, and needs no training, so that what it loses can be computed by hand."""

    channels_first, n_channels, nan = False, None, "raise"

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def rows(self, X):
        return list(np.asarray(X, dtype=float) if isinstance(X, pd.DataFrame) else X)


class Early(RegressorMixin, Known):
    """Adds up the first channel of the moments 2 and 3."""

    def predict(self, X):
        return np.array([np.reshape(row, (len(row), -1))[2:4, 0].sum() for row in self.rows(X)])


class Last(ClassifierMixin, Known):
    """Says "low" with the second channel of the last moment as probability."""

    classes_ = np.array(["high", "low"])

    def predict_proba(self, X):
        low = np.array([row[-1, 1] for row in self.rows(X)])
        return np.column_stack([1 - low, low])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Largest(RegressorMixin, Known):
    """Returns the largest value that a series has, which what stands behind an end would change."""

    def predict(self, X):
        return np.array([np.max(row) for row in self.rows(X)])


def importances(*arguments, **settings):
    return OcclusionDisplay.from_estimator(*arguments, **settings).importances


def covered(rows, window, fill):
    rows = [row.copy() for row in rows]
    for row in rows:
        row[window] = fill
    return rows


def test_drop_is_that_of_the_window():
    y = Early().predict(EQUAL) + RANDOM.standard_normal(12)
    display = OcclusionDisplay.from_estimator(Early(), EQUAL, y, patch=2)
    changed = Early().predict(covered(EQUAL, slice(2, 4), EQUAL.mean(axis=(0, 1))))
    expected = np.zeros(10)
    expected[2:4] = (np.abs(changed - y) - np.abs(Early().predict(EQUAL) - y)).mean()
    np.testing.assert_allclose(display.importances, expected, atol=1e-12)
    assert display.name == "Growth of the absolute error"


def test_a_window_ends_where_its_series_ends():
    """The mean is over the series that have a moment, and over the windows that cover it."""
    fill, step, side = np.concatenate(RAGGED).mean(axis=0), 2, 3
    true = Last().predict_proba(RAGGED)[np.arange(12), (LABELS == "low").astype(int)]
    each = np.full((12, 10), np.nan)
    for number, row in enumerate(RAGGED):
        drops = [[] for _ in row]
        for start in range(0, 10 - side + step, step):
            (changed,) = covered([row], slice(start, start + side), fill)
            low = changed[-1, 1]
            for moment in range(start, min(start + side, len(row))):
                drops[moment].append(true[number] - (low if LABELS[number] == "low" else 1 - low))
        each[number, : len(row)] = list(map(np.mean, drops))
    found = importances(Last(), RAGGED, LABELS, patch=side, stride=step)
    np.testing.assert_allclose(found, np.nanmean(each, axis=0), atol=1e-12)


def test_nothing_is_put_behind_an_end():
    found = importances(Largest(), RAGGED, Largest().predict(RAGGED), patch=2, fill=5.0)
    growth = 5.0 - Largest().predict(RAGGED)  # where the window meets a series at all
    np.testing.assert_allclose(found, [growth[moment < LENGTHS].mean() for moment in range(10)])
    assert [len(row) for row in RAGGED] == LENGTHS.tolist()
    assert max(map(np.max, RAGGED)) < 1
    # A series that is covered as a whole has the cover as its largest value.
    alone = importances(Largest(), RAGGED[3:4], [0.0], patch=1, fill=2.0)
    np.testing.assert_allclose(alone, [2.0 - RAGGED[3].max()])


def test_one_series_and_no_y_will_do():
    predicted = Early().predict(RAGGED[:1])
    found = importances(Early(), RAGGED[:1], patch=1, fill=0.0)
    np.testing.assert_allclose(found, [0, 0, RAGGED[0][2, 0], RAGGED[0][3, 0], 0, 0, 0, 0, 0], atol=1e-12)
    np.testing.assert_array_equal(found, importances(Early(), RAGGED[:1], predicted, patch=1, fill=0.0))


def test_windows_are_a_twentieth_by_default():
    X = RANDOM.random((3, 70, 1))
    found = importances(Early(), X)
    assert np.flatnonzero(found).tolist() == [0, 1, 2, 3]  # windows of four moments


def test_cover_may_be_a_value_of_each_channel_or_a_series():
    y = Early().predict(EQUAL)
    mean = EQUAL.mean(axis=(0, 1))
    by_default = importances(Early(), EQUAL, y, patch=1)
    np.testing.assert_array_equal(importances(Early(), EQUAL, y, patch=1, fill=mean), by_default)
    whole = EQUAL.mean(axis=0)
    found = importances(Early(), EQUAL, y, patch=1, fill=whole)
    expected = np.zeros(10)
    expected[2:4] = np.abs(EQUAL[:, 2:4, 0] - whole[2:4, 0]).mean(axis=0)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    one = EQUAL[:, :, :1]
    expected = importances(Early(), one, y, patch=1, fill=whole[:, :1])
    np.testing.assert_array_equal(importances(Early(), one, y, patch=1, fill=whole[:, 0]), expected)


def test_a_score_can_be_what_drops():
    y = Early().predict(RAGGED)
    settings = {"patch": 3, "scoring": "neg_mean_absolute_error", "fill": 0.0}
    display = OcclusionDisplay.from_estimator(Early(), RAGGED, y, **settings)
    drops = [np.abs(Early().predict(covered(RAGGED, slice(a, a + 3), 0.0)) - y).mean() for a in (0, 3, 6, 9)]
    np.testing.assert_allclose(display.importances, np.repeat(drops, 3)[:10])
    assert display.name == "Drop of neg mean absolute error"


def test_permutation_exchanges_windows_of_one_length():
    """Two series a group: an exchange or none, each as probable, so half of the loss is expected."""
    X = [np.full((n, 1), value) for n, value in ((4, 1.0), (4, 3.0), (2, 5.0), (2, 8.0), (3, 100.0))]
    y = Early().predict(X)
    settings = {"method": "permutation", "patch": 2, "n_repeats": 2000, "scoring": "neg_mean_absolute_error"}
    found = importances(Early(), X, y, random_state=0, **settings)
    # Behind two moments there are two series of two moments more, whose sums differ by 4, and one of one.
    np.testing.assert_allclose(found, [0, 0, 0.8, 0.8], atol=0.05)
    np.testing.assert_array_equal(found, importances(Early(), X, y, random_state=0, **settings))


@pytest.mark.parametrize("name", ["channels first", "flat", "named", "list", "trailing", "object"])
def test_any_layout_gives_the_same(name):
    one = EQUAL[:, :, :1]
    y = 1 * (one[:, 4:, 0].mean(axis=1) > 0.5)
    layouts = {
        "channels first": (one.transpose(0, 2, 1), {"channels_first": True}),
        "flat": (one[:, :, 0].tolist(), {}),
        "named": (pd.DataFrame(one[:, :, 0], columns=[f"moment {i}" for i in range(10)]), {}),
        "list": (list(one), {}),
        "trailing": (np.concatenate([one, np.full((12, 3, 1), np.nan)], axis=1), {"nan": "trailing"}),
        "object": (pd.Series(list(one[:, :, 0])), {}),
    }
    X, form = layouts[name]
    settings = NET | {"units": 2, "dtype": "float64"}
    expected = importances(RNNClassifier("simple", **settings).fit(one, y), one, y, patch=3, stride=2)
    net = RNNClassifier("simple", **settings, **form).fit(X, y)
    np.testing.assert_allclose(importances(net, X, y, patch=3, stride=2), expected, atol=1e-10)


def test_channels_of_flat_rows_stand_together():
    y = 1 * (EQUAL[:, 5:, 1].mean(axis=1) > 0.5)
    settings = NET | {"units": 2, "dtype": "float64"}
    expected = importances(RNNClassifier("simple", **settings).fit(EQUAL, y), EQUAL, y)
    for X, form in ((EQUAL, {}), (EQUAL.transpose(0, 2, 1), {"channels_first": True})):
        flat = X.reshape(12, -1)
        net = RNNClassifier("simple", n_channels=2, **form, **settings).fit(flat, y)
        np.testing.assert_allclose(importances(net, flat, y), expected, atol=1e-10)


@pytest.mark.parametrize(
    "net",
    [
        RNNClassifier("simple", units=2, **NET),
        TemporalCNNClassifier("fcn", filters=2, **NET),
        TransformerClassifier(1, width=4, n_heads=2, patch_size=2, **NET),
    ],
    ids=lambda net: type(net).__name__,
)
def test_every_net_takes_ragged_series(net):
    found = importances(net.fit(RAGGED, LABELS), RAGGED, LABELS, patch=2)
    assert found.shape == (10,)
    assert np.isfinite(found).all()
    assert found.any()


def test_a_trained_net_is_seen_to_look_at_the_bump():
    X, y = RANDOM.normal(size=(120, 30)), RANDOM.uniform(0, 9, 120)
    X[:, 18:24] += y[:, None]
    net = TemporalCNNRegressor("fcn", filters=4, epochs=15, random_state=0).fit(X, y)
    found = importances(net, X, y, patch=6)
    assert found[18:24].min() > 2 * np.delete(found, range(18, 24)).max()
    features = make_pipeline(RandomConvolutions(840, random_state=0), StandardScaler(), Ridge()).fit(X, y)
    found = importances(features, X, y, patch=6)
    assert found[18:24].min() > 2 * np.delete(found, range(18, 24)).max()


def test_ids_are_covered_by_one_that_was_never_seen():
    rows = [[1, 2, 3], [0, 0, 3, 1], [2, 1, 3], [3, 2, 2, 1]] * 5
    first = np.array([row.index(1) < row.index(3) for row in rows])
    net = RNNClassifier(units=4, embedding_dim=3, **NET).fit(rows, first)
    found = importances(net, rows[:1], first[:1], patch=1)
    without = [[4, 2, 3], [1, 4, 3], [1, 2, 4]]  # 4 was never seen
    truth = net.predict_proba(rows[:1])[0, 1] - net.predict_proba(without)[:, 1]
    np.testing.assert_allclose(found, truth, atol=1e-6)
    np.testing.assert_allclose(importances(net, rows[:1], first[:1], patch=1, fill=9), found, atol=1e-6)
    assert len(importances(net, rows[1:2])) == 2  # without its padding
    assert OcclusionDisplay.from_estimator(net, rows).lines_ == []  # ids have no mean
    known = RNNClassifier(units=4, embedding_matrix=np.ones((4, 2)), **NET).fit(rows, first)
    with pytest.raises(ValueError, match="All ids of an embedding_matrix are known: give the id"):
        importances(known, rows)
    assert len(importances(known, rows, fill=2)) == 4


def test_series_are_drawn_over_the_colours():
    display = OcclusionDisplay.from_estimator(Last(), RAGGED, LABELS, patch=2)
    longest = RAGGED[10]
    assert [line.get_ydata()[-1] for line in display.lines_] == longest[-1].tolist()  # no other is as long
    np.testing.assert_allclose(display.lines_[0].get_ydata()[0], np.mean([row[0, 0] for row in RAGGED]))
    np.testing.assert_array_equal(display.im_.get_array(), display.importances[None])
    assert display.im_.get_extent() == [-0.5, 9.5, 0, 1]
    assert display.ax_.get_xlim() == (-0.5, 9.5)
    low, high = display.ax_.get_ylim()
    assert low > np.concatenate(RAGGED).min() - 1
    assert high < 1.1
    assert display.colorbar_.ax.get_ylabel() == "Drop of the true class's probability"


def test_picture_is_drawn_where_and_how_the_caller_wants_it():
    figure, ax = plt.subplots()
    display = OcclusionDisplay.from_estimator(
        Last(), RAGGED, LABELS, ax=ax, cmap="coolwarm", colorbar=False, im_kw={"alpha": 0.5}
    )
    assert plt.get_fignums() == [figure.number]
    assert (display.ax_, display.figure_, display.colorbar_) == (ax, figure, None)
    assert (display.im_.get_cmap().name, display.im_.get_alpha()) == ("coolwarm", 0.5)
    assert OcclusionDisplay(importances=np.zeros(3)).plot().lines_ == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "shap"}, "method must be 'occlusion' or 'permutation', got 'shap'"),
        ({"patch": 0}, "patch must be a positive integer for series, got 0"),
        ({"patch": (2, 2)}, r"patch must be a positive integer for series, got \(2, 2\)"),
        ({"patch": 11}, "patch=11 is longer than the longest series, of 10 moments"),
        ({"patch": 2, "stride": 3}, "stride=3 leaves moments out between windows of 2"),
        ({"fill": "black"}, "fill must be 'mean', a number or an array that fits a series, got 'black'"),
        ({"fill": [1, 2, 3]}, r"fill has the shape \(3,\) and does not fit series of \(10, 2\)"),
        ({"y": LABELS[:3]}, "inconsistent numbers of samples"),
        ({"method": "permutation", "y": None}, "needs several series and their y"),
        ({"X": np.zeros((2, 3, 4, 5))}, "X must hold series: of shape"),
        ({"X": EQUAL[:0]}, "X must hold series, each of one moment at least"),
        ({"X": [np.zeros((0, 2)), np.zeros((3, 2))]}, "X must hold series, each of one moment at least"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        OcclusionDisplay.from_estimator(Last(), **{"X": RAGGED, "y": LABELS} | settings)
    assert plt.get_fignums() == []
