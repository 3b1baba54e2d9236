"""Smaller copies of fitted estimators: what is rounded, what becomes zero, and what stays as it was."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep.decomposition import Autoencoder
from skdeep.export import compress
from skdeep.image import CNNClassifier
from skdeep.outlier_detection import VAEOutlier
from skdeep.sequence import RNNClassifier, TransformerClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor, TabularClassifier
from skdeep.tabular.architectures import MLP, RealMLP, TabM
from skdeep.text import TextClassifier, TextGenerator
from skdeep.text.architectures import BiGRU
from skdeep.wrappers import KerasClassifier

ROWS, LABELS = load_digits(return_X_y=True)
X, Y = ROWS[:200].astype(np.float32), LABELS[:200]
SERIES = X.reshape(-1, 8, 8)
TEXTS = [f"{'good' if label % 2 else 'bad'} word{label} and word{label % 3}" for label in Y]


@pytest.fixture(scope="module")
def net():
    return MLPClassifier((64, 32), epochs=10, random_state=0).fit(X, Y)


def is_kernel(path, array):
    return array.ndim > 1 and path.endswith("kernel")


def kernels(net):
    return [array for path, array in zip(net.paths_, net.weights_, strict=True) if is_kernel(path, array)]


def others(net):
    return [array for path, array in zip(net.paths_, net.weights_, strict=True) if not is_kernel(path, array)]


def predictions(estimator, X):
    name = next(one for one in ("predict_proba", "decision_function", "predict", "score") if hasattr(estimator, one))
    return np.asarray(getattr(estimator, name)(X))


def with_weights(net, weights):
    """Return a copy of a net with other weights."""
    made = pickle.loads(pickle.dumps(net))
    made.weights_ = tuple(np.array(array) for array in weights)
    return made


# -- rounding ----------------------------------------------------------------------------------------------------------


def test_half_precision_is_that_of_numpy(net):
    smaller = compress(net, "float16")
    for before, after in zip(kernels(net), kernels(smaller), strict=True):
        np.testing.assert_array_equal(after, before.astype(np.float16).astype(before.dtype))
        assert after.dtype == before.dtype
    for before, after in zip(others(net), others(smaller), strict=True):
        np.testing.assert_array_equal(after, before)


def test_whole_numbers_are_at_most_half_a_step_away(net):
    smaller = compress(net, "int8")
    for before, after in zip(kernels(net), kernels(smaller), strict=True):
        step = np.abs(before).max(axis=0) / 127  # one for each output unit
        assert (np.abs(after - before) <= step / 2 * (1 + 1e-5)).all()
        codes = after / step
        np.testing.assert_allclose(codes, np.rint(codes), atol=1e-4)
        assert np.abs(np.rint(codes)).max() == 127
        assert (after != before).any()
    for before, after in zip(others(net), others(smaller), strict=True):
        np.testing.assert_array_equal(after, before)


def test_each_member_has_scales_of_its_own():
    frame = X[:, :6]
    net = TabularClassifier(RealMLP((8,)), n_estimators=2, epochs=2, random_state=0).fit(frame, Y)
    (path, before), *_ = [
        (path, array)
        for path, array in zip(net.paths_, net.weights_, strict=True)
        if is_kernel(path, array) and array.ndim == 3 and len(array) == 2
    ]
    after = dict(zip(net.paths_, compress(net, "int8").weights_, strict=True))[path]
    step = np.abs(before).max(axis=1, keepdims=True) / 127
    assert (np.abs(after - before) <= step / 2 * (1 + 1e-5)).all()
    step_of_all = np.abs(before).max(axis=(0, 1), keepdims=True) / 127
    assert (step < step_of_all * 0.99).any()


@pytest.mark.parametrize("dtype", ["float16", "int8", None])
def test_predictions_are_those_of_the_rounded_weights(net, dtype):
    smaller = compress(net, dtype, prune=0.5)
    np.testing.assert_array_equal(smaller.predict_proba(X), with_weights(net, smaller.weights_).predict_proba(X))
    many = np.tile(X, (2, 1))  # more rows than NumPy is given
    np.testing.assert_array_equal(smaller.predict_proba(many), with_weights(net, smaller.weights_).predict_proba(many))
    opened = pickle.loads(pickle.dumps(smaller))
    np.testing.assert_array_equal(opened.predict_proba(X), smaller.predict_proba(X))
    for one, other in zip(opened.weights_, smaller.weights_, strict=True):
        np.testing.assert_array_equal(one, other)
        assert not one.flags.writeable
    np.testing.assert_allclose(smaller.model_.predict(X, verbose=0), smaller.predict_proba(X), atol=1e-5)


def test_weights_too_large_for_half_precision_are_refused(net):
    weights = [array * 1e6 if array.ndim > 1 else array for array in net.weights_]
    with pytest.raises(ValueError, match=r"hidden_0/kernel.*half precision holds; use dtype='int8'"):
        compress(with_weights(net, weights), "float16")
    assert np.isfinite(compress(with_weights(net, weights), "int8").predict_proba(X)).all()


# -- files -------------------------------------------------------------------------------------------------------------


def test_files_have_the_size_that_their_weights_need():
    net = MLPClassifier((500, 500), epochs=1, random_state=0).fit(X, Y)
    n_weights = sum(array.size for array in kernels(net))

    def bytes_of_a_weight(dtype, prune=None):
        return len(pickle.dumps(compress(net, dtype, prune=prune))) / n_weights

    assert 4 <= bytes_of_a_weight(None) < 4.1
    assert 2 <= bytes_of_a_weight("float16") < 2.1
    assert 1 <= bytes_of_a_weight("int8") < 1.1
    # A bit for each weight says whether it is there.
    assert 4 * 0.2 + 1 / 8 <= bytes_of_a_weight(None, 0.8) < 4 * 0.2 + 1 / 8 + 0.1
    assert bytes_of_a_weight("int8", 0.8) < 0.2 + 1 / 8 + 0.1
    assert len(pickle.dumps(net)) > 3 * 4 * n_weights  # with what the optimizer remembers


# -- pruning -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prune", [0.3, 0.8, 0.95])
def test_the_smallest_weights_become_zero(net, prune):
    smaller = compress(net, None, prune=prune)
    before = np.concatenate([array.ravel() for array in kernels(net)])
    after = np.concatenate([array.ravel() for array in kernels(smaller)])
    gone = after == 0
    assert gone.sum() == round(prune * before.size)
    np.testing.assert_array_equal(after[~gone], before[~gone])
    assert np.abs(before[gone]).max() <= np.abs(before[~gone]).min()
    for one, other in zip(others(net), others(smaller), strict=True):
        np.testing.assert_array_equal(one, other)


def test_embeddings_are_not_pruned():
    net = TextClassifier(BiGRU(units=4), epochs=1, random_state=0).fit(TEXTS, Y)
    smaller = compress(net, None, prune=0.9)
    pairs = [*zip(net.paths_, net.weights_, smaller.weights_, strict=True)]
    embeddings = [(one, other) for path, one, other in pairs if path.endswith("embeddings")]
    assert embeddings
    for one, other in embeddings:
        np.testing.assert_array_equal(one, other)
    rounded = dict(zip(net.paths_, compress(net, "int8").weights_, strict=True))
    assert any((rounded[path] != one).any() for path, one, _ in pairs if path.endswith("embeddings"))


FURTHER = [
    pytest.param(MLPClassifier((32,), epochs=2), X, Y, id="dense"),
    pytest.param(MLPClassifier((32,), epochs=2, optimizer="sgd", momentum=0.9, clip_norm=0.1), X, Y, id="sgd"),
    pytest.param(MLPClassifier((32,), epochs=2, weight_decay=0.1, alpha=0.1, l1=0.1), X, Y, id="penalties"),
    pytest.param(MLPClassifier((32,), epochs=2, early_stopping=True), X, Y, id="early stopping"),
    pytest.param(MLPClassifier((32,), epochs=2, freeze="hidden_0/*"), X, Y, id="frozen"),
    pytest.param(CNNClassifier("lenet", epochs=1), SERIES[..., None], Y, id="convolutional"),
    pytest.param(RNNClassifier(units=8, epochs=1), SERIES, Y, id="recurrent"),
    pytest.param(TabularClassifier(MLP((8,)), n_estimators=2, epochs=1), X[:, :5], Y, id="members"),
    pytest.param(
        TabularClassifier(TabM(4, width=8, n_blocks=1), epochs=1, early_stopping=False), X[:, :5], Y, id="packed"
    ),
    pytest.param(Autoencoder(4, hidden_layer_sizes=(16,), epochs=2), X, None, id="autoencoder"),
]


@pytest.mark.parametrize(("net", "X", "y"), FURTHER)
def test_zeros_stay_zero_in_further_training(net, X, y):
    net = clone(net).set_params(random_state=0).fit(X, y)
    pruned = compress(net, None, prune=0.7)
    tuned = compress(net, None, prune=0.7, X=X, y=y, epochs=3)
    moved = False
    for before, after in zip(kernels(pruned), kernels(tuned), strict=True):
        assert (after[before == 0] == 0).all()
        moved |= bool((after != before).any())
    assert moved
    assert repr(tuned.get_params()) == repr(net.get_params())
    assert len(tuned.history_["loss"]) in (1, 2, 3)


def test_training_under_a_mask_is_that_of_a_net_without_these_weights():
    """Plain gradient descent in NumPy, of a linear net whose weights are held at zero."""
    features, target = make_regression(64, 6, noise=1.0, random_state=0)
    rate = 0.05
    net = MLPRegressor((), optimizer="sgd", momentum=0.0, learning_rate=rate, batch_size=64, epochs=2, alpha=0.0,
                       learning_rate_schedule=None, early_stopping=False, shuffle=False, random_state=0)  # fmt: skip
    net.fit(features, target)
    tuned = compress(net, None, prune=0.5, X=features, y=target, epochs=3)
    kernel, bias = (np.array(array, float) for array in compress(net, None, prune=0.5).weights_)
    mask = kernel != 0
    info = net._net.target
    scaled = ((target - info.offset) / info.scale)[:, None]
    for _ in range(3):
        slope = 2 * (features @ kernel + bias - scaled) / len(features)
        kernel, bias = kernel - rate * mask * (features.T @ slope), bias - rate * slope.sum(axis=0)
    assert mask.sum() == 3
    np.testing.assert_allclose(tuned.weights_[0], kernel, atol=1e-6)
    np.testing.assert_allclose(tuned.weights_[1], bias, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_further_training_wins_back_what_pruning_cost(seed):
    net = MLPClassifier((64,), epochs=20, random_state=seed).fit(ROWS[:1200], LABELS[:1200])
    pruned = compress(net, "int8", prune=0.9)
    tuned = compress(net, "int8", prune=0.9, X=ROWS[:1200], y=LABELS[:1200])
    held_out = ROWS[1200:], LABELS[1200:]
    assert tuned.score(*held_out) > max(pruned.score(*held_out) + 0.1, net.score(*held_out) - 0.1)


# -- what it is for ----------------------------------------------------------------------------------------------------

FAMILIES = [
    pytest.param(MLPRegressor((8,), epochs=1), X, Y.astype(float), id="regressor"),
    pytest.param(TransformerClassifier(n_layers=1, width=8, epochs=1), SERIES, Y, id="transformer"),
    pytest.param(TextClassifier(BiGRU(units=4), epochs=1), TEXTS, Y, id="texts"),
    pytest.param(TextGenerator(units=8, epochs=1), TEXTS, None, id="language model"),
    pytest.param(TabularClassifier(RealMLP((8,)), n_estimators=2, epochs=1), X[:, :5], Y, id="ensemble"),
    pytest.param(VAEOutlier(hidden_layer_sizes=(8,), steps=20), X, None, id="detector"),
]


@pytest.mark.parametrize(("estimator", "X", "y"), FAMILIES)
def test_each_family_can_be_made_smaller(estimator, X, y):
    estimator = clone(estimator).set_params(random_state=0).fit(X, y)
    before = predictions(estimator, X)
    smaller = compress(estimator, "float16")
    after = predictions(smaller, X)
    assert len(pickle.dumps(smaller)) < len(pickle.dumps(estimator))
    np.testing.assert_allclose(after, before, atol=0.02 * np.abs(before).max())
    assert (after != before).any()
    np.testing.assert_array_equal(predictions(pickle.loads(pickle.dumps(smaller)), X), after)


def test_a_pipeline_keeps_its_steps_and_is_trained_behind_them():
    model = make_pipeline(StandardScaler(), FunctionTransformer(), MLPClassifier((32,), epochs=5, random_state=0))
    model.fit(X, Y)
    smaller = compress(model, "int8", prune=0.6, X=X, y=Y, epochs=2)
    np.testing.assert_array_equal(smaller[0].mean_, model[0].mean_)
    behind = compress(model[-1], "int8", prune=0.6, X=model[:-1].transform(X), y=Y, epochs=2)
    for one, other in zip(smaller[-1].weights_, behind.weights_, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (smaller.predict(X) == behind.predict(model[:-1].transform(X))).all()


@pytest.mark.parametrize("further", [False, True])
def test_the_original_is_not_changed(net, further):
    weights, state = [np.array(array) for array in net.weights_], [np.array(one) for one in net.optimizer_state_]
    before, params = net.predict_proba(X), net.get_params()
    compress(net, "int8", prune=0.9, **({"X": X, "y": Y, "epochs": 2} if further else {}))
    for one, other in zip([*weights, *state], [*net.weights_, *net.optimizer_state_], strict=True):
        np.testing.assert_array_equal(one, other)
    assert net.get_params() == params
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_a_warm_start_goes_on_from_the_rounded_weights_with_a_fresh_optimizer(net):
    smaller = compress(net, "int8", prune=0.5)
    assert smaller.optimizer_state_ == []
    plain = with_weights(net, smaller.weights_)
    plain.optimizer_state_ = []
    for one in (smaller, plain):
        one.set_params(warm_start=True, epochs=2).fit(X, Y)
    for one, other in zip(smaller.weights_, plain.weights_, strict=True):
        np.testing.assert_array_equal(one, other)
    assert type(smaller.weights_) is tuple
    pixels = (X != 0).any(axis=0)
    assert np.mean(smaller.weights_[0][pixels] == 0) < 0.25  # half were, and units that are dead stay as they are


def test_what_is_small_can_be_made_smaller_again(net):
    once = compress(net, "float16")
    twice = compress(once, "int8", prune=0.8)
    assert len(pickle.dumps(twice)) < len(pickle.dumps(once)) / 2


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"dtype": "int4"}, "dtype must be one of 'float16', 'int8' and None, got 'int4'"),
        ({"prune": 1.0}, "prune must be a share from 0 to below 1, or None, got 1.0"),
        ({"prune": -0.1}, "prune must be a share"),
        ({"prune": "most"}, "prune must be a share"),
        ({"prune": 0.5, "X": X, "y": Y, "epochs": 0}, "epochs must be an integer of at least 1, got 0"),
        ({"prune": 0.5, "X": X, "y": Y, "learning_rate": 0.0}, "learning_rate must be a number above 0"),
        ({"X": X, "y": Y}, "X is for training after pruning: give prune too"),
        ({"prune": 0.5, "y": Y}, "y is given without X"),
    ],
)
def test_bad_arguments(net, wrong, match):
    with pytest.raises(ValueError, match=match):
        compress(net, **wrong)


def test_what_cannot_be_made_smaller(net):
    with pytest.raises(NotFittedError):
        compress(MLPClassifier())
    with pytest.raises(TypeError, match="estimator must be a fitted estimator or pipeline, got ndarray"):
        compress(X)
    with pytest.raises(TypeError, match="LogisticRegression has no net of this package"):
        compress(LogisticRegression(max_iter=5000).fit(X, Y))
    detector = VAEOutlier(hidden_layer_sizes=(8,), steps=5, random_state=0).fit(X)
    with pytest.raises(TypeError, match="VAEOutlier cannot be trained further; leave out X and y"):
        compress(detector, prune=0.5, X=X)


def test_a_keras_model_of_a_user_is_refused():
    from skdeep.utils.discovery import checking_instance

    wrapper = checking_instance(KerasClassifier).set_params(epochs=1).fit(X, Y)
    with pytest.raises(TypeError, match="KerasClassifier has no net of this package"):
        compress(wrapper)
