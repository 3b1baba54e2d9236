"""Models as ONNX: labels equal to those of the estimator, probabilities and values to rounding."""

import subprocess
import sys

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skdeep._engine.in_numpy import ACTIVATIONS
from skdeep.decomposition import Autoencoder, VariationalAutoencoder
from skdeep.export import to_onnx
from skdeep.image import CNNClassifier, CNNRegressor
from skdeep.losses import Pinball
from skdeep.sequence import RNNClassifier, TemporalCNNClassifier, TransformerRegressor, WindowForecaster
from skdeep.tabular import MLPClassifier, MLPRegressor, TabularClassifier
from skdeep.text import TextClassifier
from skdeep.wrappers import KerasClassifier, KerasRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4)).astype(np.float32)
CLASSES = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.8])
TWO = (CLASSES > 0).astype(int)
VALUES = 100 * X[:, 0].astype(float) + 7
IMAGES = RNG.random((40, 8, 8)).astype(np.float32)
SERIES = RNG.normal(size=(40, 9, 2)).astype(np.float32)
SHORT = {"epochs": 2, "random_state": 0}


def run(model, given, sample=None):
    """Return the outputs of a converted model by their names."""
    session = onnxruntime.InferenceSession(
        to_onnx(model, sample).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    fed = given if isinstance(given, dict) else {session.get_inputs()[0].name: given}
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, fed), strict=True))


def assert_classifies(model, given, sample=None):
    found = run(model, given, sample)
    np.testing.assert_array_equal(found["label"], model.predict(given))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(given), atol=1e-5)


def mlp(**parameters):
    return MLPClassifier((8,), **SHORT | parameters)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "linear", "maxout"])
def test_activations(name):
    # One epoch of the same program is all that is needed of each.
    assert_classifies(mlp(activation=name, epochs=1).fit(X, CLASSES), X)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalizations_and_residual_layers(normalization):
    net = MLPClassifier((4, 4), normalization=normalization, residual=True, **SHORT)
    assert_classifies(net.fit(X, CLASSES), X)


@pytest.mark.parametrize(
    ("labels", "parameters"),
    [
        (TWO, {}),
        (TWO > 0, {}),
        (np.array(["no", "yes"])[TWO], {}),
        (np.array(["low", "mid", "high"])[CLASSES], {}),
        (CLASSES * 1.0, {}),
        (TWO, {"loss": "logit_adjusted"}),
        (CLASSES, {"loss": "ldam"}),
        (CLASSES, {"prediction_prior": [0.8, 0.1, 0.1]}),
        (TWO, {"loss": "logit_adjusted", "prediction_prior": "uniform"}),
        (np.column_stack([TWO, CLASSES > 1]).astype(int), {}),
    ],
)
def test_labels_of_all_kinds(labels, parameters):
    assert_classifies(mlp(**parameters).fit(X, labels), X)


def test_a_prior_that_is_set_after_the_fit_counts():
    net = mlp().fit(X, CLASSES)
    before = run(net, X)["label"]
    net.set_params(prediction_prior=[0.98, 0.01, 0.01])
    assert (run(net, X)["label"] != before).any()
    assert_classifies(net, X)


def test_several_targets():
    labels = np.column_stack([TWO, 3 * CLASSES])
    net = mlp().fit(X, labels)
    found = run(net, X)
    np.testing.assert_array_equal(found["label"], net.predict(X))
    for number, expected in enumerate(net.predict_proba(X)):
        np.testing.assert_allclose(found[f"probabilities_{number}"], expected, atol=1e-5)


@pytest.mark.parametrize("labels", [TWO, CLASSES])
def test_margins_are_scores(labels):
    net = mlp(loss="hinge").fit(X, labels)
    found = run(net, X)
    np.testing.assert_array_equal(found["label"], net.predict(X))
    np.testing.assert_allclose(np.squeeze(found["scores"]), net.decision_function(X), atol=1e-5)
    assert "probabilities" not in found


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("auto", VALUES),
        ("auto", np.column_stack([VALUES, VALUES**2])),
        ("poisson", np.exp(X[:, 0])),
        (Pinball([0.1, 0.5, 0.9]), VALUES),
    ],
)
def test_values(loss, target):
    net = MLPRegressor((8,), loss=loss, **SHORT).fit(X, target)
    expected = net.predict(X)
    np.testing.assert_allclose(run(net, X)["variable"].reshape(expected.shape), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    "net",
    [
        Autoencoder(2, **SHORT),
        Autoencoder(2, hidden_layer_sizes=(4, 3), tied_weights=True, **SHORT),
        VariationalAutoencoder(2, **SHORT),
    ],
)
def test_codes_before_another_estimator(net):
    assert_classifies(make_pipeline(StandardScaler(), net, LogisticRegression()).fit(X, CLASSES), X)


def test_samplers_are_left_out_and_searches_opened():
    pipeline = make_resampling_pipeline(StandardScaler(), SMOTE(random_state=0), mlp())
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.0, 0.1]}, cv=2).fit(X, CLASSES)
    assert_classifies(search, X)


def test_estimators_that_hold_nets():
    vote = VotingClassifier([("net", mlp()), ("line", LogisticRegression())], voting="soft", flatten_transform=False)
    assert_classifies(vote.fit(X, CLASSES), X)
    for labels in (TWO, CLASSES):
        calibrated = make_pipeline(StandardScaler(), CalibratedClassifierCV(mlp(), cv=2))
        assert_classifies(calibrated.fit(X, labels), X)
    with pytest.raises(TypeError, match="put it into the pipeline"):
        to_onnx(CalibratedClassifierCV(make_pipeline(StandardScaler(), mlp()), cv=2).fit(X, TWO))


def test_a_frame_of_numbers_and_strings():
    frame = pd.DataFrame({"age": X[:, 0], "town": np.array(["Ulm", "Bonn", "Köln"])[CLASSES], "rooms": CLASSES})
    frame.loc[::7, "age"] = np.nan
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("numbers", numbers, ["age", "rooms"]), ("towns", OneHotEncoder(), ["town"])])
    model = make_pipeline(columns, mlp()).fit(frame, TWO)
    given = {name: frame[[name]].to_numpy() for name in frame}
    found = run(model, given | {"town": given["town"].astype(object)}, frame)
    np.testing.assert_array_equal(found["label"], model.predict(frame))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(frame), atol=1e-5)


def test_double_precision_is_kept_for_what_stands_before():
    far = X.astype(float) + 1e6  # single precision would lose most of it
    model = make_pipeline(StandardScaler(), mlp()).fit(far, CLASSES)
    assert_classifies(model, far, far)


@pytest.mark.parametrize(
    ("net", "given", "labels"),
    [
        (CNNClassifier("lenet", epochs=1, random_state=0), IMAGES, np.arange(40) % 3),
        (CNNClassifier("small", epochs=1, random_state=0), IMAGES, np.arange(40) % 2),
        (RNNClassifier(units=3, **SHORT), SERIES, np.arange(40) % 2),
        (TemporalCNNClassifier("fcn", filters=3, **SHORT), SERIES, np.arange(40) % 3),
        (CNNClassifier("lenet", loss="logit_adjusted", epochs=1, random_state=0), IMAGES, np.arange(40) % 4 // 3),
    ],
    ids=["lenet", "small", "recurrent", "temporal", "logit adjusted"],
)
def test_nets_that_go_through_keras(net, given, labels):
    assert_classifies(net.fit(given, labels), given, given)


def test_values_that_go_through_keras():
    for net, given in (
        (CNNRegressor("lenet", epochs=1, random_state=0), IMAGES),
        (TransformerRegressor(**SHORT), SERIES),
    ):
        net.fit(given, VALUES[:40])
        expected = net.predict(given)
        np.testing.assert_allclose(run(net, given, given)["variable"].ravel(), expected, rtol=1e-5, atol=1e-4)


def test_images_that_come_as_flat_scaled_rows():
    flat = IMAGES.reshape(40, 64)
    net = CNNClassifier("lenet", image_shape=(8, 8), epochs=1, random_state=0)
    assert_classifies(make_pipeline(StandardScaler(), net).fit(flat, np.arange(40) % 3), flat)


def test_a_net_of_ragged_series_reads_equal_ones():
    ragged = [series[: 5 + number % 4] for number, series in enumerate(SERIES)]
    net = RNNClassifier(units=3, **SHORT).fit(ragged, np.arange(40) % 2)
    assert_classifies(net, SERIES, SERIES)


def test_ids_that_training_did_not_see():
    ids = RNG.integers(1, 9, size=(40, 6))
    net = RNNClassifier(units=3, embedding_dim=2, **SHORT).fit(ids, np.arange(40) % 2)
    ids[0, :3] = [0, 9, 500]
    assert_classifies(net, ids)


def dense(meta):
    import keras

    n_units = meta.get("n_classes_", 2) - 1 if meta.get("n_classes_", 2) == 2 else meta["n_classes_"]
    activation = {1: "sigmoid" if "n_classes_" in meta else None}.get(n_units, "softmax")
    inputs = keras.Input((meta["n_features_in_"],))
    return keras.Model(inputs, keras.layers.Dense(n_units, activation=activation)(inputs))


def test_models_of_users():
    for labels, loss in ((TWO, "binary_crossentropy"), (CLASSES, "sparse_categorical_crossentropy")):
        net = KerasClassifier(dense, loss=loss, epochs=1, verbose=0, random_state=0)
        assert_classifies(make_pipeline(StandardScaler(), net).fit(X, labels), X)
    net = KerasRegressor(dense, loss="mse", epochs=1, verbose=0, random_state=0).fit(X, VALUES)
    np.testing.assert_allclose(run(net, X)["variable"].ravel(), net.predict(X), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "given", "target", "reason"),
    [
        (TabularClassifier(epochs=1, n_estimators=1), pd.DataFrame(X).astype(object), TWO, "strings, dates"),
        (TextClassifier(epochs=1), ["good", "bad"] * 10, [0, 1] * 10, "TfidfVectorizer"),
        (RNNClassifier(per_step=True, **SHORT), SERIES, np.tile([0, 1, 1], (40, 3)), "moments"),
    ],
    ids=["frames", "texts", "moments"],
)
def test_what_onnx_cannot_express(model, given, target, reason):
    with pytest.raises(TypeError, match=reason):
        to_onnx(model.fit(given, target))


def test_bad_input():
    with pytest.raises(NotFittedError):
        to_onnx(mlp())
    with pytest.raises(TypeError, match="fitted estimator or pipeline, got int"):
        to_onnx(3)
    with pytest.raises(TypeError, match="WindowForecaster"):
        to_onnx(WindowForecaster(horizon=1, window=3).fit(np.arange(40.0)))


def test_dense_nets_need_no_tensorflow(tmp_path):
    import pickle

    path = tmp_path / "net.pickle"
    path.write_bytes(pickle.dumps(make_pipeline(StandardScaler(), mlp()).fit(X, CLASSES)))
    code = (
        "import pickle, sys; from skdeep.export import to_onnx\n"
        "to_onnx(pickle.load(open(sys.argv[1], 'rb'))); assert 'tensorflow' not in sys.modules; print('none')"
    )
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "none", result.stderr
