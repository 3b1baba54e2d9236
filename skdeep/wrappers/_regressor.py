"""A Keras model as a scikit-learn regressor."""

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from skdeep.wrappers._base import BaseWrapper
from skdeep.wrappers._docs import completed_by
from skdeep.wrappers._encoders import RegressorTargetEncoder


@completed_by(BaseWrapper)
class KerasRegressor(RegressorMixin, BaseWrapper):
    """A Keras model as a regressor.

    Parameters
    ----------
    {parameters}
    {kwargs}

    Attributes
    ----------
    n_outputs_, n_outputs_expected_ : int
        Columns of y, and outputs that the model should have.
    {attributes}

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep.wrappers import KerasRegressor
    >>> def net(meta, units=32):
    ...     inputs = keras.Input((meta["n_features_in_"],))
    ...     hidden = keras.layers.Dense(units, activation="relu")(inputs)
    ...     return keras.Model(inputs, keras.layers.Dense(meta["n_outputs_"])(hidden))
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = KerasRegressor(
    ...     net, loss="mse", optimizer="adam", optimizer__learning_rate=0.05, epochs=60, verbose=0, random_state=0
    ... )
    >>> bool(make_pipeline(StandardScaler(), regressor).fit(X, y).score(X, y) > 0.4)
    True
    """

    _y_numeric = _needs_y = True

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        """Return the coefficient of determination, R squared.

        Parameters
        ----------
        y_true, y_pred : array-like
            What is right, and what was predicted.
        **kwargs : dict
            Of `sklearn.metrics.r2_score`.

        Returns
        -------
        score : float
            The larger, the better.
        """
        return r2_score(y_true, y_pred, **kwargs)

    score = vars(BaseWrapper)["score"]  # before that of the mixin

    @property
    def target_encoder(self):
        """A new `RegressorTargetEncoder`; see `BaseWrapper`."""
        return RegressorTargetEncoder()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = self.epochs == 1  # which is the default, and promises nothing
        return tags
