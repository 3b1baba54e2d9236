"""Estimators for series and tokens: recurrent nets, convolutions over time, transformers; features and forecasts."""

from skdeep.sequence._backtest import BacktestResult
from skdeep.sequence._embedding import SequenceEmbedding
from skdeep.sequence._forecasting import WindowForecaster
from skdeep.sequence._padder import SequencePadder
from skdeep.sequence._random_convolutions import RandomConvolutions
from skdeep.sequence._rnn import RNNClassifier, RNNRegressor
from skdeep.sequence._scaler import SequenceScaler
from skdeep.sequence._temporal_cnn import TemporalCNNClassifier, TemporalCNNRegressor
from skdeep.sequence._transformer import TransformerClassifier, TransformerRegressor
from skdeep.sequence._windows import make_windows

__all__ = [
    "BacktestResult",
    "RNNClassifier",
    "RNNRegressor",
    "RandomConvolutions",
    "SequenceEmbedding",
    "SequencePadder",
    "SequenceScaler",
    "TemporalCNNClassifier",
    "TemporalCNNRegressor",
    "TransformerClassifier",
    "TransformerRegressor",
    "WindowForecaster",
    "make_windows",
]
