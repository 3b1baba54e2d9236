"""The parameters of a wrapper: what they are named, where they go, and whether they can be what they are."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import Interval, Options, StrOptions, validate_parameter_constraints

from skdeep.wrappers import _names, _pickling
from skdeep.wrappers._routing import accepts, hint

_CONSTRAINTS = {
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "batch_size": [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1}), None],
    "validation_batch_size": [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1}), None],
    "verbose": ["verbose", StrOptions({"auto"})],
    "validation_split": [Interval(Real, 0, 1, closed="left")],
    "shuffle": ["boolean"],
    "run_eagerly": ["boolean"],
    "epochs": [Interval(Integral, 1, None, closed="left")],
    "engine": [StrOptions({"auto", "compiled", "keras"})],
    "early_stopping": ["boolean"],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "tol": [Interval(Real, 0, None, closed="left")],
}


def validate(wrapper):
    """Raise ValueError for parameters that cannot be what they are, or that go nowhere."""
    parameters = wrapper.get_params(deep=False)
    given = {name: value for name, value in parameters.items() if name in _CONSTRAINTS}
    validate_parameter_constraints(_CONSTRAINTS, given, caller_name=wrapper.__name__)
    if isinstance(wrapper.optimizer, str):
        _check_optimizer(wrapper.optimizer)
    function = wrapper.model if callable(wrapper.model) else getattr(wrapper, "_keras_build_fn", None)
    if function is not None and accepts(function, "params"):
        return
    for name in parameters:
        prefix, routed, _ = name.partition("__")
        if routed and prefix not in wrapper._routing_prefixes:
            raise ValueError(
                f"The parameter {name!r} of {wrapper.__name__} goes nowhere: there is no destination {prefix!r}."
                f"{hint(prefix, wrapper._routing_prefixes)}"
            )


def _check_optimizer(name):
    try:
        _names.as_class(name, "optimizers")
    except ValueError as error:
        raise ValueError(f"optimizer={name!r}: {error}") from None


def _unknown(wrapper, name, value, known):
    """Return what is said of a parameter that does not exist."""
    prefix, routed, _ = name.partition("__")
    nearest = hint(prefix, wrapper._routing_prefixes) if routed else hint(name, known)
    return (
        f"Invalid parameter {name} for estimator {wrapper.__name__}.{nearest}\nThis issue can likely be "
        f"resolved by setting this parameter in the {wrapper.__name__} constructor:"
        f"\n`{wrapper.__name__}({name}={value})`\nCheck the list of available parameters with "
        "`estimator.get_params().keys()`"
    )


class RoutedParameters(BaseEstimator):
    """An estimator whose parameters are what it holds, of which those with a destination need not be declared."""

    _routing_prefixes = frozenset()

    @property
    def __name__(self):
        return type(self).__name__

    def _get_param_names(self):
        return [name for name in vars(self) if not name.endswith("_") and not name.startswith("_")]

    def _user_parameters(self):
        """Return the names of parameters without a destination that only the function of the model knows."""
        return getattr(self, "_user_params", set())

    def set_params(self, **params):
        """Set parameters; those with a destination need not have been there before.

        Parameters
        ----------
        **params : dict
            Parameters by name, such as ``optimizer__learning_rate``.

        Returns
        -------
        self : object
            This estimator.

        Raises
        ------
        ValueError
            If one of them is no parameter; names the nearest.
        """
        known = self._get_param_names()
        for name, value in params.items():
            prefix = name.partition("__")[0]
            if name not in known and not ("__" in name and (prefix in self._routing_prefixes or prefix in known)):
                raise ValueError(_unknown(self, name, value, known))
            held = getattr(self, prefix, None)
            if name not in known and prefix not in self._routing_prefixes and hasattr(held, "set_params"):
                held.set_params(**{name.partition("__")[2]: value})
            else:
                setattr(self, name, value)
        return self

    def _get_metadata(self):
        """Return what is known of X and y, by name."""
        return {
            name: value
            for name, value in vars(self).items()
            if len(name) > 1 and name[-1] == "_" and name[-2] != "_" and name[0] != "_"
        }

    def __sklearn_clone__(self):
        parameters = self.get_params(deep=False)
        return type(self)(**{name: _pickling.cloned(value) for name, value in parameters.items()})
