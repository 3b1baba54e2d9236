"""Transformer encoders for series and tokens."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import ClassifierParams, RegressorParams, estimator, param
from skdeep._estimator.regressor import DeepRegressor
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.architectures import _activations
from skdeep.architectures.sequence import transformer
from skdeep.sequence._params import STEPS, SequenceParams
from skdeep.sequence._per_step import SequenceClassifier
from skdeep.utils._keys import described
from skdeep.utils._words import Names

_MOST_PATCHES = 128  # that a series of usual length becomes with patch_size="auto"


@dataclass(eq=False, repr=False)
class _Transformer(SequenceParams):
    """The architecture of a transformer encoder, and what X is to it."""

    n_layers: int = param(
        2,
        [Interval(Integral, 1, 100, closed="both")],
        "int",
        "Layers, each of attention and a dense net.",
        positional=True,
    )
    n_heads: int = param(
        4, [Interval(Integral, 1, None, closed="left")], "int", "Heads of the attention; they share the width."
    )
    width: int = param(
        64, [Interval(Integral, 2, None, closed="left")], "int", "Length of the vector of each moment or patch."
    )
    positional: object = param(
        "sinusoidal",
        [Names(transformer.POSITIONS), None],
        '{"sinusoidal", "learned"} or None',
        "How a net knows where in a series a moment is: by sines and cosines, by vectors that are learned (series may "
        "then not be longer than at fit), or not at all.",
    )
    patch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        "Moments that a convolution makes one vector of: the cost of attention grows with the square of the vectors. "
        f'"auto" is 1 up to {_MOST_PATCHES} moments, and else as many as leave {_MOST_PATCHES} vectors of the longest '
        "series; 1 for ids.",
    )
    pooling: str = param(
        "average",
        [Names(transformer.POOLINGS)],
        '{"average", "max", "average_max", "attention"}',
        "How the vectors of all moments become one.",
    )
    activation: object = param(
        "gelu", [str, callable], "str or callable", "Activation of the dense nets: any Keras name or a function."
    )
    dropout: float = param(
        0.1,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of what attention and dense nets add that is set to zero at each step.",
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights of the output layer; "auto" is Glorot, as everywhere else.',
    )

    def attention_weights(self, X):
        """Return how much each moment, or patch, looks at each other one.

        Parameters
        ----------
        X : array-like of shape (n_samples, time, channels) or list of array-like
            Series, or rows of ids.

        Returns
        -------
        weights : ndarray of shape (n_samples, n_layers, n_heads, n_moments, n_moments)
            Of the moment in the row, to that in the column; they sum to one over the columns. What lies behind the end
            of a shorter series has weight zero.
        """
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        X = self._net.inputs.validate(self, X, reset=False)
        config = self._net.spec.config
        layers = [self._viewed(X, views.layer(name))[1] for name in transformer.attention_names(config)]
        weights = np.stack(layers, axis=1)
        moments = np.arange(weights.shape[-1]) * config.patch_size
        return np.where((moments < X.lengths[:, None])[:, None, None, :, None], weights, 0.0)

    def _is_limited(self):
        return self.positional == "learned"

    def _design(self, inputs, signature, output_sizes):
        _activations.check_activation(self.activation)
        _activations.check_initializer(self.kernel_initializer)
        if self.width % self.n_heads:
            raise ValueError(f"width={self.width} cannot be shared by n_heads={self.n_heads}: it is no multiple.")
        reading, placed = self._reading(inputs)
        longest = inputs.longest
        patch_size = self.patch_size
        if not self._pools() and patch_size not in ("auto", 1):
            raise ValueError(f"per_step=True gives each moment an output, but patch_size={patch_size} joins moments.")
        if patch_size == "auto":
            patch_size = 1 if self._reads_tokens() or not self._pools() else -(-longest // _MOST_PATCHES)
        config = transformer.TransformerConfig(
            output_sizes,
            self.n_layers,
            self.n_heads,
            self.width,
            self.positional,
            patch_size,
            longest if self.positional == "learned" else None,
            self.pooling if self._pools() else None,
            described(self.activation),
            described(self.kernel_initializer),
            self.dropout > 0,
            reading,
        )
        numbers = {"dropout": float(self.dropout)} if self.dropout else {}
        spec = ModelSpec(transformer.build, config, tuple(numbers))
        return Design(spec, numbers, *SCHEDULE, initial=lambda: placed, mixup=float(self.mixup) or None, steps=STEPS)


@estimator
class TransformerClassifier(SequenceClassifier, ClassifierParams, _Transformer):
    """Transformer encoder classifier for series and tokens.

    Lets every moment of a series look at every other one, in a program that is compiled once and used by every fit of
    the same architecture, whatever the lengths of the series.

    X holds series, of shape (n_samples, time, channels), (n_samples, time) for one channel, or a list of arrays of
    shape (time,) or (time, channels) of any lengths; or rows of ids with `embedding_dim`. What pads shorter series in
    a batch never changes a prediction. Labels are of any kind: two classes, many, several at once;
    or, with `per_step`, there is one for each moment.

    {parameters}

    {attributes}

    See Also
    --------
    TransformerRegressor : The same for numbers.
    RNNClassifier : Reads moment by moment.
    skdeep.inspection.AttentionDisplay : Draws what it looks at.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need".
    Xiong et al. (2020), "On layer normalization in the transformer architecture".

    Examples
    --------
    Is the largest value in the first half of a series?

    >>> import numpy as np
    >>> from skdeep.sequence import TransformerClassifier
    >>> X = np.random.default_rng(0).normal(size=(600, 12))
    >>> y = X.argmax(axis=1) < 6
    >>> model = TransformerClassifier(1, width=16, random_state=0).fit(X[:500], y[:500])
    >>> bool(model.score(X[500:], y[500:]) > 0.7)
    True
    >>> model.attention_weights(X[:2]).shape
    (2, 1, 4, 12, 12)
    """


@estimator
class TransformerRegressor(DeepRegressor, RegressorParams, _Transformer):
    """Transformer encoder regressor for series and tokens.

    Lets every moment of a series look at every other one, in a program that is compiled once and used by every fit of
    the same architecture. Targets are standardised inside and predictions restored; one target or several.

    X holds series, of shape (n_samples, time, channels), (n_samples, time) for one channel, or a list of arrays of
    shape (time,) or (time, channels) of any lengths; or rows of ids with `embedding_dim`.

    {parameters}

    {attributes}

    See Also
    --------
    TransformerClassifier : The same for labels.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need".

    Examples
    --------
    The mean of a series:

    >>> import numpy as np
    >>> from skdeep.sequence import TransformerRegressor
    >>> X = np.random.default_rng(0).normal(size=(600, 12))
    >>> y = X.mean(axis=1)
    >>> model = TransformerRegressor(1, width=16, random_state=0).fit(X[:500], y[:500])
    >>> bool(model.score(X[500:], y[500:]) > 0.8)
    True
    """
