"""From raw texts to features, ids, labels and numbers: vectorizers and estimators."""

from skdeep.text._generator import TextGenerator
from skdeep.text._sequencer import TokenSequencer

__all__ = ["TextGenerator", "TokenSequencer"]
