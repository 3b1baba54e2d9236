"""Forecasts have the form of the series, and go on with their index; backtests compare."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skdeep.sequence import BacktestResult, WindowForecaster, make_windows

N, STEPS = 50, 5
VALUES = np.sin(np.arange(N)) + np.arange(N) + np.random.default_rng(2).normal(0, 0.1, N)


def linear(**parameters):
    return WindowForecaster(LinearRegression(), **({"window": 8, "horizon": 3, "season": None} | parameters))


EXPECTED = linear().fit(VALUES).predict(STEPS)

INDEXES = [
    pd.date_range("2000-01-31", periods=N + STEPS, freq="ME", name="month"),
    pd.date_range("2000-01-01", periods=N + STEPS, freq="MS"),
    pd.date_range("2000-01-03", periods=N + STEPS, freq="B"),
    pd.date_range("2024-03-30", periods=N + STEPS, freq="h", tz="Europe/Berlin"),
    pd.date_range("2000-01-02", periods=N + STEPS, freq="W"),
    pd.date_range("2000-01-01", periods=N + STEPS, freq="15min"),
    pd.period_range("2000-01", periods=N + STEPS, freq="Q"),
    pd.timedelta_range("1h", periods=N + STEPS, freq="h"),
    pd.RangeIndex(N + STEPS),
    pd.RangeIndex(10, 10 + 2 * (N + STEPS), 2, name="row"),
    pd.Index(np.arange(1900, 1900 + N + STEPS)),
]


@pytest.mark.parametrize("index", INDEXES, ids=lambda index: str(getattr(index, "freqstr", index.dtype)))
@pytest.mark.parametrize("keep_freq", [True, False])
def test_forecasts_of_series_and_frames_go_on_with_the_index(index, keep_freq):
    past = index[:N]
    if not keep_freq and isinstance(past, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        past = type(past)(past, freq=None)
    forecast = linear().fit(pd.Series(VALUES, past, name="y")).predict(STEPS)
    assert list(forecast.index) == list(index[N:])
    assert (forecast.name, forecast.index.name) == ("y", index.name)
    assert isinstance(forecast.index, pd.RangeIndex if index.dtype.kind == "i" and hasattr(index, "step") else pd.Index)
    np.testing.assert_allclose(forecast, EXPECTED)
    frame = pd.DataFrame({"a": VALUES, "b": VALUES}, past)
    model = linear().fit(frame)
    both = model.predict(STEPS)
    assert both.columns.tolist() == ["a", "b"]
    assert list(both.index) == list(index[N:])
    np.testing.assert_allclose(both["b"], EXPECTED)
    bounds = model.predict_interval(STEPS, 0.5)
    assert bounds.columns.tolist() == [("a", "lower"), ("a", "upper"), ("b", "lower"), ("b", "upper")]
    assert (bounds["a", "lower"] <= both["a"]).all()
    assert (both["b"] <= bounds["b", "upper"]).all()


def test_arrays_and_lists_come_back_as_such():
    assert isinstance(EXPECTED, np.ndarray)
    assert EXPECTED.shape == (STEPS,)
    np.testing.assert_array_equal(linear().fit(VALUES.tolist()).predict(STEPS), EXPECTED)
    assert linear().fit(VALUES[:, None]).predict(STEPS).shape == (STEPS, 1)
    assert linear().fit(VALUES).predict_interval(STEPS, 0.5).shape == (STEPS, 2)
    assert linear().fit(np.stack([VALUES] * 3, axis=1)).predict_interval(STEPS, 0.5).shape == (STEPS, 3, 2)
    series = pd.Series(VALUES, INDEXES[0][:N], name="one")
    forecast = linear().fit([series, VALUES]).predict(STEPS)
    assert list(forecast[0].index) == list(INDEXES[0][N:])
    assert forecast[0].name == "one"
    assert isinstance(forecast[1], np.ndarray)
    bounds = linear().fit([series, VALUES]).predict_interval(STEPS, 0.5)
    assert bounds[0].columns.tolist() == ["lower", "upper"]
    assert bounds[1].shape == (STEPS, 2)


def test_the_horizon_is_the_default_number_of_steps():
    assert linear().fit(VALUES).predict().shape == (3,)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (list("ab") * 25, "dates, periods or whole numbers"),
        (pd.date_range("2000", periods=N + 1).delete(20), "no regular frequency"),
        (pd.date_range("2000", periods=N)[::-1], "must increase"),
        (pd.DatetimeIndex(["2000"] * N), "no regular frequency"),
        (pd.period_range("2000", periods=N + 1, freq="D").delete(20), "periods are missing"),
        (pd.Index([*range(20), *range(21, 51)]), "increase by the same step"),
        (pd.Index(range(N, 0, -1)), "increase by the same step"),
        (np.linspace(0, 1, N), "dates, periods or whole numbers"),
    ],
)
def test_an_index_that_does_not_say_how_it_goes_on_is_refused(index, message):
    with pytest.raises(ValueError, match=f"does not say how it goes on.*{message}|{message}"):
        linear().fit(pd.Series(VALUES, index))


def test_parts_of_a_search_have_their_frequency_inferred():
    y = pd.Series(VALUES, INDEXES[0][:N])
    scores = cross_val_score(linear(), y, cv=TimeSeriesSplit(2))
    np.testing.assert_allclose(scores, cross_val_score(linear(), VALUES, cv=TimeSeriesSplit(2)))
    gap = cross_val_score(linear(), y, cv=TimeSeriesSplit(2, gap=2))
    assert not np.allclose(gap, scores)


@pytest.mark.parametrize(("season", "expected"), [(3, [47, 48, 49, 47, 48]), (None, [49] * 5)])
def test_the_naive_forecast_repeats_the_last_season(season, expected):
    y = pd.Series(np.arange(50.0))
    naive = linear(season=season).fit(y).predict_naive(5)
    assert naive.tolist() == expected
    assert naive.index.tolist() == [50, 51, 52, 53, 54]


# -- backtest ----------------------------------------------------------------------------------------------------------

Y = VALUES + np.random.default_rng(0).normal(size=N)


def naive_errors(y, origins, horizon, season):
    errors = []
    for origin in origins:
        repeated = np.array([y[origin - season + step % season] for step in range(horizon)])
        errors.append(np.abs(repeated - y[origin : origin + horizon]).mean() / np.abs(np.diff(y[:origin])).mean())
    return errors


@pytest.mark.parametrize("refit", [False, True])
def test_a_backtest_forecasts_from_every_origin_what_a_forecaster_would(refit):
    result = linear(season=4).backtest(Y, initial=30, step=6, refit=refit)
    assert isinstance(result, BacktestResult)
    origins = [30, 36, 42]
    assert result.errors.index.tolist() == origins
    assert result.forecasts.columns.tolist() == [
        "origin", "step", "moment", "actual", "forecaster", "seasonal naive", "ridge",
    ]  # fmt: skip
    trained = linear(season=4, calibration_fraction=0).fit(Y[:30])
    for origin in origins:
        rows = result.forecasts[result.forecasts["origin"] == origin]
        np.testing.assert_array_equal(rows["actual"], Y[origin : origin + 3])
        assert rows["moment"].tolist() == [origin, origin + 1, origin + 2]
        assert rows["step"].tolist() == [1, 2, 3]
        if refit:
            expected = linear(season=4).fit(Y[:origin]).predict()
        else:
            window = Y[origin - 8 : origin]
            scale, level = np.abs(np.diff(Y[:30])).mean(), window[-4:].mean()
            expected = trained.estimator_.predict((window - level)[None] / scale)[0] * scale + level
        np.testing.assert_allclose(rows["forecaster"], expected)
        error = np.abs(expected - Y[origin : origin + 3]).mean() / np.abs(np.diff(Y[:origin])).mean()
        assert result.errors.loc[origin, "forecaster"] == pytest.approx(error)
    np.testing.assert_allclose(result.errors["seasonal naive"], naive_errors(Y, origins, 3, 4))
    np.testing.assert_allclose(result.mase, result.errors.mean())


def test_ridge_beside_is_ridge_on_windows():
    result = linear().backtest(Y, initial=40)
    scale = np.abs(np.diff(Y[:40])).mean()
    X, T = make_windows(Y[:40] / scale, 8, 3)
    ridge = RidgeCV(np.logspace(-3, 3, 13)).fit(X, T)
    for origin in result.errors.index:
        rows = result.forecasts[result.forecasts["origin"] == origin]
        np.testing.assert_allclose(rows["ridge"], ridge.predict(Y[None, origin - 8 : origin] / scale)[0] * scale)


def test_the_result_is_shown_as_a_table():
    text = repr(linear().backtest(Y, initial=40))
    assert text.startswith("MASE over 3 origins")
    assert [line.split("  ")[0].strip() for line in text.splitlines()[1:]] == ["forecaster", "seasonal naive", "ridge"]


def test_a_backtest_of_several_series_names_them():
    index = INDEXES[1][:N]
    frame = pd.DataFrame({"a": Y, "b": 10 * VALUES}, index)
    result = linear().backtest(frame, initial=40, step=5)
    assert result.forecasts["series"].unique().tolist() == ["a", "b"]
    assert result.forecasts["moment"].iloc[0] == index[40]
    assert len(result.forecasts) == 2 * 2 * 3
    as_list = linear().backtest([Y, 10 * VALUES], initial=40, step=5)
    assert as_list.forecasts["series"].unique().tolist() == [0, 1]
    np.testing.assert_allclose(as_list.errors, result.errors)


def test_a_backtest_knows_the_variables_of_its_forecasts_and_no_future_of_y():
    exog = np.random.default_rng(1).normal(size=N)
    y = VALUES + 5 * exog
    result = linear(window=4).backtest(y, 40, exog=exog)
    assert result.mase["forecaster"] < 0.5 * result.mase["seasonal naive"]
    changed = y.copy()
    changed[43:] = 0
    again = linear(window=4).backtest(changed, 40, exog=exog)
    np.testing.assert_array_equal(again.forecasts["forecaster"][:3], result.forecasts["forecaster"][:3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"initial": 0}, "initial"),
        ({"initial": 40, "step": 0}, "step"),
        ({"initial": 48}, "horizon of 3 after the first 48 moments is beyond the data"),
        ({"initial": 9}, "a horizon of 3 after a window of 8"),
    ],
)
def test_backtests_that_are_none_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        linear().backtest(Y, **arguments)
