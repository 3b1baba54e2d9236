"""Keras callbacks in the training loop: copies are trained, epoch hooks keep the fast path."""

import copy

from skdeep.utils._tensorflow import keras

_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")


def wants_batches(callback):
    """Whether the callback has to be called after every batch."""
    if isinstance(callback, (keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore)):
        return callback.save_freq != "epoch"
    own = vars(callback)
    return any(
        name in own or getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        for name in _BATCH_HOOKS
    )


class Callbacks:
    """The callbacks of one fit.

    Parameters
    ----------
    callbacks : list of keras.callbacks.Callback
        Copied; the user's own are never touched.
    program : Program
        Its model is what the callbacks see and may change.
    """

    def __init__(self, callbacks, program):
        self.copies = [copy.deepcopy(callback) for callback in callbacks]
        self.by_batch = any(map(wants_batches, self.copies))
        self._model, self._optimizer = program.model, program.optimizer

    def attach(self, *, epochs, steps):
        """Show the model to the callbacks, and tell them how many epochs and steps are planned."""
        self._model.compile(optimizer=self._optimizer, jit_compile=False)
        self._model.stop_training = False
        self._model._initial_epoch = None
        for callback in self.copies:
            callback.set_params({"verbose": 0, "epochs": epochs, "steps": steps})
            callback.set_model(self._model)

    @property
    def stop(self):
        """Whether a callback asked to stop."""
        return bool(self._model.stop_training)

    @property
    def initial_epoch(self):
        """The epoch a backup was restored from, or 0."""
        return self._model._initial_epoch or 0

    def call(self, hook, *arguments):
        """Call one hook of every callback."""
        for callback in self.copies:
            getattr(callback, hook)(*arguments)

    def detach(self):
        """Let go of the program's model, so that the callbacks can be kept and copied."""
        for callback in self.copies:
            callback._model = None
        self._model.optimizer = None
