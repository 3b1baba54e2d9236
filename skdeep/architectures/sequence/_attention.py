"""Keras' layers of a transformer with gradients of our own, which go over the values fewer times."""

import math

from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class SelfAttention(keras.layers.MultiHeadAttention):
    """Keras' attention of the moments of a row to each other: one product makes queries, keys and values."""

    rows_axis = 1  # of the state of `step`

    def build(self, query_shape, value_shape):
        super().build(query_shape, value_shape, value_shape)

    def call(self, query, value, value_mask=None, return_attention_scores=True, use_causal_mask=False):
        attended, shares = _attention(*self._projected(query), _seen(query, value_mask, use_causal_mask))
        return self._joined(attended, query), shares

    def begin(self, rows, moments):
        """Return the state before the first moment: room for the keys and the values of this many moments."""
        shape = (moments, rows, self.num_heads, self.key_dim)
        return tf.zeros(shape, self.compute_dtype), tf.zeros(shape, self.compute_dtype)

    def step(self, state, moment, query, value, **options):
        """Return what the attention of one moment to those before it and itself makes, and the next state."""
        query_of_heads, *new = self._projected(query)
        changed = zip(state, new, strict=True)
        state = tuple(
            tf.tensor_scatter_nd_update(kept, [[moment]], tf.transpose(one, (2, 0, 1, 3))) for kept, one in changed
        )
        seen = (tf.transpose(kept[: moment + 1], (1, 2, 0, 3)) for kept in state)
        attended, shares = _attention(query_of_heads, *seen, None)
        return (self._joined(attended, query), shares), state

    def _joined(self, attended, query):
        """Return what the output layer makes of all heads."""
        rows = tf.reshape(tf.transpose(attended, (0, 2, 1, 3)), (-1, self.num_heads * self.key_dim))
        kernel = tf.reshape(self.output_dense.kernel.value, (rows.shape[1], -1))
        outputs = tf.nn.bias_add(rows @ kernel, self.output_dense.bias.value)
        return tf.reshape(outputs, tf.shape(query))

    def _projected(self, values):
        """Return queries, keys and values, each of shape (rows, heads, time, width of a head)."""
        layers, width = (self.query_dense, self.key_dense, self.value_dense), values.shape[2]
        kernel = tf.concat([tf.reshape(layer.kernel.value, (width, -1)) for layer in layers], axis=1)
        bias = tf.concat([tf.reshape(layer.bias.value, [-1]) for layer in layers], axis=0)
        flat = tf.nn.bias_add(tf.reshape(values, (-1, width)) @ kernel, bias)
        projected = tf.reshape(flat, (-1, tf.shape(values)[1], kernel.shape[1]))
        return _by_head(projected, len(layers), self.num_heads)

    def twin(self):
        """Return Keras' own layer."""
        return keras.layers.MultiHeadAttention.from_config(self.get_config())


@keras.saving.register_keras_serializable("skdeep")
class KeysAndValues(keras.layers.Layer):
    """What attention reads of the moments of a row, of shape (rows, heads, time, width of a head) each.

    Parameters
    ----------
    num_heads, key_dim : int
        Heads, and the width of one.
    """

    def __init__(self, num_heads, key_dim, **kwargs):
        super().__init__(**kwargs)
        self.num_heads, self.key_dim = num_heads, key_dim
        self.projection = keras.layers.Dense(2 * num_heads * key_dim, dtype=self.dtype_policy, name="projection")

    def build(self, values_shape):
        self.projection.build(values_shape)

    def call(self, values):
        return tuple(_by_head(self.projection(values), 2, self.num_heads))

    def compute_output_spec(self, values):
        shape = (values.shape[0], self.num_heads, values.shape[1], self.key_dim)
        return tuple(keras.KerasTensor(shape, dtype=self.compute_dtype) for _ in range(2))

    def get_config(self):
        return super().get_config() | {"num_heads": self.num_heads, "key_dim": self.key_dim}


@keras.saving.register_keras_serializable("skdeep")
class CrossAttention(keras.layers.Layer):
    """Attention to the moments of another row, of which the keys and the values are given."""

    def build(self, query_shape, keys_shape, values_shape, value_mask_shape=None):
        own = {"dtype": self.dtype_policy}
        self.query = keras.layers.Dense(keys_shape[1] * keys_shape[3], **own, name="query")
        self.outputs = keras.layers.Dense(query_shape[-1], **own, name="outputs")
        self.query.build(query_shape)
        self.outputs.build((*query_shape[:-1], keys_shape[1] * keys_shape[3]))

    def call(self, query, keys, values, value_mask=None):
        (queries,) = _by_head(self.query(query), 1, keys.shape[1])
        averages, _ = _attention(queries, keys, values, _seen(query, value_mask, False))
        shape = tf.shape(query)
        return self.outputs(tf.reshape(tf.transpose(averages, (0, 2, 1, 3)), (shape[0], shape[1], -1)))

    def compute_output_spec(self, query, keys, values, value_mask=None):
        return keras.KerasTensor(query.shape, dtype=self.compute_dtype)


def _by_head(values, n_parts, n_heads):
    """Return parts of values, each of shape (rows, heads, time, width of a head)."""
    shape = tf.shape(values)
    parts = tf.reshape(values, (shape[0], shape[1], n_parts, n_heads, values.shape[2] // (n_parts * n_heads)))
    return tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4)))


def _seen(values, value_mask, causal):
    """Return which moments a moment sees, of a shape that (rows, heads, time, time) can be made of; None is all."""
    seen = None if value_mask is None else value_mask[:, None, None, :]
    if not causal:
        return seen
    moments = tf.range(tf.shape(values)[1])
    before = (moments <= moments[:, None])[None, None]
    return before if seen is None else before & seen


def _attention(queries, keys, values, seen):
    """Return the averages of the values, and the shares of the moments in them."""
    scale = queries.shape[3] ** -0.5

    def shares_of(queries, keys):
        scores = tf.matmul(queries * scale, keys, transpose_b=True)
        if seen is not None:
            scores = tf.where(seen, scores, scores.dtype.min)
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
