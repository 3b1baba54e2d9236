"""Members of an ensemble that are one model, of which all trained weights have a member axis first:

    sum over members m of loss_m, of which the mean is reported

Each member has rows of its own: a batch has one row of each member, then the next of each. Each has a term of its name;
gradients are clipped member by member. A member learns what it would learn alone.
"""

from contextlib import contextmanager

from skdeep._engine.objectives.terms import Objective, Term
from skdeep._engine.spec import Recipe
from skdeep.utils._tensorflow import tf


def recipe(inner, n_members):
    """Return the recipe of the objective of such members.

    Parameters
    ----------
    inner : Recipe
        Of an objective whose loss is made of `outputs(inputs, training)` and `terms(outputs, targets, weight)`.
    n_members : int
        Length of the second axis of all outputs.
    """
    return Recipe(Stacked, (inner, n_members), inner.numbers, inner.vectors)


class Stacked(Objective):
    """Wraps a supervised objective.

    Parameters
    ----------
    config : (Recipe, int)
    models : dict of keras.Model
        One, with outputs of shape (rows, members, units). Layers that have an attribute `own_rows` part rows among the
        members while it is true.
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        inner, self.rows_together = config
        self.stacked = self.rows_together
        self._inner = inner.build(inner.config, models, numbers)
        self.variables, self.seed_states = self._inner.variables, self._inner.seed_states
        self.prepare = self._prepare if self._inner.prepare is not None else None
        (update,) = self._inner.updates
        names = tuple(f"member_{number}" for number in range(self.stacked))
        shown = 1.0 / self.stacked
        self.updates = (update._replace(loss=self._loss, terms=names, shown=shown, stacked=self.stacked),)
        (model,) = models.values()
        self._parting = [layer for layer in model._flatten_layers() if hasattr(layer, "own_rows")]

    def _loss(self, batch, training):
        with self._parted():
            outputs = self._inner.outputs(batch.inputs, training)
        outputs = {name: tf.reshape(output, (-1, output.shape[-1])) for name, output in outputs.items()}
        return {f"member_{number}": self._of_member(batch, outputs, number) for number in range(self.stacked)}

    def _of_member(self, batch, outputs, number):
        """Return all that a member minimises as one term."""
        own = slice(number, None, self.stacked)
        weight = None if batch.sample_weight is None else batch.sample_weight[own]
        outputs = {name: output[own] for name, output in outputs.items()}
        targets = {name: target[own] for name, target in batch.targets.items()}
        terms = self._inner.terms(outputs, targets, weight).values()
        first = next(iter(terms))
        total = sum(term.contribution for term in terms) * first.weight
        return Term(total, first.weight, outputs=tuple(outputs.values()))

    def _prepare(self, batch, seed):
        with self._parted():
            self._inner.prepare(batch, seed)

    @contextmanager
    def _parted(self):
        for layer in self._parting:
            layer.own_rows = True
        try:
            yield
        finally:
            for layer in self._parting:
                layer.own_rows = False
