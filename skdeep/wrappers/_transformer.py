"""A Keras model, or what is inside of it, as features."""

import math

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep.utils._lazy import keras
from skdeep.wrappers import _fitting, _validation
from skdeep.wrappers._base import BaseWrapper
from skdeep.wrappers._docs import completed_by


@completed_by(BaseWrapper)
class KerasTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseWrapper):
    """The outputs of a Keras model, or of one of its layers, as features.

    Without y, or with ``ignore_y=True`` in a pipeline that hands y to all steps, the model learns to return X itself,
    as an autoencoder does, and `layer` names its code.

    Parameters
    ----------
    {parameters}
    layer : str or None, default=None
        Name of the layer whose outputs are the features; None is those of the model. Of several outputs, and of outputs
        with more axes than two, the values are laid end to end.
    ignore_y : bool, default=False
        Whether the model learns to return X although there is y.
    {kwargs}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.wrappers import KerasTransformer
    >>> def autoencoder(meta):
    ...     inputs = keras.Input((meta["n_features_in_"],))
    ...     code = keras.layers.Dense(2, name="code")(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(meta["n_features_in_"])(code))
    >>> X, _ = load_iris(return_X_y=True)
    >>> transformer = KerasTransformer(autoencoder, layer="code", loss="mse", epochs=5, verbose=0, random_state=0)
    >>> transformer.fit_transform(X).shape
    (150, 2)
    """

    def __init__(self, model=None, *, layer=None, ignore_y=False, **kwargs):
        super().__init__(model, **kwargs)
        self.layer = layer
        self.ignore_y = ignore_y

    def _targets(self, X, y):
        return X if y is None or self.ignore_y else y

    def _train(self, X, y, *arguments, **named):
        super()._train(X, y, *arguments, **named)
        self._learns_rows = y is None or self.ignore_y

    @available_if(lambda self: vars(self).get("_learns_rows", False))
    def reconstruct(self, X):
        """Return what a model that has learned to return X makes of it.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.

        Returns
        -------
        rows : ndarray
            The same rows, made again.
        """
        return self.predict(X)

    def transform(self, X):
        """Return the features of rows.

        Parameters
        ----------
        X : array-like, sparse matrix, list or dict of arrays
            Rows; a list or dict has one array for each input of the model.

        Returns
        -------
        features : ndarray of shape (n_samples, n_features_out)
            One row each.
        """
        check_is_fitted(self)
        X = self.feature_encoder_.transform(_validation.inputs(self, X, reset=False))
        outputs = keras.tree.flatten(_fitting.inside(self, X, self.layer))
        flat = [output.reshape(len(output), -1) for output in outputs]
        return flat[0] if len(flat) == 1 else keras.ops.convert_to_numpy(keras.ops.concatenate(flat, axis=1))

    @property
    def _n_features_out(self):
        outputs = self._model.outputs if self.layer is None else [_fitting.layer_of(self._model, self.layer).output]
        return sum(math.prod(output.shape[1:]) for output in outputs)
