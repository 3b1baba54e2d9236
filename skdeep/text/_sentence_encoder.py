"""Vectors of texts from a model of the user's own, computed once for each text."""

import copy
import weakref
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, _clone_parametrized
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data import texts as data
from skdeep._estimator.params import REQUIRED, estimator, param
from skdeep.text._base import TextTransformer


@estimator
class SentenceEncoder(ClassNamePrefixFeaturesOutMixin, TextTransformer):
    """Turn texts into the vectors that a model of your own computes, once for each text.

    Nothing is learned in `fit`. Vectors are remembered: clones share the model and what it has computed, so that a
    cross-validation or a search of what follows encodes each text once, however the folds are shuffled.

    {parameters}

    {attributes}

    Raises
    ------
    TypeError, ValueError
        If X is not strings, or has none; if `encoder` is no such object; if what it returns is not finite numbers, one
        row a text, and of the same width each time.

    See Also
    --------
    WordEmbeddingVectorizer : Means of the vectors of words, which need no large model.
    TextFeatures : TF-IDF.

    Notes
    -----
    What is remembered belongs to `encoder` and is kept in memory, until the encoder or the estimators that share it are
    gone. Another object starts anew; so does a pickle, a deep copy or another process. If a model changes without
    becoming another object, as when it is tuned, make another SentenceEncoder of it, or use cache=False.

    A search over several encoders copies those that are objects for each fit; functions it does not copy.

    PyTorch and TensorFlow in one process can die, because both bring the same library, LLVM, which then registers its
    options twice. A model of PyTorch had better run in a child process, from a module that imports nothing of this
    package:

    .. code-block:: python

        # encoding.py
        import functools

        @functools.cache
        def model():
            from sentence_transformers import SentenceTransformer
            return SentenceTransformer("all-MiniLM-L6-v2")

        def encode(texts):
            return model().encode(texts)

    .. code-block:: python

        # the script
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from encoding import encode
        from skdeep.text import SentenceEncoder

        if __name__ == "__main__":
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                encoder = SentenceEncoder(lambda texts: pool.submit(encode, texts).result())
                ...

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdeep.text import SentenceEncoder
    >>> n_encoded = []
    >>> def lengths(texts):
    ...     n_encoded.append(len(texts))
    ...     return np.array([[len(text), text.count(" ")] for text in texts])
    >>> texts = [word * number for number in range(1, 7) for word in ("so ", "longer ")]
    >>> labels = ["short", "long"] * 6
    >>> model = make_pipeline(SentenceEncoder(lengths), LogisticRegression())
    >>> scores = cross_val_score(model, texts, labels, cv=3)
    >>> sum(n_encoded)
    12
    """

    encoder: object = param(
        REQUIRED,
        [HasMethods(["encode"]), callable],
        "object with a method encode, or callable",
        "What turns a list of texts into an array with one row each, such as a model of sentence-transformers. It is "
        "never copied by scikit-learn's `clone`.",
        positional=True,
    )
    batch_size: object = param(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "Texts that `encoder` is given at once, at most. None gives it all.",
    )
    cache: bool = param(
        True, ["boolean"], "bool", "Whether vectors are remembered: a vector of 384 numbers takes 1.5 KB."
    )

    _attributes = """
        vector_size_ : int
            Numbers of a vector.
    """

    def fit(self, X, y=None):
        """Encode one text, to see how many numbers a vector has.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : SentenceEncoder
            The fitted transformer.
        """
        if isinstance(self.encoder, str):
            raise TypeError(
                f"encoder must be a model, not its name: load it first, as in SentenceTransformer({self.encoder!r})."
            )
        self._validate_params()
        texts = data.read_texts(X)
        self.vector_size_ = self._vectors(texts[:1], None).shape[1]
        return self

    def transform(self, X):
        """Return the vectors of texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        vectors : ndarray of float of shape (n_samples, n_features_out)
            One row a text, in double precision if `encoder` returns that, else in single precision.
        """
        check_is_fitted(self)
        return self._vectors(data.read_texts(X), self.vector_size_)

    @property
    def _n_features_out(self):
        return self.vector_size_

    def _vectors(self, texts, width):
        """Return the vectors of texts, and remember them."""
        known = self._memory().of(self.encoder) if self.cache else {}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        width = len(next(iter(known.values()))) if known else width
        step = self.batch_size or max(1, len(missing))
        for start in range(0, len(missing), step):
            batch = missing[start : start + step]
            vectors = _checked(_encode(self.encoder)(batch), len(batch), width)
            width = vectors.shape[1]
            known.update(zip(batch, vectors, strict=True))
        return np.stack([known[text] for text in texts])

    def _memory(self):
        return vars(self).setdefault("_shared", _Memory())

    def __sklearn_clone__(self):
        original = copy.copy(self)
        original.encoder = None
        clone = _clone_parametrized(original).set_params(encoder=self.encoder)
        clone._shared = self._memory()
        return clone

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_shared"}


class _Memory:
    """Vectors by text for each encoder, as long as there is one."""

    def __init__(self):
        self._kept = []

    def of(self, encoder):
        """Return the vectors by text that an encoder has computed, to be filled."""
        self._kept = [(reference, known) for reference, known in self._kept if reference() is not None]
        for reference, known in self._kept:
            if reference() is encoder:
                return known
        self._kept.append((_weak(encoder), {}))
        return self._kept[-1][1]


def _weak(encoder):
    try:
        return weakref.ref(encoder)
    except TypeError:  # an object that allows no weak references, which then stays as long as its vectors
        return lambda: encoder


def _encode(encoder):
    return encoder.encode if hasattr(encoder, "encode") else encoder


def _checked(vectors, n_texts, width):
    """Return what an encoder has returned as an array of its own, or raise ValueError."""
    try:
        vectors = np.array(vectors)
        if vectors.dtype.kind not in "fiub":
            raise TypeError(f"got the type {vectors.dtype}")
        vectors = vectors.astype(np.float64 if vectors.dtype == np.float64 else np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"encoder must return an array of numbers: {error}") from error
    if vectors.ndim != 2 or len(vectors) != n_texts or not vectors.shape[1]:
        raise ValueError(
            f"encoder must return one row for each of {n_texts} texts, got an array of the shape {vectors.shape}."
        )
    if width not in (None, vectors.shape[1]):
        raise ValueError(f"encoder must always return {width} numbers a text as at first, got {vectors.shape[1]}.")
    if not np.isfinite(vectors).all():
        number = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ValueError(f"encoder must return finite numbers, but row {number} of {n_texts} has NaN or infinity.")
    return vectors
