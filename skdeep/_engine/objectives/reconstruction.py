"""Rows that are to be made again from a code, and what is asked of the code besides:

    (sum over rows i of w_i * loss(x_i, decoder(encoder(x_i)))) / (sum over rows i of w_i)
    + sparsity * (the mean of |code_i|, weighted as above)
    + contraction * (the mean of the sum of the squared derivatives of code_i by x_i)

Where rows have noise, the encoder adds it. A part of the nets has the same objective, with what its half of the encoder
returns for the code.
"""

from dataclasses import dataclass, replace

from skdeep._engine.objectives.terms import Objective, Update, dense, flat, summed
from skdeep._engine.spec import Recipe, taken_from, within
from skdeep._engine.state import weights_of
from skdeep.utils._tensorflow import keras, tf

ASKED = ("sparsity", "contraction")


@dataclass(frozen=True)
class Part:
    """The outer layers of both nets, of which some are trained.

    Parameters
    ----------
    encoder, decoder : str
        Names of the layers whose outputs end the one half, and begin the other.
    trained : tuple of str
        Names of the layers whose weights move.
    """

    encoder: str
    decoder: str
    trained: tuple


def recipe(loss, asked):
    """Return the recipe of the objective.

    Parameters
    ----------
    loss : Recipe
        Builds the function (rows, rows made again) -> loss of each row.
    asked : tuple of str
        Of ASKED, each with a live number of its name.
    """
    return Recipe(Reconstruction, (loss, tuple(asked), None), (*asked, *within("loss", loss.numbers)))


def of_part(part, whole):
    """Return the recipe of the objective of a part of the nets.

    Parameters
    ----------
    part : Part
    whole : Recipe
    """
    loss, asked, _ = whole.config
    return replace(whole, config=(loss, asked, part))


class Reconstruction(Objective):
    """The objective of autoencoders.

    Parameters
    ----------
    config : (Recipe, tuple of str, Part or None)
    models : dict of keras.Model
        "encoder" and "decoder", of one input each.
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        loss, self._asked, part = config
        self._encoder, self._decoder, self._numbers = models["encoder"], models["decoder"], numbers
        self._loss_of_rows = loss.build(loss.config, taken_from("loss", numbers))
        variables = [variable for variable in weights_of(models) if variable.trainable]
        if part is not None:
            trained = [
                weight
                for model in models.values()
                for layer in model.layers
                if layer.name in part.trained
                for weight in layer.trainable_weights
            ]
            variables = [variable for variable in variables if any(variable is one for one in trained)]
            self._encoder = keras.Model(self._encoder.input, self._encoder.get_layer(part.encoder).output)
            code = self._decoder.get_layer(part.decoder).output
            self._decoder = keras.Model({code.name: code}, self._decoder.output)
        (self._code,) = self._decoder.input
        self.updates = (Update(variables, self._loss, ("reconstruction", *self._asked)),)

    def _loss(self, batch, training):
        ((name, rows),) = batch.inputs.items()
        code = self._encoder({name: rows}, training=training)
        again = self._decoder({self._code: code}, training=training)
        terms = {"reconstruction": summed(self._loss_of_rows(flat(rows), flat(again)), batch.sample_weight)}
        if "sparsity" in self._asked:
            size = tf.reduce_mean(tf.abs(code), axis=1)
            terms["sparsity"] = summed(size, batch.sample_weight, self._numbers["sparsity"])
        if "contraction" in self._asked:
            slopes = self._slopes(name, dense(rows))
            terms["contraction"] = summed(slopes, batch.sample_weight, self._numbers["contraction"])
        return terms

    def _slopes(self, name, rows):
        """Return the sum of the squared derivatives of the code of each row."""
        with tf.GradientTape() as tape:
            tape.watch(rows)
            code = self._encoder({name: rows}, training=False)
        # One part of the code after the other: at once, recurrent layers would wait for each other for ever.
        derivatives = tape.batch_jacobian(code, rows, experimental_use_pfor=False)
        return tf.reduce_sum(tf.square(derivatives), axis=range(1, len(derivatives.shape)))
