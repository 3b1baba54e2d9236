"""Keras optimizers by recipe: unmodified classes whose numbers are inputs of the program."""

import keras

from skdeep._spec import Recipe
from skdeep.utils._keys import KerasObject

# name -> (Keras class, what differs from its defaults)
_NAMED = {
    "sgd": ("SGD", {"learning_rate": 0.01}),
    "nesterov": ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "adadelta": ("Adadelta", {}),
    "rmsprop": ("RMSprop", {}),
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {"weight_decay": 0.0}),
    "adamax": ("Adamax", {}),
    "nadam": ("Nadam", {}),
    "lion": ("Lion", {"learning_rate": 1e-3}),
    "lamb": ("Lamb", {}),
    "ftrl": ("Ftrl", {}),
    "adafactor": ("Adafactor", {}),
}


def resolve(optimizer):
    """Return a fresh, unbuilt Keras optimizer for a name, or a copy of an instance with the same configuration."""
    if isinstance(optimizer, str):
        name, config = _NAMED[optimizer]
        return getattr(keras.optimizers, name)(**config)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(f"optimizer must be a name or a keras.optimizers.Optimizer instance, got {optimizer!r}.")
    return type(optimizer).from_config(optimizer.get_config())


def recipe(optimizer, *, learning_rate="auto", momentum=None, weight_decay=0.0):
    """Return the recipe of an optimizer and the values of its live numbers.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        An instance lends its configuration and is never trained.
    learning_rate : float or "auto", default="auto"
        "auto" is 1e-3 for a name (1e-2 for plain gradient descent) and an instance's own.
    momentum : float or None, default=None
        None leaves the optimizer its own.
    weight_decay : float, default=0.0
        Decoupled decay; 0 leaves an instance its own.

    Raises
    ------
    ValueError
        If a momentum is given to an optimizer that has none.
    """
    instance = resolve(optimizer)
    config = instance.get_config()
    if momentum is not None and not isinstance(instance, (keras.optimizers.SGD, keras.optimizers.RMSprop)):
        raise ValueError(
            f"momentum={momentum!r} is given, but the optimizer {type(instance).__name__} has no momentum to set; "
            "use 'sgd', 'nesterov' or 'rmsprop', or leave momentum=None."
        )
    own_rate = config["learning_rate"]
    if learning_rate == "auto":
        learning_rate = None if isinstance(own_rate, dict) else float(own_rate)
    if isinstance(optimizer, str) and learning_rate == float(own_rate):
        learning_rate = _NAMED[optimizer][1].get("learning_rate", 1e-3)  # Keras rounds its own to float32
    numbers = {
        "learning_rate": learning_rate,
        "momentum": config.get("momentum", 0.0) if momentum is None else momentum,
        "weight_decay": weight_decay or config["weight_decay"],
    }
    numbers = {
        name: float(value) for name, value in numbers.items() if value or (name == "learning_rate" and value == 0)
    }
    live = ("momentum", "weight_decay", *(["learning_rate"] if "learning_rate" in numbers else []))
    return Recipe(build, (KerasObject(instance, live), isinstance(optimizer, str)), tuple(numbers)), numbers


def build(config, numbers):
    """Return a new optimizer that takes the given live numbers for its momentum and weight decay.

    The learning rate stays an ordinary Keras variable, because callbacks assign it.
    """
    described, _ = config
    settings = dict(described.instance.get_config())
    settings["weight_decay"] = numbers.get("weight_decay")
    if "momentum" in settings:
        settings["momentum"] = numbers.get("momentum", 0.0)
    optimizer = type(described.instance).from_config(settings)
    # Outside a distribution strategy the sum over replicas does nothing but register a gradient function that
    # TensorFlow never forgets, with its whole graph.
    optimizer._all_reduce_sum_gradients = lambda pairs: pairs
    return optimizer


def prepare(optimizer, recipe, trainable, dtype):
    """Create the slots, and a learning rate variable in the dtype of the computation; return that variable or None."""
    _, named = recipe.config
    if named and optimizer.weight_decay is not None:
        # Biases and scales are not shrunk. A Keras instance keeps Keras' rule, which shrinks everything.
        optimizer.exclude_from_weight_decay(var_list=[v for v in trainable if len(v.shape) < 2])
    rate = None
    if "learning_rate" in recipe.numbers:
        optimizer._untrack_variable(optimizer._learning_rate)
        rate = keras.Variable(0.0, dtype=dtype, trainable=False, name="learning_rate")
        optimizer._learning_rate = rate
    optimizer.build(trainable)
    return rate
