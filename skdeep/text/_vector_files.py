"""Vectors of words that others have trained: files of GloVe, word2vec and fastText, and objects that hold them."""

import gzip
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from skdeep.text import _gensim
from skdeep.text._word_vectors import WordVectors

_HEADER = rb"\s*(\d+)[ \t]+(\d+)\s*"
_SAMPLE = 4_096  # bytes after the header that tell text from numbers as a machine has them


def read(vectors):
    """Return the WordVectors of a file or an object.

    Parameters
    ----------
    vectors : path, gensim KeyedVectors or model, mapping of words to vectors, or tuple (words, array)

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        If there is no such file, or it is broken; if it is no such object, or words and vectors do not fit.
    """
    if isinstance(vectors, (str, os.PathLike)):
        return _read_file(Path(vectors))
    keyed = getattr(vectors, "wv", vectors)
    if hasattr(keyed, "index_to_key"):
        if not len(keyed.index_to_key):
            raise ValueError(f"vectors is a {type(keyed).__name__} without words.")
        return _gensim.from_keyed(keyed)
    if isinstance(vectors, Mapping):
        return _checked(list(vectors), list(vectors.values()))
    if isinstance(vectors, tuple) and len(vectors) == 2:
        return _checked(list(vectors[0]), vectors[1])
    raise TypeError(
        "vectors must be the path of a file, KeyedVectors of gensim, a dict of words and vectors, or a tuple "
        f"(words, array), got {vectors!r:.80}."
    )


def _checked(words, rows):
    try:
        array = np.array(rows, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError("vectors must hold as many numbers for each word, all words alike.") from error
    if array.ndim != 2 or array.size == 0 or len(array) != len(words):
        raise ValueError(
            f"vectors must have one row for each word, got {len(words)} words and an array of the shape {array.shape}."
        )
    if not np.isfinite(array).all():
        raise ValueError("vectors must be finite, but there is NaN or infinity in them.")
    wrong = next((word for word in words if not isinstance(word, str)), None)
    if wrong is not None:
        raise TypeError(f"The words of vectors must be strings, got {wrong!r:.60}.")
    if len(set(words)) < len(words):
        raise ValueError("The words of vectors must all be different.")
    return WordVectors(words, array)


def _read_file(path):
    if not path.is_file():
        raise FileNotFoundError(f"vectors={str(path)!r}: there is no such file.")
    try:
        with _opened(path) as file:
            header = re.fullmatch(_HEADER, file.readline())
            is_binary = header and _is_binary(file.read(_SAMPLE))
        if is_binary:
            return _read_binary(path)
        with _opened(path) as file:
            return _read_text(path, file, header)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is no whole gzip file: {error}") from error


def _opened(path):
    return gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb")


def _is_binary(sample):
    if min(sample, default=32) < ord("\t"):
        return True
    try:
        # The last character of the sample may be cut.
        sample[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end < len(sample) - 4
    return False


def _read_binary(path):
    reader = _gensim.package("Reading a binary file of vectors").models.KeyedVectors
    try:
        return _gensim.from_keyed(reader.load_word2vec_format(str(path), binary=True))
    except (EOFError, ValueError) as error:
        raise ValueError(f"{path} is neither text in UTF-8 nor a whole binary file of word2vec: {error}") from error


def _read_text(path, file, header):
    promised, width = map(int, header.groups()) if header else (None, None)
    n_vectors, found = 0, {}
    for number, line in enumerate(file, 1):
        if (header and number == 1) or not line.strip():
            continue
        try:
            word, vector = _parsed(line, width)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
        width = len(vector)
        found.setdefault(word, vector)  # of words that come twice, the first counts, as with gensim
        n_vectors += 1
    if not found:
        raise ValueError(f"{path} has no vectors.")
    if promised not in (None, n_vectors):
        raise ValueError(f"{path} has {n_vectors} words, but its first line promises {promised}.")
    return WordVectors(list(found), np.array(list(found.values())))


def _parsed(line, width):
    """Return the word and the vector of a line. Words of GloVe may have spaces in them."""
    parts = line.decode("utf-8").rstrip().replace("\t", " ").split(" ")
    n_words = 1 if width is None else max(1, len(parts) - width)
    if len(parts) < 2 or (width is not None and (len(parts) <= width or _ends_in_number(parts[:n_words]))):
        wanted = "numbers" if width is None else f"{width} numbers"
        raise ValueError(f"a word and {wanted} are needed, got {len(parts) - 1} after the first word.")
    vector = np.array([float(part) for part in parts[n_words:]], dtype=np.float32)
    if not np.isfinite(vector).all():
        raise ValueError("the numbers must be finite.")
    return " ".join(parts[:n_words]), vector


def _ends_in_number(parts):
    """Whether a word with spaces ends in a number: then the line has too many of them."""
    try:
        float(parts[-1])
    except ValueError:
        return False
    return len(parts) > 1
