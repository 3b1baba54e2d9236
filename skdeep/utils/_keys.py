"""Hashable keys for Keras objects, so that two equal losses or optimizers share one compiled program."""

import inspect
from functools import partial

import numpy as np


class Identity:
    """Compares by identity and keeps the object alive, so that its id cannot be reused."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Identity) and self.value is other.value

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
    return Identity(value)


def plain_copy(instance):
    """Return a copy with the same attributes; Keras copies many objects through a config, which may forget some."""
    copied = object.__new__(type(instance))
    vars(copied).update(vars(instance))
    return copied


def forgets_its_config(cls):
    """Whether a class of a user's own has an `__init__`, but leaves `get_config` to Keras, which does not know it."""
    home = next(base for base in cls.__mro__ if "get_config" in vars(base))
    maker = next(base for base in cls.__mro__ if "__init__" in vars(base))
    return _is_keras(home) and not _is_keras(maker)


def _is_keras(cls):
    return cls.__module__.partition(".")[0] in ("keras", "builtins")


class Keyed:
    """An object that hashes and compares by a key.

    Parameters
    ----------
    instance : object
    key : hashable
    """

    def __init__(self, instance, key):
        self.instance, self.key = instance, key

    def __eq__(self, other):
        return type(other) is type(self) and self.key == other.key

    def __hash__(self):
        return hash(self.key)


class KerasObject(Keyed):
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
        if attributes or forgets_its_config(type(instance)):
            config |= {f"attribute {name}": value for name, value in vars(instance).items()}
            self.instance = plain_copy(instance)
        ignored = {"name", "attribute name", *live, *(f"attribute {name}" for name in live)}
        self.key = type(instance), freeze({name: value for name, value in config.items() if name not in ignored})


class CallableObject(Keyed):
    """A callable with a state of its own, which compares by class and state; later changes do not reach it."""

    def __init__(self, instance):
        self.instance = plain_copy(instance)
        self.key = type(instance), freeze(dict(vars(instance)))


def described(value):
    """Return what stands for an object in a key: by content if `clone` copies it or it has a state, else itself."""
    if hasattr(value, "get_config") or isinstance(value, partial):
        return KerasObject(value)
    return CallableObject(value) if _has_a_state(value) or type(value).__hash__ is None else value


def _has_a_state(value):
    """Whether something is called through a method of its class, written in Python, and has attributes."""
    method = inspect.getattr_static(type(value), "__call__", None)
    return inspect.isfunction(method) and bool(getattr(value, "__dict__", None))


def undescribed(value):
    """Return the object itself, described or not."""
    return value.instance if isinstance(value, (KerasObject, CallableObject)) else value
