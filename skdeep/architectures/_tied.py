"""A layer that uses the kernel of another."""

from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class TransposedDense(keras.layers.Layer):
    """From the outputs of a dense layer to its inputs, by its own kernel, with a bias of its own.

    Parameters
    ----------
    of : keras.layers.Dense
        Built already.
    """

    def __init__(self, of, **kwargs):
        super().__init__(**kwargs)
        self.of = of

    def build(self, values_shape):
        self.bias = self.add_weight(shape=(self.of.kernel.shape[0],), initializer="zeros", name="bias")

    def call(self, values):
        return tf.nn.bias_add(tf.matmul(values, self.of.kernel.value, transpose_b=True), self.bias.value)

    def compute_output_spec(self, values):
        return keras.KerasTensor((*values.shape[:-1], self.of.kernel.shape[0]), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"of": keras.saving.serialize_keras_object(self.of)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("of")), **config)
