"""Convolutional nets over time."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import HasMethods, Interval

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import OPTIMIZERS, ClassifierParams, RegressorParams, estimator, param, positive
from skdeep._estimator.regressor import DeepRegressor
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.architectures import _activations
from skdeep.architectures.sequence import temporal_cnn
from skdeep.sequence._params import STEPS, SequenceParams
from skdeep.sequence._per_step import SequenceClassifier
from skdeep.utils._keys import described
from skdeep.utils._words import Names

# architecture -> (filters, depth) of its paper, but for "inception", which has half as many filters.
_MEASURES = {"inception": (16, 6), "fcn": (128, 3), "resnet": (64, 3), "lstm_fcn": (128, 3)}


@dataclass(eq=False, repr=False)
class _TemporalCNN(SequenceParams):
    """The architecture of a convolutional net over time, what X is to it, and how it is trained."""

    architecture: str = param(
        "inception",
        [Names(temporal_cnn.ARCHITECTURES)],
        '{"inception", "fcn", "resnet", "lstm_fcn"}',
        'Kernels of three widths beside each other ("inception"), three plain convolutions ("fcn"), residual blocks of '
        'them ("resnet"), or the three beside a small LSTM ("lstm_fcn").',
        positional=True,
    )
    n_estimators: int = param(
        1,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Members of an ensemble that is trained as one program, and whose predictions are averaged.",
    )
    differences: object = param(
        "auto",
        [Names({"auto"}), "boolean"],
        'bool or "auto"',
        "Whether a net reads the change of each channel since the moment before, beside the channel. That helps with "
        'outlines, and hurts with noise. With "auto", every second member of an ensemble does; a single net does not.',
    )
    filters: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Filters of the narrowest convolutions: "auto" is 16 for "inception", 64 for "resnet", 128 for the others.',
    )
    depth: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, 100, closed="both")],
        'int or "auto"',
        'Blocks of "inception" and "resnet": "auto" is 6 and 3.',
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        'Activation of the convolutions: any Keras name ("relu", "gelu", "silu", "tanh", ...) or a function.',
    )
    normalization: object = param(
        "batch", [Names({"batch"}), None], '{"batch"} or None', "Normalisation of each convolution over the batch."
    )
    dropout: float = param(
        0.0, [Interval(Real, 0, 1, closed="left")], "float", "Fraction of the averages set to zero at each step."
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights: a Keras name or instance. "auto" is He for the ReLU family, LeCun for selu, else Glorot.',
    )

    optimizer: object = param(
        "adamw",
        [Names(OPTIMIZERS, any_case=True), HasMethods(["get_config", "apply"])],
        "str or keras.optimizers.Optimizer",
        "Name of an optimizer, one of "
        + ", ".join(f'"{name}"' for name in OPTIMIZERS)
        + "; or a Keras instance, whose configuration is copied and which is never trained itself.",
    )
    weight_decay: object = param(
        0.01,
        [Names({"auto"}), positive(Real, closed="left")],
        'float or "auto"',
        "Decoupled decay: the weights shrink by this fraction times the learning rate at each step, biases excepted. "
        '"auto" is 0.004 for "adamw", the one of an optimizer instance, and 0 for the others.',
    )

    def _design(self, inputs, signature, output_sizes):
        from skdeep._engine.members import together

        _activations.check_activation(self.activation)
        _activations.check_initializer(self.kernel_initializer)
        numbers = ({"dropout": float(self.dropout)} if self.dropout else {}) | (
            {"step": 0.0} if self.normalization else {}
        )
        specs, placed = [], {}
        for number in range(self.n_estimators):
            differences = number % 2 == 1 if self.differences == "auto" else bool(self.differences)
            reading, placed = self._reading(inputs, differences)
            specs.append(ModelSpec(temporal_cnn.build, self._config(reading, output_sizes), tuple(numbers)))
        model = specs[0] if len(specs) == 1 else together(tuple(specs))
        initial, mixup = lambda: placed, float(self.mixup) or None
        return Design(model, numbers, *SCHEDULE, initial=initial, mixup=mixup, n_members=len(specs), steps=STEPS)

    def _config(self, reading, output_sizes):
        filters, depth = _MEASURES[self.architecture]
        return temporal_cnn.TemporalCNNConfig(
            output_sizes,
            self.architecture,
            filters if self.filters == "auto" else int(self.filters),
            depth if self.depth == "auto" else int(self.depth),
            self.normalization,
            described(self.activation),
            described(self.kernel_initializer),
            self.dropout > 0,
            per_step=not self._pools(),
            reading=reading,
        )


@estimator
class TemporalCNNClassifier(SequenceClassifier, ClassifierParams, _TemporalCNN):
    """Convolutional net classifier for series and tokens.

    Looks for patterns of several lengths anywhere in a series, in a program that is compiled once and used by every fit
    of the same architecture, whatever the lengths of the series.

    X holds series, of shape (n_samples, time, channels), (n_samples, time) for one channel, or a list of arrays of
    shape (time,) or (time, channels) of any lengths; or rows of ids with `embedding_dim`. What pads shorter series in
    a batch never changes a prediction. Labels are of any kind: two classes, many, several at once;
    or, with `per_step`, there is one for each moment.

    {parameters}

    {attributes}

    See Also
    --------
    TemporalCNNRegressor : The same for numbers.
    RNNClassifier : Reads moment by moment.
    skdeep.inspection.ClassActivationDisplay : Draws what each moment adds to the score.

    References
    ----------
    Wang, Yan and Oates (2017), "Time series classification from scratch with deep neural networks": "fcn", "resnet".
    Karim et al. (2018), "LSTM fully convolutional networks for time series classification": "lstm_fcn".
    Ismail Fawaz et al. (2020), "InceptionTime: finding AlexNet for time series classification": "inception".
    Loshchilov and Hutter (2019), "Decoupled weight decay regularization".

    Examples
    --------
    Is there a bump in the noise?

    >>> import numpy as np
    >>> from skdeep.sequence import TemporalCNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(300, 40))
    >>> y = np.arange(300) % 2
    >>> X[y == 1, 20:25] += 3
    >>> model = TemporalCNNClassifier("fcn", filters=8, random_state=0).fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.9)
    True
    """


@estimator
class TemporalCNNRegressor(DeepRegressor, RegressorParams, _TemporalCNN):
    """Convolutional net regressor for series and tokens.

    Looks for patterns of several lengths anywhere in a series, in a program that is compiled once and used by every fit
    of the same architecture. Targets are standardised inside and predictions restored; one target or several.

    X holds series, of shape (n_samples, time, channels), (n_samples, time) for one channel, or a list of arrays of
    shape (time,) or (time, channels) of any lengths; or rows of ids with `embedding_dim`.

    {parameters}

    {attributes}

    See Also
    --------
    TemporalCNNClassifier : The same for labels, with the papers behind the architectures.

    References
    ----------
    Wang, Yan and Oates (2017), "Time series classification from scratch with deep neural networks".

    Examples
    --------
    How high is the bump in the noise?

    >>> import numpy as np
    >>> from skdeep.sequence import TemporalCNNRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(300, 40)), rng.uniform(0, 9, size=300)
    >>> X[:, 20:25] += y[:, None]
    >>> model = TemporalCNNRegressor("fcn", filters=8, random_state=0).fit(X[:200], y[:200])
    >>> bool(model.score(X[200:], y[200:]) > 0.8)
    True
    """
