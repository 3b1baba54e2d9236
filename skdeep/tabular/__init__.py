"""Estimators for tables."""

from skdeep.tabular._mlp import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
