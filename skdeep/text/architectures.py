"""The nets that TextClassifier and TextRegressor train, as parameter objects whose own parameters can be searched.

A plain name stands for an object with its defaults: "cnn" is `KimCNN()`.
"""

from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils._param_validation import HasMethods, Interval

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import estimator, param
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.architectures import mlp
from skdeep.architectures.sequence import entrance, rnn, text_cnn, transformer
from skdeep.text._features import TextFeatures
from skdeep.text._sequencer import TokenSequencer
from skdeep.utils._keys import described
from skdeep.utils._options import Options
from skdeep.utils._words import Names

__all__ = ["Architecture", "BiGRU", "Encoder", "FastText", "KimCNN", "TfidfMLP"]

_COUNT = [Interval(Integral, 1, None, closed="left")]
_FRACTION = [Interval(Real, 0, 1, closed="left")]


class Architecture(Options):
    """Base of the architectures: parameters can be read, set and searched.

    Examples
    --------
    >>> from skdeep.text.architectures import Architecture, KimCNN
    >>> isinstance(KimCNN(), Architecture)
    True
    """


class _OfCounts(Architecture):
    """A multilayer perceptron on counts of words, whatever their order."""

    _steps = 160, 5

    def _design(self, inputs, output_sizes):
        sizes, activation, dropout = self._layers()
        config = mlp.MLPConfig(sizes, output_sizes, described(activation), dropout=dropout > 0)
        mlp.check(config)
        numbers = {"dropout": float(dropout)} if config.dropout else {}
        learned = ("bias_deviation",) if config.draws_biases else ()
        spec = ModelSpec(mlp.build, config, (*numbers, *learned), operations=mlp.operations)
        return Design(spec, numbers, *SCHEDULE, steps=self._steps)


@estimator
class TfidfMLP(_OfCounts):
    """Dense layers on TF-IDF of words and characters, of which the most telling columns are kept.

    {parameters}

    References
    ----------
    Sparck Jones (1972), "A statistical interpretation of term specificity and its application in retrieval".

    Examples
    --------
    >>> from skdeep.text import TextClassifier
    >>> from skdeep.text.architectures import TfidfMLP
    >>> TextClassifier(TfidfMLP(dropout=0.2))
    TextClassifier(architecture=TfidfMLP(dropout=0.2))
    """

    hidden_layer_sizes: object = param(
        (32,),
        ["array-like", *_COUNT],
        "tuple of int",
        "Units of each hidden layer. () is logistic or linear regression.",
        positional=True,
    )
    features: object = param(
        None,
        [HasMethods(["fit", "transform"]), None],
        "transformer or None",
        'From texts to a sparse or dense matrix. None is TextFeatures(selection="f_classif").',
    )
    activation: object = param("relu", [str, callable], "str or callable", "Activation of the hidden layers.")
    dropout: float = param(0.5, _FRACTION, "float", "Fraction of hidden units set to zero at each step.")

    def _inputs(self, reading):
        return reading.table(TextFeatures(selection="f_classif") if self.features is None else self.features)

    def _layers(self):
        return mlp.sizes(self.hidden_layer_sizes), self.activation, self.dropout


@estimator
class FastText(_OfCounts):
    """The mean of the vectors of all words and word pairs, and one dense layer: no order, no hidden layer.

    {parameters}

    References
    ----------
    Joulin, Grave, Bojanowski and Mikolov (2017), "Bag of tricks for efficient text classification".

    Examples
    --------
    >>> from skdeep.text import TextClassifier
    >>> from skdeep.text.architectures import FastText
    >>> TextClassifier(FastText(word_ngrams=(1, 1)))
    TextClassifier(architecture=FastText(word_ngrams=(1, 1)))
    """

    embedding_dim: int = param(32, _COUNT, "int", "Length of a vector.", positional=True)
    word_ngrams: object = param((1, 2), [tuple, list], "(int, int)", "Shortest and longest run of words with a vector.")
    max_features: object = param(100_000, [*_COUNT, None], "int or None", "Runs of words, at most; the most frequent.")

    _steps = 400, 10

    def _inputs(self, reading):
        shares = TfidfVectorizer(
            ngram_range=tuple(self.word_ngrams),
            max_features=self.max_features,
            token_pattern=r"(?u)\b\w+\b",
            use_idf=False,
            norm="l2",
            dtype=np.float32,
        )
        return reading.table(shares)

    def _layers(self):
        return (int(self.embedding_dim),), "linear", 0.0


@dataclass(eq=False, repr=False)
class _OfOrder(Architecture):
    """A net that reads words one after the other."""

    embedding_dim: int = param(
        100, _COUNT, "int", "Length of the vector of a word; vectors that are given have their own."
    )
    max_tokens: object = param(20_000, [*_COUNT, None], "int or None", "Words that have a vector; the most frequent.")
    max_length: object = param(
        "p95",
        [Names({"p95", "longest"}), *_COUNT],
        '{"p95", "longest"} or int',
        'Words of a text that are read. "p95" is as many as 95 of 100 training texts have at most.',
    )
    dropout: float = param(0.5, _FRACTION, "float", "Fraction of what the output layer is given set to zero.")

    _steps = 400, 5

    def _tables(self):
        """Return the paths of the tables that begin with the vectors that are given."""
        return (entrance.VECTORS,)

    def _inputs(self, reading):
        sequencer = TokenSequencer(self.max_tokens, max_length=self.max_length)
        return reading.ids(sequencer, int(self.embedding_dim))

    def _design(self, inputs, output_sizes):
        vectors = inputs.transformer.matrix_
        size, dim = inputs.inner.size, int(self.embedding_dim)
        placed = {}
        if vectors is not None:
            dim, placed = vectors.shape[1], dict.fromkeys(self._tables(), _as_high(vectors, size))
        build, config = self._net(output_sizes, entrance.Vocabulary(size, dim))
        numbers = {"dropout": float(self.dropout)} if config.dropout else {}
        spec = ModelSpec(build, config, tuple(numbers))
        return Design(spec, numbers, *SCHEDULE, initial=lambda: placed, steps=self._steps)


def _as_high(vectors, n_rows):
    """Return vectors with as many rows as a table, of which row 0 is for what is not known."""
    table = np.zeros((n_rows, vectors.shape[1]))
    kept = min(n_rows, len(vectors))
    table[1:kept] = vectors[1:kept]
    return table


@estimator
class KimCNN(_OfOrder):
    """Convolutions over three, four and five words, each with its largest value over the text.

    {parameters}

    References
    ----------
    Kim (2014), "Convolutional neural networks for sentence classification".

    Examples
    --------
    >>> from skdeep.text import TextClassifier
    >>> from skdeep.text.architectures import KimCNN
    >>> TextClassifier(KimCNN(filters=50))
    TextClassifier(architecture=KimCNN(filters=50))
    """

    filters: int = param(100, _COUNT, "int", "Filters of each width.", positional=True)
    kernel_sizes: object = param((3, 4, 5), ["array-like", *_COUNT], "tuple of int", "Words that a filter sees.")
    channels: str = param(
        "tuned",
        [Names({"static", "tuned", "two"})],
        '{"static", "tuned", "two"}',
        'Whether vectors that are given stay as they are, are trained further, or both beside each other. "static" and '
        '"two" need vectors.',
    )

    def _tables(self):
        return (*super()._tables(), text_cnn.STATIC) if self.channels == "two" else super()._tables()

    def _inputs(self, reading):
        if self.channels != "tuned" and reading.vectors is None:
            raise ValueError(f'channels={self.channels!r} needs vectors: give them, or vectors="train".')
        return super()._inputs(reading)

    def _net(self, output_sizes, vocabulary):
        vocabulary = replace(vocabulary, trained=self.channels != "static")
        sizes = tuple(int(size) for size in np.atleast_1d(self.kernel_sizes))
        two, dropout = self.channels == "two", self.dropout > 0
        config = text_cnn.TextCNNConfig(
            output_sizes, int(self.filters), sizes, two, dropout=dropout, reading=vocabulary
        )
        return text_cnn.build, config


@estimator
class BiGRU(_OfOrder):
    """A gated recurrent net that reads each text forward and backward.

    {parameters}

    References
    ----------
    Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder".

    Examples
    --------
    >>> from skdeep.text import TextClassifier
    >>> from skdeep.text.architectures import BiGRU
    >>> TextClassifier(BiGRU(units=32))
    TextClassifier(architecture=BiGRU(units=32))
    """

    units: int = param(64, _COUNT, "int", "Units of each direction.", positional=True)
    pooling: str = param(
        "average_max",
        [Names(rnn.POOLINGS)],
        '{"last", "average", "max", "average_max", "attention"}',
        "How the states at all words become one vector.",
    )

    def _net(self, output_sizes, vocabulary):
        options = {"bidirectional": True, "pooling": self.pooling, "dropout": self.dropout > 0, "reading": vocabulary}
        return rnn.build, rnn.RNNConfig(output_sizes, "gru", (int(self.units),), **options)


@estimator
class Encoder(_OfOrder):
    """A transformer encoder: attention between all words.

    {parameters}

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need".

    Examples
    --------
    >>> from skdeep.text import TextClassifier
    >>> from skdeep.text.architectures import Encoder
    >>> TextClassifier(Encoder(n_layers=2))
    TextClassifier(architecture=Encoder(n_layers=2))
    """

    n_layers: int = param(1, _COUNT, "int", "Blocks of attention and dense layers.", positional=True)
    n_heads: int = param(4, _COUNT, "int", "Heads of attention, which share the width.")
    width: int = param(64, _COUNT, "int", "Length of the vector of a word inside the net.")
    dropout: float = param(0.2, _FRACTION, "float", "Fraction of each change set to zero at each step.")

    def _net(self, output_sizes, vocabulary):
        if self.width % self.n_heads:
            raise ValueError(f"width={self.width} must be a multiple of n_heads={self.n_heads}.")
        sizes = int(self.n_layers), int(self.n_heads), int(self.width)
        options = {"dropout": self.dropout > 0, "reading": vocabulary}
        return transformer.build, transformer.TransformerConfig(output_sizes, *sizes, **options)
