"""From the vectors of words to one vector of a text."""

from collections import Counter

import numpy as np

_A = 1e-3  # of the weights a / (a + p): words of this share in all texts count half


class Statistics:
    """How often words occur in the training texts.

    Parameters
    ----------
    rows : list of list of str
        The words of texts.
    words : ndarray of str
        Words that have a vector.
    """

    def __init__(self, rows, words):
        texts_with = Counter(word for row in rows for word in set(row))
        counts = Counter(word for row in rows for word in row)
        total = max(1, sum(counts.values()))
        self.n_texts = len(rows)
        self.texts_with = np.array([texts_with[word] for word in words])
        self.shares = np.array([counts[word] / total for word in words])

    def idf(self):
        """Return the inverse document frequencies of the words, smoothed as scikit-learn does."""
        return np.log((1 + self.n_texts) / (1 + self.texts_with)) + 1

    def weights(self, pooling):
        """Return what each word weighs, and at last what an unseen word does."""
        if pooling == "idf":
            return np.append(self.idf(), np.log(1 + self.n_texts) + 1)
        if pooling == "sif":
            return np.append(_A / (_A + self.shares), 1.0)
        return np.ones(len(self.shares) + 1)


def pooled(vectors, weights, pooling):
    """Return the vector of one text.

    Parameters
    ----------
    vectors : ndarray of shape (n_words, vector_size)
        Those of its words; without any the result is zero.
    weights : ndarray of shape (n_words,)
    pooling : {"idf", "average", "max", "sif"}
    """
    if not len(vectors):
        return np.zeros(vectors.shape[1])
    if pooling == "max":
        return vectors.max(axis=0)
    # The weights of "sif" say how much a word counts among all, those of "idf" only how much among its neighbours.
    return weights @ vectors / (len(weights) if pooling == "sif" else weights.sum())


def principal_direction(texts):
    """Return the first right singular vector of the vectors of texts: what they have in common."""
    values, vectors = np.linalg.eigh(texts.T @ texts)
    return vectors[:, np.argmax(values)]


def without(direction, texts):
    """Return vectors less their part in a direction."""
    return texts - (texts * direction).sum(axis=1, keepdims=True) * direction
