"""From the parameters of a wrapper to a compiled Keras model."""

import inspect
import random
import threading
import warnings
from contextlib import contextmanager

import numpy as np

from skdeep.utils._collector import collector_paused
from skdeep.utils._lazy import keras
from skdeep.wrappers import _names
from skdeep.wrappers._routing import accepts, hint, made, routed

# One model is built at a time: what it draws comes from states of the whole process.
lock = threading.RLock()


def build_function(wrapper):
    """Return the function that builds the model, which the class or the parameters have.

    Raises
    ------
    ValueError, TypeError
        If there is none, or two, or it is no function.
    """
    model = wrapper.model
    if model is None and wrapper.build_fn is not None:
        model = wrapper.build_fn
        warnings.warn(
            "``build_fn`` will be renamed to ``model`` in a future release, at which point use of ``build_fn`` will "
            "raise an Error instead.",
            stacklevel=2,
        )
    own = getattr(wrapper, "_keras_build_fn", None)
    if model is None:
        if own is None:
            raise ValueError("If not using the ``model`` param, you must implement ``_keras_build_fn``")
        return own
    if is_model(model):
        return lambda: model
    if not callable(model) or inspect.isclass(model):
        raise TypeError(f"``model`` must be a callable, a Keras Model instance or None, got {model!r}")
    if own is not None:
        raise ValueError("This class cannot implement ``_keras_build_fn`` if using the `model` parameter")
    return model


def is_model(value):
    """Whether a value is a Keras model; asks without importing Keras for what cannot be one."""
    return any(base.__module__.startswith("keras.") for base in type(value).__mro__) and isinstance(value, keras.Model)


def build(wrapper, seed):
    """Return the model that a wrapper describes, as its function returns it.

    Raises
    ------
    TypeError
        If the function returns no model, or does not take what it would be given.
    """
    function = build_function(wrapper)
    parameters = wrapper.get_params(deep=False)
    arguments = routed(parameters, "model", wrapper._user_parameters(), deepest=True)
    _check_accepted(function, arguments)
    if accepts(function, "meta"):
        arguments["meta"] = wrapper._get_metadata()
    if accepts(function, "compile_kwargs"):
        arguments["compile_kwargs"] = compile_arguments(wrapper)
    if accepts(function, "params"):
        arguments["params"] = wrapper.get_params()
    with lock, seeded(seed), collector_paused():
        model = function(**arguments)
    if not is_model(model):
        raise TypeError(f"The function that builds the model must return a keras.Model, got {model!r}.")
    return model


def _check_accepted(function, arguments):
    for name in arguments:
        if not accepts(function, name):
            called = getattr(function, "__name__", None) or getattr(function.func, "__name__", "model")
            known = [one for one in inspect.signature(function).parameters if one not in ("meta", "compile_kwargs")]
            raise TypeError(f"{called}() got an unexpected keyword argument {name!r}.{hint(name, known)}")


def compile_arguments(wrapper):
    """Return what `keras.Model.compile` is called with: optimizer, losses and metrics made of routed parameters."""
    parameters = wrapper.get_params(deep=False)
    arguments = routed(parameters, "compile", wrapper._compile_kwargs)
    for name, module in (("optimizer", "optimizers"), ("loss", "losses"), ("metrics", "metrics")):
        given = routed(parameters, name)
        arguments[name] = made(_names.as_classes(arguments[name], module), given)
    if getattr(arguments["optimizer"], "built", False):  # for the weights of another model
        arguments["optimizer"] = type(arguments["optimizer"]).from_config(arguments["optimizer"].get_config())
    if arguments["metrics"] is not None and not isinstance(arguments["metrics"], (dict, list)):
        arguments["metrics"] = [arguments["metrics"]]
    return arguments


def ensure_compiled(wrapper, model):
    """Compile a model that is not.

    Raises
    ------
    ValueError
        If it has no loss, or no optimizer, then.
    """
    if not model.compiled:
        with collector_paused():
            model.compile(**compile_arguments(wrapper))
    losses = keras.tree.flatten(getattr(model, "loss", None))
    if not any(loss is not None for loss in losses):
        raise ValueError(
            "You must provide a loss or a compiled model: there is nothing to minimise. Set `loss`, or compile the "
            "model with one in the function that builds it."
        )
    if not getattr(model, "optimizer", None):
        raise ValueError("You must provide an optimizer or a compiled model")


def callbacks(wrapper, destination):
    """Return the callbacks for "fit" or "predict", made of classes and routed parameters.

    Raises
    ------
    TypeError
        If there is something else among them.
    """
    parameters = wrapper.get_params(deep=False)
    found = []
    for name in ("callbacks", f"{destination}__callbacks"):
        if parameters.get(name) is None:
            continue
        instances = made(parameters[name], routed(parameters, name))
        instances = list(instances.values()) if isinstance(instances, dict) else instances
        instances = [instances] if isinstance(instances, keras.callbacks.Callback) else instances
        flat = keras.tree.flatten(instances) if isinstance(instances, (list, tuple)) else [instances]
        if not all(isinstance(one, keras.callbacks.Callback) for one in flat):
            raise TypeError(
                "If specified, ``callbacks`` must be one of:\n - A dict of string keys with callbacks or lists of "
                "callbacks as values\n - A list of callbacks or lists of callbacks\n - A single callback\nWhere each "
                "callback is an instance of `keras.callbacks.Callback`, or a class of these"
            )
        found += flat
    return found


@contextmanager
def seeded(seed):
    """Let everything that draws random numbers start from a seed, and put back after it what it would have drawn.

    Parameters
    ----------
    seed : int or None
        None changes nothing.
    """
    if seed is None:
        yield
        return
    from skdeep.utils._tensorflow import context, global_state

    eager, names = context.context(), ("global_random_seed", "global_seed_generator")
    before = random.getstate(), np.random.get_state(), eager._seed, getattr(eager, "_rng", None)  # noqa: NPY002
    kept = {name: global_state.get_global_attribute(name) for name in names}
    try:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        eager._seed, eager._rng = seed, _FreshKernels(seed)
        global_state.set_global_attribute(names[0], seed)
        global_state.set_global_attribute(names[1], None)
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        eager._seed, eager._rng = before[2:]
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


class _FreshKernels(random.Random):
    """Gives TensorFlow's own random operations their seeds. Kernels that exist would go on from where they are.

    `tf.random.set_seed` forgets all kernels at once, those of programs too, although hardly any model draws this way.
    """

    forgotten = False

    def randint(self, low, high):
        """Return a random integer; let kernels be made anew before the first."""
        if not self.forgotten:
            from skdeep.utils._tensorflow import context

            self.forgotten = True
            context.context().clear_kernel_cache()
        return super().randint(low, high)
