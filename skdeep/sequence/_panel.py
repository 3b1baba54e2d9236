"""Series to forecast: one or several, as arrays, and their way back into the form they came in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from skdeep.sequence._timeline import Timeline


@dataclass(frozen=True)
class Panel:
    """One series or several.

    Parameters
    ----------
    series : tuple of ndarray of float64 of shape (time,)
    timelines : tuple of Timeline or None
        The index of each series; None for arrays.
    form : {"array", "table", "series", "frame", "list"}
        What was given.
    names : object
        Name of a Series, or columns of a DataFrame.
    members : tuple of Panel
        What a list holds.
    """

    series: tuple
    timelines: tuple
    form: str
    names: Any = None
    members: tuple = ()

    @property
    def lengths(self):
        """Number of moments of each series."""
        return [len(values) for values in self.series]

    def head(self, n_moments):
        """Return the first moments of all series."""
        return Panel(
            tuple(values[:n_moments] for values in self.series),
            tuple(timeline and timeline.head(n_moments) for timeline in self.timelines),
            self.form,
            self.names,
            tuple(member.head(n_moments) for member in self.members),
        )

    def wrapped(self, arrays, begins):
        """Return an array for each series, of shape (steps,), in the form of this panel.

        Parameters
        ----------
        arrays : list of ndarray
        begins : int
            How many moments after the end of the series the arrays begin.
        """
        if self.form == "list":
            return [member.wrapped([each], begins) for member, each in zip(self.members, arrays, strict=True)]
        if self.form == "array":
            return arrays[0]
        if self.form == "table":
            return np.stack(arrays, axis=1)
        index = self.timelines[0].future(begins + len(arrays[0]))[begins:]
        if self.form == "series":
            return pd.Series(arrays[0], index, name=self.names)
        return pd.DataFrame(np.stack(arrays, axis=1), index, columns=self.names)

    def wrapped_bounds(self, lower, upper):
        """Return lower and upper bounds, arrays for each series, in the form of this panel with one axis more."""
        if self.form == "list":
            pairs = zip(self.members, lower, upper, strict=True)
            return [member.wrapped_bounds([low], [high]) for member, low, high in pairs]
        both = np.stack([np.stack(lower, axis=1), np.stack(upper, axis=1)], axis=2)  # (steps, series, 2)
        if self.form in ("array", "table"):
            return both[:, 0] if self.form == "array" else both
        index = self.timelines[0].future(len(both))
        bounds = ["lower", "upper"]
        if self.form == "series":
            return pd.DataFrame(both[:, 0], index, columns=bounds)
        columns = pd.MultiIndex.from_product([self.names, bounds])
        return pd.DataFrame(both.reshape(len(both), -1), index, columns=columns)


def read(y, name="y"):
    """Return series as a Panel.

    Parameters
    ----------
    y : array-like of shape (time,) or (time, n_series), Series, DataFrame or list of these
    name : str
        What an error calls it.

    Raises
    ------
    ValueError
        If there are no series of finite numbers, or if an index is not regular.
    """
    if isinstance(y, (list, tuple)) and len(y) and not np.isscalar(y[0]) and np.ndim(y[0]) > 0:
        members = tuple(read(each, f"{name}[{number}]") for number, each in enumerate(y))
        if any(len(member.series) > 1 or member.form in ("table", "frame") for member in members):
            raise ValueError(f"A list {name} holds one series an item, of shape (time,).")
        series = tuple(member.series[0] for member in members)
        return Panel(series, tuple(member.timelines[0] for member in members), "list", members=members)
    values = _numbers(y, name)
    if values.ndim not in (1, 2):
        raise ValueError(
            f"{name} has the shape {values.shape}: it is one series of shape (time,), several of shape "
            "(time, n_series), or a list of series."
        )
    if not values.size:
        raise ValueError(f"{name} is empty: there is no series to forecast.")
    wrong = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    if len(wrong):
        places = ", ".join(map(str, wrong[:5])) + (", ..." if len(wrong) > 5 else "")
        raise ValueError(
            f"{name} contains NaN or infinity, at {places}. Fill the gaps first, for example with y.interpolate()."
        )
    series = tuple(np.ascontiguousarray(column) for column in values.reshape(len(values), -1).T)
    timeline = Timeline.of(y.index, name) if isinstance(y, (pd.Series, pd.DataFrame)) else None
    form, names = ("array" if values.ndim == 1 else "table"), None
    if isinstance(y, pd.Series):
        form, names = "series", y.name
    elif isinstance(y, pd.DataFrame):
        form, names = "frame", y.columns
    return Panel(series, (timeline,) * len(series), form, names)


def read_exog(exog, n_rows, rows_are, n_series):
    """Return the explaining variables of each series, a list of arrays of shape (time, variables).

    Parameters
    ----------
    exog : array-like of shape (time,) or (time, variables), or list of these for a list of series
    n_rows : list of int
        What each has to have.
    rows_are : str
        What the rows are, for errors.
    n_series : int or None
        If a list with an item for each series is expected, their number.
    """
    if n_series is not None:
        if not isinstance(exog, (list, tuple)) or len(exog) != n_series:
            raise ValueError(f"exog must be a list with one item for each of the {n_series} series.")
        items = [_one_exog(each, f"exog[{number}]") for number, each in enumerate(exog)]
    else:
        items = [_one_exog(exog, "exog")] * len(n_rows)
    for values, expected in zip(items, n_rows, strict=True):
        if len(values) != expected:
            raise ValueError(f"exog has {len(values)} rows, but there are {expected} {rows_are}.")
    return items


def _one_exog(exog, name):
    values = _numbers(exog, name)
    if values.ndim not in (1, 2) or not np.isfinite(values).all():
        raise ValueError(f"{name} must hold finite numbers, of shape (time,) or (time, n_variables).")
    return values.reshape(len(values), -1)


def _numbers(y, name):
    if y is None or np.isscalar(y):
        raise ValueError(f"{name} must be a series of numbers, got {y!r}.")
    try:
        if isinstance(y, (pd.Series, pd.DataFrame)):
            return y.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must hold numbers only: {error}.") from None
