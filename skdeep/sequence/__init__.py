"""Features, scaling and padding of series, and forecasts of them."""

from skdeep.sequence._padder import SequencePadder
from skdeep.sequence._random_convolutions import RandomConvolutions
from skdeep.sequence._scaler import SequenceScaler

__all__ = [
    "RandomConvolutions",
    "SequencePadder",
    "SequenceScaler",
]
