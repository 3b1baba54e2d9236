"""Small batches of rows through nets of dense layers, computed by NumPy: without TensorFlow, and without its calls.

A call of TensorFlow takes longer than all the arithmetic of such a net on a few rows, and its import takes seconds.
What decides are the net and the number of rows alone, never what happens to be imported: the same rows give the same
bits.
"""

import numpy as np
from scipy import sparse
from scipy.special import erf, expit, log_expit

MOST_ROWS = 256  # that are computed here; more are quicker in TensorFlow's threads

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _gelu(x):
    return x * (erf(x * x.dtype.type(0.5**0.5)) + 1) / 2


def _hard_sigmoid(x):
    return np.clip(x + 3, 0, 6) / 6


def _selu(x):
    return np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0))) * _SELU_SCALE


def _softplus(x):
    return np.logaddexp(x, x.dtype.type(0))


ACTIVATIONS = {
    "celu": _elu,
    "elu": _elu,
    "exponential": np.exp,
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda x: x * _hard_sigmoid(x),
    "hard_swish": lambda x: x * _hard_sigmoid(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.maximum(x, x.dtype.type(0.2) * x),
    "log_sigmoid": log_expit,
    "mish": lambda x: x * np.tanh(_softplus(x)),
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "selu": _selu,
    "sigmoid": expit,
    "silu": lambda x: x * expit(x),
    "softplus": _softplus,
    "softsign": lambda x: x / (np.abs(x) + 1),
    "swish": lambda x: x * expit(x),
    "tanh": np.tanh,
    "tanh_shrink": lambda x: x - np.tanh(x),
}


def _dense(inputs, weights, _):
    (rows,), (kernel, *bias) = inputs, weights
    made = rows @ kernel
    if bias:
        made += bias[0]
    return made


def _transposed(inputs, weights, _):
    (rows,), (kernel, bias) = inputs, weights
    return rows @ kernel.T + bias


def _standardization(inputs, weights, epsilon):
    (rows,), (mean, variance) = inputs, weights
    return (rows - mean) / np.sqrt(variance + variance.dtype.type(epsilon))


def _batch_normalization(inputs, weights, epsilon):
    (rows,), (gamma, beta, mean, variance) = inputs, weights
    factor = gamma / np.sqrt(variance + variance.dtype.type(epsilon))
    return rows * factor + (beta - mean * factor)


def _layer_normalization(inputs, weights, epsilon):
    (rows,), (gamma, beta) = inputs, weights
    centred = rows - rows.mean(axis=1, keepdims=True)
    variance = np.mean(centred * centred, axis=1, keepdims=True)
    return centred / np.sqrt(variance + rows.dtype.type(epsilon)) * gamma + beta


def _add(inputs, *_):
    first, second = (one.toarray() if sparse.issparse(one) else one for one in inputs)
    return first + second


def _maxout(inputs, _, n_pieces):
    (rows,) = inputs
    return rows.reshape(len(rows), n_pieces, -1).max(axis=1)


OPERATIONS = {
    "activation": lambda inputs, _, name: ACTIVATIONS[name](inputs[0]),
    "add": _add,
    "batch_normalization": _batch_normalization,
    "dense": _dense,
    "layer_normalization": _layer_normalization,
    "maxout": _maxout,
    "standardization": _standardization,
    "transposed": _transposed,
}


def outputs(model_spec, paths, weights, arrays, models=()):
    """Return what a net computes of a few rows, one array for each output, or None if that is TensorFlow's work.

    Parameters
    ----------
    model_spec : ModelSpec
    paths : sequence of str
        Of the weights; empty as long as they are not known, before the end of a training.
    weights : sequence of ndarray
    arrays : dict of ndarray or sparse matrix
        The inputs by name.
    models : sequence of str
        Names of the models that are called, each with what the one before it returns, or returns first; the only one
        if there are none.

    Returns
    -------
    outputs : list of ndarray or None
    """
    rows, *more = arrays.values()
    if more or not paths or rows.shape[0] > MOST_ROWS:
        return None
    operations = described(model_spec, rows.shape[1])
    if operations is None:
        return None
    named = dict(zip(paths, weights, strict=False))
    made = [rows]
    with np.errstate(all="ignore"):  # TensorFlow does not warn of what becomes infinite or NaN either
        for name in models or operations:
            made = _computed(operations[name], made[0], named)
    return made


def described(model_spec, n_columns):
    """Return the operations of each model on rows of so many columns, or None if they are not all known here."""
    found = model_spec.described(n_columns)
    if found is None or not all(map(_are_known, found.values())):
        return None
    return found


def _are_known(operations):
    return all(kind != "activation" or setting in ACTIVATIONS for kind, _, _, _, setting in operations)


def _computed(operations, rows, weights):
    """Return what those operations make that no other reads."""
    values, unread = {"input": rows}, {}
    for kind, reads, makes, paths, setting in operations:
        values[makes] = unread[makes] = OPERATIONS[kind](
            [values[name] for name in reads], [weights[path] for path in paths], setting
        )
        for name in reads:
            unread.pop(name, None)
    return list(unread.values())
