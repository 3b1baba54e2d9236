"""Vectors of texts, trained as such: doc2vec."""

from numbers import Integral

from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data import texts as data
from skdeep._estimator.params import estimator, param
from skdeep.text import _tokens
from skdeep.text._base import TextTransformer
from skdeep.text._doc2vec import Doc2Vec
from skdeep.utils._words import Names


@estimator
class DocumentVectors(ClassNamePrefixFeaturesOutMixin, TextTransformer):
    """Turn texts into vectors from which their words can be predicted: doc2vec.

    A net predicts each word of a text from a vector of the text, alone or with the words around; the vectors of words
    are trained in `fit`. `transform` leaves these as they are, and trains the vector of each text on its words.

    {parameters}

    {attributes}

    Raises
    ------
    ImportError
        If the package gensim is not installed.
    TypeError, ValueError
        If X is not strings, or has none; if a parameter is not valid; if no word is frequent enough.

    See Also
    --------
    WordEmbeddingVectorizer : Means of the vectors of words, which are faster, and may be trained elsewhere.

    Notes
    -----
    The same text always gets the same vector, whatever the other texts, their order and the process are: what is random
    about a text follows from `random_state` and the text itself. The training texts are no exception: `fit_transform`
    returns what `transform` does after `fit`, not the vectors of the training.

    Words after the 10,000th of a text are not read. A text without a word that was learned becomes zeros.

    What is kept are words, counts and arrays. The model of gensim is put together of them when it is needed.

    References
    ----------
    Le and Mikolov (2014), "Distributed representations of sentences and documents".

    Examples
    --------
    >>> from skdeep.text import DocumentVectors
    >>> texts = ["the cat sat on the mat", "the dog sat on the cat", "stocks fell again", "stocks fell and fell"]
    >>> model = DocumentVectors(8, random_state=0).fit(texts)
    >>> vectors = model.transform(["the cat fell", "unknown words"])
    >>> vectors.shape
    (2, 8)
    >>> bool((vectors[0] == model.transform(["the cat fell"])[0]).all())
    True
    >>> vectors[1].any()
    np.False_
    """

    vector_size: int = param(
        100, [Interval(Integral, 1, None, closed="left")], "int", "Numbers of a vector.", positional=True
    )
    method: str = param(
        "dbow",
        [Names({"dm", "dbow"})],
        '{"dm", "dbow"}',
        'Whether words are predicted from the vector of the text and the words around ("dm"), or from that of the text '
        'alone ("dbow").',
    )
    window: int = param(
        5,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        'Words on either side that count as around with "dm", at most.',
    )
    min_count: int = param(
        2,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "How often a word has to occur in the training texts to be learned.",
    )
    epochs: int = param(
        50,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Passes over the training texts, and over each text in `transform`.",
    )
    lowercase: bool = param(True, ["boolean"], "bool", "Whether texts are put into lower case first.")
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes the vectors: the same seed gives the same ones in each process.",
    )

    _attributes = """
        words_ : ndarray of str of shape (n_words,)
            Words that were learned, the most frequent first.
    """

    def fit(self, X, y=None):
        """Learn the words.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : DocumentVectors
            The fitted transformer.
        """
        self._validate_params()
        rows = [self._split(text) for text in data.read_texts(X)]
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        settings = {"vector_size": self.vector_size, "dm": int(self.method == "dm"), "window": self.window}
        model = Doc2Vec.trained(rows, settings | {"epochs": self.epochs, "seed": seed}, self.min_count)
        self.words_, self._model, self._n_features_out = model.words, model, self.vector_size
        return self

    def transform(self, X):
        """Train a vector of each text, on its words alone.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        vectors : ndarray of float32 of shape (n_samples, vector_size)
            One row a text; zeros where no word was learned.
        """
        check_is_fitted(self)
        return self._model.infer([self._split(text) for text in data.read_texts(X)])

    def _split(self, text):
        text = _tokens.composed(text)
        return _tokens.words(text.lower() if self.lowercase else text)
