"""Vectors of words, trained or read, and the vectors of texts that are made of them."""

import copy
import warnings
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, _clone_parametrized
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data import texts as data
from skdeep._estimator.params import estimator, param
from skdeep.text import _gensim, _pooling, _tokens, _vector_files
from skdeep.text._base import TextTransformer
from skdeep.text._sequencer import UNKNOWN
from skdeep.utils._words import Names

_VECTOR_SIZE = 100  # of vectors that are trained


@estimator
class WordEmbeddingVectorizer(ClassNamePrefixFeaturesOutMixin, TextTransformer):
    """Turn texts into the mean of the vectors of their words, trained here or elsewhere.

    Words that stand among the same words have vectors of about the same direction. They are trained in `fit`; or they
    come from elsewhere, trained on far more text than one has, and then they know words that the training texts lack.

    {parameters}

    {attributes}

    Raises
    ------
    FileNotFoundError
        If `vectors` is the path of no file.
    ImportError
        If the package gensim is needed and not installed: to train, and to read binary files.
    TypeError, ValueError
        If X is not strings, or has none; if a parameter is not valid; if a file is broken, which names the line.

    Warns
    -----
    UserWarning
        If no word of X has one of the vectors that were given.

    See Also
    --------
    DocumentVectors : Vectors of whole texts, trained as such.
    TokenSequencer : Ids of words, for nets that get the vectors from `embedding_matrix`.
    SentenceEncoder : Vectors of texts from a large model.

    Notes
    -----
    Files may be text of GloVe, text or binary files of word2vec, and .vec files of fastText; a name that ends in .gz is
    read as such. Of words that come twice in a file, the first counts. A .bin file of fastText is read with
    `gensim.models.fasttext.load_facebook_vectors`, and given as an object.

    A file is read in each fit. In a cross-validation give an object instead: clones share it, and so do fitted
    estimators, which keep its arrays without a copy.

    fastText knows parts of words too, and so has a vector for each word, even one that is misspelled.

    A text without a word that has a vector becomes zeros.

    References
    ----------
    Mikolov, Chen, Corrado and Dean (2013), "Efficient estimation of word representations in vector space": "word2vec".

    Bojanowski, Grave, Joulin and Mikolov (2017), "Enriching word vectors with subword information": "fasttext".

    Arora, Liang and Ma (2017), "A simple but tough-to-beat baseline for sentence embeddings": "sif".

    Examples
    --------
    >>> from skdeep.text import WordEmbeddingVectorizer
    >>> vectors = {"good": [1, 0], "great": [1, 0.1], "bad": [-1, 0], "film": [0, 1]}
    >>> vectorizer = WordEmbeddingVectorizer(vectors, pooling="average").fit(["A good film", "a bad film"])
    >>> vectorizer.transform(["Good film!", "bad, bad", "unknown"])
    array([[ 0.5,  0.5],
           [-1. ,  0. ],
           [ 0. ,  0. ]], dtype=float32)
    >>> vectorizer.most_similar("good", n=1)[0][0]
    'great'
    """

    vectors: object = param(
        None,
        [object],
        "path, gensim KeyedVectors or model, dict, tuple or None",
        "Vectors that are there already: the path of a file, vectors or a model of gensim, a dict of words and their "
        "vectors, or a tuple (words, array) with one row a word. None trains them in `fit`.",
        positional=True,
    )
    method: str = param(
        "word2vec",
        [Names({"word2vec", "fasttext"})],
        '{"word2vec", "fasttext"}',
        "How vectors are trained.",
    )
    vector_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Numbers of a vector. "auto" is 100, or as many as those of `vectors` have, which a number has to agree with.',
    )
    skip_gram: bool = param(
        True,
        ["boolean"],
        "bool",
        "Whether each word is to predict its neighbours, or the neighbours the word (CBOW), which is faster.",
    )
    window: int = param(
        5,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Words on either side that count as neighbours, at most.",
    )
    min_count: int = param(
        2,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "How often a word has to occur in the training texts to get a vector.",
    )
    epochs: int = param(20, [Interval(Integral, 1, None, closed="left")], "int", "Passes over the training texts.")
    pooling: str = param(
        "idf",
        [Names({"idf", "average", "max", "sif"})],
        '{"idf", "average", "max", "sif"}',
        'How the vectors of words become one: the mean, in which the words of few training texts weigh more ("idf") or '
        'all the same ("average"); the greatest of each number ("max"); or the mean with weights 0.001 / (0.001 + '
        'share of the word in all training texts), less the direction that the training texts have in common ("sif").',
    )
    lowercase: bool = param(
        True,
        ["boolean"],
        "bool",
        "Whether texts are put into lower case first. Vectors of words with capitals want False.",
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes the vectors: the same seed gives the same ones in each process.",
    )

    _attributes = """
        words_ : ndarray of str of shape (n_words,)
            Words that have a vector; the most frequent first, if the vectors were trained.
        vectors_ : ndarray of float32 of shape (n_words, vector_size)
            Their vectors.
        idf_ : ndarray of shape (n_words,)
            Inverse document frequencies in the training texts: the logarithm of (1 + number of texts) / (1 + number of
            texts with the word), plus 1.
        direction_ : ndarray of shape (vector_size,) or None
            Direction that "sif" takes away, of length 1; None with other poolings.
    """

    def fit(self, X, y=None):
        """Train or read the vectors, and learn how often words occur.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : WordEmbeddingVectorizer
            The fitted transformer.
        """
        self._validate_params()
        rows = [self._split(text) for text in data.read_texts(X)]
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        table = self._trained(rows, seed) if self.vectors is None else self._given(rows)
        statistics = _pooling.Statistics(rows, table.words)
        weights = statistics.weights(self.pooling)
        direction = None
        if self.pooling == "sif":
            direction = _pooling.principal_direction(_vectors_of(rows, table, weights, self.pooling))
        self.words_, self.vectors_, self.idf_, self.direction_ = table.words, table.vectors, statistics.idf(), direction
        self._table, self._weights, self._kind, self._seed = table, weights, self.pooling, seed
        self._n_features_out = table.vector_size
        return self

    def transform(self, X):
        """Return the vectors of texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        vectors : ndarray of float32 of shape (n_samples, vector_size)
            One row a text; zeros where no word has a vector.
        """
        check_is_fitted(self)
        rows = [self._split(text) for text in data.read_texts(X)]
        vectors = _vectors_of(rows, self._table, self._weights, self._kind)
        if self.direction_ is not None:
            vectors = _pooling.without(self.direction_, vectors)
        return vectors.astype(np.float32)

    def most_similar(self, word, n=10):
        """Return the words with the most similar vectors.

        Parameters
        ----------
        word : str
            A word that has a vector.
        n : int, default=10
            How many.

        Returns
        -------
        similar : list of (str, float)
            Words and the cosines of their vectors with that of the word, the greatest first.

        Raises
        ------
        ValueError
            If the word has no vector; the message names words that are spelled like it.
        """
        check_is_fitted(self)
        word = self._prepared(word)
        return self._table.nearest(self._table.direction(word), n, {word})

    def analogy(self, a, b, c, n=10):
        """Return the words whose vectors are most similar to a - b + c.

        Parameters
        ----------
        a, b, c : str
            Words that have a vector: "king", "man" and "woman" ask for "queen".
        n : int, default=10
            How many.

        Returns
        -------
        similar : list of (str, float)
            Words other than the three, and the cosines of their vectors with a - b + c, the greatest first. The three
            are put to length 1 before.

        Raises
        ------
        ValueError
            If a word has no vector; the message names words that are spelled like it.
        """
        check_is_fitted(self)
        words = [self._prepared(word) for word in (a, b, c)]
        first, second, third = map(self._table.direction, words)
        return self._table.nearest(first - second + third, n, set(words))

    def embedding_matrix(self, sequencer):
        """Return the vectors of the ids of a sequencer, for the nets of :mod:`skdeep.sequence`.

        Parameters
        ----------
        sequencer : TokenSequencer
            Fitted, with words as tokens.

        Returns
        -------
        matrix : ndarray of float32 of shape (n_ids, vector_size)
            Row 0, padding, is zero. Row 1, unknown words, is the mean of all vectors. The others are the vectors of
            the words. Words without one get normal random numbers, always the same for a word and a fit, as large as
            the numbers of the vectors are.

        Raises
        ------
        ValueError
            If the tokens of the sequencer are not words.
        """
        check_is_fitted(self)
        check_is_fitted(sequencer)
        if sequencer.level != "word":
            raise ValueError(f'sequencer must have level="word", got level={sequencer.level!r}.')
        matrix = np.zeros((sequencer.n_ids_, self._table.vector_size), dtype=np.float32)
        matrix[UNKNOWN] = self.vectors_.mean(axis=0)
        scale = np.sqrt(np.mean(np.square(self.vectors_)))
        for number, word in enumerate(sequencer.vocabulary_, UNKNOWN + 1):
            vector = self._table.vector(self._prepared(word))
            matrix[number] = self._random(word, scale) if vector is None else vector
        return matrix

    def _trained(self, rows, seed):
        size = _VECTOR_SIZE if self.vector_size == "auto" else self.vector_size
        names = ("method", "skip_gram", "window", "min_count", "epochs")
        return _gensim.trained_words(rows, vector_size=size, seed=seed, **{name: getattr(self, name) for name in names})

    def _given(self, rows):
        table = _vector_files.read(self.vectors)
        if self.vector_size not in ("auto", table.vector_size):
            raise ValueError(f"vector_size={self.vector_size}, but those of vectors have {table.vector_size} numbers.")
        if not any(table.vector(word) is not None for row in rows for word in row):
            warnings.warn(
                "No word of X has one of the vectors. If they are of words with capitals, lowercase=False finds them.",
                stacklevel=3,
            )
        return table

    def _prepared(self, text):
        text = _tokens.composed(text)
        return text.lower() if self.lowercase else text

    def _split(self, text):
        return _tokens.words(self._prepared(text))

    def _random(self, word, scale):
        generator = np.random.default_rng((self._seed, _gensim.stable_hash(word)))
        return generator.normal(scale=scale, size=self._table.vector_size)

    def __sklearn_clone__(self):
        # Large tables of vectors, which nothing here changes, are shared, not copied.
        original = copy.copy(self)
        original.vectors = None
        return _clone_parametrized(original).set_params(vectors=self.vectors)


def _vectors_of(rows, table, weights, pooling):
    result = np.empty((len(rows), table.vector_size))
    for vector, row in zip(result, rows, strict=True):
        numbers, vectors = table.look_up(row)
        vector[:] = _pooling.pooled(vectors, weights[numbers], pooling)
    return result
