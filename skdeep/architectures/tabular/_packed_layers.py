"""Layers of several nets that share most of their weights: (rows, members, columns) in, the same out."""

from skdeep.utils._tensorflow import keras, tf


@keras.saving.register_keras_serializable("skdeep")
class RandomSigns(keras.initializers.RandomUniform):
    """Ones and minus ones, as many of each in the mean."""

    def __init__(self, seed=None):
        super().__init__(-1.0, 1.0, seed=seed)

    def __call__(self, shape, dtype=None):
        drawn = super().__call__(shape, dtype=dtype)
        return tf.where(drawn < 0, -tf.ones_like(drawn), tf.ones_like(drawn))

    def get_config(self):
        return {"seed": super().get_config()["seed"]}


@keras.saving.register_keras_serializable("skdeep")
class SameForAll(keras.initializers.RandomUniform):
    """Uniform values that are the same for all entries of the first axis."""

    def __call__(self, shape, dtype=None):
        return tf.broadcast_to(super().__call__(shape[1:], dtype=dtype), shape)


def _evenly(fan_in, kind=keras.initializers.RandomUniform):
    """Return the initializer with values up to one over the root of the number of inputs."""
    return kind(-(fan_in**-0.5), fan_in**-0.5)


@keras.saving.register_keras_serializable("skdeep")
class SharedDense(keras.layers.Layer):
    """Dense layers of several members, which share a kernel, and scale what goes in and what comes out of it:

        y_m = s_m * (W (r_m * x_m)) + b_m for each member m

    (BatchEnsemble, Wen et al., 2020). The scales start as one, the biases the same for all members.

    Parameters
    ----------
    units : int
    n_members : int
    random_signs : bool
        Whether r starts with ones and minus ones, which is what makes members differ; for the first of several layers.

    Rows without a member axis, (rows, columns), are given to all members.
    """

    def __init__(self, units, n_members, random_signs=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.n_members, self.random_signs = units, n_members, random_signs

    def build(self, rows_shape):
        n_columns, ones = rows_shape[-1], keras.initializers.Ones()
        signs = RandomSigns() if self.random_signs else ones
        # Scales are called gamma as those of normalisations are: they are not what decay should shrink.
        self.input_gamma = self.add_weight(shape=(self.n_members, n_columns), initializer=signs, name="input_gamma")
        self.kernel = self.add_weight(shape=(n_columns, self.units), initializer=_evenly(n_columns), name="kernel")
        shape = self.n_members, self.units
        self.output_gamma = self.add_weight(shape=shape, initializer=ones, name="output_gamma")
        self.bias = self.add_weight(shape=shape, initializer=_evenly(n_columns, SameForAll), name="bias")

    def call(self, rows):
        rows = rows if len(rows.shape) == 3 else rows[:, None]
        scaled = tf.reshape(rows * self.input_gamma.value, (-1, rows.shape[-1]))
        hidden = tf.reshape(scaled @ self.kernel.value, (-1, self.n_members, self.units))
        return hidden * self.output_gamma.value + self.bias.value

    def compute_output_spec(self, rows):
        return keras.KerasTensor((rows.shape[0], self.n_members, self.units), dtype=self.compute_dtype)

    def get_config(self):
        own = {"units": self.units, "n_members": self.n_members, "random_signs": self.random_signs}
        return super().get_config() | own


@keras.saving.register_keras_serializable("skdeep")
class OwnDense(keras.layers.Layer):
    """Dense layers of several members that share nothing: (rows, members, columns) in, (rows, members, units) out.

    Parameters
    ----------
    units : int
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, rows_shape):
        _, n_members, n_columns = rows_shape
        even = _evenly(n_columns)
        self.kernel = self.add_weight(shape=(n_members, n_columns, self.units), initializer=even, name="kernel")
        self.bias = self.add_weight(shape=(n_members, self.units), initializer=even, name="bias")

    def call(self, rows):
        by_member = tf.matmul(tf.transpose(rows, (1, 0, 2)), self.kernel.value)
        return tf.transpose(by_member, (1, 0, 2)) + self.bias.value

    def compute_output_spec(self, rows):
        return keras.KerasTensor((*rows.shape[:-1], self.units), dtype=self.compute_dtype)

    def get_config(self):
        return super().get_config() | {"units": self.units}
