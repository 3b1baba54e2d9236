"""Rows that are made again from codes that are drawn: minus the bound of Kingma and Welling (2014), in nats a row:

    (sum over rows i of w_i * -log p(x_i | z_i)) / (sum over rows i of w_i)
    + beta * warmup * (sum over rows i of w_i * kl_i) / (sum over rows i of w_i)

    z_i = mean_i + exp(log_variance_i / 2) * noise_i, of which the encoder gives the mean and the logarithm
    kl_i = 1/2 * sum over parts j of the code of (mean_ij^2 + exp(log_variance_ij) - 1 - log_variance_ij)
    log p(x | z), "gaussian":  -1/2 * sum over columns of (log(2 pi v) + (x - decoder(z))^2 / v)
    log p(x | z), "bernoulli": sum over columns of (x * l - log(1 + exp(l))), of the logits l = decoder(z)

The variance v is one number for all columns, which is not learned by descent: it follows the mean squared error of
the batches, where the bound is largest (Rybkin et al., 2021). It is kept as a share of `unit`, the mean variance of the
columns, and is never less than a millionth of it. Rows that are evaluated count with the whole beta, so that epochs of
a warm-up can be compared.
"""

import math

import numpy as np
from scipy.special import ndtri

from skdeep._engine.objectives.terms import Objective, Update, dense, flat, summed
from skdeep._engine.spec import Recipe
from skdeep._engine.state import weights_of
from skdeep.utils._tensorflow import keras, tf

GAUSSIAN, BERNOULLI = "gaussian", "bernoulli"
UNIT = "unit_of_variance"  # path of the weight that a design places

_FOLLOWING = 0.05  # of the way to the error of a batch
_LEAST_SHARE = 1e-6
_MOST_LOG_VARIANCE = 15.0
_DRAWS = 512  # of noise, among which the rows of a batch choose


def recipe(likelihood):
    """Return the recipe of the objective.

    Parameters
    ----------
    likelihood : {"gaussian", "bernoulli"}
        Of rows, given their code.
    """
    return Recipe(Variational, likelihood, ("beta", "warmup"))


class Variational(Objective):
    """The objective of variational autoencoders.

    Parameters
    ----------
    likelihood : str
    models : dict of keras.Model
        "encoder", which returns the mean and the logarithm of the variance of codes, and "decoder", which is called
        with a "code". The first input are the rows; both models are given the others.
    numbers : dict of LiveNumber
        "beta", and "warmup", the part of it that is in force.
    """

    def __init__(self, likelihood, models, numbers):
        self._likelihood, self._numbers = likelihood, numbers
        self._encoder, self._decoder = models["encoder"], models["decoder"]
        self._noise = Noise()
        self.seed_states = [[self._noise.seed_state]]
        dtype = self._decoder.output.dtype
        if likelihood == GAUSSIAN:
            self._unit = keras.Variable("ones", (1,), dtype, trainable=False, name=UNIT)
            self._share = keras.Variable("ones", (1,), dtype, trainable=False, name="share_of_variance")
            self.variables = [[self._unit, self._share]]
        variables = [variable for variable in weights_of(models) if variable.trainable]
        self.updates = (Update(variables, self._loss, ("reconstruction", "kl")),)

    def _loss(self, batch, training):
        (_, rows), *others = batch.inputs.items()
        rows = dense(rows)
        mean, log_variance = posterior(self._encoder(batch.inputs, training=training))
        noise = self._noise.draw(rows, mean) if training else self._noise.fixed(rows, mean)
        code = mean + tf.exp(log_variance / 2) * noise
        decoded = self._decoder({"code": code, **dict(others)}, training=training)
        likelihood = log_likelihood(self._likelihood, flat(rows), flat(decoded), self._variance())
        if training and self._likelihood == GAUSSIAN:
            self._follow(flat(rows), flat(decoded), batch.sample_weight)
        beta = self._numbers["beta"].read()
        return {
            "reconstruction": summed(-likelihood, batch.sample_weight),
            "kl": summed(
                divergence(mean, log_variance),
                batch.sample_weight,
                beta * self._numbers["warmup"].read() if training else beta,
            ),
        }

    def _variance(self):
        return self._unit.value * self._share.value if self._likelihood == GAUSSIAN else None

    def _follow(self, rows, decoded, weight):
        """Move the variance towards the error of a batch."""
        error = summed(tf.reduce_mean(tf.square(rows - decoded), axis=1), weight).mean / self._unit.value
        share = self._share.value + _FOLLOWING * (tf.stop_gradient(error) - self._share.value)
        self._share.assign(tf.maximum(share, _LEAST_SHARE))


class Noise:
    """Normal noise of the codes of a batch.

    Copies of a row in a batch get the same noise, so that a row of weight two counts as two rows do. Others share it
    now and then, by chance, which makes gradients a little noisier.
    """

    def __init__(self):
        self.seed_state = tf.Variable(tf.zeros((2,), tf.int64), trainable=False)

    def draw(self, rows, like):
        """Return noise for the codes of rows, of the shape and dtype of `like`, anew at each call."""
        seed = self.seed_state.read_value()
        self.seed_state.assign_add([0, 1])
        return self._drawn(seed, rows, like)

    def fixed(self, rows, like):
        """Return the same noise for a row at each call."""
        return self._drawn(tf.zeros((2,), tf.int64), rows, like)

    def _drawn(self, seed, rows, like):
        draws = tf.random.stateless_normal((_DRAWS, like.shape[1]), seed, dtype=like.dtype)
        return tf.gather(draws, _numbers(flat(rows)))


def _numbers(rows):
    """Return a number below _DRAWS for each row that depends on its bits alone: the top bits of a random product."""
    bits = tf.cast(tf.bitcast(rows, tf.int32 if rows.dtype == tf.float32 else tf.int64), tf.int64)
    factors = np.random.default_rng(0).integers(-(2**63), 2**63, size=rows.shape[1], dtype=np.int64) | 1
    hashed = tf.reduce_sum(bits * factors, axis=1)
    return tf.bitwise.bitwise_and(tf.bitwise.right_shift(hashed, 64 - int(math.log2(_DRAWS))), _DRAWS - 1)


def even_noise(n_draws, length):
    """Return draws of normal noise, always the same, that are spread evenly over each part of a code.

    Each draw by itself is normal, so that means over them are right on average, but they vary less (a Latin hypercube).
    """
    random = np.random.default_rng(0)
    ranks = random.permuted(np.tile(np.arange(n_draws), (length, 1)), axis=1)
    return ndtri((ranks + random.uniform(size=ranks.shape)) / n_draws).T


def posterior(outputs):
    """Return the mean and the logarithm of the variance of codes, kept where its exponential can be computed."""
    mean, log_variance = outputs
    return mean, tf.clip_by_value(log_variance, -_MOST_LOG_VARIANCE, _MOST_LOG_VARIANCE)


def divergence(mean, log_variance):
    """Return the divergence of each code's distribution from the standard normal one, in nats."""
    return tf.reduce_sum(tf.square(mean) + tf.exp(log_variance) - 1 - log_variance, axis=1) / 2


def log_likelihood(likelihood, rows, decoded, variance):
    """Return log p(x | z) of rows, summed over the last axis, in nats.

    Parameters
    ----------
    likelihood : str
    rows, decoded : tf.Tensor
    variance : tf.Tensor or None
        That can be multiplied with the last axis; None where there is none.
    """
    if likelihood == BERNOULLI:
        return tf.reduce_sum(rows * decoded - tf.nn.softplus(decoded), axis=-1)
    return -tf.reduce_sum(tf.math.log(2 * np.pi * variance) + tf.square(rows - decoded) / variance, axis=-1) / 2
