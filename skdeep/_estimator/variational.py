"""What is to be learned of rows by themselves: a distribution of codes, and of rows that are made of them."""

import copy

from scipy import sparse

from skdeep._estimator.ramps import Ramp
from skdeep._estimator.reconstruction import Reconstructing
from skdeep.losses._facts import LossFacts

_FACTS = {
    "gaussian": LossFacts("gaussian", perfect=None),
    "bernoulli": LossFacts("bernoulli", link="probability", perfect=None, twin={"regression": "binary_crossentropy"}),
}


class Bounding(Reconstructing):
    """Rows are their own targets, and their probability is to be large.

    Parameters
    ----------
    likelihood : {"gaussian", "bernoulli"}
    beta : float
        How much the divergence of codes from the standard normal distribution counts.
    beta_warmup : float
        Part of training in which it comes to count so much.
    """

    def __init__(self, likelihood, beta, beta_warmup):
        super().__init__(likelihood, {})
        self._beta, self._beta_warmup = beta, beta_warmup

    def resolved(self):
        """Return the problem with its loss looked up, which needs TensorFlow."""
        from skdeep.losses._resolve import ResolvedLoss

        found = copy.copy(self)
        found.loss = ResolvedLoss(None, {}, _FACTS[self._loss])
        return found

    def validate(self, estimator, X, y, sample_weight):
        """Return (None, sample_weight) checked, and X too."""
        check_interval(X, self._loss)
        return super().validate(estimator, X, y, sample_weight)

    def objective(self, target):
        """Return the recipe of what is minimised, and the values of its live numbers."""
        from skdeep._engine.objectives import variational

        return variational.recipe(self._loss), {"beta": self._beta}

    def deferred(self, recipe, target):
        """Return the objective as it is, and the ramp of `beta`."""
        return recipe, {"warmup": Ramp(0.0, self._beta_warmup)}

    def attributes(self, target):
        """Return nothing more."""
        return {}


def check_interval(X, likelihood):
    """Raise ValueError for rows that are no probabilities, where these are what is made of codes."""
    values = X.data if sparse.issparse(X) else X
    if likelihood == "bernoulli" and values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"likelihood='bernoulli' needs an X between 0 and 1, but it goes from {values.min():g} to "
            f"{values.max():g}. Scale it, for example with MinMaxScaler(clip=True), or use likelihood='gaussian'."
        )
