"""The estimators of this package as operators of skl2onnx: what each reads and returns, and how its net is written."""

import copy
from dataclasses import replace

import numpy as np

from skdeep._data.columns import Dense, Ids, Ragged
from skdeep._data.inputs.frames import Frames
from skdeep._data.inputs.pairs import Pairs
from skdeep._data.inputs.stretches import Stretches
from skdeep._data.inputs.texts import Texts
from skdeep._engine import in_numpy
from skdeep._engine.spec import InputSignature
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.supervised import SupervisedEstimator
from skdeep.decomposition._coding import Coding
from skdeep.export import _onnx_dense, _onnx_predictions
from skdeep.export._onnx_graph import OPSET, Graph

# Inputs that ONNX has no operators for.
_REASONS = {
    Frames: "it reads raw frames, whose strings, dates and missing values ONNX cannot express; encode them with a "
    "ColumnTransformer before MLPClassifier or MLPRegressor",
    Texts: "it reads texts, which are cleaned and cut by rules that ONNX cannot express; put scikit-learn's "
    "TfidfVectorizer before MLPClassifier or MLPRegressor",
    Stretches: "it reads and writes texts, token by token, which ONNX cannot express",
    Pairs: "it reads and writes texts, token by token, which ONNX cannot express",
}
_KINDS = ("binary", "multiclass", "multilabel", "multioutput", "regression")


def is_net(one):
    """Whether an object is an estimator of this package that holds a net itself."""
    return isinstance(one, BaseDeepEstimator) or is_wrapper(one)


def is_wrapper(one):
    """Whether an object is a fitted estimator of a user's Keras model."""
    return {"target_encoder_", "target_type_", "engine_"} <= vars(one).keys() if hasattr(one, "__dict__") else False


def is_fitted(net):
    """Whether a net was fitted, and not only given as a parameter."""
    return is_wrapper(net) or hasattr(net, "weights_")


def check(net):
    """Raise TypeError for an estimator of this package that ONNX cannot express, and say why."""
    name = type(net).__name__
    if not is_net(net):
        if type(net).__module__.partition(".")[0] == "skdeep":
            raise TypeError(f"{name} cannot be converted to ONNX: it is not a net; convert those that it holds.")
        return
    if not is_fitted(net):  # a parameter of what holds fitted clones of it
        return
    if is_wrapper(net):
        if net.target_type_ not in ("binary", "multiclass", "continuous", "continuous-multioutput"):
            raise TypeError(f"{name} cannot be converted to ONNX: its targets are {net.target_type_!r}.")
        return
    reason = next((reason for cls, reason in _REASONS.items() if isinstance(net._net.inputs, cls)), None)
    if reason is None and not isinstance(net, (SupervisedEstimator, Coding)):
        reason = "it neither predicts nor makes codes of rows"
    if reason is None and isinstance(net, SupervisedEstimator):
        classes = getattr(net._net.target, "classes", None) or ()
        if net._net.target.kind not in _KINDS or getattr(net, "per_step", False):
            reason = "its labels are of moments, not of rows"
        elif len({_onnx_predictions.label_dtype(one) for one in classes}) > 1:
            reason = "its targets have labels of several types, which one output cannot hold"
    if reason is not None:
        raise TypeError(f"{name} cannot be converted to ONNX: {reason}.")


def reads_ids(net):
    """Whether a fitted net reads whole numbers that stand for something."""
    return isinstance(net, BaseDeepEstimator) and np.issubdtype(np.dtype(_column(net).dtype), np.integer)


def row_shape(net):
    """Return the shape of a row that a fitted net reads, None where it may differ; and whether it holds ids."""
    column = _column(net)
    if isinstance(column, Ragged):
        return (None, *column.shape), reads_ids(net)
    return column.shape, reads_ids(net)


def _column(net):
    ((_, column),) = net._net.signature.inputs
    return column


def register(cls):
    """Tell skl2onnx how to convert an estimator class."""
    from skl2onnx import update_registered_converter

    alias, options = f"Skdeep{cls.__name__}", {"zipmap": [True, False], "raw_scores": [True, False]}
    update_registered_converter(cls, alias, _set_types, _convert, parser=_parse, options=options)


def _parse(scope, model, inputs, custom_parsers=None):
    from skl2onnx._supported_operators import get_model_alias

    operator = scope.declare_local_operator(get_model_alias(type(model)), model)
    operator.inputs = inputs
    for name, kind in _onnx_predictions.output_types(model):
        operator.outputs.append(scope.declare_local_variable(name, kind))
    return operator.outputs


def _set_types(operator):
    for output, (_, kind) in zip(operator.outputs, _onnx_predictions.output_types(operator.raw_operator), strict=False):
        output.set_type(kind)


def _convert(scope, operator, container):
    model = operator.raw_operator
    graph = Graph(scope, container)
    names = [output.full_name for output in operator.outputs]
    rows = _rows(graph, model, [given.full_name for given in operator.inputs])
    if is_wrapper(model):
        _onnx_predictions.of_wrapper(graph, model, graph.include(_of_wrapper(model), [rows]), names)
        return
    described = _described(model)
    if described is None:
        made = graph.include(_of_keras(model), [rows])
        write = _onnx_predictions.of_predictions
    else:
        operations = next(iter(described.values()))
        made = _onnx_dense.written(graph, operations, rows, dict(zip(model._net.paths, model.weights_, strict=False)))
        write = _onnx_predictions.of_outputs
    if container.get_options(model, {"raw_scores": False}).get("raw_scores"):
        write = _onnx_predictions.of_scores(described is not None)
    if isinstance(model, Coding):
        graph.add("Identity", made[0], output=names[0])
    else:
        write(graph, model, made, names)


def _described(model):
    """Return the operations of a net of dense layers by the names of its models, or None."""
    shape = _column(model).shape
    return in_numpy.described(model._net.spec, shape[-1]) if shape else None


def _rows(graph, model, inputs):
    """Return the rows that a net reads, of the type and the shape that it reads them in."""
    if reads_ids(model):
        ids = [graph.cast(name, np.int64) for name in inputs]
        return _known_ids(graph, model, graph.add("Concat", *ids, axis=1) if len(ids) > 1 else ids[0])
    rows = [graph.cast(name, np.float32) for name in inputs]
    rows = graph.add("Concat", *rows, axis=1) if len(rows) > 1 else rows[0]
    if is_wrapper(model):
        return rows
    shape, _ = row_shape(model)
    if len(shape) == 1:  # dense layers, of an autoencoder of images too
        return graph.add("Flatten", rows)
    return graph.add("Reshape", rows, np.array([0, *(-1 if size is None else size for size in shape)]))


def _known_ids(graph, model, ids):
    """Return ids as a net knows them: those that training did not see are 0."""
    known = model._net.inputs.known
    table = np.append(np.where(known, np.arange(len(known)), 0), 0).astype(np.int32)
    within = graph.add("Min", graph.add("Max", ids, np.int64(0)), np.int64(len(known)))
    return graph.add("Gather", table, within)


def _of_keras(model):
    """Return the Keras model of an estimator, or its encoder, as ONNX: in single precision, of rows of one length."""
    from skdeep._estimator.keras_model import keras_model, network

    single = copy.copy(model)
    column = replace(_column(model), dtype="int32" if reads_ids(model) else "float32")
    if isinstance(column, Ragged):
        column = Ids((None,)) if reads_ids(model) else Dense((None, *column.shape), "float32")
    elif isinstance(column, Dense) and column.stored is not None:
        column = replace(column, stored=None)
    signature = InputSignature((("X", column),), "float32")
    single._net = replace(model._net, inputs=model._net.inputs.in_dtype("float32"), signature=signature)
    made = network(single) if isinstance(model, Coding) else keras_model(single)
    return _converted(made, (None, *column.shape), column.dtype)


def _of_wrapper(wrapper):
    model = wrapper.model_
    if len(model.inputs) != 1:
        raise TypeError(f"{type(wrapper).__name__} cannot be converted to ONNX: its model has several inputs.")
    return _converted(model, model.inputs[0].shape, "float32", model.inputs[0].dtype)


def _converted(model, shape, dtype, own=None):
    try:
        import tf2onnx
    except ImportError as error:
        raise ImportError(
            "Nets that are not dense layers alone are converted by tf2onnx, which is not installed: "
            'pip install "scikit-deep[export]" from a checkout.'
        ) from error
    from skdeep.utils._tensorflow import keras, tf

    def predict(X):
        return keras.tree.flatten(model(X if own is None else tf.cast(X, own), training=False))

    signature = [tf.TensorSpec(shape, dtype, name="X")]
    converted, _ = tf2onnx.convert.from_function(
        tf.function(predict), signature, opset=OPSET, custom_op_handlers={"Erfc": (_erfc, [])}
    )
    return converted


def _erfc(context, node, *_):
    """Tell tf2onnx what 1 - erf(x) is, which is part of GELU and not among its operators."""
    from tf2onnx.utils import make_name

    node.type = "Erf"
    one = context.make_const(make_name("one"), np.array(1, np.float32)).output[0]
    minus = context.insert_new_node_on_output("Neg", node.output[0])
    context.insert_new_node_on_output("Add", minus.output[0], inputs=[minus.output[0], one])
