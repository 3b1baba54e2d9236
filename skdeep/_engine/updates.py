"""One update of a step: the gradient of its loss, clipped and penalised, to its optimizer."""

from contextlib import contextmanager
from fnmatch import fnmatchcase

from skdeep._engine import optimizers, roles, state
from skdeep._engine.layout import layout
from skdeep._engine.spec import taken_from
from skdeep.utils._tensorflow import keras, tf


class Stepper:
    """An Update with its optimizer and the layout of its weights.

    Parameters
    ----------
    update : Update
    spec : ProgramSpec
    numbers : dict of LiveNumber
        All of the program.
    shared : set of int
        Ids of variables that other updates move too; these cannot be in a vector of one update.
    """

    def __init__(self, update, spec, numbers, shared=frozenset()):
        self.update = update
        alone = not any(id(variable) in shared for variable in update.variables)
        self.layout = layout(update.variables, spec.one_vector and alone and not spec.masked)
        self._penalties = {name: numbers[name] for name in spec.penalties}
        self._is_kernel = [roles.is_kernel(variable) for variable in update.variables]
        self.masks = [
            tf.Variable(tf.ones(variable.shape, variable.dtype)) if spec.masked and is_kernel else None
            for variable, is_kernel in zip(update.variables, self._is_kernel, strict=True)
        ]
        self._factors = _factors(update.variables, spec.rate_factors, numbers)
        recipe = dict(spec.optimizers)[update.optimizer]
        own = numbers if update.optimizer == "optimizer" else taken_from(update.optimizer, numbers)
        self.optimizer = optimizers.build(recipe.config, {name: own[name] for name in recipe.numbers})
        self.rate = optimizers.prepare(self.optimizer, recipe, self.layout.updated, spec.signature.dtype)
        kernels_only = optimizers.decays_kernels_only(self.optimizer, recipe)
        if kernels_only or any(factor is not None for factor in self._factors):
            decays = [0.0 if kernels_only and not one else None for one in self._is_kernel]
            optimizers.scale_rates(
                self.optimizer,
                lambda: self.layout.in_updated(self._read_factors()),
                lambda: self.layout.in_updated(decays),
            )
        self.resets = state.slot_resets(self.optimizer, update.variables)

    def run(self, batch, elsewhere, others):
        """Take one step on a batch and return (total loss, terms).

        Parameters
        ----------
        batch : Batch
        elsewhere : list of (keras.Variable, tf.Tensor)
            The weights of other updates that are not in the variables of the net.
        others : list of keras.Variable
            What may be assigned to while the loss is computed, such as moving statistics.
        """
        values = self.layout.values()
        elsewhere = [*self.layout.elsewhere(values), *elsewhere]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            with reading(elsewhere, others):
                terms = self.update.loss(batch, True)
                total = self.update.total(terms)
        gradients = tape.gradient(total, values)
        if all(gradient is None for gradient in gradients):
            raise ValueError(
                "The loss has no gradient: nothing the net computes changes it, so there is nothing to learn."
            )
        self.layout.apply(self.optimizer, self._transformed(self.layout.completed(gradients, values), values))
        for variable, mask in zip(self.update.variables, self.masks, strict=True):
            if mask is not None:
                variable.assign(variable.value * mask)
        return total, terms

    def slots(self):
        """Return what the optimizer remembers as arrays by attribute: one, or a list with one for each variable."""
        found = optimizers.remembered(self.optimizer)
        return {name: self.layout.parts(one) if isinstance(one, list) else one for name, one in found.items()}

    def load_slots(self, arrays):
        """Overwrite what the optimizer remembers with arrays as `slots` returns them."""
        whole = {name: self.layout.whole(one) if isinstance(one, list) else one for name, one in arrays.items()}
        optimizers.remember(self.optimizer, whole)

    def _transformed(self, gradients, values):
        """Clip the gradient of the loss, then add the gradient of the penalties, which act on kernels only."""
        gradients = [_masked(_dense(one), mask) for one, mask in zip(gradients, self.masks, strict=True)]
        if "clip_norm" in self._penalties and self.update.stacked:
            self._clip_members(gradients)
        elif "clip_norm" in self._penalties:
            for group in self.update.groups or (range(len(gradients)),):
                self._clip(gradients, group)
        return [
            self._with_penalty(gradient, value) if is_kernel and gradient is not None else gradient
            for gradient, value, is_kernel in zip(gradients, values, self._is_kernel, strict=True)
        ]

    def _clip(self, gradients, group):
        """Shorten those gradients of a group in place that are together longer than the bound."""
        group = [index for index in group if gradients[index] is not None]
        norm = tf.linalg.global_norm([gradients[index] for index in group])
        scale = tf.minimum(self._penalties["clip_norm"].read() / tf.maximum(norm, 1e-30), 1.0)
        for index in group:
            gradients[index] = gradients[index] * scale

    def _clip_members(self, gradients):
        """Shorten the gradients of each member, which lie along the first axis, in place."""
        there = [index for index, gradient in enumerate(gradients) if gradient is not None]
        flat = tf.concat([tf.reshape(gradients[index], (self.update.stacked, -1)) for index in there], axis=1)
        scale = tf.minimum(self._penalties["clip_norm"].read() / tf.maximum(tf.norm(flat, axis=1), 1e-30), 1.0)
        for index in there:
            rank = len(gradients[index].shape)
            gradients[index] = gradients[index] * tf.reshape(scale, (-1, *(1,) * (rank - 1)))

    def _with_penalty(self, gradient, value):
        if "alpha" in self._penalties:
            gradient += self._penalties["alpha"].read() * value
        if "l1" in self._penalties:
            gradient += self._penalties["l1"].read() * tf.sign(value)
        return gradient

    def _read_factors(self):
        read = {id(factor): factor.read() for factor in self._factors if factor is not None}
        return [read.get(id(factor)) for factor in self._factors]


@contextmanager
def reading(elsewhere, others):
    """Within the block variables have the values given; what is assigned to others is written to them after it.

    Parameters
    ----------
    elsewhere : list of (keras.Variable, tf.Tensor)
    others : list of keras.Variable
    """
    if not elsewhere:
        yield
        return
    with keras.StatelessScope(elsewhere, collect_losses=True) as scope:
        yield
    for variable in others:
        updated = scope.get_current_value(variable)
        if updated is not None:
            variable.assign(updated)


def _factors(variables, patterns, numbers):
    """Return the live number that multiplies the learning rate of each variable, or None; the last pattern counts."""
    paths = [variable.path for variable in variables]
    found = [None] * len(paths)
    for pattern, name in patterns:
        for index, path in enumerate(paths):
            if fnmatchcase(path, pattern):
                found[index] = numbers[name]
    return found


def _masked(gradient, mask):
    return gradient if gradient is None or mask is None else gradient * mask


def _dense(gradient):
    # TensorFlow adds the rows of a sparse gradient in racing order; a segment sum adds them in theirs.
    if isinstance(gradient, tf.IndexedSlices):
        return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, gradient.dense_shape[0])
    return gradient


def check_updates(updates, numbers):
    """Raise ValueError for updates that cannot be run one after the other."""
    if updates[0].every != 1:
        raise ValueError("The first update of an objective must take its turn at every step.")
    if len({update.optimizer for update in updates}) < len(updates):
        raise ValueError("Every update of an objective needs an optimizer of its own.")
    if any(update.every != 1 for update in updates) and "step" not in numbers:
        raise ValueError("An update that has its turn every few steps needs the live number 'step' in its recipe.")


def check_patterns(updates, rate_factors, known):
    """Raise ValueError for rate factors that are for no variable, trained or one of those known."""
    paths = [variable.path for update in updates for variable in update.variables]
    for pattern, _ in rate_factors:
        if not any(fnmatchcase(path, pattern) for path in [*paths, *known]):
            raise ValueError(f"No variable has a path like {pattern!r}; there are {paths}.")


def in_several(updates):
    """Return the ids of variables that more than one update moves."""
    ids = [{id(variable) for variable in update.variables} for update in updates]
    return {one for number, own in enumerate(ids) for one in own if any(one in other for other in ids[number + 1 :])}
