"""Estimators for tables."""

from skdeep.tabular._entity_embedder import EntityEmbedder
from skdeep.tabular._mlp import MLPClassifier, MLPRegressor
from skdeep.tabular._tabular import TabularClassifier, TabularRegressor

__all__ = ["EntityEmbedder", "MLPClassifier", "MLPRegressor", "TabularClassifier", "TabularRegressor"]
