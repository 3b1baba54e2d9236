"""Multilayer perceptrons for tables."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs import Tables
from skdeep._engine.spec import ModelSpec
from skdeep._estimator.classifier import DeepClassifier
from skdeep._estimator.net import Design
from skdeep._estimator.params import (
    ClassifierParams,
    RegressorParams,
    TrainingParams,
    estimator,
    mixup_param,
    param,
)
from skdeep._estimator.regressor import DeepRegressor
from skdeep.architectures import mlp
from skdeep.utils._keys import described
from skdeep.utils._words import Names


@dataclass(eq=False, repr=False)
class _MLP:
    """The architecture of a multilayer perceptron, and its weights under scikit-learn's names."""

    hidden_layer_sizes: tuple = param(
        (100,),
        ["array-like", Interval(Integral, 1, None, closed="left")],
        "tuple of int",
        "Units of each hidden layer. () is the perceptron: logistic or linear regression.",
        positional=True,
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        'Activation of the hidden layers: any Keras name ("relu", "leaky_relu", "elu", "selu", "gelu", "mish", "silu", '
        '"tanh", "sigmoid", "softplus", "linear", ...), "maxout" (the larger of two linear pieces), or a function.',
        positional=True,
    )
    dropout: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of hidden units set to zero at each step.",
    )
    normalization: object = param(
        None,
        [Names({"batch", "layer"}), None],
        '{"batch", "layer"} or None',
        "Normalisation before each activation, over the batch or over the units.",
    )
    residual: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether each hidden layer as wide as the one before it adds its input to its output.",
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights: a Keras name or instance. "auto" is Glorot; for layers of the ReLU '
        "family that follow another, He; for selu, LeCun. With it, the biases of the first hidden layer are drawn as "
        "wide as the values of X, at most as standardised columns; other biases start at zero.",
    )
    mixup: float = mixup_param()

    _attributes = """
        coefs_, intercepts_ : list of ndarray
            The weights by layer, as in scikit-learn's MLP; a regressor's predict standardised targets.
    """

    _inputs_class = Tables

    def _inputs(self):
        return Tables(self.dtype)

    def _design(self, inputs, signature, output_sizes):
        config = mlp.MLPConfig(
            hidden_layer_sizes=mlp.sizes(self.hidden_layer_sizes),
            output_sizes=output_sizes,
            activation=described(self.activation),
            normalization=self.normalization,
            residual=bool(self.residual),
            kernel_initializer=_described(self.kernel_initializer),
            dropout=self.dropout > 0,
        )
        mlp.check(config)
        numbers = {"dropout": float(self.dropout)} if config.dropout else {}
        learned = ("bias_deviation",) if config.draws_biases else ()
        spec = ModelSpec(mlp.build, config, (*numbers, *learned), operations=mlp.operations)
        return Design(spec, numbers, mixup=float(self.mixup) or None)

    @property
    def coefs_(self):
        """Weight matrices, one a layer, of shape (inputs, units)."""
        check_is_fitted(self, "weights_")
        return [array for array in self.weights_ if array.ndim == 2]

    @property
    def intercepts_(self):
        """Biases, one vector a layer; with normalisation, the offsets it adds."""
        check_is_fitted(self, "weights_")
        kernels = [index for index, array in enumerate(self.weights_) if array.ndim == 2]
        n_outputs = len(self._net.spec.config.output_sizes)
        skipped = 1 if self._net.spec.config.normalization else 0
        hidden, output = kernels[:-n_outputs], kernels[-n_outputs:]
        return [self.weights_[index + 1 + skipped] for index in hidden] + [self.weights_[index + 1] for index in output]


@estimator
class MLPClassifier(DeepClassifier, TrainingParams, ClassifierParams, _MLP):
    """Multilayer perceptron classifier.

    Trains dense layers by gradient descent on batches of rows, in a program that is compiled once and used by every fit
    of the same architecture: a search over learning rates, penalties, dropout or seeds compiles nothing new.

    Two classes, many classes, 0/1 matrices of labels and several targets at once are all accepted, with labels of any
    type. X is numeric, dense or sparse; scale it first, for example with StandardScaler.

    {parameters}

    {attributes}

    See Also
    --------
    MLPRegressor : The same for numbers.

    Notes
    -----
    With early stopping, the weights of the best epoch are kept.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors".
    He et al. (2015), "Delving deep into rectifiers", for the initial weights.
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".
    Goodfellow et al. (2013), "Maxout networks".
    Zhang et al. (2018), "mixup: beyond empirical risk minimization".
    Kingma and Ba (2015), "Adam: a method for stochastic optimization".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier((16,), learning_rate=0.01, early_stopping=True, random_state=0)
    >>> model = make_pipeline(StandardScaler(), net)
    >>> bool(model.fit(X, y).score(X, y) > 0.95)
    True
    """


@estimator
class MLPRegressor(DeepRegressor, TrainingParams, RegressorParams, _MLP):
    """Multilayer perceptron regressor.

    Trains dense layers by gradient descent on batches of rows, in a program that is compiled once and used by every fit
    of the same architecture. Targets are standardised inside and predictions restored, so that a price in millions
    trains with default settings; one target or several.

    {parameters}

    {attributes}

    See Also
    --------
    MLPClassifier : The same for labels.

    References
    ----------
    Rumelhart, Hinton and Williams (1986), "Learning representations by back-propagating errors".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep.tabular import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPRegressor((16,), learning_rate=0.01, random_state=0))
    >>> bool(model.fit(X, y).score(X, y) > 0.4)
    True
    """


def _described(initializer):
    if isinstance(initializer, type):
        raise TypeError(f"kernel_initializer must be a name or an instance, got the class {initializer.__name__}.")
    return described(initializer)
