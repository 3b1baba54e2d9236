"""From what a net computes to what its estimator predicts, as nodes of ONNX."""

import numpy as np

from skdeep._estimator import priors
from skdeep._estimator.supervised import SupervisedEstimator
from skdeep.decomposition._coding import Coding


def label_dtype(classes):
    """Return the dtype of labels in a graph: int64, float32 or strings."""
    kind = np.asarray(classes).dtype.kind
    return np.dtype({"b": np.int64, "i": np.int64, "u": np.int64, "f": np.float32}.get(kind, object))


def output_types(model):
    """Return the names and types of what an estimator predicts."""
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    kinds = {np.dtype(np.int64): Int64TensorType, np.dtype(np.float32): FloatTensorType}
    classes = _classes(model)
    if classes is None:
        return [("variable", FloatTensorType([None, _n_values(model)]))]
    several = isinstance(model.classes_, list) or _kind(model) == "multilabel"
    n_targets = [len(classes) if isinstance(model.classes_, list) else len(model.classes_)] if several else []
    label = kinds.get(label_dtype(classes[0]), StringTensorType)([None, *n_targets])
    if isinstance(model, SupervisedEstimator) and model._net.link == "margin":
        return [("label", label), ("scores", FloatTensorType([None, int(model._net.target.output_sizes[0])]))]
    if len(classes) == 1:
        return [("label", label), ("probabilities", FloatTensorType([None, len(classes[0])]))]
    each = [(f"probabilities_{n}", FloatTensorType([None, len(one)])) for n, one in enumerate(classes)]
    return [("label", label), *each]


def _kind(model):
    return model._net.target.kind if isinstance(model, SupervisedEstimator) else ""


def _classes(model):
    """Return the labels of each target; None of what has none."""
    if not hasattr(model, "classes_"):
        return None
    if _kind(model) == "multilabel":
        return [np.arange(len(model.classes_))]
    return model.classes_ if isinstance(model.classes_, list) else [model.classes_]


def _n_values(model):
    if isinstance(model, Coding):
        return int(model._n_features_out)
    return int(np.prod(model._net.target.output_sizes)) if isinstance(model, SupervisedEstimator) else None


def of_outputs(graph, model, outputs, names):
    """Write the predictions of an estimator of the outputs of its net.

    Parameters
    ----------
    graph : Graph
    model : estimator
    outputs : list of str
    names : list of str
        Of what is predicted, as `output_types` has it.
    """
    net = model._net
    if net.target.kind == "regression":
        _values(graph, net, outputs[0], names[0])
        return
    _labels(graph, model, _deciding(graph, model, outputs), 0.0, names[0])
    if net.link == "margin":
        graph.add("Identity", outputs[0], output=names[1])
        return
    shifts = priors.probability_shifts(net, model.prediction_prior)
    likely = _all_shifted(graph, _logits(graph, net, outputs), shifts)
    for output, name in zip(likely, names[1:], strict=True):
        _probabilities(graph, net.target.kind, output, name)


def of_predictions(graph, model, outputs, names):
    """Write the predictions of an estimator of those of its Keras model, which are probabilities, margins or values.

    Parameters
    ----------
    graph : Graph
    model : estimator
    outputs : list of str
    names : list of str
        As `output_types` has it.
    """
    net = model._net
    if net.target.kind == "regression":
        graph.add("Identity", outputs[0], output=names[0])
        return
    if net.link == "margin":
        _labels(graph, model, outputs, 0.0, names[0])
        graph.add("Identity", outputs[0], output=names[1])
        return
    if priors.decision_shifts(net, model.prediction_prior) is None or model.prediction_prior is not None:
        _labels(graph, model, outputs, 0.5, names[0])  # by the probabilities
    else:
        _labels(graph, model, _deciding_of_predictions(graph, model, outputs), 0.0, names[0])
    for output, name in zip(outputs, names[1:], strict=True):
        _both(graph, output, name) if net.target.kind == "binary" else graph.add("Identity", output, output=name)


def of_scores(are_outputs):
    """Return what writes labels and decision values, which a calibration asks for in place of probabilities.

    Parameters
    ----------
    are_outputs : bool
        Whether it is given the outputs of the net; else the predictions of its Keras model.
    """

    def write(graph, model, given, names):
        if model._net.target.kind not in ("binary", "multiclass"):
            raise TypeError(f"Scores of {model._net.target.kind} targets cannot be calibrated in ONNX.")
        deciding = _deciding(graph, model, given) if are_outputs else _deciding_of_predictions(graph, model, given)
        _labels(graph, model, deciding, 0.0, names[0])
        if model._net.target.kind == "binary":
            graph.add("Concat", graph.add("Neg", deciding[0]), deciding[0], axis=1, output=names[1])
        else:
            graph.add("Identity", deciding[0], output=names[1])

    return write


def of_wrapper(graph, model, outputs, names):
    """Write the predictions of a user's Keras model."""
    (output,) = outputs
    if not hasattr(model, "classes_"):
        graph.add("Identity", output, output=names[0])
        return
    if model.model_.outputs[0].shape[-1] == 1:
        _label_of_two(graph, model.classes_, output, 0.5, names[0])
        _both(graph, output, names[1])
        return
    _label(graph, model.classes_, output, names[0])
    graph.add("Identity", output, output=names[1])


def _logits(graph, net, outputs):
    """Return outputs as logits of probabilities."""
    if not net.loss.counts:
        return outputs
    links = zip(outputs, *priors.links(net), strict=True)
    return [_shifted(graph, graph.add("Mul", one, np.float32(scale)), offset) for one, scale, offset in links]


def _deciding(graph, model, outputs):
    """Return what decides on labels, of the outputs of the net."""
    shifts = priors.decision_shifts(model._net, model.prediction_prior)
    return _all_shifted(graph, _logits(graph, model._net, outputs), shifts)


def _deciding_of_predictions(graph, model, outputs):
    """Return what decides on labels, of probabilities under the prior that is asked for, or of margins."""
    net, prior = model._net, model.prediction_prior
    if net.link == "margin":
        return outputs
    logits = [_log_odds(graph, net.target.kind, output) for output in outputs]
    shifts, known = priors.decision_shifts(net, prior), priors.probability_shifts(net, prior)
    if shifts is None:
        return logits
    known = [0.0] * len(shifts) if known is None else known
    return _all_shifted(graph, logits, [shift - own for shift, own in zip(shifts, known, strict=True)])


def _values(graph, net, output, name):
    """Write targets in their own units."""
    if net.link == "exp":
        output = graph.add("Exp", output)
    if net.link == "quantiles":
        first = graph.add("Slice", output, np.array([0]), np.array([1]), np.array([1]))
        steps = graph.add("Slice", output, np.array([1]), np.array([np.iinfo(np.int64).max]), np.array([1]))
        together = graph.add("Concat", first, graph.add("Softplus", steps), axis=1)
        output = graph.add("CumSum", together, np.array(1))
    scale, offset = (np.asarray(one, np.float32) for one in (net.target.scale, net.target.offset))
    output = graph.add("Add", graph.add("Mul", output, scale), offset)
    if net.target.bounds is not None:
        low, high = (np.float32(bound) for bound in net.target.bounds)
        output = graph.add("Min", graph.add("Max", output, low), high)
    graph.add("Identity", output, output=name)


def _probabilities(graph, kind, logits, name):
    if kind == "binary":
        columns = graph.add("Concat", graph.add("Neg", logits), logits, axis=1)
        graph.add("Sigmoid", columns, output=name)
    else:
        graph.add("Sigmoid" if kind == "multilabel" else "Softmax", logits, output=name)


def _both(graph, probability, name):
    """Write the probabilities of both of two classes, of that of the second."""
    graph.add("Concat", graph.add("Sub", np.float32(1), probability), probability, axis=1, output=name)


def _log_odds(graph, kind, probability):
    logs = graph.add("Log", probability)
    if kind in ("binary", "multilabel"):
        return graph.add("Sub", logs, graph.add("Log", graph.add("Sub", np.float32(1), probability)))
    return logs


def _all_shifted(graph, outputs, shifts):
    if shifts is None:
        return outputs
    return [_shifted(graph, output, shift) for output, shift in zip(outputs, shifts, strict=True)]


def _shifted(graph, output, shift):
    return output if shift is None else graph.add("Add", output, np.asarray(shift, np.float32))


def _labels(graph, model, deciding, threshold, name):
    """Write the labels that what decides on them stands for."""
    kind = model._net.target.kind
    if kind == "multilabel":
        graph.cast(graph.add("Greater", deciding[0], np.float32(threshold)), np.int64, output=name)
    elif kind == "binary":
        _label_of_two(graph, model.classes_, deciding[0], threshold, name)
    elif kind == "multiclass":
        _label(graph, model.classes_, deciding[0], name)
    else:
        columns = [_label(graph, classes, one) for classes, one in zip(model.classes_, deciding, strict=True)]
        columns = [graph.add("Unsqueeze", column, np.array([1])) for column in columns]
        graph.add("Concat", *columns, axis=1, output=name)


def _label_of_two(graph, classes, deciding, threshold, name):
    second = graph.cast(graph.add("Greater", deciding, np.float32(threshold)), np.int64)
    _gathered(graph, classes, graph.add("Reshape", second, np.array([-1])), name)


def _label(graph, classes, deciding, name=None):
    return _gathered(graph, classes, graph.add("ArgMax", deciding, axis=1, keepdims=0), name)


def _gathered(graph, classes, numbers, name=None):
    return graph.add("Gather", np.asarray(classes).astype(label_dtype(classes)), numbers, output=name)
