"""The picture of a growing net shows the scores along its path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from skdeep.inspection import GrowthDisplay
from skdeep.model_selection import GrowingSearchCV
from skdeep.tabular import MLPClassifier

X, y = load_iris(return_X_y=True)


def grown(**settings):
    net = MLPClassifier(learning_rate=0.02, epochs=10, n_iter_no_change=np.inf, random_state=0)
    limits = {"min_units": 2, "max_units": 4, "max_layers": 2, "cv": 3, "patience": 2}
    return GrowingSearchCV(net, **limits | settings).fit(X, y)


@pytest.fixture(scope="module")
def search():
    return grown()


def names(display):
    return [label.get_text() for label in display.ax_.get_xticklabels()]


def test_scores_of_a_search(search):
    display = GrowthDisplay.from_estimator(search)
    results = search.cv_results_
    folds = np.array([results[f"split{fold}_test_score"] for fold in range(3)])
    assert_allclose(display.line_.get_ydata(), results["mean_test_score"])
    (bars,) = display.errorbar_.lines[2]
    heights = [segment[:, 1] for segment in bars.get_segments()]
    errors = folds.std(axis=0, ddof=1) / np.sqrt(3)
    assert_allclose([(top - bottom) / 2 for bottom, top in heights], errors)
    assert names(display) == [" + ".join(map(str, sizes)) for sizes in search.path_]
    assert names(display)[:2] == ["2", "4"]
    assert display.chosen_line_.get_xdata() == [search.best_index_]
    assert_allclose(display.chosen_line_.get_ydata(), [search.best_score_])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("Units of the hidden layers", "Score")
    shown = {text.get_text() for text in display.ax_.get_legend().get_texts()}
    assert shown == {"mean and standard error", f"chosen: {names(display)[search.best_index_]}"}


@pytest.mark.parametrize(
    ("settings", "column", "label"),
    [
        ({"scoring": "balanced_accuracy"}, "score", "Balanced accuracy"),
        ({"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"}, "neg_log_loss", "Neg log loss"),
    ],
)
def test_the_score_that_decides_is_drawn(settings, column, label):
    search = grown(max_units=2, max_layers=1, **settings)
    display = GrowthDisplay.from_estimator(search)
    assert_allclose(display.line_.get_ydata(), search.cv_results_[f"mean_test_{column}"])
    assert display.ax_.get_ylabel() == label


def test_scores_of_ones_own_on_given_axes():
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots()
    display = GrowthDisplay(sizes=[(2,), (2, 2)], scores=[0.5, 0.6], score_name="R2")
    assert display.plot(ax, line_kw={"color": "black"}) is display
    assert (display.ax_, display.figure_) == (ax, figure)
    assert names(display) == ["2", "2 + 2"]
    assert display.line_.get_color() == "black"
    assert display.chosen_line_ is None
    assert ax.get_ylabel() == "R2"


def test_what_is_no_search_or_not_fitted():
    with pytest.raises(NotFittedError):
        GrowthDisplay.from_estimator(GrowingSearchCV(MLPClassifier()))
    with pytest.raises(TypeError, match="draws the path of a GrowingSearchCV, got MLPClassifier"):
        GrowthDisplay.from_estimator(MLPClassifier())
