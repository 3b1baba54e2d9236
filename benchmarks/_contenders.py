"""The same net four ways: dense layers with ReLU, Adam, the same batches and epochs, no penalty, no early stopping.

Each function imports its own library when it is called, so that a process that measures one contender loads no other.
"""

from sklearn.base import BaseEstimator, ClassifierMixin

OURS, SKLEARN, KERAS, SCIKERAS = CONTENDERS = ("scikit-deep", "scikit-learn", "Keras", "scikeras")
TORCH, AEON = "PyTorch", "aeon"  # take part where they are installed: with images and series, with series

# The parameter that a search over learning rates sets.
RATE = {
    OURS: "learning_rate",
    SKLEARN: "learning_rate_init",
    KERAS: "learning_rate",
    SCIKERAS: "optimizer__learning_rate",
}

_ROWS_PER_PREDICTION = 1024  # Keras' own 32 would make its bulk prediction needlessly slow


def make(name, hidden, *, epochs, batch_size=200):
    """Return an unfitted classifier of a contender.

    Parameters
    ----------
    name : str
        One of CONTENDERS.
    hidden : tuple of int
        Units of each hidden layer.
    epochs, batch_size : int
        The training, the same for all.
    """
    return _MAKERS[name](hidden, epochs, batch_size)


def final_loss(estimator):
    """Return the training loss of the last epoch, which shows that the contenders did the same work."""
    history = getattr(estimator, "loss_curve_", None) or estimator.history_["loss"]
    return float(history[-1])


def _ours(hidden, epochs, batch_size):
    from skdeep.tabular import MLPClassifier

    return MLPClassifier(hidden, epochs=epochs, batch_size=batch_size, n_iter_no_change=epochs, random_state=0)


def _sklearn(hidden, epochs, batch_size):
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        hidden, max_iter=epochs, batch_size=batch_size, n_iter_no_change=epochs, alpha=0.0, random_state=0
    )


def _keras(hidden, epochs, batch_size):
    return KerasFit(hidden, epochs=epochs, batch_size=batch_size)


def _scikeras(hidden, epochs, batch_size):
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        _scikeras_net,
        hidden=hidden,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=1e-3,
        epochs=epochs,
        batch_size=batch_size,
        predict__batch_size=_ROWS_PER_PREDICTION,
        verbose=0,
    )


def _scikeras_net(meta, hidden):
    return _net(hidden, meta["n_features_in_"], meta["n_classes_"])


_MAKERS = {OURS: _ours, SKLEARN: _sklearn, KERAS: _keras, SCIKERAS: _scikeras}


def _net(hidden, n_features, n_classes, sparse=False):
    import keras

    layers = [keras.layers.Input((n_features,), sparse=sparse)]
    layers += [keras.layers.Dense(units, activation="relu") for units in hidden]
    return keras.Sequential([*layers, keras.layers.Dense(n_classes, activation="softmax")])


class KerasFit(ClassifierMixin, BaseEstimator):
    """`keras.Model.fit` on a new model at every fit, which is what a search or a cross-validation needs.

    Parameters
    ----------
    hidden : tuple of int
    epochs, batch_size : int
    learning_rate : float
    """

    def __init__(self, hidden=(100,), epochs=20, batch_size=200, learning_rate=1e-3):
        self.hidden = hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate

    def fit(self, X, y):
        """Build, compile and train."""
        import keras
        import numpy as np

        self.classes_ = np.unique(y)
        self.model_ = _net(self.hidden, X.shape[1], len(self.classes_), sparse=hasattr(X, "tocsr"))
        optimizer = keras.optimizers.Adam(self.learning_rate)
        self.model_.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
        fitted = self.model_.fit(X, y, batch_size=self.batch_size, epochs=self.epochs, verbose=0)
        self.history_ = fitted.history
        return self

    def predict_proba(self, X):
        """Return probabilities."""
        return self.model_.predict(X, batch_size=_ROWS_PER_PREDICTION, verbose=0)

    def predict(self, X):
        """Return labels."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
