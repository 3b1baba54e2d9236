"""Nets of dense layers as nodes of ONNX, from their description and their weights."""

import numpy as np


def _scaled(graph, given, factor, offset):
    return graph.add("Add", graph.add("Mul", given, factor), offset)


def _erf_gelu(graph, given):
    inner = graph.add("Erf", graph.add("Mul", given, np.float32(0.5**0.5)))
    return graph.add("Mul", given, _scaled(graph, inner, np.float32(0.5), np.float32(0.5)))


def _hard_sigmoid(graph, given):
    return graph.add("HardSigmoid", given, alpha=1 / 6, beta=0.5)


def _clipped(low, high):
    return lambda graph, given: graph.add("Clip", given, np.float32(low), np.float32(high))


def _times(kind):
    """Return what multiplies values with what another function makes of them."""
    return lambda graph, given: graph.add("Mul", given, kind(graph, given))


def _node(kind, **attributes):
    return lambda graph, given: graph.add(kind, given, **attributes)


def _mish(graph, given):
    return graph.add("Mul", given, graph.add("Tanh", graph.add("Softplus", given)))


def _log_sigmoid(graph, given):
    return graph.add("Neg", graph.add("Softplus", graph.add("Neg", given)))


ACTIVATIONS = {
    "celu": _node("Celu"),
    "elu": _node("Elu"),
    "exponential": _node("Exp"),
    "gelu": _erf_gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _times(_hard_sigmoid),
    "hard_swish": _times(_hard_sigmoid),
    "hard_tanh": _clipped(-1, 1),
    "leaky_relu": _node("LeakyRelu", alpha=0.2),
    "log_sigmoid": _log_sigmoid,
    "mish": _mish,
    "relu": _node("Relu"),
    "relu6": _clipped(0, 6),
    "selu": _node("Selu"),
    "sigmoid": _node("Sigmoid"),
    "silu": _times(_node("Sigmoid")),
    "softplus": _node("Softplus"),
    "softsign": _node("Softsign"),
    "swish": _times(_node("Sigmoid")),
    "tanh": _node("Tanh"),
    "tanh_shrink": lambda graph, given: graph.add("Sub", given, graph.add("Tanh", given)),
}


def _dense(graph, inputs, weights, _):
    made = graph.add("MatMul", *inputs, weights[0])
    return graph.add("Add", made, weights[1]) if len(weights) > 1 else made


def _transposed(graph, inputs, weights, _):
    return graph.add("Add", graph.add("MatMul", *inputs, weights[0].T), weights[1])


def _standardization(graph, inputs, weights, epsilon):
    mean, variance = (array.astype(np.float64) for array in weights)
    factor = 1 / np.sqrt(variance + epsilon)
    return graph.add("Mul", graph.add("Sub", *inputs, mean.astype(np.float32)), factor.astype(np.float32))


def _batch_normalization(graph, inputs, weights, epsilon):
    gamma, beta, mean, variance = (array.astype(np.float64) for array in weights)
    factor = gamma / np.sqrt(variance + epsilon)
    return _scaled(graph, *inputs, factor.astype(np.float32), (beta - mean * factor).astype(np.float32))


def _layer_normalization(graph, inputs, weights, epsilon):
    (given,), (gamma, beta) = inputs, weights
    centred = graph.add("Sub", given, graph.add("ReduceMean", given, axes=[1], keepdims=1))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), axes=[1], keepdims=1)
    deviation = graph.add("Sqrt", graph.add("Add", variance, np.float32(epsilon)))
    return _scaled(graph, graph.add("Div", centred, deviation), gamma, beta)


def _maxout(graph, inputs, _, n_pieces):
    pieces = graph.add("Reshape", *inputs, np.array([0, n_pieces, -1]))
    return graph.add("ReduceMax", pieces, axes=[1], keepdims=0)


OPERATIONS = {
    "activation": lambda graph, inputs, _, name: ACTIVATIONS[name](graph, *inputs),
    "add": lambda graph, inputs, *_: graph.add("Add", *inputs),
    "batch_normalization": _batch_normalization,
    "dense": _dense,
    "layer_normalization": _layer_normalization,
    "maxout": _maxout,
    "standardization": _standardization,
    "transposed": _transposed,
}


def written(graph, operations, rows, weights):
    """Write the operations of a net and return the names of what none of them reads: its outputs.

    Parameters
    ----------
    graph : Graph
    operations : sequence of Operation
    rows : str
        What they are given, of single precision.
    weights : dict of ndarray
        By their paths.
    """
    values, unread = {"input": rows}, {}
    for kind, reads, makes, paths, setting in operations:
        arrays = [np.asarray(weights[path], np.float32) for path in paths]
        values[makes] = unread[makes] = OPERATIONS[kind](graph, [values[name] for name in reads], arrays, setting)
        for name in reads:
            unread.pop(name, None)
    return list(unread.values())
