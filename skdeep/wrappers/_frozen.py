"""Which weights of a user's model are trained: those that the user lets, less those that `freeze` names."""

import numpy as np
from scipy import sparse

from skdeep._estimator import plans


def prepare(wrapper, model, X):
    """Create the weights of a model, if it has none yet, and freeze what the wrapper says.

    Parameters
    ----------
    wrapper : BaseWrapper
    model : keras.Model
    X : object
        Rows as the model takes them.
    """
    if _can_be_built(model, X):
        from skdeep.wrappers import _compilation

        _compilation.build_model(model, X)
    patterns = plans.patterns(wrapper.freeze)
    if wrapper._flags is None and not patterns:
        return
    from skdeep._engine.frozen import freeze

    layers, before = model._flatten_layers(), [one.trainable for one in model.weights]
    if wrapper._flags is None:
        wrapper._flags = [one._trainable for one in layers], [one.trainable for one in model.weights]
    for one, flag in zip(layers, wrapper._flags[0], strict=True):
        one._trainable = flag
    for one, flag in zip(model.weights, wrapper._flags[1], strict=True):
        one.trainable = flag
    freeze([model], patterns)
    if before != [one.trainable for one in model.weights]:
        _forget_steps(wrapper, model, layers)


def _forget_steps(wrapper, model, layers):
    """Let the optimizer of a model begin anew: what it remembers is of other weights."""
    wrapper._slots = None
    if model.compiled:
        model._compiled_trainable_state = {one: one.trainable for one in layers}
        model.train_function = None
        if model.optimizer.built:
            model.optimizer = type(model.optimizer).from_config(model.optimizer.get_config())


def _can_be_built(model, X):
    if all(layer.built for layer in model._flatten_layers()):
        return False
    arrays = list(X.values()) if isinstance(X, dict) else X if isinstance(X, (list, tuple)) else [X]
    return all(sparse.issparse(one) or (isinstance(one, np.ndarray) and one.dtype.kind in "biuf") for one in arrays)
