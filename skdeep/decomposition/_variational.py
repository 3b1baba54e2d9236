"""Variational autoencoders of tables, images and series."""

import math
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, check_scalar

from skdeep._data.columns import Dense
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.params import estimator, param, positive
from skdeep._estimator.scheduled import SCHEDULE
from skdeep._estimator.variational import Bounding, check_interval
from skdeep.architectures import autoencoder
from skdeep.decomposition._coding import STEPS, Coding, CodingParams, statistics
from skdeep.utils._keys import described


@dataclass(eq=False, repr=False)
class _VariationalParams(CodingParams):
    """What rows are given their code, and what is asked of codes."""

    likelihood: str = param(
        "gaussian",
        [StrOptions({"gaussian", "bernoulli"})],
        '{"gaussian", "bernoulli"}',
        'What rows are, given their code. "gaussian": normal around what is decoded, with one variance for all '
        'columns, which is learned too (see Notes). "bernoulli": columns are 0 or 1, with probabilities that are '
        "decoded; numbers between 0 and 1, such as grey pixels, are taken too.",
    )
    beta: float = param(
        1.0,
        [positive(Real, closed="left")],
        "float",
        "Weight of the divergence of codes from the standard normal distribution. 1 is the bound of the logarithm of "
        "the probability; with more, codes keep less and are more independent (Higgins et al.).",
    )
    beta_warmup: float = param(
        0.1,
        [Interval(Real, 0, 1, closed="both")],
        "float",
        "Share of training in which the weight rises from 0 to `beta`, so that codes are used before they are held "
        "back. Until then no epoch is the best one, or counts for stopping.",
    )
    n_importance_samples: int = param(
        64,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Codes that `score_samples` draws for each row; the more, the nearer its bound.",
    )


@estimator
class VariationalAutoencoder(_VariationalParams, Coding):
    """Variational autoencoder: a distribution of rows that can be drawn from, learned by way of codes.

    An encoder makes of each row a normal distribution of codes, a decoder makes of a code a
    distribution of rows, and codes are held near the standard normal distribution. `transform` gives the means of the
    codes, `sample` new rows, `score_samples` how likely rows are.

    X is numeric, dense or sparse, or images or series (`architecture`). What has no scale in common wants one first,
    for example by StandardScaler.

    {parameters}

    {attributes}

    See Also
    --------
    Autoencoder : Codes without a distribution.
    sklearn.decomposition.PCA : The best linear model of this kind, at once.
    sklearn.mixture.GaussianMixture : A distribution of rows without codes.

    Notes
    -----
    What is minimised, for each row in nats, is minus log p(x | z) plus `beta` times the divergence, with a code z drawn
    anew at each step. Both are columns of `history_`, "reconstruction" and "kl". "val_loss", which early stopping
    watches, has the whole `beta` from the first epoch on. `beta` and `beta_warmup` are numbers of the compiled program:
    a search over them compiles nothing.

    The variance of "gaussian" is one number, as in probabilistic PCA. In training it follows the mean squared error of
    the batches, where the probability is largest (Rybkin et al.), and is never less than a millionth of the mean
    variance of the columns. Densities, and so `score_samples`, are in units of X: they change when X is scaled.

    A code may be longer than a row: what is not needed of it stays standard normal, and has no divergence.

    Copies of a row in a batch are given the same noise, so that a weight of two is two rows.

    References
    ----------
    Kingma and Welling (2014), "Auto-encoding variational Bayes".
    Burda, Grosse and Salakhutdinov (2016), "Importance weighted autoencoders": `score_samples`.
    Rybkin, Daniilidis and Levine (2021), "Simple and effective VAE training with calibrated decoders": the variance.
    Higgins et al. (2017), "beta-VAE: learning basic visual concepts with a constrained variational framework": `beta`.
    Sonderby et al. (2016), "Ladder variational autoencoders": `beta_warmup`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.decomposition import VariationalAutoencoder
    >>> X, _ = load_iris(return_X_y=True)
    >>> model = VariationalAutoencoder(n_components=2, random_state=0).fit(X)
    >>> model.transform(X).shape
    (150, 2)
    >>> new = model.sample(1000, random_state=0)
    >>> bool(abs(new.mean(axis=0) - X.mean(axis=0)).max() < 0.5)
    True
    """

    def score_samples(self, X):
        """Return how likely rows are: a bound of the logarithm of their probability or density, in nats.

        It is the importance-weighted bound of `n_importance_samples` codes. They are drawn with the same noise for
        every row and at every call, spread evenly, so that a row has the same score wherever it stands.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            The larger, the likelier. With "gaussian" they are densities in units of X, which may be above 0.
        """
        check_is_fitted(self, "weights_")
        from skdeep._engine import views

        net = self._net
        X = net.inputs.validate(self, X, reset=False)
        check_interval(X, net.loss.name)
        signature = net.inputs.signature(X)
        called = InputSignature((*signature.inputs, ("variance", Dense((), net.dtype))), net.dtype)
        arrays = net.inputs.encode(X, signature)
        arrays["variance"] = np.full(X.shape[0], self.noise_variance_, net.dtype)
        bound = views.bound(net.loss.name, int(self.n_importance_samples), called)
        (scores,) = self._forward(bound, signature)(arrays)
        return scores.astype(np.float64)

    def sample(self, n_samples=1, random_state=None):
        """Draw new rows.

        Codes are drawn from the standard normal distribution, and rows given the codes: with "gaussian" they have
        noise of variance `noise_variance_`, with "bernoulli" they are 0 or 1. `inverse_transform` of normal codes are
        the means instead.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        random_state : int, RandomState instance or None, default=None
            Fixes what is drawn.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features) or (n_samples, ...)
            In units of the training rows, and in the shape in which `fit` was given them.
        """
        check_is_fitted(self, "weights_")
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        random = check_random_state(random_state)
        decoded = self.inverse_transform(random.standard_normal((n_samples, self._n_features_out)))
        if self._net.loss.name == "bernoulli":
            return (random.uniform(size=decoded.shape) < decoded).astype(decoded.dtype)
        return decoded + self.noise_variance_**0.5 * random.standard_normal(decoded.shape)

    @property
    def noise_variance_(self):
        """Variance of the columns around what is decoded, in squared units of X; 1 with "bernoulli", which has none."""
        check_is_fitted(self, "weights_")
        if self._net.loss.name == "bernoulli":
            return 1.0
        unit, share = self.weights_[-2:]
        return float(unit[0]) * float(share[0])

    def _problem(self):
        return Bounding(self.likelihood, float(self.beta), float(self.beta_warmup))

    def _design(self, inputs, signature, output_sizes):
        config = autoencoder.AutoencoderConfig(
            int(self.n_components),
            self._sizes(math.prod(signature.inputs[0][1].shape)),
            described(self.activation),
            described(self.kernel_initializer),
            standardized=inputs.mean is not None,
            architecture=self.architecture,
            spread=True,
            units=self.likelihood == "gaussian",
        )
        autoencoder.check(config)
        spec = ModelSpec(autoencoder.build, config, operations=autoencoder.operations)
        return Design(spec, {}, *SCHEDULE, initial=lambda: _initial(inputs), steps=STEPS)

    def _as_rows(self, decoded):
        if self._net.loss.name == "gaussian":
            return decoded
        return np.exp(-np.logaddexp(0, -decoded))


def _initial(inputs):
    from skdeep._engine.objectives import variational

    return statistics(inputs) | {variational.UNIT: np.array([inputs.scale**2])}
