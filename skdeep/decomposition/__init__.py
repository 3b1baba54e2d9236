"""Codes of rows that are learned from the rows alone."""

from skdeep.decomposition._autoencoder import Autoencoder

__all__ = ["Autoencoder"]
