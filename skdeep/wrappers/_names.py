"""Names of losses, metrics and optimizers, and the classes of Keras that they mean."""

import inspect
import re
import sys

from skdeep.utils._lazy import keras
from skdeep.wrappers._routing import hint

_ALIASES = {
    "losses": {
        "bce": "BinaryCrossentropy", "cce": "CategoricalCrossentropy", "kld": "KLDivergence",
        "kl_divergence": "KLDivergence", "kullback_leibler_divergence": "KLDivergence", "logcosh": "LogCosh",
        "log_cosh": "LogCosh", "mae": "MeanAbsoluteError", "mape": "MeanAbsolutePercentageError",
        "mse": "MeanSquaredError", "msle": "MeanSquaredLogarithmicError", "scce": "SparseCategoricalCrossentropy",
    },
    "metrics": {
        "auc": "AUC", "bce": "BinaryCrossentropy", "kld": "KLDivergence", "logcosh": "LogCoshError",
        "mae": "MeanAbsoluteError", "mape": "MeanAbsolutePercentageError", "mse": "MeanSquaredError",
        "msle": "MeanSquaredLogarithmicError", "rmse": "RootMeanSquaredError",
    },
    "optimizers": {},
}  # fmt: skip
_BASES = {"losses": "Loss", "metrics": "Metric", "optimizers": "Optimizer"}
_KINDS = {"losses": "loss", "metrics": "metric identifier", "optimizers": "optimizer"}
OPTIMIZERS = (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion", "muon", "nadam", "rmsprop",
    "sgd",
)  # fmt: skip
BY_LOSS = ("acc", "accuracy", "ce", "crossentropy")  # metrics that Keras chooses by the loss


def snake(name):
    """Return the name of a class as Keras spells it in lower case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _classes(module):
    """Return the classes of a module of Keras by all their names."""
    found, base = {}, getattr(getattr(keras, module), _BASES[module])
    for name, value in vars(getattr(keras, module)).items():
        if inspect.isclass(value) and issubclass(value, base) and value is not base:
            found |= dict.fromkeys((name, name.lower(), snake(name)), value)
    found |= {alias: found[name] for alias, name in _ALIASES[module].items() if name in found}
    return found


def as_class(name, module):
    """Return the class that a name means.

    Parameters
    ----------
    name : str
    module : {"losses", "metrics", "optimizers"}

    Raises
    ------
    ValueError
        If Keras has no such class; names the nearest.
    """
    if module == "optimizers" and name.lower() not in OPTIMIZERS and "keras" not in sys.modules:
        raise _unknown(name, module, OPTIMIZERS)  # nobody can have registered it, so that Keras need not be asked
    registered = keras.saving.get_registered_object(name)
    if registered is not None:
        return registered
    known = _classes(module)
    found = known.get(name) or known.get(name.lower())
    if found is None:
        raise _unknown(name, module, known)
    return found


def _unknown(name, module, known):
    named = f"Could not interpret {_KINDS[module]} {name!r}: keras.{module} has none of that name."
    return ValueError(f"{named}{hint(name.lower(), known)}")


def as_classes(what, module):
    """Return names as classes, within lists and dicts too; what is no name stays as it is."""
    if isinstance(what, str):
        return what if module != "optimizers" and what.lower() in BY_LOSS else as_class(what, module)
    if isinstance(what, (list, tuple)):
        return type(what)(as_classes(one, module) for one in what)
    if isinstance(what, dict):
        return {key: as_classes(one, module) for key, one in what.items()}
    return what


def name_of(what, module):
    """Return the lower-case name of a loss, metric or optimizer, however it is given."""
    if isinstance(what, str):
        what = as_class(what, module)
    cls = what if inspect.isclass(what) else type(what)
    return getattr(what, "__name__", None) if inspect.isfunction(what) else snake(cls.__name__)


def full_name(metric):
    """Return the full name of a metric that may be called by a short one, as in "mae"."""
    return snake(_ALIASES["metrics"][metric]) if metric in _ALIASES["metrics"] else metric
