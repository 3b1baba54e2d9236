"""How series are laid out in X, and the mean and standard deviation of their channels."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep._data.inputs._series_rows import mean_and_variance
from skdeep._data.inputs.series import SeriesInputs
from skdeep._estimator.params import param
from skdeep.utils._words import Names


@dataclass(eq=False, repr=False)
class FormParams:
    """What the axes of X are, and what NaN in it means."""

    n_channels: object = param(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "Channels of flat rows, in which the channels of one moment stand beside each other; with `channels_first`, "
        "the moments of one channel. None is one.",
    )
    channels_first: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether series are (channels, time), as other libraries have them, and not (time, channels).",
    )
    nan: str = param(
        "raise",
        [Names({"raise", "trailing"})],
        '{"raise", "trailing"}',
        'Whether NaN is an error, or, after the end of a series, padding: "trailing".',
    )

    def _inputs(self):
        return SeriesInputs(n_channels=self.n_channels, channels_first=self.channels_first, nan=self.nan)


def mean_and_scale(series):
    """Return the mean and the standard deviation of each channel over all moments; 1 for what does not vary."""
    mean, variance = mean_and_variance(series, series.values.dtype)
    return mean, np.sqrt(variance)
