"""Forecasts from many origins, beside what any forecast has to beat."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skdeep.sequence._training import MODELS, scale, seasonal_naive


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Forecasts of `WindowForecaster.backtest`, and their errors beside those of simple methods.

    Parameters
    ----------
    forecasts : DataFrame
        One row a forecast: "series" (if there are several), "origin" (number of moments before the forecast), "step"
        (from 1), "moment" (its place in the index), "actual", "forecaster", "seasonal naive" and "ridge".
    errors : DataFrame
        MASE of each origin, with a column each for "forecaster", "seasonal naive" and "ridge": the mean absolute error
        over the steps, divided by the mean absolute difference of neighbouring moments before the origin. Of several
        series the mean.

    See Also
    --------
    WindowForecaster.backtest : Makes one.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.sequence import BacktestResult, WindowForecaster
    >>> y = np.sin(np.arange(120) * np.pi / 6)
    >>> result = WindowForecaster(horizon=6, random_state=0).backtest(y, initial=80, step=10)
    >>> isinstance(result, BacktestResult), result.errors.index.tolist()
    (True, [80, 90, 100, 110])
    >>> result.mase.index.tolist()
    ['forecaster', 'seasonal naive', 'ridge']
    """

    forecasts: pd.DataFrame
    errors: pd.DataFrame

    @property
    def mase(self):
        """Mean of the errors over all origins, a Series: 1 is as far off as a moment is from the one before."""
        return self.errors.mean().rename("MASE")

    def __repr__(self):
        lines = [f"MASE over {len(self.errors)} origins"]
        width = max(map(len, MODELS))
        return "\n".join([*lines, *(f"{name:<{width}}  {value:.3f}" for name, value in self.mase.items())])


def origins_of(panel, initial, step, horizon):
    """Return the origins from which there is something to compare a whole forecast with."""
    shortest = min(panel.lengths)
    origins = range(initial, shortest - horizon + 1, step)
    if not origins:
        raise ValueError(
            f"A horizon of {horizon} after the first {initial} moments is beyond the data: there are {shortest}."
        )
    return origins


def compare(panel, origin, horizon, season, models, exog):
    """Return the forecasts from one origin, a DataFrame, and the errors of all methods.

    Parameters
    ----------
    panel : Panel
    origin, horizon : int
    season : int or None
    models : tuple
        The forecaster's model and ridge, each with the scales of the series it was trained on.
    exog : list of ndarray or None
    """
    forecasts = [model.from_origin(panel, scales, exog, origin, horizon) for model, scales in models]
    frames, errors = [], []
    for number, values in enumerate(panel.series):
        actual, before = values[origin : origin + horizon], values[:origin]
        each = (forecasts[0][number], seasonal_naive(before, season, horizon), forecasts[1][number])
        timeline = panel.timelines[number]
        moments = np.arange(origin, origin + horizon) if timeline is None else timeline.index[origin : origin + horizon]
        columns = {"origin": origin, "step": np.arange(1, horizon + 1), "moment": moments, "actual": actual}
        frame = pd.DataFrame(columns | dict(zip(MODELS, each, strict=True)))
        if panel.form in ("table", "frame", "list"):
            frame.insert(0, "series", number if panel.names is None else panel.names[number])
        frames.append(frame)
        errors.append([np.abs(forecast - actual).mean() / scale(before) for forecast in each])
    return pd.concat(frames, ignore_index=True), np.mean(errors, axis=0)


def result(parts, origins):
    """Return a BacktestResult of what `compare` returned for each origin."""
    frames, errors = zip(*parts, strict=True)
    index = pd.Index(list(origins), name="origin")
    return BacktestResult(
        pd.concat(frames, ignore_index=True), pd.DataFrame(np.array(errors), index, columns=list(MODELS))
    )
