"""The pieces objectives are made of: batches in, terms of a loss out, and which variables move."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from skdeep.utils._tensorflow import tf


class Batch(NamedTuple):
    """Some rows inside the graph.

    `inputs` is the dict that a model is called with, `targets` a dict by the name of the output, `sample_weight` a
    vector or None, `n_rows` the number of rows as a float of the computation.
    """

    inputs: dict
    targets: dict
    sample_weight: Any
    n_rows: Any


class Term(NamedTuple):
    """One part of a loss: the weighted sum over its items, the sum of their weights, and what its mean is worth.

    Items are what the loss is a mean of: rows, moments of a series, words. The term of one of several `stacked` members
    has the `outputs` of the net that its losses were computed of, one each.
    """

    total: Any
    weight: Any
    coefficient: Any = 1.0
    outputs: tuple = ()

    @property
    def mean(self):
        """Return the mean over the items."""
        return self.total / self.weight

    @property
    def contribution(self):
        """Return what is minimised."""
        return self.mean if _is_one(self.coefficient) else self.coefficient * self.mean


class Averaged(NamedTuple):
    """One part of a loss that is a mean already: what `Term` is, for losses that average in a way of their own."""

    mean: Any
    weight: Any
    coefficient: Any = 1.0
    outputs: tuple = ()

    total = property(lambda self: self.mean * self.weight)
    contribution = Term.contribution


def summed(losses, weights=None, coefficient=1.0):
    """Return the Term of the losses of items, each counted by its weight.

    Parameters
    ----------
    losses : tf.Tensor
        One loss an item, in any shape.
    weights : tf.Tensor or None
        Of the same shape; an item of weight zero, such as padding, does not count.
    coefficient : float or LiveNumber
    """
    if weights is None:
        return Term(tf.reduce_sum(losses), tf.cast(tf.size(losses), losses.dtype), coefficient)
    return Term(tf.reduce_sum(losses * weights), tf.reduce_sum(weights), coefficient)


def dense(rows):
    """Return rows that may be sparse as a dense tensor."""
    return tf.sparse.to_dense(rows) if isinstance(rows, tf.SparseTensor) else rows


def flat(rows):
    """Return rows of any shape, or sparse ones, as a dense table."""
    rows = dense(rows)
    return rows if len(rows.shape) == 2 else tf.reshape(rows, (-1, math.prod(rows.shape[1:])))


class Update(NamedTuple):
    """Variables that move down a loss. The first update of an objective takes its turn at every step.

    `loss(batch, training)` returns {name: Term} with the names of `terms`; the sum of their contributions is minimised.
    `added()` returns further losses of a batch, without names, once `loss` was called: what layers have added.
    `optimizer` is a name in ProgramSpec.optimizers that no other update has. `every` is the number of steps from one
    such update to the next. `groups` are positions of variables whose gradients are clipped together, such as those of
    one member of an ensemble; None is all of them. `shown` is what the sum is multiplied by where it is reported: one
    over the number of members for a mean. `stacked` is the number of members that are the first axis of all variables,
    and are clipped one by one; 0 for none.
    """

    variables: list
    loss: Callable
    terms: tuple
    added: Callable = list
    optimizer: str = "optimizer"
    every: int = 1
    groups: tuple | None = None
    shown: float = 1.0
    stacked: int = 0

    def total(self, terms):
        """Return what is minimised: added losses and the contributions of the terms."""
        dtype = terms[self.terms[0]].total.dtype
        added = [tf.cast(one, dtype) for one in self.added()]
        loss = tf.add_n([tf.zeros((), dtype), *added]) if added else 0.0
        for name in self.terms:
            loss += terms[name].contribution
        return loss


class Objective:
    """What an objective is without anything of its own; see the text of the package.

    Where rows belong together, such as one of each member, `rows_together` is how many; a batch never parts them.
    `stacked` is the number of members whose trained weights are one array, with a member axis first; 0 for none.
    `measured` are the names of what `measure` returns.
    """

    variables = ()
    seed_states = ()
    updates = ()
    rows_together = 1
    stacked = 0
    measured = ()
    after = prepare = None

    def evaluate(self, batch):
        """Return the terms of the first update in inference mode."""
        return self.updates[0].loss(batch, False)

    def measure(self, batch, terms, first):
        """Return a pair (sum, weight) for each of what is measured besides the loss, by name."""
        return {}


def _is_one(coefficient):
    return type(coefficient) in (int, float) and coefficient == 1
