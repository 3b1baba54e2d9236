"""RealMLP as a parameter object."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import estimator, param
from skdeep.architectures import mlp
from skdeep.architectures.tabular import realmlp
from skdeep.schedules import CosineCycles, FlatCosine
from skdeep.tabular._options import BINS, COUNT, FACTOR, FRACTION, STEPS, Architecture, n_bins, periodic_dim
from skdeep.utils._keys import described
from skdeep.utils._words import Names

_RATE_FACTOR = [Interval(Real, 0, None, closed="left")]
_ROWS_OF_FOUR = 20_000  # of which four nets are trained, of more two


@estimator
class RealMLP(Architecture):
    """A multilayer perceptron whose every part was tuned on many tables.

    Numbers are seen in three ways, as they are, as periodic vectors and as piecewise-linear columns; categories as
    learned vectors. A layer of factors follows, then dense layers in the parametrisation of the neural tangent kernel,
    which start from the first rows they see, and have activations of which each unit learns its share.

    The learning rate goes up and down in `CosineCycles`; dropout and weight decay are constant for half of the training
    and then fall to zero.

    {parameters}

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024), "Better by default: strong pre-tuned MLPs and boosted trees on tabular
    data".
    Gorishniy, Rubachev and Babenko (2022), "On embeddings for numerical features in tabular deep learning".

    Examples
    --------
    >>> from skdeep.tabular.architectures import RealMLP
    >>> RealMLP((128, 128), dropout=0.3)
    RealMLP(dropout=0.3, hidden_layer_sizes=(128, 128))
    """

    hidden_layer_sizes: object = param(
        (256, 256, 256),
        ["array-like", *COUNT],
        "tuple of int",
        "Units of each hidden layer. () has none.",
        positional=True,
    )
    activation: object = param(
        "auto",
        [str, callable],
        "str or callable",
        'Activation of the hidden layers: a Keras name or a function. "auto" is "selu" for classes and "mish" for '
        "numbers.",
    )
    parametric: bool = param(True, ["boolean"], "bool", "Whether each unit learns how much of the activation it wants.")
    dropout: float = param(0.15, FRACTION, "float", "Fraction of hidden units set to zero at each step, at first.")
    n_bins: object = param(
        "auto",
        BINS,
        'int, "auto" or None',
        'Piecewise-linear columns of each number, with as many training rows in each. "auto" is 16, fewer where there '
        "would be more than 512 such columns, and none of more than 256 numbers.",
    )
    periodic_dim: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 2, None, closed="left"), None],
        'int, "auto" or None',
        "Length of the periodic vector of a number, whose last entry is the number. None leaves the number alone. "
        '"auto" is 4, and None of more than 256 numbers.',
    )
    frequency_deviation: float = param(
        0.1, FACTOR, "float", "Standard deviation, at the start, of the frequencies of periodic vectors."
    )
    category_dim: int = param(8, COUNT, "int", "Length of the vector of a category.")
    scale: bool = param(True, ["boolean"], "bool", "Whether columns have learned factors.")
    start_from_rows: bool = param(
        True,
        ["boolean"],
        "bool",
        "Whether dense layers start from the first training rows they see. If not, biases start at zero.",
    )
    bias_rate: float = param(0.1, _RATE_FACTOR, "float", "What the learning rate of biases is multiplied by.")
    activation_rate: float = param(0.1, _RATE_FACTOR, "float", "The same of the shares of activations.")
    scale_rate: float = param(6.0, _RATE_FACTOR, "float", "The same of the factors of columns.")
    embedding_rate: float = param(0.1, _RATE_FACTOR, "float", "The same of periodic vectors.")

    _name = "realmlp"
    _label_smoothing = 0.1

    def _n_members(self, n_rows):
        return 4 if n_rows <= _ROWS_OF_FOUR else 2

    def _design(self, inputs, signature, output_sizes, *, regression, n_members):
        config = self._config(inputs, output_sizes, regression, n_members)
        factors = realmlp.rate_factors(config, signature)
        numbers = self._numbers(config)
        edges = inputs.edges(config.n_bins) if config.n_bins else ()
        return Design(
            ModelSpec(realmlp.build, config, tuple(numbers)),
            numbers | {name: float(getattr(self, name)) for _, name in factors},
            CosineCycles(),
            n_packed=n_members,
            own_rows=n_members if n_members > 1 else 0,
            initial=(lambda: {config.edges_path: edges}) if len(edges) else None,
            steps=(0, 32 if regression else 64, STEPS[2]),
            defaults={
                "optimizer": "short_memory_adam",
                "learning_rate": 0.2 if regression else 0.04,
                "weight_decay": 0.02,
                "clip_norm": None,
            },
            schedules={"dropout": FlatCosine(), "weight_decay": FlatCosine()},
            rate_factors=factors,
        )

    def _config(self, inputs, output_sizes, regression, n_members):
        automatic = isinstance(self.activation, str) and self.activation == "auto"
        config = realmlp.RealMLPConfig(
            output_sizes=output_sizes,
            category_sizes=tuple(inputs.category_sizes),
            category_dim=int(self.category_dim),
            n_bins=n_bins(self.n_bins, inputs),
            n_members=n_members,
            hidden_layer_sizes=mlp.sizes(self.hidden_layer_sizes),
            activation=("mish" if regression else "selu") if automatic else described(self.activation),
            parametric=bool(self.parametric),
            periodic_dim=periodic_dim(self.periodic_dim, inputs),
            frequency_deviation=float(self.frequency_deviation),
            scale=bool(self.scale),
            start_from_rows=bool(self.start_from_rows),
            dropout=self.dropout > 0,
        )
        realmlp.check(config)
        return config
