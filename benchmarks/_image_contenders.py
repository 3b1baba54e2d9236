"""The same convolutional net three ways: the layers of our `model_`, Adam, the same batches, no penalty.

A contender has `taken`, which turns bytes into what it trains on, and `fit`, which trains one epoch and returns its
mean loss. Keras and PyTorch go on with the same model at the next fit: nothing is compiled anew.
"""

import importlib.util
import statistics
import time

import numpy as np
from _contenders import KERAS, OURS, TORCH
from sklearn.base import clone

BATCH_SIZE = 64
LEARNING_RATE = 1e-3
SIDE = 28

_TIMED_BATCHES = 10


def digits_enlarged(n_images):
    """Return the digits of scikit-learn, again and again, as bytes on 28 x 28 pixels, and their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images * 15).astype(np.uint8).repeat(3, axis=1).repeat(3, axis=2)
    images = np.pad(images, [(0, 0), (2, 2), (2, 2)])
    return np.resize(images, (n_images, SIDE, SIDE)), np.resize(digits.target, n_images)


class Ours:
    """CNNClassifier, at a constant learning rate.

    Parameters
    ----------
    architecture : str
    """

    def __init__(self, architecture):
        from skdeep.image import CNNClassifier

        self.estimator = CNNClassifier(
            architecture,
            epochs=1,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            learning_rate_schedule=None,
            random_state=0,
        )

    def taken(self, images):
        """Return the bytes."""
        return images

    def fit(self, X, y):
        """Train one epoch from fresh weights."""
        return self.estimator.fit(X, y).loss_curve_[-1]

    def start(self, X, y):
        """Return the seconds from the call of a fit to its first step, which is not taken: the median of five.

        A learning rate schedule is asked for its factors when all else is ready.
        """
        estimator = clone(self.estimator).set_params(learning_rate_schedule=_constant)
        estimator.fit(X[:256], y[:256])  # compiles, the first time
        estimator.set_params(learning_rate_schedule=_stop)
        taken = []
        for _ in range(5):
            started = time.perf_counter()
            try:
                estimator.fit(X, y)
            except _FirstStep:
                taken.append(time.perf_counter() - started)
        return statistics.median(taken)


class _FirstStep(Exception):
    """A fit is ready to train."""


def _constant(done):
    return 1.0


def _stop(done):
    raise _FirstStep


class Keras:
    """`keras.Model.fit` on float32 images in memory; without XLA, which is far slower on a CPU.

    Parameters
    ----------
    net : keras.Model
        Whose layers are used, with fresh weights.
    """

    def __init__(self, net):
        self.net = net
        self.model = self._compiled()

    def _compiled(self):
        import keras

        model = keras.models.clone_model(self.net)
        optimizer = keras.optimizers.Adam(LEARNING_RATE)
        model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=False)
        return model

    def taken(self, images):
        """Return float32 images; the first layer of the net rescales them."""
        return images[..., None].astype(np.float32)

    def fit(self, X, y):
        """Train one more epoch."""
        return self.model.fit(X, y, batch_size=BATCH_SIZE, verbose=0).history["loss"][-1]

    def start(self, X, y):
        """Return the seconds in which a new model is made and comes to its first step.

        That is when the first batch is done, less the median of the next ones: Keras traces within the first.
        """
        import keras

        class Clock(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                ends.append(time.perf_counter())
                self.model.stop_training = len(ends) > _TIMED_BATCHES

        ends, started = [], time.perf_counter()
        self._compiled().fit(X, y, batch_size=BATCH_SIZE, verbose=0, callbacks=[Clock()])
        return ends[0] - started - statistics.median(np.diff(ends))


def contenders(architecture):
    """Return the contenders by name; ours is fitted, for the others take its layers.

    Parameters
    ----------
    architecture : str
    """
    ours = Ours(architecture)
    ours.fit(*digits_enlarged(256))
    model = ours.estimator.model_
    made = {OURS: ours, KERAS: Keras(model)}
    if importlib.util.find_spec("torch") is not None:
        import _torch_contender

        if architecture in _torch_contender.NETS:
            made[TORCH] = torch = _torch_contender.Torch(architecture)
            n_parameters = sum(weight.numpy().size for weight in model.trainable_weights)
            if torch.n_parameters != n_parameters:
                raise AssertionError(
                    f"The nets differ: {n_parameters} weights here, {torch.n_parameters} in PyTorch's."
                )
    return made
