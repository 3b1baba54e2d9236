"""How targets and weights belong to the outputs of a model."""

import inspect
import weakref

from skdeep.utils._lazy import keras
from skdeep.wrappers import _names


def own(model, wrapper):
    """Write down, in the model, whose it is."""
    object.__setattr__(model, "_skdeep_owner", weakref.ref(wrapper))


def check(wrapper, model, rows):
    """Raise ValueError if a model has other outputs than there should be, or another loss than was given."""
    expected = getattr(wrapper, "n_outputs_expected_", None)
    outputs = getattr(model, "outputs", None)
    if expected and outputs and expected != len(outputs):
        raise ValueError(
            f"Detected a Keras model input of size {expected}, but {model} has {len(outputs)} outputs. Give it one "
            "output for each target, or a target_encoder that returns one target for each output."
        )
    default = inspect.signature(type(wrapper)).parameters.get("loss")
    if default is None or not all(_is_one(loss) for loss in (wrapper.loss, model.loss)):
        return
    given, got = (_names.name_of(loss, "losses") for loss in (wrapper.loss, model.loss))
    if given != got and (default.default is None or given != _names.name_of(default.default, "losses")):
        raise ValueError(
            f"loss={wrapper.loss} but model compiled with {model.loss}. Data may not match loss function! Leave `loss` "
            "as it is, or compile the model with it."
        )


def _is_one(loss):
    return isinstance(loss, (str, type, keras.losses.Loss)) and not (isinstance(loss, str) and loss in _names.BY_LOSS)


def aligned(values, model, structure, n_outputs, what):
    """Return one of several values for each output of a model, in the order of the outputs.

    Parameters
    ----------
    values : ndarray, list, tuple or dict
        Of one output, or of each; None in a list, or a name that is missing in a dict, is an output that has none.
    model : keras.Model
    structure : object
        Of the outputs.
    n_outputs : int
    what : str
        What the values are, for messages.

    Raises
    ------
    ValueError
        If they do not fit the outputs.
    """
    if isinstance(values, dict):
        names = names_of(model, structure, n_outputs)
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise ValueError(f"There are {what} for the outputs {unknown}, but the model has the outputs {names}.")
        return [values.get(name) for name in names]
    values = list(values) if isinstance(values, (list, tuple)) else [values]
    if len(values) != n_outputs:
        raise ValueError(f"The model has {n_outputs} outputs, but there are {what} for {len(values)}.")
    return values


def names_of(model, structure, n_outputs):
    """Return the names of the outputs of a model, in their order."""
    if isinstance(structure, dict):
        return [path[-1] for path, _ in keras.tree.flatten_with_path(structure)]
    return list(getattr(model, "output_names", None) or range(n_outputs))
