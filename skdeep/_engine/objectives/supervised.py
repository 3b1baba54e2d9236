"""Targets that are known, one loss an output:

    sum over outputs o of weight_o * (sum over rows i of w_i * loss_o(y_io, net(x_i)_o)) / (sum over rows i of w_i)

Outputs, targets and losses are matched by name. Layers whose weights depend on the first rows they see have an
attribute `start`, which is a seed while they see them, and None else.
"""

from dataclasses import dataclass

from skdeep._engine.objectives.terms import Objective, Update, summed
from skdeep._engine.spec import Recipe, taken_from, within
from skdeep._engine.views import outputs_by_name
from skdeep.utils._tensorflow import tf


@dataclass(frozen=True)
class OutputLoss:
    """The loss of one output.

    Parameters
    ----------
    name : str
        Of the output and of its target.
    loss : Recipe
        Builds the function (targets, outputs) -> loss of each row.
    weighted : bool
        Whether there is a live number "weight", which the loss is multiplied by.
    """

    name: str
    loss: Recipe
    weighted: bool = False


def recipe(losses):
    """Return the recipe of the objective.

    Parameters
    ----------
    losses : tuple of OutputLoss
    """
    numbers = [within(one.name, (*one.loss.numbers, *(["weight"] if one.weighted else []))) for one in losses]
    vectors = [(name, length) for one in losses for name, length in within(one.name, dict(one.loss.vectors)).items()]
    return Recipe(Supervised, tuple(losses), sum(numbers, ()), tuple(vectors))


class Supervised(Objective):
    """The objective of classifiers and regressors.

    Parameters
    ----------
    losses : tuple of OutputLoss
    models : dict of keras.Model
        One.
    numbers : dict of LiveNumber
    """

    def __init__(self, losses, models, numbers):
        (self.model,) = models.values()
        self._losses = {}
        for one in losses:
            own = taken_from(one.name, numbers)
            self._losses[one.name] = one.loss.build(one.loss.config, own), own.get("weight", 1.0)
        self.updates = (
            Update(self.model.trainable_variables, self._loss, tuple(self._losses), lambda: self.model.losses),
        )
        self._started = [layer for layer in self.model._flatten_layers() if hasattr(layer, "start")]
        self.prepare = self._prepare if self._started else None

    def outputs(self, inputs, training):
        """Return the outputs of the net by name."""
        return outputs_by_name(self.model, self.model(inputs, training=training), tuple(self._losses))

    def terms(self, outputs, targets, sample_weight):
        """Return the loss of each output as a Term."""
        return {
            name: summed(loss(targets[name], outputs[name]), sample_weight, coefficient)
            for name, (loss, coefficient) in self._losses.items()
        }

    def _loss(self, batch, training):
        return self.terms(self.outputs(batch.inputs, training), batch.targets, batch.sample_weight)

    def _prepare(self, batch, seed):
        """Let layers start from a batch of rows, each from what those before it return."""
        seed = tf.cast(seed, tf.int64)
        try:
            for number, layer in enumerate(self._started):
                layer.start = tf.stack([seed, tf.constant(number, tf.int64)])
            self.outputs(batch.inputs, False)
        finally:
            for layer in self._started:
                layer.start = None
