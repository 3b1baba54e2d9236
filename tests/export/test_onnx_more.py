"""What ONNX would get wrong is refused, and rows of other shapes are read."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep.decomposition import Autoencoder
from skdeep.export import to_onnx
from skdeep.sequence import RNNClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor

pytest.importorskip("skl2onnx")
runtime = pytest.importorskip("onnxruntime")

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 4)).astype(np.float32)
y = (X[:, 0] > 0).astype(int)
NET = MLPClassifier((4,), epochs=2, random_state=0)


@pytest.mark.parametrize(
    ("model", "targets", "reason"),
    [
        (CalibratedClassifierCV(NET, method="isotonic", cv=2), y, "only 'sigmoid'"),
        (CalibratedClassifierCV(NET, method="temperature", cv=2), y, "only 'sigmoid'"),
        (CalibratedClassifierCV(make_pipeline(StandardScaler(), NET), cv=2), y, "around the last step"),
        (CalibratedClassifierCV(FrozenEstimator(NET)), y, "FrozenEstimator"),
        (FixedThresholdClassifier(NET, threshold=0.2), y, "threshold would be lost"),
        (make_pipeline(StandardScaler(), FixedThresholdClassifier(NET)), y, "threshold would be lost"),
        (VotingClassifier([("a", NET), ("b", LogisticRegression())], voting="soft"), y, "flatten_transform=False"),
        (TransformedTargetRegressor(MLPRegressor((4,), epochs=2), transformer=StandardScaler()), y, "Target"),
        (make_pipeline(FunctionTransformer(np.exp), NET), y, "Python code"),
        (ClassifierChain(NET), np.column_stack([y, 1 - y]), "ClassifierChain"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_what_skl2onnx_converts_wrongly_or_not_at_all_is_refused(model, targets, reason):
    if isinstance(getattr(model, "estimator", None), FrozenEstimator):
        model.estimator.estimator.fit(X, targets)
    with pytest.raises(TypeError, match=reason):
        to_onnx(model.fit(X, targets))


def test_codes_of_images():
    images = X.reshape(-1, 2, 2)
    net = Autoencoder(2, epochs=2, random_state=0).fit(images)
    session = runtime.InferenceSession(to_onnx(net, images).SerializeToString(), providers=["CPUExecutionProvider"])
    (codes,) = session.run(None, {"X": images})
    np.testing.assert_allclose(codes, net.transform(images), atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_two_nets_with_operators_that_leave_inputs_out(cell):
    pytest.importorskip("tf2onnx")
    series = rng.normal(size=(20, 5, 2)).astype(np.float32)
    nets = [(name, RNNClassifier(cell=cell, units=3, epochs=1, random_state=0)) for name in "ab"]
    model = VotingClassifier(nets, voting="soft", flatten_transform=False).fit(series, y[:20])
    session = runtime.InferenceSession(to_onnx(model, series).SerializeToString(), providers=["CPUExecutionProvider"])
    labels, probabilities = session.run(None, {"X": series})
    np.testing.assert_array_equal(labels, model.predict(series))
    np.testing.assert_allclose(probabilities, model.predict_proba(series), atol=1e-5)


@pytest.mark.parametrize("rows", [X, sparse.csr_matrix(X)], ids=["dense", "sparse"])
def test_a_step_that_passes_rows_through_and_sparse_rows(rows):
    model = make_pipeline("passthrough", NET).fit(rows, y)
    session = runtime.InferenceSession(to_onnx(model, rows).SerializeToString(), providers=["CPUExecutionProvider"])
    _, probabilities = session.run(None, {"X": X})
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=1e-5)
