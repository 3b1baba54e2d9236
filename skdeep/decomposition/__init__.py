"""Codes of rows that are learned from the rows alone."""

from skdeep.decomposition._autoencoder import Autoencoder
from skdeep.decomposition._variational import VariationalAutoencoder

__all__ = ["Autoencoder", "VariationalAutoencoder"]
