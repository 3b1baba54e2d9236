"""Members of an ensemble, each with the same objective on the same batches:

    sum over members m of loss_m

No gradient goes from one to the other, gradients are clipped member by member, and each has a term of its name, so that
each can be stopped by itself. A member learns what it would learn alone.
"""

from skdeep._engine.objectives.terms import Objective, Term, Update
from skdeep._engine.spec import Recipe


def recipe(inner):
    """Return the recipe of an ensemble of which each member has an objective of one update."""
    return Recipe(Ensemble, inner, inner.numbers)


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
        self.variables = [variable for member in members.values() for variable in member.variables]
        self.seed_states = [state for member in members.values() for state in (member.seed_states or ((),))]
        updates = {name: member.updates[0] for name, member in members.items()}
        variables, groups = [], []
        for update in updates.values():
            groups.append(range(len(variables), len(variables) + len(update.variables)))
            variables += update.variables
        self._updates = updates
        self.updates = (Update(variables, self._loss, tuple(members), groups=tuple(groups)),)

    def evaluate(self, batch):
        """Return the loss of each member in inference mode."""
        return {name: self._one(name, member.evaluate(batch)) for name, member in self._members.items()}

    def _loss(self, batch, training):
        return {name: self._one(name, update.loss(batch, training)) for name, update in self._updates.items()}

    def _one(self, name, terms):
        """Return all that a member minimises as one term."""
        weight = next(iter(terms.values())).weight
        return Term(self._updates[name].total(terms) * weight, weight)
