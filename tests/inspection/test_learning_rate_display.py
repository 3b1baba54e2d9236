"""The picture of a range test shows what the finder has found."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from skdeep.inspection import LearningRateDisplay
from skdeep.model_selection import LearningRateFinder
from skdeep.tabular import MLPClassifier

X, y = load_iris(return_X_y=True)
CURVES = {"learning_rates": [1e-3, 1e-2, 1e-1], "losses": [1.0, 0.5, 2.0]}


@pytest.fixture(scope="module")
def finder():
    return LearningRateFinder(MLPClassifier((8,), random_state=0, batch_size=50)).fit(X, y)


def test_losses_of_a_finder(finder):
    display = LearningRateDisplay.from_estimator(finder)
    assert_array_equal(display.line_.get_xdata(), finder.learning_rates_)
    assert_array_equal(display.line_.get_ydata(), finder.losses_)
    assert_array_equal(display.smoothed_line_.get_ydata(), finder.smoothed_losses_)
    assert display.suggestion_line_.get_xdata() == [finder.suggestion_] * 2
    assert (display.ax_.get_xscale(), display.ax_.get_yscale()) == ("log", "linear")
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("Learning rate", "Loss")
    shown = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert shown == ["loss of a step", "smoothed", f"suggestion: {finder.suggestion_:.2g}"]
    assert display.figure_ is display.ax_.figure


def test_curves_of_ones_own_on_given_axes():
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    display = LearningRateDisplay(**CURVES)
    assert display.plot(ax, log_scale=True, line_kw={"c": "black", "linewidth": 3}) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert ax.get_yscale() == "log"
    assert (display.line_.get_color(), display.line_.get_linewidth()) == ("black", 3)
    assert display.line_.get_ydata().tolist() == CURVES["losses"]
    assert display.smoothed_line_ is None
    assert display.suggestion_line_ is None


def test_no_suggestion_is_marked_where_there_is_none():
    finder = LearningRateFinder(MLPClassifier((4,), random_state=0, batch_size=50))
    with pytest.warns(UserWarning, match="did not fall"):
        finder.fit(np.zeros((200, 2)), np.arange(200) % 2)
    assert LearningRateDisplay.from_estimator(finder).suggestion_line_ is None


def test_what_is_no_finder_or_not_fitted(finder):
    with pytest.raises(NotFittedError):
        LearningRateDisplay.from_estimator(LearningRateFinder(MLPClassifier()))
    with pytest.raises(TypeError, match="draws what a LearningRateFinder has found, got MLPClassifier"):
        LearningRateDisplay.from_estimator(MLPClassifier())
