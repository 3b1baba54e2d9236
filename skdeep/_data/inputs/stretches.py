"""Stretches of long texts, as rows of ids: what a net that learns the next token is given."""

from dataclasses import dataclass

import numpy as np

from skdeep._data import texts
from skdeep._data.inputs.tokens import TokenInputs

_STEPS_AN_EPOCH = 16
_ROWS_A_BATCH = 16, 32


@dataclass(frozen=True)
class Stretches(TokenInputs):
    """Rows of ids that an estimator has made of texts; all ids up to `n_vectors` are known.

    Parameters
    ----------
    context : int or None
        Ids of the stretches that the net is trained on.
    """

    context: int | None = None

    attributes = """
        sequencer_ : TokenSequencer
            The tokens that were learned. One more id, after the largest of them, stands for the end of a text.
    """

    @staticmethod
    def batches(n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it."""
        return int(np.clip(n_rows // _STEPS_AN_EPOCH, *_ROWS_A_BATCH)), 1.0

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags that X holds strings."""
        texts.tag(tags)
