"""What makes a net a regressor: numbers in their own units in and out."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score

from skdeep._data import targets
from skdeep._data.inputs import precision
from skdeep._estimator.problems import Regression
from skdeep._estimator.supervised import SupervisedEstimator


class DeepRegressor(RegressorMixin, SupervisedEstimator):
    """A net that predicts numbers."""

    _attributes = """
        n_outputs_ : int
            Number of targets.
        loss_curve_ : list of float
            Training loss of each epoch on standardised targets, penalties not included.
    """

    def partial_fit(self, X, y, sample_weight=None, *, epochs=1):
        """Train on from where the net is, without forgetting; targets keep the scaling of the first call.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, of the kind the class takes: a table, images, ...
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.
        epochs : int, default=1
            Passes over these rows.

        Returns
        -------
        self : object
            The estimator, trained further.
        """
        if self.target_weight is not None:
            raise ValueError(
                f"target_weight={self.target_weight!r} needs all of y at once and cannot be used with partial_fit."
            )
        return self._partial_fit(X, y, sample_weight, None, epochs)

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to predict, of the kind the class takes: a table, images, ...

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions in the units of the targets; of shape (n_samples, n_quantiles) with several quantiles.
        """
        values = targets.values(self._raw_outputs(X), self._net.target, self._net.link)
        return values.astype(np.float32) if precision.is_single(X) else values

    def score(self, X, y, sample_weight=None):
        """Return the coefficient of determination; with several quantiles, the share of the pinball loss explained.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to predict, of the kind the class takes: a table, images, ...
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            At most 1; 0 is a constant guess. Of several quantiles, the mean of scikit-learn's `d2_pinball_score`.
        """
        predicted = self.predict(X)
        quantiles = self._net.loss.quantiles
        if not quantiles:
            return r2_score(y, predicted, sample_weight=sample_weight)
        scores = [
            d2_pinball_score(y, column, alpha=quantile, sample_weight=sample_weight)
            for column, quantile in zip(predicted.T, quantiles, strict=True)
        ]
        return float(np.mean(scores))

    def _problem(self):
        return Regression(self.loss, self.target_weight)
