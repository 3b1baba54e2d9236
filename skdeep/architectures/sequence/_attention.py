"""Keras' layers of a transformer with gradients of our own, which go over the values fewer times."""

import math

from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class SelfAttention(keras.layers.MultiHeadAttention):
    """Keras' attention of the moments of a row to each other: one product makes queries, keys and values."""

    def build(self, query_shape, value_shape):
        super().build(query_shape, value_shape, value_shape)

    def call(self, query, value, value_mask=None, return_attention_scores=True):
        parts = self._projected(query, (self.query_dense, self.key_dense, self.value_dense))
        attended, shares = _attention(*parts, value_mask)
        rows = tf.reshape(tf.transpose(attended, (0, 2, 1, 3)), (-1, self.num_heads * self.key_dim))
        kernel = tf.reshape(self.output_dense.kernel.value, (rows.shape[1], -1))
        outputs = tf.nn.bias_add(rows @ kernel, self.output_dense.bias.value)
        return tf.reshape(outputs, tf.shape(query)), shares

    def _projected(self, values, layers):
        """Return what each layer makes of the values, of shape (rows, heads, time, width of a head)."""
        width = values.shape[2]
        kernel = tf.concat([tf.reshape(layer.kernel.value, (width, -1)) for layer in layers], axis=1)
        bias = tf.concat([tf.reshape(layer.bias.value, [-1]) for layer in layers], axis=0)
        flat = tf.nn.bias_add(tf.reshape(values, (-1, width)) @ kernel, bias)
        parts = tf.reshape(flat, (-1, tf.shape(values)[1], len(layers), self.num_heads, self.key_dim))
        return tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4)))

    def twin(self):
        """Return Keras' own layer."""
        return keras.layers.MultiHeadAttention.from_config(self.get_config())


def _attention(queries, keys, values, mask):
    """Return the averages of the values, and the shares of the moments in them."""
    scale = queries.shape[3] ** -0.5

    def shares_of(queries, keys):
        scores = tf.matmul(queries * scale, keys, transpose_b=True)
        if mask is not None:
            scores = tf.where(mask[:, None, None, :], scores, scores.dtype.min)
        return tf.nn.softmax(scores)

    @tf.custom_gradient
    def average(queries, keys, values):
        shares = shares_of(queries, keys)
        averages = tf.matmul(shares, values)

        def gradient(given):
            # The sum over shares of the softmax' gradient is a sum over the few values of a head.
            summed = tf.reduce_sum(given * averages, axis=3, keepdims=True)
            changes = (tf.matmul(given, values, transpose_b=True) - summed) * shares
            d_queries = tf.matmul(changes, keys) * scale
            d_keys = tf.matmul(changes, queries, transpose_a=True) * scale
            return d_queries, d_keys, tf.matmul(shares, given, transpose_a=True)

        return averages, gradient

    # Whoever asks for no shares has none computed a second time.
    return average(queries, keys, values), tf.stop_gradient(shares_of(queries, keys))


@keras.saving.register_keras_serializable("skdeep")
class LayerNormalization(keras.layers.LayerNormalization):
    """Keras' normalisation of the last axis."""

    def call(self, inputs):
        @tf.custom_gradient
        def normalized(inputs, scale, offset):
            flat = tf.reshape(inputs, (-1, inputs.shape[-1]))
            centered = flat - tf.reduce_mean(flat, 1, keepdims=True)
            pace = tf.math.rsqrt(tf.reduce_mean(centered * centered, 1, keepdims=True) + self.epsilon)
            normal = centered * pace

            def gradient(given):
                given = tf.reshape(given, tf.shape(flat))
                product = given * normal
                average = scale[:, None] / inputs.shape[-1]
                changes = (given * scale - given @ average - normal * (product @ average)) * pace
                return tf.reshape(changes, tf.shape(inputs)), tf.reduce_sum(product, 0), tf.reduce_sum(given, 0)

            return tf.reshape(normal * scale + offset, tf.shape(inputs)), gradient

        return normalized(inputs, self.gamma.value, self.beta.value)

    def twin(self):
        """Return Keras' own layer."""
        return keras.layers.LayerNormalization.from_config(self.get_config())


@keras.saving.register_keras_serializable("skdeep")
class Gelu(keras.layers.Activation):
    """Keras' activation "gelu": each value times the share of a normal distribution below it."""

    def __init__(self, activation="gelu", **kwargs):
        super().__init__(activation, **kwargs)

    def call(self, inputs):
        @tf.custom_gradient
        def activated(values):
            share = 0.5 + 0.5 * tf.math.erf(values * math.sqrt(0.5))

            def gradient(given):
                density = tf.exp(-0.5 * values * values - 0.5 * math.log(2 * math.pi))
                return given * (share + values * density)

            return values * share, gradient

        return activated(inputs)

    def twin(self):
        """Return Keras' own layer."""
        return keras.layers.Activation.from_config(self.get_config())
