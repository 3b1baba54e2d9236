"""The fit, partial_fit and outputs of every classifier and regressor.

A concrete estimator adds its parameters, says what X is (`_inputs`) and which net it wants (`_design`).
"""

import functools
import inspect

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs import precision
from skdeep._data.rows import RowData
from skdeep._estimator import fitting, priors
from skdeep._estimator.averaging import averaged
from skdeep._estimator.base import BaseDeepEstimator
from skdeep.utils._words import check_arguments


def _arguments_checked(fit):
    _, *known = inspect.signature(fit).parameters

    @functools.wraps(fit)
    def checked(self, *arguments, **named):
        check_arguments(self, named, known)
        return fit(self, *arguments, **named)

    return checked


class SupervisedEstimator(BaseDeepEstimator):
    """Training and prediction, whatever the targets are.

    Subclasses define `_inputs()`, which returns what X is, an object of `skdeep._data.inputs`, whose class is
    `_inputs_class`; `_problem()`, which returns what is to be learned of y, an object of
    `skdeep._estimator.problems`; and `_design(inputs, signature, output_sizes)`, which returns the Design of a net.
    """

    _attributes = """
        history_ : dict of list
            Values of each epoch: "loss", "learning_rate", "seconds" and, with validation data, "val_loss", "val_score"
            and each of several scores ("val_roc_auc"); the loss of each output where there are several ("output_0",
            "val_output_0").
        validation_scores_ : list of float or None
            Validation score of each epoch, or the negative validation loss if `scoring="loss"`.
        best_loss_ : float or None
            Smallest training loss; None with early stopping.
        best_validation_score_ : float or None
            Largest of the validation scores.
        n_iter_ : int
            Epochs of the last fit; those of `partial_fit` add up.
        n_epochs_ : int
            Epochs the weights have seen, earlier fits of a warm start included.
        n_restarts_ : int
            How often the last fit was begun again.
        optimizer_state_ : list of ndarray
            Slots and step count of the optimizer, from which training can go on.
        callbacks_ : list of keras.callbacks.Callback
            The trained copies of the callbacks.
    """

    @_arguments_checked
    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train the net.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, of the kind the class takes: a table, images, ...
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss; a row of weight two counts as two rows, one of weight zero not at all.
        X_val : array-like of shape (n_validation, ...), default=None
            Validation data, evaluated after every epoch; early stopping watches it instead of splitting rows off X.
        y_val : array-like of shape (n_validation,) or (n_validation, n_targets), default=None
            Targets of the validation data.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of the validation data.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or if training diverges. The estimator then stays as it was.
        """
        self._validate_params()
        rows, held_out = RowData(X, y, sample_weight), RowData(X_val, y_val, sample_weight_val)
        with self._unchanged_on_failure():
            fitting.fit(self, self._inputs(), self._problem(), rows, held_out, epochs=self.epochs)
        return self

    def _partial_fit(self, X, y, sample_weight, classes, epochs):
        self._validate_params()
        fitting.check_incremental(self, epochs)
        with self._unchanged_on_failure():
            fitting.fit(
                self,
                self._inputs(),
                self._problem(),
                RowData(X, y, sample_weight),
                RowData(None),
                epochs=epochs,
                classes=classes,
                incremental=True,
            )
        return self

    def _raw_outputs(self, X):
        """Return the outputs of the net, in single precision if X is, whatever they were computed in."""
        check_is_fitted(self, "weights_")
        single = precision.is_single(X)
        X = self._net.inputs.validate(self, X, reset=False)
        outputs = self._outputs(X)
        outputs = priors.logits(outputs, self._net) if self._net.loss.counts else outputs
        outputs = averaged(outputs, self._net) if self._net.is_averaged else outputs
        return [output.astype(np.float32, copy=False) for output in outputs] if single else outputs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
