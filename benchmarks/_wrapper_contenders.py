"""A Keras model that a user has written, as an estimator of three kinds. The function that builds it is the same."""

from _contenders import KERAS, OURS, SCIKERAS
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import FunctionTransformer

NAMES = (OURS, KERAS, SCIKERAS)
RATE = {OURS: "optimizer__learning_rate", KERAS: "learning_rate", SCIKERAS: "optimizer__learning_rate"}
WIDTH = 32  # columns of the first of two inputs

_SETTINGS = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam", "verbose": 0, "random_state": 0}


def one_input(meta):
    """Return a net with one input."""
    import keras

    inputs = keras.Input((meta["n_features_in_"],))
    hidden = keras.layers.Dense(100, activation="relu")(inputs)
    hidden = keras.layers.Dropout(0.2)(hidden)
    return keras.Model(inputs, keras.layers.Dense(meta["n_classes_"], activation="softmax")(hidden))


def two_inputs(meta):
    """Return a net with two inputs, which meet in the middle."""
    import keras

    widths = {"first": WIDTH, "second": meta["n_features_in_"] - WIDTH}
    inputs = {name: keras.Input((width,), name=name) for name, width in widths.items()}
    hidden = [keras.layers.Dense(50, activation="relu")(one) for one in inputs.values()]
    hidden = keras.layers.Dense(50, activation="relu")(keras.layers.Concatenate()(hidden))
    hidden = keras.layers.Dropout(0.2)(hidden)
    return keras.Model(inputs, keras.layers.Dense(meta["n_classes_"], activation="softmax")(hidden))


def in_two(X):
    """Return the columns of X as the two inputs."""
    return {"first": X[:, :WIDTH], "second": X[:, WIDTH:]}


def make(name, build, *, epochs, batch_size):
    """Return an unfitted classifier.

    Parameters
    ----------
    name : str
        One of NAMES.
    build : callable
        One of the two functions above.
    epochs, batch_size : int
        The training, the same for all.
    """
    if name == KERAS:
        return KerasFit(build, epochs=epochs, batch_size=batch_size)
    if name == OURS:
        from skdeep.wrappers import KerasClassifier
    else:
        from scikeras.wrappers import KerasClassifier

    class OfTwoInputs(KerasClassifier):
        """The way of scikeras, and ours: an encoder takes X apart."""

        @property
        def feature_encoder(self):
            return FunctionTransformer(in_two)

    cls = OfTwoInputs if build is two_inputs else KerasClassifier
    return cls(build, epochs=epochs, batch_size=batch_size, **_SETTINGS)


class KerasFit(ClassifierMixin, BaseEstimator):
    """`keras.Model.fit` on a new model at every fit, which is what a search needs.

    Parameters
    ----------
    build : callable
    epochs, batch_size : int
    learning_rate : float
    """

    def __init__(self, build, epochs=20, batch_size=200, learning_rate=1e-3):
        self.build = build
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate

    def fit(self, X, y):
        """Build, compile and train."""
        import keras
        import numpy as np

        self.classes_ = np.unique(y)
        keras.utils.set_random_seed(0)
        self.model_ = self.build({"n_features_in_": X.shape[1], "n_classes_": len(self.classes_)})
        self.model_.compile(keras.optimizers.Adam(self.learning_rate), "sparse_categorical_crossentropy")
        fitted = self.model_.fit(self._taken(X), y, batch_size=self.batch_size, epochs=self.epochs, verbose=0)
        self.history_ = fitted.history
        return self

    def _taken(self, X):
        return in_two(X) if self.build is two_inputs else X

    def predict(self, X):
        """Return labels."""
        return self.classes_[self.model_.predict(self._taken(X), verbose=0).argmax(axis=1)]
