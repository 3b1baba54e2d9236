"""What a compiled Keras model minimises, and its metrics:

    sum over losses l of weight_l * l(y, net(x), weights of rows) + what layers add

Losses are called as Keras calls them, and average in their own way. The mean over an epoch is that over its batches,
each counted by its rows. Outputs are known by their position.
"""

from dataclasses import dataclass

from skdeep._engine.objectives.terms import Averaged, Objective, Update
from skdeep._engine.spec import Recipe, taken_from, within
from skdeep.utils._tensorflow import keras, tf


@dataclass(frozen=True)
class CompiledLoss:
    """One of the losses.

    Parameters
    ----------
    name : str
    output : int
        Position of the output it is for.
    target : str
    loss : Recipe
        Builds the function (targets, outputs, weights of rows or None) -> number.
    row_weights : str or None
        Name of the target that holds weights of rows for this output; None for those that all outputs have.
    weighted : bool
        Whether there is a live number "weight", which the loss is multiplied by.
    """

    name: str
    output: int
    target: str
    loss: Recipe
    row_weights: str | None = None
    weighted: bool = False


@dataclass(frozen=True)
class CompiledMetric:
    """One of the metrics.

    Parameters
    ----------
    name : str
    output : int
        Position of the output it is for.
    target : str
    metric : Recipe
        Builds a keras.metrics.Metric.
    row_weights : str or None
        As for losses.
    weighted : bool
        Whether weights of rows count.
    """

    name: str
    output: int
    target: str
    metric: Recipe
    row_weights: str | None = None
    weighted: bool = False


def recipe(losses, metrics=()):
    """Return the recipe of the objective.

    Parameters
    ----------
    losses : sequence of CompiledLoss
    metrics : sequence of CompiledMetric
    """
    numbers = [within(one.name, (*one.loss.numbers, *(["weight"] if one.weighted else []))) for one in losses]
    return Recipe(Compiled, (tuple(losses), tuple(metrics)), sum(numbers, ()))


class Compiled(Objective):
    """The objective of a compiled Keras model.

    Parameters
    ----------
    config : (tuple of CompiledLoss, tuple of CompiledMetric)
    models : dict of keras.Model
        One.
    numbers : dict of LiveNumber
    """

    def __init__(self, config, models, numbers):
        losses, metrics = config
        (self.model,) = models.values()
        self._losses = []
        for one in losses:
            own = taken_from(one.name, numbers)
            loss = one.loss.build(one.loss.config, {name: own[name] for name in one.loss.numbers})
            self._losses.append((one, loss, own.get("weight", 1.0)))
        self._metrics = [(one, _Measure(one.metric.build(one.metric.config, {}))) for one in metrics]
        self.measured = tuple(one.name for one in metrics)
        names = tuple(one.name for one in losses)
        self.updates = (Update(self.model.trainable_variables, self._loss, names, lambda: self.model.losses),)

    def _loss(self, batch, training):
        outputs = tuple(keras.tree.flatten(self.model(batch.inputs, training=training)))
        terms = {}
        for one, loss, coefficient in self._losses:
            value = loss(batch.targets[one.target], outputs[one.output], _row_weights(one, batch))
            terms[one.name] = Averaged(tf.cast(value, batch.n_rows.dtype), batch.n_rows, coefficient, outputs)
        return terms

    def measure(self, batch, terms, first):
        """Return a pair (sum, weight) for each metric, by name."""
        (*_, last) = terms.values()
        pairs = {}
        for one, measure in self._metrics:
            weights = _row_weights(one, batch) if one.weighted else None
            pair = measure(batch.targets[one.target], last.outputs[one.output], weights, first)
            pairs[one.name] = tuple(tf.cast(part, batch.n_rows.dtype) for part in pair)
        return pairs


def _row_weights(one, batch):
    return batch.sample_weight if one.row_weights is None else batch.targets[one.row_weights]


class _Measure:
    """A metric as a pair (sum, weight) for each batch, whose sums over an epoch are divided.

    What is no mean is the sum of its changes, each from the batch before to this one.
    """

    def __init__(self, metric):
        self._metric, self._variables = metric, list(metric.variables)
        cls, mean = type(metric), keras.metrics.Mean
        self._is_mean = isinstance(metric, mean) and (cls.result, cls.reset_state) == (mean.result, mean.reset_state)

    def __call__(self, targets, outputs, weights, first):
        start = self._after([variable.value for variable in self._variables], self._metric.reset_state)

        def update():
            self._metric.update_state(targets, outputs, sample_weight=weights)

        if self._is_mean:
            found = dict(zip(map(id, self._variables), self._after(start, update), strict=True))
            return found[id(self._metric.total)], found[id(self._metric.count)]
        kept = [variable.value for variable in self._variables]
        before = [tf.where(first, new, old) for new, old in zip(start, kept, strict=True)]
        after = self._after(before, update)
        change = self._result(after) - tf.where(first, 0.0, self._result(before))
        for variable, value in zip(self._variables, after, strict=True):
            variable.assign(value)
        return change, tf.cast(first, change.dtype)

    def _scope(self, values):
        return keras.StatelessScope(list(zip(self._variables, values, strict=True)))

    def _after(self, values, change):
        """Return the values of the variables after they were changed from others."""
        with self._scope(values) as scope:
            change()
        current = [scope.get_current_value(variable) for variable in self._variables]
        return [tf.cast(new, old.dtype) for new, old in zip(current, values, strict=True)]

    def _result(self, values):
        with self._scope(values):
            return tf.convert_to_tensor(self._metric.result())
