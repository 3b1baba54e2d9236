"""Losses of classifiers beyond those Keras has, on outputs without activation."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("skdeep")
class CrossEntropy(keras.losses.Loss):
    """Cross-entropy with label smoothing, whose strength may be an input of the program.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of the target that is spread evenly over the classes.

    References
    ----------
    Szegedy et al. (2016), "Rethinking the inception architecture for computer vision".
    """

    live_numbers = ("label_smoothing",)

    def __init__(self, label_smoothing=0.0, name="cross_entropy", **settings):
        super().__init__(name=name, **settings)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        """Return the loss of each row; `y_true` holds class numbers (n,) or 0/1 columns (n, k), `y_pred` logits."""
        smoothing = tf.cast(self.label_smoothing, y_pred.dtype)
        if y_true.dtype.is_integer:
            log_p = tf.nn.log_softmax(y_pred)
            hit = tf.gather(log_p, y_true, batch_dims=1)
            return -(1.0 - smoothing) * hit - smoothing * tf.reduce_mean(log_p, axis=-1)
        smoothed = y_true * (1.0 - smoothing) + 0.5 * smoothing
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=smoothed, logits=y_pred), axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"label_smoothing": float(self.label_smoothing)}


@keras.saving.register_keras_serializable("skdeep")
class Focal(keras.losses.Loss):
    """Cross-entropy that turns away from the rows the net already gets right: -(1 - p)^gamma log p.

    Parameters
    ----------
    gamma : float, default=2.0
        0 is the plain cross-entropy.

    References
    ----------
    Lin et al. (2017), "Focal loss for dense object detection".
    """

    live_numbers = ("gamma",)

    def __init__(self, gamma=2.0, name="focal", **settings):
        super().__init__(name=name, **settings)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        """Return the loss of each row; `y_true` holds class numbers (n,) or 0/1 columns (n, k), `y_pred` logits."""
        gamma = tf.cast(self.gamma, y_pred.dtype)
        if y_true.dtype.is_integer:
            log_p = tf.gather(tf.nn.log_softmax(y_pred), y_true, batch_dims=1)
            return -_power_of_complement(log_p, gamma) * log_p
        log_p = tf.math.log_sigmoid(y_pred * (2.0 * y_true - 1.0))
        return tf.reduce_mean(-_power_of_complement(log_p, gamma) * log_p, axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"gamma": float(self.gamma)}


def _power_of_complement(log_p, gamma):
    # (1 - p)^gamma; the floor keeps the gradient finite where p rounds to one.
    return tf.pow(tf.maximum(-tf.math.expm1(log_p), 1e-7), gamma)
