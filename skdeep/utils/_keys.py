"""Hashable keys for Keras objects, so that two equal losses or optimizers share one compiled program."""

from functools import partial

import numpy as np


class _Identity:
    """Compares by identity and keeps the object alive, so that its id cannot be reused."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, _Identity) and self.value is other.value

    def __hash__(self):
        return id(self.value)


def freeze(value):
    """Turn nested configs into nested tuples that hash and compare by value.

    Arrays and tensors count by content, objects with a `get_config` by class and config unless they have weights,
    partial functions by their parts, anything else by identity.
    """
    if value is None or isinstance(value, (str, bytes, bool, int, float, type)):
        return value
    if isinstance(value, dict):
        return tuple(sorted(((str(key), freeze(item)) for key, item in value.items()), key=lambda pair: pair[0]))
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if hasattr(value, "numpy"):
        return freeze(np.asarray(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, partial):
        return partial, freeze(value.func), freeze(value.args), freeze(value.keywords)
    if hasattr(value, "get_config") and not getattr(value, "weights", None):
        return type(value), freeze(value.get_config())
    return _Identity(value)


class KerasObject:
    """An object that hashes and compares by what it computes: its class and config, less names and live numbers.

    Parameters
    ----------
    instance : object
        A Keras object with `get_config`, or a partial function; never changed, and copied where it might be.
    live : tuple of str
        Entries of the config that the program takes as inputs.
    attributes : bool
        Count plain attributes too, and hold a copy that has them. `Huber(5.0).get_config()` does not mention its delta,
        nor does a user's loss class that forgot to write `get_config`.
    """

    def __init__(self, instance, live=(), attributes=False):
        self.instance = instance
        if isinstance(instance, partial):
            self.key = freeze(instance)
            return
        config = dict(instance.get_config())
        if attributes:
            config |= {f"attribute {name}": value for name, value in vars(instance).items()}
            self.instance = object.__new__(type(instance))
            vars(self.instance).update(vars(instance))
        ignored = {"name", "attribute name", *live, *(f"attribute {name}" for name in live)}
        self.key = type(instance), freeze({name: value for name, value in config.items() if name not in ignored})

    def __eq__(self, other):
        return isinstance(other, KerasObject) and self.key == other.key

    def __hash__(self):
        return hash(self.key)


def described(value):
    """Return a KerasObject for what `clone` copies, and anything else, such as a name or a plain function, as it is."""
    return KerasObject(value) if hasattr(value, "get_config") or isinstance(value, partial) else value


def undescribed(value):
    """Return the object itself, described or not."""
    return value.instance if isinstance(value, KerasObject) else value
