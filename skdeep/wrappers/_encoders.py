"""What becomes of y before a Keras model sees it, and of what the model returns."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
from sklearn.utils.multiclass import type_of_target

from skdeep.utils._lazy import keras
from skdeep.wrappers import _names


class AsGiven(TransformerMixin, BaseEstimator):
    """Rows or targets as they are; a column that is predicted of targets without columns has none either."""

    def fit(self, X):
        """Learn whether there are columns."""
        self._has_no_columns = getattr(X, "ndim", None) == 1
        return self

    def transform(self, X):
        """Return what is given."""
        return X

    def inverse_transform(self, y):
        """Return what the model has returned."""
        return y[:, 0] if self._has_no_columns and getattr(y, "ndim", 0) == 2 and y.shape[1] == 1 else y


class ClassifierLabelEncoder(TransformerMixin, BaseEstimator):
    """Labels as numbers, or as zeros and ones if the loss is the categorical cross entropy.

    Zeros and ones for each label stay as they are.

    Parameters
    ----------
    loss : str, keras.losses.Loss, type, callable or None, default=None
        Of the model.
    categories : array-like or None, default=None
        All labels there will ever be; None for those of `fit`.

    Attributes
    ----------
    classes_ : ndarray, or None where each column has labels of its own
    n_classes_ : int or None
    n_outputs_, n_outputs_expected_ : int
        Columns of y, and outputs that the model should have.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.wrappers import ClassifierLabelEncoder
    >>> encoder = ClassifierLabelEncoder().fit(np.array(["no", "yes", "no"]))
    >>> encoder.transform(np.array(["yes", "no"])).ravel().tolist()
    [1.0, 0.0]
    """

    def __init__(self, loss=None, categories=None):
        self.loss = loss
        self.categories = categories

    def fit(self, y):
        """Learn the labels.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        Returns
        -------
        self : object
            This encoder.
        """
        kind = type_of_target(y)
        if kind == "binary" and self.categories is not None:  # of labels that are still to come, two
            kind = type_of_target(np.asarray(self.categories))
        if kind not in ("binary", "multiclass", "multiclass-multioutput", "multilabel-indicator"):
            raise ValueError(
                f"Unknown label type: {kind}. A classifier takes labels, or zeros and ones of several; for anything "
                "else override target_encoder in a class of your own, or use KerasRegressor."
            )
        self._row_shape = y.shape[1:]
        self.n_outputs_ = self.n_outputs_expected_ = 1
        self.classes_ = self.n_classes_ = None
        self._encoder = None
        if kind in ("binary", "multiclass"):
            self._encoder = self._of_labels(kind).fit(_column(y))
            self.classes_ = self._encoder.categories_[0]
            self.n_classes_ = len(self.classes_)
        elif kind == "multilabel-indicator":
            one_each = y.min() == 0 and (y.sum(axis=1) == 1).all()
            kind = "one-hot" if one_each else kind
            self.classes_, self.n_classes_ = np.arange(y.shape[1]), y.shape[1]
        self._kind = kind
        return self

    def _of_labels(self, kind):
        categories = "auto" if self.categories is None else [np.asarray(self.categories)]
        dtype = np.dtype(keras.config.floatx())
        if kind == "multiclass" and self._is_one_hot:
            return OneHotEncoder(sparse_output=False, dtype=dtype, categories=categories)
        return OrdinalEncoder(dtype=dtype, categories=categories)

    @property
    def _is_one_hot(self):
        return self.loss is not None and _names.name_of(self.loss, "losses") == "categorical_crossentropy"

    def transform(self, y):
        """Return what the model is trained on.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels.

        Returns
        -------
        y : ndarray of shape (n_samples, n_columns)
            Whole numbers, or zeros and ones.

        Raises
        ------
        ValueError
            If there are labels that were not there in `fit`.
        """
        return y if self._encoder is None else self._encoder.transform(_column(y))

    def inverse_transform(self, y, return_proba=False):
        """Return labels, or probabilities, of what the model has returned.

        Parameters
        ----------
        y : ndarray of shape (n_samples, n_columns)
            Outputs of the model.
        return_proba : bool, default=False
            Whether probabilities are wanted.

        Returns
        -------
        y : ndarray
            Labels in the shape of those of `fit`, or probabilities.
        """
        if self._kind == "binary" and (y.ndim == 1 or y.shape[1] == 1) and self.n_classes_ == 2:
            y = np.column_stack([1 - y, y])
        if return_proba:
            return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
        if self._kind == "multilabel-indicator":
            return np.around(y).astype(int, copy=False)
        if self._kind == "multiclass-multioutput":
            raise NotImplementedError(
                "What labels of several columns are, only a target_encoder of your own can say: override "
                "target_encoder in a subclass."
            )
        largest = np.argmax(y, axis=-1)
        if self._kind == "one-hot":
            return np.eye(y.shape[1], dtype=int)[largest]
        return self.classes_[largest].reshape(-1, *self._row_shape)

    def get_metadata(self):
        """Return what the wrapper, and so the function that builds the model, may know.

        Returns
        -------
        metadata : dict
            Fitted attributes by name.
        """
        names = "classes_", "n_classes_", "n_outputs_", "n_outputs_expected_"
        return {name: getattr(self, name) for name in names}


class RegressorTargetEncoder(TransformerMixin, BaseEstimator):
    """Numbers as they are; what is predicted gets the shape they had.

    Attributes
    ----------
    n_outputs_, n_outputs_expected_ : int
        Columns of y, and outputs that the model should have.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.wrappers import RegressorTargetEncoder
    >>> encoder = RegressorTargetEncoder().fit(np.array([1.0, 2.0]))
    >>> encoder.inverse_transform(np.array([[3.0], [4.0]])).tolist()
    [3.0, 4.0]
    """

    def fit(self, y):
        """Learn the shape of a row.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        Returns
        -------
        self : object
            This encoder.
        """
        self._row_shape = y.shape[1:]
        self.n_outputs_ = _n_columns(y)
        self.n_outputs_expected_ = 1
        return self

    def transform(self, y):
        """Return y.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Targets.

        Returns
        -------
        y : ndarray
            The same.

        Raises
        ------
        ValueError
            If it has another number of columns than in `fit`.
        """
        if _n_columns(y) != self.n_outputs_:
            raise ValueError(
                f"Detected ``y`` to have {_n_columns(y)} outputs, shape {y.shape}, but it had {self.n_outputs_} when "
                "the model was built."
            )
        return y

    def inverse_transform(self, y):
        """Return what the model has returned in the shape of y.

        Parameters
        ----------
        y : ndarray of shape (n_samples, n_columns)
            Outputs of the model.

        Returns
        -------
        y : ndarray
            In the shape of the targets of `fit`, and the dtype of the model.
        """
        return y.reshape(-1, *self._row_shape)

    def get_metadata(self):
        """Return what the wrapper, and so the function that builds the model, may know.

        Returns
        -------
        metadata : dict
            Fitted attributes by name.
        """
        return {"n_outputs_": self.n_outputs_, "n_outputs_expected_": self.n_outputs_expected_}


def _column(y):
    return y.reshape(-1, 1) if y.ndim == 1 else y


def _n_columns(y):
    return 1 if y.ndim == 1 else y.shape[1]
