"""Weights that count from a later step on (deferred reweighting, Cao et al., 2019):

    the objective inside, where the weight of row i is w_i * v_i ** e, with an exponent e of 0 first and of 1 then

The weights v are a target of their own, one value a row; or, of targets for every moment, one value a moment. Rows that
are evaluated have all of their weight from the start, so that their loss means the same in every epoch.
"""

from skdeep._engine.objectives.terms import Objective
from skdeep._engine.spec import Recipe
from skdeep.utils._tensorflow import tf

EXPONENT = "reweighting"


def recipe(inner, *, rows=None, moments=()):
    """Return the recipe of an objective whose weights come late; its live number EXPONENT says when.

    Parameters
    ----------
    inner : Recipe
    rows : str or None
        Name of the target that has a weight for each row. The objective inside sees it as the weight of the row.
    moments : tuple of str
        Names of the ragged targets that have a weight for each moment. The objective inside knows them.
    """
    return Recipe(Deferred, (inner, rows, tuple(moments)), (EXPONENT, *inner.numbers), inner.vectors)


class Deferred(Objective):
    """Wraps any objective.

    Parameters
    ----------
    config : (Recipe, str or None, tuple of str)
    models : dict of keras.Model
    numbers : dict of LiveNumber
        EXPONENT is 0 or 1.
    """

    def __init__(self, config, models, numbers):
        inner, self._rows, self._moments = config
        self._inner, self._exponent = inner.build(inner.config, models, numbers), numbers[EXPONENT]
        self.variables, self.seed_states = self._inner.variables, self._inner.seed_states
        self.rows_together, self.stacked = self._inner.rows_together, self._inner.stacked
        self.updates = tuple(update._replace(loss=self._loss_of(update)) for update in self._inner.updates)
        self.after = self._after if self._inner.after is not None else None
        self.prepare = self._prepare if self._inner.prepare is not None else None

    def evaluate(self, batch):
        """Return the terms of the loss of rows that have all of their weight."""
        return self._inner.evaluate(self._weighed(batch, None))

    def _loss_of(self, update):
        def loss(batch, training):
            return update.loss(self._weighed(batch, self._exponent.read() if training else None), training)

        return loss

    def _after(self, batch, terms):
        self._inner.after(self._weighed(batch, self._exponent.read()), terms)

    def _prepare(self, batch, seed):
        self._inner.prepare(self._weighed(batch, None), seed)

    def _weighed(self, batch, exponent):
        """Return a batch as the objective inside knows it, its weights raised to an exponent, if one is given."""
        targets, weight = dict(batch.targets), batch.sample_weight
        if self._rows is not None:
            own = _raised(targets.pop(self._rows), exponent)
            weight = own if weight is None else own * weight
        for name in self._moments:
            values, lengths = targets[name]
            targets[name] = _raised(values, exponent), lengths
        return batch._replace(targets=targets, sample_weight=weight)


def _raised(values, exponent):
    # What weighs nothing never counts: zero to the power of zero would be one.
    return values if exponent is None else tf.where(values > 0, tf.pow(values, exponent), 0.0)
