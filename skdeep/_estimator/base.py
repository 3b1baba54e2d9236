"""The base of all deep estimators. Think twice before adding here: what only some need belongs in a mixin."""

import copy

import numpy as np
from sklearn.base import BaseEstimator, _clone_parametrized
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep._data.rows import split
from skdeep.utils._attributes import unchanged_on_failure
from skdeep.utils._words import check_values, parameter_hint

_CALLBACK_STATE = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")


class BaseDeepEstimator(CallbackSupportMixin, BaseEstimator):
    """What a fitted deep estimator is: parameters, weights, and the description of its net.

    Subclasses set `weights_` (NumPy arrays) and `_net` (the description of the net) when fitted.
    """

    _attributes = """
        weights_ : tuple of ndarray
            Weights of the net, in Keras' order; read-only.
        paths_ : tuple of str
            Path of each of these, such as "hidden_0/kernel".
    """

    _epoch_is_step = False  # unless what looks for a learning rate asks one of these for the loss of every step
    _masks = ()  # unless what prunes asks one of these to hold weights at zero; see `TrainPlan`

    def __new__(cls, *arguments, **parameters):
        """Say what a parameter of another library is called here."""
        for name in parameters.keys() - cls._parameter_constraints.keys():
            known = cls._get_param_names()  # of subclasses that are written by hand, too
            hint = "" if name in known else parameter_hint(name, known)
            if hint:
                raise TypeError(f"{cls.__name__} has no parameter {name!r}.{hint}")
        return super().__new__(cls)

    def set_params(self, **params):
        """Set parameters, also of nested objects, as in scikit-learn.

        Parameters
        ----------
        **params : object
            Values by name; `<component>__<parameter>` is one of a component.

        Returns
        -------
        self : object
            The estimator.
        """
        known = self._get_param_names()
        for name in params.keys() - set(known):
            hint = parameter_hint(name, known)
            if "__" not in name and hint:
                raise ValueError(f"Invalid parameter {name!r} for estimator {type(self).__name__}.{hint}")
        return super().set_params(**params)

    def _validate_params(self):
        check_values(self.get_params(deep=False))
        super()._validate_params()

    def __sklearn_clone__(self):
        # Keras objects are never changed here, so clones share them, but for those whose parameters a search sets.
        # Keras copies through the config, which cannot be read back for classes that are not registered, and which in
        # Huber's case does not mention the delta. A copy of a callback would report to a copy of what it belongs to.
        shared = {name: _shared(value) for name, value in self.get_params(deep=False).items() if _is_of_keras(value)}
        original = copy.copy(self)
        vars(original).update(dict.fromkeys(shared))
        return _clone_parametrized(original).set_params(**shared)

    def __setstate__(self, state):
        super().__setstate__(state)
        for array in vars(self).get("weights_", ()):
            array.flags.writeable = False

    def __dir__(self):
        # Displays look at every attribute listed here, and `model_` imports TensorFlow.
        return [name for name in object.__dir__(self) if name != "model_" and hasattr(self, name)]

    def _unchanged_on_failure(self):
        """Put all attributes back as they were if a block raises, but for those of callbacks still to be torn down."""
        return unchanged_on_failure(self, but=_CALLBACK_STATE)

    def _hold_out(self, rows, strata, seed):
        """Return (training rows, validation rows) of rows that are all there are."""
        return split(rows, self.validation_fraction, strata, seed)

    def _draw_seeds(self):
        """Return seeds for the weights, the shuffling and the noise in the net."""
        return tuple(int(seed) for seed in check_random_state(self.random_state).randint(2**31 - 1, size=3))

    def _outputs(self, X):
        """Return what the net computes of validated rows for a prediction, one array an output."""
        signature = self._net.inputs.signature(X)
        return self._predicted(self._net.inputs.encode(X, signature), signature)

    def _predicted(self, arrays, signature):
        """Return the same of named arrays."""
        several, target = self._net.n_members > 1, self._net.target
        names = () if target is None else target.names
        return self._computed(arrays, signature, lambda views: views.members() if several else views.outputs(names))

    def _computed(self, arrays, signature, view, models=()):
        """Return what the net, or some of its models one after the other, compute of named arrays.

        Parameters
        ----------
        arrays : dict of arrays
        signature : InputSignature
            Of the net.
        view : callable
            Makes of the module of views the view that TensorFlow computes where NumPy does not.
        models : sequence of str
            The models that this view calls, where there are several.
        """
        from skdeep._engine import in_numpy

        made = in_numpy.outputs(self._net.spec, self._net.paths, self.weights_, arrays, models)
        if made is not None:
            return made
        from skdeep._engine import views

        return self._forward(view(views), signature)(arrays)

    def warm_up(self, X=None):
        """Compile the prediction, so that the first request of a service does not wait for TensorFlow.

        Nets of dense layers need none of it: up to 256 rows are computed by NumPy.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...), default=None
            A few rows such as those of requests. None is a row of zeros, of the shape that `fit` was given; where rows
            may differ in length, as series and texts do, give some.

        Returns
        -------
        self : object
            The estimator.
        """
        check_is_fitted(self, "weights_")
        if X is None:
            signature = self._net.signature
            self._predicted({name: column.example() for name, column in signature.inputs}, signature)
        else:
            self._outputs(self._net.inputs.validate(self, X, reset=False))
        return self

    def _viewed(self, X, view):
        """Return what a view of the net computes of validated rows, one array each."""
        inputs = self._net.inputs
        signature = inputs.signature(X)
        return self._forward(view, signature)(inputs.encode(X, signature))

    def _forward(self, view, signature=None):
        """Return a view of the net as a function of named arrays.

        Parameters
        ----------
        view : View
        signature : InputSignature, optional
            Of the net, if it is not the one of the training rows.
        """
        from skdeep._engine.cache import cache

        return cache.forward(self, self._net.spec, signature or self._net.signature, self.weights_, view)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        self._inputs_class.tag(tags, self)
        return tags

    @property
    def model_(self):
        """The fitted net as a compiled `keras.Model`, built anew at each access, sharing nothing with the estimator.

        Its outputs are what the estimator predicts: probabilities, or targets in their own units. It is compiled with
        the estimator's optimizer, in its initial state, and the usual loss of the task for such outputs; penalties and
        weights of classes or rows are not part of it.
        """
        check_is_fitted(self, "weights_")
        from skdeep._estimator.keras_model import keras_model

        return keras_model(self)

    @property
    def paths_(self):
        """Path of each of `weights_`, as patterns of `freeze` and `rate_factors` name them."""
        check_is_fitted(self, "weights_")
        return self._net.paths

    def summary(self):
        """Describe the net as a table of its layers.

        Returns
        -------
        table : str
            Name, output shape and number of parameters of each layer.
        """
        lines = []
        self.model_.summary(print_fn=lambda line, **_: lines.append(line), line_length=80)
        return "\n".join(lines)

    @property
    def n_parameters_(self):
        """Number of weights of the fitted net, trainable or not."""
        check_is_fitted(self, "weights_")
        return int(sum(np.size(array) for array in self.weights_))


def _is_of_keras(value):
    """Whether a parameter is a Keras object without parameters of its own, or holds callbacks."""
    if isinstance(value, (list, tuple)):
        return any(hasattr(one, "set_model") for one in value)
    return hasattr(value, "get_config") and not (hasattr(value, "get_params") or isinstance(value, type))


def _shared(value):
    """Return a list of its own with the same callbacks, or the Keras object itself."""
    return type(value)(value) if isinstance(value, (list, tuple)) else value
