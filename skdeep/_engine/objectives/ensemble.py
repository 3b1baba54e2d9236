"""Members of an ensemble, each with the same objective on the same batches:

    sum over members m of loss_m, of which the mean is reported

No gradient goes from one to the other, gradients are clipped member by member, and each has a term of its name, so that
each can be stopped by itself. A member learns what it would learn alone.
"""

from skdeep._engine.objectives.terms import Objective, Term, Update
from skdeep._engine.spec import Recipe
from skdeep._engine.state import member_seed
from skdeep.utils._tensorflow import tf


def recipe(inner):
    """Return the recipe of an ensemble of which each member has an objective of one update."""
    return Recipe(Ensemble, inner, inner.numbers, inner.vectors)


class Ensemble(Objective):
    """The objectives of all members as one.

    Parameters
    ----------
    inner : Recipe
        Of the objective of one member.
    models : dict of keras.Model
        One a member.
    numbers : dict of LiveNumber
    """

    def __init__(self, inner, models, numbers):
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
        return {name: self._one(name, member.evaluate(batch)) for name, member in self._members.items()}

    def _loss(self, batch, training):
        return {name: self._one(name, update.loss(batch, training)) for name, update in self._updates.items()}

    def _after(self, batch, terms):
        for name, member in self._members.items():
            member.after(batch, {self._updates[name].terms[0]: terms[name]})

    def _prepare(self, batch, seed):
        for number, member in enumerate(self._members.values()):
            member.prepare(batch, member_seed(tf.cast(seed, tf.int64), number))

    def _one(self, name, terms):
        """Return all that a member minimises as one term."""
        weight = next(iter(terms.values())).weight
        return Term(self._updates[name].total(terms) * weight, weight)
