"""The picture shows what the forecaster says, of every form of series."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.tree import DecisionTreeRegressor

from skdeep.inspection import ForecastDisplay
from skdeep.sequence import WindowForecaster

MONTHS = pd.date_range("2010", periods=100, freq="MS")
VALUES = np.sin(np.arange(100) * np.pi / 6) + np.random.default_rng(0).normal(0, 0.1, 100)


def fitted(y):
    return WindowForecaster(LinearRegression(), window=12, horizon=4, season=12).fit(y)


def heights(line):
    return np.asarray(line.get_ydata())


@pytest.mark.parametrize(
    ("y", "first"),
    [
        (VALUES, 100),
        (VALUES[:, None], 100),
        ([VALUES], 100),
        (pd.Series(VALUES, MONTHS, name="sales"), np.datetime64("2018-05")),
        (pd.DataFrame({"sales": VALUES}, MONTHS), np.datetime64("2018-05")),
        (pd.Series(VALUES, MONTHS.to_period("M")), np.datetime64("2018-05")),
        (pd.Series(VALUES, pd.timedelta_range("0s", periods=100, freq="h")), 360_000),
    ],
)
def test_curves_are_those_of_the_forecaster(y, first):
    model = fitted(y)
    display = ForecastDisplay.from_estimator(model, 6, coverage=0.5)
    history, naive, forecast = display.lines_
    assert [line.get_label() for line in display.lines_] == ["history", "seasonal naive", "forecast"]
    np.testing.assert_array_equal(heights(history), VALUES[-60:])
    np.testing.assert_allclose(heights(naive), VALUES[88:94])
    np.testing.assert_allclose(heights(forecast), np.asarray(fitted(VALUES).predict(6)))
    assert forecast.get_xdata()[0] == first
    bounds = fitted(VALUES).predict_interval(6, 0.5)
    np.testing.assert_allclose(display.interval, bounds)
    drawn = display.interval_.get_paths()[0].vertices[:, 1]
    assert (drawn.min(), drawn.max()) == pytest.approx((bounds.min(), bounds.max()))
    shown = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert shown == ["history", "seasonal naive", "forecast", "50 % interval"]
    assert display.ax_.get_ylabel() == ("sales" if getattr(y, "name", None) or isinstance(y, pd.DataFrame) else "")


@pytest.mark.parametrize(
    ("form", "series"),
    [
        (lambda both: both, 1),
        (lambda both: pd.DataFrame(both, MONTHS, columns=["a", "b"]), "b"),
        (lambda both: pd.DataFrame(both, MONTHS, columns=["a", "b"]), 1),
        (lambda both: [*both.T], 1),
    ],
)
def test_one_of_several_series_is_drawn(form, series):
    both = np.stack([VALUES, 10 + VALUES], axis=1)
    model = fitted(form(both))
    display = ForecastDisplay.from_estimator(model, series=series, coverage=0.5)
    np.testing.assert_array_equal(heights(display.lines_[0]), both[-40:, 1])
    np.testing.assert_allclose(heights(display.lines_[-1]), fitted(both).predict()[:, 1])
    np.testing.assert_allclose(display.interval, fitted(both).predict_interval(4, 0.5)[:, 1])
    with pytest.raises(ValueError, match="has 2 series: set `series`"):
        ForecastDisplay.from_estimator(model)


def test_what_happened_is_drawn_beside():
    model = fitted(pd.Series(VALUES[:90], MONTHS[:90]))
    for true in (VALUES[90:93], pd.Series(VALUES[90:93], MONTHS[90:93])):
        display = ForecastDisplay.from_estimator(model, coverage=None, y_true=true)
        assert display.interval_ is None
        assert display.lines_[1].get_label() == "what happened"
        np.testing.assert_array_equal(heights(display.lines_[1]), VALUES[90:93])
        assert display.lines_[1].get_xdata()[0] == display.lines_[-1].get_xdata()[0]


def test_explaining_variables_are_handed_on_and_searches_looked_into():
    exog = np.arange(100.0)
    model = WindowForecaster(LinearRegression(), window=12, horizon=4).fit(VALUES, exog)
    future = np.arange(100.0, 104.0)
    display = ForecastDisplay.from_estimator(model, exog=future, coverage=0.5)
    np.testing.assert_array_equal(heights(display.lines_[-1]), model.predict(exog=future))
    search = GridSearchCV(WindowForecaster(LinearRegression()), {"window": [2, 12]}, cv=TimeSeriesSplit(2)).fit(VALUES)
    display = ForecastDisplay.from_estimator(search, 3)
    np.testing.assert_array_equal(heights(display.lines_[-1]), search.predict(3))


def test_any_predictions_will_do():
    display = ForecastDisplay.from_predictions([1.0, 2.0, 3.0], [4.0, 5.0])
    assert [list(line.get_xdata()) for line in display.lines_] == [[0, 1, 2], [3, 4]]
    assert display.naive is None
    whole = ForecastDisplay.from_predictions(
        [1.0, 2.0], [4.0, 5.0], interval=[[3, 5], [4, 6]], naive=[2, 2], y_true=[4.5], n_history=1
    )
    assert [list(heights(line)) for line in whole.lines_] == [[2], [4.5], [2, 2], [4, 5]]
    assert whole.interval["upper"].tolist() == [5, 6]
    assert whole.ax_.get_legend().get_texts()[-1].get_text() == "interval"


def test_axes_name_and_line_settings_are_the_callers():
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    display = ForecastDisplay.from_predictions([1.0, 2.0], [3.0], ax=ax, name="sales", line_kw={"lw": 4, "c": "red"})
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert ax.get_ylabel() == "sales"
    assert (display.lines_[-1].get_linewidth(), display.lines_[-1].get_color()) == (4, "red")
    again = display.plot(name="other")
    assert again is display
    assert display.ax_ is not ax
    assert display.ax_.get_ylabel() == "other"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"history": [[1.0]], "forecast": [1.0]}, "history must be one series"),
        ({"history": [1.0], "forecast": []}, "forecast must be one series"),
        ({"history": [1.0], "forecast": [1.0], "naive": [1.0, 2.0]}, "naive has 2 moments, but forecast has 1"),
        ({"history": [1.0], "forecast": [1.0], "interval": [1.0, 2.0]}, r"shape \(1, 2\), got \(2,\)"),
    ],
)
def test_predictions_that_are_none_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_predictions(**arguments)


def test_what_cannot_forecast_is_refused():
    with pytest.raises(NotFittedError):
        ForecastDisplay.from_estimator(WindowForecaster())
    tree = DecisionTreeRegressor().fit(VALUES[:, None], VALUES)
    with pytest.raises(ValueError, match="DecisionTreeRegressor is no forecaster"):
        ForecastDisplay.from_estimator(tree)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"ForecastDisplay.plot needs matplotlib"):
        ForecastDisplay.from_predictions([1.0], [2.0])
