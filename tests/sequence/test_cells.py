"""Layers with gradients of our own compute what Keras' do, forth and back."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from skdeep.architectures.sequence import _attention, _cells, _layers

KINDS = [
    (_cells.FusedLSTM, keras.layers.LSTM, "float32"),
    (_cells.LoopedGRU, keras.layers.GRU, "float32"),
    (_cells.LoopedGRU, keras.layers.GRU, "float64"),
    (_cells.LoopedSimpleRNN, keras.layers.SimpleRNN, "float64"),
]


def gradients(layer, values, weighting, call=lambda layer, values: layer(values, training=True)):
    """Return the outputs of a layer and the gradients of a weighted sum, of the inputs and all weights."""

    @tf.function(input_signature=[tf.TensorSpec((None, None, values.shape[2]), values.dtype)])
    def run(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = call(layer, values)
            total = tf.reduce_sum(outputs * weighting)
        return outputs, tape.gradient(total, [values, *(weight.value for weight in layer.weights)])

    outputs, changes = run(values)
    return [outputs.numpy(), *(change.numpy() for change in changes)]


@pytest.mark.parametrize(("ours", "theirs", "dtype"), KINDS)
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("time", [1, 6])
def test_outputs_and_gradients_are_those_of_keras(ours, theirs, dtype, sequences, time):
    layers = [kind(5, return_sequences=sequences, dtype=dtype) for kind in (ours, theirs)]
    assert_twins(layers, (4, time, 3), dtype)


def assert_twins(layers, shape, dtype, n_inputs=1, **options):
    """Give both layers the same weights, and compare outputs and gradients."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=shape).astype(dtype)
    for layer in layers:
        layer.build(*[shape] * n_inputs)
    weights = [rng.normal(size=weight.shape) / weight.shape[0] for weight in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    outputs = layers[0].compute_output_shape(*[shape] * n_inputs)
    weighting = rng.normal(size=outputs).astype(dtype)
    found, expected = (gradients(layer, values, weighting, **options) for layer in layers)
    tolerance = 1e-10 if dtype == "float64" else 2e-5
    assert len(found) == 2 + len(weights)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_wide_lstm_in_two_parts_computes_what_keras_does(rows):
    layers = [kind(60, return_sequences=True) for kind in (_cells.FusedLSTM, keras.layers.LSTM)]
    assert_twins(layers, (rows, 4, 3), "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lengths", [None, [6, 1, 4, 2]])
def test_attention_computes_what_keras_does(dtype, lengths):
    kinds = (_attention.SelfAttention, keras.layers.MultiHeadAttention)
    layers = [kind(2, 4, dtype=dtype) for kind in kinds]
    mask = {} if lengths is None else {"value_mask": np.arange(6) < np.array(lengths)[:, None]}

    def call(layer, values):
        return layer(values, values, return_attention_scores=True, **mask)[0]

    assert_twins(layers, (4, 6, 8), dtype, n_inputs=2, call=call)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shares_of_attention_are_those_of_keras(dtype):
    ours = _attention.SelfAttention(2, 4, dtype=dtype)
    values = tf.constant(np.random.default_rng(0).normal(size=(3, 5, 8)), dtype)
    mask = np.arange(5) < np.array([5, 1, 3])[:, None]
    _, shares = ours(values, values, value_mask=mask)
    theirs = ours.twin()
    theirs.build(values.shape, values.shape)
    theirs.set_weights(ours.get_weights())
    _, expected = theirs(values, values, value_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(shares, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layer_normalization_computes_what_keras_does(dtype):
    ours = _attention.LayerNormalization(epsilon=1e-6, dtype=dtype)
    assert_twins([ours, ours.twin()], (3, 5, 7), dtype)


def test_gelu_computes_what_keras_does():
    ours = _attention.Gelu()
    assert_twins([ours, ours.twin()], (3, 5, 7), "float32")


def test_gelu_is_the_value_times_the_normal_distribution_in_double_precision():
    values = np.linspace(-6, 6, 25)
    np.testing.assert_allclose(_attention.Gelu(dtype="float64")(values), values * norm.cdf(values), atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lengths", [None, [6, 1, 4, 2]])
def test_causal_attention_computes_what_keras_does(dtype, lengths):
    kinds = (_attention.SelfAttention, keras.layers.MultiHeadAttention)
    layers = [kind(2, 4, dtype=dtype) for kind in kinds]
    mask = {} if lengths is None else {"value_mask": np.arange(6) < np.array(lengths)[:, None]}

    def call(layer, values):
        return layer(values, values, return_attention_scores=True, use_causal_mask=True, **mask)[0]

    assert_twins(layers, (4, 6, 8), dtype, n_inputs=2, call=call)


def test_causal_attention_sees_no_later_moment():
    layer = _attention.SelfAttention(2, 4)
    values = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
    outputs, shares = layer(values, values, use_causal_mask=True)
    np.testing.assert_array_equal(np.triu(shares, 1), 0.0)
    changed = values.copy()
    changed[:, 3:] += 1.0
    np.testing.assert_allclose(layer(changed, changed, use_causal_mask=True)[0][:, :3], outputs[:, :3], atol=1e-6)


def step_by_step(layer, values):
    kept, outputs = layer.begin(values.shape[0], values.shape[1]), []
    for moment in range(values.shape[1]):
        one = values[:, moment : moment + 1]
        given = (one, one) if isinstance(layer, _attention.SelfAttention) else (one,)
        output, kept = layer.step(kept, tf.constant(moment), *given)
        outputs.append(output[0] if isinstance(output, tuple) else output)
    return np.concatenate(outputs, axis=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["lstm", "gru", "simple", "attention", "positions", "learned"])
def test_layers_that_look_back_moment_by_moment(kind, dtype):
    kinds = {
        "attention": lambda: _attention.SelfAttention(2, 4, dtype=dtype),
        "positions": lambda: _layers.SinusoidalPositions(dtype=dtype),
        "learned": lambda: _layers.LearnedPositions(9, dtype=dtype),
    }
    layer = kinds[kind]() if kind in kinds else _layers.Recurrence(kind, 5, dtype=dtype)
    values = tf.constant(np.random.default_rng(0).normal(size=(3, 6, 7)), dtype)
    whole = layer(values, values, use_causal_mask=True)[0] if kind == "attention" else layer(values)
    np.testing.assert_allclose(step_by_step(layer, values), whole, atol=1e-12 if dtype == "float64" else 1e-5)


def test_a_recurrence_in_both_directions_has_no_steps():
    with pytest.raises(ValueError, match="reads in both directions"):
        _layers.Recurrence("gru", 5, bidirectional=True).begin(3, 6)
