"""Keras callbacks in the training loop: copies are trained, epoch hooks keep the fast path."""

import copy
import io
from collections import deque

import numpy as np

from skdeep._engine.isolation import isolated
from skdeep.utils._keys import plain_copy
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


def copied(value, known=None):
    """Return a copy of a callback, with copies of the arrays and containers it holds.

    Objects of other libraries in it are not copied: a trial of a search reports to a study, a lock guards something.

    Parameters
    ----------
    value : object
        A callback, or something that one holds.
    known : dict, optional
        Copies of callbacks by the id of the original, since callbacks may hold each other.
    """
    known = {} if known is None else known
    if isinstance(value, keras.callbacks.Callback):
        if id(value) not in known:
            known[id(value)] = plain_copy(value)
            own = {name: copied(one, known) for name, one in vars(value).items()}
            vars(known[id(value)]).update(own)
        return known[id(value)]
    if type(value) is dict:
        return {key: copied(one, known) for key, one in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(copied(one, known) for one in value)
    return copy.copy(value) if isinstance(value, (dict, deque, np.ndarray)) else value


def _drop_what_cannot_be_pickled(callback):
    """Let a callback forget the files that it has closed."""
    for name, value in vars(callback).items():
        if isinstance(value, io.IOBase) and value.closed:
            setattr(callback, name, None)
    if isinstance(callback, keras.callbacks.TensorBoard):  # which would make both again
        callback._writers, callback._summary_module = {}, None


class Callbacks:
    """The callbacks of one fit.

    Parameters
    ----------
    callbacks : list of keras.callbacks.Callback
        Copied; the user's own are never touched.
    program : Program
        Its models are what the callbacks may change.
    show : callable, optional
        Takes the list of these models and returns the one that callbacks see, which has their layers and may have more;
        without, they see the first.
    """

    def __init__(self, callbacks, program, show=None):
        self.copies = [copied(callback) for callback in callbacks]
        self.by_batch = any(map(wants_batches, self.copies))
        self._trained, self._optimizer, self._show = list(program.models.values()), program.optimizer, show
        self._layers = [
            layer for model in self._trained for layer in model._flatten_layers(include_self=False, recursive=True)
        ]
        self._trainable = self._flags()
        self._after_outputs = [(one, list(one._outbound_nodes)) for one in self._output_layers()]
        self._calls = [(model, list(model._inbound_nodes)) for model in self._trained]

    def attach(self, *, epochs, steps):
        """Show the model to the callbacks, and tell them how many epochs and steps are planned."""
        self._model = isolated(self._show, self._trained) if self._show else self._trained[0]
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
        """Call one hook of every callback.

        Raises
        ------
        ValueError
            If one of them froze or thawed a layer.
        """
        for callback in self.copies:
            getattr(callback, hook)(*arguments)
            if "batch" not in hook and self._flags() != self._trainable:
                raise ValueError(
                    f"The callback {type(callback).__name__} set `trainable` of a layer, which cannot have an effect: "
                    "the program trains those weights that it was compiled for."
                )

    def detach(self):
        """Leave the program's models as they were, and let go of them, so that the callbacks can be kept and copied."""
        for callback in self.copies:
            callback._model = None
            _drop_what_cannot_be_pickled(callback)
        for layer, flag in zip(self._layers, self._trainable, strict=True):
            if layer.trainable != flag:
                layer.trainable = flag
        for layer, nodes in self._after_outputs:
            layer._outbound_nodes[:] = nodes
        for model, nodes in self._calls:
            model._inbound_nodes[:] = nodes
            model.optimizer = None

    def _flags(self):
        return [layer.trainable for layer in self._layers]

    def _output_layers(self):
        return [output._keras_history.operation for model in self._trained for output in model.outputs]
