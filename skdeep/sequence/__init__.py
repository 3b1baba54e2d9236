"""Features, scaling and padding of series, and forecasts of them."""

from skdeep.sequence._backtest import BacktestResult
from skdeep.sequence._forecasting import WindowForecaster
from skdeep.sequence._padder import SequencePadder
from skdeep.sequence._random_convolutions import RandomConvolutions
from skdeep.sequence._scaler import SequenceScaler
from skdeep.sequence._windows import make_windows

__all__ = [
    "BacktestResult",
    "RandomConvolutions",
    "SequencePadder",
    "SequenceScaler",
    "WindowForecaster",
    "make_windows",
]
