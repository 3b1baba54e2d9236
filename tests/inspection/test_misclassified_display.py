"""The worst errors are those of which the classifier was most sure, in that order."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdeep.image import CNNClassifier, CNNRegressor, Small
from skdeep.inspection import MisclassifiedDisplay

DIGITS = load_digits()
X, y = DIGITS.images, DIGITS.target
TRAIN, TEST = slice(200), slice(200, 600)
NET = {"architecture": Small(width=0.25), "epochs": 4, "learning_rate": 0.01, "random_state": 0}
SOME = np.random.default_rng(0).random((5, 4, 4))


def titles(display):
    return [ax.get_title() for ax in display.axes_]


@pytest.mark.parametrize("names", [None, [f"digit {i}" for i in range(10)]])
def test_errors_come_in_the_order_of_confidence(names):
    net = CNNClassifier(**NET).fit(X[TRAIN], y[TRAIN])
    proba, predicted, true = net.predict_proba(X[TEST]), net.predict(X[TEST]), y[TEST]
    display = MisclassifiedDisplay.from_estimator(net, X[TEST], true, n_images=12, display_labels=names)
    wrong = np.flatnonzero(predicted != true)
    assert len(wrong) > 12
    expected = sorted(wrong, key=lambda row: -proba[row].max())[:12]
    assert display.indices.tolist() == expected
    np.testing.assert_array_equal(display.confidence, proba[expected].max(axis=1))
    name = "digit {}".format if names else str
    for title, row, ax in zip(titles(display), expected, display.axes_, strict=True):
        assert title.split() == f"{name(true[row])} → {name(predicted[row])} {proba[row].max():.0%}".split()
        np.testing.assert_array_equal(ax.images[0].get_array(), X[TEST][row])
    assert display.ax_.get_title() == f"The worst 12 of {len(wrong)} errors among 400 images"


def test_predictions_are_enough():
    net = CNNClassifier(**NET).fit(X[TRAIN], y[TRAIN])
    expected = MisclassifiedDisplay.from_estimator(net, X[TEST], y[TEST])
    predicted, proba = net.predict(X[TEST]), net.predict_proba(X[TEST])
    flat = pd.DataFrame(X[TEST].reshape(400, -1))
    found = MisclassifiedDisplay.from_predictions(flat, y[TEST], predicted, y_proba=proba, image_shape=(8, 8))
    assert found.indices.tolist() == expected.indices.tolist()
    assert titles(found) == titles(expected)
    np.testing.assert_array_equal(found.images, expected.images)


def test_any_classifier_of_flat_rows_will_do():
    flat = X.reshape(len(X), -1)
    pipeline = make_pipeline(StandardScaler(), CNNClassifier(**NET)).fit(flat[TRAIN], y[TRAIN])
    bytes_ = flat.astype(np.uint8)
    forest = RandomForestClassifier(5, random_state=0).fit(bytes_[TRAIN], y[TRAIN])
    for estimator, rows, shape in ((pipeline, flat, None), (forest, bytes_, (8, 8))):
        display = MisclassifiedDisplay.from_estimator(estimator, rows[TEST], y[TEST], image_shape=shape)
        proba = estimator.predict_proba(rows[TEST])
        wrong = np.flatnonzero(estimator.predict(rows[TEST]) != y[TEST])
        assert display.indices.tolist() == sorted(wrong, key=lambda row: -proba[row].max())[:25]
        np.testing.assert_array_equal(display.images[..., 0], X[TEST][display.indices])


def test_two_classes_need_one_column():
    true, predicted = ["no", "yes", "no", "yes", "no"], ["yes", "no", "no", "no", "yes"]
    chances = np.array([0.7, 0.1, 0.2, 0.4, 0.95])
    display = MisclassifiedDisplay.from_predictions(SOME, true, predicted, y_proba=chances)
    assert display.indices.tolist() == [4, 1, 0, 3]
    assert titles(display) == ["no → yes\n95%", "yes → no\n90%", "no → yes\n70%", "yes → no\n60%"]
    assert display.ax_.get_title() == "All 4 errors among 5 images"


def test_confidence_is_that_of_what_was_predicted_even_if_another_was_more_probable():
    proba = [[0.6, 0.4], [0.9, 0.1]]
    display = MisclassifiedDisplay.from_predictions(SOME[:2], [0, 1], [1, 0], y_proba=proba)
    assert titles(display) == ["1 → 0\n90%", "0 → 1\n40%"]


def test_without_probabilities_errors_keep_their_order():
    display = MisclassifiedDisplay.from_predictions(SOME, [0, 1, 2, 3, 4], [0, 2, 1, 3, 5], n_images=2)
    assert display.indices.tolist() == [1, 2]
    assert titles(display) == ["1 → 2", "2 → 1"]
    assert display.confidence is None
    net = CNNClassifier(loss="hinge", **NET).fit(X[TRAIN], y[TRAIN])
    found = MisclassifiedDisplay.from_estimator(net, X[TEST], y[TEST], n_images=3)
    assert found.indices.tolist() == np.flatnonzero(net.predict(X[TEST]) != y[TEST])[:3].tolist()


@pytest.mark.parametrize("form", ["array", "list of arrays", "sparse"])
def test_of_several_labels_the_worst_is_named(form):
    true = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1]])
    proba = np.array([[0.2, 0.7, 0.1], [0.1, 0.9, 0.8], [0.1, 0.1, 0.99], [0.4, 0.9, 0.3]])
    predicted = (proba > 0.5).astype(int)
    names = ["circle", "square", "star"]
    given = [np.column_stack([1 - p, p]) for p in proba.T] if form == "list of arrays" else proba
    display = MisclassifiedDisplay.from_predictions(
        SOME[:4], sparse.csr_array(true) if form == "sparse" else true, predicted, y_proba=given,
        classes=[np.array([0, 1])] * 3 if form == "list of arrays" else None, display_labels=names,
    )  # fmt: skip
    assert display.indices.tolist() == [2, 0, 3]
    assert display.names == ["star", "circle", "star"]
    assert titles(display) == ["star: no → yes\n99%", "circle: yes → no\n80%", "star: yes → no\n70%"]


def test_nets_with_several_labels_or_targets_will_do():
    labels = np.column_stack([y % 2, y > 4, y % 3 == 0]).astype(int)
    net = CNNClassifier(**NET).fit(X[TRAIN], labels[TRAIN])
    proba, true = net.predict_proba(X[TEST]), labels[TEST]
    sure = np.where((proba > 0.5) == true, -1, np.maximum(proba, 1 - proba))
    display = MisclassifiedDisplay.from_estimator(net, X[TEST], true, n_images=9)
    assert display.indices.tolist() == np.argsort(-sure.max(axis=1), kind="stable")[:9].tolist()
    assert display.names == [f"label {label}" for label in sure[display.indices].argmax(axis=1)]
    several = np.column_stack([y % 3, y // 4])
    net = CNNClassifier(**NET).fit(X[TRAIN], several[TRAIN])
    predicted, proba = net.predict(X[TEST]), net.predict_proba(X[TEST])
    sure = np.where(predicted == several[TEST], -1, np.column_stack([p.max(axis=1) for p in proba]))
    display = MisclassifiedDisplay.from_estimator(net, X[TEST], several[TEST], n_images=9)
    worst = np.argsort(-sure.max(axis=1), kind="stable")[:9]
    assert display.indices.tolist() == worst.tolist()
    target = sure[worst].argmax(axis=1)
    assert display.names == [f"target {index}" for index in target]
    assert display.y_true == [str(label) for label in several[TEST][worst, target]]
    assert display.y_pred == [str(label) for label in predicted[worst, target]]


def test_for_numbers_the_largest_residuals_are_shown():
    ink = X.mean(axis=(1, 2))
    net = CNNRegressor(**NET).fit(X[TRAIN], ink[TRAIN])
    predicted = net.predict(X[TEST])
    worst = np.argsort(-np.abs(predicted - ink[TEST]), kind="stable")[:6]
    for display in (
        MisclassifiedDisplay.from_estimator(net, X[TEST], ink[TEST], n_images=6),
        MisclassifiedDisplay.from_predictions(X[TEST], ink[TEST], predicted, n_images=6),
    ):
        assert display.indices.tolist() == worst.tolist()
        for title, row in zip(titles(display), worst, strict=True):
            assert title.split() == [f"{ink[TEST][row]:.4g}", "→", f"{predicted[row]:.4g}"]
        assert display.ax_.get_title() == "The worst 6 among 400 images"


def test_residuals_of_several_targets_are_measured_in_their_spread():
    true = np.column_stack([[0.0, 1000.0, 0.0, 1000.0], [0.0, 1.0, 0.0, 1.0]])
    predicted = true + np.array([[100.0, 0.0], [0.0, 0.5], [0.0, 0.0], [50.5, 0.0]])
    display = MisclassifiedDisplay.from_predictions(SOME[:4], true, predicted)
    assert display.indices.tolist() == [1, 0, 3]
    assert display.names == ["target 1", "target 0", "target 0"]


def test_a_perfect_classifier_gives_an_empty_sheet_that_says_so():
    display = MisclassifiedDisplay.from_predictions(SOME, [0, 1, 0, 1, 0], [0, 1, 0, 1, 0])
    assert (len(display.axes_), display.ims_) == (0, [])
    assert display.text_.get_text() == "No errors among 5 images."
    flat = X[:100].reshape(100, -1)
    perfect = DecisionTreeClassifier(random_state=0).fit(flat, y[:100])
    display = MisclassifiedDisplay.from_estimator(perfect, flat, y[:100], image_shape=(8, 8))
    assert display.n_errors == len(display.images) == 0
    assert display.text_.get_text() == "No errors among 100 images."


def test_only_error_is_called_so():
    display = MisclassifiedDisplay.from_predictions(SOME, [0, 1, 0, 1, 0], [0, 1, 0, 1, 1])
    assert display.ax_.get_title() == "The only error among 5 images"
    assert display.text_ is None


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 255), (-3, 5)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_values_of_any_range_are_shown_from_black_to_white(low, high, channels):
    images = np.linspace(low, high, 5 * 16 * channels).reshape(5, 4, 4, channels)
    display = MisclassifiedDisplay.from_predictions(images, [0] * 5, [1] * 5)
    drawn = display.ims_[4]
    if channels == 1:
        np.testing.assert_array_equal(drawn.get_array(), images[4, ..., 0])
        assert drawn.get_clim() == (low, high)
    else:
        np.testing.assert_allclose(drawn.get_array(), (images[4, ..., :3] - low) / (high - low))
    display.figure_.draw_without_rendering()


def test_words_do_not_run_into_each_other():
    names = ["a handwritten zero", "a handwritten one"]
    display = MisclassifiedDisplay.from_predictions(
        X[:36], [0, 1] * 18, [1, 0] * 18, y_proba=np.linspace(0, 1, 36), display_labels=names, n_images=36
    )
    display.figure_.draw_without_rendering()
    words = [ax.title.get_window_extent() for ax in display.axes_]
    pictures = [ax.images[0].get_window_extent() for ax in display.axes_]
    for index in range(30):
        if index % 6 < 5:
            assert words[index].x1 <= words[index + 1].x0
        assert words[index + 6].y1 <= pictures[index].y0
    assert words[0].y1 <= display.ax_.title.get_window_extent().y0


def test_labels_are_taken_literally():
    display = MisclassifiedDisplay.from_predictions(SOME[:2], ["a$b", "$_$"], ["$_$", "a$b"])
    display.figure_.draw_without_rendering()
    assert titles(display) == ["a$b → $_$", "$_$ → a$b"]


def test_picture_is_drawn_where_and_how_the_caller_wants_it():
    figure, ax = plt.subplots()
    display = MisclassifiedDisplay.from_predictions(SOME, [0] * 5, [1] * 5, ax=ax, im_kw={"cmap": "gray_r", "vmax": 9})
    assert plt.get_fignums() == [figure.number]
    assert (display.ax_, display.figure_) == (ax, figure)
    assert (display.ims_[0].get_cmap().name, display.ims_[0].get_clim()[1]) == ("gray_r", 9)
    assert not any(one.axison for one in (ax, *display.axes_))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"y_true": [0, 1]}, "inconsistent numbers of samples"),
        ({"y_pred": np.ones((5, 2), int)}, "y_true has 1 targets, but y_pred has 2"),
        ({"y_proba": np.ones((5, 3))}, r"2 classes, \[0, 1\], but 3 columns of probabilities"),
        ({"y_proba": np.ones((4, 2))}, "inconsistent numbers of samples"),
        ({"y_proba": np.ones((5, 2)), "classes": [0, 2]}, r"labels \[1\] are not among the classes \[0, 2\]"),
        ({"display_labels": ["zero"]}, "display_labels must name the 2 classes, got 1 names"),
        ({"n_images": 0}, "n_images == 0, must be >= 1"),
        ({"X": SOME[0]}, "flat rows of 4 values, and the shape of its images is not known"),
        ({"X": SOME[0, 0]}, "X must hold images"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    given = {"X": SOME, "y_true": [0, 1, 0, 1, 0], "y_pred": [1, 1, 0, 0, 0]} | settings
    with pytest.raises(ValueError, match=message):
        MisclassifiedDisplay.from_predictions(**given)
    assert plt.get_fignums() == []


def test_a_fit_is_asked_for():
    with pytest.raises(NotFittedError):
        MisclassifiedDisplay.from_estimator(CNNClassifier(), X, y)
