"""Members that learn from rows of their own, of which those with the largest losses do not count:

    sum over members m of (sum over rows i of w_mi * loss_mi) / (sum over rows i of w_mi)

    loss_mi = loss(x_mi, net_m(x_mi))             for members that make rows again
    loss_mi = the squared length of net_m(x_mi)   for members that bring rows to one place

w_mi is zero for the floor(trim * n) rows, of the n that member m is given in a step, with the largest losses, else one.
The mean of the members is reported. A batch has the rows of the first member first, then those of the second.
"""

from skdeep._engine.objectives.terms import Objective, Term, Update
from skdeep._engine.spec import Recipe, taken_from, within
from skdeep._engine.state import weights_of
from skdeep.utils._tensorflow import tf

_FROM_ZERO = 0.1  # parts of a centre: zero is where weights that are zero bring all rows


def recipe(loss, n_members):
    """Return the recipe of the objective; its live number "trim" is the share of rows that do not count.

    Parameters
    ----------
    loss : Recipe
        Builds the function (rows, rows made again) -> loss of each row.
    n_members : int
    """
    return Recipe(Again, (loss, n_members), ("trim", *within("loss", loss.numbers)))


def to_one_place(n_members):
    """Return the recipe of the objective of members that have a layer "centre" at their end, which is set first.

    Parameters
    ----------
    n_members : int
    """
    return Recipe(OnePlace, n_members, ("trim",))


class OwnRows(Objective):
    """What the objectives of such members have in common.

    Parameters
    ----------
    n_members : int
    models : dict of keras.Model
        "members" takes rows, and returns what was made of them, in the shape (members, rows, columns).
    trim : LiveNumber
    """

    def __init__(self, n_members, models, trim):
        self._members, self._n_members, self._trim = models["members"], n_members, trim
        variables = [variable for variable in weights_of(models) if variable.trainable]
        self.updates = (Update(variables, self._loss, ("loss",), shown=1.0 / self._n_members),)

    def _loss(self, batch, training):
        (rows,) = batch.inputs.values()
        rows = tf.reshape(rows, (self._n_members, -1, rows.shape[-1]))
        losses = self._losses(rows, self._members({"standardized": rows}, training=training))
        weights = counting(losses, self._trim.read())
        return {"loss": Term(tf.reduce_sum(losses * weights), tf.reduce_sum(weights), float(self._n_members))}


class Again(OwnRows):
    """The objective of several small autoencoders.

    Parameters
    ----------
    config : (Recipe, int)
    models : dict of keras.Model
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        loss, n_members = config
        self._loss_of_rows = loss.build(loss.config, taken_from("loss", numbers))
        super().__init__(n_members, models, numbers["trim"])

    def _losses(self, rows, again):
        return by_member(self._loss_of_rows, rows, again)


class OnePlace(OwnRows):
    """The objective of several encoders whose codes are to be near a centre, which is where codes are at first.

    Parameters
    ----------
    n_members : int
    models : dict of keras.Model
        The last layer of "members", "centre", takes the centre off the codes.
    numbers : dict of LiveNumber
    """

    def __init__(self, n_members, models, numbers):
        super().__init__(n_members, models, numbers["trim"])

    def prepare(self, batch, seed):
        """Set the centre of each member to the mean of its codes; a part near zero is moved away from it."""
        (rows,) = batch.inputs.values()
        centre = self._members.get_layer("centre").centre
        centre.assign(tf.zeros_like(centre.value))
        mean = tf.reduce_mean(self._members({"standardized": rows[None]}, training=False), axis=1, keepdims=True)
        least = tf.where(mean < 0, -1.0, 1.0)
        centre.assign(tf.where(tf.abs(mean) < _FROM_ZERO, _FROM_ZERO * tf.cast(least, mean.dtype), mean))

    def _losses(self, rows, codes):
        return tf.reduce_sum(tf.square(codes), axis=2)


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
    n_left_out = tf.cast(tf.floor(trim * tf.cast(n_rows, trim.dtype) + 1e-4), tf.int32)
    n_kept = tf.maximum(n_rows - n_left_out, 1)
    bound = tf.sort(losses, axis=1)[:, n_kept - 1, None]
    below, at = (tf.cast(one, losses.dtype) for one in (losses < bound, tf.equal(losses, bound)))
    room = tf.cast(n_kept, losses.dtype) - tf.reduce_sum(below, axis=1, keepdims=True)
    return tf.stop_gradient(below + at * room / tf.maximum(tf.reduce_sum(at, axis=1, keepdims=True), 1.0))
