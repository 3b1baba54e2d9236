"""Labels of a series, or of each of its moments: what the classifiers for sequences share."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from skdeep._data import moments
from skdeep._data.inputs import precision
from skdeep._estimator.balance import balance_of
from skdeep._estimator.classifier import DeepClassifier
from skdeep._estimator.moments import MomentClassification, of_moments
from skdeep._estimator.params import param


@dataclass(eq=False, repr=False)
class SequenceClassifier(DeepClassifier):
    """A classifier of series, or of all their moments."""

    per_step: bool = param(
        False,
        ["boolean"],
        "bool",
        "Whether each moment has a label, such as the tag of a word or the state of a machine, and not the series as a "
        "whole. y is then as ragged as X: an array of shape (n_samples, time), whose rows may have labels for what "
        "pads a series too, or a list with one array for each series. Predictions are an array if all series have one "
        "length, else an array of arrays. `pooling` has no meaning then, and `score` counts moments.",
    )

    def score(self, X, y, sample_weight=None):
        """Return the accuracy; with `per_step` over all moments, else over series.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Series, or rows of ids.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), or of labels of moments
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the series.

        Returns
        -------
        score : float
            Between 0 and 1; where there are several targets, of rows that are right in all.
        """
        if not self.per_step:
            return super().score(X, y, sample_weight)
        X = self._checked(X)
        y = moments.read(y, X)
        predicted = np.concatenate(list(self.predict(X)))
        return accuracy_score(y.values, predicted, sample_weight=of_moments(sample_weight, y))

    def _problem(self):
        if not self.per_step:
            return super()._problem()
        balance = balance_of(self)
        return MomentClassification(self.loss, self.label_smoothing, balance, self.prediction_prior)

    def _pools(self):
        return not self.per_step

    def _decoded(self, X, decode, shifts):
        if not self.per_step:
            return super()._decoded(X, decode, shifts)
        single = precision.is_single(X)
        X = self._checked(X)
        real = np.arange(X.lengths.max(initial=0)) < X.lengths[:, None]
        outputs = [output[real] for output in self._raw_outputs(X)]
        outputs = [output.astype(np.float32, copy=False) for output in outputs] if single else outputs
        return moments.given_back(self._of_outputs(outputs, decode, shifts), X.lengths)

    def _checked(self, X):
        check_is_fitted(self, "weights_")
        return self._net.inputs.validate(self, X, reset=False)
