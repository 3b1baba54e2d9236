"""Small series and nets for the tests of this folder."""

import numpy as np

from skdeep.sequence import (
    RNNClassifier,
    RNNRegressor,
    TemporalCNNClassifier,
    TemporalCNNRegressor,
    TransformerClassifier,
    TransformerRegressor,
)

LENGTHS = np.array([9, 4, 7, 1, 9, 6, 2, 8, 5, 3, 9, 4])
RNG = np.random.default_rng(0)
RAGGED = [RNG.normal(size=(length, 2)) * [3.0, 0.1] + [1.0, 5.0] for length in LENGTHS]
EQUAL = RNG.normal(size=(12, 9, 2)) * [3.0, 0.1] + [1.0, 5.0]
LABELS = np.arange(12) % 3
VALUES = np.array([row[:, 0].mean() for row in RAGGED])

# One of each kind of layer.
NETS = {
    "gru": (RNNClassifier, {"units": (4, 4), "skip_connections": True, "pooling": "average"}),
    "lstm": (RNNClassifier, {"cell": "lstm", "units": (3, 4), "bidirectional": True}),
    "simple": (RNNClassifier, {"cell": "simple", "units": 4, "pooling": "max", "bidirectional": True}),
    "attention pooling": (RNNClassifier, {"units": 4, "pooling": "attention"}),
    "average and max": (RNNClassifier, {"units": 4, "pooling": "average_max"}),
    "inception": (TemporalCNNClassifier, {"filters": 2, "depth": 3}),
    "fcn": (TemporalCNNClassifier, {"architecture": "fcn", "filters": 3, "differences": True}),
    "resnet": (TemporalCNNClassifier, {"architecture": "resnet", "filters": 3, "depth": 2, "activation": "sigmoid"}),
    "lstm_fcn": (TemporalCNNClassifier, {"architecture": "lstm_fcn", "filters": 3}),
    "ensemble": (TemporalCNNClassifier, {"architecture": "fcn", "filters": 3, "n_estimators": 3}),
    "transformer": (TransformerClassifier, {"width": 8, "n_heads": 2}),
    "patches": (TransformerClassifier, {"n_layers": 1, "width": 8, "patch_size": 4, "positional": "learned"}),
    "no positions": (TransformerClassifier, {"width": 8, "positional": None, "pooling": "attention"}),
}
REGRESSORS = {
    RNNClassifier: RNNRegressor, TemporalCNNClassifier: TemporalCNNRegressor,
    TransformerClassifier: TransformerRegressor,
}  # fmt: skip


def net(name, **parameters):
    """Return an estimator that is trained for a moment, so that no weight is what it was in the beginning."""
    cls, own = NETS[name]
    return cls(**{"epochs": 3, "learning_rate": 0.01, "random_state": 0} | own | parameters)
