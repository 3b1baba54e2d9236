"""A doc2vec model as plain arrays, and the vectors of texts that gensim makes of it."""

import copy

import numpy as np

from skdeep.text import _gensim


class Doc2Vec:
    """What a trained model knows, which pickles as plain Python and NumPy.

    Parameters
    ----------
    words : list of str
    counts : list of int
        How often each occurs in the training texts.
    arrays : dict of ndarray
        "inputs", the vectors of words, and "outputs", the weights that predict them.
    settings : dict
        Arguments of gensim's model.
    """

    def __init__(self, words, counts, arrays, settings):
        self.words = np.empty(len(words), object)
        self.words[:] = words
        self.counts, self.arrays, self.settings = counts, arrays, settings
        self._model = None

    @classmethod
    def trained(cls, rows, settings, min_count):
        """Train a model.

        Parameters
        ----------
        rows : list of list of str
            The words of texts.
        settings : dict
            Arguments of gensim's model.
        min_count : int
        """
        _gensim.check_frequent(rows, min_count)
        models = _gensim.package("DocumentVectors").models
        texts = [models.doc2vec.TaggedDocument(row, [number]) for number, row in enumerate(rows)]
        model = models.Doc2Vec(texts, min_count=min_count, **_fixed(settings))
        words = list(model.wv.index_to_key)
        counts = [model.wv.get_vecattr(word, "count") for word in words]
        return cls(words, counts, {"inputs": model.wv.vectors, "outputs": model.syn1neg}, settings)

    def infer(self, rows):
        """Return the vectors of texts, each trained by itself, with random numbers of its own.

        Parameters
        ----------
        rows : list of list of str
            The words of texts.

        Returns
        -------
        vectors : ndarray of float32 of shape (n_texts, vector_size)
        """
        if self._model is None:
            self._model = self._rebuilt()
        # The generator of random numbers is put anew for each text: threads must not share it.
        model = copy.copy(self._model)
        vectors = np.zeros((len(rows), self.settings["vector_size"]), dtype=np.float32)
        for vector, row in zip(vectors, rows, strict=True):
            known = [word for word in row if word in model.wv.key_to_index]
            if known:
                vector[:] = _inferred(model, known, self.settings["seed"])
        return vectors

    def _rebuilt(self):
        model = _gensim.package("DocumentVectors").models.Doc2Vec(min_count=1, **_fixed(self.settings))
        model.build_vocab_from_freq(dict(zip(self.words, self.counts, strict=True)))
        # gensim sorts words of the same count in another order.
        model.wv.index_to_key = self.words.tolist()
        model.wv.key_to_index = {word: number for number, word in enumerate(self.words)}
        model.wv.vectors, model.syn1neg = self.arrays["inputs"], self.arrays["outputs"]
        return model

    def __getstate__(self):
        return vars(self) | {"_model": None}


def _fixed(settings):
    return {**settings, "workers": 1, "hashfxn": _gensim.stable_hash}


def _inferred(model, words, seed):
    """Return the vector of a text; that of gensim's `infer_vector` depends on Python's hash and on earlier texts."""
    from gensim.models import doc2vec
    from gensim.models.keyedvectors import pseudorandom_weak_vector

    text = " ".join(words)
    model.random = np.random.RandomState([seed, _gensim.stable_hash(text)])
    vector = pseudorandom_weak_vector(model.vector_size, f"{seed} {text}", _gensim.stable_hash).reshape(1, -1)
    still = {"learn_words": False, "learn_hidden": False, "doctag_vectors": vector}
    still["doctags_lockf"] = np.ones(1, dtype=np.float32)
    # Room for sums has to come from here: what gensim makes itself is freed before it is used.
    still["work"] = np.zeros(model.layer1_size, dtype=np.float32)
    if model.dm:
        still["neu1"] = np.zeros(model.layer1_size, dtype=np.float32)
    train = doc2vec.train_document_dm if model.dm else doc2vec.train_document_dbow
    for rate in np.linspace(model.alpha, model.min_alpha, model.epochs):
        train(model, words, [0], rate, **still)
    return vector[0]
