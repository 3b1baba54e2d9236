"""Members that learn from rows of their own, of which those with the largest losses do not count:

    sum over members m of (sum over rows i of w_mi * loss(x_mi, net_m(x_mi))) / (sum over rows i of w_mi)

w_mi is zero for the floor(trim * n) rows, of the n that member m is given in a step, with the largest losses, else one.
The mean of the members is reported. A batch has the rows of the first member first, then those of the second.
"""

from skdeep._engine.objectives.terms import Objective, Term, Update
from skdeep._engine.spec import Recipe, taken_from, within
from skdeep._engine.state import weights_of
from skdeep.utils._tensorflow import tf


def recipe(loss, n_members):
    """Return the recipe of the objective; its live number "trim" is the share of rows that do not count.

    Parameters
    ----------
    loss : Recipe
        Builds the function (rows, rows made again) -> loss of each row.
    n_members : int
    """
    return Recipe(OwnRows, (loss, n_members), ("trim", *within("loss", loss.numbers)))


class OwnRows(Objective):
    """The objective of several small autoencoders.

    Parameters
    ----------
    config : (Recipe, int)
    models : dict of keras.Model
        "members" takes rows, and returns what was made of them, in the shape (members, rows, columns).
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        loss, self._n_members = config
        self._members, self._trim = models["members"], numbers["trim"]
        self._loss_of_rows = loss.build(loss.config, taken_from("loss", numbers))
        variables = [variable for variable in weights_of(models) if variable.trainable]
        self.updates = (Update(variables, self._loss, ("loss",), shown=1.0 / self._n_members),)

    def _loss(self, batch, training):
        (rows,) = batch.inputs.values()
        rows = tf.reshape(rows, (self._n_members, -1, rows.shape[-1]))
        losses = by_member(self._loss_of_rows, rows, self._members({"standardized": rows}, training=training))
        weights = counting(losses, self._trim.read())
        return {"loss": Term(tf.reduce_sum(losses * weights), tf.reduce_sum(weights), float(self._n_members))}


def by_member(loss, rows, again):
    """Return losses of shape (members, rows), of rows and of what was made of them, with a member axis first.

    Parameters
    ----------
    loss : callable
        (rows, rows made again) -> loss of each row.
    rows, again : tf.Tensor of shape (members, rows, columns)
        The former may have one member, whose rows are those of all.
    """
    shape = tf.shape(again)
    rows = tf.reshape(tf.broadcast_to(rows, shape), (-1, again.shape[-1]))
    return tf.reshape(loss(rows, tf.reshape(again, (-1, again.shape[-1]))), shape[:2])


def counting(losses, trim):
    """Return one for each row that counts, and zero for the share with the largest losses of each member.

    Rows with the same loss, such as one that was drawn twice, count alike: for a part, if only some of them fit in.

    Parameters
    ----------
    losses : tf.Tensor of shape (members, rows)
    trim : tf.Tensor
        Share of the rows, less than one.
    """
    n_rows = tf.shape(losses)[1]
    n_left_out = tf.cast(tf.floor(trim * tf.cast(n_rows, trim.dtype) + 1e-6), tf.int32)
    n_kept = n_rows - n_left_out
    bound = tf.sort(losses, axis=1)[:, n_kept - 1, None]
    below, at = (tf.cast(one, losses.dtype) for one in (losses < bound, tf.equal(losses, bound)))
    room = tf.cast(n_kept, losses.dtype) - tf.reduce_sum(below, axis=1, keepdims=True)
    return tf.stop_gradient(below + at * room / tf.maximum(tf.reduce_sum(at, axis=1, keepdims=True), 1.0))
