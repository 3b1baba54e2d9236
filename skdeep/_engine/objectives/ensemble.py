"""Members of an ensemble, each with the same objective on the same batches, or on batches of its own:

    sum over members m of loss_m, of which the mean is reported

No gradient goes from one to the other, gradients are clipped member by member, and each has a term of its name, so that
each can be stopped by itself. A member learns what it would learn alone. Where members have rows of their own, a batch
has one row of each member, then the next of each; so have the rows that are evaluated.
"""

from skdeep._engine.objectives.terms import Batch, Objective, Term, Update
from skdeep._engine.spec import Recipe
from skdeep._engine.state import member_seed
from skdeep.utils._tensorflow import keras, tf


def recipe(inner, own_rows=False):
    """Return the recipe of an ensemble of which each member has an objective of one update.

    Parameters
    ----------
    inner : Recipe
        Of the objective of one member.
    own_rows : bool
        Whether members have rows of their own.
    """
    return Recipe(Ensemble, (inner, own_rows), inner.numbers, inner.vectors)


class Ensemble(Objective):
    """The objectives of all members as one.

    Parameters
    ----------
    config : (Recipe, bool)
        The objective of one member, and whether members have rows of their own.
    models : dict of keras.Model
        One a member.
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        inner, own_rows = config
        self.rows_together = len(models) if own_rows else 1
        members = {name: inner.build(inner.config, {name: model}, numbers) for name, model in models.items()}
        self._members = members
        self.variables = [one for member in members.values() for one in member.variables or ((),)]
        self.seed_states = [one for member in members.values() for one in member.seed_states or ((),)]
        self._updates, variables, groups = {}, [], []
        for name, member in members.items():
            (self._updates[name],) = member.updates
            own = self._updates[name].variables
            groups.append(range(len(variables), len(variables) + len(own)))
            variables += own
        self.updates = (Update(variables, self._loss, tuple(members), groups=tuple(groups), shown=1.0 / len(members)),)
        first = next(iter(members.values()))
        self.after = self._after if first.after is not None else None
        self.prepare = self._prepare if first.prepare is not None else None

    def evaluate(self, batch):
        """Return the loss of each member in inference mode."""
        return {name: self._one(name, self._members[name].evaluate(own)) for name, own in self._batches(batch).items()}

    def _loss(self, batch, training):
        return {
            name: self._one(name, self._updates[name].loss(own, training)) for name, own in self._batches(batch).items()
        }

    def _after(self, batch, terms):
        for name, own in self._batches(batch).items():
            self._members[name].after(own, {self._updates[name].terms[0]: terms[name]})

    def _prepare(self, batch, seed):
        for number, (name, own) in enumerate(self._batches(batch).items()):
            self._members[name].prepare(own, member_seed(tf.cast(seed, tf.int64), number))

    def _batches(self, batch):
        """Return the batch of each member."""
        if self.rows_together == 1:
            return dict.fromkeys(self._members, batch)
        return {name: _every(batch, number, self.rows_together) for number, name in enumerate(self._members)}

    def _one(self, name, terms):
        """Return all that a member minimises as one term."""
        weight = next(iter(terms.values())).weight
        return Term(self._updates[name].total(terms) * weight, weight)


def _every(batch, first, step):
    """Return the batch of one row in so many, from the first on."""
    inputs, targets = keras.tree.map_structure(lambda rows: rows[first::step], (batch.inputs, batch.targets))
    weight = None if batch.sample_weight is None else batch.sample_weight[first::step]
    return Batch(inputs, targets, weight, batch.n_rows / step)
