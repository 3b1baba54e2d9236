"""A Keras model as a scikit-learn classifier."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.class_weight import compute_sample_weight

from skdeep.utils._attributes import unchanged_on_failure
from skdeep.wrappers._base import BaseWrapper
from skdeep.wrappers._docs import completed_by
from skdeep.wrappers._encoders import ClassifierLabelEncoder


@completed_by(BaseWrapper)
class KerasClassifier(ClassifierMixin, BaseWrapper):
    """A Keras model as a classifier.

    Labels of any kind become whole numbers, or zeros and ones if the loss is ``"categorical_crossentropy"``; the
    function that builds the model finds ``n_classes_`` and ``target_type_`` in ``meta``. Its outputs are probabilities.

    Parameters
    ----------
    {parameters}
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes by label, multiplied with sample_weight. "balanced" weighs them inversely to their number
        of rows. For several columns of labels, a list with one for each, whose product counts for all outputs; or, if
        each output has one column, a dict of these by the names of the outputs.
    {kwargs}

    Attributes
    ----------
    classes_ : ndarray
        The labels.
    n_classes_ : int
        Their number.
    n_outputs_, n_outputs_expected_ : int
        Columns of y, and outputs that the model should have.
    {attributes}

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.wrappers import KerasClassifier
    >>> def net(meta, units=16):
    ...     inputs = keras.Input((meta["n_features_in_"],))
    ...     hidden = keras.layers.Dense(units, activation="relu")(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(meta["n_classes_"], activation="softmax")(hidden))
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = KerasClassifier(
    ...     net, loss="sparse_categorical_crossentropy", optimizer="adam", optimizer__learning_rate=0.02, units=32,
    ...     epochs=60, verbose=0, random_state=0,
    ... )
    >>> bool(classifier.fit(X, y).score(X, y) > 0.9)
    True
    """

    _needs_y = True

    def __init__(self, model=None, *, class_weight=None, **kwargs):
        super().__init__(model, **kwargs)
        self.class_weight = class_weight

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Return the accuracy.

        Parameters
        ----------
        y_true, y_pred : array-like
            Labels.
        **kwargs : dict
            Of `sklearn.metrics.accuracy_score`.

        Returns
        -------
        score : float
            The larger, the better.
        """
        return accuracy_score(y_true, y_pred, **kwargs)

    score = vars(BaseWrapper)["score"]  # before that of the mixin

    @property
    def target_encoder(self):
        """A new `ClassifierLabelEncoder`; see `BaseWrapper`."""
        return ClassifierLabelEncoder(loss=self.loss, categories=getattr(self, "classes_", None))

    def initialize(self, X, y):
        """Build and compile the model without any training, as for one that is trained already.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like
            Targets; a dict has one array for each output.

        Returns
        -------
        self : object
            This estimator.
        """
        with unchanged_on_failure(self):
            self.classes_ = None
            return super().initialize(X, y)

    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None, **kwargs):
        """Build a model and train it.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like
            Labels.
        sample_weight : array-like, or list or dict of these, default=None
            Weights of rows, for all outputs or for each.
        X_val, y_val, sample_weight_val : array-like, default=None
            Rows that are only evaluated after each epoch.
        **kwargs : dict
            Further arguments of `keras.Model.fit`.

        Returns
        -------
        self : object
            This estimator.
        """
        with unchanged_on_failure(self):
            if not (self.warm_start and self.initialized_):
                self.classes_ = None
            held_out = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
            return super().fit(X, y, sample_weight, **held_out, **kwargs)

    def partial_fit(self, X, y, classes=None, sample_weight=None, **kwargs):
        """Train for one more epoch.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        y : array-like
            Labels.
        classes : array-like, default=None
            All labels there will ever be; needed in the first call, if y does not have them all.
        sample_weight : array-like, or list or dict of these, default=None
            Weights of rows, for all outputs or for each.
        **kwargs : dict
            Further arguments of `keras.Model.fit`.

        Returns
        -------
        self : object
            This estimator.
        """
        with unchanged_on_failure(self):
            if not self.initialized_:
                self.classes_ = None if classes is None else np.unique(classes)
            return super().partial_fit(X, y, sample_weight, **kwargs)

    def _type_of_target(self, y):
        kind = super()._type_of_target(y)
        # Of labels that are still to come, two may be there so far.
        known = getattr(self, "classes_", None)
        return super()._type_of_target(known) if kind == "binary" and known is not None else kind

    def _strata(self, y):
        y = np.asarray(y) if not isinstance(y, (list, tuple, dict)) else None
        if y is None or (y.ndim > 1 and y.shape[1] > 1):
            return None
        counts = np.unique(y, return_counts=True)[1]
        return y if counts.min() > 1 else None

    def _with_class_weights(self, y, sample_weight):
        if self.class_weight is None:
            return sample_weight
        if not _is_by_output(self.class_weight):
            return _product(sample_weight, compute_sample_weight(self.class_weight, y))
        names = list(getattr(self._model, "output_names", ()))
        unknown = sorted(self.class_weight.keys() - set(names))
        if unknown or np.ndim(y) != 2 or y.shape[1] != len(names):
            raise ValueError(
                "class_weight by the names of outputs is for models whose outputs each have one column of y: there are "
                f"the outputs {names}, weights for {sorted(self.class_weight)}, and y of shape {np.shape(y)}."
            )
        of_classes = {name: self.class_weight.get(name) for name in names}
        weights = {
            name: compute_sample_weight(one, y[:, column]) for column, (name, one) in enumerate(of_classes.items())
        }
        if not isinstance(sample_weight, dict):
            sample_weight = dict.fromkeys(names, sample_weight)
        return {name: _product(sample_weight.get(name), one) for name, one in weights.items()}

    def predict_proba(self, X, **kwargs):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.
        **kwargs : dict
            Further arguments of `keras.Model.predict`.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`, or what the target encoder makes of the outputs of the model.
        """
        outputs = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(outputs, return_proba=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = self.epochs == 1  # which is the default, and promises nothing
        return tags


def _is_by_output(class_weight):
    """Whether class weights are given for each output by its name, and not by label."""
    return isinstance(class_weight, dict) and any(isinstance(one, (dict, str)) for one in class_weight.values())


def _product(sample_weight, of_classes):
    """Return weights of rows, times those of their classes."""
    if sample_weight is None:
        return of_classes
    if isinstance(sample_weight, dict):
        return {name: _product(one, of_classes) for name, one in sample_weight.items()}
    return np.asarray(sample_weight) * of_classes
