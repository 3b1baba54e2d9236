"""An objective of its own: squared errors, and outputs that stay small."""

from numbers import Real

import tensorflow as tf
from sklearn.utils._param_validation import Interval
from wide_and_deep import WideDeepRegressor

from skdeep._engine.objectives.terms import Objective, Update, summed
from skdeep._engine.spec import Recipe
from skdeep._estimator.params import estimator, param
from skdeep._estimator.problems import Regression


class Calm(Objective):
    """Two terms, both means over the rows:

    mean of w * (y - net(x))^2 + calm * mean of w * net(x)^2
    """

    def __init__(self, config, models, numbers):
        (self._model,) = models.values()
        self._calm = numbers["calm"]
        self.updates = (Update(self._model.trainable_variables, self._loss, ("error", "size")),)

    def _loss(self, batch, training):
        outputs = self._model(batch.inputs, training=training)
        error = tf.reduce_mean((batch.targets["output_0"] - outputs) ** 2, axis=1)
        size = tf.reduce_mean(outputs**2, axis=1)
        return {
            "error": summed(error, batch.sample_weight),
            "size": summed(size, batch.sample_weight, coefficient=self._calm),
        }


class CalmRegression(Regression):
    """Regression with another objective."""

    def __init__(self, calm):
        super().__init__("squared_error")
        self._calm = calm

    def objective(self, target):
        """Return the recipe of what is minimised, and the values of its live numbers."""
        return Recipe(Calm, None, ("calm",)), {"calm": self._calm}


@estimator
class CalmRegressor(WideDeepRegressor):
    """A wide and deep net that prefers small outputs.

    {parameters}

    {attributes}
    """

    calm: float = param(0.1, [Interval(Real, 0, None, closed="left")], "float", "What the size of outputs costs.")

    def _problem(self):
        return CalmRegression(self.calm)
