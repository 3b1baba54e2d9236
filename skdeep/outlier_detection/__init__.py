"""Rows that are unlike the others, found by nets that learn what rows are like."""

from skdeep.outlier_detection._autoencoder import AutoencoderOutlier

__all__ = ["AutoencoderOutlier"]
