"""Prediction: a pure compiled function of weights and inputs, safe in any number of threads."""

import threading

import keras
import numpy as np
import tensorflow as tf

from skdeep._engine import batches, weights
from skdeep._engine.compile import compile_function
from skdeep._engine.isolation import isolated

_VALUES_PER_CALL = 2**22
_FEWEST_ROWS = 64
_SMALLEST_WIDTH = 64
_UNKNOWN_LENGTH = 64


def weight_tensors(arrays):
    """Convert weights to tensors."""
    return [tf.convert_to_tensor(array) for array in arrays]


class Predictor:
    """The compiled forward pass of one architecture.

    Parameters
    ----------
    model_spec : ModelSpec
    signature : InputSignature
    model : keras.Model, optional
        A model of this spec that exists already; only its structure is used.
    """

    def __init__(self, model_spec, signature, model=None):
        self.signature = signature
        self._model_spec = model_spec
        self._model = model
        self._function = self._chunk = None
        self._lock = threading.Lock()

    def __call__(self, weight_tensors, arrays):
        """Return the net's outputs for all rows, one array each, computed in chunks so that memory stays bounded.

        Parameters
        ----------
        weight_tensors : list of tf.Tensor
            The model's weights, in the model's order.
        arrays : dict of str to array or CSR matrix
        """
        function = self._function or self._compile()
        n_rows = next(iter(arrays.values())).shape[0]
        chunk = self._chunk
        if n_rows <= chunk:
            return [output.numpy() for output in self._run(function, weight_tensors, arrays)]
        parts = []
        for start in range(0, n_rows, chunk):
            rows = {name: array[start : start + chunk] for name, array in arrays.items()}
            parts.append([output.numpy() for output in self._run(function, weight_tensors, rows)])
        return [np.concatenate(output) for output in zip(*parts, strict=True)]

    def _run(self, function, weight_tensors, arrays):
        inputs = [part for parts in batches.to_tensors(arrays, self.signature) for part in parts]
        return function([*weight_tensors, *inputs])

    def _compile(self):
        with self._lock:
            if self._function is None:
                function = isolated(self._trace)
                self._chunk = rows_per_call(self._model)
                self._function = function
            return self._function

    def _trace(self):
        spec, signature = self._model_spec, self.signature
        if self._model is None:
            numbers = dict.fromkeys(spec.numbers, 0.0)
            self._model, _ = weights.build_with_initializers(lambda: spec.build(spec.config, signature, numbers))
        variables = self._model.weights
        input_types = [part for parts in batches.tensor_specs(signature) for part in parts]
        weight_types = [tf.TensorSpec(variable.shape, variable.dtype) for variable in variables]

        def forward(*arguments):
            values, flat = arguments[: len(variables)], list(arguments[len(variables) :])
            parts = [[flat.pop(0) for _ in range(3 if item.sparse else 1)] for _, item in signature.inputs]
            batch = batches.whole(parts, signature)
            with keras.StatelessScope(list(zip(variables, values, strict=True)), initialize_variables=False):
                return keras.tree.flatten(self._model(batch, training=False))

        return compile_function(forward, [*weight_types, *input_types])


def rows_per_call(model):
    """Return how many rows may be computed at once, so that the memory of the widest layer of a model stays bounded."""
    layers = model._flatten_layers(include_self=False, recursive=True)
    outputs = keras.tree.flatten([layer.output for layer in layers if getattr(layer, "_inbound_nodes", None)])
    widest = max(_n_values(output.shape[1:]) for output in outputs if not getattr(output, "sparse", False))
    return max(_FEWEST_ROWS, _VALUES_PER_CALL // max(widest, _SMALLEST_WIDTH))


def _n_values(shape):
    return int(np.prod([_UNKNOWN_LENGTH if size is None else size for size in shape]))
