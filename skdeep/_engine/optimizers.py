"""Keras optimizers by recipe: unmodified classes whose numbers are inputs of the program."""

from functools import partial

from skdeep._engine.spec import Recipe
from skdeep.utils._keys import KerasObject, forgets_its_config
from skdeep.utils._numbers import LiveNumber
from skdeep.utils._tensorflow import keras, tf

# name -> (Keras class, what differs from its defaults); every other number of ours is Keras' own.
_NAMED = {
    "sgd": ("SGD", {"learning_rate": 0.01}),
    "nesterov": ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "adadelta": ("Adadelta", {}),
    "rmsprop": ("RMSprop", {}),
    "adam": ("Adam", {}),
    "short_memory_adam": ("Adam", {"beta_2": 0.95, "epsilon": 1e-8}),
    "adamw": ("AdamW", {"weight_decay": 0.004}),
    "adamax": ("Adamax", {}),
    "nadam": ("Nadam", {}),
    "lion": ("Lion", {}),
    "lamb": ("Lamb", {}),
}
FUSED_WEIGHTS = 2**18  # of one variable, or of all where there are several threads
_ADAM = ("adam", "adamw", "short_memory_adam")
_WITH_MOMENTUM = ("SGD", "RMSprop")
_BY_LAYER = ("lamb",)  # its steps depend on the norm of each weight
# Of Keras' classes, those whose steps do not depend on what belongs together.
_ELEMENTWISE = ("Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Nadam", "RMSprop", "SGD")
_BY_VARIABLE = ("clipnorm", "global_clipnorm", "use_ema")


def recipe(optimizer, *, learning_rate="auto", momentum=None, weight_decay="auto"):
    """Return the recipe of an optimizer and the values of its live numbers.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        A name, in any case; an instance lends its configuration and is never trained.
    learning_rate : float or "auto", default="auto"
        "auto" is 1e-3 for a name (1e-2 for plain gradient descent) and an instance's own.
    momentum : float or None, default=None
        None leaves the optimizer its own.
    weight_decay : float or "auto", default="auto"
        Decoupled decay; "auto" is 0.004 for "adamw", an instance's own, and else 0.

    Raises
    ------
    ValueError
        If a momentum is given to an optimizer that has none.
    TypeError
        If the optimizer is not a Keras optimizer.
    """
    described, kind, own = _describe(optimizer)
    if momentum is not None and kind not in _WITH_MOMENTUM:
        raise ValueError(
            f"momentum={momentum!r} is given, but the optimizer {kind} has no momentum to set; use 'sgd', 'nesterov' "
            "or 'rmsprop', or leave momentum=None."
        )
    numbers = {
        "momentum": own.get("momentum") if momentum is None else momentum,
        "weight_decay": own.get("weight_decay") if weight_decay == "auto" else weight_decay,
    }
    numbers = {name: float(value) for name, value in numbers.items() if value}
    own_rate = own.get("learning_rate", 1e-3)
    if learning_rate != "auto" or not isinstance(own_rate, dict):
        numbers["learning_rate"] = float(own_rate if learning_rate == "auto" else learning_rate)
    return Recipe(build, described, tuple(numbers)), numbers


def is_elementwise(recipe):
    """Whether the optimizer's steps treat every single weight alike, so that all may be one vector to it."""
    if isinstance(recipe.config, str):
        return recipe.config not in _BY_LAYER
    instance = recipe.config.instance
    ours = any(type(instance) is getattr(keras.optimizers, name) for name in _ELEMENTWISE)
    return ours and not any(getattr(instance, name) for name in _BY_VARIABLE)


def remembered(optimizer):
    """Return what an optimizer remembers as arrays, in the structure of `slots`."""
    return {
        name: [one.value.numpy() for one in held] if isinstance(held, (list, tuple)) else held.value.numpy()
        for name, held in slots(optimizer).items()
    }


def remember(optimizer, arrays):
    """Overwrite what an optimizer remembers with arrays in the structure of `slots`."""
    for name, held in slots(optimizer).items():
        several = isinstance(held, (list, tuple))
        for variable, array in zip(held, arrays[name], strict=True) if several else [(held, arrays[name])]:
            variable.assign(array)


def slots(optimizer):
    """Return what an optimizer remembers, as variables by attribute: one, or a list with one for each of its weights.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Built.
    """
    known = {id(variable) for variable in optimizer.variables} - {id(getattr(optimizer, "_learning_rate", None))}
    found = {}
    for name, value in vars(optimizer).items():
        held = value if isinstance(value, (list, tuple)) else [value]
        if held and name != "_variables" and all(id(variable) in known for variable in held):
            found[name] = value
    return found


def kind(recipe):
    """Return a plain text that is the same for optimizers whose states mean the same."""
    name = recipe.config if isinstance(recipe.config, str) else type(recipe.config.instance).__name__
    return " ".join([name, *(number for number in recipe.numbers if number == "momentum")])


def _describe(optimizer):
    """Return a hashable description, the name of the Keras class, and the optimizer's own numbers."""
    if isinstance(optimizer, str):
        name = optimizer.lower()
        return name, *_NAMED[name]
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(f"optimizer must be a name or a keras.optimizers.Optimizer instance, got {optimizer!r}.")
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer  # scaling is for half precision, in which nothing is computed here
    if forgets_its_config(type(optimizer)):
        raise TypeError(
            f"The optimizer {type(optimizer).__name__} has parameters of its own, which get_config does not mention, "
            "so that it cannot be built anew for each net; add them to its get_config."
        )
    own = optimizer.get_config()
    live = ["momentum", "weight_decay"] + ([] if isinstance(own["learning_rate"], dict) else ["learning_rate"])
    return KerasObject(optimizer, live), type(optimizer).__name__, own


def build(described, numbers):
    """Return a new optimizer that takes the given live numbers for its momentum and weight decay.

    The learning rate stays an ordinary Keras variable, because callbacks assign it.
    """
    if isinstance(described, str):
        kind, config = _NAMED[described]
        cls, settings = getattr(keras.optimizers, kind), dict(config)
    else:
        cls, settings = type(described.instance), dict(described.instance.get_config())
    # Gradients are those of the loss itself, so that there is no scale to take out again.
    settings["loss_scale_factor"] = None
    # AdamW insists on a decay, so that it gets one and loses it again.
    settings["weight_decay"] = numbers.get("weight_decay", 0.0)
    if "momentum" in settings or "momentum" in numbers:
        settings["momentum"] = numbers.get("momentum", 0.0)
    if "learning_rate" in numbers:
        rate = numbers["learning_rate"]  # which `prepare` makes a variable of if it is live
        settings["learning_rate"] = 1.0 if isinstance(rate, LiveNumber) else float(rate)
    optimizer = cls.from_config(settings)
    optimizer.weight_decay = numbers.get("weight_decay")
    # Outside a distribution strategy the sum over replicas does nothing but register a gradient function that
    # TensorFlow never forgets, with its whole graph.
    optimizer._all_reduce_sum_gradients = lambda pairs: pairs
    return optimizer


def _adam_steps(optimizer, rates, gradients, variables, learning_rate):
    """Take Keras' Adam step with variables, each in one pass over its memory.

    TensorFlow's fused kernel computes what Keras computes in a dozen passes. It starts threads of its own, so that it
    is slower where there is little to do.
    """
    dtype = variables[0].dtype
    # Keras takes the powers of constants in single precision.
    beta_1, beta_2 = (tf.cast(tf.constant(beta), dtype) for beta in (optimizer.beta_1, optimizer.beta_2))
    step = tf.cast(optimizer.iterations.value + 1, dtype)
    same = {
        "beta1_power": tf.pow(beta_1, step),
        "beta2_power": tf.pow(beta_2, step),
        "beta1": tf.constant(optimizer.beta_1, dtype),
        "beta2": tf.constant(optimizer.beta_2, dtype),
        "epsilon": tf.constant(optimizer.epsilon, dtype),
    }
    factors = rates()
    for gradient, variable in zip(gradients, variables, strict=True):
        index = optimizer._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=optimizer._momentums[index].value.handle,
            v=optimizer._velocities[index].value.handle,
            lr=tf.cast(_scaled(learning_rate, variable, factors[index]), dtype),
            grad=tf.cast(gradient, dtype),
            **same,
        )


def prepare(optimizer, recipe, trainable, dtype):
    """Create the slots, and a learning rate variable in the dtype of the computation; return that variable or None."""
    rate = None
    if "learning_rate" in recipe.numbers:
        optimizer._untrack_variable(optimizer._learning_rate)
        rate = keras.Variable(0.0, dtype=dtype, trainable=False, name="learning_rate")
        optimizer._learning_rate = rate
    optimizer.build(trainable)
    if _is_fused(optimizer, recipe, trainable):
        unscaled = [None] * len(trainable)
        optimizer._backend_update_step = partial(_adam_steps, optimizer, lambda: unscaled)
    return rate


def _is_fused(optimizer, recipe, trainable):
    """Whether the step of each variable is one operation: there is enough to do, and all of one dtype."""
    sizes = [variable.value.shape.num_elements() for variable in trainable]
    alike = len({variable.dtype for variable in trainable}) == 1
    return recipe.config in _ADAM and alike and sum(sizes) >= FUSED_WEIGHTS


def decays_kernels_only(optimizer, recipe):
    """Whether biases and scales are not shrunk; a Keras instance keeps Keras' rule, which shrinks everything."""
    return isinstance(recipe.config, str) and optimizer.weight_decay is not None


def scale_rates(optimizer, rates, decays):
    """Multiply the learning rate of each variable, and its decay, by factors.

    Gradients are left as they are: Adam and its kin would not notice that they were scaled.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Built.
    rates, decays : callable
        Return one factor, a tensor or a number, for each of its variables; None is one. The learning rate is multiplied
        by the first, the decay by both.
    """
    update_step = optimizer.update_step
    if isinstance(vars(optimizer).get("_backend_update_step"), partial):
        optimizer._backend_update_step = partial(_adam_steps, optimizer, rates)

    def scaled_step(gradient, variable, learning_rate):
        factor = rates()[optimizer._get_variable_index(variable)]
        return update_step(gradient, variable, _scaled(learning_rate, variable, factor))

    def scaled_decay(variables):
        for variable, *factors in zip(variables, rates(), decays(), strict=True):
            if optimizer._use_weight_decay(variable) and not any(_is_zero(factor) for factor in factors):
                rate = _scaled(optimizer.learning_rate, variable, *factors)
                decay = tf.cast(optimizer.weight_decay, variable.dtype)
                variable.assign(variable.value - variable.value * decay * rate)

    optimizer.update_step = scaled_step
    if optimizer.weight_decay is not None:
        optimizer._apply_weight_decay = scaled_decay


def _scaled(rate, variable, *factors):
    for factor in factors:
        rate = rate if factor is None else tf.cast(rate, variable.dtype) * tf.cast(factor, variable.dtype)
    return rate


def _is_zero(factor):
    return isinstance(factor, float) and factor == 0.0
