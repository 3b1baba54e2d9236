"""The nets that TabularClassifier and TabularRegressor train, as objects whose parameters can be searched.

Each reads numbers, indicators, and categories as vectors. A plain name stands for an object with its defaults:
"realmlp" is `RealMLP()`.
"""

from dataclasses import dataclass

from skdeep._estimator.params import estimator, param
from skdeep.architectures import _activations, mlp
from skdeep.architectures.tabular import ft_transformer, plain, resnet, tabm, wide_deep
from skdeep.tabular._options import BINS, COUNT, FACTOR, FRACTION, Architecture, n_bins
from skdeep.tabular._realmlp import RealMLP
from skdeep.utils._keys import described
from skdeep.utils._words import Names

__all__ = ["MLP", "Architecture", "FTTransformer", "RealMLP", "ResNet", "TabM", "WideDeep"]


@dataclass(eq=False, repr=False)
class _Reading(Architecture):
    """How numbers and categories become columns of one vector."""

    category_dim: int = param(
        8,
        COUNT,
        "int",
        "Length of the vector of a category; columns of few categories are read as indicators instead.",
    )
    category_deviation: float = param(
        1.0,
        FACTOR,
        "float",
        "Standard deviation of the vectors of categories at the start. With small ones, such as 0.01, what is learned "
        "decides alone where the vectors lie.",
    )
    n_bins: object = param(
        "auto",
        BINS,
        'int, "auto" or None',
        "Bins of each number, with as many training rows in each, for its piecewise-linear code (Gorishniy et al., "
        '2022). None reads numbers as they are. "auto" is 16, fewer of more than 32 numbers, so that there are 512 in '
        "all, and None of more than 256 numbers.",
    )
    number_dim: object = param(
        None,
        [*COUNT, None],
        "int or None",
        "Length of the vector that is learned for each number: a line, and what is added to it in each bin. None puts "
        "fixed columns, one a bin, beside the number. It needs bins.",
    )

    def _read(self, inputs, output_sizes):
        """Return what the config of every such net says."""
        bins = n_bins(self.n_bins, inputs)
        return {
            "output_sizes": output_sizes,
            "category_sizes": tuple(inputs.category_sizes),
            "category_dim": int(self.category_dim),
            "category_deviation": float(self.category_deviation),
            "n_bins": bins,
            "number_dim": None if self.number_dim is None or not bins else int(self.number_dim),
        }


@dataclass(eq=False, repr=False)
class _Dense(_Reading):
    """A multilayer perceptron, or what has one as its part."""

    hidden_layer_sizes: object = param(
        (256, 256),
        ["array-like", *COUNT],
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
    dropout: float = param(0.1, FRACTION, "float", "Fraction of hidden units set to zero at each step.")

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

    n_members: int = param(16, COUNT, "int", "Perceptrons in the net.", positional=True)
    width: int = param(256, COUNT, "int", "Units of each hidden layer.")
    n_blocks: int = param(2, COUNT, "int", "Hidden layers.")
    dropout: float = param(0.1, FRACTION, "float", "Fraction of hidden units set to zero at each step.")
    number_dim: object = param(
        16,
        [*COUNT, None],
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

    n_blocks: int = param(2, COUNT, "int", "Blocks.", positional=True)
    width: int = param(192, COUNT, "int", "Units between the blocks.")
    hidden_factor: float = param(2.0, FACTOR, "float", "Units within a block, as a multiple of `width`.")
    normalization: object = param(
        "batch",
        [Names({"batch", "layer"}), None],
        '{"batch", "layer"} or None',
        "Normalisation at the beginning of each block.",
    )
    dropout: float = param(0.3, FRACTION, "float", "Fraction of the units within a block set to zero at each step.")
    residual_dropout: float = param(0.0, FRACTION, "float", "Fraction of what a block adds set to zero at each step.")

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

    n_blocks: int = param(2, COUNT, "int", "Blocks of attention and dense layers.", positional=True)
    width: int = param(64, COUNT, "int", "Length of the vector of a column; a multiple of `n_heads`.")
    n_heads: int = param(8, COUNT, "int", "Heads of attention, which share the width.")
    hidden_factor: float = param(
        1.5, FACTOR, "float", "Units within the dense layers of a block, as a multiple of `width`."
    )
    n_bins: object = param(
        None,
        [*COUNT, None],
        "int or None",
        "Bins of each number, with as many training rows in each, in which its vector follows a line of its own. None "
        "is one line.",
    )
    dropout: float = param(
        0.1, FRACTION, "float", "Fraction of the units within the dense layers of a block set to zero at each step."
    )
    residual_dropout: float = param(
        0.0, FRACTION, "float", "Fraction of what attention, or dense layers, add set to zero at each step."
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
