"""Covering or permuting patches finds what estimators look at: exactly, where that can be computed by hand."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.image import CNNClassifier, CNNRegressor, Small
from skdeep.inspection import OcclusionDisplay, _occlusion
from skdeep.tabular import MLPClassifier

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((12, 6, 8))
LABELS = np.array(["dark", "light"] * 6)
NET = {"architecture": Small(width=0.25), "epochs": 8, "batch_size": 20, "learning_rate": 0.01, "random_state": 0}


class Known(BaseEstimator):
    """Needs no training, so that what it loses can be computed by hand."""

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True


class ByCorner(ClassifierMixin, Known):
    """Says "light" with the mean of the first two by two pixels as probability."""

    classes_ = np.array(["dark", "light"])
    image_shape_ = (6, 8)

    def predict_proba(self, X):
        light = np.asarray(X, dtype=float).reshape(-1, 6, 8)[:, :2, :2].mean(axis=(1, 2))
        return np.column_stack([1 - light, light])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class TwoPixels(ClassifierMixin, Known):
    """Two labels an image, whose probabilities are those of its first and its last pixel."""

    classes_ = np.arange(2)

    def predict_proba(self, X):
        return X.reshape(len(X), -1)[:, [0, -1]]


class TwoTargets(TwoPixels):
    classes_ = (np.array([0, 1]), np.array(["a", "b"]))

    def predict_proba(self, X):
        return [np.column_stack([1 - column, column]) for column in super().predict_proba(X).T]


class Ink(RegressorMixin, Known):
    def predict(self, X):
        return X[:, 2:4, 4:6].sum(axis=(1, 2))


def truth(X, y):
    """Probability of what is true, by hand."""
    light = X[:, :2, :2].mean(axis=(1, 2))
    return np.where(y == "light", light, 1 - light)


def covered(X, vertical, horizontal, fill):
    X = X.copy()
    X[:, vertical, horizontal] = fill
    return X


def corner_images(seed, n_images=200):
    random = np.random.default_rng(seed)
    X, y = random.random((n_images, 8, 8)) / 2, random.integers(0, 2, n_images)
    X[y == 1, 6:, 6:] += 0.5
    return X, y


def importances(*arguments, **settings):
    return OcclusionDisplay.from_estimator(*arguments, **settings).importances


def test_drop_is_that_of_the_true_class():
    found = importances(ByCorner(), IMAGES, LABELS, patch=2)
    drop = truth(IMAGES, LABELS) - truth(covered(IMAGES, slice(2), slice(2), IMAGES.mean()), LABELS)
    expected = np.zeros((6, 8))
    expected[:2, :2] = drop.mean()
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_one_image_is_enough():
    found = importances(ByCorner(), IMAGES[3:4], LABELS[3:4], patch=(2, 4), fill=0.0)
    expected = np.zeros((6, 8))
    expected[:2, :4] = IMAGES[3, :2, :2].mean()  # light without its light
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_overlapping_patches_are_averaged_and_the_last_ones_reach_the_border():
    found = importances(ByCorner(), IMAGES, LABELS, patch=3, stride=2, fill=1.0)
    total, count = np.zeros((6, 8)), np.zeros((6, 8))
    for top in (0, 2, 4):
        for left in (0, 2, 4, 6):
            where = np.s_[top : top + 3, left : left + 3]
            total[where] += (truth(IMAGES, LABELS) - truth(covered(IMAGES, *where, 1.0), LABELS)).mean()
            count[where] += 1
    np.testing.assert_allclose(found, total / count, atol=1e-12)


def test_patches_are_a_seventh_of_each_side_by_default():
    found = importances(ByCorner(), IMAGES, LABELS)
    assert np.count_nonzero(found) == 4
    assert [len(np.unique(part)) for part in (found[:1, :2], found[1:2, :2])] == [1, 1]  # patches of 1 x 2 pixels
    assert found[0, 0] != found[1, 0]


def test_any_layout_gives_the_same():
    expected = importances(ByCorner(), IMAGES, LABELS, patch=2)
    flat = IMAGES.reshape(12, -1)
    named = pd.DataFrame(flat, columns=[f"pixel {i}" for i in range(48)])
    for X in (IMAGES[..., None], flat, flat.tolist(), named):
        np.testing.assert_allclose(importances(ByCorner(), X, LABELS, patch=2), expected, atol=1e-12)


def test_columns_keep_their_names():
    named = pd.DataFrame(IMAGES.reshape(12, -1), columns=[f"pixel {i}" for i in range(48)])
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(named, LABELS)  # which warns of other names
    plain = make_pipeline(StandardScaler(), LogisticRegression()).fit(named.to_numpy(), LABELS)
    expected = importances(plain, IMAGES.reshape(12, -1), LABELS, image_shape=(6, 8))
    np.testing.assert_allclose(importances(model, named, LABELS, image_shape=(6, 8)), expected, atol=1e-12)


def test_bytes_are_covered_by_their_mean_unrounded():
    bits = (IMAGES > 0.4).astype(np.uint8)
    found = importances(ByCorner(), bits, LABELS, patch=2)
    drop = truth(bits, LABELS) - truth(covered(bits.astype(float), slice(2), slice(2), bits.mean()), LABELS)
    np.testing.assert_allclose(found[0, 0], drop.mean(), rtol=1e-6)


@pytest.mark.parametrize("values_a_call", [1, 100, 1000])
def test_batches_change_nothing(monkeypatch, values_a_call):
    expected = importances(ByCorner(), IMAGES, LABELS, patch=2, stride=1)
    monkeypatch.setattr(_occlusion, "_VALUES_A_CALL", values_a_call)
    np.testing.assert_allclose(importances(ByCorner(), IMAGES, LABELS, patch=2, stride=1), expected, atol=1e-12)


def test_cover_may_be_a_colour_or_an_image():
    colours = RANDOM.random((5, 4, 4, 3))
    y = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [0, 1]])
    mean = colours.mean(axis=(0, 1, 2))
    by_default = importances(TwoPixels(), colours, y, patch=1)
    np.testing.assert_allclose(importances(TwoPixels(), colours, y, patch=1, fill=mean), by_default, atol=1e-12)
    # The first value of the first pixel is red, the last value of the last one blue; labels count half each.
    for where, channel, column in (((0, 0), 0, 0), ((3, 3), 2, 1)):
        drop = np.where(y[:, column] == 1, 1, -1) * (colours[:, *where, channel] - mean[channel])
        np.testing.assert_allclose(by_default[where], drop.mean() / 2, atol=1e-12)
    image = colours.mean(axis=0)
    drop = np.where(y[:, 0] == 1, 1, -1) * (colours[:, 0, 0, 0] - image[0, 0, 0])
    found = importances(TwoPixels(), colours, y, patch=1, fill=image)
    np.testing.assert_allclose(found[0, 0], drop.mean() / 2, atol=1e-12)


def test_several_targets_are_averaged():
    y = np.column_stack([np.tile([0, 1], 6), LABELS == "light"])
    several = np.column_stack([y[:, 0].astype(object), np.where(y[:, 1], "b", "a")])
    expected = importances(TwoPixels(), IMAGES, y, patch=1)
    np.testing.assert_allclose(importances(TwoTargets(), IMAGES, several, patch=1), expected, atol=1e-12)


def test_regressors_lose_precision():
    y = Ink().predict(IMAGES) + RANDOM.standard_normal(12)
    display = OcclusionDisplay.from_estimator(Ink(), IMAGES, y, patch=2)
    changed = Ink().predict(covered(IMAGES, slice(2, 4), slice(4, 6), IMAGES.mean()))
    expected = np.zeros((6, 8))
    expected[2:4, 4:6] = np.mean(np.abs(changed - y) - np.abs(Ink().predict(IMAGES) - y))
    np.testing.assert_allclose(display.importances, expected, atol=1e-12)
    assert display.name == "Growth of the absolute error"


def test_without_y_predictions_are_explained():
    predicted = ByCorner().predict(IMAGES)
    expected = importances(ByCorner(), IMAGES, predicted, patch=2)
    np.testing.assert_array_equal(importances(ByCorner(), IMAGES, patch=2), expected)


def test_a_score_can_be_what_drops():
    display = OcclusionDisplay.from_estimator(ByCorner(), IMAGES, LABELS, patch=2, fill=1.0, scoring="accuracy")
    accuracy = (ByCorner().predict(IMAGES) == LABELS).mean()
    expected = np.zeros((6, 8))
    expected[:2, :2] = accuracy - 0.5  # all are light then
    np.testing.assert_allclose(display.importances, expected)
    assert display.name == "Drop of accuracy"


def test_permutation_is_that_of_scikit_learn():
    X = IMAGES.reshape(12, -1)[:, :12]
    y = X @ np.arange(12.0) + 1
    model = Ridge(alpha=1e-3).fit(X, y)
    settings = {"n_repeats": 300, "random_state": 0, "scoring": "neg_mean_squared_error"}
    found = importances(model, X, y, image_shape=(3, 4), method="permutation", patch=1, **settings)
    expected = permutation_importance(model, X, y, **settings).importances_mean
    np.testing.assert_allclose(found.ravel(), expected, rtol=0.2, atol=0.02)
    again = importances(model, X, y, image_shape=(3, 4), method="permutation", patch=1, **settings)
    np.testing.assert_array_equal(found, again)


def test_permuting_what_is_not_looked_at_changes_nothing():
    y = ByCorner().predict(IMAGES)
    found = importances(ByCorner(), IMAGES, y, method="permutation", patch=2, random_state=0)
    assert found[0, 0] > 0.1
    assert np.count_nonzero(found) == 4


def test_a_patch_moves_as_a_whole():
    """Both pixels carry the label; permuted one by one, each could stand in for the other."""
    X = np.zeros((40, 2, 2))
    X[20:, 0] = 1
    y = X[:, 0, 0]
    model = Ridge(alpha=1e-6).fit(X.reshape(40, -1), y)
    settings = {"image_shape": (2, 2), "method": "permutation", "random_state": 0, "n_repeats": 50}
    one, both = (importances(model, X.reshape(40, -1), y, patch=patch, **settings) for patch in (1, (1, 2)))
    # Of two exchangeable halves of a variance 1/4: R2 falls by 2 for the whole and by 2/4 for one half.
    np.testing.assert_allclose(one[0], 0.5, atol=0.1)
    np.testing.assert_allclose(both[0], 2.0, atol=0.3)
    np.testing.assert_allclose([one[1], both[1]], 0, atol=1e-6)


def test_a_trained_net_is_seen_to_look_at_the_corner():
    X, y = corner_images(0)
    net = CNNClassifier(**NET).fit(X, y)
    for settings in ({}, {"method": "permutation", "random_state": 0}):
        found = importances(net, X, y, patch=2, **settings)
        assert found[6, 6] == found.max() > 0.15
        assert np.abs(np.delete(found.ravel(), [54, 55, 62, 63])).max() < 0.3 * found[6, 6]


def test_pipelines_searches_and_tables_of_pixels_will_do():
    X, y = corner_images(1)
    flat = X.reshape(len(X), -1)
    cnn = CNNClassifier(**NET)
    mlp = MLPClassifier((16,), epochs=20, batch_size=20, learning_rate=0.01, random_state=0)
    search = GridSearchCV(make_pipeline(StandardScaler(), cnn), {"cnnclassifier__alpha": [0.0]}, cv=2)
    for estimator, settings in ((search, {}), (make_pipeline(StandardScaler(), mlp), {"image_shape": (8, 8)})):
        found = importances(estimator.fit(flat, y), flat, y, patch=2, **settings)
        assert found[6, 6] == found.max() > 0.15


def test_nets_for_numbers_and_nets_without_probabilities_will_do():
    X, y = corner_images(2)
    ink = X[:, 6:, 6:].sum(axis=(1, 2))
    found = importances(CNNRegressor(**NET).fit(X, ink), X, ink, patch=2)
    assert found[6, 6] == found.max()
    display = OcclusionDisplay.from_estimator(CNNClassifier(loss="hinge", **NET).fit(X, y), X, y, patch=2, fill=0)
    assert display.name == "Drop of the score"
    np.testing.assert_allclose(display.importances[6, 6], 0.5, atol=0.1)


def test_importances_are_laid_over_the_mean_image():
    display = OcclusionDisplay.from_estimator(ByCorner(), IMAGES, LABELS, patch=2)
    background, overlay = display.ax_.images
    np.testing.assert_allclose(background.get_array(), IMAGES.mean(axis=0))
    assert overlay is display.im_
    np.testing.assert_array_equal(overlay.get_array(), display.importances)
    assert overlay.get_clim() == (-np.abs(display.importances).max(), np.abs(display.importances).max())
    np.testing.assert_array_equal(overlay.get_alpha() > 0, display.importances != 0)
    assert display.colorbar_.ax.get_ylabel() == "Drop of the true class's probability"


def test_picture_is_drawn_where_and_how_the_caller_wants_it():
    figure, ax = plt.subplots()
    display = OcclusionDisplay.from_estimator(
        ByCorner(), IMAGES, LABELS, ax=ax, cmap="coolwarm", colorbar=False, im_kw={"alpha": 0.5}
    )
    assert plt.get_fignums() == [figure.number]
    assert (display.ax_, display.figure_, display.colorbar_) == (ax, figure, None)
    assert (display.im_.get_cmap().name, display.im_.get_alpha()) == ("coolwarm", 0.5)
    alone = OcclusionDisplay(importances=np.zeros((2, 2))).plot()
    assert len(alone.ax_.images) == 1
    assert alone.ax_ is not ax


def test_progress_is_shown_on_request(capsys):
    importances(ByCorner(), IMAGES, LABELS, scoring="accuracy", patch=2)
    assert capsys.readouterr().err == ""
    importances(ByCorner(), IMAGES, LABELS, scoring="accuracy", patch=2, verbose=1)
    assert "occlusion: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "shap"}, "method must be 'occlusion' or 'permutation', got 'shap'"),
        ({"patch": 0}, "patch must be a positive integer or a pair"),
        ({"patch": 9}, "patch=9 is larger than the images of 6 x 8"),
        ({"patch": (7, 2)}, r"patch=\(7, 2\) is larger than the images of 6 x 8"),
        ({"patch": 2, "stride": 3}, "stride=3 leaves pixels out between patches of 2 x 2"),
        ({"stride": 1.5}, "stride must be a positive integer or a pair"),
        ({"fill": "black"}, "fill must be 'mean', a number or an array that fits an image, got 'black'"),
        ({"fill": [1, 2, 3]}, r"fill has the shape \(3,\) and does not fit"),
        ({"y": LABELS[:3]}, "inconsistent numbers of samples"),
        ({"y": np.full(12, "gray")}, r"labels \['gray'\] are not among the classes \['dark', 'light'\]"),
        ({"method": "permutation", "y": None}, "needs several images and their y"),
        ({"method": "permutation", "n_repeats": 0}, "n_repeats == 0, must be >= 1"),
        ({"X": IMAGES.reshape(12, -1), "image_shape": (5, 5)}, r"image_shape=\(5, 5\) has 25 values .* rows of 48"),
        ({"X": IMAGES.reshape(12, -1), "image_shape": 48}, "image_shape must be"),
        ({"X": IMAGES.reshape(12, -1), "image_shape": (6, 8.0)}, "image_shape must be"),
        ({"X": IMAGES[:0]}, "X must hold images"),
        ({"X": ["a.png", "b.png"]}, "X must hold numbers"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        OcclusionDisplay.from_estimator(ByCorner(), **{"X": IMAGES, "y": LABELS} | settings)
    assert plt.get_fignums() == []


def test_shape_of_flat_rows_is_asked_for_and_a_fit_too():
    flat = IMAGES.reshape(12, -1)
    with pytest.raises(ValueError, match="flat rows of 48 values, and the shape of its images is not known"):
        OcclusionDisplay.from_estimator(LogisticRegression().fit(flat, LABELS), flat, LABELS)
    with pytest.raises(NotFittedError):
        OcclusionDisplay.from_estimator(CNNClassifier(), IMAGES, LABELS)


def test_without_matplotlib_nothing_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'OcclusionDisplay.from_estimator needs matplotlib.*scikit-deep\[plot\]"'):
        OcclusionDisplay.from_estimator(None, None, None)
