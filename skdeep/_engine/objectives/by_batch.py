"""Targets that are known, and losses that compare each row with the others of its batch:

    sum over outputs o of weight_o * (sum over rows i of w_i * compared_o(y, net(x), s_o, w)_i) / (sum of the w_i)

The scale s of each output is learned: it is what the loss begins with, times the exponential of a variable. Rows that
are evaluated are not compared:

    sum over outputs o of weight_o * (sum over rows i of w_i * alone_o(y_io, net(x_i)_o)) / (sum of the w_i)
"""

from dataclasses import replace

from skdeep._engine.objectives import supervised
from skdeep._engine.objectives.terms import summed
from skdeep.utils._tensorflow import keras, tf


def recipe(losses):
    """Return the recipe of the objective.

    Parameters
    ----------
    losses : tuple of OutputLoss
        Their recipes build pairs: an object with `compared` and `alone`, and the live number that a scale begins with.
    """
    return replace(supervised.recipe(losses), build=ByBatch)


class ByBatch(supervised.Supervised):
    """The objective of regressors whose rows are compared."""

    def __init__(self, losses, models, numbers):
        super().__init__(losses, models, numbers)
        self._logs = {
            name: keras.Variable("zeros", shape=(1,), dtype=begin.dtype, name=f"{name}_scale")
            for name, ((_, begin), _) in self._losses.items()
        }
        self.variables = [[*self._logs.values()]]
        (update,) = self.updates
        self.updates = (update._replace(variables=[*update.variables, *self._logs.values()]),)

    def terms(self, outputs, targets, sample_weight):
        """Return the loss of each output as a Term."""
        terms = {}
        for name, ((loss, begin), coefficient) in self._losses.items():
            scale = begin * tf.exp(tf.convert_to_tensor(self._logs[name]))[0]
            losses = loss.compared(targets[name], outputs[name], scale, sample_weight)
            terms[name] = summed(losses, sample_weight, coefficient)
        return terms

    def evaluate(self, batch):
        """Return the loss of each output with rows that are not compared."""
        outputs = self.outputs(batch.inputs, False)
        return {
            name: summed(loss.alone(batch.targets[name], outputs[name]), batch.sample_weight, coefficient)
            for name, ((loss, _), coefficient) in self._losses.items()
        }
