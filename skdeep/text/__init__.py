"""From raw texts to features, ids, labels and numbers: vectorizers and estimators."""

from skdeep.text._document_vectors import DocumentVectors
from skdeep.text._sentence_encoder import SentenceEncoder
from skdeep.text._sequencer import TokenSequencer
from skdeep.text._word_embeddings import WordEmbeddingVectorizer

__all__ = ["DocumentVectors", "SentenceEncoder", "TokenSequencer", "WordEmbeddingVectorizer"]
