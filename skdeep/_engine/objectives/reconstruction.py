"""Rows that are to be made again from a code, and what is asked of the code besides:

    (sum over rows i of w_i * loss(x_i, decoder(encoder(x_i)))) / (sum over rows i of w_i)
    + sparsity * (the mean of |code_i|, weighted as above)
    + contraction * (the mean of the sum of the squared derivatives of code_i by x_i)

Where rows have noise, the encoder adds it.
"""

from skdeep._engine.objectives.terms import Objective, Update, summed
from skdeep._engine.spec import Recipe, taken_from, within
from skdeep._engine.state import weights_of
from skdeep.utils._tensorflow import tf

ASKED = ("sparsity", "contraction")


def recipe(loss, asked):
    """Return the recipe of the objective.

    Parameters
    ----------
    loss : Recipe
        Builds the function (rows, rows made again) -> loss of each row.
    asked : tuple of str
        Of ASKED, each with a live number of its name.
    """
    return Recipe(Reconstruction, (loss, tuple(asked)), (*asked, *within("loss", loss.numbers)))


class Reconstruction(Objective):
    """The objective of autoencoders.

    Parameters
    ----------
    config : (Recipe, tuple of str)
    models : dict of keras.Model
        "encoder" and "decoder", of one input each.
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        loss, self._asked = config
        self._encoder, self._decoder, self._numbers = models["encoder"], models["decoder"], numbers
        self._loss_of_rows = loss.build(loss.config, taken_from("loss", numbers))
        variables = [variable for variable in weights_of(models) if variable.trainable]
        self.updates = (Update(variables, self._loss, ("reconstruction", *self._asked)),)

    def _loss(self, batch, training):
        ((name, rows),) = batch.inputs.items()
        dense = tf.sparse.to_dense(rows) if isinstance(rows, tf.SparseTensor) else rows
        code = self._encoder({name: rows}, training=training)
        again = self._decoder({"code": code}, training=training)
        terms = {"reconstruction": summed(self._loss_of_rows(dense, again), batch.sample_weight)}
        if "sparsity" in self._asked:
            size = tf.reduce_mean(tf.abs(code), axis=1)
            terms["sparsity"] = summed(size, batch.sample_weight, self._numbers["sparsity"])
        if "contraction" in self._asked:
            slopes = self._slopes(name, dense)
            terms["contraction"] = summed(slopes, batch.sample_weight, self._numbers["contraction"])
        return terms

    def _slopes(self, name, rows):
        """Return the sum of the squared derivatives of the code of each row."""
        with tf.GradientTape() as tape:
            tape.watch(rows)
            code = self._encoder({name: rows}, training=False)
        derivatives = tape.batch_jacobian(code, rows)
        return tf.reduce_sum(tf.square(derivatives), axis=(1, 2))
