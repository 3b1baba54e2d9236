"""Small batches of rows through dense nets are computed by NumPy: the same as by TensorFlow, and without it."""

import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep._engine import in_numpy
from skdeep.architectures import mlp
from skdeep.decomposition import Autoencoder, VariationalAutoencoder
from skdeep.image import CNNClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor
from skdeep.text import TextClassifier
from skdeep.utils._tensorflow import keras

TOLERANCE = {"float32": 5e-6, "float64": 2e-8}  # Keras has a few constants in single precision only


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(250, 6)) + 0.5
    return X, np.digitize(X[:, :3].sum(axis=1), [0, 2])


@pytest.fixture
def by_both(monkeypatch):
    """Return a function that calls another twice, with the rows in NumPy and in TensorFlow."""

    def both(function):
        ours = function()
        with monkeypatch.context() as patch:
            patch.setattr(in_numpy, "MOST_ROWS", -1)
            theirs = function()
        return ours, theirs

    return both


def assert_same(pair, dtype="float32"):
    ours, theirs = pair
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * np.abs(theirs).max())


@pytest.mark.parametrize("name", in_numpy.ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations(name, dtype):
    values = np.array([-800.0, -90.0, -3.0, -1.0, -1e-3, 0.0, 1e-3, 0.5, 2.0, 60.0], dtype)
    ours, theirs = in_numpy.ACTIVATIONS[name](values), np.array(keras.activations.get(name)(values))
    np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    assert ours.dtype == dtype


@pytest.mark.parametrize("name", ["tanh", "gelu", "linear", "maxout"])
def test_nets_of_an_activation(name, rows, by_both):
    X, y = rows
    net = MLPClassifier((8, 8), activation=name, epochs=2, random_state=0).fit(X, y)
    assert in_numpy.outputs(net._net.spec, net._net.paths, net.weights_, {"X": X}) is not None
    assert_same(by_both(lambda: net.decision_function(X)), "float64")
    assert_same((net.predict_proba(X), net.model_.predict(X, verbose=0)))


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_normalization_and_residual_layers(normalization, residual, kind, rows, by_both):
    X, y = kind(rows[0]), rows[1]
    sizes = (6, 6, 4)
    net = MLPClassifier(sizes, normalization=normalization, residual=residual, epochs=2, random_state=0).fit(X, y)
    assert_same(by_both(lambda: net.decision_function(X)), "float64")
    assert_same((net.predict_proba(kind(rows[0])), net.predict_proba(rows[0])), "float64")


def test_a_residual_layer_as_wide_as_sparse_rows_predicts_dense_rows(rows):
    X, y = rows
    net = MLPClassifier((6,), residual=True, epochs=2, random_state=0)
    dense, thin = (pickle.loads(pickle.dumps(net.fit(kind(X), y))) for kind in (np.asarray, sparse.csr_matrix))
    many = np.tile(X, (2, 1))  # more than NumPy computes
    expected = dense.predict_proba(many)
    for estimator in (dense, thin):
        for kind in (np.asarray, sparse.csr_matrix):
            np.testing.assert_allclose(estimator.predict_proba(kind(many)), expected, rtol=1e-5)


@pytest.mark.parametrize("n_targets", [1, 3])
def test_regression(n_targets, rows, by_both):
    X, _ = rows
    net = MLPRegressor((8,), epochs=2, random_state=0).fit(X, X[:, :n_targets] * 100)
    assert_same(by_both(lambda: net.predict(X)), "float64")


def test_several_targets_keep_their_order(rows, by_both):
    X, y = rows
    net = MLPClassifier((8,), epochs=2, random_state=0).fit(X, np.column_stack([y, y > 0]))
    for pair in zip(*by_both(lambda: net.predict_proba(X)), strict=True):
        assert_same(pair)


@pytest.mark.parametrize(
    "net",
    [
        Autoencoder(2, epochs=2, random_state=0),
        Autoencoder(2, hidden_layer_sizes=(5, 4), tied_weights=True, activation="tanh", epochs=2, random_state=0),
        Autoencoder(2, hidden_layer_sizes=(), epochs=2, random_state=0),
        VariationalAutoencoder(2, epochs=2, random_state=0),
    ],
    ids=["dense", "tied", "linear", "variational"],
)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_codes_and_rows(net, kind, rows, by_both):
    if kind is sparse.csr_matrix and isinstance(net, VariationalAutoencoder):
        kind = np.asarray  # which takes dense rows only
    X = kind(rows[0])
    net.fit(X)
    for method, given in (("transform", X), ("reconstruct", X), ("inverse_transform", rows[0][:, :2])):
        assert_same(by_both(lambda method=method, given=given: getattr(net, method)(given)), "float64")


def test_what_is_not_described_is_left_to_tensorflow(rows, by_both):
    X, y = rows
    for activation in ("squareplus", keras.ops.sin):
        net = MLPClassifier((8,), activation=activation, epochs=2, random_state=0).fit(X, y)
        assert in_numpy.outputs(net._net.spec, net._net.paths, net.weights_, {"X": X}) is None
        ours, theirs = by_both(lambda net=net: net.predict_proba(X))
        np.testing.assert_array_equal(ours, theirs)


def build_doubled(config, signature, numbers):
    net = mlp.build(config, signature, numbers)
    return keras.Model(net.inputs, net.outputs[0] * 2.0)


class Doubled(MLPClassifier):
    """Builds another net of the same config."""

    def _design(self, inputs, signature, output_sizes):
        design = super()._design(inputs, signature, output_sizes)
        return replace(design, model=replace(design.model, build=build_doubled))


def test_a_net_that_a_subclass_builds_is_not_that_of_the_description(rows, by_both):
    net = Doubled((4,), epochs=1, random_state=0).fit(*rows)
    np.testing.assert_array_equal(*by_both(lambda: net.decision_function(rows[0])))


def test_numbers_that_become_infinite_are_those_of_tensorflow_and_no_warning(rows, by_both):
    X, y = rows
    net = MLPClassifier((8, 8), activation="exponential", epochs=2, random_state=0).fit(X, y)
    ours, theirs = by_both(lambda: net.decision_function(X * 1e4))
    assert not np.isfinite(theirs).all()
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(theirs))


def test_the_number_of_rows_decides(rows):
    X = np.tile(rows[0], (2, 1))
    net = MLPClassifier((8,), epochs=2, random_state=0).fit(*rows)
    few, many = (in_numpy.outputs(net._net.spec, net._net.paths, net.weights_, {"X": X[:n]}) for n in (256, 257))
    assert few is not None
    assert many is None
    np.testing.assert_allclose(net.predict_proba(X[:257])[:256], net.predict_proba(X[:256]), rtol=1e-6)


IN_A_NEW_PROCESS = """
import pickle, sys
import numpy as np
with open(sys.argv[1], "rb") as file:
    cases = pickle.load(file)
for model, method, X, expected in cases:
    np.testing.assert_array_equal(getattr(model, method)(X), expected)
assert not {"tensorflow", "keras"} & sys.modules.keys()
print("equal bits, and no TensorFlow")
"""


def test_a_service_predicts_the_same_bits_without_tensorflow(tmp_path, rows):
    X, y = rows
    texts = ["a good film", "bad acting", "so so"] * 20
    scaled = make_pipeline(StandardScaler(), MLPClassifier((8,), normalization="batch", epochs=2, random_state=0))
    models = [
        (scaled.fit(X, y), "predict_proba", X),
        (MLPRegressor((8,), epochs=2, random_state=0).fit(X, X[:, 0]), "predict", X[:1]),
        (Autoencoder(2, epochs=2, random_state=0).fit(X), "transform", X[:10]),
        (TextClassifier(epochs=2, random_state=0).fit(texts, texts), "predict_proba", texts),
    ]
    cases = [(model, method, given, getattr(model, method)(given)) for model, method, given in models]
    path = tmp_path / "cases.pickle"
    path.write_bytes(pickle.dumps(cases))
    command = [sys.executable, "-c", IN_A_NEW_PROCESS, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert result.stdout.strip() == "equal bits, and no TensorFlow", result.stderr


def test_other_nets_are_not_described():
    X, y = np.random.default_rng(0).random((30, 8, 8)), np.arange(30) % 2
    net = CNNClassifier("lenet", epochs=1, random_state=0).fit(X, y)
    assert net._net.spec.operations is None
