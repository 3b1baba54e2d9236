"""Mixup: training on weighted means of two rows and of their losses (Zhang et al., 2018).

    sum over i of lambda_i * w_i * loss(y_i, net(m_i)) + (1 - lambda_i) * w_j * loss(y_j, net(m_i)), over the sum of the
    same weights, where m_i = lambda_i * x_i + (1 - lambda_i) * x_j, and j is the row at the other end of the batch

The loss of a mixture is the mixture of the losses against either target, which for the cross-entropy is the loss
against the mixed target and which works for every loss and every kind of target. Rows that are evaluated are not mixed.
"""

from skdeep._engine.objectives.terms import Objective, Term
from skdeep._engine.spec import Recipe
from skdeep.utils._tensorflow import tf


def recipe(inner):
    """Return the recipe of a supervised objective on mixtures; its live number "mixup" says how much is mixed."""
    return Recipe(Mixup, inner, ("mixup", *inner.numbers), inner.vectors)


class Mixup(Objective):
    """Wraps an objective whose loss is made of `outputs(inputs, training)` and `terms(outputs, targets, weight)`.

    Parameters
    ----------
    inner : Recipe
    models : dict of keras.Model
    numbers : dict of LiveNumber
        "mixup" is the alpha of Beta(alpha, alpha), from which shares are drawn: small values keep most rows nearly as
        they are.
    """

    def __init__(self, inner, models, numbers):
        self._inner = inner.build(inner.config, models, numbers)
        self._shares = Shares(numbers["mixup"])
        self.variables, self.after, self.prepare = self._inner.variables, self._inner.after, self._inner.prepare
        (inside,) = self._inner.seed_states or ((),)
        self.seed_states = [[*inside, self._shares.seed_state]]
        (update,) = self._inner.updates
        self.updates = (update._replace(loss=self._loss),)

    def evaluate(self, batch):
        """Return the terms of the loss of unmixed rows."""
        return self._inner.evaluate(batch)

    def _loss(self, batch, training):
        dtype = batch.n_rows.dtype
        shares = self._shares.draw(tf.cast(batch.n_rows, tf.int32), dtype)
        weight = tf.ones_like(shares) if batch.sample_weight is None else batch.sample_weight
        outputs = self._inner.outputs({name: _mixed(one, shares) for name, one in batch.inputs.items()}, training)
        others = {name: _partners(target) for name, target in batch.targets.items()}
        own = self._inner.terms(outputs, batch.targets, weight * shares)
        other = self._inner.terms(outputs, others, _partners(weight) * (1.0 - shares))
        return {
            name: Term(term.total + other[name].total, term.weight + other[name].weight, term.coefficient)
            for name, term in own.items()
        }


class Shares:
    """Draws the share of each row in its mixture.

    Parameters
    ----------
    alpha : LiveNumber
    """

    def __init__(self, alpha):
        self.alpha = alpha
        self.seed_state = tf.Variable(tf.zeros((2,), tf.int64), trainable=False)

    def draw(self, n_rows, dtype):
        """Return shares, shape (n_rows,)."""
        seed = self.seed_state.read_value()
        self.seed_state.assign_add([0, 1])
        # In double precision, where a pair of draws does not vanish.
        drawn = tf.random.stateless_gamma((2, n_rows), seed, tf.cast(self.alpha.read(), tf.float64), dtype=tf.float64)
        one, other = tf.unstack(drawn + 1e-300)
        return tf.cast(one / (one + other), dtype)


def _partners(values):
    """Return the values of the row that each row is mixed with."""
    return tf.reverse(values, axis=[0])


def _mixed(values, shares):
    shares = tf.reshape(shares, (-1,) + (1,) * (len(values.shape) - 1))
    return values * shares + _partners(values) * (1.0 - shares)
