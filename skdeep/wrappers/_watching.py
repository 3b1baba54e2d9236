"""Callbacks that watch a program as if Keras trained the model they are shown."""

import numpy as np

from skdeep._engine.fit.callbacks import wants_batches
from skdeep.utils._tensorflow import keras
from skdeep.wrappers._compiled import renamed, write_back


class Watching:
    """The callbacks of one fit; see `skdeep._engine.fit.callbacks.Callbacks` for what the loop asks.

    Parameters
    ----------
    program : Program
        Trains a copy of the model.
    names : dict
        From the columns of the program to the names that Keras gives losses and metrics.
    model : keras.Model
        The user's, which has the weights of the program whenever a callback is called.
    callbacks : list of keras.callbacks.Callback
        Used as they are.
    first_epoch, epochs : int
        Where training begins, and where it ends.
    """

    copies = ()
    initial_epoch = 0

    def __init__(self, program, names, model, callbacks, first_epoch, epochs):
        self._program, self._names, self._model = program, names, model
        self._callbacks, self._first, self._epochs = callbacks, first_epoch, epochs
        self.by_batch = any(map(wants_batches, callbacks))
        self._trainable, self._logs = self._flags(), {}

    def attach(self, *, epochs, steps):
        """Show the model to the callbacks, and tell them how many epochs and steps are planned."""
        self._model.stop_training = False
        if not self._model.optimizer.built:
            self._model.optimizer.build(self._model.trainable_variables)
        for callback in self._callbacks:
            callback.set_params({"verbose": 0, "epochs": self._epochs, "steps": steps})
            callback.set_model(self._model)

    @property
    def stop(self):
        """Whether a callback asked to stop."""
        return bool(self._model.stop_training)

    def call(self, hook, *arguments):
        """Call one hook of every callback."""
        if "batch" in hook and not self.by_batch:
            return
        *position, logs = arguments
        if "epoch" in hook:
            position = [self._first + position[0]]
        logs = {name: value for name, value in logs.items() if name not in ("learning_rate", "seconds")}
        logs = {renamed(name, self._names): value for name, value in logs.items()}
        self._logs = logs if hook == "on_epoch_end" else self._logs
        logs = dict(self._logs) if hook == "on_train_end" else logs
        before = self._show()
        for callback in self._callbacks:
            getattr(callback, hook)(*position, logs)
        self._take_back(before)

    def _show(self):
        weights = self._program.weights()
        write_back(self._model, weights)
        rate = self._model.optimizer._learning_rate
        if isinstance(rate, keras.Variable):
            rate.assign(self._program.learning_rate)
        return weights

    def _take_back(self, before):
        """Let the program have what callbacks have changed: weights, and the learning rate."""
        if self._flags() != self._trainable:
            raise ValueError(
                "A callback set `trainable` of a layer, which cannot have an effect: the program trains those weights "
                "that it was compiled for. Use engine='keras', or compile the model anew between two fits."
            )
        after = [variable.numpy() for variable in self._model.weights]
        if not all(map(np.array_equal, before, after)):
            self._program.place(after)
        rate = self._model.optimizer._learning_rate
        if isinstance(rate, keras.Variable) and float(rate.numpy()) != self._program.learning_rate:
            self._program.learning_rate = float(rate.numpy())

    def detach(self):
        """Do nothing: the callbacks keep the model, as they do in Keras."""

    def _flags(self):
        return [layer.trainable for layer in self._model._flatten_layers()]
