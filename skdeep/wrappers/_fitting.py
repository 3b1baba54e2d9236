"""The life of a fit: rows are checked and encoded, a model is built, and one of two engines trains it."""

from contextlib import contextmanager

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split

from skdeep.schedules import resolve
from skdeep.utils._lazy import keras
from skdeep.wrappers import _building, _choice, _frozen, _keras, _names, _outputs, _validation
from skdeep.wrappers._encoders import AsGiven
from skdeep.wrappers._routing import hint, routed
from skdeep.wrappers._rows import Rows

_HELD_OUT = 0.1  # of the rows, where early stopping is asked for and nothing else is said


def initialize(wrapper, X, y):
    """Check X and y, fit their encoders, and build the model; return X and y."""
    seeds = wrapper._seeds()
    X, y = checked(wrapper, X, y, reset=True)
    streams = _validation.is_stream(X)
    if streams and y is None and is_classifier(wrapper):
        raise ValueError(
            "The labels of a stream are not known before they are read, so that a classifier cannot learn which there "
            "are. Give X and y as arrays, or use BaseWrapper, which leaves targets as they are."
        )
    wrapper.target_encoder_ = (AsGiven() if streams and y is None else wrapper.target_encoder).fit(y)
    vars(wrapper).update(getattr(wrapper.target_encoder_, "get_metadata", dict)())
    wrapper.feature_encoder_ = (AsGiven() if streams else wrapper.feature_encoder).fit(X)
    vars(wrapper).update(getattr(wrapper.feature_encoder_, "get_metadata", dict)())
    model = _building.build(wrapper, seeds[0])
    _check_alone(wrapper, model)
    wrapper._model, wrapper._slots = model, None
    wrapper._random_seeds = seeds
    wrapper._compilation = wrapper._flags = None
    return X, y


def _check_alone(wrapper, model):
    """Raise ValueError if another wrapper has the model too: what one learns would change the other."""
    owner = getattr(model, "_skdeep_owner", None)
    owner = owner and owner()
    if owner is not None and owner is not wrapper and wrapper.model is model and owner.model is model:
        raise ValueError(
            "The same model instance is used by two estimators, and what one of them learns would change the other. "
            "Give each a model of its own, keras.models.clone_model(model), or a function that builds it."
        )
    _outputs.own(model, wrapper)


def checked(wrapper, X, y, *, reset):
    """Return X and y as arrays.

    Raises
    ------
    ValueError
        If they are not what a model can be trained on, or not like those it was built for.
    """
    if _validation.is_stream(X):
        return X, None if y is None else _validation.targets(wrapper, y, numeric=wrapper._y_numeric, reset=reset)
    y = wrapper._targets(X, y)
    if y is None and wrapper._needs_y:
        raise ValueError(f"This {wrapper.__name__} estimator requires y to be passed, but the target y is None.")
    y = None if y is None else _validation.targets(wrapper, y, numeric=wrapper._y_numeric, reset=reset)
    n_rows = None if y is None else len(_validation.first(y))
    X = _validation.inputs(wrapper, X, n_rows=n_rows, reset=reset)
    if y is not None and _validation.first(X).shape[0] != n_rows:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: X has "
            f"{_validation.first(X).shape[0]} rows, y has {n_rows}."
        )
    return X, y


def train(wrapper, X, y, sample_weight, held_out, arguments, *, goes_on, incremental):
    """Train the model of a wrapper, built anew unless it goes on, and add to its history."""
    goes_on = goes_on and wrapper.initialized_
    X, y = checked(wrapper, X, y, reset=False) if goes_on else initialize(wrapper, X, y)
    model = wrapper._model
    callbacks = _building.callbacks(wrapper, "fit")
    if _validation.is_stream(X):
        rows, validation = Rows(X, None if y is None else wrapper.target_encoder_.transform(y), sample_weight), None
    else:
        rows = _encoded(wrapper, X, y, sample_weight)
        validation = _held_out(wrapper, held_out, arguments)
        _frozen.prepare(wrapper, model, rows.X)
    _building.ensure_compiled(wrapper, model)
    if not _validation.is_stream(X):
        _outputs.check(wrapper, model, rows)
    arguments = _arguments(wrapper, rows, arguments)
    rows, validation, arguments = _split(wrapper, rows, validation, arguments, early=not incremental)
    schedule = None if incremental else resolve(wrapper.learning_rate_schedule)
    early = bool(wrapper.early_stopping) and not incremental
    with _unchanged_on_failure(model):
        reason = _choice.reason(wrapper, model, rows, validation, arguments, callbacks)
        if reason is None:
            found = _choice.compiled(wrapper, rows, validation, arguments, callbacks, schedule, early, goes_on)
            history, reason = found
        if reason is not None:
            _choice.check_allowed(wrapper, reason)
            history = _keras.fit(wrapper, rows, validation, arguments, callbacks, schedule, early)
    wrapper.engine_ = "compiled" if reason is None else f"keras: {reason}"
    _remember(wrapper, history, keeps=goes_on and arguments["initial_epoch"] > 0)


@contextmanager
def _unchanged_on_failure(model):
    """Give a model, and its optimizer, what they had if the block raises: in it they have seen other weights."""
    variables = [*model.weights, *(model.optimizer.variables if model.optimizer.built else ())]
    arrays = [variable.numpy() for variable in variables]
    try:
        yield
    except BaseException:
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
        raise


def _remember(wrapper, history, *, keeps):
    before = wrapper.history_ if keeps and hasattr(wrapper, "history_") else {}
    wrapper.history_ = dict(before)
    for name, values in history.items():
        name = _names.full_name(name)
        wrapper.history_[name] = [*before.get(name, []), *(one if np.ndim(one) else float(one) for one in values)]


def _encoded(wrapper, X, y, sample_weight):
    weights = _validation.weights(X, wrapper._with_class_weights(y, sample_weight))
    if isinstance(weights, np.ndarray) and not weights.all():
        there = np.flatnonzero(weights)
        X, y, weights = (_validation.taken(one, there) for one in (X, y, weights))
    y = None if y is None else wrapper.target_encoder_.transform(y)
    return Rows(wrapper.feature_encoder_.transform(X), y, weights)


def _held_out(wrapper, held_out, arguments):
    """Return validation rows, or None; those of Keras' `validation_data` are encoded already."""
    given = arguments.get("validation_data")
    if given is not None:
        return Rows(*given) if isinstance(given, (list, tuple)) else None
    X, y, sample_weight = held_out
    if (X is None) != (y is None) and (X is None or wrapper._targets(X, y) is None):
        raise ValueError("X_val and y_val go together: give both or neither.")
    if X is None:
        if sample_weight is not None:
            raise ValueError("sample_weight_val is given without X_val and y_val.")
        return None
    X, y = checked(wrapper, X, y, reset=False)
    weights = _validation.weights(X, sample_weight)
    return Rows(wrapper.feature_encoder_.transform(X), wrapper.target_encoder_.transform(y), weights)


def _arguments(wrapper, rows, given):
    """Return the arguments of `keras.Model.fit`: parameters, those with the prefix, and those of the call."""
    found = routed(wrapper.get_params(deep=False), "fit", wrapper._fit_kwargs)
    found = {name: value for name, value in found.items() if not name.startswith("callbacks")} | given
    found["epochs"] += found["initial_epoch"]
    for name in ("batch_size", "validation_batch_size"):
        if found.get(name) == -1:
            found[name] = _all_rows(rows.X, name)
    return found


def _all_rows(X, name):
    if not hasattr(X, "shape"):
        raise ValueError(f"`{name}=-1` requires that `X` implement `shape`")
    return X.shape[0]


def _split(wrapper, rows, validation, arguments, *, early):
    """Return (training rows, validation rows or None, arguments): the last rows, or random ones to stop early."""
    share = arguments.pop("validation_split", 0.0)
    if validation is not None or _validation.is_stream(rows.X):
        return rows, validation, arguments
    if share:
        stop = int(np.floor(rows.n_rows * (1.0 - share)))
        if stop in (0, rows.n_rows):
            raise ValueError(f"validation_split={share} of {rows.n_rows} rows leaves none to train on, or to evaluate.")
        return rows.taken(slice(0, stop)), rows.taken(slice(stop, None)), arguments
    if not (early and wrapper.early_stopping):
        return rows, None, arguments
    labels = wrapper._strata(rows.y)
    train, held_out = train_test_split(
        np.arange(rows.n_rows), test_size=_HELD_OUT, random_state=wrapper._random_seeds[1], stratify=labels
    )
    return rows.taken(np.sort(train)), rows.taken(np.sort(held_out)), arguments


def layer_of(model, name):
    """Return a layer of a model, or of one within it, by name.

    Raises
    ------
    ValueError
        If there is none; names those there are.
    """
    layers = {layer.name: layer for layer in model._flatten_layers(include_self=False)}
    if name not in layers:
        raise ValueError(f"There is no layer {name!r} in the model.{hint(name, layers)}")
    return layers[name]


def inside(wrapper, X, name):
    """Return what a layer of the model of a wrapper computes, or the model itself if no name is given."""
    if name is None:
        return predict(wrapper, X, {})
    model = wrapper._model
    # A Sequential that was never called has no input.
    given = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    part = keras.Model(given, layer_of(model, name).output)
    if wrapper.engine_ == "compiled":
        from skdeep.wrappers import _compilation

        return _compilation.compilation(part, X).predict(X)
    return part.predict(X, verbose=0)


def predict(wrapper, X, given):
    """Return what the model of a wrapper computes, with one of two engines."""
    arguments = routed(wrapper.get_params(deep=False), "predict", wrapper._predict_kwargs, deepest=True)
    arguments = {name: value for name, value in arguments.items() if not name.startswith("callbacks")} | given
    if arguments.get("batch_size") == -1:
        arguments["batch_size"] = _all_rows(X, "batch_size")
    callbacks = _building.callbacks(wrapper, "predict")
    compilation = _choice.for_prediction(wrapper, X, arguments, callbacks)
    if compilation is not None:
        return compilation.predict(X)
    return wrapper.model_.predict(x=_keras.taken_by_keras(X), **arguments, callbacks=callbacks)
