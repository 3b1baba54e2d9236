"""From the parameter `loss` to the recipe of a loss, the link of the outputs and the scaling of the targets."""

import inspect
from dataclasses import dataclass

import keras
import tensorflow as tf

from skdeep._spec import Recipe
from skdeep.losses.classification import CrossEntropy, Focal
from skdeep.losses.regression import LogPoisson, Pinball
from skdeep.utils._keys import KerasObject

# name -> (what makes the loss, link from the net's output to the prediction, scaling of the targets)
_REGRESSION = {
    "squared_error": (keras.losses.MeanSquaredError, "identity", "standard"),
    "absolute_error": (keras.losses.MeanAbsoluteError, "identity", "standard"),
    "huber": (keras.losses.Huber, "identity", "standard"),
    "log_cosh": (keras.losses.LogCosh, "identity", "standard"),
    "pinball": (Pinball, "identity", "standard"),
    "poisson": (LogPoisson, "exp", "mean"),
    "cosine": (keras.losses.CosineSimilarity, "identity", None),
}
_SYNONYMS = {
    "auto": "squared_error",
    "mse": "squared_error",
    "mean_squared_error": "squared_error",
    "mae": "absolute_error",
    "mean_absolute_error": "absolute_error",
    "quantile": "pinball",
    "cosine_similarity": "cosine",
}
_SCALE_FREE = (
    keras.losses.MeanSquaredError,
    keras.losses.MeanAbsoluteError,
    keras.losses.Huber,
    keras.losses.LogCosh,
    Pinball,
)


@dataclass(frozen=True)
class ResolvedLoss:
    """What follows from a loss.

    Parameters
    ----------
    recipe : Recipe
        Builds the function (targets, outputs) -> loss of each row.
    numbers : dict
        Values of the recipe's live numbers.
    link : {"identity", "exp", "probability", "margin"}
        From the net's output to the prediction; "margin" has no probabilities.
    scaling : {"standard", "mean", None}
        How regression targets are scaled inside.
    """

    recipe: Recipe
    numbers: dict
    link: str
    scaling: str | None = None


def classification_loss(loss, label_smoothing):
    """Resolve the loss of a classifier.

    Raises
    ------
    ValueError
        If label smoothing is asked of a loss that has none, or the name is unknown.
    """
    if isinstance(loss, str) and loss in ("auto", "cross_entropy"):
        if label_smoothing:
            instance = CrossEntropy()
            described = KerasObject(instance, live=("label_smoothing",), attributes=True)
            recipe = Recipe(_build_own, (described, ("label_smoothing",)), ("label_smoothing",))
            return ResolvedLoss(recipe, {"label_smoothing": float(label_smoothing)}, "probability")
        return ResolvedLoss(Recipe(_build_cross_entropy, None), {}, "probability")
    if label_smoothing:
        raise ValueError(f"label_smoothing={label_smoothing} needs loss='cross_entropy', got loss={loss!r}.")
    if isinstance(loss, str) and loss in ("hinge", "squared_hinge"):
        return ResolvedLoss(Recipe(_build_hinge, loss), {}, "margin")
    instance = Focal() if isinstance(loss, str) and loss == "focal" else _keras_loss(loss)
    if isinstance(instance, (Focal, CrossEntropy)):
        return _own(instance, "probability")
    if isinstance(instance, (keras.losses.Hinge, keras.losses.SquaredHinge)):
        return ResolvedLoss(Recipe(_build_keras_classification, (_described(instance), "margin")), {}, "margin")
    return ResolvedLoss(Recipe(_build_keras_classification, (_described(instance), "probability")), {}, "probability")


def regression_loss(loss):
    """Resolve the loss of a regressor."""
    name = _SYNONYMS.get(loss, loss) if isinstance(loss, str) else None
    if name in _REGRESSION:
        make, link, scaling = _REGRESSION[name]
        instance = make()
    else:
        instance = _keras_loss(loss)
        link = "exp" if isinstance(instance, LogPoisson) else "identity"
        scaling = "standard" if isinstance(instance, _SCALE_FREE) else None
        scaling = "mean" if link == "exp" else scaling
    if getattr(instance, "live_numbers", None):
        return _own(instance, link, scaling)
    return ResolvedLoss(Recipe(_build_keras_regression, _described(instance)), {}, link, scaling)


def _own(instance, link, scaling=None):
    live = getattr(instance, "live_numbers", ())
    numbers = {f"loss_{name}": float(getattr(instance, name)) for name in live}
    described = KerasObject(instance, live=live, attributes=True)
    return ResolvedLoss(Recipe(_build_own, (described, live), tuple(numbers)), numbers, link, scaling)


def _keras_loss(loss):
    """Return a Keras loss object or a plain function of (y_true, y_pred)."""
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            raise ValueError(
                f"loss={loss!r} is neither a loss of this estimator nor the name of a Keras loss; see its documentation."
            ) from None
    return loss() if inspect.isclass(loss) else loss


def _described(loss):
    return KerasObject(loss, attributes=True) if isinstance(loss, keras.losses.Loss) else loss


def _function(described):
    """Return (targets, outputs) -> loss of each row, of a described Keras loss or a plain function."""
    call = described.instance.call if isinstance(described, KerasObject) else described

    def each_row(targets, outputs):
        losses = tf.convert_to_tensor(call(targets, outputs))
        return (
            tf.reduce_mean(tf.reshape(losses, (tf.shape(losses)[0], -1)), axis=1) if losses.shape.rank != 1 else losses
        )

    return each_row


def _build_own(config, numbers):
    described, live = config
    settings = described.instance.get_config()
    instance = type(described.instance).from_config(settings)
    for name in live:
        setattr(instance, name, numbers.get(f"loss_{name}", numbers.get(name)))
    return instance.call


def _build_cross_entropy(config, numbers):
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    binary = keras.losses.BinaryCrossentropy(from_logits=True)
    return lambda targets, outputs: (sparse if targets.dtype.is_integer else binary).call(targets, outputs)


def _build_hinge(name, numbers):
    loss = keras.losses.Hinge() if name == "hinge" else keras.losses.SquaredHinge()
    return lambda targets, outputs: loss.call(_one_hot(targets, outputs), outputs)


def _build_keras_classification(config, numbers):
    described, link = config
    function = _function(described)
    arguments = getattr(getattr(described, "instance", None), "_fn_kwargs", {})
    from_logits = arguments.get("from_logits", getattr(getattr(described, "instance", None), "from_logits", False))
    takes_numbers = "Sparse" in type(getattr(described, "instance", None)).__name__ or "sparse" in getattr(
        described, "__name__", ""
    )

    def each_row(targets, outputs):
        if link == "probability" and not from_logits:
            outputs = tf.nn.softmax(outputs) if targets.dtype.is_integer else tf.nn.sigmoid(outputs)
        return function(targets if takes_numbers else _one_hot(targets, outputs), outputs)

    return each_row


def _build_keras_regression(described, numbers):
    return _function(described)


def _one_hot(targets, outputs):
    return tf.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype) if targets.dtype.is_integer else targets
