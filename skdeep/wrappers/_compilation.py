"""A user's model made ready for the engine: its key, its inputs and outputs, and its predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from skdeep._data.columns import Dense, Sparse
from skdeep._engine import views
from skdeep._engine.cache import cache
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep.utils._keys import Keyed
from skdeep.utils._tensorflow import Functional, compute_output_spec, keras, tf
from skdeep.wrappers import _content, _structure


@dataclass(frozen=True)
class Compilation:
    """What is known of a model once it was made ready for the engine.

    Parameters
    ----------
    model : keras.Model
        The user's.
    spec : ModelSpec
    signature : InputSignature
    outputs : object
        The structure of what the model returns.
    n_outputs : int
    """

    model: Any
    spec: ModelSpec
    signature: InputSignature
    outputs: Any
    n_outputs: int

    def arrays(self, X):
        """Return inputs by the names that they have in a program."""
        pairs = zip(self.signature.inputs, keras.tree.flatten(X), strict=True)
        return {name: stored(one, column) for (name, column), one in pairs}

    def predict(self, X):
        """Return what the model computes, in its structure."""
        view = views.outputs(target_names(self.n_outputs))
        weights = [tf.convert_to_tensor(variable.value) for variable in self.model.weights]
        found = cache.predictor(self.spec, self.signature, view)(weights, self.arrays(X))
        return keras.tree.pack_sequence_as(self.outputs, found)


def compilation(model, X):
    """Return the Compilation of a built model for inputs like some."""
    dtype = _structure.dtype(model)
    columns = tuple((f"input_{number}", column_of(one, dtype)) for number, one in enumerate(keras.tree.flatten(X)))
    signature = InputSignature(columns, dtype)
    given = keras.tree.map_structure(lambda _: 0, X)
    structure = Keyed((model, given), (_structure.key(model), _content.of(given)))
    spec = ModelSpec(_structure.build, structure, tuple(_structure.numbers(model)))
    outputs = keras.tree.map_structure(lambda _: 0, symbolic_outputs(model, X))
    return Compilation(model, spec, signature, outputs, len(keras.tree.flatten(outputs)))


def build_model(model, X):
    """Let Keras create the weights of a model that has none yet, for inputs like some."""
    compute_output_spec(model, keras.tree.map_structure(symbolic, X), training=False)
    model._post_build()


def symbolic_outputs(model, X):
    """Return what a model returns as symbolic tensors in its structure."""
    if isinstance(model, Functional):
        outputs = model._outputs_struct
        return outputs[0] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else outputs
    if isinstance(model, keras.Sequential) and model.built:
        return model.outputs[0]
    return compute_output_spec(model, keras.tree.map_structure(symbolic, X), training=False)


def symbolic(array):
    """Return the symbolic tensor of a batch of rows of an array."""
    return keras.KerasTensor((None, *array.shape[1:]), column_of(array, keras.config.floatx()).dtype)


def column_of(array, dtype):
    """Return what holds an array in memory: numbers in the dtype of the model, whole numbers as they are."""
    if sparse.issparse(array):
        return Sparse(array.shape[1:], dtype)
    return Dense(array.shape[1:], dtype if array.dtype.kind == "f" else array.dtype.name)


def stored(array, column):
    """Return rows as a column takes them, sparse or dense as those of the fit."""
    if isinstance(column, Sparse):
        return sparse.csr_array(array)
    array = array.toarray() if sparse.issparse(array) else np.asarray(array)
    return np.ascontiguousarray(array, column.dtype)


def target_names(n_outputs):
    """Return what the targets of so many outputs are called in a program."""
    return tuple(f"target_{number}" for number in range(n_outputs))
