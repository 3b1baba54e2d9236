"""What estimators have in common that learn codes of rows: the parameters, the fit, and the two ways of the net."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import with_callbacks
from sklearn.utils import check_array
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._data.inputs.reconstructed import ReconstructedImages, ReconstructedSeries, ReconstructedTables
from skdeep._data.rows import RowData
from skdeep._engine.spec import InputSignature
from skdeep._estimator import fitting
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.params import TrainingParams, param
from skdeep._estimator.scheduled import (
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
from skdeep.utils._words import Names

BOTH = "encoder", "decoder"
STEPS = 3_000, 20
_INPUTS = {"dense": ReconstructedTables, "rnn": ReconstructedSeries}
_FILTERS, _RECURRENT_UNITS = (32, 64), (64,)
_UNITS_A_COLUMN, _FEWEST_UNITS, _MOST_UNITS = 4, 32, 256


@dataclass(eq=False, repr=False)
class CodingParams(TrainingParams):
    """What a code is, and what differs in training."""

    n_components: int = param(
        8, [Interval(Integral, 1, None, closed="left")], "int", "Length of the code.", positional=True
    )
    hidden_layer_sizes: object = param(
        "auto",
        ["array-like", Interval(Integral, 1, None, closed="left"), Names({"auto"})],
        'tuple of int or "auto"',
        "Units of the hidden layers of the encoder, or filters of its convolutions, each of which halves an image; the "
        'decoder has the same in the opposite order. "auto" is one dense layer with four times as many units as X has '
        "columns, at least 32 and at most 256; 32 and 64 filters; or 64 recurrent units. () is a dense encoder that is "
        "linear.",
    )
    architecture: str = param(
        "dense",
        [Names(autoencoder.ARCHITECTURES)],
        '{"dense", "conv", "rnn"}',
        'What the hidden layers are. "dense" reads rows of any shape as flat ones, "conv" images, "rnn" series of one '
        "length, of shape (time,) or (time, channels), moment by moment.",
    )
    image_shape: object = param(
        None,
        ["array-like", None],
        "tuple of int or None",
        'Height, width and, if there are several, channels of the images of "conv". None is the shape of X or, of flat '
        "rows, a square of at least 8 x 8 pixels or else one line of pixels.",
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        "Activation of the hidden layers: any Keras name, or a function; recurrent layers have their own. The code "
        "has none. Without hidden layers, and with the squared error, codes span the same space as the components of "
        "PCA.",
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights: a Keras name or instance. "auto" is He for layers before a ReLU or its kin, LeCun for selu, '
        "else Glorot.",
    )
    epochs: object = epochs_param(*STEPS)
    learning_rate: object = learning_rate_param()
    learning_rate_schedule: object = learning_rate_schedule_param()
    n_iter_no_change: object = n_iter_no_change_param()
    early_stopping: bool = early_stopping_param("rows")
    validation_fraction: float = validation_fraction_param("rows")
    scoring: str = scoring_param("loss")


class Coding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseDeepEstimator):
    """Training of an encoder and a decoder, codes of rows and rows of codes.

    Subclasses define `_problem()`, `_design(inputs, signature, output_sizes)` and `score_samples(X)`.
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
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, ...)
            Training rows.
        y : None
            Ignored, there for the sake of pipelines and searches.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.
        X_val : array-like or sparse matrix of shape (n_validation, ...), default=None
            Validation rows, evaluated after every epoch; early stopping watches them instead of splitting some off X.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of the validation rows.

        Returns
        -------
        self : object
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
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, ...)
            Training rows.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.
        epochs : int, default=1
            Passes over these rows.

        Returns
        -------
        self : object
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
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, ...)
            Rows.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Their codes.
        """
        return self._made(X, BOTH[0])

    def inverse_transform(self, X):
        """Return the rows that a decoder makes of codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features) or (n_samples, ...)
            In units of the training rows, and in the shape in which `fit` was given them.
        """
        check_is_fitted(self, "weights_")
        codes = check_array(X, dtype=[np.float64, np.float32], estimator=self)
        if codes.shape[1] != self._n_features_out:
            raise ValueError(f"X has {codes.shape[1]} columns, but codes have {self._n_features_out}.")
        net = self._net
        called = InputSignature((("code", Dense((self._n_features_out,), net.dtype)),), net.dtype)
        arrays = {"code": precision.converted(codes, net.dtype)}
        (rows,) = self._computed(arrays, net.signature, lambda views: views.model(BOTH[1], called), BOTH[1:])
        return self._as_rows(rows).astype(codes.dtype, copy=False).reshape(len(rows), *self.row_shape_)

    def reconstruct(self, X):
        """Return rows as the decoder makes them of their codes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, ...)
            Rows.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features) or (n_samples, ...)
            The same rows, made again, in the shape of X.
        """
        return self._made(X, *BOTH).reshape(np.shape(X))

    def score(self, X, y=None, sample_weight=None):
        """Return the mean of `score_samples`, which a search makes as large as it can.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or (n_samples, ...)
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
        kind = np.float32 if precision.is_single(X) else np.float64
        X = self._net.inputs.validate(self, X, reset=False)
        signature = self._net.inputs.signature(X)
        made, *_ = self._chained(self._net.inputs.encode(X, signature), signature, models)
        return (self._as_rows(made) if models == BOTH else made).astype(kind, copy=False)

    def _predicted(self, arrays, signature):
        return self._chained(arrays, signature, BOTH[:1])

    def _chained(self, arrays, signature, models):
        return self._computed(arrays, signature, lambda views: views.chain(models), models)

    def _as_rows(self, decoded):
        """Return what a decoder made as rows in their units: what it made."""
        return decoded

    def _inputs(self):
        if self.architecture == "conv":
            return ReconstructedImages(image_shape=self.image_shape, rescale=None, dtype=self.dtype)
        if self.image_shape is not None:
            raise ValueError(f"image_shape={self.image_shape!r} needs architecture='conv', got {self.architecture!r}.")
        return _INPUTS[self.architecture](dtype=self.dtype)

    def _sizes(self, n_columns):
        sizes = self.hidden_layer_sizes
        if isinstance(sizes, str):
            units = int(np.clip(_UNITS_A_COLUMN * n_columns, _FEWEST_UNITS, _MOST_UNITS))
            return {"dense": (units,), "conv": _FILTERS, "rnn": _RECURRENT_UNITS}[self.architecture]
        sizes = mlp.sizes(sizes)
        if not sizes and self.architecture != "dense":
            raise ValueError(f"architecture={self.architecture!r} needs a hidden layer, got hidden_layer_sizes=().")
        return sizes

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.architecture == "dense"
        return tags

    @property
    def _n_features_out(self):
        return self._net.spec.config.n_components


def statistics(inputs):
    """Return the weights that centre and scale rows, and those that put rows back into their units, by path."""
    if inputs.mean is None:
        return {}
    mean, variance = inputs.mean, np.full_like(inputs.mean, inputs.scale**2)
    placed = zip(autoencoder.ENCODED, (mean, variance), strict=True)
    return dict(placed) | dict(zip(autoencoder.DECODED, (-mean / inputs.scale, 1 / variance), strict=True))
