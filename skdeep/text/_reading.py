"""From texts to what a net of TextClassifier reads: a table, or rows of ids with their vectors."""

from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skdeep._data.inputs import Tables, Texts, TokenInputs
from skdeep.text._normalizer import TextNormalizer
from skdeep.text._word_embeddings import WordEmbeddingVectorizer


@dataclass(frozen=True)
class Reading:
    """What an estimator says about reading texts.

    Parameters
    ----------
    language : str, list of str or None
        Makes words lemmas.
    vectors : object
        Where vectors of words come from.
    extra_texts : sequence of str or None
        That vectors are trained on too.
    dtype : str
    memory : joblib.Memory or None
    """

    language: Any = None
    vectors: Any = None
    extra_texts: Any = None
    dtype: str = "auto"
    memory: Any = None

    def table(self, features):
        """Return the inputs of a net that reads a matrix."""
        if self.vectors is not None:
            raise ValueError('vectors are for the architectures that read words in order, such as "cnn".')
        transformer = features if self.language is None else make_pipeline(self._normalizer(), features)
        return Texts(transformer, Tables(self.dtype), self.memory)

    def ids(self, sequencer, dim):
        """Return the inputs of a net that reads words in order.

        Parameters
        ----------
        sequencer : TokenSequencer
        dim : int
            Length of the vectors, where they are trained.
        """
        normalizer = None if self.language is None else self._normalizer()
        transformer = TokenReader(sequencer, normalizer, self._vectorizer(dim), self.extra_texts)
        return Texts(transformer, TokenInputs(dtype=self.dtype), self.memory)

    def _normalizer(self):
        return TextNormalizer(lemmatizer="simplemma", language=self.language)

    def _vectorizer(self, dim):
        if self.vectors is None:
            return None
        if isinstance(self.vectors, WordEmbeddingVectorizer):
            return FrozenEstimator(self.vectors) if hasattr(self.vectors, "vectors_") else self.vectors
        if isinstance(self.vectors, str) and self.vectors == "train":
            return WordEmbeddingVectorizer(vector_size=dim, skip_gram=True, random_state=0)
        return WordEmbeddingVectorizer(self.vectors)


class TokenReader(TransformerMixin, BaseEstimator):
    """Texts to padded rows of ids, and the vectors that the ids begin with.

    Parameters
    ----------
    sequencer : TokenSequencer
    normalizer : TextNormalizer or None
    vectorizer : WordEmbeddingVectorizer, FrozenEstimator of one that is fitted, or None
    extra_texts : sequence of str or None
    """

    def __init__(self, sequencer, normalizer=None, vectorizer=None, extra_texts=None):
        self.sequencer, self.normalizer = sequencer, normalizer
        self.vectorizer, self.extra_texts = vectorizer, extra_texts

    def fit_transform(self, X, y=None):
        """Learn the tokens and their vectors, and return rows of ids."""
        texts = X if self.normalizer is None else self.normalizer.fit_transform(X)
        rows = self.sequencer.fit_transform(texts)
        self.matrix_ = None if self.vectorizer is None else self._fitted(texts).embedding_matrix(self.sequencer)
        return rows

    def transform(self, X):
        """Return rows of ids."""
        return self.sequencer.transform(X if self.normalizer is None else self.normalizer.transform(X))

    def _fitted(self, texts):
        if isinstance(self.vectorizer, FrozenEstimator):
            return self.vectorizer.estimator
        extra = [] if self.extra_texts is None else list(self.extra_texts)
        extra = extra if self.normalizer is None or not extra else list(self.normalizer.transform(extra))
        return clone(self.vectorizer).fit([*texts, *extra])
