"""Rows beside what was made of their codes: which are shown, and how."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep.decomposition import Autoencoder
from skdeep.inspection import ReconstructionDisplay

X = load_iris().data
DIGITS = load_digits().data[:100]


def test_rows_are_lines_beside_those_made_again():
    model = Autoencoder(2, epochs=2, random_state=0).fit(X)
    display = ReconstructionDisplay.from_estimator(model, X, n_samples=4)
    again = model.reconstruct(X)
    for number, (line, other) in enumerate(display.lines_):
        assert_allclose(line.get_ydata(), X[number])
        assert_allclose(other.get_ydata(), again[number])
    assert_allclose(display.errors, np.square(again - X).mean(axis=1)[:4])
    assert [ax.get_title() for ax in display.axes_] == ["row 0", "row 1", "row 2", "row 3"]
    assert display.ims_ == []


def test_images_stand_in_pairs_the_worst_first():
    pipeline = make_pipeline(MinMaxScaler(), PCA(5)).fit(DIGITS)
    display = ReconstructionDisplay.from_estimator(pipeline, DIGITS, n_samples=3, worst=True, image_shape=(8, 8))
    again = pipeline.inverse_transform(pipeline.transform(DIGITS))
    order = np.argsort(-np.square(again - DIGITS).mean(axis=1))[:3]
    assert_array_equal(display.indices, order)
    for number, index in enumerate(order):
        one, other = display.ims_[2 * number : 2 * number + 2]
        assert_allclose(one.get_array(), DIGITS[index].reshape(8, 8))
        assert_allclose(other.get_array(), again[index].reshape(8, 8))
        assert one.get_clim() == other.get_clim()
        titles = [ax.get_title() for ax in display.axes_[2 * number : 2 * number + 2]]
        assert titles == [f"row {index}", f"error {display.errors[number]:.2g}"]


def test_arrays_of_images_and_frames_will_do():
    images = DIGITS.reshape(-1, 8, 8)
    display = ReconstructionDisplay.from_rows(images, images + 1, n_samples=200)
    assert display.rows.shape == (100, 8, 8, 1)
    assert_allclose(display.errors, 1)
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = Autoencoder(2, epochs=1, random_state=0).set_output(transform="pandas").fit(frame)
    assert len(ReconstructionDisplay.from_estimator(model, frame).lines_) == 9


def test_it_is_drawn_where_and_how_the_caller_wants_it():
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    display = ReconstructionDisplay.from_rows(X, X, n_samples=2, ax=ax, line_kw={"lw": 5})
    assert display.ax_ is ax
    assert display.lines_[0][1].get_linewidth() == 5
    images = ReconstructionDisplay.from_rows(DIGITS, DIGITS, n_samples=2, image_shape=(8, 8), im_kw={"cmap": "magma"})
    assert images.ims_[0].get_cmap().name == "magma"


@pytest.mark.parametrize(
    ("again", "options", "message"),
    [
        (X[:, :2], {}, "they must be alike"),
        (X, {"n_samples": 0}, "n_samples == 0, must be >= 1"),
        (X, {"image_shape": (3, 3)}, "does not fit rows of 4"),
    ],
    ids=["shapes", "none", "image shape"],
)
def test_what_does_not_fit_is_refused(again, options, message):
    with pytest.raises(ValueError, match=message):
        ReconstructionDisplay.from_rows(X, again, **options)


def test_estimators_that_make_no_rows_are_refused():
    with pytest.raises(TypeError, match="LogisticRegression cannot make rows again"):
        ReconstructionDisplay.from_estimator(LogisticRegression().fit(X, X[:, 0] > 5), X)
    with pytest.raises(NotFittedError):
        ReconstructionDisplay.from_estimator(Autoencoder(), X)


def test_without_matplotlib_nothing_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"ReconstructionDisplay\.from_estimator needs matplotlib"):
        ReconstructionDisplay.from_estimator(None, X)
