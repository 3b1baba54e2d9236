"""Recurrent nets for series and tokens."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import ClassifierParams, RegressorParams, estimator, param
from skdeep._estimator.regressor import DeepRegressor
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.architectures import _activations
from skdeep.architectures.sequence import rnn
from skdeep.sequence._params import STEPS, SequenceParams
from skdeep.sequence._per_step import SequenceClassifier
from skdeep.utils._keys import described
from skdeep.utils._words import Names


@dataclass(eq=False, repr=False)
class _RNN:
    """The architecture of a recurrent net."""

    cell: str = param(
        "gru",
        [Names(rnn.CELLS)],
        '{"gru", "lstm", "simple"}',
        "What remembers: gated recurrent units, long short-term memory, or the plain recurrence.",
        positional=True,
    )
    units: object = param(
        64,
        ["array-like", Interval(Integral, 1, None, closed="left")],
        "int or tuple of int",
        "Units of the recurrent layer, or of each of several that are stacked.",
    )
    bidirectional: bool = param(
        False, ["boolean"], "bool", "Whether a second layer reads each series from its end to its beginning."
    )
    pooling: str = param(
        "last",
        [Names(rnn.POOLINGS)],
        '{"last", "average", "max", "average_max", "attention"}',
        'How the states of all moments become one vector: the "last", their "average" or "max", both beside each '
        'other, or a weighted mean whose weights are learned ("attention").',
    )
    skip_connections: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether each stacked layer that is as wide as the one before it adds its input to its output.",
    )
    recurrent_dropout: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of the states that is not passed on, the same one at all moments of a step (Gal and Ghahramani).",
    )
    dropout: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of the outputs of each layer set to zero at each step.",
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights of the output layer; "auto" is Glorot. Cells begin with Glorot\'s weights and an orthogonal '
        "recurrence.",
    )

    def _design(self, inputs, signature, output_sizes):
        _activations.check_initializer(self.kernel_initializer)
        reading, placed = self._reading(inputs)
        rates = {name: float(getattr(self, name)) for name in ("dropout", "recurrent_dropout")}
        config = rnn.RNNConfig(
            output_sizes,
            self.cell,
            _units(self.units),
            bool(self.bidirectional),
            self.pooling if self._pools() else None,
            bool(self.skip_connections),
            **{name: rate > 0 for name, rate in rates.items()},
            kernel_initializer=described(self.kernel_initializer),
            reading=reading,
        )
        numbers = {name: rate for name, rate in rates.items() if rate}
        spec = ModelSpec(rnn.build, config, tuple(numbers))
        return Design(spec, numbers, *SCHEDULE, initial=lambda: placed, mixup=float(self.mixup) or None, steps=STEPS)


def _units(units):
    sizes = tuple(units) if np.iterable(units) else (units,)
    if not sizes or not all(isinstance(size, Integral) and size >= 1 for size in sizes):
        raise ValueError(f"units must be a positive int, or hold one for each layer, got {units!r}.")
    return tuple(int(size) for size in sizes)


@estimator
class RNNClassifier(SequenceClassifier, ClassifierParams, SequenceParams, _RNN):
    """Recurrent net classifier for series and tokens.

    Reads each series moment by moment, in a program that is compiled once and used by every fit of the same
    architecture, whatever the lengths of the series: a search over learning rates, dropout or seeds compiles nothing
    new.

    X holds series, of shape (n_samples, time, channels), (n_samples, time) for one channel, or a list of arrays of
    shape (time,) or (time, channels) of any lengths; or rows of ids with `embedding_dim`. What pads shorter series in
    a batch never changes a prediction. Labels are of any kind: two classes, many, several at once;
    or, with `per_step`, there is one for each moment.

    {parameters}

    {attributes}

    See Also
    --------
    RNNRegressor : The same for numbers.
    TemporalCNNClassifier : Convolutions over time, faster on long series.
    TransformerClassifier : Attention between all moments.

    References
    ----------
    Elman (1990), "Finding structure in time": "simple".
    Hochreiter and Schmidhuber (1997), "Long short-term memory": "lstm".
    Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder": "gru".
    Schuster and Paliwal (1997), "Bidirectional recurrent neural networks".
    Gal and Ghahramani (2016), "A theoretically grounded application of dropout in recurrent neural networks".

    Examples
    --------
    Does a series of any length go up more often than down?

    >>> import numpy as np
    >>> from skdeep.sequence import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=rng.integers(5, 15)) for _ in range(300)]
    >>> y = [row.mean() > 0 for row in X]
    >>> model = RNNClassifier(units=16, random_state=0).fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.9)
    True
    """


@estimator
class RNNRegressor(DeepRegressor, RegressorParams, SequenceParams, _RNN):
    """Recurrent net regressor for series and tokens.

    Reads each series moment by moment, in a program that is compiled once and used by every fit of the same
    architecture. Targets are standardised inside and predictions restored; one target or several.

    X holds series, of shape (n_samples, time, channels), (n_samples, time) for one channel, or a list of arrays of
    shape (time,) or (time, channels) of any lengths; or rows of ids with `embedding_dim`.

    {parameters}

    {attributes}

    See Also
    --------
    RNNClassifier : The same for labels, with the papers behind the cells.

    References
    ----------
    Hochreiter and Schmidhuber (1997), "Long short-term memory".

    Examples
    --------
    The mean of a series:

    >>> import numpy as np
    >>> from skdeep.sequence import RNNRegressor
    >>> X = np.random.default_rng(0).normal(size=(300, 10))
    >>> y = X.mean(axis=1)
    >>> model = RNNRegressor(units=16, random_state=0).fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.9)
    True
    """
