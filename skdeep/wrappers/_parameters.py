"""Whether the parameters of a wrapper can be what they are, asked before Keras is imported."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions, validate_parameter_constraints

from skdeep.wrappers import _names
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


def unknown(wrapper, name, value, known):
    """Return what is said of a parameter that does not exist."""
    return (
        f"Invalid parameter {name} for estimator {wrapper.__name__}.{hint(name, known)}\nThis issue can likely be "
        f"resolved by setting this parameter in the {wrapper.__name__} constructor:"
        f"\n`{wrapper.__name__}({name}={value})`\nCheck the list of available parameters with "
        "`estimator.get_params().keys()`"
    )
