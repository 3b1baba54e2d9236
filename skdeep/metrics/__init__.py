"""Scores, scorers and tables for imbalanced classification and for regression. Needs no TensorFlow."""

from skdeep.metrics._balanced_regression import balanced_mean_absolute_error, balanced_mean_squared_error
from skdeep.metrics._scoring import imbalance_scoring
from skdeep.metrics._tables import classification_table, regression_table

__all__ = [
    "balanced_mean_absolute_error",
    "balanced_mean_squared_error",
    "classification_table",
    "imbalance_scoring",
    "regression_table",
]
