"""From a fitted estimator or pipeline to one ONNX graph."""

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection._classification_threshold import BaseThresholdClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from skdeep._estimator.base import BaseDeepEstimator
from skdeep.export import _onnx_graph, _onnx_nets


def _is_calibration(one):
    return isinstance(one, CalibratedClassifierCV)


# What skl2onnx cannot convert, or does not convert rightly, and why.
_REASONS = (
    (
        lambda one: _is_calibration(one) and isinstance(one.estimator, Pipeline),
        "it is around a pipeline; put it into the pipeline, around the last step: "
        "make_pipeline(scaler, CalibratedClassifierCV(net))",
    ),
    (
        lambda one: _is_calibration(one) and one.method != "sigmoid",
        "of its methods, only 'sigmoid' is converted rightly",
    ),
    (
        lambda one: isinstance(one, BaseThresholdClassifier),
        "its threshold would be lost; convert its estimator_ and compare the probability with the threshold",
    ),
    (
        lambda one: isinstance(one, FunctionTransformer) and one.func is not None,
        "its function is Python code; only func=None is converted",
    ),
    (lambda one: isinstance(one, FrozenEstimator), "give the estimator in it, which is fitted already"),
    (
        lambda one: isinstance(one, VotingClassifier) and one.voting == "soft" and one.flatten_transform,
        "it needs flatten_transform=False, which changes nothing in its predictions",
    ),
)


def to_onnx(model, X=None):
    """Convert a fitted estimator, or a pipeline that has one, to ONNX: one graph from raw input to predictions.

    Nets of dense layers are written from their weights, in operators of ONNX alone, without TensorFlow. Others are
    converted through their Keras model, for which tf2onnx is needed. What stands before a net, around it or beside it,
    such as a scaler, an encoder of categories, a calibration or a vote, is converted by skl2onnx, which is told of the
    estimators of this package. Samplers of imbalanced-learn do nothing to a prediction and are left out.

    Parameters
    ----------
    model : estimator instance
        A fitted estimator of this package, or a pipeline, search, vote, calibration ... of scikit-learn that has one.
    X : array-like or DataFrame of shape (n_samples, ...), default=None
        Some rows, whose types become those of the inputs. A DataFrame makes an input of shape (n_samples, 1) of each
        column: numbers of single precision, whole numbers (int64) or strings. An array makes one that is called "X", of
        single precision unless X is of double. None is an array of single precision, as wide as the training rows.

    Returns
    -------
    onnx_model : onnx.ModelProto
        `onnx_model.SerializeToString()` are the bytes of the file. A classifier has the outputs "label" and
        "probabilities" (with several targets "probabilities_0", ...; with a hinge loss "scores" instead), a regressor
        "variable", an autoencoder "variable", its codes.

    Raises
    ------
    ImportError
        If skl2onnx is not installed, or tf2onnx where it is needed: both come with the extra "export".
    NotFittedError
        If the model was not fitted.
    TypeError
        If a net reads what ONNX cannot express, which is said: raw frames, texts, forecasts, labels of moments. Or if
        skl2onnx cannot convert what stands around a net, such as TransformedTargetRegressor or ClassifierChain.

    Notes
    -----
    The graph computes in single precision. Labels are those of `predict`, and probabilities are equal to 1e-5, unless
    inputs are so large that single precision loses them; give `X` in double precision if scalers see such inputs.

    Series of one call are of the same length.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep.export import to_onnx
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPClassifier((8,), epochs=5, random_state=0)).fit(X, y)
    >>> [output.name for output in to_onnx(model).graph.output]
    ['label', 'probabilities']
    """
    if not isinstance(model, BaseEstimator):
        raise TypeError(f"model must be a fitted estimator or pipeline, got {type(model).__name__}.")
    check_is_fitted(model)
    model = _without_samplers(getattr(model, "best_estimator_", model))
    for one in _held(model):
        _onnx_nets.check(one)
    _check_around(model)
    skl2onnx = _skl2onnx()
    for net in nets_in(model):
        _onnx_nets.register(type(net))
    try:
        converted = skl2onnx.convert_sklearn(
            model,
            name=type(model).__name__,
            initial_types=_initial_types(model, X),
            target_opset={"": _onnx_graph.OPSET, "ai.onnx.ml": 2},
            options={"zipmap": False} if hasattr(model, "classes_") else None,
        )
    except skl2onnx.common.exceptions.MissingShapeCalculator as error:
        raise TypeError(f"skl2onnx cannot convert a part of the model. {str(error).partition('. ')[0]}.") from error
    _onnx_graph.sort(converted)
    return converted


def _skl2onnx():
    try:
        import skl2onnx
    except ImportError as error:
        raise ImportError('to_onnx needs skl2onnx: pip install "scikit-deep[export]" from a checkout.') from error
    return skl2onnx


def _check_around(model):
    """Raise TypeError for what skl2onnx converts to something else, or stumbles over."""
    for one in _held(model):
        reason = next((reason for is_such, reason in _REASONS if is_such(one)), None)
        if reason is not None:
            raise TypeError(f"{type(one).__name__} cannot be converted to ONNX here: {reason}.")


def nets_in(model):
    """Return the fitted estimators of this package that a model is or holds, each once."""
    return [one for one in _held(model) if _onnx_nets.is_net(one) and _onnx_nets.is_fitted(one)]


def _held(model):
    """Return a model and all estimators that it holds, each once; what a net of ours holds is its own."""
    found, waiting, seen = [], [model], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, BaseEstimator) or hasattr(one, "calibrators"):
            found.append(one)
            waiting += [] if _onnx_nets.is_net(one) else vars(one).values()
    return found


def _without_samplers(model):
    """Return a pipeline as one of scikit-learn, without the steps that change nothing, or rows in training only."""
    if not isinstance(model, Pipeline):
        return model
    kept = [(name, step) for name, step in model.steps if isinstance(step, BaseEstimator)]
    return Pipeline([(name, _without_samplers(step)) for name, step in kept if not hasattr(step, "fit_resample")])


def _initial_types(model, X):
    """Return the names and types of the inputs."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType

    if isinstance(X, pd.DataFrame):
        return [(name, _of_column(X[name])) for name in X.columns]
    first = model.steps[0][1] if isinstance(model, Pipeline) else model
    if X is None:
        shape, is_whole = _shape(model, first)
        return [("X", (Int64TensorType if is_whole else FloatTensorType)([None, *shape]))]
    X = X if sparse.issparse(X) else np.asarray(X)
    if X.dtype.kind not in "fiub":
        from skl2onnx.common.data_types import StringTensorType

        return [("X", StringTensorType([None, *X.shape[1:]]))]
    kind = DoubleTensorType if X.dtype == np.float64 else FloatTensorType
    kind = Int64TensorType if X.dtype.kind in "iu" and _onnx_nets.reads_ids(first) else kind
    return [("X", kind([None, *X.shape[1:]]))]


def _of_column(column):
    """Return the type of an input for a column: single precision for fractions, for which imputers have operators."""
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    kinds = {"f": FloatTensorType, "i": Int64TensorType, "u": Int64TensorType, "b": Int64TensorType}
    return kinds.get(getattr(column.dtype, "kind", "O"), StringTensorType)([None, 1])


def _shape(model, first):
    """Return the shape of a row of X, and whether it holds whole numbers."""
    if isinstance(first, BaseDeepEstimator):
        return _onnx_nets.row_shape(first)
    if not hasattr(model, "n_features_in_"):
        raise ValueError(f"What {type(model).__name__} reads cannot be told from it; give some rows as X.")
    return (model.n_features_in_,), False
