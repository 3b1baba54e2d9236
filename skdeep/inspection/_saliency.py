"""Which pixels a small change of which would change the output most: gradients with respect to the inputs."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils import check_random_state, check_scalar, gen_batches
from sklearn.utils.validation import _num_samples

from skdeep.inspection._labels import class_numbers

_VALUES_A_CALL = 2**21


def output_weights(estimator, X, target):
    """Return what each output of the net counts, so that the weighted sum is the score that is explained.

    Parameters
    ----------
    estimator : deep estimator
    X : array-like
        What it takes.
    target : object
        See `SaliencyDisplay.from_estimator`; None is what the estimator predicts.

    Returns
    -------
    weights : list of ndarray of shape (n_samples, n_units)
        One array for each output of the net.
    labels : list of str or None
        What is explained, row by row; None for a regressor with one target.
    """
    n_samples, kind = _num_samples(X), _kind(estimator)
    if kind == "regression":
        return _regression_weights(estimator.n_outputs_, target, n_samples)
    if kind == "multioutput":
        rows = estimator.predict(X) if target is None else _one_row(target, n_samples, len(estimator.classes_))
        pairs = zip(estimator.classes_, rows.T, strict=True)
        weights = [np.eye(len(classes))[class_numbers(column, classes)] for classes, column in pairs]
        return weights, [", ".join(map(str, row)) for row in rows]
    if target is not None:
        labels = _one_each(target, n_samples)
    elif kind == "multilabel":
        labels = estimator.decision_function(X).argmax(axis=1)
    else:
        labels = estimator.predict(X)
    numbers = class_numbers(labels, estimator.classes_)
    # One output stands for both of two classes.
    weights = 2.0 * numbers[:, None] - 1 if kind == "binary" else np.eye(len(estimator.classes_))[numbers]
    return [weights], [str(label) for label in labels]


def _kind(estimator):
    """Return what the targets of an estimator are, those of a user's model included."""
    if hasattr(estimator, "_net"):
        return estimator._net.target.kind
    if is_regressor(estimator):
        return "regression"
    if estimator.target_type_ not in ("binary", "multiclass"):
        raise ValueError(
            f"{type(estimator).__name__} has targets of the type {estimator.target_type_!r}; accepted are classifiers "
            "of two or more classes, and regressors."
        )
    return "binary" if estimator.model_.output_shape[-1] == 1 else "multiclass"


def _one_each(target, n_samples):
    labels = np.asarray(target)
    if labels.shape not in ((), (n_samples,)):
        raise ValueError(f"target must be one label, or one for each of the {n_samples} samples, got {target!r}.")
    return np.broadcast_to(labels, n_samples)


def _one_row(target, n_samples, n_targets):
    labels = np.asarray(target)
    if labels.shape != (n_targets,):
        raise ValueError(f"target must hold one label for each of the {n_targets} targets, got {target!r}.")
    return np.broadcast_to(labels, (n_samples, n_targets))


def _regression_weights(n_targets, target, n_samples):
    if target is None and n_targets > 1:
        raise ValueError(f"The estimator predicts {n_targets} targets; say which one: target=0, for the first.")
    number = 0 if target is None else target
    if not isinstance(number, Integral) or not 0 <= number < n_targets:
        raise ValueError(f"target must be a number from 0 to {n_targets - 1}, that of a target, got {target!r}.")
    return [np.eye(n_targets)[[number] * n_samples]], None if n_targets == 1 else [f"target {number}"] * n_samples


def smooth_gradients(model, images, weights, *, n_samples, noise, random_state):
    """Average the gradients over noisy copies of each image (Smilkov et al., 2017).

    Parameters
    ----------
    model : keras.Model
        Its outputs are differentiated before the last sigmoid or softmax, which would saturate.
    images : ndarray of shape (n_images, ...)
    weights : list of ndarray of shape (n_images, n_units)
        What each output counts.
    n_samples : int
        Copies of each image.
    noise : float
        Standard deviation of the noise, as a fraction of the range of the image's values.
    random_state : int, RandomState or None

    Returns
    -------
    gradients : ndarray of the shape of `images`
    """
    check_scalar(n_samples, "n_samples", Integral, min_val=1)
    check_scalar(noise, "noise", Real, min_val=0)
    random = check_random_state(random_state)
    model = _before_activation(model)
    n_samples = n_samples if noise else 1
    images = images.astype(model.inputs[0].dtype)
    axes = tuple(range(1, images.ndim))
    spread = noise * np.ptp(images, axis=axes, keepdims=True)
    sums = np.zeros(images.shape)
    each = np.repeat(np.arange(len(images)), n_samples)
    for rows in gen_batches(len(each), max(1, _VALUES_A_CALL // images[0].size)):
        copies = images[each[rows]]
        if noise:
            copies = copies + (spread[each[rows]] * random.standard_normal(copies.shape)).astype(copies.dtype)
        np.add.at(sums, each[rows], _gradients(model, copies, [weight[each[rows]] for weight in weights]))
    return sums / n_samples


def _before_activation(model):
    """Return the model without its last sigmoid or softmax, be it a layer or part of a dense one."""
    from skdeep.utils._tensorflow import keras

    if not getattr(model, "outputs", None):
        raise ValueError(
            f"{type(model).__name__} is no graph of layers; accepted are functional and Sequential models."
        )
    saturating = (keras.activations.sigmoid, keras.activations.softmax)
    last = {id(layer.output): layer for layer in model.layers if getattr(layer, "activation", None) in saturating}
    outputs = [_linear(last[id(output)]) if id(output) in last else output for output in model.outputs]
    return keras.Model(model.inputs[0], outputs)


def _linear(layer):
    """Return what a layer returns before its activation."""
    from skdeep.utils._tensorflow import keras

    if isinstance(layer, keras.layers.Activation):
        return layer.input
    copied = type(layer).from_config(layer.get_config() | {"activation": "linear"})
    output = copied(layer.input)
    copied.set_weights(layer.get_weights())
    return output


def _gradients(model, images, weights):
    from skdeep.utils._tensorflow import keras, tf

    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = keras.tree.flatten(model(images, training=False))
        pairs = zip(outputs, weights, strict=True)
        score = tf.add_n([tf.reduce_sum(output * tf.cast(weight, output.dtype)) for output, weight in pairs])
    return tape.gradient(score, images).numpy()
