"""What all transformers of texts have in common."""

from sklearn.base import BaseEstimator, TransformerMixin

from skdeep._data import texts


class TextTransformer(TransformerMixin, BaseEstimator):
    """A transformer whose X holds strings."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        texts.tag(tags)
        return tags
