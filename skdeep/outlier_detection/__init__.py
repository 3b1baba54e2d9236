"""Rows that are unlike the others, found by nets that learn what rows are like."""

from skdeep.outlier_detection._autoencoder import AutoencoderOutlier
from skdeep.outlier_detection._svdd import DeepSVDD
from skdeep.outlier_detection._vae import VAEOutlier

__all__ = ["AutoencoderOutlier", "DeepSVDD", "VAEOutlier"]
