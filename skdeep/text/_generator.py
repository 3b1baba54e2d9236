"""Language models: nets that learn which token comes next, and write texts."""

import dataclasses

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skdeep._data import stretches
from skdeep._data import texts as data
from skdeep._data.columns import Ids, Ragged
from skdeep._data.inputs._series_rows import rounded_up
from skdeep._data.inputs.texts import TextInputs
from skdeep._data.rows import RowData
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep._estimator import fitting
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.net import Design
from skdeep._estimator.next_token import NextToken
from skdeep._estimator.params import estimator
from skdeep.architectures.sequence import entrance, rnn, transformer
from skdeep.schedules import CosineDecay
from skdeep.text import _sampling
from skdeep.text._generator_params import STEPS, GeneratorParams
from skdeep.text._sequencer import TokenSequencer

_FIRST = 2  # id of a token: 0 is padding, and 1 what is unknown


@estimator
class TextGenerator(GeneratorParams, BaseDeepEstimator):
    """Language model that learns which token comes next, and writes texts.

    {parameters}

    {attributes}
    """

    _attributes = """
        sequencer_ : TokenSequencer
            The tokens that were learned. One more id, after the largest of them, stands for the end of a text.
    """
    _inputs_class = TextInputs

    @with_callbacks
    def fit(self, X, y=None, *, X_val=None):
        self._validate_params()
        with self._unchanged_on_failure():
            texts = data.read_texts(X)
            if not (self.warm_start and hasattr(self, "weights_")):
                self.sequencer_ = self._new_sequencer().fit(texts)
            self._train(texts, X_val, epochs=self.epochs)
        return self

    def partial_fit(self, X, y=None, *, epochs=1):
        self._validate_params()
        with self._unchanged_on_failure():
            texts = data.read_texts(X)
            if not hasattr(self, "weights_"):
                self.sequencer_ = self._new_sequencer().fit(texts)
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
        forward = self._forward(views.continuation("X", _sampling.columns(dtype), dtype, _FIRST))
        new = _sampling.continued(
            forward,
            [np.concatenate([[self._end], row]) for row in ids],
            length,
            _sampling.Rules(temperature, top_k, top_p, self._end),
            random_state,
            self.context if self.architecture == "transformer" else None,
        )
        texts = np.empty(len(prompts), object)
        texts[:] = [
            given + _sampling.cut(_sampling.appended(self.sequencer_, given, *parts), stop)
            for given, *parts in zip(prompts, ids, new, strict=True)
        ]
        return texts

    def log_likelihood(self, X):
        return self._likelihoods(X)[0]

    def score(self, X, y=None):
        totals, counts = self._likelihoods(X)
        return float(totals.sum() / counts.sum())

    def perplexity(self, X):
        return float(np.exp(-self.score(X)))

    def _likelihoods(self, X):
        """Return the log-likelihood of each text, and how many tokens it has, its end included."""
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        rows = self._enclosed(data.read_texts(X))
        windows = stretches.Windows(rows, self.context)
        forward = self._forward(views.likelihood("X", Ragged((), "int32"), self._net.dtype))
        (logs,) = forward({"X": windows.series})
        return windows.totals(logs), np.array([len(row) - 1 for row in rows])

    def _forward(self, view):
        from skdeep._engine.cache import cache

        return cache.forward(self, self._net.spec, self._net.signature, self.weights_, view)

    def _train(self, texts, X_val, **options):
        problem = NextToken(self._n_ids)
        held_out = RowData(None) if X_val is None else self._rows(data.read_texts(X_val, "X_val"))
        fitting.fit(self, self._inputs(), problem, self._rows(texts), held_out, **options)
        # What pads a row comes after it, so that no net has to be told where rows end.
        signature = InputSignature((("X", Ids((None,))),), self._net.dtype)
        self._net = dataclasses.replace(self._net, signature=signature)

    def _rows(self, texts):
        return RowData(*stretches.with_next(self._enclosed(texts), self.context))

    def _enclosed(self, texts):
        return stretches.enclosed(self.sequencer_.ids(texts), self._end)

    @property
    def _end(self):
        """The id that ends a text."""
        return self.sequencer_.n_ids_

    @property
    def _n_ids(self):
        """Number of ids, rounded up, so that folds with some tokens more or less share a program."""
        return rounded_up(self._end + 1)

    def _new_sequencer(self):
        return TokenSequencer(self.max_tokens, level=self.level, lowercase=self.lowercase, max_length="longest")

    def _inputs(self):
        return TextInputs(self._n_ids, dtype=self.dtype)

    def _design(self, inputs, signature, output_sizes):
        config = (self._transformer if self.architecture == "transformer" else self._recurrent)(output_sizes)
        numbers = {"dropout": float(self.dropout)} if self.dropout else {}
        build = transformer.build if self.architecture == "transformer" else rnn.build
        return Design(ModelSpec(build, config, tuple(numbers)), numbers, CosineDecay(), 3.0, steps=STEPS)

    def _recurrent(self, output_sizes):
        return rnn.RNNConfig(
            output_sizes,
            self.architecture,
            (self.units,) * self.n_layers,
            pooling=None,
            dropout=self.dropout > 0,
            reading=entrance.Vocabulary(self._n_ids, self.embedding_dim),
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
            reading=entrance.Vocabulary(self._n_ids, self.embedding_dim),
            causal=True,
        )
