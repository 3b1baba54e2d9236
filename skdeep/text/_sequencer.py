"""From texts to padded rows of ids, and back."""

from collections import Counter
from itertools import chain
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data import texts as data
from skdeep._estimator.params import estimator, param
from skdeep.text import _subwords, _tokens
from skdeep.text._base import TextTransformer
from skdeep.utils._words import Names

PADDING, UNKNOWN = 0, 1
FIRST = 2  # id of the most frequent token


@estimator
class TokenSequencer(ClassNamePrefixFeaturesOutMixin, TextTransformer):
    """Turn texts into rows of ids for the estimators of :mod:`skdeep.sequence`.

    Id 0 is padding, 1 is any token that was not learned, and the others count from the most frequent token on, of
    subwords in the order in which they were found. Rows are padded after their end to one length.

    {parameters}

    {attributes}

    Raises
    ------
    TypeError, ValueError
        If X is not strings, or has none; if a parameter is not valid.

    See Also
    --------
    TextFeatures : TF-IDF instead of ids, which does better with few texts.
    skdeep.sequence.RNNClassifier : Takes these rows with `embedding_dim`.

    Notes
    -----
    Words are split off punctuation, which are tokens too, and elided words stand alone: "l'école" is "l'" and "école".
    `inverse_transform` puts spaces where one expects them.

    References
    ----------
    Sennrich, Haddow and Birch (2016), "Neural machine translation of rare words with subword units": "subword".

    Examples
    --------
    >>> from skdeep.text import TokenSequencer
    >>> sequencer = TokenSequencer().fit(["the cat sat", "the dog", "the cat!"])
    >>> sequencer.vocabulary_.tolist()
    ['the', 'cat', '!', 'dog', 'sat']
    >>> sequencer.transform(["the dog sat", "a cat"])
    array([[2, 5, 6],
           [1, 3, 0]], dtype=int32)
    >>> sequencer.inverse_transform([[2, 3, 4]]).tolist()
    ['the cat!']
    """

    max_tokens: object = param(
        20_000,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "Tokens that are learned, the most frequent ones; None is all. Of subwords, all single characters are among "
        "them.",
        positional=True,
    )
    max_length: object = param(
        "p95",
        [Names({"p95", "longest"}), Interval(Integral, 1, None, closed="left")],
        '{"p95", "longest"} or int',
        'Tokens of a row. "p95" is as many as 95 of 100 training texts have at most, "longest" as the longest of them.',
    )
    level: str = param(
        "word",
        [Names({"word", "char", "subword"})],
        '{"word", "char", "subword"}',
        "What a token is: a word or a punctuation mark, a character, or a part of a word that byte-pair encoding found "
        'in the training texts ("subword" needs the package tokenizers).',
    )
    truncate: str = param("end", [Names({"start", "end"})], '{"start", "end"}', "What is cut off a longer text.")
    lowercase: bool = param(True, ["boolean"], "bool", "Whether texts are put into lower case first.")

    _attributes = """
        vocabulary_ : ndarray of str of shape (n_tokens,)
            The tokens that were learned; the first has id 2.
        n_ids_ : int
            Number of ids, padding and the unknown token included: rows that a matrix of vectors needs.
        length_ : int
            Tokens of a row.
    """

    def fit(self, X, y=None):
        """Learn the tokens and the length of rows.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : TokenSequencer
            The fitted transformer.
        """
        self._fitted_rows(X)
        return self

    def fit_transform(self, X, y=None):
        """Learn from texts and return their rows of ids.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        ids : ndarray of int32 of shape (n_samples, length)
            Ids, and zeros after the end of each text.
        """
        return self._padded(self._fitted_rows(X))

    def transform(self, X):
        """Return the ids of texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        ids : ndarray of int32 of shape (n_samples, length)
            Ids, and zeros after the end of each text.
        """
        return self._padded(self.ids(X))

    def ids(self, X):
        """Return the ids of texts at their full length, without padding.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        rows : list of ndarray of int32
            One row a text.
        """
        check_is_fitted(self)
        return self._looked_up([self._split(text) for text in data.read_texts(X)])

    def inverse_transform(self, X):
        """Return the texts of rows of ids.

        Parameters
        ----------
        X : array-like of int of shape (n_samples, time), or list of rows of any lengths
            Ids; zeros are left out.

        Returns
        -------
        texts : ndarray of str of shape (n_samples,)
            The texts, with "[unknown]" for id 1.

        Raises
        ------
        ValueError
            If there are ids that were not learned.
        """
        check_is_fitted(self)
        texts = np.empty(len(X), object)
        texts[:] = [self._text(np.asarray(row)) for row in X]
        return texts

    def _fitted_rows(self, X):
        self._validate_params()
        texts = data.read_texts(X)
        if not any(text.strip() for text in texts):
            raise ValueError("X has no token: all texts are empty or white space.")
        if self.level == "subword":
            self._subwords = _subwords.learn(map(self._prepared, texts), self.max_tokens)
        tokens = [self._split(text) for text in texts]
        vocabulary = self._subwords.vocabulary if self.level == "subword" else self._most_frequent(tokens)
        self.vocabulary_ = np.array(vocabulary, dtype=object)
        self._ids = {token: number for number, token in enumerate(vocabulary, FIRST)}
        self.n_ids_ = len(vocabulary) + FIRST
        self.length_ = self._length([len(row) for row in tokens])
        self._n_features_out = self.length_
        return self._looked_up(tokens)

    def _most_frequent(self, rows):
        counts = Counter(chain.from_iterable(rows))
        # Ties are in alphabetical order, so that the order of texts does not matter.
        return sorted(counts, key=lambda token: (-counts[token], token))[: self.max_tokens]

    def _length(self, lengths):
        if isinstance(self.max_length, Integral):
            return int(self.max_length)
        percent = 95 if self.max_length == "p95" else 100
        return max(1, int(np.percentile(lengths, percent, method="higher")))

    def _prepared(self, text):
        text = _tokens.composed(text)
        return text.lower() if self.lowercase else text

    def _split(self, text):
        text = self._prepared(text)
        if self.level == "subword":
            return self._subwords.split(text)
        return _tokens.words(text) if self.level == "word" else list(text)

    def _looked_up(self, rows):
        return [np.array([self._ids.get(token, UNKNOWN) for token in row], dtype=np.int32) for row in rows]

    def _padded(self, rows):
        result = np.full((len(rows), self.length_), PADDING, dtype=np.int32)
        for padded, row in zip(result, rows, strict=True):
            kept = row[: self.length_] if self.truncate == "end" else row[-self.length_ :]
            padded[: len(kept)] = kept
        return result

    def _text(self, ids):
        ids = ids[ids != PADDING]
        if ids.size and (ids.min() < 0 or ids.max() >= self.n_ids_):
            raise ValueError(
                f"X has ids from {ids.min()} to {ids.max()}, but those that were learned end at {self.n_ids_ - 1}."
            )
        tokens = [_subwords.UNKNOWN_TOKEN if number == UNKNOWN else self.vocabulary_[number - FIRST] for number in ids]
        if self.level == "subword":
            return self._subwords.joined(tokens)
        return _tokens.joined(tokens) if self.level == "word" else "".join(tokens)
