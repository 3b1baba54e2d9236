"""What makes a net a classifier: labels in, labels, probabilities and decision values out."""

from functools import partial

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if

from skdeep._data import targets
from skdeep._estimator import priors
from skdeep._estimator.balance import balance_of
from skdeep._estimator.problems import Classification
from skdeep._estimator.supervised import SupervisedEstimator
from skdeep.losses import _facts


class DeepClassifier(ClassifierMixin, SupervisedEstimator):
    """A net that predicts labels."""

    _attributes = """
        classes_ : ndarray of shape (n_classes,) or list of such arrays
            Labels, in the order of the columns of `predict_proba`.
        n_outputs_ : int
            Number of outputs of the net.
        loss_curve_ : list of float
            Training loss of each epoch, penalties not included.
    """

    def partial_fit(self, X, y, classes=None, sample_weight=None, *, epochs=1):
        """Train on from where the net is, without forgetting.

        The shares of the classes that losses and `prediction_prior` know stay those of the first call.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, of the kind the class takes: a table, images, ...
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Labels.
        classes : array-like of shape (n_classes,) or list of these, default=None
            All labels that will ever occur, for several targets one array each; needed at the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.
        epochs : int, default=1
            Passes over these rows.

        Returns
        -------
        self : object
            The estimator, trained further.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                f"class_weight={self.class_weight!r} needs all of y at once and cannot be used with partial_fit; "
                "give a dict of weights."
            )
        self._check_classes(classes)
        return self._partial_fit(X, y, sample_weight, classes, epochs)

    def predict(self, X):
        """Predict labels.

        They have the largest probability, but for `loss="logit_adjusted"`: it decides for the balanced accuracy.
        Where `prediction_prior` is given, labels have the largest probability under it, with any loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to classify, of the kind the class takes: a table, images, ...

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predicted labels.
        """
        return self._decoded(X, targets.labels, priors.decision_shifts)

    def _has_probabilities(self):
        loss = self._net.loss if hasattr(self, "_net") else _facts.of_classifier(self.loss)
        if loss.link == "margin":
            name = _facts.name_of(self.loss)
            raise AttributeError(f"predict_proba is not available with the loss {name}, which has no probabilities.")
        return True

    @available_if(_has_probabilities)
    def predict_proba(self, X):
        """Predict probabilities: under the shares of the classes that training saw, or `prediction_prior`.

        What training saw are the shares in its rows, as changed by the weights of rows and classes, by a sampler before
        it, or by batches of other shares. With `loss="logit_adjusted"` these are honest probabilities of the training
        rows, while labels follow the adjusted rule, so that the label need not be the most probable one.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to classify, of the kind the class takes: a table, images, ...

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes), or list of such arrays
            Probabilities in the order of `classes_`; independent ones of each label in the multilabel case, and one
            array a target where there are several multiclass targets.
        """
        return self._decoded(X, targets.probabilities, priors.probability_shifts)

    @available_if(_has_probabilities)
    def predict_log_proba(self, X):
        """Predict logarithms of probabilities, exact where the probabilities round to zero.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to classify, of the kind the class takes: a table, images, ...

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes), or list of such arrays
            Log-probabilities, shaped as those of `predict_proba`.
        """
        return self._decoded(X, partial(targets.probabilities, log=True), priors.probability_shifts)

    def _has_one_target(self):
        if hasattr(self, "_net") and self._net.target.kind == "multioutput":
            raise AttributeError("decision_function is not available for several multiclass targets.")
        return True

    @available_if(_has_one_target)
    def decision_function(self, X):
        """Return what decides on labels: the net's outputs before the softmax or sigmoid.

        They are logarithms of the probabilities, up to a constant of the row, but for `loss="logit_adjusted"`: there
        they are the adjusted ones. Where `prediction_prior` is given, they follow it with any loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to classify, of the kind the class takes: a table, images, ...

        Returns
        -------
        scores : ndarray of shape (n_samples,) for two classes, else (n_samples, n_classes)
            With two classes, positive values mean the second.
        """
        return self._decoded(X, targets.decisions, priors.decision_shifts)

    def score(self, X, y, sample_weight=None):
        """Return the accuracy; of rows that are right in every target where there are several.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows to classify, of the kind the class takes: a table, images, ...
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            Between 0 and 1.
        """
        predicted = self.predict(X)
        if self._net.target.kind == "multioutput":
            return float(np.average((predicted == np.asarray(y)).all(axis=1), weights=sample_weight))
        return accuracy_score(y, predicted, sample_weight=sample_weight)

    def _decoded(self, X, decode, shifts):
        """Return what a function makes of the outputs of the net, shifted for a prior, and what is known of targets."""
        return self._of_outputs(self._raw_outputs(X), decode, shifts)

    def _of_outputs(self, outputs, decode, shifts):
        return decode(priors.shifted(outputs, shifts(self._net, self.prediction_prior)), self._net.target)

    def _check_classes(self, classes):
        """Ask for the classes at the first call of partial_fit, and for the same ones later."""
        if classes is None and not hasattr(self, "classes_"):
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is None:
            return
        given = [np.unique(one) for one in targets.classes_of_each(classes)]
        if min(map(len, given), default=0) < 2:
            raise ValueError(f"classes must name at least 2 classes, got {[one.tolist() for one in given]}.")
        known = self._net.target.classes if hasattr(self, "classes_") else given
        if len(given) != len(known) or not all(map(np.array_equal, given, known)):
            given, known = ([one.tolist() for one in each] for each in (given, known))
            raise ValueError(f"classes must be the same as on the last call, {known}, got {given}.")

    def _problem(self):
        return Classification(self.loss, self.label_smoothing, balance_of(self), self.prediction_prior)
