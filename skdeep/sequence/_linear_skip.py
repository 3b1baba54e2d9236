"""The regressor that forecasters have by default: a ridge regression, and small nets for what it leaves."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import RidgeCV
from sklearn.utils import check_random_state

from skdeep._data.inputs import Tables
from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import RegressorParams, TrainingParams, estimator, param
from skdeep._estimator.regressor import DeepRegressor
from skdeep.architectures import mlp

ALPHAS = tuple(np.logspace(-3, 3, 13))
_N_NETS = 3
_UNITS = (32,)
_HELD_BACK = 0.2
_LEAST_ROWS = 40  # with fewer, nets only add noise
_STEPS = 1_500
_BATCH_SIZES = 32, 256


@estimator
class _Net(DeepRegressor, TrainingParams, RegressorParams):
    """A multilayer perceptron; that of `skdeep.tabular` is on the same floor, and so out of reach."""

    hidden_layer_sizes: tuple = param(_UNITS, [tuple], "tuple of int", "Units of each hidden layer.")

    _inputs_class = Tables

    def _inputs(self):
        return Tables(self.dtype)

    def _design(self, inputs, signature, output_sizes):
        config = mlp.MLPConfig(self.hidden_layer_sizes, output_sizes, kernel_initializer="glorot_uniform")
        return Design(ModelSpec(mlp.build, config, operations=mlp.operations), {})


@dataclass(frozen=True)
class _Parts:
    """What was fitted: ridge, and nets that predict its residuals."""

    ridge: RidgeCV
    nets: tuple

    def residuals(self, X):
        return np.mean([net.predict(X).reshape(len(X), -1) for net in self.nets], axis=0)


class LinearSkipRegressor(RegressorMixin, BaseEstimator):
    """Ridge regression plus a share of what small nets predict of its residuals.

    The share, between 0 and 1, is the one that fits the last rows best after a fit to the ones before. Where there is
    nothing but linear to learn, it is about 0, and this is ridge.

    Parameters
    ----------
    gap : int, default=0
        Rows to leave out before the last ones: their targets overlap.
    random_state : int, RandomState instance or None, default=None
    """

    def __init__(self, gap=0, random_state=None):
        self.gap = gap
        self.random_state = random_state

    def fit(self, X, y):
        """Fit to rows in order of time."""
        Y = np.asarray(y).reshape(len(X), -1)
        self.n_outputs_ = Y.shape[1]
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=_N_NETS).tolist()
        held = int(_HELD_BACK * len(X))
        early = len(X) - held - self.gap
        self.share_ = 0.0
        if early >= _LEAST_ROWS:
            parts = _fit_parts(X[:early], Y[:early], seeds)
            residuals, predicted = Y[-held:] - _predict_ridge(parts.ridge, X[-held:]), parts.residuals(X[-held:])
            size = np.square(predicted).sum()
            self.share_ = float(np.clip((residuals * predicted).sum() / size, 0, 1)) if size > 0 else 0.0
        self._parts = _fit_parts(X, Y, seeds if self.share_ > 0 else [])
        return self

    def predict(self, X):
        """Predict as many numbers a row as there were."""
        predicted = _predict_ridge(self._parts.ridge, X)
        if self.share_ > 0:
            predicted = predicted + self.share_ * self._parts.residuals(X)
        return predicted.reshape(len(X), self.n_outputs_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _predict_ridge(ridge, X):
    return np.asarray(ridge.predict(X)).reshape(len(X), -1)


def _fit_parts(X, Y, seeds):
    ridge = fit_ridge(X, Y)
    residuals = Y - _predict_ridge(ridge, X)
    batch_size = int(np.clip(len(X) // 16, *_BATCH_SIZES))
    epochs = int(np.clip(_STEPS // -(-len(X) // batch_size), 10, 100))
    settings = {"epochs": epochs, "batch_size": batch_size, "n_iter_no_change": np.inf}
    return _Parts(ridge, tuple(_Net(random_state=seed, **settings).fit(X, residuals) for seed in seeds))


def fit_ridge(X, Y):
    """Return a fitted ridge regression, whose penalty is the best of leaving one row out."""
    # With one row there is nothing to leave out, and no penalty to choose.
    return RidgeCV(ALPHAS if len(X) > 1 else ALPHAS[:1], cv=None).fit(X, Y)
