"""What is to be learned of rows by themselves: to make them again."""

import copy

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from skdeep._data import targets


class Reconstructing:
    """Rows are their own targets.

    Parameters
    ----------
    loss : object
        As the parameter of a regressor.
    asked : dict
        What is asked of the code besides, by name, and how much it counts.
    """

    def __init__(self, loss, asked):
        self._loss, self._asked = loss, {name: value for name, value in asked.items() if value}

    def resolved(self):
        """Return the problem with its loss looked up, which needs TensorFlow."""
        from skdeep.losses import _resolve

        found = copy.copy(self)
        found.loss = _resolve.regression_loss(self._loss)
        if found.loss.link != "identity" or found.loss.learn or found.loss.facts.by_batch:
            raise ValueError(
                f"loss={found.loss.facts.name!r} is none of rows made again. Use "
                '"squared_error", "absolute_error", "huber" or "log_cosh".'
            )
        return found

    def validate(self, estimator, X, y, sample_weight):
        """Return (None, sample_weight) checked."""
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return None, sample_weight

    def learn(self, y, sample_weight, classes):
        """Return a TargetInfo without targets."""
        return targets.TargetInfo("reconstruction", ())

    def class_weights(self, y, sample_weight, target):
        """Return None: there are no classes."""

    def counted(self, y, sample_weight, target, class_weights):
        """Return the TargetInfo as it is: there are no classes."""
        return target

    def strata(self, y, target):
        """Return None: there are no classes."""

    def weigh(self, rows, target, class_weights):
        """Return rows as they are."""
        return rows

    def order(self, y, target):
        """Return None: the order of rows does not depend on y."""

    def deferred(self, recipe, target):
        """Return the objective as it is: nothing comes late."""
        return recipe, {}

    def guess(self, encoded, sample_weight, target):
        """Return None: the loss of a guess is not known."""

    def columns(self, target, dtype):
        """Return no columns: the targets are the inputs."""
        return ()

    def encode(self, y, target, dtype):
        """Return no arrays."""
        return {}

    def objective(self, target):
        """Return the recipe of what is minimised, and the values of its live numbers."""
        from skdeep._engine.objectives import reconstruction
        from skdeep._engine.spec import within

        recipe = reconstruction.recipe(self.loss.recipe, tuple(self._asked))
        return recipe, self._asked | within("loss", self.loss.numbers)

    def attributes(self, target):
        """Return what a fitted estimator scores rows by, whatever its parameter is set to later."""
        return {"_fitted_loss": self._loss}
