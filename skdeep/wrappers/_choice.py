"""Which engine trains a model, and why."""

import numpy as np
from scipy import sparse

from skdeep.utils._keys import forgets_its_config
from skdeep.utils._lazy import keras
from skdeep.wrappers import _outputs, _validation
from skdeep.wrappers._content import Undescribable
from skdeep.wrappers._rows import Rows

# What may be in the way of a fit of our own, as methods of a model's class or of a model itself.
_FIT = (
    "__call__", "compute_loss", "compute_metrics", "fit", "get_metrics_result", "make_test_function",
    "make_train_function", "test_step", "train_step",
)  # fmt: skip
_PREDICT = ("__call__", "make_predict_function", "predict", "predict_step")
_ARGUMENTS = {
    "batch_size", "epochs", "initial_epoch", "sample_weight", "shuffle", "validation_batch_size", "validation_data",
    "verbose",
}  # fmt: skip
_LOOKUPS = ("IndexLookup", "TextVectorization", "HashedCrossing", "Hashing")


def reason(wrapper, model, rows, validation, arguments, callbacks):
    """Return why Keras has to train a model itself, or None."""
    if wrapper.engine == "keras":
        return "engine='keras'"
    further = sorted(name for name in arguments.keys() - _ARGUMENTS if arguments[name] not in (None, 1))
    return (
        _overridden(model, _FIT)
        or _of_rows(rows)
        or (validation and _of_rows(validation))
        or (f"{', '.join(further)} in fit" if further else None)
        or _of_training(model)
        or ("a callback hears of batches that are evaluated" if _hears(callbacks, "on_test_batch_") else None)
        or _of_layers(model)
    )


def check_allowed(wrapper, reason):
    """Raise ValueError if Keras would train a model, although a wrapper asks for what only a program does."""
    if wrapper.engine == "compiled":
        raise ValueError(f"engine='compiled' cannot train this model: {reason}. Use engine='auto' or 'keras'.")
    if wrapper.rate_factors:
        raise ValueError(f"rate_factors cannot be used where Keras trains a model itself, here because of: {reason}.")


def _overridden(model, names):
    for name in names:
        if name in vars(model):
            return f"{name} of the model was replaced"
        if not str(getattr(getattr(type(model), name), "__module__", "")).startswith("keras."):
            return f"the model overrides {name}"
    return None


def _of_rows(rows):
    if _validation.is_stream(rows.X) or rows.y is None:
        return "X is no array"
    for what, values in (("X", rows.X), ("y", rows.y)):
        for one in keras.tree.flatten(values):
            if sparse.issparse(one) and what == "X":
                continue
            if not isinstance(one, np.ndarray) or one.dtype.kind not in "biuf" or one.ndim == 0:
                return f"{what} holds no numbers"
    return None


def _of_training(model):
    optimizer = model.optimizer
    if forgets_its_config(type(optimizer)):
        return f"get_config of {type(optimizer).__name__} does not tell all of it"
    if model.run_eagerly:
        return "run_eagerly=True"
    if model.steps_per_execution != 1:
        return "steps_per_execution"
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) or optimizer.use_ema:
        return f"the optimizer {type(optimizer).__name__} changes the weights between steps"
    if optimizer.gradient_accumulation_steps:
        return "gradient_accumulation_steps"
    if getattr(optimizer, "_exclude_from_weight_decay", None) or getattr(
        optimizer, "_exclude_from_weight_decay_pattern", None
    ):
        return "exclude_from_weight_decay"
    rate = optimizer._learning_rate
    if not isinstance(rate, (keras.Variable, keras.optimizers.schedules.LearningRateSchedule)):
        return "the learning rate is a function"
    if not type(rate).__module__.startswith("keras."):
        return "the learning rate follows a schedule of a user's class"
    return None


def _of_layers(model):
    from skdeep.wrappers import _structure

    for layer in model._flatten_layers():
        if any(base.__name__ in _LOOKUPS for base in type(layer).__mro__):
            return f"{type(layer).__name__} looks values up"
        if getattr(layer, "stateful", False):
            return f"{type(layer).__name__} is stateful"
    if _structure.dtype(model) not in ("float32", "float64"):
        return "its layers compute in several dtypes, or in half precision"
    return None


def compiled(wrapper, rows, validation, arguments, callbacks, schedule, early, goes_on):
    """Train a model on a compiled program and return (history, None), or (None, why that cannot be)."""
    from skdeep.wrappers import _compilation, _compiled, _minimised
    from skdeep.wrappers._watching import Watching

    model = wrapper._model
    try:
        compilation = _compilation.compilation(model, rows.X)
        rows, validation = (part and _aligned(part, compilation) for part in (rows, validation))
        _minimised.build_losses(model, rows)
        late = _minimised.why_not(model)
        if late is not None:
            return None, late
        training = _training(wrapper, rows, arguments, schedule, early, goes_on)

        def watching(program, names):
            return Watching(program, names, model, callbacks, training.first_epoch, training.epochs)

        remembered = vars(wrapper).get("_slots") or _compiled.slots(model.optimizer)
        watched = watching if callbacks else None
        history, wrapper._slots = _compiled.fit(compilation, rows, validation, training, watched, remembered)
        if wrapper.model is model:  # which its owner may look at without asking us
            _ = wrapper.model_
    except Undescribable as error:
        return None, str(error)
    wrapper._compilation = compilation
    return history, None


def _aligned(rows, compilation):
    about = compilation.model, compilation.outputs, compilation.n_outputs
    y = [None if one is None else np.asarray(one) for one in _outputs.aligned(rows.y, *about, "targets")]
    weights = rows.sample_weight
    if isinstance(weights, (dict, list)):
        weights = _outputs.aligned(weights, *about, "weights")
    return Rows(rows.X, y, weights)


def _training(wrapper, rows, arguments, schedule, early, goes_on):
    from skdeep.wrappers._compiled import Training

    verbose = arguments.get("verbose", 1)
    size = arguments.get("batch_size") or 32
    return Training(
        first_epoch=arguments["initial_epoch"],
        epochs=arguments["epochs"],
        batch_size=size,
        validation_batch_size=arguments.get("validation_batch_size") or size,
        shuffle=bool(arguments.get("shuffle", True)),
        seeds=(0, *wrapper._random_seeds[1:]),
        verbose=1 if verbose == "auto" else int(verbose),
        goes_on=goes_on,
        tol=wrapper.tol,
        n_iter_no_change=wrapper.n_iter_no_change,
        early_stopping=early,
        schedule=schedule,
        title=wrapper.__name__,
        rate_factors=wrapper.rate_factors,
        by_step=wrapper._epoch_is_step,
    )


def for_prediction(wrapper, X, arguments, callbacks):
    """Return the Compilation that predicts, or None where Keras has to."""
    model = wrapper._model
    if wrapper.engine == "keras" or _hears(callbacks, "on_predict_") or arguments.get("steps") is not None:
        return None
    if _overridden(model, _PREDICT) or _validation.is_stream(X) or model.run_eagerly:
        return None
    known = getattr(wrapper, "_compilation", None)
    if known is not None and known.model is model:
        return known
    if getattr(wrapper, "engine_", None) != "compiled":
        return None
    from skdeep.wrappers import _compilation  # of a model that was copied, or opened, since it was fitted

    return _compilation.compilation(model, X)


def _hears(callbacks, beginning):
    """Whether one of some callbacks has a hook of its own whose name begins so."""
    nothing = keras.callbacks.Callback
    return any(
        getattr(type(callback), name) is not getattr(nothing, name, None)
        for callback in callbacks
        for name in dir(type(callback))
        if name.startswith(beginning)
    )
