"""What makes a net a regressor: numbers in their own units in and out."""

from sklearn.base import RegressorMixin

from skdeep._data import targets
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
            Predictions in the units of the targets.
        """
        return targets.values(self._raw_outputs(X), self._net.target, self._net.link)

    def _problem(self):
        return Regression(self.loss)
