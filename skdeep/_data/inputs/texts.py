"""Texts as rows of ids: what a net over tokens is given where the estimator reads texts."""

from dataclasses import dataclass

from skdeep._data import texts
from skdeep._data.inputs.tokens import TokenInputs


@dataclass(frozen=True)
class TextInputs(TokenInputs):
    """Rows of ids that an estimator has made of texts; all ids up to `n_vectors` are known."""

    attributes = ""

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags that X holds strings."""
        texts.tag(tags)
