"""Targets for every moment of a row, one loss an output:

    sum over moments t of all rows of w_i * v_it * loss(y_it, net(x_i)_t) / (sum over these of w_i * v_it)

with the weights w of the rows and, where they are given, v of the moments. What pads a row does not count.
"""

from dataclasses import replace

from skdeep._engine.objectives import supervised
from skdeep._engine.objectives.terms import summed
from skdeep.utils._tensorflow import tf


def recipe(losses):
    """Return the recipe of the objective.

    Parameters
    ----------
    losses : tuple of OutputLoss
        Targets are ragged. Where there is one named "{name}_weight", it has the weight of each moment.
    """
    return replace(supervised.recipe(losses), build=ByMoment)


class ByMoment(supervised.Supervised):
    """The objective of nets with an output for each moment."""

    def terms(self, outputs, targets, sample_weight):
        """Return the loss of each output as a Term."""
        return {name: self._term(name, outputs[name], targets, sample_weight) for name in self._losses}

    def _term(self, name, output, targets, sample_weight):
        loss, coefficient = self._losses[name]
        target, lengths = targets[name]
        real = tf.sequence_mask(lengths, tf.shape(target)[1])
        # Only real moments reach the loss, so that any loss of rows will do.
        losses = loss(tf.boolean_mask(target, real), tf.boolean_mask(output, real))
        weights = tf.cast(real, output.dtype)
        if f"{name}_weight" in targets:
            weights *= targets[f"{name}_weight"][0]
        if sample_weight is not None:
            weights *= sample_weight[:, None]
        return summed(losses, tf.boolean_mask(weights, real), coefficient)
