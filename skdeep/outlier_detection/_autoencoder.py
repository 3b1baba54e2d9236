"""Anomalies as rows that autoencoders cannot make again."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs.standardized import StandardizedRows
from skdeep._estimator.params import estimator, param
from skdeep.outlier_detection._detector import DetectorParams, Holding
from skdeep.outlier_detection._members import MembersAutoencoder
from skdeep.outlier_detection._params import CodeParams, TrainedParams, n_estimators_param, training


@estimator
class AutoencoderOutlier(Holding, TrainedParams, CodeParams, DetectorParams, BaseEstimator):
    """Outliers are the rows that small autoencoders make again worst.

    Several autoencoders with a short code learn to make rows again, each from rows of its own, without those of each
    batch that they make worst. What most rows have in common goes through the code, what is odd does not. A score is
    minus the mean absolute error of the standardised row, over its values and over the nets.

    X is numeric and dense: a table, images, series of one length. Rows of more dimensions are flattened; `autoencoder`
    takes a net that knows better.

    {parameters}

    {attributes}

    See Also
    --------
    sklearn.ensemble.IsolationForest : A little better where anomalies are among the training rows.
    sklearn.neighbors.LocalOutlierFactor : With novelty=True, better where the training rows are known to be normal.

    Notes
    -----
    Columns are standardised inside. One that is constant in training is not shown to the nets; its rows are made again
    with the constant. A new row in which it differs has that as an error, in units of the mean standard deviation of
    the other columns.

    A code that is longer than a row could hold a copy of it, be it odd or not, and is refused.

    `trim` and `learning_rate` are numbers of the compiled program: a search over their values compiles nothing, and
    neither does a fit to other rows of the same shape.

    References
    ----------
    Hawkins, He, Williams and Baxter (2002), "Outlier detection using replicator neural networks".
    Chen, Sathe, Aggarwal and Turaga (2017), "Outlier detection with autoencoder ensembles".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.outlier_detection import AutoencoderOutlier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2)) @ rng.normal(size=(2, 6))
    >>> model = AutoencoderOutlier(random_state=0).fit(X)
    >>> model.predict([X[0], X[0] + [3, -3, 3, -3, 3, -3]]).tolist()
    [1, -1]
    """

    n_estimators: int = n_estimators_param(8)
    loss: object = param(
        "absolute_error",
        [str, callable],
        "str, keras.losses.Loss or callable",
        'Of standardised rows and what is made of them: "absolute_error", "squared_error", "huber", "log_cosh", or '
        "another loss that skdeep.decomposition.Autoencoder takes.",
    )
    autoencoder: object = param(
        None,
        [HasMethods(["fit", "score_samples"]), None],
        "estimator or None",
        "What makes rows again, for example Autoencoder(...) of skdeep.decomposition: a clone is fitted to X as it is, "
        "and scores rows. Of the other parameters only `trim` and `contamination` are then used.",
    )

    _attributes = """
        autoencoder_ : estimator
            The fitted nets, or the fitted clone of `autoencoder`.
    """

    def score_samples(self, X):
        """Return how well each row can be made again.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus the mean absolute error, or another loss, of each standardised row: the lower, the more abnormal.
        """
        check_is_fitted(self)
        return np.asarray(self.autoencoder_.score_samples(self._rows(X)), np.float64)

    def reconstruct(self, X):
        """Return rows as they are made again: the mean of what the nets make of them.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows.

        Returns
        -------
        rows : ndarray of shape (n_samples, ...)
            The same rows, made again, in units of X.
        """
        check_is_fitted(self)
        if not hasattr(self.autoencoder_, "reconstruct"):
            raise AttributeError(f"The given autoencoder, {self.autoencoder!r}, has no method reconstruct.")
        again = self.autoencoder_.reconstruct(self._rows(X))
        return again if self._inputs is None else again.reshape(np.shape(X))

    def _own(self, X):
        self._inputs = StandardizedRows(self.dtype)
        rows = self._inputs.validate(self, X, reset=True)
        if self.n_components != "auto" and self.n_components > rows.shape[1]:
            raise ValueError(
                f"n_components={self.n_components} is more than the {rows.shape[1]} values of a row: the code could be "
                'a copy of its row, and no row would be odd. Use fewer, or "auto".'
            )
        self.autoencoder_ = MembersAutoencoder(loss=self.loss, **training(self)).fit(rows)
        return self.autoencoder_.score_samples(rows)

    def _rows(self, X):
        """Return X as the held autoencoder takes it."""
        return X if self._inputs is None else self._inputs.validate(self, X, reset=False)
