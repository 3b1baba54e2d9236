"""Several nets in one, whose outputs have a member axis, each with the same targets (Gorishniy et al., 2025):

    the objective inside, of rows * members items: each row, with its target and its weight, once for each member,

so that what is minimised is the mean over the members of their losses, not the loss of their mean. The members share
weights: none is clipped or stopped by itself.
"""

from skdeep._engine.objectives.terms import Objective
from skdeep._engine.spec import Recipe
from skdeep.utils._tensorflow import tf


def recipe(inner, n_members):
    """Return the recipe of a supervised objective of packed nets.

    Parameters
    ----------
    inner : Recipe
        Of an objective whose loss is made of `outputs(inputs, training)` and `terms(outputs, targets, weight)`, and
        looks at each row by itself.
    n_members : int
        Length of the second axis of all outputs.
    """
    return Recipe(Packed, (inner, n_members), inner.numbers, inner.vectors)


class Packed(Objective):
    """Wraps a supervised objective.

    Parameters
    ----------
    config : (Recipe, int)
    models : dict of keras.Model
        One, with outputs of shape (rows, members, units).
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        inner, self._n_members = config
        self._inner = inner.build(inner.config, models, numbers)
        self.variables, self.seed_states = self._inner.variables, self._inner.seed_states
        self.after, self.prepare = self._inner.after, self._inner.prepare
        (update,) = self._inner.updates
        self.updates = (update._replace(loss=self._loss),)

    def outputs(self, inputs, training):
        """Return the outputs of the net by name."""
        return self._inner.outputs(inputs, training)

    def terms(self, outputs, targets, sample_weight):
        """Return the loss of each output as a Term."""
        return self._inner.terms(
            {name: tf.reshape(output, (-1, output.shape[-1])) for name, output in outputs.items()},
            {name: self._for_each(target) for name, target in targets.items()},
            None if sample_weight is None else self._for_each(sample_weight),
        )

    def _loss(self, batch, training):
        return self.terms(self.outputs(batch.inputs, training), batch.targets, batch.sample_weight)

    def _for_each(self, rows):
        return tf.repeat(rows, self._n_members, axis=0)
