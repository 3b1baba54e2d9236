"""Estimators for tables."""

from skdeep.tabular._mlp import MLPClassifier, MLPRegressor
from skdeep.tabular._tabular import TabularClassifier, TabularRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]
