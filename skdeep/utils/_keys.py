"""Hashable keys for Keras objects, so that two equal losses or optimizers share one compiled program."""

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

    Arrays and tensors count by content, objects with a `get_config` by class and config, anything else by identity.
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
    if hasattr(value, "get_config"):
        return type(value), freeze(value.get_config())
    return _Identity(value)


class KerasObject:
    """A Keras object that hashes and compares by what it computes: its class and config, less names and live numbers.

    Parameters
    ----------
    instance : keras object
        Anything with `get_config`; held, never changed.
    live : tuple of str
        Entries of the config that the program takes as inputs.
    attributes : bool
        Count plain attributes too. `Huber(5.0).get_config()` does not mention its delta, nor does a user's loss class
        that forgot to write `get_config`.
    """

    def __init__(self, instance, live=(), attributes=False):
        config = dict(instance.get_config())
        if attributes:
            config |= {f"attribute {name}": value for name, value in vars(instance).items()}
        ignored = {"name", "attribute name", *live, *(f"attribute {name}" for name in live)}
        self.instance = instance
        self.key = (
            type(instance),
            freeze({name: value for name, value in config.items() if name not in ignored}),
        )

    def __eq__(self, other):
        return isinstance(other, KerasObject) and self.key == other.key

    def __hash__(self):
        return hash(self.key)
