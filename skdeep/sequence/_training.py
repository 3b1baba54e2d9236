"""How a forecaster is trained, how sure it is, and what it is compared with."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from skdeep.sequence._linear_skip import LinearSkipRegressor, fit_ridge
from skdeep.sequence._windows import WindowModel, several_outputs

MODELS = ("forecaster", "seasonal naive", "ridge")


def scale(values):
    """Return the mean absolute difference of neighbouring moments, by which MASE divides; 1 of a constant series."""
    found = float(np.abs(np.diff(values)).mean()) if len(values) > 1 else 0.0
    return found if found > 0 else 1.0


def seasonal_naive(values, season, steps):
    """Return the last season again and again; the last moment, if there is no season."""
    return np.resize(values[-(season or 1) :], steps)


def default_regressor(horizon, n_series, random_state):
    """Return an unfitted regressor of windows."""
    return LinearSkipRegressor(gap=(horizon - 1) * n_series, random_state=random_state)


def seeded(regressor, random_state):
    """Return a clone, all seeds of which are set that are None."""
    regressor = clone(regressor)
    if random_state is None or not hasattr(regressor, "get_params"):
        return regressor
    rng = check_random_state(random_state)
    names = [name for name in sorted(regressor.get_params()) if name.rpartition("__")[2] == "random_state"]
    unset = {name: int(rng.randint(2**31 - 1)) for name in names if regressor.get_params()[name] is None}
    return regressor.set_params(**unset)


def train(model, regressor, panel, scales, exog, most=None):
    """Return a model with a regressor that is fitted to the windows of all series, in order of time.

    Parameters
    ----------
    model : WindowModel
    regressor : estimator instance
        It is fitted itself.
    panel : Panel
    scales : list of float
    exog : list of ndarray or None
    most : list of int or None
        How many windows of each series to take; None takes all.
    """
    X, Y, before_the_end = [], [], []
    for number, values in enumerate(panel.series):
        rows, targets = model.rows(values, scales[number], None if exog is None else exog[number])
        n_rows = len(rows) if most is None else most[number]
        X.append(rows[:n_rows])
        Y.append(targets[:n_rows])
        before_the_end.append(len(rows) - np.arange(n_rows))
    order = np.argsort(-np.concatenate(before_the_end), kind="stable")
    X, Y = np.concatenate(X)[order], np.concatenate(Y)[order]
    regressor = several_outputs(regressor, model.horizon)
    regressor.fit(X, Y if model.horizon > 1 else Y[:, 0])
    return replace(model, regressor=regressor)


class _Ridge:
    """Ridge as it is in comparisons."""

    def fit(self, X, Y):
        self._ridge = fit_ridge(X, Y)

    def predict(self, X):
        return self._ridge.predict(X)


def train_ridge(model, panel, scales, exog):
    """Return the model that others are compared with: ridge on the same windows, not centred."""
    return train(replace(model, season=0), _Ridge(), panel, scales, exog)


class Calibration:
    """Errors of forecasts that a model made of windows held back from its training: split conformal prediction.

    Parameters
    ----------
    model : WindowModel
        Trained without the windows held back.
    first : list of int
        Where the targets of the first window held back begin, in each series.
    """

    def __init__(self, model, first):
        self.model, self.first = model, first

    def widths(self, panel, scales, exog, steps, coverage):
        """Return how far from the forecast of each step so many of the moments are, in units of the scale.

        Raises
        ------
        ValueError
            If too few forecasts were held back for such a coverage.
        """
        errors = [self._errors(panel, scales, exog, number, steps) for number in range(len(panel.series))]
        errors = np.concatenate(errors)
        widths = np.empty(steps)
        for step, column in enumerate(errors.T):
            known = np.sort(column[~np.isnan(column)])
            place = int(np.ceil((len(known) + 1) * coverage))
            if place > len(known):
                raise ValueError(
                    f"A coverage of {coverage} at step {step + 1} needs {int(np.ceil(coverage / (1 - coverage)))} "
                    f"held-back forecasts, but there are {len(known)}. Ask for a smaller coverage or fewer steps, "
                    "set a larger calibration_fraction, or give more data."
                )
            widths[step] = known[place - 1]
        return widths

    def _errors(self, panel, scales, exog, number, steps):
        """Return absolute errors of a series, of shape (origins, steps); NaN beyond its end."""
        values, window = panel.series[number], self.model.window
        origins = np.arange(self.first[number], len(values))
        past = values[origins[:, None] + np.arange(-window, 0)]
        ahead = np.minimum(origins[:, None] + np.arange(-window, steps), len(values) - 1)
        variables = None if exog is None else exog[number][ahead]
        forecasts = self.model.forecast(past, np.full((len(past), 1), scales[number]), steps, variables)
        beyond = origins[:, None] + np.arange(steps) >= len(values)
        errors = np.abs(forecasts - values[ahead[:, window:]]) / scales[number]
        return np.where(beyond, np.nan, errors)


@dataclass(frozen=True)
class Learned:
    """What a fit leaves, besides the attributes: the series with their scales and variables, and trained models."""

    panel: Any
    exog: Any
    scales: list
    model: Any
    calibration: Any

    def forecasts(self, steps, exog):
        """Return what follows each series, an array of shape (n_series, steps)."""
        window = self.model.window
        past = np.stack([values[-window:] for values in self.panel.series])
        if exog is not None:
            both = zip(self.exog, exog, strict=True)
            exog = np.stack([np.concatenate([before[-window:], after]) for before, after in both])
        return self.model.forecast(past, np.array(self.scales)[:, None], steps, exog)


def calibrate(model, regressor, panel, scales, exog, fraction):
    """Return a Calibration, or None if nothing is to be held back or too little would be left.

    Windows whose targets are also targets of those held back are left out of both.
    """
    n_windows = [length - model.window - model.horizon + 1 for length in panel.lengths]
    held = [round(fraction * n) for n in n_windows]
    most = [max(n - each - model.horizon + 1, 0) for n, each in zip(n_windows, held, strict=True)]
    if not sum(held) or sum(most) < 2:
        return None
    first = [n - each + model.window for n, each in zip(n_windows, held, strict=True)]
    return Calibration(train(model, regressor, panel, scales, exog, most), first)


def empty_model(window, horizon, season, exog):
    """Return a WindowModel that knows how to scale the explaining variables, if there are any."""
    level = season if season and season <= window else None
    if exog is None:
        return WindowModel(window, horizon, level)
    values = np.concatenate(exog)
    stretch = values.std(axis=0)
    return WindowModel(window, horizon, level, shift=values.mean(axis=0), stretch=np.where(stretch > 0, stretch, 1.0))
