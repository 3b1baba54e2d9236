"""Losses of regressors beyond those Keras has."""

import numpy as np

from skdeep.losses._searchable import Searchable
from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class Huber(Searchable, keras.losses.Loss):
    """Squared error for small residuals, absolute error for large ones.

    Unlike Keras' own, it keeps its delta when it is copied, and a search over deltas compiles once.

    Parameters
    ----------
    delta : float, default=1.0
        Residual at which the one turns into the other, in standard deviations of the targets.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="huber"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    References
    ----------
    Huber (1964), "Robust estimation of a location parameter".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep.losses import Huber
    >>> from skdeep.tabular import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor((8,), epochs=10, learning_rate=0.1, random_state=0, loss=Huber(delta=0.5)).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    _parameters = live_numbers = ("delta",)

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.delta = delta
        self._check()

    def _check(self):
        if not float(self.delta) > 0:
            raise ValueError(f"delta must be positive, got {self.delta!r}.")

    def call(self, y_true, y_pred):
        """Return the loss of each row; both arguments have shape (n, n_targets)."""
        delta = tf.cast(self.delta, y_pred.dtype)
        residual = tf.abs(y_true - y_pred)
        small = tf.minimum(residual, delta)
        return tf.reduce_mean(0.5 * small * small + delta * (residual - small), axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"delta": float(self.delta)}


@keras.saving.register_keras_serializable("skdeep")
class Pinball(Searchable, keras.losses.Loss):
    """Pinball loss, which a quantile of the target minimises.

    Parameters
    ----------
    quantile : float or list of float, default=0.5
        Which quantile to predict, between 0 and 1; 0.5 is the median. Of a rising list, one net of one target predicts
        all, as columns that never cross: each but the first is the one before it plus a positive number.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="pinball"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    References
    ----------
    Koenker and Bassett (1978), "Regression quantiles".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep.losses import Pinball
    >>> from skdeep.tabular import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor((8,), epochs=10, learning_rate=0.1, random_state=0, loss=Pinball(quantile=0.9)).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    _parameters = ("quantile",)

    def __init__(self, quantile=0.5, reduction="sum_over_batch_size", name="pinball", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.quantile = quantile
        self._check()

    def _check(self):
        quantiles = np.atleast_1d(self.quantile).astype(float)
        inside = len(quantiles) and ((quantiles > 0) & (quantiles < 1)).all()
        if quantiles.ndim != 1 or not inside or not (np.diff(quantiles) > 0).all():
            raise ValueError(f"quantile must lie between 0 and 1, or be a rising list, got {self.quantile!r}.")

    @property
    def quantiles(self):
        """Several quantiles as a tuple, which is empty for a single one."""
        return tuple(map(float, self.quantile)) if np.ndim(self.quantile) else ()

    @property
    def live_numbers(self):
        """A single quantile is a number that a compiled program takes; of several, their number decides its graph."""
        return () if self.quantiles else ("quantile",)

    def call(self, y_true, y_pred):
        """Return the loss of each row; shapes are (n, n_targets), or (n, 1) and (n, n_quantiles)."""
        residual = y_true - y_pred
        quantile = tf.cast(self.quantile, y_pred.dtype)
        return tf.reduce_mean(tf.maximum(quantile * residual, (quantile - 1.0) * residual), axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"quantile": list(self.quantiles) or float(self.quantile)}


@keras.saving.register_keras_serializable("skdeep")
class LogPoisson(keras.losses.Loss):
    """Poisson deviance up to a constant, for the logarithm of the expected count.

    Parameters
    ----------
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="log_poisson"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep.losses import LogPoisson
    >>> from skdeep.tabular import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressor((8,), epochs=10, learning_rate=0.1, random_state=0, loss=LogPoisson()).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    def __init__(self, reduction="sum_over_batch_size", name="log_poisson", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true, y_pred):
        """Return exp(y_pred) - y_true * y_pred of each row; both arguments have shape (n, n_targets)."""
        return tf.reduce_mean(tf.exp(y_pred) - y_true * y_pred, axis=-1)
