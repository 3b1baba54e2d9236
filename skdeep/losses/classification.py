"""Losses of classifiers beyond those Keras has, on outputs without activation."""

import numpy as np

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
        return _cross_entropy(y_true, y_pred, self.label_smoothing)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"label_smoothing": float(self.label_smoothing)}


@keras.saving.register_keras_serializable("skdeep")
class Focal(Searchable, keras.losses.Loss):
    """Cross-entropy that turns away from the rows the net already gets right: -(1 - p)^gamma log p.

    In the estimators of this package it goes with `class_weight` and with several labels a row, but not with
    `label_smoothing`.

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
        numbers = _class_numbers(y_true, y_pred)
        if numbers is not None:
            log_p = tf.gather(tf.nn.log_softmax(y_pred), numbers, batch_dims=1)
            return -_power_of_complement(log_p, gamma) * log_p
        log_p = tf.math.log_sigmoid(y_pred * (2.0 * tf.cast(y_true, y_pred.dtype) - 1.0))
        return tf.reduce_mean(-_power_of_complement(log_p, gamma) * log_p, axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"gamma": float(self.gamma)}


class _OfPriors(Searchable, keras.losses.Loss):
    """What losses have in common that know how frequent the classes are."""

    live_vectors = ("priors",)

    def _check(self):
        if self.priors is not None:
            _check_priors(self.priors)

    def _shares(self, y_pred):
        """Return the shares of the classes as a tensor."""
        if self.priors is None:
            raise ValueError(
                f"{type(self).__name__} needs the shares of the classes: {type(self).__name__}(priors=[0.9, 0.1]). "
                "Estimators of this package fill them in."
            )
        shares = tf.cast(self.priors, y_pred.dtype)
        if shares.shape != y_pred.shape[-1:]:
            raise ValueError(f"priors must have one share for each of {y_pred.shape[-1]} outputs, got {shares.shape}.")
        return shares

    def get_config(self):
        """Return the constructor's arguments."""
        own = {name: float(getattr(self, name)) for name in self.live_numbers}
        return super().get_config() | own | {"priors": None if self.priors is None else np.array(self.priors).tolist()}


@keras.saving.register_keras_serializable("skdeep")
class LogitAdjusted(_OfPriors):
    """Cross-entropy of outputs to which the logarithms of the classes' shares are added while training.

    The outputs z are trained so that softmax(z + tau log pi) are the probabilities of the classes, where pi are their
    shares in the training rows. The largest z is then the label that is best for the balanced accuracy, and no row is
    weighted or drawn again. tau = 1 is the balanced softmax.

    In the estimators of this package, `predict` and `decision_function` follow z, and `predict_proba` gives
    softmax(z + tau log pi): labels for the balanced accuracy, and honest probabilities. It goes with `label_smoothing`
    and with several labels a row, each of which is a problem of two classes. With `class_weight` or `batch_sampling`
    the shares are those that training sees, so that nothing is corrected twice: where these make classes equally
    frequent, nothing is left to adjust.

    Parameters
    ----------
    tau : float, default=1.0
        Strength of the adjustment; 0 is the plain cross-entropy.
    label_smoothing : float, default=0.0
        Share of the target that is spread evenly over the classes.
    priors : array-like of shape (n_outputs,) or None, default=None
        Shares of the classes; where targets are 0/1 columns, the share of ones in each. Estimators fill in what they
        count in the training rows, with the weights of rows and classes.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="logit_adjusted"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    Raises
    ------
    ValueError
        If there are no priors when it is called, or they are not between 0 and 1.

    References
    ----------
    Menon et al. (2021), "Long-tail learning via logit adjustment".
    Ren et al. (2020), "Balanced meta-softmax for long-tailed visual recognition".

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skdeep.losses import LogitAdjusted
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = make_classification(500, weights=[0.9], class_sep=0.5, random_state=0)
    >>> model = MLPClassifier((8,), epochs=10, random_state=0, loss=LogitAdjusted(tau=1.0)).fit(X, y)
    >>> bool(model.predict(X).mean() > model.predict_proba(X)[:, 1].mean())
    True
    """

    live_numbers = ("tau", "label_smoothing")
    _parameters = (*live_numbers, "priors")

    def __init__(
        self,
        tau=1.0,
        label_smoothing=0.0,
        priors=None,
        reduction="sum_over_batch_size",
        name="logit_adjusted",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.tau, self.label_smoothing, self.priors = tau, label_smoothing, priors
        self._check()

    def _check(self):
        super()._check()
        _check_number("tau", self.tau, at_least=0)

    def call(self, y_true, y_pred):
        """Return the loss of each row; `y_true` holds class numbers (n,) or 0/1 columns (n, k), `y_pred` outputs."""
        shares = self._shares(y_pred)
        logs = tf.math.log(shares)
        if _class_numbers(y_true, y_pred) is None:
            logs -= tf.math.log1p(-shares)
        return _cross_entropy(y_true, y_pred + tf.cast(self.tau, y_pred.dtype) * logs, self.label_smoothing)


@keras.saving.register_keras_serializable("skdeep")
class LDAM(_OfPriors):
    """Cross-entropy that asks for a margin, the wider the rarer the class of the row.

    The output of the class of a row is lowered by `max_margin * (least share / share of the class) ** (1/4)`, and all
    outputs are multiplied by `scale`, before the softmax. The rarest class has the largest margin.

    The paper uses it with weights of the classes that begin late: `class_weight` with `deferred_fraction`. In the
    estimators of this package, probabilities are those of the scaled outputs, without margins. It goes with several
    labels a row, each of which is a problem of two classes, but not with `label_smoothing`.

    Parameters
    ----------
    max_margin : float, default=0.5
        Margin of the rarest class.
    scale : float, default=1.0
        What outputs are multiplied by. The authors' code has 30, for a last layer whose outputs are cosines, between -1
        and 1. The outputs here have no bounds, and learn their own scale.
    priors : array-like of shape (n_outputs,) or None, default=None
        Shares of the classes; where targets are 0/1 columns, the share of ones in each, and each column has margins of
        its own. Estimators fill in what they count in the training rows, with the weights of rows but not of classes.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="ldam"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    Raises
    ------
    ValueError
        If there are no priors when it is called, or they are not between 0 and 1.

    References
    ----------
    Cao et al. (2019), "Learning imbalanced datasets with label-distribution-aware margin loss".

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skdeep.losses import LDAM
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = make_classification(500, weights=[0.9], class_sep=0.5, random_state=0)
    >>> model = MLPClassifier((8,), epochs=10, random_state=0, loss=LDAM(max_margin=0.3)).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    live_numbers = ("max_margin", "scale")
    _parameters = (*live_numbers, "priors")

    def __init__(
        self, max_margin=0.5, scale=1.0, priors=None, reduction="sum_over_batch_size", name="ldam", dtype=None
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.max_margin, self.scale, self.priors = max_margin, scale, priors
        self._check()

    def _check(self):
        super()._check()
        _check_number("max_margin", self.max_margin, at_least=0)
        _check_number("scale", self.scale, above=0)

    def call(self, y_true, y_pred):
        """Return the loss of each row; `y_true` holds class numbers (n,) or 0/1 columns (n, k), `y_pred` outputs."""
        shares, most = self._shares(y_pred), tf.cast(self.max_margin, y_pred.dtype)
        numbers = _class_numbers(y_true, y_pred)
        if numbers is not None:
            margins = most * (tf.reduce_min(shares) / shares) ** 0.25
            lowered = y_pred - tf.one_hot(numbers, y_pred.shape[-1], dtype=y_pred.dtype) * margins
        else:
            least = tf.minimum(shares, 1.0 - shares)
            of_ones, of_zeros = (most * (least / share) ** 0.25 for share in (shares, 1.0 - shares))
            ones = tf.cast(y_true, y_pred.dtype)
            lowered = y_pred - ones * of_ones + (1.0 - ones) * of_zeros
        return _cross_entropy(y_true, tf.cast(self.scale, y_pred.dtype) * lowered, 0.0)


def _cross_entropy(y_true, logits, label_smoothing):
    smoothing = tf.cast(label_smoothing, logits.dtype)
    numbers = _class_numbers(y_true, logits)
    if numbers is not None:
        log_p = tf.nn.log_softmax(logits)
        hit = tf.gather(log_p, numbers, batch_dims=1)
        return -(1.0 - smoothing) * hit - smoothing * tf.reduce_mean(log_p, axis=-1)
    smoothed = tf.cast(y_true, logits.dtype) * (1.0 - smoothing) + 0.5 * smoothing
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=smoothed, logits=logits), axis=-1)


def _class_numbers(y_true, y_pred):
    """Return class numbers of shape (n,), or None for 0/1 columns; Keras' own training makes numbers floats."""
    if y_true.shape.rank == y_pred.shape.rank and y_true.shape[-1] == y_pred.shape[-1]:
        return None
    return tf.cast(y_true[:, 0] if y_true.shape.rank == y_pred.shape.rank else y_true, tf.int32)


def _check_number(name, value, *, at_least=None, above=None):
    value = float(value)
    if not np.isfinite(value) or (at_least is not None and value < at_least) or (above is not None and value <= above):
        wanted = f"at least {at_least}" if above is None else f"above {above}"
        raise ValueError(f"{name} must be a number {wanted}, got {value}.")


def _check_priors(priors):
    shares = np.asarray(priors, dtype=np.float64)
    if shares.ndim != 1 or not ((shares > 0) & (shares < 1)).all():
        raise ValueError(f"priors must be a list of shares between 0 and 1, got {priors!r}.")


def _power_of_complement(log_p, gamma):
    # (1 - p)^gamma; the floor keeps the gradient finite where p rounds to one.
    return tf.pow(tf.maximum(-tf.math.expm1(log_p), 1e-7), gamma)
