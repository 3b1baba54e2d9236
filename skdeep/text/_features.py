"""TF-IDF of words and characters, selected or condensed."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep._data import texts as data
from skdeep._estimator.params import estimator, param
from skdeep.text import _selection
from skdeep.text._base import TextTransformer
from skdeep.utils._words import Names

_CHARACTERS = 5_000_000  # in longer corpora, runs of characters take minutes and add nothing
_RUNS = (2, 5)
_MANY = 100


def _is_condensed(features):
    if features.n_components is None:
        raise AttributeError("Only components have terms: give n_components.")
    return True


@estimator
class TextFeatures(ClassNamePrefixFeaturesOutMixin, TextTransformer):
    """TF-IDF of words, and of runs of characters, as one sparse matrix in single precision.

    Word pairs and runs of characters make a hundred thousand columns of a few thousand texts. With `selection`, the
    ones that tell most about y are kept. With `n_components`, the columns are condensed by latent semantic analysis
    into a small dense matrix, which SMOTE, for one, can interpolate in.

    {parameters}

    {attributes}

    Raises
    ------
    TypeError, ValueError
        If X is not strings, or has none; if no term is left; if there are fewer columns than components.

    See Also
    --------
    TextNormalizer : Lemmas, stop words and markup, before the words are counted.
    TokenSequencer : Rows of ids for sequence nets.

    Notes
    -----
    Selection by "f_classif" compares the means of classes (F test), and "chi2" the sums. Where y holds numbers that are
    not whole, "f_classif" is the F test of a linear regression, and "chi2" compares the rows above the median of y with
    the others. Where y has several columns, such as a matrix of labels, the best score over them counts. Without y,
    the terms that most texts have are kept.

    A text without any known term has a row of zeros.

    References
    ----------
    Sparck Jones (1972), "A statistical interpretation of term specificity and its application in retrieval".
    Deerwester et al. (1990), "Indexing by latent semantic analysis": `n_components`.

    Examples
    --------
    >>> from skdeep.text import TextFeatures
    >>> texts = ["a good film", "a bad film", "good music", "bad music"]
    >>> features = TextFeatures((1, 1), char_ngrams=None, selection="f_classif", n_selected=2)
    >>> features.fit_transform(texts, [1, 0, 1, 0]).shape
    (4, 2)
    >>> features.get_feature_names_out().tolist()
    ['bad', 'good']
    """

    word_ngrams: object = param(
        (1, 2),
        [tuple, list, None],
        "(int, int) or None",
        "Shortest and longest run of words that is a term; None is no words.",
        positional=True,
    )
    char_ngrams: object = param(
        "auto",
        [Names({"auto"}), tuple, list, None],
        '(int, int), "auto" or None',
        "Shortest and longest run of characters within words that is a term too: it knows endings and forgives "
        f"misspelling. Of {_MANY} texts or more, two must have it. "
        f'"auto" is {_RUNS} if the texts have at most {_CHARACTERS:,} characters; longer corpora do as well without, '
        "and runs take four times as long as words and pairs. None is no characters.",
    )
    sublinear_tf: bool = param(
        True, ["boolean"], "bool", "Whether a term that comes t times in a text counts 1 + log(t) times."
    )
    min_df: int = param(
        1,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Texts that have a run of words, at least, or it is left out.",
    )
    max_features: object = param(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "The most frequent terms are kept, as many of words and of characters; None is all.",
    )
    selection: object = param(
        None,
        [Names(_selection.STATISTICS), None],
        '{"f_classif", "chi2"} or None',
        "Keeps the terms that tell most about y, by this statistic.",
    )
    n_selected: int = param(
        50_000, [Interval(Integral, 1, None, closed="left")], "int", "Terms that `selection` keeps, at most."
    )
    n_components: object = param(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "Dense columns that all terms are condensed to, by a truncated singular value decomposition; None keeps terms.",
    )
    lowercase: bool = param(True, ["boolean"], "bool", "Whether texts are put into lower case first.")
    random_state: object = param(
        None, ["random_state"], "int, RandomState instance or None", "Seed of the decomposition."
    )

    _attributes = """
        terms_ : ndarray of str of shape (n_terms,)
            Terms that are counted; runs of characters begin with "char:".
        n_features_out_ : int
            Number of columns.
    """

    def fit(self, X, y=None):
        """Learn the terms.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets, which `selection` looks at.

        Returns
        -------
        self : TextFeatures
            The fitted transformer.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X, y=None):
        """Learn the terms and return the features of the same texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets, which `selection` looks at.

        Returns
        -------
        features : CSR matrix of float32 of shape (n_samples, n_terms), or ndarray of shape (n_samples, n_components)
            TF-IDF, or components of it.
        """
        self._validate_params()
        texts = data.read_texts(X)
        vectorizers = self._vectorizers(texts)
        counted = _beside(vectorizer.fit_transform(texts) for vectorizer in vectorizers.values())
        terms = _terms(vectorizers)
        kept = _selection.best(counted, y, self.selection, self.n_selected)
        if kept is not None:
            counted, terms = counted[:, kept], terms[kept]
        decomposition, features = self._condensed(counted)
        self._vectorizers_, self._kept, self.terms_, self._decomposition = vectorizers, kept, terms, decomposition
        self.n_features_out_ = self._n_features_out = features.shape[1]
        return features

    def transform(self, X):
        """Return the features of texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        features : CSR matrix of float32 of shape (n_samples, n_terms), or ndarray of shape (n_samples, n_components)
            TF-IDF, or components of it.
        """
        check_is_fitted(self)
        texts = data.read_texts(X)
        counted = _beside(vectorizer.transform(texts) for vectorizer in self._vectorizers_.values())
        counted = counted if self._kept is None else counted[:, self._kept]
        return counted if self._decomposition is None else self._decomposition.transform(counted)

    @available_if(_is_condensed)
    def top_terms(self, component, n=10):
        """Return the terms that weigh most in a component.

        Parameters
        ----------
        component : int
            Its number.
        n : int, default=10
            Terms, at most.

        Returns
        -------
        terms : list of (str, float)
            Terms and their weights, the largest absolute weight first.
        """
        check_is_fitted(self)
        weights = self._decomposition.components_[component]
        order = np.argsort(-np.abs(weights), kind="stable")[:n]
        return [(str(self.terms_[number]), float(weights[number])) for number in order]

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns: the terms, or "textfeatures0" and so on for components.

        Parameters
        ----------
        input_features : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        names : ndarray of str of shape (n_features_out,)
            The names.
        """
        check_is_fitted(self)
        return super().get_feature_names_out() if self._decomposition is not None else self.terms_

    def _vectorizers(self, texts):
        common = {"lowercase": self.lowercase, "max_features": self.max_features}
        common |= {"sublinear_tf": bool(self.sublinear_tf), "dtype": np.float32}
        found = {}
        if self.word_ngrams is not None:
            lengths = _lengths("word_ngrams", self.word_ngrams)
            found[""] = TfidfVectorizer(ngram_range=lengths, min_df=int(self.min_df), **common)
        runs = self._runs(texts)
        if runs is not None:
            least = 1 if len(texts) < _MANY else 2
            found["char:"] = TfidfVectorizer(analyzer="char_wb", ngram_range=runs, min_df=least, **common)
        if not found:
            raise ValueError("word_ngrams=None and char_ngrams=None leave no terms: give one of them.")
        return found

    def _runs(self, texts):
        if self.char_ngrams is None:
            return None
        if self.char_ngrams != "auto":
            return _lengths("char_ngrams", self.char_ngrams)
        return _RUNS if sum(map(len, texts)) <= _CHARACTERS else None

    def _condensed(self, counted):
        if self.n_components is None:
            return None, counted
        if self.n_components > min(counted.shape):
            raise ValueError(
                f"n_components={self.n_components} is too much for {counted.shape[0]} texts with {counted.shape[1]} "
                "terms."
            )
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        decomposition = TruncatedSVD(self.n_components, random_state=seed)
        return decomposition, decomposition.fit_transform(counted)


def _lengths(name, given):
    lengths = tuple(given)
    whole = len(lengths) == 2 and all(isinstance(length, Integral) for length in lengths)
    if not whole or not 1 <= lengths[0] <= lengths[1]:
        raise ValueError(f"{name} must be the shortest run and the longest, such as (1, 2); got {given!r}.")
    return lengths


def _beside(matrices):
    matrices = list(matrices)
    return matrices[0] if len(matrices) == 1 else sparse.hstack(matrices, format="csr", dtype=np.float32)


def _terms(vectorizers):
    names = [prefix + one.get_feature_names_out().astype(object) for prefix, one in vectorizers.items()]
    return np.concatenate(names)
