"""The picture shows the history, wherever the estimator is."""

import sys

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skdeep.inspection import LossCurveDisplay
from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
HISTORY = {
    "loss": [3.0, 2.0, 1.5, 1.2, 1.0],
    "val_loss": [3.1, 2.2, 2.0, 2.1, 2.3],
    "learning_rate": [0.1, 0.1, 0.05, 0.05, 0.01],
}


def tiny(**settings):
    return MLPClassifier((4,), epochs=6, random_state=0, **settings)


def heights(line):
    return line.get_ydata().tolist()


def test_curves_are_those_of_the_history():
    display = LossCurveDisplay.from_history(HISTORY, show_learning_rate=True, log_scale=True)
    assert [heights(line) for line in display.lines_] == [
        HISTORY[name] for name in ("loss", "val_loss", "learning_rate")
    ]
    assert display.lines_[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert [line.axes for line in display.lines_] == [display.ax_, display.ax_, display.learning_rate_ax_]
    assert (display.ax_.get_yscale(), display.learning_rate_ax_.get_yscale()) == ("log", "linear")
    shown = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert shown == ["training", "validation", "best epoch: 3", "learning rate"]
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("Epoch", "Loss")


@pytest.mark.parametrize(
    ("history", "best"),
    [
        (HISTORY, (3, 2.0)),
        ({"loss": HISTORY["loss"]}, (5, 1.0)),
        # A score that is watched decides, and is drawn.
        (HISTORY | {"val_score": [0.5, 0.6, 0.7, 0.9, 0.8]}, (4, 0.9)),
    ],
)
def test_best_epoch_is_marked(history, best):
    display = LossCurveDisplay.from_history(history)
    assert (display.best_epoch, display.best_epoch_line_.get_ydata()[0]) == best
    assert display.best_epoch_line_.get_xdata()[0] == best[0]


def test_the_score_has_an_axis_of_its_own_also_beside_the_learning_rate():
    score, rates = [0.5, 0.6, 0.7, 0.9, 0.8], [0.1] * 5
    history = HISTORY | {"val_score": score, "learning_rate": rates}
    display = LossCurveDisplay.from_history(history, show_learning_rate=True)
    assert [list(line.get_ydata()) for line in display.lines_] == [HISTORY["loss"], HISTORY["val_loss"], score, rates]
    assert display.lines_[2].axes is display.score_ax_ is display.best_epoch_line_.axes
    assert display.lines_[3].axes is display.learning_rate_ax_ is not display.score_ax_
    assert display.learning_rate_ax_.spines["right"].get_position() == ("outward", 50)
    assert LossCurveDisplay.from_history(HISTORY).score_ax_ is None


def test_estimator_is_found_wherever_it_is():
    plain = tiny(early_stopping=True).fit(X, y)
    wrapped = [
        plain,
        make_pipeline(StandardScaler(), tiny()).fit(X, y),
        make_imblearn_pipeline(RandomOverSampler(random_state=0), tiny()).fit(X, y),
        GridSearchCV(make_pipeline(StandardScaler(), tiny()), {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(X, y),
        make_pipeline(StandardScaler(), GridSearchCV(tiny(), {"alpha": [0.0, 0.1]}, cv=2)).fit(X, y),
        TunedThresholdClassifierCV(tiny(), cv=2).fit(X[:100], y[:100]),
        TransformedTargetRegressor(MLPRegressor((4,), epochs=6, random_state=0)).fit(*load_diabetes(return_X_y=True)),
    ]
    inside = [
        plain,
        wrapped[1][-1],
        wrapped[2][-1],
        wrapped[3].best_estimator_[-1],
        wrapped[4][-1].best_estimator_,
        wrapped[5].estimator_,
        wrapped[6].regressor_,
    ]
    for estimator, trained in zip(wrapped, inside, strict=True):
        display = LossCurveDisplay.from_estimator(estimator)
        assert heights(display.lines_[0]) == trained.loss_curve_
        assert len(display.lines_) == (2 if trained is plain else 1)


def test_axes_name_and_line_settings_are_the_callers():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = LossCurveDisplay.from_history(HISTORY, ax=ax, name="small", line_kw={"lw": 4, "c": "black"})
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert [line.get_label() for line in display.lines_] == ["small, training", "small, validation"]
    assert {(line.get_linewidth(), line.get_color()) for line in display.lines_} == {(4, "black")}
    again = display.plot(name="large")
    assert again is display
    assert display.ax_ is not ax
    assert display.lines_[0].get_label() == "large, training"


def test_any_estimator_with_such_a_history_will_do():
    class Other:
        history_ = HISTORY

    assert heights(LossCurveDisplay.from_estimator(Other()).lines_[1]) == HISTORY["val_loss"]


def test_an_array_of_numbers_will_do():
    display = LossCurveDisplay(loss=np.array([2.0, 1.0])).plot()
    assert heights(display.lines_[0]) == [2.0, 1.0]
    assert display.best_epoch_line_ is None
    assert display.learning_rate_ax_ is None


def test_what_was_not_fitted_or_has_no_history_is_refused():
    search = GridSearchCV(tiny(), {"alpha": [0.0, 0.1]}, cv=2, refit=False)
    for unfitted in (tiny(), make_pipeline(StandardScaler(), tiny()), search):
        with pytest.raises(NotFittedError):
            LossCurveDisplay.from_estimator(unfitted)
    for useless, name in (
        (search.fit(X, y), "GridSearchCV"),
        (DecisionTreeClassifier().fit(X, y), "DecisionTreeClassifier"),
    ):
        with pytest.raises(ValueError, match=f"{name} has no history_ of its training; accepted are"):
            LossCurveDisplay.from_estimator(useless)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([1.0, 2.0], "must be a dict"),
        ({"val_loss": [1.0]}, "under 'loss'"),
        ({"loss": []}, "one number an epoch"),
        ({"loss": [1.0, 2.0], "val_loss": [1.0]}, r"'loss' has 2, 'val_loss' has the shape \(1,\)"),
    ],
)
def test_histories_that_are_none_are_refused(history, message):
    with pytest.raises(ValueError, match=message):
        LossCurveDisplay.from_history(history)


def test_learning_rate_cannot_be_drawn_where_there_is_none():
    with pytest.raises(ValueError, match="learning_rate is None"):
        LossCurveDisplay.from_history({"loss": [2.0, 1.0]}, show_learning_rate=True)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    display = LossCurveDisplay(loss=[2.0, 1.0])
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=r'LossCurveDisplay.plot needs matplotlib, .*pip install "scikit-deep\[plot\]"'
    ):
        display.plot()
