"""The nets that TabularClassifier and TabularRegressor train, as objects whose parameters can be searched.

Each reads numbers, indicators, and categories as vectors. A plain name stands for an object with its defaults:
"realmlp" is `RealMLP()`.
"""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import estimator, param
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.architectures import _activations, mlp
from skdeep.architectures.tabular import ft_transformer, plain, realmlp, resnet, tabm, wide_deep
from skdeep.schedules import CosineCycles, FlatCosine
from skdeep.utils._keys import described
from skdeep.utils._options import Options
from skdeep.utils._words import Names

__all__ = ["MLP", "Architecture", "FTTransformer", "RealMLP", "ResNet", "TabM", "WideDeep"]

_COUNT = [Interval(Integral, 1, None, closed="left")]
_FRACTION = [Interval(Real, 0, 1, closed="left")]
_FACTOR = [Interval(Real, 0, None, closed="neither")]
_RATE_FACTOR = [Interval(Real, 0, None, closed="left")]
_BIAS_DEVIATION = 3**-0.5  # of the first biases, for columns whose mean square is one
_STEPS = 0, 64  # and epochs, at least
_ROWS_OF_FOUR = 20_000  # of which four nets are trained, of more two


class Architecture(Options):
    """Base of the architectures: parameters can be read, set and searched.

    Examples
    --------
    >>> from skdeep.tabular.architectures import Architecture, TabM
    >>> isinstance(TabM(), Architecture)
    True
    """

    _n_packed = 1
    _label_smoothing = 0.0

    def _n_members(self, n_rows):
        """Return what `n_estimators="auto"` is."""
        return 1

    def _design(self, inputs, signature, output_sizes, *, regression, n_members):
        """Return the Design of some nets with rows of their own.

        Parameters
        ----------
        inputs : Frames
            With what they learned of the training rows.
        signature : InputSignature
        output_sizes : tuple of int
        regression : bool
        n_members : int
        """
        spec, numbers, placed = self._spec(inputs, output_sizes)
        if n_members > 1:
            from skdeep._engine import members

            spec = members.copies(spec, n_members)
        return Design(
            spec,
            numbers,
            *SCHEDULE,
            n_members=n_members,
            own_rows=n_members if n_members > 1 else 0,
            initial=(lambda: placed) if placed else None,
            n_packed=self._n_packed,
            steps=_STEPS,
            defaults={"optimizer": "adamw", "learning_rate": 0.001, "weight_decay": 0.004, "clip_norm": 1.0},
        )

    def _spec(self, inputs, output_sizes):
        """Return (ModelSpec, values of its live numbers, weights to begin with by their paths).

        Parameters
        ----------
        inputs : Frames
            Knows `category_sizes`, `sources` and `edges(n_bins)`.
        output_sizes : tuple of int

        Raises
        ------
        ValueError
            If parameters do not go together.
        """
        build, config = self._net(inputs, output_sizes)
        numbers = self._numbers(config)
        edges = inputs.edges(config.n_bins) if config.n_bins else ()
        placed = {config.edges_path: edges} if len(edges) else {}
        return ModelSpec(build, config, tuple(numbers)), numbers, placed

    def _numbers(self, config):
        """Return the values of the live numbers of a config."""
        names = [name for name in ("dropout", "residual_dropout") if getattr(config, name, False)]
        biases = {"bias_deviation": _BIAS_DEVIATION} if getattr(config, "draws_biases", False) else {}
        return {name: float(getattr(self, name)) for name in names} | biases


@dataclass(eq=False, repr=False)
class _Reading(Architecture):
    """How numbers and categories become columns of one vector."""

    category_dim: int = param(
        8,
        _COUNT,
        "int",
        "Length of the vector of a category; columns of few categories are read as indicators instead.",
    )
    n_bins: object = param(
        16,
        [*_COUNT, None],
        "int or None",
        "Bins of each number, with as many training rows in each, for its piecewise-linear code (Gorishniy et al., "
        "2022). None reads numbers as they are.",
    )
    number_dim: object = param(
        None,
        [*_COUNT, None],
        "int or None",
        "Length of the vector that is learned for each number: a line, and what is added to it in each bin. None puts "
        "fixed columns, one a bin, beside the number. It needs bins.",
    )

    def _read(self, inputs, output_sizes):
        """Return what the config of every such net says."""
        return {
            "output_sizes": output_sizes,
            "category_sizes": tuple(inputs.category_sizes),
            "category_dim": int(self.category_dim),
            "n_bins": int(self.n_bins or 0),
            "number_dim": None if self.number_dim is None or not self.n_bins else int(self.number_dim),
        }


@dataclass(eq=False, repr=False)
class _Dense(_Reading):
    """A multilayer perceptron, or what has one as its part."""

    hidden_layer_sizes: object = param(
        (256, 256),
        ["array-like", *_COUNT],
        "tuple of int",
        "Units of each hidden layer. () has none.",
        positional=True,
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        'Activation of the hidden layers: a Keras name, "maxout", or a function.',
    )
    normalization: object = param(
        None, [Names({"batch", "layer"}), None], '{"batch", "layer"} or None', "Normalisation before each activation."
    )
    dropout: float = param(0.1, _FRACTION, "float", "Fraction of hidden units set to zero at each step.")

    def _hidden(self):
        """Return what the config says of the hidden layers."""
        options = {
            "hidden_layer_sizes": mlp.sizes(self.hidden_layer_sizes),
            "activation": described(self.activation),
            "normalization": self.normalization,
            "dropout": self.dropout > 0,
        }
        _activations.check_activation(options["activation"], also=("maxout",))
        return options


@estimator
class MLP(_Dense):
    """A multilayer perceptron: dense layers on all columns of a row.

    {parameters}

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022), "On embeddings for numerical features in tabular deep learning".

    Examples
    --------
    >>> from skdeep.tabular.architectures import MLP
    >>> MLP((128,), dropout=0.2)
    MLP(dropout=0.2, hidden_layer_sizes=(128,))
    """

    residual: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether a hidden layer adds its input to its output, where both have as many units.",
    )

    _name = "mlp"

    def _net(self, inputs, output_sizes):
        options = self._read(inputs, output_sizes) | self._hidden()
        return plain.build, plain.PlainConfig(**options, residual=bool(self.residual))


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
        ["array-like", *_COUNT],
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
    parametric: bool = param(
        True, ["boolean"], "bool", "Whether each unit learns how much of the activation it wants."
    )
    dropout: float = param(0.15, _FRACTION, "float", "Fraction of hidden units set to zero at each step, at first.")
    n_bins: object = param(
        16,
        [*_COUNT, None],
        "int or None",
        "Piecewise-linear columns of each number, with as many training rows in each.",
    )
    periodic_dim: object = param(
        4,
        [Interval(Integral, 2, None, closed="left"), None],
        "int or None",
        "Length of the periodic vector of a number, whose last entry is the number. None leaves the number alone.",
    )
    frequency_deviation: float = param(
        0.1, _FACTOR, "float", "Standard deviation, at the start, of the frequencies of periodic vectors."
    )
    category_dim: int = param(8, _COUNT, "int", "Length of the vector of a category.")
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
        config = self._config(inputs, output_sizes, "mish" if regression else "selu", n_members)
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
            steps=_STEPS,
            defaults={
                "optimizer": "short_memory_adam",
                "learning_rate": 0.2 if regression else 0.04,
                "weight_decay": 0.02,
                "clip_norm": None,
            },
            schedules={"dropout": FlatCosine(), "weight_decay": FlatCosine()},
            rate_factors=factors,
        )

    def _config(self, inputs, output_sizes, activation, n_members):
        given = isinstance(self.activation, str) and self.activation == "auto"
        config = realmlp.RealMLPConfig(
            output_sizes=output_sizes,
            category_sizes=tuple(inputs.category_sizes),
            category_dim=int(self.category_dim),
            n_bins=int(self.n_bins or 0),
            n_members=n_members,
            hidden_layer_sizes=mlp.sizes(self.hidden_layer_sizes),
            activation=activation if given else described(self.activation),
            parametric=bool(self.parametric),
            periodic_dim=int(self.periodic_dim or 0),
            frequency_deviation=float(self.frequency_deviation),
            scale=bool(self.scale),
            start_from_rows=bool(self.start_from_rows),
            dropout=self.dropout > 0,
        )
        realmlp.check(config)
        return config


@estimator
class WideDeep(_Dense):
    """Wide & Deep: a linear model of all columns and a multilayer perceptron, whose outputs are added.

    The linear part has a weight for each number, indicator and category, and starts as zero. Products of columns, which
    the paper gives it too, are up to you: add them to X.

    {parameters}

    References
    ----------
    Cheng et al. (2016), "Wide & deep learning for recommender systems".

    Examples
    --------
    >>> from skdeep.tabular.architectures import WideDeep
    >>> WideDeep((64, 32))
    WideDeep(hidden_layer_sizes=(64, 32))
    """

    _name = "wide_deep"

    def _net(self, inputs, output_sizes):
        return wide_deep.build, wide_deep.WideDeepConfig(**self._read(inputs, output_sizes), **self._hidden())


@estimator
class TabM(_Reading):
    """TabM: many multilayer perceptrons in one, which share their kernels, and whose predictions are averaged.

    A member scales what goes into and what comes out of the shared dense layers, and has biases and an output layer of
    its own. All see every batch, and the mean of their losses is what is minimised. A step takes the time of as many
    perceptrons as there are members, which is little on a GPU and much on a CPU: the paper has 32 members, 512 units,
    3 hidden layers (2 with learned vectors of numbers) and 48 bins; the defaults here are smaller.

    {parameters}

    References
    ----------
    Gorishniy, Kotelnikov and Babenko (2025), "TabM: advancing tabular deep learning with parameter-efficient
    ensembling".

    Examples
    --------
    >>> from skdeep.tabular.architectures import TabM
    >>> TabM(n_members=8)
    TabM(n_members=8)
    """

    n_members: int = param(16, _COUNT, "int", "Perceptrons in the net.", positional=True)
    width: int = param(256, _COUNT, "int", "Units of each hidden layer.")
    n_blocks: int = param(2, _COUNT, "int", "Hidden layers.")
    dropout: float = param(0.1, _FRACTION, "float", "Fraction of hidden units set to zero at each step.")
    number_dim: object = param(
        16,
        [*_COUNT, None],
        "int or None",
        "Length of the vector that is learned for each number: a line, and what is added to it in each bin. None puts "
        "fixed columns, one a bin, beside the number. It needs bins.",
    )

    _name = "tabm"

    @property
    def _n_packed(self):
        return int(self.n_members)

    def _net(self, inputs, output_sizes):
        sizes = {name: int(getattr(self, name)) for name in ("n_members", "width", "n_blocks")}
        return tabm.build, tabm.TabMConfig(**self._read(inputs, output_sizes), **sizes, dropout=self.dropout > 0)


@estimator
class ResNet(_Reading):
    """A residual net: blocks of normalisation and two dense layers, each added to what it was given.

    {parameters}

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko (2021), "Revisiting deep learning models for tabular data".

    Examples
    --------
    >>> from skdeep.tabular.architectures import ResNet
    >>> ResNet(n_blocks=4)
    ResNet(n_blocks=4)
    """

    n_blocks: int = param(2, _COUNT, "int", "Blocks.", positional=True)
    width: int = param(192, _COUNT, "int", "Units between the blocks.")
    hidden_factor: float = param(2.0, _FACTOR, "float", "Units within a block, as a multiple of `width`.")
    normalization: object = param(
        "batch",
        [Names({"batch", "layer"}), None],
        '{"batch", "layer"} or None',
        "Normalisation at the beginning of each block.",
    )
    dropout: float = param(0.3, _FRACTION, "float", "Fraction of the units within a block set to zero at each step.")
    residual_dropout: float = param(0.0, _FRACTION, "float", "Fraction of what a block adds set to zero at each step.")

    _name = "resnet"

    def _net(self, inputs, output_sizes):
        config = resnet.ResNetConfig(
            **self._read(inputs, output_sizes),
            n_blocks=int(self.n_blocks),
            width=int(self.width),
            hidden_width=max(1, round(self.hidden_factor * self.width)),
            normalization=self.normalization,
            dropout=self.dropout > 0,
            residual_dropout=self.residual_dropout > 0,
        )
        return resnet.build, config


@estimator
class FTTransformer(Architecture):
    """FT-Transformer: attention between the columns of a row, each of which is a vector.

    The time of a step grows with the square of the number of columns. The paper has 3 blocks, vectors of 192
    and a hidden factor of 4/3; the defaults here are smaller.

    {parameters}

    References
    ----------
    Gorishniy, Rubachev, Khrulkov and Babenko (2021), "Revisiting deep learning models for tabular data".

    Examples
    --------
    >>> from skdeep.tabular.architectures import FTTransformer
    >>> FTTransformer(n_blocks=3, width=192)
    FTTransformer(n_blocks=3, width=192)
    """

    n_blocks: int = param(2, _COUNT, "int", "Blocks of attention and dense layers.", positional=True)
    width: int = param(64, _COUNT, "int", "Length of the vector of a column; a multiple of `n_heads`.")
    n_heads: int = param(8, _COUNT, "int", "Heads of attention, which share the width.")
    hidden_factor: float = param(
        1.5, _FACTOR, "float", "Units within the dense layers of a block, as a multiple of `width`."
    )
    n_bins: object = param(
        None,
        [*_COUNT, None],
        "int or None",
        "Bins of each number, with as many training rows in each, in which its vector follows a line of its own. None "
        "is one line.",
    )
    dropout: float = param(
        0.1, _FRACTION, "float", "Fraction of the units within the dense layers of a block set to zero at each step."
    )
    residual_dropout: float = param(
        0.0, _FRACTION, "float", "Fraction of what attention, or dense layers, add set to zero at each step."
    )

    _name = "ft_transformer"

    def _net(self, inputs, output_sizes):
        config = ft_transformer.FTTransformerConfig(
            output_sizes=output_sizes,
            category_sizes=tuple(inputs.category_sizes),
            n_bins=int(self.n_bins or 0),
            n_blocks=int(self.n_blocks),
            n_heads=int(self.n_heads),
            width=int(self.width),
            feed_forward_width=max(1, round(self.hidden_factor * self.width)),
            flag_groups=_groups(inputs.sources["flags"]),
            dropout=self.dropout > 0,
            residual_dropout=self.residual_dropout > 0,
        )
        ft_transformer.check(config)
        return ft_transformer.build, config


def _groups(sources):
    """Return the number of the token of each flag, which those of one column of X share; those of none are zero."""
    numbers = {}
    for source in sources:
        if source is not None:
            numbers.setdefault(source, len(numbers))
    return tuple(numbers.get(source, 0) for source in sources) or None
