"""Forecasts: what they are made of, how good they are, and what is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.sequence import WindowForecaster, make_windows
from skdeep.sequence._panel import read
from skdeep.sequence._season import find_season, strength


def wave(n=144, noise=0.0, trend=0.1, seed=0):
    moments = np.arange(n)
    return 5 * np.sin(moments * np.pi / 6) + trend * moments + noise * np.random.default_rng(seed).normal(size=n)


def linear(**parameters):
    return WindowForecaster(LinearRegression(), **parameters)


# -- windows ----------------------------------------------------------------------------------------------------------


def test_windows_and_targets_are_those_of_a_loop():
    y = wave(30)
    X, Y = make_windows(y, 5, 3)
    assert X.shape == (23, 5)
    for start in range(23):
        np.testing.assert_array_equal(X[start], y[start : start + 5])
        np.testing.assert_array_equal(Y[start], y[start + 5 : start + 8])


def test_variables_are_channels_of_the_same_moments():
    y, exog = wave(20), np.random.default_rng(0).normal(size=(20, 2))
    X, Y = make_windows(pd.Series(y), 4, 2, exog=pd.DataFrame(exog))
    assert (X.shape, Y.shape) == ((15, 4, 3), (15, 2))
    for start in range(15):
        np.testing.assert_array_equal(X[start, :, 0], y[start : start + 4])
        np.testing.assert_array_equal(X[start, :, 1:], exog[start : start + 4])


def test_windows_of_several_series_follow_one_another():
    one, other = wave(20), wave(15, seed=1) + 100
    X, Y = make_windows([one, other], 4, 2)
    parts = [make_windows(each, 4, 2) for each in (one, other)]
    np.testing.assert_array_equal(X, np.concatenate([part[0] for part in parts]))
    np.testing.assert_array_equal(Y, np.concatenate([part[1] for part in parts]))
    columns = make_windows(np.stack([one, one + 1], axis=1), 4, 2)
    np.testing.assert_array_equal(columns[0], np.concatenate([make_windows(v, 4, 2)[0] for v in (one, one + 1)]))


# -- the forecast -----------------------------------------------------------------------------------------------------


def test_the_regressor_sees_centred_windows():
    """The forecast of a linear regression, computed by hand."""
    y, horizon, window, season = wave(100, noise=1.0), 4, 18, 12
    scale = np.abs(np.diff(y)).mean()
    X, Y = make_windows(y, window, horizon)
    level = X[:, -season:].mean(axis=1, keepdims=True)
    model = LinearRegression().fit((X - level) / scale, (Y - level) / scale)
    last = y[-window:]
    expected = model.predict((last - last[-season:].mean())[None] / scale)[0] * scale + last[-season:].mean()
    forecaster = linear(window=window, horizon=horizon, season=season).fit(y)
    np.testing.assert_allclose(forecaster.predict(), expected)
    # Beyond the horizon, forecasts are made of forecasts.
    longer = forecaster.predict(6)
    np.testing.assert_allclose(longer[:4], expected)
    assert forecaster.predict(2) == pytest.approx(expected[:2])
    last = np.r_[y, expected][-window:]
    again = model.predict((last - last[-season:].mean())[None] / scale)[0] * scale + last[-season:].mean()
    np.testing.assert_allclose(longer[4:], again[:2])


def test_without_a_season_windows_lie_on_their_last_moment():
    y = np.cumsum(np.random.default_rng(0).normal(size=60))
    scale = np.abs(np.diff(y)).mean()
    X, Y = make_windows(y, 3, 1)
    model = LinearRegression().fit((X - X[:, -1:]) / scale, (Y - X[:, -1:])[:, 0] / scale)
    expected = model.predict((y[-3:] - y[-1])[None] / scale) * scale + y[-1]
    np.testing.assert_allclose(linear(window=3, season=None).fit(y).predict(), expected)


@pytest.mark.parametrize(
    "regressor",
    [
        None,
        Ridge(),
        KNeighborsRegressor(2),
        RandomForestRegressor(10, random_state=0),
        HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=3),
        make_pipeline(StandardScaler(), Ridge()),
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=3),
    ],
)
def test_any_regressor_follows_a_season_and_a_trend(regressor):
    y = wave(156)
    model = WindowForecaster(regressor, window=24, horizon=12, random_state=0).fit(y[:144])
    assert np.abs(model.predict() - y[144:]).max() < 1.0  # the wave is 10 high, and rises
    assert model.season_ == 12


def test_a_regressor_of_one_number_is_fitted_once_for_each_moment():
    model = WindowForecaster(HistGradientBoostingRegressor(max_iter=2), window=12, horizon=3).fit(wave(60))
    assert isinstance(model.estimator_, MultiOutputRegressor)
    assert len(model.estimator_.estimators_) == 3
    assert isinstance(linear(window=12, horizon=3).fit(wave(60)).estimator_, LinearRegression)
    single = WindowForecaster(HistGradientBoostingRegressor(max_iter=2), window=12).fit(wave(60))
    assert isinstance(single.estimator_, HistGradientBoostingRegressor)


def test_nets_find_what_ridge_cannot():
    """A logistic map looks like noise, and is a parabola of the moment before."""
    y = [0.3]
    for _ in range(400):
        y.append(3.9 * y[-1] * (1 - y[-1]))
    y = np.array(y)
    default = WindowForecaster(window=3, season=None, random_state=0).backtest(y, initial=350, step=1)
    assert default.mase["forecaster"] < 0.5 * default.mase["ridge"]


def test_nets_have_little_to_say_about_noise():
    y = np.random.default_rng(0).normal(size=200)
    model = WindowForecaster(window=8, horizon=2, season=None, random_state=0).fit(y)
    assert model.estimator_.share_ < 0.4


def test_explaining_variables_are_used_of_the_future_and_of_the_past():
    rng = np.random.default_rng(0)
    exog = rng.normal(size=(130, 2))
    y = wave(130) + exog @ [3.0, -2.0]
    with_exog = linear(window=24, horizon=5, season=12).fit(y[:120], exog=exog[:120])
    without = linear(window=24, horizon=5, season=12).fit(y[:120])
    assert with_exog.n_exog_ == 2
    forecast = with_exog.predict(10, exog=exog[120:])
    assert np.abs(forecast - y[120:]).max() < 0.5
    assert np.abs(without.predict(10) - y[120:]).max() > 2
    frame = pd.DataFrame(exog[120:])
    np.testing.assert_array_equal(with_exog.predict(10, exog=frame), forecast)
    assert with_exog.predict(5, exog=exog[120:125]) == pytest.approx(forecast[:5])
    # Variables that end within the horizon go on as they ended.
    held = np.vstack([exog[120:122], np.repeat(exog[121:122], 3, axis=0)])
    np.testing.assert_allclose(with_exog.predict(2, exog=exog[120:122]), with_exog.predict(5, exog=held)[:2])


def test_several_series_train_one_regressor():
    small, large = wave(60, noise=0.1), 1_000 * wave(60, noise=0.1, seed=1)
    table = np.stack([small, large], axis=1)
    model = linear(window=12, horizon=3, season=12).fit(table)
    assert model.n_series_ == 2
    forecast = model.predict(5)
    assert forecast.shape == (5, 2)
    as_list = linear(window=12, horizon=3, season=12).fit([small, large]).predict(5)
    np.testing.assert_allclose(np.stack(as_list, axis=1), forecast)
    # The large one has the size of the small one, for the regressor.
    swapped = linear(window=12, horizon=3, season=12).fit(table * [1_000, 0.001]).predict(5)
    np.testing.assert_allclose(swapped, forecast * [1_000, 0.001])
    alone = linear(window=12, horizon=3, season=12).fit(small).predict(5)
    assert not np.allclose(alone, forecast[:, 0])


def test_series_of_a_list_may_have_different_lengths_and_variables():
    rng = np.random.default_rng(0)
    exog = [rng.normal(size=65), rng.normal(size=(45, 1))]
    y = [wave(65) + 3 * exog[0], 10 * wave(45) + 30 * exog[1][:, 0]]
    model = linear(window=12, horizon=5, season=12).fit([y[0][:60], y[1][:40]], exog=[exog[0][:60], exog[1][:40]])
    for forecast, true in zip(model.predict(5, exog=[exog[0][60:], exog[1][40:]]), y, strict=True):
        assert np.abs(forecast - true[-5:]).max() < 0.1 * np.ptp(true)


# -- season and window -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("season", "noise"), [(7, 0.3), (12, 0.0), (12, 0.5), (24, 0.3), (2, 0.2)])
@pytest.mark.parametrize("trend", ["none", "line", "walk"])
def test_a_season_is_found_without_a_frequency(season, noise, trend):
    rng = np.random.default_rng(0)
    y = np.tile(rng.normal(size=season), 20) * 2 + noise * rng.normal(size=20 * season)
    y += {"none": 0, "line": np.arange(len(y)), "walk": np.cumsum(rng.normal(0, 0.1, len(y)))}[trend]
    assert find_season(read(y)) == season


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("make", [lambda rng: rng.normal(size=200), lambda rng: np.cumsum(rng.normal(size=200))])
def test_noise_and_walks_have_no_season(make, seed):
    y = make(np.random.default_rng(seed))
    assert find_season(read(y)) is None
    assert find_season(read(pd.Series(y, pd.date_range("2000", periods=200, freq="MS")))) is None


def test_constant_and_straight_series_have_no_season():
    assert find_season(read(np.ones(100))) is None
    assert find_season(read(np.arange(100.0))) is None


@pytest.mark.parametrize(
    ("freq", "season"), [("MS", 12), ("ME", 12), ("QS", 4), ("D", 7), ("W", 52), ("h", 24), ("B", 5), ("QE-NOV", 4)]
)
def test_a_frequency_names_the_season(freq, season):
    y = np.tile(np.random.default_rng(0).normal(size=season), 4)
    assert find_season(read(pd.Series(y, pd.date_range("2000-01-01", periods=len(y), freq=freq)))) == season


def test_strength_is_what_a_regression_on_phases_explains():
    y = wave(145, noise=3.0, trend=0.0)
    average = np.convolve(y, np.r_[0.5, np.ones(11), 0.5] / 12, mode="valid")
    rest = y[6:-6] - average
    design = np.eye(12)[np.arange(len(rest)) % 12]
    r2 = LinearRegression(fit_intercept=False).fit(design, rest).score(design, rest)
    n = len(rest)
    assert strength(y, 12) == pytest.approx(1 - (1 - r2) * (n - 1) / (n - 12))


def test_windows_are_two_seasons_and_shorter_in_short_series():
    assert linear(horizon=6).fit(wave(100)).window_ == 24
    assert linear(horizon=6).fit(np.random.default_rng(0).normal(size=100)).window_ == 24
    assert linear(horizon=2, season=12).fit(wave(20)).window_ == 9
    assert linear().fit([1.0, 2.0, 4.0]).window_ == 1


# -- intervals ---------------------------------------------------------------------------------------------------------


def test_intervals_are_quantiles_of_errors_on_windows_held_back():
    y, window, horizon = wave(140, noise=1.0), 12, 2
    model = WindowForecaster(Ridge(), window=window, horizon=horizon, season=12, calibration_fraction=0.25).fit(y)
    n_windows = 140 - window - horizon + 1
    held = round(0.25 * n_windows)
    first = n_windows - held + window  # the first moment that is forecast
    early = WindowForecaster(Ridge(), window=window, horizon=horizon, season=12, calibration_fraction=0).fit(y[:first])
    # The scale is that of the whole series, and Ridge minds it.
    early = early._learned.model.regressor
    scale, errors = np.abs(np.diff(y)).mean(), []
    X, Y = make_windows(y, window, horizon)
    level = X[:, -12:].mean(axis=1, keepdims=True)
    trained = Ridge().fit(
        (X - level)[: first - window - horizon + 1] / scale, (Y - level)[: first - window - horizon + 1] / scale
    )
    errors = np.abs(trained.predict((X - level) / scale) * scale + level - Y)[n_windows - held :]
    bounds, forecast = model.predict_interval(2, 0.8), model.predict(2)
    # One more moment than windows has an error at step 1: the last one, which has no second step.
    last = y[-1 - window : -1]
    extra = np.abs(trained.predict((last - last.mean())[None] / scale)[0, 0] * scale + last.mean() - y[-1])
    for step, known in enumerate([np.r_[errors[:, 0], extra], errors[:, 1]]):
        width = np.sort(known)[int(np.ceil((len(known) + 1) * 0.8)) - 1]
        np.testing.assert_allclose(bounds[step], [forecast[step] - width, forecast[step] + width])


def test_intervals_cover_what_they_say():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(150):
        y = np.zeros(230)
        for moment in range(1, 230):
            y[moment] = 0.7 * y[moment - 1] + rng.normal()
        lower, upper = linear(window=3, horizon=2, season=None).fit(y[:226]).predict_interval(4, 0.8).T
        covered.append((lower <= y[226:]) & (y[226:] <= upper))
    assert np.mean(covered) == pytest.approx(0.8, abs=0.07)


def test_wider_intervals_for_more_coverage_and_error_for_too_much():
    model = linear(window=12, horizon=3, season=12).fit(wave(100, noise=1.0))
    narrow, wide = (np.ptp(model.predict_interval(3, coverage), axis=1) for coverage in (0.5, 0.9))
    assert (narrow < wide).all()
    with pytest.raises(ValueError, match=r"coverage of 0\.99 at step 1 needs 99 held-back forecasts, but there are"):
        model.predict_interval(3, 0.99)
    with pytest.raises(ValueError, match="coverage"):
        model.predict_interval(3, 1.0)
    with pytest.raises(ValueError, match="No windows were held back"):
        linear(window=12, calibration_fraction=0).fit(wave(100)).predict_interval(1)


# -- scikit-learn ------------------------------------------------------------------------------------------------------


def as_months(y):
    return pd.Series(y, pd.date_range("2000", periods=len(y), freq="MS"))


@pytest.mark.parametrize("form", [np.asarray, as_months, pd.Series, lambda y: np.stack([y, 2 * y], axis=1)])
def test_a_search_over_parts_of_time(form):
    y = form(wave(120, noise=0.3))
    search = GridSearchCV(
        linear(horizon=6), {"window": [2, 12], "estimator": [Ridge(), LinearRegression()]}, cv=TimeSeriesSplit(3)
    ).fit(y)
    assert search.best_params_["window"] == 12
    assert search.best_score_ < 0
    assert len(search.predict(4)) == 4


def test_the_score_is_minus_the_mase_of_what_follows():
    y = wave(100, noise=1.0)
    model = linear(window=12, horizon=4).fit(y[:90])
    expected = -np.abs(model.predict(10) - y[90:]).mean() / np.abs(np.diff(y[:90])).mean()
    assert model.score(y[90:]) == pytest.approx(expected)
    scores = cross_val_score(linear(window=12, horizon=4), y, cv=TimeSeriesSplit(2, test_size=10))
    assert scores[-1] == pytest.approx(expected)


def test_a_gap_shows_in_the_index_only():
    y = wave(100, noise=1.0)
    for index in (
        pd.date_range("2000", periods=100, freq="MS"),
        pd.period_range("2000", periods=100, freq="M"),
        range(100),
    ):
        series = pd.Series(y, index)
        model = linear(window=12, horizon=4).fit(series.iloc[:85])
        expected = -np.abs(model.predict(15).to_numpy()[5:] - y[90:]).mean() / np.abs(np.diff(y[:85])).mean()
        assert model.score(series.iloc[90:]) == pytest.approx(expected)
        with pytest.raises(ValueError, match="must follow the training part"):
            model.score(series.iloc[80:])
    assert model.score(y[90:]) != pytest.approx(expected)


def test_the_score_takes_variables_of_what_follows():
    exog = np.random.default_rng(0).normal(size=100)
    y = wave(100) + 3 * exog
    model = linear(window=24, horizon=4, season=12).fit(y[:90], exog[:90])
    assert model.score(y[90:], exog[90:]) > -0.2
    with pytest.raises(ValueError, match="exog is missing"):
        model.score(y[90:])


def test_variables_of_a_search_are_routed():
    exog = np.random.default_rng(0).normal(size=100)
    y = wave(100) + 3 * exog
    with config_context(enable_metadata_routing=True):
        model = linear(horizon=4).set_fit_request(exog=True).set_score_request(exog=True)
        search = GridSearchCV(model, {"window": [2, 12]}, cv=TimeSeriesSplit(2)).fit(y, exog=exog)
    assert search.best_params_["window"] == 12
    assert search.best_score_ > -0.3
    assert search.best_estimator_.n_exog_ == 1


def test_parameters_can_be_read_set_cloned_shown_and_pickled():
    model = WindowForecaster(Ridge(), window=6, horizon=2)
    assert model.get_params()["estimator__alpha"] == 1.0
    copy = clone(model.set_params(estimator__alpha=2.0, horizon=3))
    assert copy.get_params()["estimator__alpha"] == 2.0
    assert copy.estimator is not model.estimator
    assert repr(copy) == "WindowForecaster(estimator=Ridge(alpha=2.0), horizon=3, window=6)"
    y = wave(60)
    assert model.fit(y) is model
    assert not hasattr(model.estimator, "coef_")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(5), model.predict(5))
    before = dict(vars(model))
    model.predict(4), model.predict_interval(3, 0.5), model.score(y), model.backtest(y, 40)
    assert vars(model) == before


def test_a_default_forecaster_is_pickled_and_the_seed_decides():
    y = wave(100, noise=1.0)
    models = [WindowForecaster(window=12, horizon=2, random_state=seed).fit(y) for seed in (0, 0, 1)]
    forecasts = [model.predict(4) for model in models]
    np.testing.assert_array_equal(forecasts[0], forecasts[1])
    assert not np.array_equal(forecasts[0], forecasts[2])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(models[0])).predict(4), forecasts[0])


def test_seeds_of_a_regressor_are_set_where_it_has_none():
    forest = RandomForestRegressor(3)
    models = [WindowForecaster(forest, window=6, random_state=0).fit(wave(60)) for _ in range(2)]
    assert models[0].predict(3) == pytest.approx(models[1].predict(3))
    assert forest.random_state is None
    kept = WindowForecaster(RandomForestRegressor(3, random_state=7), window=6, random_state=0).fit(wave(60))
    assert kept.estimator_.random_state == 7


def test_what_is_not_fitted_is_refused():
    for method in ("predict", "predict_interval", "predict_naive"):
        with pytest.raises(NotFittedError):
            getattr(WindowForecaster(), method)(1)
    with pytest.raises(NotFittedError):
        WindowForecaster().score(wave(10))


def test_a_fit_that_fails_leaves_everything_as_it_was():
    model = linear(window=12).fit(wave(60))
    before = dict(vars(model))
    with pytest.raises(ValueError, match="NaN"):
        model.fit([1.0, np.nan])
    assert vars(model) == before


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([], "y is empty"),
        (np.empty((0, 2)), "y is empty"),
        (pd.Series([], dtype=float), "y is empty"),
        ([[1.0, 2.0], []], r"y\[1\] is empty"),
        ([1.0, np.nan, 2.0, np.inf], "NaN or infinity, at 1, 3. Fill the gaps"),
        (pd.Series([1, None, 2, 3], dtype="Int64"), "NaN or infinity, at 1"),
        (["a", "b"], "numbers only"),
        (np.ones((3, 2, 2)), "one series of shape"),
        (3.0, "must be a series of numbers"),
        (None, "must be a series of numbers"),
        ([np.ones((5, 2))], "one series an item"),
    ],
)
def test_what_is_no_series_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        linear().fit(y)
    with pytest.raises(ValueError, match=message):
        make_windows(y, 2, 1)


@pytest.mark.parametrize(
    ("window", "horizon", "message"),
    [
        (20, 1, "The series has 20 moments, too few for a window of 20"),
        (25, 1, "too few for a window of 25"),
        (12, 9, "a horizon of 9 after a window of 12 is beyond its end"),
    ],
)
def test_windows_and_horizons_must_fit_into_the_series(window, horizon, message):
    with pytest.raises(ValueError, match=message):
        make_windows(wave(20), window, horizon)
    with pytest.raises(ValueError, match=message):
        linear(window=window, horizon=horizon).fit(wave(20))
    with pytest.raises(ValueError, match="Series 1 has"):
        make_windows([wave(50), wave(20)], window, horizon)


def test_a_horizon_longer_than_the_series_is_refused():
    with pytest.raises(ValueError, match="a horizon of 30 after a window of 1 is beyond its end"):
        linear(horizon=30).fit(wave(20))
    with pytest.raises(ValueError, match="horizon of 12 after the first 15 moments is beyond the data: there are 20"):
        linear(horizon=12).backtest(wave(20), 15)


@pytest.mark.parametrize("steps", [0, -1, 1.5, "x", True])
def test_steps_are_whole_numbers_from_one_on(steps):
    model = linear(window=12).fit(wave(60))
    for method in (model.predict, model.predict_interval, model.predict_naive):
        with pytest.raises(ValueError, match="steps must be an integer of at least 1"):
            method(steps)


def test_variables_must_fit():
    y, exog = wave(60), np.ones((60, 2))
    model = linear(window=12, horizon=3).fit(y, exog)
    for call, message in (
        (lambda: model.predict(3), "exog is missing: fit had 2 explaining variables"),
        (lambda: model.predict(3, exog=np.ones((2, 2))), "exog has 2 rows, but there are 3 moments to forecast"),
        (lambda: model.predict(3, exog=np.ones(3)), "exog has 1 variables, but there were 2"),
        (lambda: model.predict(3, exog=np.full((3, 2), np.nan)), "exog must hold finite numbers"),
        (lambda: model.predict_interval(3), "exog is missing"),
        (lambda: linear(window=12).fit(y).predict(1, exog=[1.0]), "exog was given, but fit had none"),
        (lambda: linear(window=12).fit(y, exog[:50]), "exog has 50 rows, but there are 60 moments of y"),
        (lambda: make_windows(y, 12, 1, exog[:50]), "exog has 50 rows, but there are 60 moments of y"),
        (lambda: linear(window=12).fit([y, y], exog), "list with one item for each of the 2 series"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": 0}, "window"),
        ({"horizon": 0}, "horizon"),
        ({"season": 1}, "season"),
        ({"estimator": 3}, "estimator"),
        ({"calibration_fraction": 1.0}, "calibration_fraction"),
        ({"window": 6, "season": 12}, "season=12 is longer than window=6"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        WindowForecaster(**parameters).fit(wave(60))


def test_the_score_wants_as_many_series():
    with pytest.raises(ValueError, match="y holds 2 series, but there were 1"):
        linear(window=12).fit(wave(60)).score(np.ones((5, 2)))
