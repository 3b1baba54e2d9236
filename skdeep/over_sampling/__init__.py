"""Samplers that balance the classes of a training set."""

from skdeep.over_sampling._latent_smote import LatentSMOTE
from skdeep.over_sampling._nd_resampler import NDResampler
from skdeep.over_sampling._vae import VAEOverSampler

__all__ = ["LatentSMOTE", "NDResampler", "VAEOverSampler"]
