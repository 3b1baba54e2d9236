"""What a program starts from: initial weights, slots and seeds, drawn from a seed inside the graph."""

import math
import os
from contextlib import contextmanager
from itertools import zip_longest

import numpy as np

from skdeep.utils._keys import plain_copy
from skdeep.utils._random import python_random_state_kept
from skdeep.utils._tensorflow import GLOBAL_SEED_GENERATOR, global_state, initialize_all_variables, keras, tf

_SEEDS = 2**31  # are whole numbers below this
_STRIDE = 0x9E3779B1  # from the seed of one model to that of the next


class Build:
    """What was built, and how each of its weights starts.

    Parameters
    ----------
    build : callable
        Returns (dict of named models, one list of further variables a model or none, anything).

    Attributes
    ----------
    models : dict of keras.Model
    variables : list of keras.Variable
        The weights of all models in their order, each once, then the further variables.
    made : object
        What `build` returned last.
    """

    def __init__(self, build):
        # Inside a stateless scope Keras variables keep their initializer, which is the one moment to see it; what a
        # model assigns to its weights while it is built stays in the scope.
        with python_random_state_kept():
            with keras.StatelessScope(initialize_variables=False) as scope:
                self.models, further, self.made = build()
                self._origins = _once([model.weights for model in self.models.values()], further)
                self.variables = [variable for variable, _, _ in self._origins]
                self._initializers = [_initial(variable, scope) for variable in self.variables]
            _check_memory(self.variables)
            for number, variable in enumerate(self.variables):
                _postpone(variable, number)
            initialize_all_variables()

    def positions(self):
        """Return, for each model, the positions of its weights among the variables."""
        numbers = [model for _, model, _ in self._origins]
        return [[at for at, one in enumerate(numbers) if one == model] for model in range(len(self.models))]

    def fresh(self, seed):
        """Yield each variable and an initial value, which depends on the seed, the model, and the position in it."""
        for (variable, model, position), initializer in zip(self._origins, self._initializers, strict=True):
            if isinstance(initializer, np.ndarray):
                yield variable, tf.constant(initializer)
                continue
            key = tf.stack([member_seed(tf.cast(seed, tf.int64), model), tf.constant(position, tf.int64)])
            yield variable, draw(initializer, variable, key)


def _once(groups, further=()):
    """Return (variable, number of its group, position there), each variable only once; what is further comes last."""
    found = {}
    for number, variables in enumerate(groups):
        for position, variable in enumerate(variables):
            found.setdefault(id(variable), (variable, number, position))
    for number, (variables, more) in enumerate(zip_longest(groups, further, fillvalue=())):
        for position, variable in enumerate(more, start=len(variables)):
            found.setdefault(id(variable), (variable, number, position))
    return list(found.values())


def _initial(variable, scope):
    """Return the value that a variable was given while its model was built, else its initializer."""
    given = scope.get_current_value(variable)
    if given is None and variable._initializer is None:  # it was there before
        given = variable.value
    return variable._initializer if given is None else np.array(given)


def _check_memory(variables):
    """Raise MemoryError for weights that the machine cannot hold, before it tries to."""
    sizes = [math.prod(variable.shape) for variable in variables]
    nbytes = sum(size * tf.as_dtype(variable.dtype).size for size, variable in zip(sizes, variables, strict=True))
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
    if nbytes > held:
        raise MemoryError(
            f"The net would have {sum(sizes):,} weights, which alone take {nbytes / 2**30:,.0f} GB, but this machine "
            f"has {held / 2**30:,.0f} GB of memory."
        )


def _postpone(variable, number):
    """Let a variable begin with values that are quickly made; `fresh` gives it those it starts from.

    No two variables get the same, so that copies of them can be told (see `slot_resets`).
    """
    if variable._initializer is not None:
        variable._initializer = lambda shape, dtype: tf.constant(np.random.default_rng(number).random(shape), dtype)


def weights_of(models):
    """Return the weights of named models in their order, each once."""
    return [variable for variable, _, _ in _once([model.weights for model in models.values()])]


def named(models):
    """Return what an architecture built as a dict of models."""
    return models if isinstance(models, dict) else {"model": models}


def member_seed(seed, number):
    """Return the seed of one of several models: that of the first is the seed itself."""
    return (seed + number * _STRIDE) % _SEEDS if number else seed


class _GraphSeed(keras.random.SeedGenerator):
    """A seed generator that hands out one seed tensor of the graph being traced."""

    def __init__(self, seed):
        self.seed = seed

    def next(self, ordered=True):
        return self.seed


def draw(initializer, variable, seed):
    """Return an initial value of `variable` drawn with the seed tensor of shape (2,).

    A seed of the initializer's own is counted in; what draws without a seed draws with this one too. The initializer
    may be a user's, and shared by threads, so that a copy is seeded. Random values are drawn in single precision, so
    that nets of the same seed start alike in any.
    """
    own = getattr(initializer, "_init_seed", None)
    seed = seed + tf.constant([own, 0], tf.int64) if isinstance(own, int) else seed
    dtype = variable.dtype
    if hasattr(initializer, "seed"):
        initializer = plain_copy(initializer)
        initializer.seed = _GraphSeed(seed)
        dtype = "float32"
    with _unseeded_draws_from(seed):
        return tf.cast(initializer(tuple(variable.shape), dtype=dtype), variable.dtype)


@contextmanager
def _unseeded_draws_from(seed):
    """Let Keras' random functions draw with a seed tensor where they are given none."""
    before = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, _GraphSeed(seed))
    try:
        yield
    finally:
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, before)


def drawn(spec, signature, seed):
    """Return the arrays with which a program of an architecture starts, without its program.

    Parameters
    ----------
    spec : ModelSpec
    signature : InputSignature
    seed : int
    """
    built = build_models(spec, signature, dict.fromkeys(spec.numbers, 0.0))
    return [np.array(value) for _, value in built.fresh(seed)]


def build_models(spec, signature, numbers):
    """Return a Build of the models of an architecture alone."""
    return Build(lambda: (named(spec.build(spec.config, signature, numbers)), [], None))


def slot_resets(optimizer, trainable):
    """Return (slot, value or variable to copy) for every variable of the optimizer but the learning rate.

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


class RandomStates:
    """The seed states, (2,) vectors, of all layers that draw random numbers, and of the objective.

    Parameters
    ----------
    models : list of keras.Model
    further : list of list of tf.Variable
        One list a model, or none.
    """

    def __init__(self, models, further):
        groups = [_seed_states(model) for model in models]
        groups = [[*own, *more] for own, more in zip_longest(groups, further, fillvalue=())]
        by_group = [[] for _ in groups]
        for state, number, _ in _once(groups):
            by_group[number].append(state)
        self._groups = [(number, states) for number, states in enumerate(by_group) if states]

    def reseed(self, seed, epoch, when):
        """Give each seed state its value for one epoch, in the graph, if it is time to."""
        for number, states in self._groups:
            key = tf.stack([member_seed(tf.cast(seed, tf.int64), number), tf.cast(epoch, tf.int64)])
            values = tf.random.stateless_uniform((len(states),), key, minval=None, maxval=None, dtype=tf.int64)
            for state, value in zip(states, tf.unstack(values), strict=True):
                kept = tf.cast(tf.convert_to_tensor(state), value.dtype)
                state.assign(tf.where(when, tf.stack([value, tf.zeros_like(value)]), kept))


def _seed_states(model):
    states = {}
    for layer in model._flatten_layers(include_self=True, recursive=True):
        own = [layer.seed_state] if hasattr(layer, "seed_state") else [gen.state for gen in layer._seed_generators]
        states.update((id(state), state) for state in own)
    return list(states.values())
