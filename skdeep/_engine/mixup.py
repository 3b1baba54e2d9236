"""Mixup: training on weighted means of two rows and of their losses.

The loss of a mixture is the mixture of the losses against either target, which for the cross-entropy is the loss
against the mixed target and which works for every loss and every kind of target.
"""

import tensorflow as tf


class Mixup:
    """Draws shares and mixes batches, each row with the one at the other end of its batch.

    Parameters
    ----------
    alpha : LiveNumber
        Shares are drawn from Beta(alpha, alpha): small values keep most rows nearly as they are.
    dtype : tf.DType
    """

    def __init__(self, alpha, dtype):
        self.alpha = alpha
        self.dtype = dtype
        self.seed_state = tf.Variable(tf.zeros((2,), tf.int64), trainable=False)

    def shares(self, n_rows):
        """Return the share of each row in its mixture, shape (n_rows,)."""
        seed = self.seed_state.read_value()
        self.seed_state.assign_add([0, 1])
        # In double precision, where a pair of draws does not vanish.
        drawn = tf.random.stateless_gamma((2, n_rows), seed, tf.cast(self.alpha.read(), tf.float64), dtype=tf.float64)
        one, other = tf.unstack(drawn + 1e-300)
        return tf.cast(one / (one + other), self.dtype)

    def inputs(self, batch, shares):
        """Mix every input of a batch."""
        return {name: _mixed(values, shares) for name, values in batch.items()}


def partners(values):
    """Return the values of the row that each row is mixed with."""
    return tf.reverse(values, axis=[0])


def _mixed(values, shares):
    shares = tf.reshape(shares, (-1,) + (1,) * (len(values.shape) - 1))
    return values * shares + partners(values) * (1.0 - shares)
