"""Words and their vectors."""

import difflib

import numpy as np

UNSEEN = -1  # number of a word that has no row


class Ngrams:
    """Vectors of parts of words, from which fastText makes those of words that it has not seen.

    Parameters
    ----------
    vectors : ndarray of float32 of shape (n_buckets, vector_size)
        Parts of the same hash share a row.
    shortest, longest : int
        Characters of a part.
    """

    def __init__(self, vectors, shortest, longest):
        self.vectors, self.shortest, self.longest = vectors, shortest, longest

    def vector(self, word):
        """Return the mean vector of the parts of a word, or None if the word has none."""
        from gensim.models.fasttext import ft_ngram_hashes

        numbers = ft_ngram_hashes(word, self.shortest, self.longest, len(self.vectors))
        return self.vectors[numbers].mean(axis=0) if numbers else None


class WordVectors:
    """A table of words and their vectors, in plain Python and NumPy.

    Parameters
    ----------
    words : list of str
        All different.
    vectors : ndarray of float32 of shape (n_words, vector_size)
    ngrams : Ngrams or None, default=None
    """

    def __init__(self, words, vectors, ngrams=None):
        self.words = np.empty(len(words), object)
        self.words[:] = words
        self.vectors, self.ngrams = vectors, ngrams
        self.numbers = {word: number for number, word in enumerate(words)}

    @property
    def vector_size(self):
        """Numbers of a vector."""
        return self.vectors.shape[1]

    def vector(self, word):
        """Return the vector of a word, or None if it has none."""
        number = self.numbers.get(word)
        if number is not None:
            return self.vectors[number]
        return None if self.ngrams is None else self.ngrams.vector(word)

    def look_up(self, words):
        """Return the numbers of those words that have a vector, UNSEEN where it is made of parts, and the vectors."""
        found = [(self.numbers.get(word, UNSEEN), self.vector(word)) for word in words]
        found = [(number, vector) for number, vector in found if vector is not None]
        numbers = np.array([number for number, _ in found], dtype=np.intp)
        vectors = np.array([vector for _, vector in found], dtype=np.float32).reshape(-1, self.vector_size)
        return numbers, vectors

    def direction(self, word):
        """Return the vector of a word at length 1, or raise ValueError."""
        vector = self.vector(word)
        if vector is None:
            close = difflib.get_close_matches(word, self.words.tolist(), n=3)
            hint = f" Close to it are {', '.join(map(repr, close))}." if close else ""
            raise ValueError(f"The word {word!r} has no vector.{hint}")
        return vector / max(np.linalg.norm(vector), np.finfo(np.float32).tiny)

    def nearest(self, query, n, without):
        """Return the n words whose vectors have the greatest cosine with a query, and the cosines.

        Parameters
        ----------
        query : ndarray of shape (vector_size,)
        n : int
        without : set of str
            Words that are left out.
        """
        lengths = np.linalg.norm(self.vectors, axis=1) * np.linalg.norm(query)
        cosines = (self.vectors @ query) / np.maximum(lengths, np.finfo(np.float32).tiny)
        order = np.argsort(-cosines, kind="stable")[: n + len(without)]
        found = [(self.words[number], float(cosines[number])) for number in order if self.words[number] not in without]
        return found[:n]
