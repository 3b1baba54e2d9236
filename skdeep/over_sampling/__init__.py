"""Samplers that balance the classes of a training set."""

from skdeep.over_sampling._nd_resampler import NDResampler

__all__ = ["NDResampler"]
