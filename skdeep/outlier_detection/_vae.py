"""Anomalies as rows that are unlikely under a variational autoencoder."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs.standardized import StandardizedRows
from skdeep._data.rows import RowData
from skdeep._estimator.params import estimator, param, positive
from skdeep.decomposition import VariationalAutoencoder
from skdeep.outlier_detection._detector import DetectorParams, Holding
from skdeep.outlier_detection._members import components
from skdeep.outlier_detection._params import CodeParams, TrainedParams, learning_rate_param


@estimator
class VAEOutlier(Holding, TrainedParams, CodeParams, DetectorParams, BaseEstimator):
    """Outliers are the rows that are unlikely under a variational autoencoder.

    A variational autoencoder learns the distribution of rows by way of short codes. It is fitted twice, the second time
    without the rows that are least likely under the first. A score is the logarithm of the density of a row, as the
    importance-weighted bound of it, in nats.

    X is numeric and dense: a table, images, series of one length. Rows of more dimensions are flattened; `autoencoder`
    takes a net that knows better.

    {parameters}

    {attributes}

    See Also
    --------
    AutoencoderOutlier : A little better on the tables that were tried, and shows what is odd about a row.
    skdeep.decomposition.VariationalAutoencoder : What is held, and more of its parameters.

    Notes
    -----
    Columns are standardised inside, and scores are densities in units of the standardised columns: no change of units
    of X changes them. A column that is constant in training is, in new rows, in units of the mean standard deviation of
    the others.

    `beta`, `trim` and `learning_rate` are numbers: a search over their values compiles nothing, and neither does a fit
    to other rows of the same shape.

    References
    ----------
    An and Cho (2015), "Variational autoencoder based anomaly detection using reconstruction probability".
    Burda, Grosse and Salakhutdinov (2016), "Importance weighted autoencoders".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.outlier_detection import VAEOutlier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 6))
    >>> model = VAEOutlier(random_state=0).fit(X)
    >>> model.predict([X[0], X[0] + [3, -3, 3, -3, 3, -3]]).tolist()
    [1, -1]
    """

    learning_rate: float = learning_rate_param(3e-3)
    beta: float = param(
        1.0,
        [positive(Real, closed="left")],
        "float",
        "Weight of the divergence of codes from the standard normal distribution. With less, rows are made again more "
        "exactly.",
    )
    n_importance_samples: int = param(
        64, [Interval(Integral, 1, None, closed="left")], "int", "Codes that are drawn for the score of each row."
    )
    autoencoder: object = param(
        None,
        [HasMethods(["fit", "score_samples"]), None],
        "estimator or None",
        "What scores rows, for example VariationalAutoencoder(...) of skdeep.decomposition: a clone is fitted to X as "
        "it is. Of the other parameters only `trim` and `contamination` are then used.",
    )

    _attributes = """
        autoencoder_ : estimator
            The fitted variational autoencoder.
    """

    def score_samples(self, X):
        """Return how likely each row is.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            A bound of the logarithm of the density of each standardised row, in nats: the lower, the more abnormal.
        """
        check_is_fitted(self)
        if self._inputs is not None:
            X = self._inputs.standardized(self._inputs.validate(self, X, reset=False))
        return np.asarray(self.autoencoder_.score_samples(X), np.float64)

    def _own(self, X):
        inputs = StandardizedRows(self.dtype)
        rows = inputs.validate(self, X, reset=True)
        self._inputs = inputs.learn(RowData(rows))
        standardized = self._inputs.standardized(rows)
        self.autoencoder_, scores = self._held(self._autoencoder(rows.shape), standardized)
        return scores

    def _autoencoder(self, shape):
        """Return the autoencoder of the parameters, for rows of a shape."""
        n_rows, n_columns = shape
        batch_size = min(self.batch_size, n_rows)
        return VariationalAutoencoder(
            components(self.n_components, n_columns),
            hidden_layer_sizes=self.hidden_layer_sizes,
            activation=self.activation,
            beta=self.beta,
            n_importance_samples=self.n_importance_samples,
            batch_size=batch_size,
            epochs=-(-self.steps // -(-n_rows // batch_size)),
            learning_rate=self.learning_rate,
            dtype=self.dtype,
            random_state=_seed(self.random_state),
            verbose=self.verbose,
        )


def _seed(random_state):
    """Return a seed, the same for both fits."""
    return int(check_random_state(random_state).randint(2**31 - 1))
