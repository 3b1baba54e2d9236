"""Losses of regressors beyond those Keras has."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("skdeep")
class Huber(keras.losses.Loss):
    """Squared error for small residuals, absolute error for large ones.

    Unlike Keras' own, it keeps its delta when it is copied, and a search over deltas compiles once.

    Parameters
    ----------
    delta : float, default=1.0
        Residual at which the one turns into the other, in standard deviations of the targets.

    References
    ----------
    Huber (1964), "Robust estimation of a location parameter".
    """

    live_numbers = ("delta",)

    def __init__(self, delta=1.0, name="huber", **settings):
        super().__init__(name=name, **settings)
        if not float(delta) > 0:
            raise ValueError(f"delta must be positive, got {delta!r}.")
        self.delta = delta

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
class Pinball(keras.losses.Loss):
    """Pinball loss, which a quantile of the target minimises.

    Parameters
    ----------
    quantile : float, default=0.5
        Which quantile to predict, between 0 and 1; 0.5 is the median.

    References
    ----------
    Koenker and Bassett (1978), "Regression quantiles".
    """

    live_numbers = ("quantile",)

    def __init__(self, quantile=0.5, name="pinball", **settings):
        super().__init__(name=name, **settings)
        if not 0 < float(quantile) < 1:
            raise ValueError(f"quantile must lie between 0 and 1, got {quantile!r}.")
        self.quantile = quantile

    def call(self, y_true, y_pred):
        """Return the loss of each row; both arguments have shape (n, n_targets)."""
        residual = y_true - y_pred
        quantile = tf.cast(self.quantile, y_pred.dtype)
        return tf.reduce_mean(tf.maximum(quantile * residual, (quantile - 1.0) * residual), axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"quantile": float(self.quantile)}


@keras.saving.register_keras_serializable("skdeep")
class LogPoisson(keras.losses.Loss):
    """Poisson deviance up to a constant, for the logarithm of the expected count.

    Parameters
    ----------
    name : str
        Name of the loss.
    """

    def __init__(self, name="log_poisson", **settings):
        super().__init__(name=name, **settings)

    def call(self, y_true, y_pred):
        """Return exp(y_pred) - y_true * y_pred of each row; both arguments have shape (n, n_targets)."""
        return tf.reduce_mean(tf.exp(y_pred) - y_true * y_pred, axis=-1)
