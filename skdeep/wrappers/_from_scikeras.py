"""From estimators of scikeras to ours."""

import copy

from skdeep.wrappers import _building, _pickling
from skdeep.wrappers._base import BaseWrapper
from skdeep.wrappers._classifier import KerasClassifier
from skdeep.wrappers._regressor import KerasRegressor


def from_scikeras(estimator):
    """Return an estimator of scikeras as one of ours, with its parameters and what it has learned.

    Parameters
    ----------
    estimator : scikeras.wrappers.KerasClassifier, KerasRegressor or BaseWrapper
        Fitted or not; it is left as it is, and shares no model with what is returned.

    Returns
    -------
    estimator : KerasClassifier, KerasRegressor or BaseWrapper
        Of this package.

    Raises
    ------
    TypeError
        If it is no estimator of scikeras, or of a class that is derived from one.

    Examples
    --------
    >>> from scikeras.wrappers import KerasRegressor  # doctest: +SKIP
    >>> from skdeep.wrappers import from_scikeras
    >>> from_scikeras(KerasRegressor(model, loss="mse"))  # doctest: +SKIP
    KerasRegressor(loss='mse', model=<function model at ...>)
    """
    ours = {cls.__name__: cls for cls in (BaseWrapper, KerasClassifier, KerasRegressor)}
    kind = type(estimator)
    if kind.__module__ != "scikeras.wrappers" or kind.__name__ not in ours:
        derived = any(base.__module__ == "scikeras.wrappers" for base in kind.__mro__)
        hint = " Derive your class from skdeep.wrappers instead of scikeras.wrappers." if derived else ""
        raise TypeError(
            "from_scikeras takes a KerasClassifier, KerasRegressor or BaseWrapper of scikeras, got "
            f"{estimator!r}.{hint}"
        )
    parameters = estimator.get_params(deep=False)
    made = ours[kind.__name__](**{name: _pickling.cloned(value) for name, value in parameters.items()})
    learned = {name: value for name, value in vars(estimator).items() if name not in parameters}
    for name, value in learned.items():
        if name not in ("_random_state", "_fit_callbacks", "_predict_callbacks", "_user_params"):
            setattr(made, name.replace("model_", "_model"), _learned(value, made, estimator))
    if made.initialized_:
        made._slots = made._flags = None
        made.history_, made.engine_ = dict(getattr(made, "history_", {"loss": []})), "keras: trained by scikeras"
        made._random_seeds, made._compilation = made._seeds(), None
    return made


def _learned(value, made, estimator):
    """Return a copy of an attribute; a model that is a parameter too is that parameter."""
    if value is estimator.model and _building.is_model(value):
        return made.model
    return _pickling.cloned(value) if _building.is_model(value) else copy.deepcopy(value)
