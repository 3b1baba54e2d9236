"""Training with `keras.Model.fit`, for models that a program cannot train."""

import numpy as np
from scipy import sparse

from skdeep.utils._lazy import keras
from skdeep.wrappers import _building, _validation


def fit(wrapper, rows, validation, arguments, callbacks, schedule, early):
    """Train the model of a wrapper and return the history of its losses and metrics."""
    model = wrapper.model_
    arguments = dict(arguments) | {"sample_weight": _weights(model, rows)}
    if validation is not None:
        parts = (taken_by_keras(validation.X), validation.y, _weights(model, validation))
        arguments["validation_data"] = tuple(part for part in parts if part is not None)
    callbacks = [*callbacks, *_schedules(model, schedule, arguments), *_stopping(wrapper, early)]
    if _validation.is_stream(rows.X):
        dropped = ("batch_size", "sample_weight") if rows.y is None else ()
        arguments = {name: value for name, value in arguments.items() if name not in dropped}
        arguments["shuffle"] = arguments.get("shuffle", True) and rows.y is not None
    seed = None if wrapper._random_seeds[0] is None else wrapper._random_seeds[1]
    by_step = _steps(model, schedule, arguments) if wrapper._epoch_is_step else {}
    arguments |= {"steps_per_epoch": 1} if by_step else {}
    with _building.lock, _building.seeded(seed):
        return model.fit(x=taken_by_keras(rows.X), y=rows.y, callbacks=callbacks, **arguments).history | by_step


def _steps(model, schedule, arguments):
    """Return what the history of a training in which an epoch is one step has besides: the rate of each."""
    base, epochs = float(model.optimizer.learning_rate), arguments["epochs"]
    return {"learning_rate": [base * float(schedule(epoch / epochs)) for epoch in range(epochs)]}


def _weights(model, rows):
    """Return weights of rows in the structure of the targets, which Keras wants if there are several."""
    given, names = rows.sample_weight, getattr(model, "output_names", ())
    if not isinstance(given, dict) or isinstance(rows.y, dict):
        return given
    ones = np.ones(_validation.first(list(keras.tree.flatten(rows.y))).shape[0])
    return [ones if given.get(name) is None else given[name] for name in names]


def taken_by_keras(X):
    """Return rows as Keras takes them: dense, and texts as a tensor."""
    if isinstance(X, (dict, list)):
        return _validation.each(X, taken_by_keras)
    if sparse.issparse(X):
        return X.toarray()
    holds_texts = isinstance(X, np.ndarray) and X.dtype.kind in "OUS"
    return keras.ops.convert_to_tensor(X.astype(str), "string") if holds_texts else X


def _stopping(wrapper, early):
    if not early:
        return []
    return [
        keras.callbacks.EarlyStopping(
            "val_loss", wrapper.tol, min(wrapper.n_iter_no_change, 10**9), restore_best_weights=True
        )
    ]


def _schedules(model, schedule, arguments):
    """Return a callback that sets the learning rate before each batch."""
    if schedule is None:
        return []
    base, epochs = float(model.optimizer.learning_rate), arguments["epochs"]

    class Scheduled(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            share = batch / self.params["steps"] if self.params.get("steps") else 0.0
            self.model.optimizer.learning_rate = base * float(schedule((self.epoch + share) / epochs))

    return [Scheduled()]
