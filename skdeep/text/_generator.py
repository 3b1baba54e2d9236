"""Language models: nets that learn which token comes next, and write texts."""

import dataclasses

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skdeep._data import stretches
from skdeep._data import texts as data
from skdeep._data.columns import Ids, Ragged
from skdeep._data.inputs.stretches import Stretches
from skdeep._data.rows import RowData
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep._estimator import fitting
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.net import Design
from skdeep._estimator.next_token import NextToken
from skdeep._estimator.params import estimator
from skdeep._estimator.supervised import SupervisedEstimator
from skdeep.architectures.sequence import entrance, rnn, transformer
from skdeep.schedules import CosineDecay
from skdeep.text import _ended, _sampling
from skdeep.text._generator_params import RATE_FACTORS, STEPS, GeneratorParams, LanguageParams
from skdeep.text._sequencer import FIRST


@estimator
class TextGenerator(GeneratorParams, LanguageParams, BaseDeepEstimator):
    """Language model: learns which token comes next, and writes texts.

    Minimises the mean cross-entropy of each token given those before it, in a program that is compiled once and used by
    every fit of the same architecture. Each text may be as long as a book: it is cut into stretches of `context`
    tokens, and begins and ends with a token of its own, so that a text that is sampled can come to its end.

    X holds texts: a list, an array or a Series of strings, or a frame of one column. Missing ones count as empty.

    {parameters}

    {attributes}

    See Also
    --------
    TokenSequencer : Makes the tokens.
    skdeep.sequence.RNNClassifier : Learns labels of rows of ids.

    Notes
    -----
    A token is predicted from those before it in its stretch. `score` counts what does not fit into one stretch in
    windows that overlap by half.

    Scores are per token, the end of each text included: compare those of models with the same tokens only, which is to
    say with the same `level`, `max_tokens` and `lowercase`, and for subwords the same training texts. Per text,
    `log_likelihood` can be compared where no token is unknown. Natural logarithms are used; divide by log(2) for bits.

    References
    ----------
    Bengio et al. (2003), "A neural probabilistic language model".
    Graves (2013), "Generating sequences with recurrent neural networks": "lstm".
    Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder": "gru".
    Vaswani et al. (2017), "Attention is all you need": "transformer", of which only the causal half is needed.
    Holtzman et al. (2020), "The curious case of neural text degeneration": `top_p`.

    Examples
    --------
    >>> from skdeep.text import TextGenerator
    >>> texts = ["one two three four. " * 10] * 16
    >>> model = TextGenerator(units=32, epochs=40, random_state=0).fit(texts)
    >>> model.sample(prompt="one two", length=12, temperature=0).tolist()
    ['one two three four.']
    >>> bool(model.perplexity(texts) < 1.2)
    True
    """

    # What `fitting.fit` sets.
    _attributes = (
        SupervisedEstimator._attributes.rstrip()
        + """
        loss_curve_ : list of float
            Mean training loss of a token in each epoch, penalties not included.
    """
    )
    _inputs_class = Stretches

    @with_callbacks
    def fit(self, X, y=None, *, X_val=None):
        """Learn from texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts, of any lengths.
        y : None
            Ignored, there for the sake of pipelines and searches.
        X_val : array-like of str of shape (n_validation,), default=None
            Validation texts, evaluated after every epoch; early stopping watches them instead of stretches of X.

        Returns
        -------
        self : TextGenerator
            The fitted estimator.

        Raises
        ------
        TypeError, ValueError
            If X is not strings or has no token, if a parameter is not valid, or if training diverges. The estimator
            then stays as it was.
        """
        self._validate_params()
        with self._unchanged_on_failure():
            texts = data.read_texts(X)
            if not (self.warm_start and hasattr(self, "weights_")):
                self.sequencer_ = _ended.new_sequencer(self).fit(texts)
            self._train(texts, X_val, epochs=self.epochs)
        return self

    def partial_fit(self, X, y=None, *, epochs=1):
        """Train on from where the net is. Tokens that the first texts did not have are unknown.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored.
        epochs : int, default=1
            Passes over these texts.

        Returns
        -------
        self : TextGenerator
            The estimator, trained further.

        Raises
        ------
        TypeError, ValueError
            If X is not strings, or a parameter or the number of epochs is not valid.
        """
        self._validate_params()
        fitting.check_incremental(self, epochs)
        with self._unchanged_on_failure():
            texts = data.read_texts(X)
            if not hasattr(self, "weights_"):
                self.sequencer_ = _ended.new_sequencer(self).fit(texts)
            self._train(texts, None, epochs=epochs, incremental=True)
        return self

    def sample(
        self,
        n_samples=1,
        *,
        prompt="",
        length=200,
        temperature=1.0,
        top_k=None,
        top_p=None,
        stop=None,
        random_state=None,
    ):
        """Write texts, token by token.

        Each token is drawn given the prompt and all that was drawn before. What the net has computed of these is kept:
        a token costs a recurrent net the same whatever came before it, and a transformer an effort that grows with the
        tokens that it sees. The first call compiles that loop, later ones with whatever arguments compile nothing.

        Parameters
        ----------
        n_samples : int, default=1
            Texts for each prompt.
        prompt : str or array-like of str of shape (n_prompts,), default=""
            How texts begin. Tokens that were not learned are read as one unknown token.
        length : int, default=200
            Tokens that are added at most. A text is shorter if its end is drawn.
        temperature : float, default=1.0
            What the logarithms of the probabilities are divided by: less than 1 makes likely tokens more likely, and 0
            always takes the most likely one.
        top_k : int, default=None
            Draw from so many of the most likely tokens only.
        top_p : float, default=None
            Draw from the fewest of the most likely tokens whose probabilities add up to this (of those that `top_k`
            leaves).
        stop : str or list of str, default=None
            What is added to a prompt ends before the first of these.
        random_state : int, RandomState instance or None, default=None
            Fixes what is drawn, whatever the batch: the first texts of more are the same.

        Returns
        -------
        texts : ndarray of str of shape (n_samples,) or (n_prompts * n_samples,)
            Prompts and what is added to them, those of the same prompt one after the other. The unknown token is never
            drawn. Words and subwords are joined with the spaces one expects.

        Raises
        ------
        TypeError, ValueError
            If prompts are not strings or an argument is not valid.

        Notes
        -----
        A recurrent net reads on for as long as it is asked to. A transformer has learned `context` positions: after
        these it starts anew with the last half of what it has read, and of a longer prompt it reads the last `context`
        tokens.
        """
        check_is_fitted(self, "weights_")
        _sampling.check(
            n_samples=n_samples,
            length=length,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            stop=stop,
            random_state=random_state,
        )
        from skdeep._engine import views

        prompts = np.repeat(data.read_texts([prompt] if isinstance(prompt, str) else prompt, "prompt"), n_samples)
        ids, dtype = self.sequencer_.ids(prompts), self._net.dtype
        forward = self._forward(views.continuation("X", _sampling.columns(dtype), dtype, FIRST))
        new = _sampling.continued(
            forward,
            [np.concatenate([[_ended.end(self.sequencer_)], row]) for row in ids],
            length,
            _sampling.Rules(temperature, top_k, top_p, _ended.end(self.sequencer_)),
            random_state,
            self._net.inputs.context if self._has_positions() else None,
        )
        texts = np.empty(len(prompts), object)
        texts[:] = [
            given + _sampling.cut(_sampling.appended(self.sequencer_, given, *parts), stop)
            for given, *parts in zip(prompts, ids, new, strict=True)
        ]
        return texts

    def log_likelihood(self, X):
        """Return the logarithm of the probability of each text, its end included.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        totals : ndarray of shape (n_samples,)
            Natural logarithms, summed over the tokens of a text.
        """
        return self._likelihoods(X)[0]

    def score(self, X, y=None):
        """Return the mean log-likelihood of a token, the end of each text being one.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.
        y : None
            Ignored, there for the sake of searches.

        Returns
        -------
        score : float
            Natural logarithm; the larger, the better. With level="char" it is per character.
        """
        totals, counts = self._likelihoods(X)
        return float(totals.sum() / counts.sum())

    def perplexity(self, X):
        """Return how many tokens the net hesitates between, on geometric average: exp(-score).

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), or DataFrame of one column
            Texts.

        Returns
        -------
        perplexity : float
            From 1 on; the smaller, the better. With level="char" it is per character.
        """
        return float(np.exp(-self.score(X)))

    def _likelihoods(self, X):
        """Return the log-likelihood of each text, and how many tokens it has, its end included."""
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        rows = self._enclosed(data.read_texts(X))
        windows = stretches.Windows(rows, self._net.inputs.context)
        forward = self._forward(views.likelihood("X", Ragged((), "int32"), self._net.dtype))
        (logs,) = forward({"X": windows.series})
        return windows.totals(logs), np.array([len(row) - 1 for row in rows])

    def warm_up(self, X=None):
        """Compile what `sample` needs, so that the first request of a service does not wait for TensorFlow.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,), default=None
            Prompts such as those of requests.

        Returns
        -------
        self : object
            The estimator.
        """
        self.sample(prompt="" if X is None else X, length=1, random_state=0)
        return self

    def _train(self, texts, X_val, **options):
        problem = NextToken(_ended.n_ids(self.sequencer_))
        held_out = RowData(None) if X_val is None else self._rows(data.read_texts(X_val, "X_val"))
        fitting.fit(self, self._inputs(), problem, self._rows(texts), held_out, **options)
        # What pads a row comes after it, so that no net has to be told where rows end.
        signature = InputSignature((("X", Ids((None,))),), self._net.dtype)
        self._net = dataclasses.replace(self._net, signature=signature)

    def _rows(self, texts):
        return RowData(*stretches.with_next(self._enclosed(texts), self.context))

    def _enclosed(self, texts):
        return stretches.enclosed(self.sequencer_.ids(texts), _ended.end(self.sequencer_))

    def _has_positions(self):
        """Whether the net has learned as many positions as its context has, and takes no more."""
        return isinstance(self._net.spec.config, transformer.TransformerConfig)

    def _inputs(self):
        return Stretches(_ended.n_ids(self.sequencer_), dtype=self.dtype, context=self.context)

    def _design(self, inputs, signature, output_sizes):
        config = (self._transformer if self.architecture == "transformer" else self._recurrent)(output_sizes)
        numbers = {"dropout": float(self.dropout)} if self.dropout else {}
        build = transformer.build if self.architecture == "transformer" else rnn.build
        rate_factor = RATE_FACTORS[self.architecture]
        return Design(ModelSpec(build, config, tuple(numbers)), numbers, CosineDecay(), rate_factor, steps=STEPS)

    def _recurrent(self, output_sizes):
        return rnn.RNNConfig(
            output_sizes,
            self.architecture,
            (self.units,) * self.n_layers,
            pooling=None,
            dropout=self.dropout > 0,
            reading=entrance.Vocabulary(_ended.n_ids(self.sequencer_), self.embedding_dim),
        )

    def _transformer(self, output_sizes):
        if self.units % self.n_heads:
            raise ValueError(f"units={self.units} cannot be shared by n_heads={self.n_heads}: it is no multiple.")
        return transformer.TransformerConfig(
            output_sizes,
            self.n_layers,
            self.n_heads,
            self.units,
            pooling=None,
            dropout=self.dropout > 0,
            # Sines of size 1 are added for the positions, and would drown smaller vectors.
            reading=entrance.Vocabulary(_ended.n_ids(self.sequencer_), self.embedding_dim, spread=2.0),
            causal=True,
        )
