"""The index of a series, and how it goes on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

# Moments that make a season, by the first letters of a frequency of pandas.
_SEASONS = {
    "MS": 12, "ME": 12, "M": 12, "BMS": 12, "BME": 12, "QS": 4, "QE": 4, "Q": 4, "BQS": 4, "BQE": 4, "W": 52, "D": 7,
    "B": 5, "h": 24, "min": 60,
}  # fmt: skip


@dataclass(frozen=True)
class Timeline:
    """A regular index.

    Parameters
    ----------
    index : pd.Index
    step : object
        From one moment to the next: an offset of pandas, or a whole number.
    """

    index: pd.Index
    step: Any

    @classmethod
    def of(cls, index, name):
        """Return the timeline of an index.

        Raises
        ------
        ValueError
            If the index does not say how it goes on.
        """
        if isinstance(index, pd.PeriodIndex):
            regular = bool((np.diff(index.asi8) == 1).all())
            return cls(index, index.freq) if regular else _refuse(name, "periods are missing or not in order")
        if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
            return cls(index, _frequency(index, name))
        if pd.api.types.is_integer_dtype(index.dtype):
            steps = np.unique(np.diff(index.to_numpy()))
            if len(steps) > 1 or (len(steps) and steps[0] < 1):
                _refuse(name, "whole numbers must increase by the same step")
            return cls(index, int(steps[0]) if len(steps) else getattr(index, "step", 1))
        return _refuse(name, f"it must hold dates, periods or whole numbers, got {index.dtype}")

    @property
    def season(self):
        """Number of moments that make a season, as far as the frequency tells, else None."""
        return _SEASONS.get(getattr(self.step, "freqstr", "").partition("-")[0])

    def head(self, n_moments):
        """Return the first moments."""
        return Timeline(self.index[:n_moments], self.step)

    def future(self, n_moments):
        """Return the index of the moments that follow."""
        last, name = self.index[-1], self.index.name
        if isinstance(self.index, pd.PeriodIndex):
            return pd.period_range(last + 1, periods=n_moments, freq=self.step, name=name)
        if isinstance(self.index, pd.DatetimeIndex):
            return pd.date_range(last, periods=n_moments + 1, freq=self.step, name=name)[1:]
        if isinstance(self.index, pd.TimedeltaIndex):
            return pd.timedelta_range(last, periods=n_moments + 1, freq=self.step, name=name)[1:]
        first = int(last) + self.step
        return pd.RangeIndex(first, first + self.step * n_moments, self.step, name=name)

    def steps_to(self, other):
        """Return how many moments after the end of this timeline another one begins: 1 if it follows at once.

        Raises
        ------
        ValueError
            If it does not begin later, at one of the moments.
        """
        first, last = other.index[0], self.index[-1]
        if type(other.index[:0]) is not type(self.index[:0]) and not isinstance(self.step, int):
            raise ValueError(f"y has another kind of index than the training part: {other.index.dtype}.")
        if first <= last:
            raise ValueError(f"y must follow the training part, which ends at {last}; it begins at {first}.")
        n_moments = 1
        while self.future(n_moments)[-1] < first:
            n_moments *= 2
        place = self.future(n_moments).get_indexer([first])[0]
        if place < 0:
            raise ValueError(f"y begins at {first}, which is none of the moments that follow the training part.")
        return int(place) + 1


def _frequency(index, name):
    step = index.freq
    if step is None:
        step = type(index)(index, freq="infer").freq if len(index) > 2 else None
    if step is None:
        _refuse(name, "its moments have no regular frequency, or are fewer than three")
    if len(index) > 1 and index[1] <= index[0]:
        _refuse(name, "its moments must increase")
    return step


def _refuse(name, why):
    raise ValueError(
        f"The index of {name} does not say how it goes on: {why}. Make it regular, for example with y.asfreq, or give "
        "an array."
    )
