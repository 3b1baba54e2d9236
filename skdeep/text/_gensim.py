"""The package gensim: imported late, and called so that one seed always gives the same vectors."""

import zlib
from collections import Counter
from itertools import chain

import numpy as np

from skdeep.text._word_vectors import Ngrams, WordVectors

MOST_WORDS = 10_000  # gensim reads no further in one text
_SHORTEST, _LONGEST = 3, 6  # characters of the parts of words that fastText knows
_FEWEST_PARTS, _MOST_PARTS = 1_000, 100_000


def package(what):
    """Return gensim.

    Parameters
    ----------
    what : str
        What needs it, used in the message.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import gensim
    except ImportError as error:
        raise ImportError(f'{what} needs the package gensim: pip install "scikit-deep[text]".') from error
    return gensim


def stable_hash(text):
    """Return the same number for the same text in every process, which Python's own hash does not."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def check_frequent(rows, min_count):
    """Raise ValueError if no word is frequent enough to be learned.

    Parameters
    ----------
    rows : list of list of str
        The words of texts.
    min_count : int
    """
    most = max(Counter(chain.from_iterable(rows)).values(), default=0)
    if not most:
        raise ValueError("X has no word: all texts are empty or white space.")
    if most < min_count:
        raise ValueError(f"No word of X occurs min_count={min_count} times, the most frequent {most} times.")


def trained_words(rows, *, method, skip_gram, vector_size, window, min_count, epochs, seed):
    """Return the WordVectors of words in texts.

    Parameters
    ----------
    rows : list of list of str
        The words of texts.
    method : {"word2vec", "fasttext"}
    skip_gram : bool
    vector_size, window, min_count, epochs, seed : int
    """
    check_frequent(rows, min_count)
    models = package("Training word vectors").models
    pieces = [row[start : start + MOST_WORDS] for row in rows for start in range(0, len(row), MOST_WORDS)]
    settings = {"sg": int(skip_gram), "vector_size": vector_size, "window": window, "min_count": min_count}
    settings |= {"epochs": epochs, "seed": seed, "workers": 1, "hashfxn": stable_hash}
    if method == "word2vec":
        return from_keyed(models.Word2Vec(pieces, **settings).wv)
    parts = {"min_n": _SHORTEST, "max_n": _LONGEST, "bucket": _n_parts(rows)}
    return from_keyed(models.FastText(pieces, **settings, **parts).wv)


def from_keyed(keyed):
    """Return the WordVectors of gensim's KeyedVectors, with the parts of words that fastText knows."""
    ngrams = None
    if getattr(keyed, "bucket", 0):
        ngrams = Ngrams(np.asarray(keyed.vectors_ngrams, dtype=np.float32), keyed.min_n, keyed.max_n)
    return WordVectors(list(keyed.index_to_key), np.asarray(keyed.vectors, dtype=np.float32), ngrams)


def _n_parts(rows):
    """Return for how many parts of words there is room: gensim's own two million would fill 800 MB."""
    lengths = [len(word) + 2 for word in set(chain.from_iterable(rows))]
    sizes = range(_SHORTEST, _LONGEST + 1)
    n_parts = sum(max(0, length - size + 1) for length in lengths for size in sizes)
    return min(max(n_parts, _FEWEST_PARTS), _MOST_PARTS)
