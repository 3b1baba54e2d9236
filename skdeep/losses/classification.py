"""Losses of classifiers beyond those Keras has, on outputs without activation."""

from skdeep.losses._searchable import Searchable
from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class CrossEntropy(Searchable, keras.losses.Loss):
    """Cross-entropy with label smoothing, whose strength may be an input of the program.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of the target that is spread evenly over the classes.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="cross_entropy"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    References
    ----------
    Szegedy et al. (2016), "Rethinking the inception architecture for computer vision".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.losses import CrossEntropy
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), epochs=10, learning_rate=0.1, random_state=0, loss=CrossEntropy(0.1)).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    _parameters = live_numbers = ("label_smoothing",)

    def __init__(self, label_smoothing=0.0, reduction="sum_over_batch_size", name="cross_entropy", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
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
class Focal(Searchable, keras.losses.Loss):
    """Cross-entropy that turns away from the rows the net already gets right: -(1 - p)^gamma log p.

    Parameters
    ----------
    gamma : float, default=2.0
        0 is the plain cross-entropy.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="focal"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    References
    ----------
    Lin et al. (2017), "Focal loss for dense object detection".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.losses import Focal
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), epochs=10, learning_rate=0.1, random_state=0, loss=Focal(gamma=1.0)).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    _parameters = live_numbers = ("gamma",)

    def __init__(self, gamma=2.0, reduction="sum_over_batch_size", name="focal", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
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
