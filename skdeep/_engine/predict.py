"""Prediction: a pure compiled function of weights and inputs, safe in any number of threads."""

import threading

import numpy as np

from skdeep._engine import state, views
from skdeep._engine.batches import all_rows, input_tensors, input_types, longest
from skdeep._engine.compile import compile_function
from skdeep._engine.isolation import isolated
from skdeep.utils._tensorflow import keras, tf

_VALUES_PER_CALL = 2**22
_FEWEST_ROWS = 16
_SMALLEST_WIDTH = 64
_SHORT = 64


def weight_tensors(arrays):
    """Convert weights to tensors."""
    return [tf.convert_to_tensor(array) for array in arrays]


class Predictor:
    """The compiled forward pass of one architecture.

    Parameters
    ----------
    model_spec : ModelSpec
    signature : InputSignature
    view : Recipe, optional
        What is computed, the outputs if it is not given; see `skdeep._engine.views`.
    models : dict of keras.Model, optional
        Models of this spec that exist already; only their structure is used, and none is kept once it is compiled.
    """

    def __init__(self, model_spec, signature, view=None, models=None):
        self._model_spec, self._signature = model_spec, signature
        self._view = view or views.outputs()
        self.signature = self._view.called or signature
        self._models = models
        self._function = self._shapes = None
        self._lock = threading.Lock()

    def __call__(self, weight_tensors, arrays):
        """Return what is computed for all rows, one array each, in chunks so that memory stays bounded.

        Parameters
        ----------
        weight_tensors : list of tf.Tensor
            The weights of the models, in their order; what follows them is not looked at.
        arrays : dict of arrays
            As the columns of the signature take them, or those of the view if it has its own.
        """
        function = self._function or self._compile()
        first = next(iter(arrays.values()))
        n_rows = first.shape[0] if hasattr(first, "shape") else len(first)
        chunk = max(1, rows_per_call(self._shapes, longest(self.signature, arrays)) // self._view.copies)
        if n_rows <= chunk:
            return [output.numpy() for output in self._run(function, weight_tensors, arrays)]
        parts = []
        for start in range(0, n_rows, chunk):
            rows = {name: array[start : start + chunk] for name, array in arrays.items()}
            parts.append([output.numpy() for output in self._run(function, weight_tensors, rows)])
        return [_joined(output) for output in zip(*parts, strict=True)]

    def _run(self, function, weight_tensors, arrays):
        return function([*weight_tensors[: self._n_weights], *input_tensors(self.signature, arrays)])

    def _compile(self):
        with self._lock:
            if self._function is None:
                function = isolated(self._trace)
                self._shapes = layer_shapes(self._models.values())
                self._models = None
                self._function = function
            return self._function

    def _trace(self):
        spec, signature = self._model_spec, self.signature
        if self._models is None:
            self._models = state.build_models(spec, self._signature, dict.fromkeys(spec.numbers, 0.0)).models
        variables = state.weights_of(self._models)
        view = self._view.build(self._view.config, self._models)
        self._n_weights = len(variables)

        def forward(*arguments):
            values, inputs = arguments[: len(variables)], arguments[len(variables) :]
            with keras.StatelessScope(list(zip(variables, values, strict=True)), initialize_variables=False):
                return keras.tree.flatten(view(all_rows(signature, inputs)))

        types = [tf.TensorSpec(variable.shape, variable.dtype) for variable in variables]
        return compile_function(forward, [*types, *input_types(signature)], one_thread=self._view.one_thread)


def _joined(parts):
    """Return the outputs of all chunks as one array; those of ragged rows are padded with zeros to the longest."""
    shape = np.max([part.shape[1:] for part in parts], axis=0)
    if all(part.shape[1:] == tuple(shape) for part in parts):
        return np.concatenate(parts)
    return np.concatenate(
        [
            np.pad(part, [(0, 0), *((0, most - size) for most, size in zip(shape, part.shape[1:], strict=True))])
            for part in parts
        ]
    )


def rows_per_call(shapes, moments):
    """Return how many rows may be computed at once, so that the memory of the widest layer of a model stays bounded.

    Parameters
    ----------
    shapes : list of tuple
        As from `layer_shapes`.
    moments : int
        Of the longest row; few are as 64.
    """
    return max(_FEWEST_ROWS, _VALUES_PER_CALL // max(width(shapes, max(moments, _SHORT)), _SMALLEST_WIDTH))


def layer_shapes(models):
    """Return the shapes of what the layers of models return of one row; what is sparse does not count."""
    layers = [layer for model in models for layer in model._flatten_layers(include_self=False, recursive=True)]
    outputs = keras.tree.flatten([layer.output for layer in layers if getattr(layer, "_inbound_nodes", None)])
    return [_of_one_row(output.shape) for output in outputs if not getattr(output, "sparse", False)]


def _of_one_row(shape):
    """Return a shape without the axis of the rows: the first that is unknown, which members may stand before."""
    rows = shape.index(None) if None in shape else 0
    return (*shape[:rows], *shape[rows + 1 :])


def width(shapes, moments=_SHORT):
    """Return how many values the widest layer has for one row of so many moments."""
    return max(int(np.prod([moments if size is None else size for size in shape])) for shape in shapes)
