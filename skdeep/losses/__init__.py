"""Losses as Keras losses, serialisable, for the parameter `loss` of any estimator.

The names are resolved when they are first used, because they need TensorFlow.
"""

import importlib

_HOMES = {
    "BalancedSquaredError": "regression",
    "BatchBalancedSquaredError": "regression",
    "CrossEntropy": "classification",
    "Focal": "classification",
    "Huber": "regression",
    "LDAM": "classification",
    "LogitAdjusted": "classification",
    "LogPoisson": "regression",
    "Pinball": "regression",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"skdeep.losses.{_HOMES[name]}"), name)


def __dir__():
    return [*globals(), *__all__]
