"""The batch normalisation that trains: Keras' own in outputs and gradients, with statistics that are right early."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skdeep.architectures.cnn._layers import BatchNormalization
from skdeep.utils._numbers import LiveNumber

SHAPES = [(4, 3, 5, 2), (1, 3, 3, 1), (7, 1, 1, 3), (2, 1, 9, 4)]
DTYPES = ["float32", "float64"]
TOLERANCE = {"float32": {"rtol": 2e-4, "atol": 2e-5}, "float64": {"rtol": 1e-9, "atol": 1e-10}}


def pair(channels, dtype, **given):
    """Our layer and Keras' own, with the same scale and offset."""
    rng = np.random.default_rng(0)
    values = [rng.normal(size=channels) + 1.0, rng.normal(size=channels), np.zeros(channels), np.ones(channels)]
    made = []
    for kind in (BatchNormalization, keras.layers.BatchNormalization):
        layer = kind(epsilon=1e-5, dtype=dtype, **given)
        layer.build((None, None, None, channels))
        layer.set_weights([value.astype(dtype) for value in values])
        made.append(layer)
    return made


def maps(shape, dtype, seed=1):
    return tf.constant(np.random.default_rng(seed).normal(3.0, 2.0, size=shape).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_outputs_and_statistics_are_those_of_keras(shape, dtype):
    ours, theirs = pair(shape[-1], dtype, momentum=0.75)
    for seed in range(3):
        X = maps(shape, dtype, seed)
        assert_allclose(ours(X, training=True), theirs(X, training=True), **TOLERANCE[dtype])
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(mine, other, **TOLERANCE[dtype])
    assert_allclose(ours(X, training=False), theirs(X, training=False), **TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES[:1] + SHAPES[2:], ids=str)
def test_gradients_are_those_of_keras(shape, dtype):
    X = maps(shape, dtype)
    direction = maps(shape, dtype, 9)
    found = []
    for layer in pair(shape[-1], dtype):
        with tf.GradientTape() as tape:
            tape.watch(X)
            value = tf.reduce_sum(layer(X, training=True) * direction)
        found.append(tape.gradient(value, [X, layer.gamma.value, layer.beta.value]))
    for mine, theirs in zip(*found, strict=True):
        assert_allclose(mine, theirs, **TOLERANCE[dtype])


def test_single_precision_is_computed_by_the_fused_kernel(monkeypatch):
    calls, kernel = [], tf.raw_ops.FusedBatchNormV3
    monkeypatch.setattr(tf.raw_ops, "FusedBatchNormV3", lambda **given: calls.append(1) or kernel(**given))
    pair(2, "float32")[0](maps((4, 3, 5, 2), "float32"), training=True)
    assert calls


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_value_a_map_has_no_variance(dtype):
    ours, _ = pair(3, dtype, momentum=0.5)
    outputs = ours(maps((1, 1, 1, 3), dtype), training=True)
    assert_allclose(outputs[0, 0, 0], ours.get_weights()[1], rtol=1e-5)
    assert_allclose(ours.get_weights()[3], np.full(3, 0.5), rtol=1e-6)


@pytest.mark.parametrize("frozen", ["not training", "not trainable"])
def test_what_does_not_train_keeps_its_statistics(frozen):
    ours, theirs = pair(2, "float32")
    for layer in (ours, theirs):
        layer.set_weights([*layer.get_weights()[:2], np.array([1.0, 2.0]), np.array([4.0, 0.25])])
        layer.trainable = frozen != "not trainable"
    before, X = ours.get_weights(), maps((4, 3, 5, 2), "float32")
    training = frozen == "not trainable"
    assert_allclose(ours(X, training=training), theirs(X, training=training), rtol=1e-5)
    for mine, old in zip(ours.get_weights(), before, strict=True):
        assert_array_equal(mine, old)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_first_statistics_are_plain_means_over_the_batches(dtype):
    step = tf.Variable(0.0, dtype=dtype)
    layer = BatchNormalization(LiveNumber(step), momentum=0.75, dtype=dtype)
    means, variances = [], []
    expected_mean = expected_variance = None
    for number in range(8):
        X = maps((4, 3, 5, 2), dtype, number)
        step.assign(number)
        layer(X, training=True)
        means.append(np.mean(X, axis=(0, 1, 2)))
        variances.append(np.var(X, axis=(0, 1, 2)))
        if number < 4:  # a mean of up to four batches moves by a quarter at least
            expected_mean, expected_variance = np.mean(means, axis=0), np.mean(variances, axis=0)
        else:
            expected_mean = 0.75 * expected_mean + 0.25 * means[-1]
            expected_variance = 0.75 * expected_variance + 0.25 * variances[-1]
        assert_allclose(layer.moving_mean, expected_mean, rtol=1e-5)
        assert_allclose(layer.moving_variance, expected_variance, rtol=1e-5)
