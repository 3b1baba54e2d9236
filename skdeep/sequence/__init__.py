"""Estimators for series and tokens: recurrent nets, convolutions over time, transformers."""

from skdeep.sequence._rnn import RNNClassifier, RNNRegressor
from skdeep.sequence._temporal_cnn import TemporalCNNClassifier, TemporalCNNRegressor
from skdeep.sequence._transformer import TransformerClassifier, TransformerRegressor

__all__ = [
    "RNNClassifier",
    "RNNRegressor",
    "TemporalCNNClassifier",
    "TemporalCNNRegressor",
    "TransformerClassifier",
    "TransformerRegressor",
]  # fmt: skip
