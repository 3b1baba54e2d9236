"""The same net for series several ways: the layers of our `model_`, Adam, the same batches, no penalty.

A contender has `taken`, which turns series into what it trains on, and `fit`, which trains and returns the mean loss
of the last epoch. Keras and PyTorch go on with the same model at the next fit: nothing is compiled anew. aeon makes a
new model at every fit.
"""

import importlib.util
import tempfile
from dataclasses import dataclass, field

import numpy as np
from _contenders import AEON, KERAS, OURS, TORCH

LEARNING_RATE = 1e-3
N_CLASSES = 3


@dataclass(frozen=True)
class Net:
    """A net and the series it is trained on.

    Parameters
    ----------
    label : str
    estimator : str
        Of skdeep.sequence.
    settings : dict
        Of the estimator.
    shape : tuple of int
        Series, moments and channels.
    batch_size : int
    ragged : bool
        Whether series end anywhere in their second half.
    bounds : dict of str to float
        How many times the seconds of a contender we may take.
    """

    label: str
    estimator: str
    settings: dict
    shape: tuple = (1024, 100, 8)
    batch_size: int = 64
    ragged: bool = False
    bounds: dict = field(default_factory=dict)


def _recurrent(label, cell, bound, **more):
    bounds = {KERAS: 1.0, TORCH: bound}
    return Net(label, "RNNClassifier", {"cell": cell, "units": 64}, bounds=bounds, **more)


def _convolutional(label, architecture):
    settings = {"architecture": architecture, "weight_decay": 0.0}
    return Net(label, "TemporalCNNClassifier", settings, (50, 150, 1), 16, bounds={KERAS: 1.0})


NETS = {
    "lstm": _recurrent("LSTM of 64 units", "lstm", 1.6),
    "gru": _recurrent("GRU of 64 units", "gru", 1.0),
    "simple": _recurrent("SimpleRNN of 64 units", "simple", 1.0),
    "ragged": _recurrent("LSTM of 64 units, ragged", "lstm", 1.6, ragged=True),
    "transformer": Net(
        "transformer block, width 64",
        "TransformerClassifier",
        {"n_layers": 1, "n_heads": 4, "width": 64, "dropout": 0.0},
        bounds={KERAS: 1.0, TORCH: 1.0},
    ),
    "fcn": _convolutional("FCN, 128/256/128 filters", "fcn"),
    "inception": _convolutional("inception, 6 blocks of 16 filters", "inception"),
}


def series(shape, ragged=False):
    """Return float32 noise, an array or a list of arrays, and which third the mean of its first channel is in."""
    rng = np.random.default_rng(0)
    n_series, time, _ = shape
    X = rng.standard_normal(shape, dtype=np.float32)
    y = N_CLASSES * X[:, :, 0].mean(axis=1).argsort().argsort() // n_series
    if ragged:
        ends = rng.integers(time // 2, time, n_series, endpoint=True)
        X = [row[:end] for row, end in zip(X, ends, strict=True)]
    return X, y


class Ours:
    """An estimator of skdeep.sequence, at a constant learning rate.

    Parameters
    ----------
    net : Net
    epochs : int
    """

    def __init__(self, net, epochs=1):
        from skdeep import sequence

        self.estimator = getattr(sequence, net.estimator)(
            **net.settings,
            epochs=epochs,
            batch_size=net.batch_size,
            optimizer="adam",
            learning_rate=LEARNING_RATE,
            learning_rate_schedule=None,
            clip_norm=None,
            standardize=False,
            random_state=0,
        )

    def taken(self, X):
        """Return the series."""
        return X

    def fit(self, X, y):
        """Train from fresh weights."""
        return self.estimator.fit(X, y).loss_curve_[-1]


class Keras:
    """`keras.Model.fit` on padded series in memory; without XLA, which is far slower to start.

    Parameters
    ----------
    model : keras.Model
        Whose layers are used, with fresh weights.
    net : Net
    epochs : int
    anew : bool
        Whether each fit makes and compiles a model, as a search has to.
    """

    def __init__(self, model, net, epochs=1, anew=False):
        self.layers, self.net, self.epochs, self.anew = model, net, epochs, anew
        self.model = self._compiled()

    def _compiled(self):
        import keras

        model = keras.models.clone_model(self.layers)
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
        return model

    def taken(self, X):
        """Return an array; of ragged series, padded ones and their lengths."""
        if not self.net.ragged:
            return X
        values, lengths = padded(X)
        return {"X": values, "X_lengths": lengths}

    def fit(self, X, y):
        """Train on."""
        model = self._compiled() if self.anew else self.model
        fitted = model.fit(X, y, batch_size=self.net.batch_size, epochs=self.epochs, verbose=0)
        return fitted.history["loss"][-1]


class Aeon:
    """aeon's FCNClassifier, or its InceptionTimeClassifier with one member and our filters.

    Parameters
    ----------
    architecture : {"fcn", "inception"}
    net : Net
    epochs : int
    """

    def __init__(self, architecture, net, epochs):
        from aeon.classification import deep_learning

        # Each fit writes its best weights into a folder.
        self._folder = tempfile.TemporaryDirectory()
        common = {
            "n_epochs": epochs,
            "batch_size": net.batch_size,
            "file_path": f"{self._folder.name}/",
            "random_state": 0,
        }
        if architecture == "fcn":
            self.estimator = deep_learning.FCNClassifier(**common)
        else:
            sizes = {"n_classifiers": 1, "depth": 6, "n_filters": 16, "bottleneck_size": 16}
            self.estimator = deep_learning.InceptionTimeClassifier(**sizes, **common)

    def taken(self, X):
        """Return the series with the channel first."""
        return np.ascontiguousarray(X.transpose(0, 2, 1))

    def fit(self, X, y):
        """Train from fresh weights; the loss stays inside."""
        self.estimator.fit(X, y)


def padded(X):
    """Return ragged series with zeros behind their ends, and their lengths."""
    lengths = np.array([len(row) for row in X], dtype=np.int32)
    values = np.zeros((len(X), lengths.max(), X[0].shape[1]), dtype=X[0].dtype)
    for row, given in zip(values, X, strict=True):
        row[: len(given)] = given
    return values, lengths


def installed(package):
    """Return whether a package can be imported."""
    return importlib.util.find_spec(package) is not None


def for_an_epoch(name, net):
    """Return those who train an epoch, by name; ours is fitted, for Keras takes its layers.

    Parameters
    ----------
    name : str
        Of NETS.
    net : Net
        The entry of that name, or a smaller one.
    """
    ours, model = _fitted(net)
    made = {OURS: ours, KERAS: Keras(model, net)}
    if installed("torch"):
        import _torch_sequences

        made[TORCH] = torch = _torch_sequences.Torch(name, net)
        n_parameters = sum(weight.numpy().size for weight in model.trainable_weights)
        if torch.n_parameters != n_parameters:
            raise AssertionError(f"The nets differ: {n_parameters} weights here, {torch.n_parameters} in PyTorch's.")
    return made


def for_a_fit(name, net, epochs):
    """Return those who make a net and train it for some epochs, by name; without aeon if it is not there or fails."""
    ours, model = _fitted(net, epochs)
    made = {OURS: ours, KERAS: Keras(model, net, epochs, anew=True)}
    if installed("aeon"):
        try:
            aeon = Aeon(name, net, epochs=1)
            X, y = series((2 * net.batch_size, *net.shape[1:]))
            aeon.fit(aeon.taken(X), y)
        except (ImportError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            print(f"aeon cannot train {name} with this Keras: {type(error).__name__}: {error}", flush=True)
        else:
            made[AEON] = Aeon(name, net, epochs)
    return made


def _fitted(net, epochs=1):
    ours = Ours(net, epochs)
    ours.fit(*series((2 * net.batch_size, *net.shape[1:]), net.ragged))
    return ours, ours.estimator.model_
