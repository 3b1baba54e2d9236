"""The Keras model of an estimator leaves as SavedModel, LiteRT and ONNX, and predicts the same there."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdeep.image import CNNClassifier
from skdeep.tabular import MLPClassifier

ROWS, LABELS = (array[:120] for array in load_digits(return_X_y=True))
NETS = [
    pytest.param(MLPClassifier((16,), epochs=3, random_state=0), ROWS.astype(np.float32), id="dense"),
    pytest.param(
        CNNClassifier("lenet", epochs=2, dtype="float32", random_state=0),
        ROWS.reshape(-1, 8, 8, 1).astype(np.float32),
        id="convolutional",
    ),
]
nets = pytest.mark.parametrize(("net", "X"), NETS)


def run_saved_model(path, X):
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    return loaded.serve(X).numpy()


def run_onnx(path, X):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    (given,) = session.get_inputs()
    return session.run(None, {given.name: X})[0]


def run_litert(model, X):
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*tf.lite.Interpreter is deprecated", UserWarning)
        interpreter = tf.lite.Interpreter(model_content=model)
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], X.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], X)
    interpreter.invoke()
    return interpreter.get_tensor(made["index"])


@nets
def test_saved_model(net, X, tmp_path):
    net.fit(X, LABELS).model_.export(str(tmp_path), verbose=False)
    np.testing.assert_allclose(run_saved_model(str(tmp_path), X), net.predict_proba(X), atol=1e-5)


@nets
@pytest.mark.filterwarnings("ignore:.*np.object:FutureWarning")
def test_onnx_by_keras(net, X, tmp_path):
    path = str(tmp_path / "net.onnx")
    net.fit(X, LABELS).model_.export(path, format="onnx", verbose=False)
    np.testing.assert_allclose(run_onnx(path, X), net.predict_proba(X), atol=1e-5)


@nets
def test_litert_by_keras(net, X, tmp_path):
    path = tmp_path / "net.tflite"
    net.fit(X, LABELS).model_.export(str(path), format="litert", verbose=False)
    np.testing.assert_allclose(run_litert(path.read_bytes(), X), net.predict_proba(X), atol=1e-5)


@nets
def test_litert_by_the_converter_of_tensorflow(net, X):
    import tensorflow as tf

    converted = tf.lite.TFLiteConverter.from_keras_model(net.fit(X, LABELS).model_).convert()
    np.testing.assert_allclose(run_litert(converted, X), net.predict_proba(X), atol=1e-5)
