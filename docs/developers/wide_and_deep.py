"""The wide and deep net of Cheng et al. (2016) for tables: a linear path and a deep one, added up."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from skdeep._data.inputs import Tables
from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import RegressorParams, TrainingParams, estimator, param
from skdeep._estimator.regressor import DeepRegressor
from skdeep.utils._lazy import keras


@dataclass(frozen=True)
class WideDeepConfig:
    """What decides the graph."""

    deep_layer_sizes: tuple
    output_sizes: tuple
    dropout: bool


def build(config, signature, numbers):
    """Return the keras.Model of a config."""
    from skdeep.architectures._blocks import dropout

    ((name, column),), dtype = signature.inputs, signature.dtype
    named = column.inputs(name)
    hidden = inputs = named[name]
    for index, units in enumerate(config.deep_layer_sizes):
        hidden = keras.layers.Dense(units, "relu", dtype=dtype, name=f"deep_{index}")(hidden)
        if config.dropout:
            rate = numbers["dropout"]
            hidden = dropout(rate, dtype=dtype, name=f"dropout_{index}")(hidden)
    units = config.output_sizes[0]
    deep = keras.layers.Dense(units, dtype=dtype, name="deep")(hidden)
    wide = keras.layers.Dense(units, use_bias=False, dtype=dtype, name="wide")(inputs)
    outputs = keras.layers.Add(dtype=dtype, name="sum")([deep, wide])
    return keras.Model(named, outputs, name="wide_and_deep")


@estimator
class WideDeepRegressor(DeepRegressor, TrainingParams, RegressorParams):
    """Linear regression and a multilayer perceptron, added up and trained together.

    The linear path learns the plain effects, the deep path what they leave.

    {parameters}

    {attributes}

    References
    ----------
    Cheng et al. (2016), "Wide and deep learning for recommender systems".

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> X, y = make_friedman1(random_state=0)
    >>> model = WideDeepRegressor((16,), learning_rate=0.01, random_state=0)
    >>> bool(model.fit(X, y).score(X, y) > 0.8)
    True
    """

    deep_layer_sizes: tuple = param(
        (100,),
        ["array-like"],
        "tuple of int",
        "Units of each hidden layer of the deep path.",
        positional=True,
    )
    dropout: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of hidden units set to zero at each step.",
    )

    _inputs_class = Tables

    def _inputs(self):
        return Tables(self.dtype)

    def _design(self, inputs, signature, output_sizes):
        sizes = tuple(self.deep_layer_sizes)
        if not all(isinstance(size, Integral) and size >= 1 for size in sizes):
            raise ValueError(f"deep_layer_sizes must hold positive integers, got {sizes!r}.")
        config = WideDeepConfig(sizes, output_sizes, dropout=self.dropout > 0)
        numbers = {"dropout": float(self.dropout)} if config.dropout else {}
        return Design(ModelSpec(build, config, tuple(numbers)), numbers)
