"""Windows of series and what follows them."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import check_scalar, get_tags

from skdeep.sequence import _panel


def make_windows(y, window, horizon, exog=None):
    """Cut series into windows and the moments that follow each of them.

    Parameters
    ----------
    y : array-like of shape (time,) or (time, n_series), Series, DataFrame or list of these
        One series, or several: a column each, or a list. The windows of several series follow one another.
    window : int
        Moments of a window.
    horizon : int
        Moments after a window that are its targets.
    exog : array-like of shape (time,) or (time, n_variables), default=None
        Explaining variables of the same moments, which become further channels of a window. A list of these for a list
        of series.

    Returns
    -------
    X : ndarray of shape (n, window) or (n, window, 1 + n_variables)
        Windows, in order of time; of three dimensions with exog, the series itself in channel 0.
    Y : ndarray of shape (n, horizon)
        What follows each window.

    Raises
    ------
    ValueError
        If a series is empty, contains NaN, or is shorter than a window and its targets; or if exog has another number
        of rows than y.

    See Also
    --------
    WindowForecaster : Makes windows, centres them, trains a regressor and puts its forecasts together.

    Notes
    -----
    The targets of a window are in later windows. Splits of windows must leave out ``horizon - 1`` of them between
    training and test part, ``TimeSeriesSplit(gap=horizon - 1)``, or targets of the test part are learned.

    Examples
    --------
    >>> from skdeep.sequence import make_windows
    >>> X, Y = make_windows([1, 2, 3, 4, 5, 6], window=3, horizon=2)
    >>> X
    array([[1., 2., 3.],
           [2., 3., 4.]])
    >>> Y
    array([[4., 5.],
           [5., 6.]])
    """
    check_scalar(window, "window", Integral, min_val=1)
    check_scalar(horizon, "horizon", Integral, min_val=1)
    panel = _panel.read(y)
    check_lengths(panel, window, horizon)
    both = [sliding_window_view(values, window + horizon) for values in panel.series]
    X, Y = (np.concatenate(parts) for parts in zip(*((w[:, :window], w[:, window:]) for w in both), strict=True))
    if exog is None:
        return X, Y
    variables = _panel.read_exog(exog, panel.lengths, "moments of y", _n_items(panel))
    others = [sliding_window_view(each[: len(each) - horizon], window, axis=0) for each in variables]
    return np.concatenate([X[:, :, None], np.concatenate(others).transpose(0, 2, 1)], axis=2), Y


def check_lengths(panel, window, horizon):
    """Raise ValueError if a series is too short for one window and what follows it."""
    for number, length in enumerate(panel.lengths):
        name = "The series" if len(panel.series) == 1 else f"Series {number}"
        if window >= length:
            raise ValueError(f"{name} has {length} moments, too few for a window of {window} and what follows it.")
        if window + horizon > length:
            raise ValueError(
                f"{name} has {length} moments: a horizon of {horizon} after a window of {window} is beyond its end."
            )


def _n_items(panel):
    return len(panel.series) if panel.form == "list" else None


@dataclass(frozen=True)
class WindowModel:
    """A regressor on windows, which forecasts as many moments at once as it has outputs.

    A window is moved by its level, the mean of its last season, and divided by the scale of its series. So a series may
    rise above all it has seen, and a regressor that cannot extrapolate, such as a tree, can follow.

    Parameters
    ----------
    window, horizon : int
    season : int or None
        Moments of which the mean is the level; None is the last one alone, and 0 leaves windows where they are.
    regressor : estimator instance or None
        Fitted; None before.
    shift, stretch : ndarray or None
        Mean and standard deviation of the explaining variables.
    """

    window: int
    horizon: int
    season: int | None
    regressor: Any = None
    shift: Any = None
    stretch: Any = None

    def features(self, windows, exog):
        """Return centred windows beside the explaining variables of these moments and the next ones, as flat rows."""
        if exog is None:
            return windows
        exog = ((exog - self.shift) / self.stretch).transpose(0, 2, 1)
        return np.concatenate([windows, exog.reshape(len(exog), -1)], axis=1)

    def level(self, windows):
        """Return the level of each window, in one column."""
        if self.season == 0:
            return np.zeros((len(windows), 1))
        return windows[:, -(self.season or 1) :].mean(axis=1, keepdims=True)

    def rows(self, values, scale, exog):
        """Return features and targets of all windows of a series."""
        both = sliding_window_view(values, self.window + self.horizon)
        windows, targets = both[:, : self.window], both[:, self.window :]
        if exog is not None:
            exog = sliding_window_view(exog, self.window + self.horizon, axis=0).transpose(0, 2, 1)
        level = self.level(windows)
        return self.features((windows - level) / scale, exog), (targets - level) / scale

    def forecast(self, past, scales, steps, exog=None):
        """Forecast the moments after each of some windows.

        Parameters
        ----------
        past : ndarray of shape (n, window)
        scales : ndarray of shape (n, 1)
        steps : int
            Beyond the horizon, forecasts are taken for what they forecast, and forecast from.
        exog : ndarray of shape (n, window + steps, variables), default=None
            Of the windows and the moments to forecast. The last ones stand for those that a horizon needs beyond.

        Returns
        -------
        forecasts : ndarray of shape (n, steps)
        """
        values = past
        for start in range(0, steps, self.horizon):
            windows = values[:, -self.window :]
            level = self.level(windows)
            part = None if exog is None else exog[:, start : start + self.window + self.horizon]
            if part is not None:
                missing = self.window + self.horizon - part.shape[1]
                part = np.concatenate([part, np.repeat(part[:, -1:], missing, axis=1)], axis=1)
            predicted = self.regressor.predict(self.features((windows - level) / scales, part))
            block = level + scales * np.asarray(predicted, float).reshape(len(past), self.horizon)
            values = np.concatenate([values, block], axis=1)
        return values[:, self.window : self.window + steps]

    def from_origin(self, panel, scales, exog, origin, steps):
        """Forecast the moments after the first `origin` ones of each series of a panel, which may end before them."""
        past = np.stack([values[origin - self.window : origin] for values in panel.series])
        if exog is not None:
            exog = np.stack([each[origin - self.window : origin + steps] for each in exog])
        return self.forecast(past, scales, steps, exog)


def several_outputs(regressor, horizon):
    """Return a regressor that predicts so many numbers: one a number, where it predicts only one."""
    if horizon == 1 or not hasattr(regressor, "__sklearn_tags__") or get_tags(regressor).target_tags.multi_output:
        return regressor
    return MultiOutputRegressor(regressor)
