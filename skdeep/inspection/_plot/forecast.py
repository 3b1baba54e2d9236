"""A forecast, and the series that it goes on from."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented

_SHADE = 0.2
_HISTORY_SHOWN = 10  # times as many moments as are forecast


@documented
class ForecastDisplay:
    """A series, its forecast with an interval, and the seasonal naive forecast.

    It is recommended to use `ForecastDisplay.from_estimator` or `ForecastDisplay.from_predictions`. All parameters are
    stored as attributes.

    Parameters
    ----------
    history : Series
        The moments before the forecast.
    forecast : Series
        The forecast, whose index follows that of the history.
    interval : DataFrame, default=None
        Bounds of each moment, in the columns "lower" and "upper".
    naive : Series, default=None
        The seasonal naive forecast.
    y_true : Series, default=None
        What happened.
    coverage : float, default=None
        Probability that a moment lies in its interval, for the legend.
    name : str, default=None
        What is forecast, for the axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Figure containing the curves.
    lines_ : list of matplotlib Line2D
        The curves of the history, what happened, the seasonal naive forecast and the forecast, as far as they are
        drawn.
    interval_ : matplotlib PolyCollection or None
        The area of the interval.

    See Also
    --------
    skdeep.sequence.WindowForecaster : Makes forecasts and intervals.
    LossCurveDisplay : Draws how a net was trained.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skdeep.inspection import ForecastDisplay
    >>> from skdeep.sequence import WindowForecaster
    >>> y = np.sin(np.arange(120) * np.pi / 6) + np.random.default_rng(0).normal(0, 0.2, 120)
    >>> model = WindowForecaster(Ridge(), horizon=12).fit(y)
    >>> display = ForecastDisplay.from_estimator(model)
    >>> [line.get_label() for line in display.lines_]
    ['history', 'seasonal naive', 'forecast']
    """

    def __init__(self, *, history, forecast, interval=None, naive=None, y_true=None, coverage=None, name=None):
        self.history = history
        self.forecast = forecast
        self.interval = interval
        self.naive = naive
        self.y_true = y_true
        self.coverage = coverage
        self.name = name

    def plot(self, ax=None, *, n_history=None, name=None, line_kw=None):
        """Draw the curves.

        Parameters
        ----------
        n_history : int, default=None
            How many moments of the history are drawn, from its end; by default ten times as many as are forecast.
        name : str, default=None
            What is forecast, for the axis; the `name` of the display by default.
        line_kw : dict, default=None
            Settings of matplotlib's `plot` for the forecast.
        """
        _style.set_axes(self, ax)
        shown = self.history.iloc[-(n_history or _HISTORY_SHOWN * len(self.forecast)) :]
        self.lines_ = [self._draw(shown, "history", _style.TEXT)]
        if self.y_true is not None:
            self.lines_.append(self._draw(self.y_true, "what happened", _style.TEXT, linestyle=":"))
        if self.naive is not None:
            self.lines_.append(self._draw(self.naive, "seasonal naive", _style.LEARNING_RATE, linestyle="--"))
        self.lines_.append(self._draw(self.forecast, "forecast", _style.TRAINING, settings=line_kw))
        self.interval_ = None if self.interval is None else self._shade(self.lines_[-1].get_color())
        self.ax_.set(ylabel=name or self.name or "")
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.legend(frameon=False)
        return self

    def _draw(self, series, label, color, *, settings=None, **defaults):
        values = _style.styled({"label": label, "color": color, **defaults}, settings)
        return self.ax_.plot(_places(series.index), series.to_numpy(), **values)[0]

    def _shade(self, color):
        label = "interval" if self.coverage is None else f"{100 * self.coverage:g} % interval"
        bounds = (self.interval[name].to_numpy() for name in ("lower", "upper"))
        return self.ax_.fill_between(
            _places(self.interval.index), *bounds, color=color, alpha=_SHADE, linewidth=0, label=label
        )

    @classmethod
    def from_estimator(
        cls, estimator, steps=None, *, coverage=0.9, exog=None, y_true=None, series=None, ax=None, n_history=None,
        name=None, line_kw=None,
    ):  # fmt: skip
        """Draw the forecast of a fitted forecaster.

        Parameters
        ----------
        estimator : WindowForecaster
            Fitted; also a search that found one.
        steps : int, default=None
            Moments to forecast; the horizon of the forecaster by default.
        coverage : float, default=0.9
            Probability that a moment lies in its interval. None draws no interval.
        exog : array-like, default=None
            Explaining variables of the moments to forecast, if there were some in `fit`.
        y_true : array-like of shape (n_moments,), default=None
            What happened at the first of these moments, or at all of them.
        series : int or str, default=None
            Which one of several series: the name of its column, or its number.

        Raises
        ------
        ValueError
            If one of several series has to be chosen, or if no interval can be made.
        """
        found = getattr(estimator, "best_estimator_", estimator)
        check_is_fitted(found)
        if not hasattr(found, "predict_naive"):
            raise ValueError(f"{type(found).__name__} is no forecaster; accepted are WindowForecaster and searches.")
        interval = None if coverage is None else found.predict_interval(steps, coverage, exog)
        parts = (found.y_, found.predict(steps, exog), interval, found.predict_naive(steps))
        if found.n_series_ > 1:
            history, forecast, interval, naive = (_chosen(part, series, found.n_series_) for part in parts)
            name = name or (str(series) if isinstance(series, str) else None)
        else:
            history, forecast, interval, naive = map(_only, parts)
        return cls.from_predictions(
            history, forecast, interval=interval, naive=naive, y_true=y_true, coverage=coverage, ax=ax,
            n_history=n_history, name=name, line_kw=line_kw,
        )  # fmt: skip

    @classmethod
    def from_predictions(
        cls, history, forecast, *, interval=None, naive=None, y_true=None, coverage=None, ax=None, n_history=None,
        name=None, line_kw=None,
    ):  # fmt: skip
        """Draw forecasts that were made before, by whatever method.

        Parameters
        ----------
        history : array-like of shape (n_before,) or Series
            The moments before the forecast.
        forecast : array-like of shape (n_moments,) or Series
            The forecast. An array is taken to follow the history.
        interval : array-like of shape (n_moments, 2) or DataFrame, default=None
            Lower and upper bound of each moment.
        naive : array-like of shape (n_moments,) or Series, default=None
            Another forecast to compare with, the seasonal naive one.

        Raises
        ------
        ValueError
            If something is no series of numbers, or if the interval or the other forecast has another length.
        """
        history = _series(history, "history", 0)
        forecast = _series(forecast, "forecast", len(history))
        naive = _series(naive, "naive", len(history))
        y_true = _series(y_true, "y_true", len(history))
        if naive is not None and len(naive) != len(forecast):
            raise ValueError(f"naive has {len(naive)} moments, but forecast has {len(forecast)}.")
        if interval is not None:
            bounds = np.asarray(interval, dtype=float)
            if bounds.shape != (len(forecast), 2):
                raise ValueError(f"interval must have the shape ({len(forecast)}, 2), got {bounds.shape}.")
            interval = pd.DataFrame(bounds, forecast.index, columns=["lower", "upper"])
        if y_true is not None and type(y_true.index) is not type(forecast.index):
            y_true = pd.Series(y_true.to_numpy()[: len(forecast)], forecast.index[: len(y_true)])
        name = name if name is not None or history.name is None else str(history.name)
        display = cls(
            history=history, forecast=forecast, interval=interval, naive=naive, y_true=y_true, coverage=coverage,
            name=name,
        )  # fmt: skip
        return display.plot(ax, n_history=n_history, line_kw=line_kw)


def _series(values, name, first):
    """Return values as a Series, whose index begins at a number if they have none."""
    if values is None:
        return None
    if isinstance(values, pd.Series):
        return values
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} must be one series of numbers, got the shape {values.shape}.")
    return pd.Series(values, pd.RangeIndex(first, first + len(values)))


def _chosen(part, series, n_series):
    """Return one of several series, or its bounds."""
    if series is None:
        raise ValueError(f"The forecaster has {n_series} series: set `series` to the name or the number of one.")
    if part is None:
        return None
    if isinstance(part, pd.DataFrame):
        names = part.columns.get_level_values(0).unique() if part.columns.nlevels > 1 else part.columns
        name = series if series in names else names[series]
        return part[name]
    return part[series] if isinstance(part, (list, tuple)) else np.asarray(part)[:, series]


def _only(part):
    """Return the one series of a table, a frame or a list, or its bounds."""
    if isinstance(part, pd.DataFrame):
        if part.columns.nlevels > 1:
            return part.droplevel(0, axis=1)
        return part.iloc[:, 0] if part.columns.tolist() != ["lower", "upper"] else part
    if isinstance(part, (list, tuple)) and len(part) == 1:
        return part[0]
    if isinstance(part, np.ndarray) and (part.ndim == 3 or (part.ndim == 2 and part.shape[1] == 1)):
        return part[:, 0]
    return part


def _places(index):
    """Return what matplotlib draws at: moments in time, or numbers."""
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    return index.total_seconds() if isinstance(index, pd.TimedeltaIndex) else index.to_numpy()
