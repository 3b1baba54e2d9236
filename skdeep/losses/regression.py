"""Losses of regressors beyond those Keras has."""

import keras
import tensorflow as tf


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
