"""Losses of regressors beyond those Keras has."""

from numbers import Integral

import numpy as np

from skdeep.losses import _bins
from skdeep.losses._searchable import Searchable
from skdeep.utils._keys import plain_copy
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


@keras.saving.register_keras_serializable("skdeep")
class BalancedSquaredError(Searchable, keras.losses.Loss):
    """Squared error in which each bin of the target weighs the same, however rare its rows are.

    The loss of the twin of this metric, `skdeep.metrics.balanced_mean_squared_error`: the weighted mean over all
    training rows is the metric. Each of several targets is binned on its own.

    Parameters
    ----------
    n_bins : int, default=10
        Number of bins of equal width between the smallest and the largest target of the training rows.
    bin_edges : array-like of shape (n_edges,) or (n_targets, n_edges), default=None
        Rising edges of the bins in units of the target, used instead. A bin holds its left edge; targets outside the
        edges belong to the first or the last bin.
    bin_weights : array-like of shape (n_edges - 1,) or (n_targets, n_edges - 1), default=None
        What the squared error of a row in each bin is multiplied by: n_rows / (n_occupied_bins * n_rows_in_bin).
        Estimators fill in what they count in the training rows, with their weights; for Keras' own training, `counted`
        does.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="balanced_squared_error"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    Raises
    ------
    ValueError
        If bins are not valid, or it is called without weights of the bins.

    References
    ----------
    Baccianella, Esuli and Sebastiani (2009), "Evaluation measures for ordinal regression".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep.losses import BalancedSquaredError
    >>> from skdeep.tabular import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> loss = BalancedSquaredError(n_bins=5)
    >>> model = MLPRegressor((8,), epochs=10, learning_rate=0.1, random_state=0, loss=loss).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    live_numbers = ()
    live_vectors = ("bin_edges", "bin_weights")
    _parameters = ("n_bins", "bin_edges", "bin_weights")

    def __init__(
        self,
        n_bins=10,
        bin_edges=None,
        bin_weights=None,
        reduction="sum_over_batch_size",
        name="balanced_squared_error",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.n_bins, self.bin_edges, self.bin_weights = n_bins, bin_edges, bin_weights
        self._check()

    def _check(self):
        if isinstance(self.n_bins, bool) or not isinstance(self.n_bins, Integral) or self.n_bins < 1:
            raise ValueError(f"n_bins must be an integer of at least 1, got {self.n_bins!r}.")
        edges = np.asarray([0, 1] if self.bin_edges is None else self.bin_edges, dtype=np.float64)
        if edges.ndim not in (1, 2) or edges.shape[-1] < 2 or not (np.diff(edges) > 0).all():
            raise ValueError(f"bin_edges must hold at least two rising numbers a target, got {self.bin_edges!r}.")

    def counted(self, y, sample_weight=None):
        """Return the loss with edges and weights of the bins of training targets, for Keras' own training.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        loss : BalancedSquaredError
            A copy that can be called.
        """
        edges, weights = self._bins(np.asarray(y, dtype=np.float64).reshape(len(y), -1), sample_weight)
        found = plain_copy(self)
        found.bin_edges, found.bin_weights = np.array(edges), np.array(weights)
        return found

    def learned(self, y, sample_weight, offset, scale):
        """Return what a program is told of the bins of training targets.

        Parameters
        ----------
        y : ndarray of shape (n_samples, n_targets)
            Targets in their own units.
        sample_weight : ndarray of shape (n_samples,) or None
            Weights of the rows.
        offset, scale : ndarray of shape (n_targets,)
            What targets are shifted and divided by in the program.

        Returns
        -------
        vectors : dict of ndarray
            Edges and weights of the bins, of one target after the other.
        """
        return _bins.vectors(*self._bins(y, sample_weight), y, offset, scale)

    def _bins(self, y, sample_weight):
        edges = None if self.bin_edges is None else np.asarray(self.bin_edges, dtype=np.float64)
        if edges is not None and edges.ndim == 2 and len(edges) != y.shape[1]:
            raise ValueError(f"bin_edges are for {len(edges)} targets, but there are {y.shape[1]}.")
        return _bins.balanced(y, sample_weight, self.n_bins, edges)

    def call(self, y_true, y_pred):
        """Return the loss of each row; both arguments have shape (n, n_targets)."""
        if self.bin_weights is None:
            raise ValueError(
                "BalancedSquaredError needs to know how many rows its bins have: BalancedSquaredError().counted(y). "
                "Estimators of this package count themselves."
            )
        dtype, n_targets = y_pred.dtype, y_pred.shape[-1]
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        edges = self._by_target(self.bin_edges, n_targets, dtype)[:, 1:-1]
        places = tf.reduce_sum(tf.cast(y_true[:, :, None] >= edges, tf.int32), axis=-1)
        weights = tf.gather(self._by_target(self.bin_weights, n_targets, dtype), tf.transpose(places), batch_dims=1)
        return tf.reduce_mean(tf.transpose(weights) * tf.square(y_true - y_pred), axis=-1)

    def _by_target(self, values, n_targets, dtype):
        values = tf.cast(values, dtype)
        shared = values.shape.rank == 1 and not hasattr(self.bin_edges, "read")
        return tf.repeat(values[None], n_targets, axis=0) if shared else tf.reshape(values, (n_targets, -1))

    def get_config(self):
        """Return the constructor's arguments."""
        lists = {name: getattr(self, name) for name in self.live_vectors}
        lists = {name: None if one is None else np.asarray(one, dtype=float).tolist() for name, one in lists.items()}
        return super().get_config() | {"n_bins": self.n_bins} | lists


@keras.saving.register_keras_serializable("skdeep")
class BatchBalancedSquaredError(Searchable, keras.losses.Loss):
    """Squared error that is corrected for how frequent targets are, by the other targets of the batch.

    The prediction of a row is to be nearer to its own target than to those of the other rows:

        2 s^2 * (minus the log-softmax of row i of the matrix -(yhat_i - y_j)^2 / (2 s^2), at its diagonal)

    where of several targets the square is the mean over them, and where no gradient goes through the factor 2 s^2. In
    estimators of this package s is learned; it begins with `sigma`, in standard deviations of the targets, and the
    logarithm of what it is multiplied by is the last of `weights_`. Weights of rows count twice: in the mean over
    rows, and in the sum of the softmax, there divided by their mean, so that a row of weight two is two rows.
    `val_loss` is the plain squared error.

    A batch of n rows takes n * n differences. It is not for `mixup`: rows that are mixed have no target of their own to
    be compared with.

    Parameters
    ----------
    sigma : float, default=1.0
        Noise of the targets that is assumed first. In Keras' own training, which cannot learn it, it stays, and rows
        are compared without their weights.
    reduction : str, default="sum_over_batch_size"
        How Keras' own training reduces the losses of the rows; estimators here take weighted means.
    name : str, default="batch_balanced_squared_error"
        Name of the loss.
    dtype : str or None, default=None
        Precision of the loss in Keras' own training.

    References
    ----------
    Ren et al. (2022), "Balanced MSE for imbalanced visual regression": batch-based Monte-Carlo.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skdeep.losses import BatchBalancedSquaredError
    >>> from skdeep.tabular import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> loss = BatchBalancedSquaredError()
    >>> model = MLPRegressor((8,), epochs=10, learning_rate=0.1, random_state=0, loss=loss).fit(X, y)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    _parameters = live_numbers = ("sigma",)

    def __init__(self, sigma=1.0, reduction="sum_over_batch_size", name="batch_balanced_squared_error", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.sigma = sigma
        self._check()

    def _check(self):
        if not 0 < float(self.sigma) < np.inf:
            raise ValueError(f"sigma must be a number above 0, got {self.sigma!r}.")

    def call(self, y_true, y_pred):
        """Return the loss of each row; both arguments have shape (n, n_targets)."""
        return self.compared(y_true, y_pred, tf.cast(self.sigma, y_pred.dtype))

    def compared(self, y_true, y_pred, sigma, sample_weight=None):
        """Return the loss of each row among those of its batch, with a sigma that may be learned.

        Parameters
        ----------
        y_true, y_pred : tensor of shape (n, n_targets)
            Targets and predictions.
        sigma : tensor of shape ()
            Noise of the targets.
        sample_weight : tensor of shape (n,) or None, default=None
            Weights of the rows.

        Returns
        -------
        losses : tensor of shape (n,)
            Of each row.
        """
        y_true = tf.reshape(y_true, tf.shape(y_pred))
        squares = tf.reduce_mean(tf.square(y_pred[:, None] - y_true[None]), axis=-1)
        logits = -squares / (2.0 * sigma**2)
        own = tf.linalg.diag_part(logits)
        if sample_weight is not None:
            logits += tf.math.log(sample_weight / tf.reduce_mean(sample_weight))
        return tf.stop_gradient(2.0 * sigma**2) * (tf.reduce_logsumexp(logits, axis=1) - own)

    def alone(self, y_true, y_pred):
        """Return the squared error of each row.

        Parameters
        ----------
        y_true, y_pred : tensor of shape (n, n_targets)
            Targets and predictions.

        Returns
        -------
        losses : tensor of shape (n,)
            Of each row.
        """
        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)

    def get_config(self):
        """Return the constructor's arguments."""
        return super().get_config() | {"sigma": float(self.sigma)}
