"""Forecasts of series by a regressor on windows."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_scalar
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._estimator.params import estimator, param
from skdeep.sequence import _backtest, _panel, _training
from skdeep.sequence._season import find_season
from skdeep.sequence._windows import check_lengths
from skdeep.utils._words import Names

_WINDOW_WITHOUT_SEASON = 24


@estimator
class WindowForecaster(BaseEstimator):
    """Forecast series by a regressor on windows of their past.

    Windows are moved by the mean of their last season, and the regressor predicts as many moments as the horizon has,
    all at once. By default it is a ridge regression plus small nets that learn what ridge leaves: a linear skip. Any
    regressor will do.

    y is one series or several: an array, a Series, a DataFrame with a series a column, or a list. Of several series one
    regressor learns. Forecasts have the form of y, and continue its index.

    {parameters}

    Attributes
    ----------
    estimator_ : estimator instance
        The fitted regressor.
    window_ : int
        Moments of a window.
    season_ : int or None
        Moments of a season.
    n_series_ : int
        Number of series.
    n_exog_ : int
        Number of explaining variables.
    y_ : object
        The series that were given to `fit`.

    See Also
    --------
    make_windows : The windows and their targets, for a model of your own.
    skdeep.inspection.ForecastDisplay : Draws a forecast with its interval beside the seasonal naive one.

    Notes
    -----
    Features are a window, less its level and divided by the scale of its series (the mean absolute difference of
    neighbours); then the explaining variables, standardised, of the window and of the moments to forecast. Targets are
    moved and divided likewise. The level is the mean of the last season of the window, or its last moment if there is
    no season or the window is shorter. So forecasts of trees, too, may lie beyond all that was seen.

    Beyond the horizon, forecasts take the forecasts before them for what happened. If explaining variables end within a
    horizon, the last ones stand for the missing ones, which do not have a forecast of their own.

    Without anything that is not linear in a series, the nets get a share of about nothing: it is learned on the last
    fifth of the windows, which the nets have not seen.

    In a search, ``GridSearchCV(WindowForecaster(), {...}, cv=TimeSeriesSplit(3)).fit(y)`` trains on the first part of y
    and scores the forecast of the part that follows. Moments of the test part are in no window of the training part, so
    the splits need no gap. With ``TimeSeriesSplit(gap=...)`` the moments in between are forecast too, but not scored,
    if the index of y shows them; an array is taken to follow at once. Splits of windows, as `make_windows` returns
    them, do need ``gap=horizon - 1``. Explaining variables of a search are routed:
    ``WindowForecaster().set_fit_request(exog=True).set_score_request(exog=True)``.

    References
    ----------
    Hyndman and Koehler (2006), "Another look at measures of forecast accuracy", for the MASE.
    Lei et al. (2018), "Distribution-free predictive inference for regression", for the intervals.
    Zeng et al. (2023), "Are transformers effective for time series forecasting?", for linear models on moved windows.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> from skdeep.sequence import WindowForecaster
    >>> months = pd.date_range("2015-01", periods=96, freq="MS")
    >>> y = pd.Series(10 * np.sin(np.arange(96) * np.pi / 6) + np.arange(96.0), months, name="sales")
    >>> model = WindowForecaster(LinearRegression(), horizon=12).fit(y)
    >>> model.season_, model.window_
    (12, 24)
    >>> model.predict(3).round(1)
    2023-01-01     96.0
    2023-02-01    102.0
    2023-03-01    106.7
    Freq: MS, Name: sales, dtype: float64
    """

    estimator: object = param(
        None,
        [HasMethods(["fit", "predict"]), None],
        "regressor or None",
        "Any regressor; it is cloned. One that predicts a single number is fitted once for each moment of the horizon. "
        "None is ridge with small nets.",
        positional=True,
    )
    window: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Moments that a forecast is made of. "auto" is two seasons, or 24 without a season; less in short series.',
    )
    horizon: int = param(
        1,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Moments that the regressor predicts at once. Set it to the number of steps that matter to you.",
    )
    season: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 2, None, closed="left"), None],
        'int, "auto" or None',
        'Moments of a season. "auto" asks the frequency of the index, such as 12 for months, and whether the series '
        "has such a season; without a frequency it looks for one. None is no season.",
    )
    calibration_fraction: float = param(
        0.2,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of the windows, the last ones, that `predict_interval` measures errors on, made by a regressor that "
        "is trained on the windows before. 0 saves this second training, and there are no intervals.",
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes the nets, or those seeds of `estimator` that are None.",
    )

    def fit(self, y, exog=None):
        """Train the regressor on all windows.

        Parameters
        ----------
        y : array-like of shape (time,) or (time, n_series), Series, DataFrame or list of these
            One series, or several: a column each, or a list. The index of pandas objects must be regular.
        exog : array-like of shape (time,) or (time, n_variables), default=None
            Explaining variables of the same moments, which are also known for the moments to forecast. A list of these
            for a list of series.

        Returns
        -------
        self : WindowForecaster
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a parameter is not valid; if a series is empty, contains NaN, or is too short for a window and the
            horizon; if its index is not regular; if exog has another number of rows than y.
        """
        self._validate_params()
        panel = _panel.read(y)
        exog = None if exog is None else self._read_exog(exog, panel, panel.lengths, "moments of y")
        season, window = self._season_and_window(panel)
        check_lengths(panel, window, self.horizon)
        scales = [_training.scale(values) for values in panel.series]
        model = _training.empty_model(window, int(self.horizon), season, exog)
        regressors = [self._regressor(panel) for _ in range(2)]
        calibration = _training.calibrate(model, regressors[0], panel, scales, exog, self.calibration_fraction)
        model = _training.train(model, regressors[1], panel, scales, exog)
        self._learned = _training.Learned(panel, exog, scales, model, calibration)
        self.estimator_, self.window_, self.season_, self.y_ = model.regressor, window, season, y
        self.n_series_, self.n_exog_ = len(panel.series), 0 if exog is None else exog[0].shape[1]
        return self

    def predict(self, steps=None, exog=None):
        """Forecast the moments that follow the training series.

        Parameters
        ----------
        steps : int, default=None
            How many; the horizon by default. More are forecast from forecasts.
        exog : array-like of shape (steps,) or (steps, n_variables), default=None
            Explaining variables of these moments, if there were some in `fit`. A list of these for a list of series.

        Returns
        -------
        forecast : ndarray, Series, DataFrame or list of these
            In the form of the training series, with the index that follows theirs.

        Raises
        ------
        ValueError
            If steps is less than 1, or if exog is missing, has another number of rows, or was not there in `fit`.
        """
        steps = self._check_steps(steps)
        forecasts = self._learned.forecasts(steps, self._future_exog(exog, [steps] * self.n_series_))
        return self._learned.panel.wrapped([*forecasts], 0)

    def predict_interval(self, steps=None, coverage=0.9, exog=None):
        """Return bounds between which each of the following moments lies with some probability.

        Their distance from the forecast is a quantile of the errors, of as many steps ahead, of forecasts of the last
        windows by a regressor that was trained without them: split conformal prediction. It makes no assumption on the
        distribution, but that errors to come are like those.

        Parameters
        ----------
        steps : int, default=None
            How many moments; the horizon by default.
        coverage : float, default=0.9
            The probability, of each moment by itself.
        exog : array-like of shape (steps,) or (steps, n_variables), default=None
            As in `predict`.

        Returns
        -------
        bounds : ndarray of shape (steps, 2) or (steps, n_series, 2), DataFrame or list of these
            Lower and upper bounds; in columns "lower" and "upper" of a DataFrame, below the names of several series.

        Raises
        ------
        ValueError
            If too few windows were held back for such a coverage.
        """
        steps = self._check_steps(steps)
        check_scalar(coverage, "coverage", Real, min_val=0, max_val=1, include_boundaries="neither")
        learned = self._learned
        if learned.calibration is None:
            raise ValueError(
                "No windows were held back in fit, so there are no errors to make intervals of: the series are too "
                f"short, or calibration_fraction={self.calibration_fraction} is too small."
            )
        exog = self._future_exog(exog, [steps] * self.n_series_)
        forecasts = learned.forecasts(steps, exog)
        widths = learned.calibration.widths(learned.panel, learned.scales, learned.exog, steps, coverage)
        widths = np.array(learned.scales)[:, None] * widths
        return learned.panel.wrapped_bounds([*(forecasts - widths)], [*(forecasts + widths)])

    def predict_naive(self, steps=None):
        """Return the seasonal naive forecast: the last season again, or the last moment if there is no season.

        Parameters
        ----------
        steps : int, default=None
            How many moments; the horizon by default.

        Returns
        -------
        forecast : ndarray, Series, DataFrame or list of these
            In the form of the training series.
        """
        steps = self._check_steps(steps)
        panel = self._learned.panel
        naive = [_training.seasonal_naive(values, self.season_, steps) for values in panel.series]
        return panel.wrapped(naive, 0)

    def backtest(self, y, initial, step=None, *, exog=None, refit=False):
        """Forecast from many origins in the past, and compare with what happened.

        A clone is trained on the first moments of y; this forecaster stays as it is. From each origin on, it forecasts
        one horizon, of all moments before the origin. Beside it are the seasonal naive forecast and a ridge regression
        on the same windows, not centred, trained on the same moments.

        Parameters
        ----------
        y : array-like of shape (time,) or (time, n_series), Series, DataFrame or list of these
            The series, as in `fit`.
        initial : int
            Number of moments to train on, and the first origin.
        step : int, default=None
            Moments from one origin to the next; the horizon by default.
        exog : array-like of shape (time,) or (time, n_variables), default=None
            Explaining variables of the same moments.
        refit : bool, default=False
            Whether to train anew for each origin, on all moments before it.

        Returns
        -------
        result : BacktestResult
            Forecasts, and a table of errors.

        Raises
        ------
        ValueError
            If the horizon after the first origin is beyond the data, or if the first moments are too few to train on.
        """
        self._validate_params()
        step = self.horizon if step is None else step
        for value, name in ((initial, "initial"), (step, "step")):
            check_scalar(value, name, Integral, min_val=1)
        panel = _panel.read(y)
        exog = None if exog is None else self._read_exog(exog, panel, panel.lengths, "moments of y")
        origins, parts = _backtest.origins_of(panel, initial, step, self.horizon), []
        for origin in origins:
            if refit or not parts:
                model, season, scales = self._fitted_to_head(panel, exog, origin)
                ridge = _training.train_ridge(model, panel.head(origin), scales, _head(exog, origin))
                column = np.array(scales)[:, None]
            models = ((model, column), (ridge, column))
            parts.append(_backtest.compare(panel, origin, self.horizon, season, models, exog))
        return _backtest.result(parts, origins)

    def score(self, y, exog=None):
        """Return minus the MASE of the forecast of a series that follows the training part.

        The mean absolute error is divided by that of the forecast that nothing changes, one step ahead, in the training
        part. All of y is forecast from the end of the training part; see `backtest` for many origins.

        Parameters
        ----------
        y : array-like of shape (time,) or (time, n_series), Series, DataFrame or list of these
            What followed; as many series as in `fit`. Moments in between are skipped if the index shows them.
        exog : array-like of shape (time,) or (time, n_variables), default=None
            Explaining variables of the same moments.

        Returns
        -------
        score : float
            At most 0. Of several series the mean.
        """
        check_is_fitted(self, "window_")
        panel, learned = _panel.read(y), self._learned
        if len(panel.series) != self.n_series_:
            raise ValueError(f"y holds {len(panel.series)} series, but there were {self.n_series_} in fit.")
        both = zip(learned.panel.timelines, panel.timelines, strict=True)
        gaps = [before.steps_to(after) - 1 if before and after else 0 for before, after in both]
        if exog is not None and any(gaps):
            raise ValueError("y does not follow the training part at once, and exog of the moments between is missing.")
        exog = self._future_exog(exog, panel.lengths)
        steps = max(gap + length for gap, length in zip(gaps, panel.lengths, strict=True))
        if exog is not None:
            exog = [np.pad(each, ((0, steps - len(each)), (0, 0)), mode="edge") for each in exog]
        rows = zip(learned.forecasts(steps, exog), gaps, panel.series, learned.scales, strict=True)
        errors = [np.abs(row[gap : gap + len(true)] - true).mean() / scale for row, gap, true, scale in rows]
        return -float(np.mean(errors))

    def _regressor(self, panel):
        """Return an unfitted regressor; those of the same seed are equal."""
        if self.estimator is None:
            seed = self.random_state
            return _training.default_regressor(self.horizon, len(panel.series), seed)
        return _training.seeded(self.estimator, self.random_state)

    def _season_and_window(self, panel):
        season = find_season(panel) if self.season == "auto" else self.season
        if self.window != "auto":
            if self.season not in ("auto", None) and season > self.window:
                raise ValueError(f"season={season} is longer than window={self.window}, which has to hold one.")
            return season, int(self.window)
        room = (min(panel.lengths) - self.horizon) // 2
        window = min(2 * season if season else _WINDOW_WITHOUT_SEASON, max(room, 1))
        return season, window

    def _fitted_to_head(self, panel, exog, origin):
        """Return a model trained on the first moments, its season and the scales of its series."""
        head, variables = panel.head(origin), _head(exog, origin)
        season, window = self._season_and_window(head)
        check_lengths(head, window, self.horizon)
        scales = [_training.scale(values) for values in head.series]
        model = _training.empty_model(window, int(self.horizon), season, variables)
        return _training.train(model, self._regressor(head), head, scales, variables), season, scales

    def _check_steps(self, steps):
        check_is_fitted(self, "window_")
        steps = self._learned.model.horizon if steps is None else steps
        if not isinstance(steps, Integral) or isinstance(steps, bool) or steps < 1:
            raise ValueError(f"steps must be an integer of at least 1, got {steps!r}.")
        return int(steps)

    def _future_exog(self, exog, n_rows):
        """Return the explaining variables of moments to come, compared with those of the fit."""
        if exog is None:
            if self.n_exog_:
                raise ValueError(
                    f"exog is missing: fit had {self.n_exog_} explaining variables, which the moments to forecast need."
                )
            return None
        if not self.n_exog_:
            raise ValueError("exog was given, but fit had none.")
        variables = self._read_exog(exog, self._learned.panel, n_rows, "moments to forecast")
        if variables[0].shape[1] != self.n_exog_:
            raise ValueError(f"exog has {variables[0].shape[1]} variables, but there were {self.n_exog_} in fit.")
        return variables

    @staticmethod
    def _read_exog(exog, panel, n_rows, rows_are):
        return _panel.read_exog(exog, n_rows, rows_are, len(panel.series) if panel.form == "list" else None)

    def __sklearn_tags__(self):
        # The checks of scikit-learn are about rows that are independent, and a y beside them.
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        return tags


def _head(exog, origin):
    return None if exog is None else [each[:origin] for each in exog]
