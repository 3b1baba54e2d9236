"""Initial weights and slots: how every variable of a program starts, drawn from a seed inside the graph."""

import keras
import numpy as np
import tensorflow as tf

from skdeep.utils._random import python_random_state_kept


def build_with_initializers(build):
    """Call `build()` and return its model with the initializer of each of the model's weights.

    Inside a stateless scope Keras variables keep their initializer until the scope ends, which is the one moment to see
    it.
    """
    with python_random_state_kept(), keras.StatelessScope():
        model = build()
        return model, [variable._initializer for variable in model.weights]


class _GraphSeed(keras.random.SeedGenerator):
    """A seed generator that hands out one seed tensor of the graph being traced."""

    def __init__(self, seed):
        self.seed = seed

    def next(self, ordered=True):
        return self.seed


def draw(initializer, variable, seed):
    """Return an initial value of `variable` drawn with the seed tensor of shape (2,)."""
    if not hasattr(initializer, "seed"):
        return initializer(tuple(variable.shape), dtype=variable.dtype)
    own_seed = initializer.seed
    initializer.seed = _GraphSeed(seed)
    try:
        return initializer(tuple(variable.shape), dtype=variable.dtype)
    finally:
        initializer.seed = own_seed


def fresh(model, initializers, seed):
    """Yield each weight of a model and an initial value, which depends on the seed and its position."""
    for position, (variable, initializer) in enumerate(zip(model.weights, initializers, strict=True)):
        key = tf.stack([tf.cast(seed, tf.int64), tf.constant(position, tf.int64)])
        yield variable, draw(initializer, variable, key)


def drawn(spec, signature, seed):
    """Return the arrays with which a program of an architecture starts, without its program.

    Parameters
    ----------
    spec : ModelSpec
    signature : InputSignature
    seed : int
    """
    numbers = dict.fromkeys(spec.numbers, 0.0)
    model, initializers = build_with_initializers(lambda: spec.build(spec.config, signature, numbers))
    return [np.array(value) for _, value in fresh(model, initializers, seed)]


def slot_resets(optimizer, trainable):
    """Return (slot, value or function giving it) for every variable of the optimizer but the learning rate.

    Most slots start as a constant (not always zero: 1.0 in Nadam, 0.1 in Adagrad) and some, such as moving averages of
    the weights, as a copy of a weight.
    """
    resets = []
    for slot in optimizer.variables:
        if slot is getattr(optimizer, "_learning_rate", None):
            continue
        start = np.asarray(slot)
        source = next((v for v in trainable if v.shape == slot.shape and _is_copy(start, np.asarray(v))), None)
        if source is not None:
            resets.append((slot, source))
        elif start.size and (start == start.flat[0]).all():
            resets.append((slot, start.flat[0]))
        else:
            resets.append((slot, start))
    return resets


def _is_copy(start, weight):
    return start.size > 1 and start.std() > 0 and np.array_equal(start, weight)


def reset_slot(slot, start):
    """Assign one slot its starting value, in the graph."""
    if isinstance(start, np.ndarray):
        slot.assign(start)
    elif np.isscalar(start):
        slot.assign(tf.fill(slot.shape, tf.constant(start, slot.dtype)))
    else:
        slot.assign(start.value)


def random_states(model):
    """Return the seed states, (2,) vectors, of all layers that draw random numbers, in the order of the layers."""
    states = {}
    for layer in model._flatten_layers(include_self=True, recursive=True):
        own = [layer.seed_state] if hasattr(layer, "seed_state") else [gen.state for gen in layer._seed_generators]
        states.update((id(state), state) for state in own)
    return list(states.values())


def reseed(states, seed, epoch):
    """Give each seed state its value for one epoch, in the graph."""
    drawn = tf.random.stateless_uniform((len(states),), [seed, epoch], minval=None, maxval=None, dtype=tf.int64)
    for state, value in zip(states, tf.unstack(drawn), strict=True):
        state.assign([value, 0])
