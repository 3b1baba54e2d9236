"""Pieces that several architectures share."""

from skdeep.utils._numbers import LiveNumber
from skdeep.utils._tensorflow import keras, tf

_POOL = 2**18  # 16-bit draws kept a layer: half a megabyte


@keras.saving.register_keras_serializable("skdeep")
class Dropout(keras.layers.Dropout):
    """Dropout whose rate is an input of the program and whose draws are cheap.

    The masks of many steps are drawn in one call of the generator, 16 bits a unit, and used up one after the other: a
    call of the generator costs more than the numbers it returns. Arithmetic makes the mask, because comparisons are
    ten times slower than products on a CPU.

    Parameters
    ----------
    rate : LiveNumber
        Fraction of the units set to zero, rounded to 1/65536.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(0.5, **kwargs)
        self.rate = rate
        # Seed and number of the next call of the generator: number zero means that the seed is new.
        self.seed_state = tf.Variable(tf.zeros((2,), tf.int64), trainable=False)
        self._draws = tf.Variable(tf.zeros((0,), tf.int16), shape=(None,), trainable=False)
        self._used = tf.Variable(0, dtype=tf.int32, trainable=False)

    def call(self, inputs, training=False):
        if not training:
            return inputs
        keep = tf.cast(1.0 - self.rate, inputs.dtype)
        shape = self._mask_shape(inputs)
        draws = tf.cast(self._next(tf.reduce_prod(shape)), inputs.dtype)
        # A draw is a whole number from -32768 to 32767: keep * 65536 of the 65536 values reach one.
        mask = tf.floor(draws * (1 / 65536) + (0.5 + keep))
        return inputs * (tf.reshape(mask, shape) * (1 / keep))

    def _mask_shape(self, inputs):
        """Return the shape of the mask, which is the same along the axes of length one in `noise_shape`."""
        shape = tf.unstack(tf.shape(inputs))
        if self.noise_shape is not None:
            shape = [size if given is None else given for size, given in zip(shape, self.noise_shape, strict=True)]
        return tf.stack(shape)

    def _next(self, size):
        spent = self._used + size > tf.size(self._draws)
        reseeded = tf.equal(self.seed_state.read_value()[1], 0)
        tf.cond(spent | reseeded, lambda: self._refill(size), lambda: tf.constant(0))
        start = self._used.read_value()
        self._used.assign(start + size)
        return self._draws[start : start + size]

    def _refill(self, size):
        words = (tf.maximum(size, _POOL) + 3) // 4
        seed = self.seed_state.read_value()
        drawn = tf.random.stateless_uniform((words,), seed, minval=None, maxval=None, dtype=tf.int64)
        self.seed_state.assign_add([0, 1])
        self._draws.assign(tf.reshape(tf.bitcast(drawn, tf.int16), (-1,)))
        self._used.assign(0)
        return tf.constant(0)

    def get_config(self):
        rate = self.rate.variable.numpy() if isinstance(self.rate, LiveNumber) else self.rate
        return super().get_config() | {"rate": float(rate)}


def dropout(rate, **kwargs):
    """Return a dropout layer: Keras' own for a plain number, ours for an input of the program."""
    return Dropout(rate, **kwargs) if isinstance(rate, LiveNumber) else keras.layers.Dropout(rate, **kwargs)
