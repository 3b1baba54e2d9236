"""Training with `keras.Model.fit`, for models that a program cannot train."""

from scipy import sparse

from skdeep.utils._lazy import keras
from skdeep.wrappers import _building, _validation


def fit(wrapper, rows, validation, arguments, callbacks, schedule, early):
    """Train the model of a wrapper and return the history of its losses and metrics."""
    model = wrapper.model_
    arguments = dict(arguments) | {"sample_weight": rows.sample_weight}
    if validation is not None:
        parts = (_taken_by_keras(validation.X), validation.y, validation.sample_weight)
        arguments["validation_data"] = tuple(part for part in parts if part is not None)
    callbacks = [*callbacks, *_schedules(wrapper, model, schedule, arguments), *_stopping(wrapper, early)]
    if _validation.is_stream(rows.X):
        arguments = {name: value for name, value in arguments.items() if name not in ("batch_size", "sample_weight")}
    seed = None if wrapper._random_seeds[0] is None else wrapper._random_seeds[1]
    with _building.lock, _building.seeded(seed):
        return model.fit(x=_taken_by_keras(rows.X), y=rows.y, callbacks=callbacks, **arguments).history


def _taken_by_keras(X):
    return X.toarray() if sparse.issparse(X) else X


def _stopping(wrapper, early):
    if not early:
        return []
    return [
        keras.callbacks.EarlyStopping(
            "val_loss", wrapper.tol, min(wrapper.n_iter_no_change, 10**9), restore_best_weights=True
        )
    ]


def _schedules(wrapper, model, schedule, arguments):
    """Return a callback that sets the learning rate at the beginning of each epoch."""
    if schedule is None:
        return []
    base, epochs = float(model.optimizer.learning_rate), arguments["epochs"]
    return [keras.callbacks.LearningRateScheduler(lambda epoch: base * float(schedule(epoch / epochs)))]
