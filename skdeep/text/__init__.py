"""From raw texts to features, ids, labels and numbers: vectorizers and estimators."""

from skdeep.text._features import TextFeatures
from skdeep.text._normalizer import TextNormalizer
from skdeep.text._sequencer import TokenSequencer

__all__ = ["TextFeatures", "TextNormalizer", "TokenSequencer"]
