"""Shapes, labels and types of predictions, for every kind of target; the way out to Keras predicts the same."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error
from sklearn.preprocessing import scale
from sklearn.utils import _safe_indexing

from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
MULTILABEL = np.column_stack([SPECIES != 0, SPECIES == 2, FLOWERS[:, 0] > 0]).astype(int)
SEVERAL = np.column_stack([SPECIES, 1 - (FLOWERS[:, 0] > 0)])
TWO_VALUES = np.column_stack([PROGRESSION, -1000.0 * PROGRESSION])
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 20, "random_state": 0}

KINDS = {
    "binary": (MLPClassifier, FLOWERS, SPECIES == 2),
    "multiclass": (MLPClassifier, FLOWERS, SPECIES),
    "multilabel": (MLPClassifier, FLOWERS, MULTILABEL),
    "several targets": (MLPClassifier, FLOWERS, SEVERAL),
    "one value": (MLPRegressor, PATIENTS, PROGRESSION),
    "a column of values": (MLPRegressor, PATIENTS, PROGRESSION[:, None]),
    "two values": (MLPRegressor, PATIENTS, TWO_VALUES),
}
CLASSIFIERS = [kind for kind, (make, _, _) in KINDS.items() if make is MLPClassifier]


@pytest.fixture(scope="module")
def fitted():
    return {kind: make(**SETTINGS).fit(X, y) for kind, (make, X, y) in KINDS.items()}


# -- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_have_the_shape_and_the_type_of_the_targets(fitted, kind):
    _, X, y = KINDS[kind]
    predicted = fitted[kind].predict(X)
    assert predicted.shape == y.shape
    assert predicted.dtype == y.dtype


@pytest.mark.parametrize("kind", KINDS)
def test_one_row_is_predicted_like_many(fitted, kind):
    _, X, y = KINDS[kind]
    net = fitted[kind]
    assert net.predict(X[:1]).shape == (1, *y.shape[1:])
    assert_allclose(net.predict(X[:1]), net.predict(X)[:1], rtol=1e-6)
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        if not hasattr(net, method):
            continue
        one, many = getattr(net, method)(X[:1]), getattr(net, method)(X)
        for a, b in zip(*([each] if not isinstance(each, list) else each for each in (one, many)), strict=True):
            assert a.shape == (1, *b.shape[1:])
            assert_allclose(a, b[:1], rtol=1e-6)


PROBABILITIES = {"binary": (150, 2), "multiclass": (150, 3), "multilabel": (150, 3)}


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_probabilities_are_shaped_as_scikit_learn_shapes_them(fitted, kind):
    probabilities = fitted[kind].predict_proba(FLOWERS)
    if kind == "several targets":
        assert [each.shape for each in probabilities] == [(150, 3), (150, 2)]
    else:
        assert probabilities.shape == PROBABILITIES[kind]
    for each in probabilities if isinstance(probabilities, list) else [probabilities]:
        assert (each >= 0).all()
        assert (each <= 1).all()
        if kind != "multilabel":
            assert_allclose(each.sum(axis=1), 1)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_what_is_predicted_is_what_is_likeliest(fitted, kind):
    net = fitted[kind]
    probabilities, predicted = net.predict_proba(FLOWERS), net.predict(FLOWERS)
    if kind == "multilabel":
        assert_array_equal(predicted, probabilities > 0.5)
    elif kind == "several targets":
        columns = [classes[p.argmax(axis=1)] for classes, p in zip(net.classes_, probabilities, strict=True)]
        assert_array_equal(predicted, np.column_stack(columns))
    else:
        assert_array_equal(predicted, net.classes_[probabilities.argmax(axis=1)])


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_the_logarithms_are_those_of_the_probabilities(fitted, kind):
    net = fitted[kind]
    pairs = net.predict_proba(FLOWERS), net.predict_log_proba(FLOWERS)
    for p, log_p in zip(*(pairs if kind == "several targets" else ([each] for each in pairs)), strict=True):
        assert_allclose(np.log(p), log_p, rtol=1e-8, atol=1e-15)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_logarithms_stay_finite_where_probabilities_round_to_zero(fitted, kind):
    far = 1e4 * FLOWERS[:1]
    probabilities, logarithms = fitted[kind].predict_proba(far), fitted[kind].predict_log_proba(far)
    assert (probabilities == 0).any()
    assert np.isfinite(logarithms).all()
    assert logarithms.min() < -1000


def test_decision_function(fitted):
    scores = fitted["binary"].decision_function(FLOWERS)
    assert scores.shape == (150,)
    assert_allclose(1 / (1 + np.exp(-scores)), fitted["binary"].predict_proba(FLOWERS)[:, 1])
    scores = np.exp(fitted["multiclass"].decision_function(FLOWERS))
    assert_allclose(scores / scores.sum(axis=1, keepdims=True), fitted["multiclass"].predict_proba(FLOWERS))
    assert not hasattr(fitted["several targets"], "decision_function")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_learned_is_right(fitted, kind):
    _, X, y = KINDS[kind]
    net = fitted[kind]
    if kind == "multilabel":
        assert net.score(X, y) == accuracy_score(y, net.predict(X))
        assert (net.predict(X) == y).mean() > 0.7
    elif kind == "several targets":
        assert net.score(X, y) == (net.predict(X) == y).all(axis=1).mean()
        assert ((net.predict(X) == y).mean(axis=0) > 0.7).all()
    else:
        assert net.score(X, y) > (0.7 if kind in CLASSIFIERS else 0.2)


# -- labels -----------------------------------------------------------------------------------------------------------

NAMES = np.array(["setosa", "versicolor", "virginica"])
LABELS = {
    "str": NAMES[SPECIES],
    "object": NAMES.astype(object)[SPECIES],
    "list of str": NAMES[SPECIES].tolist(),
    "int8": np.array([-5, 0, 100], np.int8)[SPECIES],
    "uint64": np.array([0, 7, 2**40], np.uint64)[SPECIES],
    "float": np.array([-1.0, 2.0, 30.0])[SPECIES],
    "float32": np.array([-1.0, 2.0, 30.0], np.float32)[SPECIES],
    "categorical": pd.Categorical(NAMES[SPECIES], categories=NAMES[::-1]),
    "categorical series": pd.Series(NAMES[SPECIES], dtype="category", index=np.arange(150)[::-1]),
    "string series": pd.Series(NAMES[SPECIES], dtype="string"),
    "int series": pd.Series(SPECIES * 10, index=np.arange(150)[::-1]),
    "nullable int series": pd.Series(SPECIES * 10, dtype="Int64"),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_labels_of_any_type(kind, n_classes):
    rows = np.flatnonzero(n_classes > SPECIES)
    y = _safe_indexing(LABELS[kind], rows)
    net = MLPClassifier(**SETTINGS).fit(FLOWERS[rows], y)
    coded = MLPClassifier(**SETTINGS).fit(FLOWERS[rows], SPECIES[rows])
    classes = np.unique(np.asarray(y))
    assert_array_equal(net.classes_, classes)
    predicted = net.predict(FLOWERS[rows])
    assert predicted.dtype == net.classes_.dtype
    assert_array_equal(predicted, classes[coded.predict(FLOWERS[rows])])
    assert_array_equal(net.predict_proba(FLOWERS[rows]), coded.predict_proba(FLOWERS[rows]))
    assert net.score(FLOWERS[rows], y) == coded.score(FLOWERS[rows], SPECIES[rows])


def test_boolean_labels():
    net = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES == 0)
    assert net.classes_.tolist() == [False, True]
    assert net.predict(FLOWERS).dtype == bool
    assert net.score(FLOWERS, SPECIES == 0) > 0.95


def test_several_targets_of_strings():
    y = np.column_stack([NAMES[SPECIES], np.where(FLOWERS[:, 0] > 0, "long", "short")])
    net = MLPClassifier(**SETTINGS).fit(FLOWERS, y)
    coded = MLPClassifier(**SETTINGS).fit(FLOWERS, np.column_stack([SPECIES, FLOWERS[:, 0] <= 0]))
    assert [each.tolist() for each in net.classes_] == [NAMES.tolist(), ["long", "short"]]
    for ours, theirs in zip(net.predict_proba(FLOWERS), coded.predict_proba(FLOWERS), strict=True):
        assert_array_equal(ours, theirs)
    assert (net.predict(FLOWERS)[:, 1] == y[:, 1]).mean() > 0.7


@pytest.mark.parametrize("container", [pd.DataFrame, sparse.csr_matrix, np.asfortranarray])
def test_multilabel_targets_in_any_container(fitted, container):
    net = MLPClassifier(**SETTINGS).fit(FLOWERS, container(MULTILABEL))
    assert_array_equal(net.predict_proba(FLOWERS), fitted["multilabel"].predict_proba(FLOWERS))


# -- types of X -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["binary", "one value"])
@pytest.mark.parametrize("fitted_on", [np.float32, np.float64])
def test_any_float_type_is_predicted_whatever_the_fit_has_seen(kind, fitted_on):
    make, X, y = KINDS[kind]
    X = np.repeat(X, 4, axis=0).astype(np.float32)
    net = make(**SETTINGS).fit(X.astype(fitted_on), np.repeat(y, 4))
    function = net.predict_proba if kind == "binary" else net.predict
    expected = function(X.astype(fitted_on))
    for dtype in (np.float64, np.float32):
        assert_allclose(function(X.astype(dtype)), expected, rtol=1e-5)
    assert_allclose(function(pd.DataFrame(X).to_numpy(np.longdouble)), expected, rtol=1e-5)


def test_whole_numbers_booleans_and_lists_are_numbers():
    X = np.random.RandomState(0).randint(0, 2, (60, 3))
    y = X[:, 0] ^ X[:, 1]
    expected = MLPClassifier(**SETTINGS).fit(X.astype(float), y).predict_proba(X.astype(float))
    for same in (X, X.astype(np.int8), X.astype(bool), X.tolist(), np.asfortranarray(X), X.astype(object)):
        net = MLPClassifier(**SETTINGS).fit(same, y)
        assert_array_equal(net.predict_proba(same), expected)


def test_a_data_frame_of_any_numeric_types():
    X = np.random.RandomState(0).randint(0, 2, (60, 4))
    y = X[:, 0] ^ X[:, 1]
    frame = pd.DataFrame(X, columns=list("abcd")).astype({"a": "Int64", "b": bool, "c": object, "d": "Float32"})
    net = MLPClassifier(**SETTINGS).fit(frame, y)
    expected = MLPClassifier(**SETTINGS).fit(X.astype(float), y).predict_proba(X.astype(float))
    assert_array_equal(net.predict_proba(frame), expected)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_many_rows_are_predicted_as_in_parts(container):
    net = MLPClassifier(**SETTINGS, dtype="float32").fit(container(FLOWERS), SPECIES)
    many = np.random.RandomState(0).normal(size=(100_001, 4))
    together = net.predict_proba(container(many))
    apart = [net.predict_proba(container(part)) for part in np.array_split(many, 7)]
    assert_allclose(together, np.vstack(apart), rtol=1e-5, atol=1e-7)


# -- the Keras model --------------------------------------------------------------------------------------------------

NETS = {
    **{kind: (kind, {}) for kind in KINDS},
    "hinge": ("binary", {"loss": "hinge"}),
    "poisson": ("one value", {"loss": "poisson"}),
    "everything": (
        "multiclass",
        {
            "hidden_layer_sizes": (8, 8),
            "normalization": "batch",
            "dropout": 0.3,
            "residual": True,
            "activation": "gelu",
        },
    ),
    "maxout": ("multiclass", {"activation": "maxout", "normalization": "layer"}),
    "perceptron in float32": ("binary", {"hidden_layer_sizes": (), "dtype": "float32"}),
}


def told(net, X):
    """What the net predicts, shaped as its Keras model shapes it."""
    if isinstance(net, MLPRegressor):
        return net.predict(X).reshape(len(X), -1)
    if not hasattr(net, "predict_proba"):
        return net.decision_function(X)[:, None]
    p = net.predict_proba(X)
    return p[:, 1:] if not isinstance(p, list) and len(net.classes_) == 2 else p


@pytest.mark.parametrize("case", NETS)
def test_the_keras_model_predicts_the_same_also_saved_and_loaded(case, tmp_path):
    kind, parameters = NETS[case]
    make, X, y = KINDS[kind]
    net = make(**SETTINGS | parameters).fit(X, y)
    model = net.model_
    model.save(tmp_path / "net.keras")
    for each in (model, keras.models.load_model(tmp_path / "net.keras")):
        outputs = each.predict(X, verbose=0)
        for ours, theirs in zip(*([o] if not isinstance(o, list) else o for o in (told(net, X), outputs)), strict=True):
            assert_allclose(theirs, ours, rtol=1e-4, atol=1e-6)


def test_the_keras_model_is_compiled_to_go_on(fitted):
    for kind, metric in (("binary", log_loss), ("multiclass", log_loss), ("one value", mean_squared_error)):
        _, X, y = KINDS[kind]
        model = fitted[kind].model_
        told_now = told(fitted[kind], X)
        assert model.evaluate(X, y.astype(float), verbose=0) == pytest.approx(metric(y, told_now), rel=1e-4)
        assert float(model.optimizer.learning_rate) == pytest.approx(0.03)
        model.fit(X, y.astype(float), epochs=1, verbose=0)
        assert_array_equal(told(fitted[kind], X), told_now)


def test_the_keras_model_can_be_asked_for_again_and_again():
    net = MLPClassifier(**SETTINGS | {"hidden_layer_sizes": (8, 8)}).fit(FLOWERS, SPECIES)
    for _ in range(4):
        assert net.model_.count_params() == net.n_parameters_
