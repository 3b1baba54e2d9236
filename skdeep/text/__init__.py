"""From raw texts to features, ids, labels and numbers: vectorizers and estimators."""

from skdeep.text._sequencer import TokenSequencer

__all__ = ["TokenSequencer"]
