"""From the parameter `loss` to the recipe of a loss, and what is known of it."""

import difflib
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from skdeep._engine.spec import Recipe
from skdeep.losses import _facts
from skdeep.losses._facts import LossFacts, name_of
from skdeep.losses.classification import CrossEntropy, LogitAdjusted
from skdeep.utils._keys import KerasObject, described, plain_copy, undescribed
from skdeep.utils._tensorflow import keras, tf

# In the names of Keras losses that want one column a class, also of two.
_ROWS = 7  # of an attempt to see how many values a loss returns
_ONE_CLASS_A_ROW = ("categorical", "kldivergence", "kullback")


@dataclass(frozen=True)
class ResolvedLoss:
    """What follows from a loss.

    Parameters
    ----------
    recipe : Recipe
        Builds the function (targets, outputs) -> loss of each row.
    numbers : dict
        Values of the recipe's live numbers.
    facts : LossFacts
        What follows for targets and predictions.
    given : dict of ndarray
        Those of its live vectors that the user has given; the others follow from training rows.
    learn : callable or None
        Returns its live vectors, given (targets, sample_weight, offset, scale).
    """

    recipe: Recipe
    numbers: dict
    facts: LossFacts
    given: dict = field(default_factory=dict)
    learn: Callable | None = None

    @property
    def link(self):
        """From the net's output to the prediction."""
        return self.facts.link

    @property
    def scaling(self):
        """How regression targets are scaled inside."""
        return self.facts.scaling


def classification_loss(loss, label_smoothing):
    """Resolve the loss of a classifier.

    Raises
    ------
    ValueError
        If label smoothing is asked of a loss that has none, the name is unknown, or the loss is one of regressors.
    """
    facts = _facts.named(loss, _facts.CLASSIFICATION)
    name = facts and facts.name
    if name == "cross_entropy":
        if label_smoothing:
            return _own(CrossEntropy(label_smoothing), facts)
        return ResolvedLoss(Recipe(_build_cross_entropy, None), {}, facts)
    if label_smoothing and not _can_be_smoothed(loss, name):
        raise ValueError(
            f"label_smoothing={label_smoothing} needs loss='cross_entropy', got loss={loss!r}. Of the other losses, "
            "'logit_adjusted' has it, unless it is LogitAdjusted(label_smoothing=...) already."
        )
    if name in ("hinge", "squared_hinge"):
        return ResolvedLoss(Recipe(_build_hinge, name), {}, facts)
    instance = _class(facts.classes[0])() if facts else _keras_loss(loss, _facts.CLASSIFICATION)
    facts = facts or _known(instance, _facts.CLASSIFICATION)
    if facts:
        return _own(instance, facts, {"label_smoothing": label_smoothing} if label_smoothing else {})
    if hasattr(instance, "learned") or getattr(_known(instance, _facts.REGRESSION), "by_batch", False):
        raise ValueError(f"loss={loss!r} is a loss of regressors: it compares outputs with values.")
    facts = _facts.other_classification(instance)
    return ResolvedLoss(Recipe(_build_keras_classification, (_described(instance), facts.link)), {}, facts)


def _can_be_smoothed(loss, name):
    return name == "logit_adjusted" or (isinstance(loss, LogitAdjusted) and not loss.label_smoothing)


def regression_loss(loss):
    """Resolve the loss of a regressor.

    Raises
    ------
    ValueError
        If the name is unknown, or the loss is one of classifiers.
    """
    name = name_of(loss)
    keras_own = isinstance(loss, keras.losses.Poisson) or getattr(keras.losses, name, None) is loss
    facts = _facts.named(name, _facts.REGRESSION) if isinstance(loss, str) or keras_own else None
    instance = _keras_loss(loss, _facts.REGRESSION) if facts is None else _class(facts.classes[0])()
    if _known(instance, _facts.CLASSIFICATION):
        raise ValueError(f"loss={loss!r} is a loss of classifiers: it compares outputs with classes.")
    facts = _known(instance, _facts.REGRESSION) or _facts.other_regression(instance)
    if hasattr(instance, "live_numbers"):
        return _own(instance, facts)
    return ResolvedLoss(Recipe(_function, _described(instance)), {}, facts)


def _class(full_name):
    module, _, name = full_name.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _known(instance, table):
    """Return the facts in the table of the loss that an instance computes; None if it is none of these.

    That of a guess is not known of an instance with numbers of its own, or of a class derived from one that is known.
    """
    for facts in table:
        for cls in map(_class, facts.classes):
            if isinstance(instance, cls):
                usual = type(instance) is cls and _described(instance) == _described(cls())
                return facts if usual else replace(facts, guess=None)
    return None


def _own(instance, facts, changed=None):
    """Resolve a loss of ours, whose live numbers, some of them changed, become inputs of the program."""
    live, vectors = instance.live_numbers, getattr(instance, "live_vectors", ())
    if getattr(instance, "quantiles", ()):
        facts = replace(facts, link="quantiles", quantiles=instance.quantiles)
    numbers = {name: float(getattr(instance, name)) for name in live} | (changed or {})
    learn = getattr(instance, "learned", None)
    # What training rows say does not change the graph.
    kept = KerasObject(instance, live=(*live, *vectors, *(instance._parameters if learn else ())), attributes=True)
    given = {name: np.asarray(getattr(instance, name)) for name in vectors if getattr(instance, name) is not None}
    build = _build_by_batch if facts.by_batch else _build_own
    return ResolvedLoss(Recipe(build, (kept, facts.link), tuple(numbers)), numbers, facts, given, learn)


def _build_by_batch(config, numbers):
    """Return the instance itself, and what its scale begins with."""
    kept, _ = config
    return kept.instance, numbers["sigma"]


def _build_own(config, numbers):
    kept, link = config
    instance = plain_copy(kept.instance)  # subclasses may have attributes that their config does not mention
    for name, number in numbers.items():
        setattr(instance, name, number)
    if link == "quantiles":
        return lambda targets, outputs: instance.call(targets, rising(outputs))
    return instance.call


def rising(outputs):
    """Turn the outputs of a net into columns that never cross: the first one, and positive steps from each to the next.

    Parameters
    ----------
    outputs : tensor of shape (..., k), also a symbolic one of Keras
    """
    steps = keras.ops.softplus(outputs[..., 1:])
    return keras.ops.cumsum(keras.ops.concatenate([outputs[..., :1], steps], axis=-1), axis=-1)


def _keras_loss(loss, table):
    """Return a Keras loss object or a plain function of (y_true, y_pred); a table has the names that are not Keras'."""
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            raise ValueError(_unknown(loss, table)) from None
    return loss() if inspect.isclass(loss) else loss


def _unknown(name, table):
    """Return what to say of a name that is no loss, given the table of those that would be."""
    names = [facts.name for facts in table]
    others = {"regressors": _facts.REGRESSION, "classifiers": _facts.CLASSIFICATION}
    hints = [f" It is a loss of {whom}." for whom, losses in others.items() if _facts.named(name, losses)]
    hints += [f" Did you mean {close!r}?" for close in difflib.get_close_matches(name, names, n=1)]
    hint, ours = "".join(hints[:1]), ", ".join(map(repr, names))
    return (
        f"loss={name!r} is neither a loss of this estimator nor the name of a Keras loss.{hint} "
        f"Losses of this estimator are {ours}."
    )


def _described(loss):
    return KerasObject(loss, attributes=True) if isinstance(loss, keras.losses.Loss) else described(loss)


def _function(kept, numbers):
    """Return (targets, outputs) -> loss of each row, of a described Keras loss or a plain function."""
    loss = undescribed(kept)
    call = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def each_row(targets, outputs):
        try:
            _check_rows(call, targets, outputs)
            losses = tf.convert_to_tensor(call(targets, outputs))
        except (TypeError, ValueError) as error:
            raise ValueError(f"loss {name_of(loss)} cannot be computed for these targets: {error}") from error
        if losses.shape.rank == 1:
            return losses
        if losses.shape.rank == 0:
            raise ValueError(f"loss must return one value for each row, but {name_of(loss)} returns one for the batch.")
        return tf.reduce_mean(tf.reshape(losses, (tf.shape(outputs)[0], -1)), axis=1)

    return each_row


def _check_rows(call, targets, outputs):
    """Raise ValueError if a loss of a few rows, whose number is known, has another length."""
    types = [tf.TensorSpec((_ROWS, *one.shape[1:]), one.dtype) for one in (targets, outputs)]
    shape = tf.function(call, autograph=False).get_concrete_function(*types).output_shapes
    if isinstance(shape, tf.TensorShape) and shape.rank and shape[0] not in (None, _ROWS):
        raise ValueError(f"it must return one value for each row, but for {_ROWS} rows its shape is {tuple(shape)}.")


def _build_cross_entropy(config, numbers):
    by_number = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    by_column = keras.losses.BinaryCrossentropy(from_logits=True)
    return lambda targets, outputs: (by_number if targets.dtype.is_integer else by_column).call(targets, outputs)


def _build_hinge(name, numbers):
    loss = keras.losses.Hinge() if name == "hinge" else keras.losses.SquaredHinge()
    return lambda targets, outputs: loss.call(_one_hot(targets, outputs), outputs)


def _build_keras_classification(config, numbers):
    kept, link = config
    function = _function(kept, numbers)
    loss = undescribed(kept)
    settings = getattr(loss, "_fn_kwargs", {})
    from_logits = settings.get("from_logits", getattr(loss, "from_logits", False))
    name = name_of(loss).lower().replace("_", "")
    by_number, one_class_a_row = name.startswith("sparse"), any(word in name for word in _ONE_CLASS_A_ROW)

    def each_row(targets, outputs):
        if one_class_a_row and not targets.dtype.is_integer:
            targets, outputs = _as_two_classes(targets, outputs, name_of(loss))
        if link == "probability" and not from_logits:
            outputs = tf.nn.softmax(outputs) if targets.dtype.is_integer else tf.nn.sigmoid(outputs)
        return function(targets if by_number else _one_hot(targets, outputs), outputs)

    return each_row


def _as_two_classes(targets, outputs, name):
    """Turn the single column of a binary problem into class numbers and two columns."""
    if outputs.shape[-1] != 1:
        raise ValueError(f"loss {name} is for one class a row; several labels a row need binary_crossentropy or focal.")
    return tf.cast(targets[:, 0], tf.int32), tf.concat([tf.zeros_like(outputs), outputs], axis=1)


def _one_hot(targets, outputs):
    return tf.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype) if targets.dtype.is_integer else targets
