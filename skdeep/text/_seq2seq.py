"""From strings to strings: nets that read one text and write another."""

import dataclasses
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils import check_consistent_length
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skdeep._data import stretches
from skdeep._data import texts as data
from skdeep._data.columns import Ids
from skdeep._data.inputs import TokenInputs
from skdeep._data.inputs._series_rows import Series
from skdeep._data.inputs.pairs import WRITTEN, PairRows, Pairs
from skdeep._data.rows import RowData
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep._estimator import fitting
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.net import Design
from skdeep._estimator.next_token import NextToken
from skdeep._estimator.params import TrainingParams, estimator, param, positive
from skdeep._estimator.scheduled import (
    early_stopping_param,
    epochs_param,
    learning_rate_schedule_param,
    n_iter_no_change_param,
    scoring_param,
    validation_fraction_param,
)
from skdeep._estimator.supervised import SupervisedEstimator
from skdeep.architectures.sequence import encoder_decoder, entrance
from skdeep.schedules import CosineDecay
from skdeep.text import _ended, _sampling
from skdeep.text._generator_params import clip_norm_param, level_param
from skdeep.text._sequencer import FIRST
from skdeep.utils._words import Names

_STEPS = 1_500, 4
# Under a warm-up and a cosine.
_RATE_FACTORS = {"gru": 5.0, "transformer": 1.0}
# A transformer adds positions between -1 and 1 to the vectors of tokens, which would hide smaller ones at first.
_SPREADS = {"gru": 0.05, "transformer": 1.0}
_COUNT = [Interval(Integral, 1, None, closed="left")]


@dataclass(eq=False, repr=False)
class _TransducerParams(TrainingParams):
    """What a token is, the net that reads and writes them, and what differs in its training."""

    architecture: str = param(
        "gru",
        [Names({"gru", "transformer"})],
        '{"gru", "transformer"}',
        "What reads and writes: gated recurrent units, or a transformer.",
        positional=True,
    )
    level: str = level_param()
    max_tokens: object = param(
        10_000,
        [*_COUNT, None],
        "int or None",
        "Tokens that are learned of X, and of y, the most frequent ones; None is all. What was not learned is one "
        "unknown token, which is never written.",
    )
    lowercase: bool = param(False, ["boolean"], "bool", "Whether all texts are put into lower case first.")
    units: int = param(128, _COUNT, "int", "Units of each recurrent layer, or the width of the transformer.")
    n_layers: int = param(
        1, [Interval(Integral, 1, 100, closed="both")], "int", "Layers of the encoder, and of the decoder."
    )
    n_heads: int = param(4, _COUNT, "int", "Heads of the attention, which share the units; of the transformer only.")
    attention: object = param(
        "multiplicative",
        [Names(encoder_decoder.ATTENTIONS), None],
        '{"multiplicative", "additive"} or None',
        "How a recurrent decoder compares its state with what was read at each moment: by a product (Luong et al.), or "
        "by a small net (Bahdanau et al.). None hands it the last state of the encoder only. The transformer has an "
        "attention of its own.",
    )
    reverse: object = param(
        "auto",
        ["boolean", Names({"auto"})],
        'bool or "auto"',
        'Whether X is read from its end. "auto" does so with gated units without attention, of which the last state '
        "knows best what was read last.",
    )
    embedding_dim: int = param(64, _COUNT, "int", "Length of the vector that is learned for each token.")
    dropout: float = param(
        0.1,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of the outputs of each layer set to zero at each step.",
    )
    beam_size: int = param(
        1,
        _COUNT,
        "int",
        "Beginnings of a text that `predict` goes on from at each moment. 1 writes the most likely token each time; "
        "more take so many times as long and find likelier texts.",
    )
    max_length: object = param(
        None,
        [*_COUNT, None],
        "int or None",
        "Tokens of a text that `predict` writes, at most. None is as many as the longest y had in `fit`.",
    )
    epochs: object = epochs_param(*_STEPS)
    batch_size: object = param(
        "auto",
        [Names({"auto"}), *_COUNT],
        'int or "auto"',
        'Pairs a step. "auto" is a sixteenth of all, at least 16 and at most 64.',
    )
    learning_rate: object = param(
        "auto",
        [Names({"auto"}), positive(Real)],
        'float or "auto"',
        'Step size. "auto" is 0.001, 0.01 for "sgd" and "nesterov", or the one of an optimizer instance; and if '
        '`learning_rate_schedule` is "auto", five times as much of the first two for gated units.',
    )
    learning_rate_schedule: object = learning_rate_schedule_param()
    clip_norm: object = clip_norm_param()
    n_iter_no_change: object = n_iter_no_change_param()
    early_stopping: bool = early_stopping_param("pairs")
    validation_fraction: float = validation_fraction_param("pairs")
    scoring: str = scoring_param("loss of pairs")


@estimator
class Seq2SeqTransducer(_TransducerParams, BaseDeepEstimator):
    """From strings to strings: reads a text and writes another, token by token.

    An encoder reads a text of X; a decoder is given what was read, and the tokens of y so far, and learns which comes
    next (teacher forcing). Minimises the mean cross-entropy of a token, in a program that is compiled once and used by
    every fit of the same architecture. `predict` gives the decoder what it has written itself.

    X and y hold texts: a list, an array or a Series of strings, or a frame of one column. Missing ones count as empty.

    {parameters}

    {attributes}

    See Also
    --------
    TextGenerator : Writes texts that follow from nothing but their beginning.
    TextClassifier : Labels for texts.

    Notes
    -----
    Tokens of X and of y are learned apart. With words, predictions are joined with the spaces one expects, and `score`
    compares words: where spaces matter, use characters.

    References
    ----------
    Sutskever, Vinyals and Le (2014), "Sequence to sequence learning with neural networks": `attention=None` and
    `reverse`.
    Bahdanau, Cho and Bengio (2015), "Neural machine translation by jointly learning to align and translate".
    Luong, Pham and Manning (2015), "Effective approaches to attention-based neural machine translation".
    Vaswani et al. (2017), "Attention is all you need": "transformer".

    Examples
    --------
    >>> from skdeep.text import Seq2SeqTransducer
    >>> X = [f"{a}+{b}" for a in range(10) for b in range(10)]
    >>> y = [str(a + b) for a in range(10) for b in range(10)]
    >>> model = Seq2SeqTransducer(units=64, random_state=0).fit(X, y)
    >>> model.predict(["2+2", "9+8"]).tolist()
    ['4', '17']
    """

    # What `fitting.fit` sets.
    _attributes = (
        SupervisedEstimator._attributes.rstrip()
        + """
        loss_curve_ : list of float
            Mean training loss of a token in each epoch, penalties not included.
    """
    )
    _inputs_class = Pairs

    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Learn from pairs of texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts to read.
        y : array-like of str of shape (n_samples,), or DataFrame of one column
            What is to be written of each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each pair in the loss.
        X_val, y_val : array-like of str of shape (n_validation,), default=None
            Validation pairs, evaluated after every epoch; early stopping watches them instead of splitting some off X.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of the validation pairs.

        Returns
        -------
        self : Seq2SeqTransducer
            The fitted estimator.

        Raises
        ------
        TypeError, ValueError
            If X or y are not strings or have no token, if a parameter is not valid, or if training diverges. The
            estimator then stays as it was.
        """
        self._validate_params()
        with self._unchanged_on_failure():
            rows = self._read(X, y, sample_weight)
            if not (self.warm_start and hasattr(self, "weights_")):
                self._learn_tokens(rows)
            held_out = RowData(X_val, y_val, sample_weight_val)
            if X_val is not None and y_val is not None:
                held_out = self._pairs(self._read(X_val, y_val, sample_weight_val, ("X_val", "y_val")))
            self._train(self._pairs(rows), held_out, epochs=self.epochs)
        return self

    def partial_fit(self, X, y, sample_weight=None, *, epochs=1):
        """Train on from where the net is. Tokens that the first texts did not have are unknown.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts to read.
        y : array-like of str of shape (n_samples,), or DataFrame of one column
            What is to be written of each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each pair in the loss.
        epochs : int, default=1
            Passes over these pairs.

        Returns
        -------
        self : Seq2SeqTransducer
            The estimator, trained further.

        Raises
        ------
        TypeError, ValueError
            If X or y are not strings, or a parameter or the number of epochs is not valid.
        """
        self._validate_params()
        fitting.check_incremental(self, epochs)
        with self._unchanged_on_failure():
            rows = self._read(X, y, sample_weight)
            if not hasattr(self, "weights_"):
                self._learn_tokens(rows)
            self._train(self._pairs(rows), RowData(None), epochs=epochs, incremental=True)
        return self

    def predict(self, X):
        """Write a text for each text.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts to read. Tokens that were not learned are read as one unknown token.

        Returns
        -------
        y : ndarray of str of shape (n_samples,)
            The most likely texts that were found.
        """
        check_is_fitted(self, "weights_")
        return self.target_sequencer_.inverse_transform(self._written(data.read_texts(X)))

    def score(self, X, y, sample_weight=None):
        """Return the share of texts that are written without a mistake.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts to read.
        y : array-like of str of shape (n_samples,), or DataFrame of one column
            What is to be written of each.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each text.

        Returns
        -------
        score : float
            Exact matches, token by token, from 0 to 1.
        """
        check_is_fitted(self, "weights_")
        rows = self._read(X, y, sample_weight)
        pairs = zip(self._written(rows.X), self.target_sequencer_.ids(rows.y), strict=True)
        right = [np.array_equal(written, wanted) for written, wanted in pairs]
        return float(np.average(right, weights=rows.sample_weight))

    def _written(self, X):
        """Return the ids that are written for texts, their end left out."""
        from skdeep._engine import views

        inputs, end = self._net.inputs, _ended.end(self.target_sequencer_)
        moments = (self.target_sequencer_.length_ if self.max_length is None else self.max_length) + 1
        columns = (*inputs.columns(), *((name, Ids(())) for name in ("begin", "end", "moments")))
        view = views.transduction(WRITTEN, columns, inputs.dtype, FIRST, self.beam_size)
        asked = {"begin": end, "end": end, "moments": moments}
        (ids,) = self._forward(view)(
            inputs.encode_read(self._source(X)) | {name: np.full(len(X), value) for name, value in asked.items()}
        )
        return [_sampling.before(row, end) for row in ids]

    def _read(self, X, y, sample_weight, names=("X", "y")):
        """Return texts and their weights, checked; those of weight zero are left out."""
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        X, y = (data.read_texts(one, name) for one, name in zip((X, y), names, strict=True))
        check_consistent_length(X, y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return RowData(X, y, sample_weight).without_weightless()

    def _learn_tokens(self, rows):
        if not any(text.strip() for text in rows.y):
            raise ValueError("y has no token: all texts are empty or white space.")
        self.source_sequencer_, self.target_sequencer_ = (
            _ended.new_sequencer(self).fit(one) for one in (rows.X, rows.y)
        )

    def _pairs(self, rows):
        """Return what the net reads, what it is given of that which it writes, and what it is to write."""
        written = stretches.enclosed(self.target_sequencer_.ids(rows.y), _ended.end(self.target_sequencer_))
        before, following = stretches.with_next(written, None)
        return RowData(PairRows(self._source(rows.X), before), following, rows.sample_weight)

    def _source(self, X):
        """Return the ids of texts to read, each with its end, without which an empty text had nothing to read."""
        rows = self.source_sequencer_.ids(X)
        rows = [np.append(ids, _ended.end(self.source_sequencer_)).astype(np.int32) for ids in rows]
        return Series(np.concatenate(rows), np.array([len(ids) for ids in rows]))

    def warm_up(self, X=None):
        """Compile what `predict` needs, so that the first request of a service does not wait for TensorFlow.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), default=None
            Texts such as those of requests.

        Returns
        -------
        self : object
            The estimator.
        """
        self.predict([""] if X is None else X)
        return self

    def _train(self, rows, held_out, **options):
        problem = NextToken(_ended.n_ids(self.target_sequencer_))
        fitting.fit(self, self._inputs(), problem, rows, held_out, **options)
        # What pads a row comes after it, so that no net has to be told where rows end.
        (read, _) = self._net.signature.inputs
        signature = InputSignature((read, (WRITTEN, Ids((None,)))), self._net.dtype)
        self._net = dataclasses.replace(self._net, signature=signature)

    def _inputs(self):
        ends_with_a_state = self.architecture == "gru" and self.attention is None
        return Pairs(TokenInputs(dtype=self.dtype), ends_with_a_state if self.reverse == "auto" else self.reverse)

    def _design(self, inputs, signature, output_sizes):
        if self.architecture == "transformer" and self.units % self.n_heads:
            raise ValueError(f"units={self.units} cannot be shared by n_heads={self.n_heads}: it is no multiple.")
        config = encoder_decoder.EncoderDecoderConfig(
            output_sizes,
            *(
                entrance.Vocabulary(_ended.n_ids(sequencer), self.embedding_dim, spread=_SPREADS[self.architecture])
                for sequencer in (self.source_sequencer_, self.target_sequencer_)
            ),
            self.architecture,
            self.units,
            self.n_layers,
            self.n_heads,
            self.attention if self.architecture == "gru" else None,
            self.dropout > 0,
        )
        numbers = {"dropout": float(self.dropout)} if config.dropout else {}
        spec = ModelSpec(encoder_decoder.build, config, tuple(numbers))
        return Design(spec, numbers, CosineDecay(), _RATE_FACTORS[self.architecture], steps=_STEPS)
