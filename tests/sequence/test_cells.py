"""Recurrent layers in loops of our own compute what Keras' do, forth and back."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from skdeep.architectures.sequence import _cells

KINDS = [
    (_cells.FusedLSTM, keras.layers.LSTM, "float32"),
    (_cells.LoopedGRU, keras.layers.GRU, "float32"),
    (_cells.LoopedGRU, keras.layers.GRU, "float64"),
    (_cells.LoopedSimpleRNN, keras.layers.SimpleRNN, "float64"),
]


def gradients(layer, values, weighting):
    """Return the outputs of a layer and the gradients of a weighted sum, of the inputs and all weights."""

    @tf.function(input_signature=[tf.TensorSpec((None, None, 3), values.dtype)])
    def run(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = layer(values, training=True)
            total = tf.reduce_sum(outputs * weighting)
        return outputs, tape.gradient(total, [values, *(weight.value for weight in layer.weights)])

    outputs, changes = run(values)
    return [outputs.numpy(), *(change.numpy() for change in changes)]


@pytest.mark.parametrize(("ours", "theirs", "dtype"), KINDS)
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("time", [1, 6])
def test_outputs_and_gradients_are_those_of_keras(ours, theirs, dtype, sequences, time):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(4, time, 3)).astype(dtype)
    layers = [kind(5, return_sequences=sequences, dtype=dtype) for kind in (ours, theirs)]
    for layer in layers:
        layer.build(values.shape)
    weights = [rng.normal(size=weight.shape) for weight in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    weighting = rng.normal(size=(4, time, 5) if sequences else (4, 5)).astype(dtype)
    found, expected = (gradients(layer, values, weighting) for layer in layers)
    tolerance = 1e-10 if dtype == "float64" else 2e-5
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
