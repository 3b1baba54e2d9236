"""From raw texts to features, ids, labels and numbers: vectorizers and estimators."""

from skdeep.text._document_vectors import DocumentVectors
from skdeep.text._estimators import TextClassifier, TextRegressor
from skdeep.text._features import TextFeatures
from skdeep.text._generator import TextGenerator
from skdeep.text._normalizer import TextNormalizer
from skdeep.text._sentence_encoder import SentenceEncoder
from skdeep.text._seq2seq import Seq2SeqTransducer
from skdeep.text._sequencer import TokenSequencer
from skdeep.text._word_embeddings import WordEmbeddingVectorizer

__all__ = [
    "DocumentVectors",
    "SentenceEncoder",
    "Seq2SeqTransducer",
    "TextClassifier",
    "TextFeatures",
    "TextGenerator",
    "TextNormalizer",
    "TextRegressor",
    "TokenSequencer",
    "WordEmbeddingVectorizer",
]
