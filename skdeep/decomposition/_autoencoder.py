"""Autoencoders of tables."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import with_callbacks
from sklearn.utils import check_array
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._data.inputs.reconstructed import ReconstructedTables
from skdeep._data.rows import RowData
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep._estimator import fitting
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.net import Design
from skdeep._estimator.params import TrainingParams, estimator, param, positive
from skdeep._estimator.reconstruction import Reconstructing
from skdeep._estimator.scheduled import (
    SCHEDULE,
    early_stopping_param,
    epochs_param,
    learning_rate_param,
    learning_rate_schedule_param,
    n_iter_no_change_param,
    scoring_param,
    validation_fraction_param,
)
from skdeep._estimator.supervised import SupervisedEstimator
from skdeep.architectures import autoencoder, mlp
from skdeep.utils._keys import described
from skdeep.utils._words import Names

_BOTH = "encoder", "decoder"
_STEPS = 3_000, 20
_UNITS_A_COLUMN, _FEWEST_UNITS, _MOST_UNITS = 4, 32, 256
_STRENGTH = [positive(Real, closed="left")]


@dataclass(eq=False, repr=False)
class _AutoencoderParams(TrainingParams):
    """What a code is, what is asked of it, and what differs in training."""

    n_components: int = param(
        8, [Interval(Integral, 1, None, closed="left")], "int", "Length of the code.", positional=True
    )
    hidden_layer_sizes: object = param(
        "auto",
        ["array-like", Interval(Integral, 1, None, closed="left"), Names({"auto"})],
        'tuple of int or "auto"',
        'Units of the hidden layers of the encoder; the decoder has the same in the opposite order. "auto" is one '
        "layer with four times as many units as X has columns, at least 32 and at most 256. () is an encoder that is "
        "linear.",
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        "Activation of the hidden layers: any Keras name, or a function. The code itself has none. Without hidden "
        "layers, and with the squared error, codes span the same space as the components of PCA.",
    )
    noise: float = param(
        0.0,
        [Interval(Real, 0, 1, closed="both")],
        "float",
        "Standard deviation of the normal noise that is added to rows in training, in units of the standard deviation "
        "of X: the net learns to take it out (Vincent et al.).",
    )
    sparsity: float = param(
        0.0,
        _STRENGTH,
        "float",
        "Weight in the loss of the mean absolute value of the code, of which few parts are then far from zero.",
    )
    contraction: float = param(
        0.0,
        _STRENGTH,
        "float",
        "Weight in the loss of the sum of the squared derivatives of the code by X: rows that are near each other get "
        "codes that are (Rifai et al.).",
    )
    tied_weights: bool = param(
        False, ["boolean"], "bool", "Whether the decoder uses the kernels of the encoder, transposed."
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights: a Keras name or instance. "auto" is He for layers before a ReLU or its kin, LeCun for selu, '
        "else Glorot.",
    )
    loss: object = param(
        "squared_error",
        [str, callable],
        "str, keras.losses.Loss or callable",
        '"squared_error", "absolute_error", "huber", "log_cosh", or another loss of MLPRegressor whose outputs are its '
        "predictions: of the rows and what is made of them, both in units of X.",
    )
    epochs: object = epochs_param(*_STEPS)
    learning_rate: object = learning_rate_param()
    learning_rate_schedule: object = learning_rate_schedule_param()
    n_iter_no_change: object = n_iter_no_change_param()
    early_stopping: bool = early_stopping_param("rows")
    validation_fraction: float = validation_fraction_param("rows")
    scoring: str = scoring_param("loss")


@estimator
class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, _AutoencoderParams, BaseDeepEstimator):
    """Autoencoder: a short code of each row, from which the row can be made again.

    An encoder of dense layers makes the code, a decoder makes the row of it, and both are trained for the row to come
    out as it went in. `transform` gives the codes, for another estimator, a search of neighbours or a map.

    X is numeric, dense or sparse; what has no scale in common wants one first, for example by StandardScaler.

    {parameters}

    {attributes}

    See Also
    --------
    sklearn.decomposition.PCA : The best linear code, at once.

    Notes
    -----
    `noise`, `sparsity` and `contraction` combine, and are numbers of the compiled program: a search over their values
    compiles nothing. Inside, each column is centred, and all are divided by one number, so that columns keep their
    proportions.

    A code that is longer than a row can hold a copy of it: with fewer columns than `n_components`, one of the three is
    needed.

    Sparse rows are never centred, and noise cannot be added to them.

    References
    ----------
    Hinton and Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks".
    Vincent et al. (2008), "Extracting and composing robust features with denoising autoencoders": `noise`.
    Rifai et al. (2011), "Contractive auto-encoders: explicit invariance during feature extraction": `contraction`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.decomposition import Autoencoder
    >>> X, _ = load_iris(return_X_y=True)
    >>> model = Autoencoder(n_components=2, random_state=0).fit(X)
    >>> model.transform(X).shape
    (150, 2)
    >>> bool(abs(model.reconstruct(X) - X).mean() < 0.15)
    True
    """

    # What `fitting.fit` sets.
    _attributes = (
        SupervisedEstimator._attributes.rstrip()
        + """
        loss_curve_ : list of float
            Training loss of each epoch, of reconstructions and codes together.
    """
    )
    _inputs_class = ReconstructedTables

    @with_callbacks
    def fit(self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None):
        """Learn a code of rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored, there for the sake of pipelines and searches.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.
        X_val : array-like or sparse matrix of shape (n_validation, n_features), default=None
            Validation rows, evaluated after every epoch; early stopping watches them instead of splitting some off X.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of the validation rows.

        Returns
        -------
        self : Autoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or X is not valid, if the code is longer than a row without need, or if training diverges.
            The estimator then stays as it was.
        """
        self._validate_params()
        rows, held_out = RowData(X, None, sample_weight), RowData(X_val, None, sample_weight_val)
        with self._unchanged_on_failure():
            fitting.fit(self, self._inputs(), self._problem(), rows, held_out, epochs=self.epochs)
        return self

    def partial_fit(self, X, y=None, sample_weight=None, *, epochs=1):
        """Train on from where the net is, without forgetting; X keeps the mean and the scale of the first call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.
        epochs : int, default=1
            Passes over these rows.

        Returns
        -------
        self : Autoencoder
            The estimator, trained further.

        Raises
        ------
        ValueError
            If X, a parameter or the number of epochs is not valid.
        """
        self._validate_params()
        fitting.check_incremental(self, epochs)
        rows = RowData(X, None, sample_weight)
        with self._unchanged_on_failure():
            fitting.fit(self, self._inputs(), self._problem(), rows, RowData(None), epochs=epochs, incremental=True)
        return self

    def transform(self, X):
        """Return the codes of rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Their codes.
        """
        return self._made(X, _BOTH[0])

    def inverse_transform(self, X):
        """Return the rows that a decoder makes of codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            In units of the training rows.
        """
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        codes = check_array(X, dtype=[np.float64, np.float32], estimator=self)
        if codes.shape[1] != self._n_features_out:
            raise ValueError(f"X has {codes.shape[1]} columns, but codes have {self._n_features_out}.")
        net = self._net
        called = InputSignature((("code", Dense((self._n_features_out,), net.dtype)),), net.dtype)
        (rows,) = self._forward(views.model("decoder", called))({"code": precision.converted(codes, net.dtype)})
        return rows.astype(codes.dtype, copy=False)

    def reconstruct(self, X):
        """Return rows as the decoder makes them of their codes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            The same rows, made again.
        """
        return self._made(X, *_BOTH)

    def score_samples(self, X):
        """Return how well each row can be made again.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus the loss of each row: the larger, the better.
        """
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        X, loss = self._net.inputs.validate(self, X, reset=False), Reconstructing(self._fitted_loss, {}).resolved().loss
        (losses,) = self._viewed(X, views.losses(_BOTH, loss.recipe, loss.numbers))
        return -losses.astype(np.float64)

    def score(self, X, y=None, sample_weight=None):
        """Return the mean of `score_samples`, which a search makes as large as it can.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            Minus the mean loss of a row.
        """
        return float(np.average(self.score_samples(X), weights=sample_weight))

    def _made(self, X, *models):
        """Return what models make of rows one after the other, in the precision of X."""
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        kind = np.float32 if precision.is_single(X) else np.float64
        X = self._net.inputs.validate(self, X, reset=False)
        (made,) = self._viewed(X, views.chain(models))
        return made.astype(kind, copy=False)

    def _inputs(self):
        return ReconstructedTables(self.dtype)

    def _problem(self):
        return Reconstructing(self.loss, {"sparsity": float(self.sparsity), "contraction": float(self.contraction)})

    def _design(self, inputs, signature, output_sizes):
        n_columns = signature.inputs[0][1].shape[0]
        self._check(n_columns, inputs)
        config = autoencoder.AutoencoderConfig(
            int(self.n_components),
            self._sizes(n_columns),
            described(self.activation),
            described(self.kernel_initializer),
            noise=self.noise > 0,
            tied=bool(self.tied_weights),
            standardized=inputs.mean is not None,
        )
        autoencoder.check(config)
        numbers = {"noise": float(self.noise)} if config.noise else {}
        spec = ModelSpec(autoencoder.build, config, tuple(numbers))
        return Design(spec, numbers, *SCHEDULE, initial=lambda: _statistics(inputs), steps=_STEPS)

    def _check(self, n_columns, inputs):
        if inputs.mean is None and self.noise:
            raise ValueError(f"noise={self.noise} would fill a sparse X; use X.toarray(), or no noise.")
        if self.n_components > n_columns and not (self.noise or self.sparsity or self.contraction):
            raise ValueError(
                f"n_components={self.n_components} is more than the {n_columns} columns of X: the code could be a copy "
                "of its row. Use fewer, or noise, sparsity or contraction."
            )

    def _sizes(self, n_columns):
        sizes = self.hidden_layer_sizes
        if isinstance(sizes, str):
            return (int(np.clip(_UNITS_A_COLUMN * n_columns, _FEWEST_UNITS, _MOST_UNITS)),)
        return mlp.sizes(sizes)

    @property
    def _n_features_out(self):
        return self._net.spec.config.n_components


def _statistics(inputs):
    """Return the weights that centre and scale rows, and those that put rows back into their units, by path."""
    if inputs.mean is None:
        return {}
    mean, variance = inputs.mean, np.full_like(inputs.mean, inputs.scale**2)
    placed = zip(autoencoder.ENCODED, (mean, variance), strict=True)
    return dict(placed) | dict(zip(autoencoder.DECODED, (-mean / inputs.scale, 1 / variance), strict=True))
