"""What objects and functions of users mean, as a key: by what they compute, whichever of several copies they are.

A function that is defined inside another is a new object at each call, and its model is the same model. So functions
count by their code and by what they read, classes of users by their functions, objects by their class and all they
hold. What may change by itself, variables and layers with weights, counts by identity, and so does what is unknown.
"""

import functools
import sys
import sysconfig
import types
import warnings
from contextlib import contextmanager

import numpy as np

from skdeep.utils._keys import Identity, freeze, plain_copy
from skdeep.utils._lazy import keras

_PLAIN = (str, bytes, bool, int, float, complex, type(None))
_LIBRARIES = ("keras", "tensorflow", "numpy", "builtins")
# What Keras itself writes down in models, from training to training.
OF_MODELS = (
    "auto_scale_loss", "built", "compiled", "jit_compile", "loss", "predict_function", "run_eagerly",
    "steps_per_execution", "stop_training", "test_function", "train_function", "_skdeep_owner", "optimizer",
    "_compile_loss", "_compile_metrics", "_loss_tracker", "_compiled_trainable_state", "_compile_config",
    "_auto_config", "_build_shapes_dict", "_called", "_outputs_struct",
)  # fmt: skip
_OF_OBJECTS = ("name", "_lock", "_tracker", "_dtype_policy")  # of losses, metrics and their kin, without a meaning


class Undescribable(Exception):
    """A model holds something that cannot be told from its configuration."""


def of(value, seen=None):
    """Return a hashable key of what a value means.

    Parameters
    ----------
    value : object
    seen : dict, optional
        What was met before, by id: (its number, itself). It is described once, however many functions read it.
    """
    if isinstance(value, _PLAIN):
        return type(value), repr(value) if isinstance(value, float) else value
    seen = {} if seen is None else seen
    if id(value) in seen:
        return "again", seen[id(value)][0]
    seen[id(value)] = len(seen), value
    for kinds, describe in (
        (dict, lambda: _of_pairs(value.items(), seen)),
        ((list, tuple), lambda: tuple(of(one, seen) for one in value)),
        ((set, frozenset), lambda: tuple(sorted(map(repr, value)))),
        (slice, lambda: tuple(of(one, seen) for one in (value.start, value.stop, value.step))),
        (types.ModuleType, lambda: value.__name__),
        (functools.partial, lambda: tuple(of(one, seen) for one in (value.func, value.args, value.keywords))),
        (types.MethodType, lambda: (of(value.__func__, seen), of(value.__self__, seen))),
        (types.FunctionType, lambda: _of_function(value, seen)),
        (type, lambda: _of_class(value, seen)),
        ((np.ndarray, np.generic), lambda: freeze(np.asarray(value))),
        ((np.dtype, type(...)), lambda: value),
    ):
        if isinstance(value, kinds):
            return type(value).__name__, describe()
    return _of_object(value, seen)


def _of_pairs(pairs, seen):
    named = sorted(((str(name), one) for name, one in pairs), key=lambda pair: pair[0])
    return tuple((name, of(one, seen)) for name, one in named)


def _of_object(value, seen):
    if isinstance(value, (keras.Variable, keras.Layer)) or hasattr(value, "assign"):
        return "it", Identity(value)  # its weights are not in any configuration, and may change
    if hasattr(value, "numpy") and hasattr(value, "shape"):
        return "tensor", freeze(np.asarray(value))
    if isinstance(value, keras.initializers.Initializer) and is_known(type(value)):
        return "object", type(value), of(value.get_config(), seen)  # it holds a seed that was drawn, which is another
    if not hasattr(value, "__dict__") or (is_known(type(value)) and not hasattr(value, "get_config")):
        return "it", Identity(value)
    held = {name: one for name, one in vars(value).items() if name not in _OF_OBJECTS}
    return "object", of(type(value), seen), _of_pairs(held.items(), seen)


def is_known(value):
    """Whether a class or function is one of a library, which its name stands for."""
    home = value.__globals__.get("__name__") if isinstance(value, types.FunctionType) else value.__module__
    return str(home).partition(".")[0] in _LIBRARIES


def _is_installed(value):
    """Whether a function or class comes with a package, or with Python, whose modules nobody writes to."""
    module = sys.modules.get(value.__module__)
    return str(getattr(module, "__file__", "")).startswith(tuple(set(sysconfig.get_paths().values())))


def _of_function(function, seen):
    if is_known(function) or (_is_installed(function) and "<locals>" not in function.__qualname__):
        return Identity(function)
    code = function.__code__
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    read = {name: function.__globals__[name] for name in _names_in(code) & function.__globals__.keys()}
    given = function.__defaults__, function.__kwdefaults__, vars(function)
    return _of_code(code), of(cells, seen), _of_pairs(read.items(), seen), of(given, seen)


def _names_in(code):
    """Return the names that code, and the functions defined in it, may read from the module."""
    inner = [one for one in code.co_consts if isinstance(one, types.CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))


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


def _of_class(cls, seen):
    """Return the key of a class: itself if it is of a library, else what its functions and attributes are."""
    if is_known(cls) or _is_installed(cls):
        return cls
    own = [base for base in cls.__mro__ if not is_known(base)]
    further = tuple(base for base in cls.__mro__ if is_known(base))
    return further, tuple((base.__qualname__, _of_pairs(_members(base).items(), seen)) for base in own)


def _members(cls):
    """Return the functions and plain attributes of a class, functions out of what wraps them."""
    skipped = ("__dict__", "__weakref__", "__doc__", "__module__", "__abstractmethods__", "_abc_impl")
    found = {}
    for name, one in vars(cls).items():
        if name in skipped or isinstance(one, (types.GetSetDescriptorType, types.MemberDescriptorType)):
            continue
        if isinstance(one, property):
            one = [part for part in (one.fget, one.fset) if part is not None]
        found[name] = getattr(one, "__func__", one)
    return found


# -- configurations ---------------------------------------------------------------------------------------------------


def config_of(value):
    """Return the config of an object of Keras, with the functions and objects of users that it holds as they are.

    Raises
    ------
    Undescribable
        If it has none.
    """
    held = held_by(value)
    bare = plain_copy(value)
    vars(bare).update(dict.fromkeys(held, keras.activations.linear))  # Keras would look for the source of a lambda
    with without_word_of_lambdas(), describing(value):
        config = bare.get_config()
    return config | {name: one for name, one in held.items() if name in config}


def held_by(value):
    """Return the functions and callable objects of users that an object holds, by attribute."""
    return {
        name: one
        for name, one in vars(value).items()
        if callable(one) and not isinstance(one, keras.Layer) and not is_known(_home(one))
    }


@contextmanager
def describing(value):
    """Turn what Keras raises of an object that it cannot describe, or make again, into Undescribable."""
    try:
        yield
    except (AttributeError, KeyError, NotImplementedError, OSError, TypeError, ValueError) as error:
        what = str(error).strip().partition("\n")[0][:200]
        raise Undescribable(f"{type(value).__name__} cannot be made again from its configuration ({what})") from error


def _home(value):
    return value if isinstance(value, (type, types.FunctionType)) else type(value)


@contextmanager
def without_word_of_lambdas():
    """Keras need not warn that a lambda could not be saved to a file."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`", UserWarning)
        yield


def of_config(config):
    """Return the key of a config of a class of Keras, without names, seeds, and how weights are drawn."""
    if isinstance(config, dict):
        if "Policy" in str(config.get("class_name")):  # which its name describes
            return of(config)
        kept = {name: one for name, one in config.items() if not _says_nothing(str(name))}
        return tuple(sorted(((str(name), of_config(one)) for name, one in kept.items()), key=lambda pair: pair[0]))
    if isinstance(config, (list, tuple)):
        return tuple(map(of_config, config))
    return of(config)


def _says_nothing(name):
    return name in ("name", "seed", "build_config") or name.endswith("_initializer")


def plain_state(value):
    """Return the public attributes of an object that are plain values, arrays, or containers of these."""
    return {name: one for name, one in vars(value).items() if not name.startswith("_") and _is_plain(one)}


def _is_plain(value):
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(map(_is_plain, value))
    return isinstance(value, (*_PLAIN, np.ndarray, np.generic))
