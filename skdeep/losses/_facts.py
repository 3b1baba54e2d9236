"""What is known of each loss besides its formula. Keras is not needed to know it."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LossFacts:
    """All that follows from the choice of a loss.

    Parameters
    ----------
    name : str
        What messages call it.
    names : tuple of str
        What users may call it too, Keras' functions and classes included.
    classes : tuple of str
        Full names of the classes that compute it; the first one makes it.
    link : {"identity", "exp", "quantiles", "probability", "margin"}
        From the net's output to the prediction; "margin" has no probabilities, and "quantiles" adds up steps.
    scaling : {"standard", "mean", None}
        How regression targets are scaled inside.
    interval : tuple of float
        Lowest and highest target that it is defined for.
    wanted : str
        The interval in words.
    guess : float, "entropy" or None
        Loss of the best constant: for targets that are normally distributed, scaled as above, or the entropy of the
        shares of the classes. None if that is not known.
    perfect : float or None
        Loss of perfect predictions; None if that depends on the data.
    quantiles : tuple of float
        Of one target, what is predicted if it is several quantiles.
    counts : {"weighted", "rows", None}
        Which shares of the classes it takes as its `priors`: of the training rows with all their weights, or without
        those of classes.
    adjusts : bool
        Whether outputs become the logits of probabilities when tau times the logarithms of these shares are added.
    scales : bool
        Whether outputs become the logits of probabilities when they are multiplied by `scale`.
    by_batch : bool
        Whether the loss of a row depends on the other rows of its batch, and on a scale that is learned.
    twin : dict
        From the kind of target to the name of the Keras loss of the model that is handed to the user, whose outputs are
        predictions: the usual loss of such outputs.
    """

    name: str
    names: tuple = ()
    classes: tuple = ()
    link: str = "identity"
    scaling: str | None = None
    interval: tuple = (-math.inf, math.inf)
    wanted: str = "numbers"
    guess: object = None
    perfect: float | None = 0.0
    quantiles: tuple = ()
    counts: str | None = None
    adjusts: bool = False
    scales: bool = False
    by_batch: bool = False
    twin: dict = field(default_factory=lambda: {"regression": "mean_squared_error"}, hash=False)

    def check_targets(self, y, *, fresh=False):
        """Raise a ValueError if there are targets that the loss is not for.

        Parameters
        ----------
        y : ndarray of shape (n_samples, n_targets)
        fresh : bool
            Whether the scaling is learned from them; a mean of zero cannot be divided by.
        """
        low, high = self.interval
        divides = fresh and self.scaling == "mean"
        if (y < low).any() or (y > high).any() or (divides and not y.any(axis=0).all()):
            wanted = f"{self.wanted} and not all zero" if divides else self.wanted
            raise ValueError(f"loss={self.name!r} needs targets that are {wanted}.")


_PROBABILITIES = {
    "link": "probability",
    "twin": {
        "binary": "binary_crossentropy",
        "multilabel": "binary_crossentropy",
        "multiclass": "sparse_categorical_crossentropy",
        "multioutput": "sparse_categorical_crossentropy",
    },
}
_MARGINS = {
    "link": "margin",
    "twin": {
        "binary": "hinge",
        "multilabel": "categorical_hinge",
        "multiclass": "categorical_hinge",
        "multioutput": "categorical_hinge",
    },
}

REGRESSION = (
    LossFacts(
        "squared_error",
        names=("auto", "mse", "mean_squared_error"),
        classes=("keras.losses.MeanSquaredError",),
        scaling="standard",
        guess=1.0,
    ),
    LossFacts(
        "absolute_error",
        names=("mae", "mean_absolute_error"),
        classes=("keras.losses.MeanAbsoluteError",),
        scaling="standard",
        guess=0.8,
    ),
    LossFacts("huber", classes=("skdeep.losses.Huber", "keras.losses.Huber"), scaling="standard", guess=0.42),
    LossFacts("log_cosh", classes=("keras.losses.LogCosh",), scaling="standard", guess=0.37),
    LossFacts("pinball", names=("quantile",), classes=("skdeep.losses.Pinball",), scaling="standard", guess=0.4),
    LossFacts(
        "poisson",
        names=("Poisson",),
        classes=("skdeep.losses.LogPoisson",),
        link="exp",
        scaling="mean",
        interval=(0.0, math.inf),
        wanted="not negative",
        guess=1.0,
        perfect=None,
        twin={"regression": "poisson"},
    ),
    LossFacts("balanced_squared_error", classes=("skdeep.losses.BalancedSquaredError",), scaling="standard"),
    LossFacts(
        "batch_balanced_squared_error",
        classes=("skdeep.losses.BatchBalancedSquaredError",),
        scaling="standard",
        perfect=None,
        by_batch=True,
    ),
    LossFacts(
        "cosine", names=("cosine_similarity",), classes=("keras.losses.CosineSimilarity",), guess=0.0, perfect=-1.0
    ),
)
CLASSIFICATION = (
    LossFacts(
        "cross_entropy", names=("auto",), classes=("skdeep.losses.CrossEntropy",), guess="entropy", **_PROBABILITIES
    ),
    LossFacts("focal", classes=("skdeep.losses.Focal",), **_PROBABILITIES),
    LossFacts(
        "logit_adjusted",
        classes=("skdeep.losses.LogitAdjusted",),
        guess="entropy",
        counts="weighted",
        adjusts=True,
        **_PROBABILITIES,
    ),
    LossFacts("ldam", classes=("skdeep.losses.LDAM",), counts="rows", scales=True, **_PROBABILITIES),
    LossFacts("hinge", **_MARGINS),
    LossFacts("squared_hinge", **_MARGINS),
)


def named(name, table):
    """Return the facts of the loss of this name in a table; None if there is none, or this is no name."""
    return next((facts for facts in table if name in (facts.name, *facts.names)), None)


def other_regression(loss):
    """Return the facts of a loss of a regressor that is in no table."""
    return LossFacts(name_of(loss))


def other_classification(loss):
    """Return the facts of a loss of a classifier that is in no table: all that is known is its name."""
    name = name_of(loss)
    return LossFacts(name, **(_MARGINS if "hinge" in name.lower() else _PROBABILITIES))


def of_classifier(loss):
    """Return the facts of the parameter `loss` of a classifier, before anything is computed with it."""
    return named(loss, CLASSIFICATION) or other_classification(loss)


def name_of(loss):
    """Return the name of a loss, be it a name, a function, a class or an instance."""
    return loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
