"""What wrappers of Keras models have in common: parameters with destinations, and the life of a fit."""

import copy

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if

from skdeep.utils._attributes import unchanged_on_failure
from skdeep.wrappers import _fitting, _parameters, _pickling, _validation
from skdeep.wrappers._encoders import AsGiven
from skdeep.wrappers._parameters import RoutedParameters
from skdeep.wrappers._routing import routed


def _has_scorer(wrapper):
    return type(wrapper).scorer is not BaseWrapper.scorer


class BaseWrapper(RoutedParameters):
    """A Keras model with scikit-learn's `fit` and `predict`, whatever its targets are.

    It is the base of `KerasClassifier` and `KerasRegressor`, and useful by itself for models that are neither, such as
    autoencoders. See these for the parameters that are not listed here.

    Parameters
    ----------
    model : callable, keras.Model or None, default=None
        A function that returns a model, compiled or not, or a model, which is then used itself and goes on from fit to
        fit. A function is called with ``model__x`` as ``x`` and with parameters of any other name; and with ``meta``
        (what is known of X and y, such as ``n_features_in_``), ``compile_kwargs`` (optimizer, loss and metrics, ready
        to compile with) and ``params`` (all parameters), if it has arguments of these names. None is for subclasses,
        which define ``_keras_build_fn``.
    build_fn : callable or None, default=None
        The old name of `model`.
    warm_start : bool, default=False
        Whether `fit` goes on from what was learned before. `partial_fit` always does.
    random_state : int, RandomState instance or None, default=None
        Fixes what is drawn while the model is built, the order of the rows, and the noise of training. None leaves the
        random numbers of the process alone while the model is built.
    optimizer : str, type or keras.optimizers.Optimizer, default='rmsprop'
        For models that are not compiled, and in ``compile_kwargs``. ``optimizer__learning_rate`` and the like go to a
        name or a class.
    loss : str, type, keras.losses.Loss, callable, list, dict or None, default=None
        Of each output. ``loss__x`` goes to all, ``loss__out1__x`` or ``loss__0__x`` to one.
    metrics : list, dict or None, default=None
        What is measured besides, routed like the loss.
    batch_size : int or None, default=None
        Rows a step; None is 32, and -1 all rows. ``fit__batch_size`` and ``predict__batch_size`` set them singly.
    validation_batch_size : int or None, default=None
        Rows a step where validation rows are evaluated; None is `batch_size`.
    verbose : int, default=1
        0 is silent, 1 shows a progress bar, 2 prints a line an epoch.
    callbacks : list, dict, type, keras.callbacks.Callback or None, default=None
        Called in training and prediction, with ``callbacks__x`` for classes. Those of ``fit__callbacks`` and
        ``predict__callbacks`` are called in one of both.
    validation_split : float, default=0.0
        Fraction of the rows, the last ones, that are only evaluated, if `fit` is not given X_val.
    shuffle : bool, default=True
        Whether each epoch visits the rows in a new random order.
    run_eagerly : bool, default=False
        Whether Keras runs the model step by step in Python.
    epochs : int, default=1
        Passes over the training data.
    engine : {"auto", "compiled", "keras"}, default='auto'
        Which trains. "compiled" keeps one compiled program for all fits of models of one structure, and raises where a
        model cannot have one; "keras" is `keras.Model.fit`; "auto" is "compiled" wherever it does the same.
    early_stopping : bool, default=False
        Whether to stop when the loss of validation rows no longer falls, and to keep the weights of the best epoch.
        Without `validation_split` and X_val, a tenth of the rows is set aside at random.
    n_iter_no_change : int, default=10
        With early stopping, training ends after more than so many epochs in a row without an improvement.
    tol : float, default=0.0
        The least change of the validation loss that counts as one.
    learning_rate_schedule : str, Schedule, callable or None, default=None
        What multiplies the learning rate over the training, from `skdeep.schedules`.
    freeze : str, list of str or None, default=None
        Patterns of the paths of weights that are not trained, such as ``"backbone/*"``; moving statistics beside such
        weights stay as they are.
    rate_factors : dict or None, default=None
        Factors of the learning rate by patterns of the paths of weights, such as ``{"backbone/*": 0.1}``; the last
        that matches counts. Not where Keras trains.
    **kwargs : dict
        Arguments of the function that builds the model, and parameters with a destination: ``fit__``, ``compile__``,
        ``predict__``, ``score__``, ``model__``, ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__``.

    Attributes
    ----------
    model_ : keras.Model
        The model, compiled, with what was learned.
    history_ : dict of list
        Losses and metrics of each epoch.
    engine_ : str
        "compiled", or "keras" and why.
    weights_ : tuple of ndarray
        Weights of the model, in Keras' order.
    paths_ : tuple of str
        Path of each of these, such as "dense/kernel".
    target_type_ : str
        What y is, in scikit-learn's words.
    feature_encoder_, target_encoder_ : object
        Fitted encoders of X and y.
    X_shape_, X_dtype_, y_dtype_, y_ndim_ : object
        Of the rows that the model was built for.
    n_features_in_ : int
        Length of the second axis of X.
    feature_names_in_ : ndarray
        Names of the columns, if X had any.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from skdeep.wrappers import BaseWrapper
    >>> def autoencoder(meta):
    ...     inputs = keras.Input((meta["n_features_in_"],))
    ...     code = keras.layers.Dense(2, activation="relu")(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(meta["n_features_in_"])(code))
    >>> X = np.random.default_rng(0).normal(size=(50, 4))
    >>> wrapper = BaseWrapper(autoencoder, loss="mse", epochs=2, verbose=0, random_state=0).fit(X, X)
    >>> wrapper.predict(X).shape
    (50, 4)
    """

    _fit_kwargs = {
        "batch_size", "epochs", "verbose", "validation_split", "shuffle", "sample_weight", "initial_epoch",
        "validation_steps", "validation_batch_size", "validation_freq",
    }  # fmt: skip
    _predict_kwargs = {"batch_size", "verbose", "steps"}
    _compile_kwargs = {"optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly"}
    _routing_prefixes = {"model", "fit", "compile", "predict", "optimizer", "loss", "metrics", "callbacks", "score"}
    _y_numeric = _needs_y = False
    _epoch_is_step = False  # as of `BaseDeepEstimator`

    def __init__(
        self,
        model=None,
        *,
        build_fn=None,
        warm_start=False,
        random_state=None,
        optimizer="rmsprop",
        loss=None,
        metrics=None,
        batch_size=None,
        validation_batch_size=None,
        verbose=1,
        callbacks=None,
        validation_split=0.0,
        shuffle=True,
        run_eagerly=False,
        epochs=1,
        engine="auto",
        early_stopping=False,
        n_iter_no_change=10,
        tol=0.0,
        learning_rate_schedule=None,
        freeze=None,
        rate_factors=None,
        **kwargs,
    ):
        self.model = model
        self.build_fn = build_fn
        self.warm_start = warm_start
        self.random_state = random_state
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.run_eagerly = run_eagerly
        self.epochs = epochs
        self.engine = engine
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.learning_rate_schedule = learning_rate_schedule
        self.freeze = freeze
        self.rate_factors = rate_factors
        vars(self).update(kwargs)
        if kwargs:
            self._user_params = set(kwargs)

    # -- what subclasses may override -----------------------------------------------------------------------------

    @property
    def target_encoder(self):
        """What turns y into what the model is trained on, and back; its `get_metadata` adds to ``meta``."""
        return AsGiven()

    @property
    def feature_encoder(self):
        """What turns X into what the model is given; its `get_metadata` adds to ``meta``."""
        return AsGiven()

    def _targets(self, X, y):
        """Return what the model is to learn of X, given what it was asked to."""
        return y

    def _strata(self, y):
        """Return the labels by which rows are set aside evenly, or None."""
        return None

    def _with_class_weights(self, y, sample_weight):
        """Return weights of rows that count those of classes too."""
        return sample_weight

    def _type_of_target(self, y):
        return _validation.kind_of_target(y)

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Return the score of predictions; subclasses say which.

        Parameters
        ----------
        y_true, y_pred : array-like
            What is right, and what was predicted.
        **kwargs : dict
            ``score__x`` as ``x``, and sample_weight.

        Returns
        -------
        score : float
            The larger, the better.
        """
        raise NotImplementedError("Scoring is not implemented on BaseWrapper: give it a scorer in a subclass.")

    # -- fitting --------------------------------------------------------------------------------------------------

    def initialize(self, X, y=None):
        """Build and compile the model without any training, as for one that is trained already.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like or dict of arrays, optional
            Targets; a dict has one array for each output.

        Returns
        -------
        self : object
            This estimator.
        """
        _parameters.validate(self)
        with unchanged_on_failure(self):
            _fitting.initialize(self, X, y)
        return self

    def fit(self, X, y=None, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None, **kwargs):
        """Build a model and train it.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like or dict of arrays
            Targets; a dict has one array for each output.
        sample_weight : array-like, or list or dict of these, default=None
            Weights of rows, for all outputs or for each.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows that are only evaluated after each epoch.
        **kwargs : dict
            Further arguments of `keras.Model.fit`.

        Returns
        -------
        self : object
            This estimator.
        """
        arguments = {"initial_epoch": 0} | kwargs
        arguments.setdefault("epochs", getattr(self, "fit__epochs", self.epochs))
        self._train(X, y, sample_weight, (X_val, y_val, sample_weight_val), arguments, goes_on=self.warm_start)
        return self

    def partial_fit(self, X, y=None, sample_weight=None, **kwargs):
        """Train for one more epoch.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like or dict of arrays
            Targets; a dict has one array for each output.
        sample_weight : array-like, or list or dict of these, default=None
            Weights of rows, for all outputs or for each.
        **kwargs : dict
            Further arguments of `keras.Model.fit`.

        Returns
        -------
        self : object
            This estimator.
        """
        for name in ("epochs", "initial_epoch"):
            if name in kwargs:
                raise TypeError(
                    f"Invalid argument `{name}` to `partial_fit`: `partial_fit` always trains for 1 epoch, from the "
                    "current epoch"
                )
        arguments = {"initial_epoch": self.current_epoch, "epochs": 1} | kwargs
        self._train(X, y, sample_weight, (None, None, None), arguments, goes_on=True, incremental=True)
        return self

    def _train(self, X, y, sample_weight, held_out, arguments, *, goes_on, incremental=False):
        _parameters.validate(self)
        with unchanged_on_failure(self):
            _fitting.train(self, X, y, sample_weight, held_out, arguments, goes_on=goes_on, incremental=incremental)

    @property
    def current_epoch(self):
        """Number of epochs so far."""
        return len(self.history_["loss"]) if hasattr(self, "history_") else 0

    @property
    def initialized_(self):
        """Whether there is a model to predict with."""
        return "_model" in vars(self)

    @property
    def model_(self):
        """The model, compiled, with what was learned; the same object until a fit builds another."""
        if "_model" not in vars(self):
            raise AttributeError(f"{self.__name__!r} object has no attribute 'model_'")
        if vars(self).get("_slots") is not None:  # which take long to create, and a search never looks at
            from skdeep.wrappers import _compiled

            _compiled.write_slots(self._model, self._slots)
            self._slots = None
        return self._model

    def __sklearn_is_fitted__(self):
        return self.initialized_

    def _seeds(self):
        """Return seeds for the build of the model, the order of the rows and the noise; the first may be None."""
        # A generator that is given stays where it is, so that two fits are the same.
        generator = check_random_state(copy.deepcopy(self.random_state))
        drawn = tuple(map(int, generator.randint(2**31 - 1, size=3)))
        if self.random_state is None:
            return (None, *drawn[1:])
        whole = isinstance(self.random_state, (int, np.integer))
        return (int(self.random_state) % 2**32 if whole else drawn[0], *drawn[1:])

    @property
    def weights_(self):
        """Weights of the model as arrays, in Keras' order."""
        return tuple(variable.numpy() for variable in self.model_.weights)

    @property
    def paths_(self):
        """Path of each of `weights_`, as patterns of `freeze` and `rate_factors` name them."""
        return tuple(variable.path for variable in self.model_.weights)

    # -- predicting -----------------------------------------------------------------------------------------------

    def _predict_raw(self, X, **kwargs):
        """Return what the model computes."""
        if not self.initialized_:
            raise NotFittedError(f"This {self.__name__} needs to be fit before `predict` can be called")
        X = self.feature_encoder_.transform(_validation.inputs(self, X, reset=False))
        return _fitting.predict(self, X, kwargs)

    def predict(self, X, **kwargs):
        """Return predictions, in the terms of y.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        **kwargs : dict
            Further arguments of `keras.Model.predict`.

        Returns
        -------
        y : ndarray, or what the target encoder makes of the outputs of the model
            Targets; a dict has one array for each output.
        """
        outputs = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(outputs)

    @available_if(_has_scorer)
    def score(self, X, y, sample_weight=None):
        """Return the score of predictions, by `scorer`.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like
            Targets; a dict has one array for each output.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of rows, for all outputs or for each.

        Returns
        -------
        score : float
            The larger, the better.
        """
        y = _validation.targets(self, y, numeric=self._y_numeric, reset=False)
        predicted = self.predict(X)
        weights = None if sample_weight is None else _validation.weights(predicted, sample_weight)
        return self.scorer(y, predicted, sample_weight=weights, **routed(self.get_params(deep=False), "score"))

    # -- state ----------------------------------------------------------------------------------------------------

    def __getstate__(self):
        _ = self.initialized_ and self.model_
        return _pickling.packed(super().__getstate__())

    def __setstate__(self, state):
        super().__setstate__(_pickling.unpacked(state))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags
