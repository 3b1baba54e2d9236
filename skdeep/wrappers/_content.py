"""What objects and functions of users mean, as a key: by what they compute, whichever of several copies they are.

A function that is defined inside another is a new object at each call, and its model is the same model; so functions
count by their code, and by what they have taken from around them.
"""

import functools
import types
import warnings
from contextlib import contextmanager

import numpy as np

from skdeep.utils._keys import freeze

_NAMES = ("name", "seed", "registered_name", "build_config", "module")  # say nothing about what is computed
# What Keras itself writes down in layers and models, from training to training.
_OF_KERAS = (
    "auto_scale_loss", "built", "compiled", "jit_compile", "loss", "predict_function", "run_eagerly",
    "steps_per_execution", "stop_training", "test_function", "train_function",
)  # fmt: skip
_PLAIN = (str, bytes, bool, int, float, complex, type(None))


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


def of(value, seen=()):
    """Return a hashable key of what a value means.

    Plain values, containers and arrays count by content, functions by code and by what they use, objects of Keras by
    class and config, those of a user's class also by their attributes, anything else by identity.

    Parameters
    ----------
    value : object
    seen : tuple of int
        Ids of what is being described already.
    """
    if isinstance(value, _PLAIN):
        return type(value), value
    if id(value) in seen:
        return ("again", seen.index(id(value)))
    seen = (*seen, id(value))
    if isinstance(value, dict):
        return "dict", tuple(
            sorted(((str(key), of(one, seen)) for key, one in value.items()), key=lambda pair: pair[0])
        )
    if isinstance(value, (list, tuple)):
        return type(value).__name__, tuple(of(one, seen) for one in value)
    if isinstance(value, (set, frozenset)):
        return "set", tuple(sorted(map(repr, value)))
    if isinstance(value, functools.partial):
        return "partial", of(value.func, seen), of(value.args, seen), of(value.keywords, seen)
    if isinstance(value, types.MethodType):
        return "method", of(value.__func__, seen), of(value.__self__, seen)
    if isinstance(value, types.FunctionType) and not is_known(value):
        return _of_function(value, seen)
    if hasattr(value, "get_config") and not isinstance(value, type):
        return of_object(value, seen=seen)
    return freeze(value)


def is_known(value):
    """Whether a class or function is one of a library, which its name stands for."""
    return str(getattr(value, "__module__", None)).partition(".")[0] in ("keras", "tensorflow", "numpy")


def _of_function(function, seen):
    code = function.__code__
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    used = [function.__globals__.get(name) for name in code.co_names]
    plain = [one for one in used if isinstance(one, (*_PLAIN, np.ndarray, np.generic, types.FunctionType, type))]
    given = function.__defaults__, function.__kwdefaults__
    return "function", _of_code(code), of(cells, seen), of(plain, seen), of(given, seen)


def _is_filled(cell):
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _of_code(code):
    constants = tuple(
        _of_code(one) if isinstance(one, types.CodeType) else (type(one), repr(one)) for one in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars


def of_object(value, but=(), seen=()):
    """Return the key of an object of Keras: its class and config, and attributes that these do not tell.

    Parameters
    ----------
    value : object
        With `get_config`.
    but : tuple of str
        Entries of the config that do not count.
    seen : tuple of int
    """
    config = {name: one for name, one in config_of(value).items() if name not in (*_NAMES, *but)}
    own = {} if is_known(type(value)) else _plain_attributes(value)
    return type(value), without_names(config, seen), of(own, seen)


def config_of(value):
    """Return the config of an object of Keras, with the functions and objects of users that it holds as they are."""
    held = {name: one for name, one in vars(value).items() if callable(one) and not is_known(_home(one))}
    with _without_word_of_lambdas(held):
        config = value.get_config()
    return config | {name: one for name, one in held.items() if name in config}


def _home(value):
    return value if isinstance(value, (type, types.FunctionType)) else type(value)


@contextmanager
def _without_word_of_lambdas(held):
    """Nothing is going to be saved, so that Keras need not warn that a lambda cannot be."""
    if not any(getattr(one, "__name__", None) == "<lambda>" for one in held.values()):
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`", UserWarning)
        yield


def without_names(config, seen=()):
    """Return the key of a config without the names of what is in it, and without how weights are drawn."""
    if isinstance(config, dict):
        if "Policy" in str(config.get("class_name")):  # which its name describes
            return of(config, seen)
        kept = {
            str(key): without_names(one, seen)
            for key, one in config.items()
            if key not in _NAMES and not str(key).endswith("_initializer")
        }
        return tuple(sorted(kept.items(), key=lambda pair: pair[0]))
    if isinstance(config, (list, tuple)):
        return tuple(without_names(one, seen) for one in config)
    return of(config, seen)


def _plain_attributes(value):
    """Return what an object of a user's class holds besides what Keras keeps track of."""
    return {name: one for name, one in plain_state(value).items() if name not in ("name", "_name", "_auto_config")}


def plain_state(value):
    """Return the attributes of an object that are plain values, arrays, or containers of these."""
    found = vars(value)
    return {
        name: one
        for name, one in found.items()
        if not name.startswith("_") and name not in _OF_KERAS and _is_plain(one)
    }


def _is_plain(value):
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_plain, value))
    return isinstance(value, (*_PLAIN, np.ndarray, np.generic))
