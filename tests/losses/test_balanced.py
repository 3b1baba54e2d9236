"""Losses and weights for targets that are rarely large or small."""

import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.datasets import make_regression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep._data.density import SmoothedDensity
from skdeep.decomposition import Autoencoder
from skdeep.losses import BalancedSquaredError, BatchBalancedSquaredError
from skdeep.metrics import balanced_mean_squared_error
from skdeep.sequence import TemporalCNNRegressor
from skdeep.tabular import MLPRegressor

RANDOM = np.random.default_rng(0)
X, LINE = make_regression(120, 4, noise=5.0, random_state=0)
SKEWED = np.exp(LINE / 60)
TWO = np.column_stack([SKEWED, LINE])
PREDICTED = TWO + RANDOM.normal(size=TWO.shape)
WEIGHT = RANDOM.integers(1, 4, len(X)).astype(float)


def regressor(loss="balanced_squared_error", **parameters):
    settings = {"hidden_layer_sizes": (8,), "epochs": 3, "learning_rate": 0.02, "random_state": 0}
    return MLPRegressor(**settings | {"loss": loss} | parameters)


def compared(y, predicted, sigma, weight=None):
    """Return the batch Monte-Carlo loss of each row, by its formula."""
    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    logits = -((predicted[:, None] - y[None]) ** 2).mean(axis=2) / (2 * sigma**2)
    own = np.diag(logits).copy()
    if weight is None:
        return -2 * sigma**2 * np.diag(log_softmax(logits, axis=1))
    sums = (np.exp(logits) * (weight / weight.mean())).sum(axis=1)
    return 2 * sigma**2 * (np.log(sums) - own)


# -- each bin weighs the same -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [SKEWED, TWO, np.round(SKEWED)], ids=["one", "two", "whole numbers"])
@pytest.mark.parametrize("bins", [{}, {"n_bins": 4}, {"bin_edges": [0.0, 1.0, 2.0, 40.0]}], ids=str)
def test_the_loss_is_the_metric(y, bins):
    predicted = PREDICTED if y.ndim == 2 else PREDICTED[:, 0]
    for weight in (None, WEIGHT):
        loss = BalancedSquaredError(**bins, dtype="float64").counted(y, weight)
        expected = balanced_mean_squared_error(y, predicted, sample_weight=weight, **bins)
        columns = [tf.constant(one.reshape(len(y), -1)) for one in (y, predicted)]
        assert np.average(loss.call(*columns), weights=weight) == pytest.approx(expected, rel=1e-9)
        total = loss(y.reshape(len(y), -1), predicted.reshape(len(y), -1), weight)
        assert float(total) == pytest.approx(expected * (1 if weight is None else weight.mean()), rel=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [SKEWED, TWO, np.round(SKEWED)], ids=["one", "two", "whole numbers"])
def test_what_a_regressor_minimises_is_the_metric_in_standard_deviations(y, dtype):
    """The training loss of a net that stands still, and the validation loss of its own rows."""
    for weight in (None, WEIGHT):
        model = regressor(epochs=1, learning_rate=1e-12, dtype=dtype)
        model.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight)
        scale = np.sqrt(np.cov(y.T, aweights=weight, ddof=0)) if y.ndim == 1 else model._net.target.scale
        expected = balanced_mean_squared_error(y / scale, model.predict(X) / scale, sample_weight=weight)
        assert model.loss_curve_[0] == pytest.approx(expected, rel=1e-4)
        assert model.history_["val_loss"][0] == pytest.approx(expected, rel=1e-4)


def test_rare_targets_are_predicted_further_out():
    """Where x is normal and y has the noise s, the posterior of y under an even prior is known.

    Its slope is 1 + s^2 and its noise s (1 + s^2)^.5.
    """
    random = np.random.default_rng(0)
    rows = random.normal(size=(2000, 1))
    y = rows[:, 0] + 0.7 * random.normal(size=2000)
    given = {"plain": {}, "bins": {"loss": "balanced_squared_error"}, "lds": {"target_weight": "lds"}}
    given["batch"] = {"loss": "batch_balanced_squared_error"}
    fits, slopes = {}, {}
    for name, parameters in given.items():
        fits[name] = regressor("auto", hidden_layer_sizes=(), epochs=30, n_iter_no_change=np.inf)
        fits[name].set_params(**parameters)
        slopes[name] = fits[name].fit(rows, y).coefs_[0][0, 0] * fits[name]._net.target.scale[0]
    assert slopes["plain"] == pytest.approx(1.0, abs=0.1)
    assert slopes["batch"] == pytest.approx(1.49, abs=0.15)
    assert min(slopes["bins"], slopes["lds"]) > 1.15
    noise = np.exp(fits["batch"].weights_[-1][0]) * fits["batch"]._net.target.scale[0]
    assert noise == pytest.approx(0.7 * 1.49**0.5, rel=0.1)


def test_gradients_are_finite_differences():
    y, predicted, step = TWO[:12], PREDICTED[:12], 1e-6
    for loss, formula in (
        (BalancedSquaredError(4).counted(y), lambda one: 12 * balanced_mean_squared_error(y, one, n_bins=4)),
        (BatchBalancedSquaredError(0.7), lambda one: compared(y, one, 0.7).sum()),
    ):
        outputs = tf.constant(predicted)
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            total = tf.reduce_sum(loss.call(tf.constant(y), outputs))
        changes = np.zeros_like(predicted)
        for place in np.ndindex(*predicted.shape):
            at = np.zeros_like(predicted)
            at[place] = step
            changes[place] = (formula(predicted + at) - formula(predicted - at)) / (2 * step)
        assert_allclose(tape.gradient(total, outputs), changes, rtol=1e-4, atol=1e-5)


def test_a_bin_that_training_rows_left_empty_weighs_as_if_it_had_one():
    loss = BalancedSquaredError(4).counted([0.0, 0.0, 1.0, 10.0, 10.0])
    assert_allclose(loss.bin_weights, [[5 / (2 * 3), 5 / 2, 5 / 2, 5 / (2 * 2)]])


# -- by batch ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [SKEWED, TWO], ids=["one", "two"])
def test_rows_are_compared_with_the_others_of_the_batch(y):
    predicted = PREDICTED if y.ndim == 2 else PREDICTED[:, 0]
    loss = BatchBalancedSquaredError(0.8)
    columns = [tf.constant(one.reshape(len(y), -1)) for one in (y, predicted)]
    assert_allclose(loss.call(*columns), compared(y, predicted, 0.8), rtol=1e-5, atol=1e-9)
    found = loss(*[one.numpy() for one in columns], WEIGHT)
    assert float(found) == pytest.approx((WEIGHT * compared(y, predicted, 0.8)).mean(), rel=1e-4)
    weighed = loss.compared(*columns, tf.constant(0.8, tf.float64), tf.constant(WEIGHT))
    assert_allclose(weighed, compared(y, predicted, 0.8, WEIGHT), rtol=1e-7, atol=1e-9)
    assert_allclose(loss.alone(*columns), ((y - predicted) ** 2).reshape(len(y), -1).mean(axis=1))


def test_a_row_of_weight_two_pulls_as_two_rows():
    y, predicted, twice = SKEWED[:9, None], PREDICTED[:9, :1], np.arange(9) < 4
    repeated = np.r_[np.arange(9), np.flatnonzero(twice)]
    kernel = tf.Variable(1.1, dtype=tf.float64)
    gradients = []
    for rows, weight in ((np.arange(9), 1.0 + twice), (repeated, None)):
        with tf.GradientTape() as tape:
            losses = BatchBalancedSquaredError().compared(
                tf.constant(y[rows]),
                kernel * predicted[rows],
                tf.constant(0.5, tf.float64),
                None if weight is None else tf.constant(weight),
            )
            total = tf.reduce_sum(losses if weight is None else losses * weight)
        gradients.append(float(tape.gradient(total, kernel)))
    assert gradients[0] == pytest.approx(gradients[1], rel=1e-9)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_the_scale_is_learned_and_validation_is_the_plain_error(weight):
    loss = BatchBalancedSquaredError(0.6)
    given = {"X_val": X, "y_val": TWO, "sample_weight_val": weight}
    still = regressor(loss, epochs=1, learning_rate=1e-12, batch_size=200).fit(X, TWO, weight, **given)
    scaled, predicted = TWO / still._net.target.scale, still.predict(X) / still._net.target.scale
    losses = compared(scaled, predicted, 0.6, weight)
    assert still.loss_curve_[0] == pytest.approx(np.average(losses, weights=weight), rel=1e-5)
    squares = mean_squared_error(scaled, predicted, sample_weight=weight)
    assert still.history_["val_loss"][0] == pytest.approx(squares, rel=1e-5)


def test_a_net_with_a_learned_scale_is_kept_as_any_other():
    model = regressor("batch_balanced_squared_error").fit(X, TWO)
    assert model.weights_[-1].shape == (1,)
    assert_allclose(model.model_.predict(X, verbose=0), model.predict(X), rtol=1e-3, atol=1e-3)
    assert_allclose(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


def test_the_gradient_of_the_scale_is_that_of_the_cross_entropy():
    """One step of plain gradient descent moves the logarithm of the scale by minus the rate times the derivative."""
    model = regressor(BatchBalancedSquaredError(0.6), epochs=1, optimizer="sgd", learning_rate=1e-6, batch_size=200)
    model.set_params(dtype="float64").fit(X, LINE)
    target = model._net.target
    y, predicted = (LINE - target.offset) / target.scale, (model.predict(X) - target.offset) / target.scale
    entropy = [compared(y, predicted, one).mean() / (2 * one**2) for one in (0.6 - 1e-5, 0.6 + 1e-5)]
    derivative = 2 * 0.6**2 * (entropy[1] - entropy[0]) / 2e-5 * 0.6
    assert model.weights_[-1] == pytest.approx(-1e-6 * derivative, rel=1e-3)


def test_training_goes_on_with_the_scale_that_was_learned():
    model = regressor(BatchBalancedSquaredError()).partial_fit(X, LINE, epochs=2)
    whole = regressor(BatchBalancedSquaredError()).partial_fit(X, LINE, epochs=4)
    model.partial_fit(X, LINE, epochs=2)
    for own, other in zip(model.weights_, whole.weights_, strict=True):
        assert_allclose(own, other, rtol=1e-5, atol=1e-8)


def test_members_learn_scales_of_their_own():
    series = X.reshape(120, 4, 1)
    settings = {"n_estimators": 2, "epochs": 2, "loss": "batch_balanced_squared_error", "random_state": 0}
    model = TemporalCNNRegressor("fcn", filters=4, **settings).fit(series, LINE)
    first, second = model.weights_[-2:]
    assert first.shape == second.shape == (1,)
    assert first != second


# -- weights by the density of the target -----------------------------------------------------------------------------


def density_weights(y, weight):
    edges = np.linspace(y.min(), y.max(), 101)
    places = np.minimum(((y - edges[0]) / (edges[1] - edges[0])).astype(int), 99)
    counts = np.bincount(places, weight, 100)
    kernel = np.exp(-(np.arange(-2, 3) ** 2) / 8)
    smooth = [sum(counts[at + k] * kernel[k + 2] for k in range(-2, 3) if 0 <= at + k < 100) for at in range(100)]
    found = 1 / np.array(smooth)[places]
    return found / np.average(found, weights=weight)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_weights_are_the_inverse_of_the_smoothed_histogram(weight):
    expected = density_weights(SKEWED, weight)
    assert_allclose(SmoothedDensity.learned(SKEWED, weight).of_rows(SKEWED), expected)
    model = regressor("auto", target_weight="lds", dtype="float64").fit(X, SKEWED, weight)
    by_hand = regressor("auto", dtype="float64").fit(X, SKEWED, expected if weight is None else expected * weight)
    scale = by_hand._net.target.scale / model._net.target.scale
    assert scale != pytest.approx(1.0, rel=1e-3)  # the weights do not move the scaling
    scaled = (SKEWED - model._net.target.offset) / model._net.target.scale
    same = regressor(keras.losses.MeanSquaredError(), dtype="float64", epochs=1, learning_rate=1e-12)
    still = clone(same).set_params(target_weight="lds").fit(X, SKEWED, weight)
    predicted = (still.predict(X) - still._net.target.offset) / still._net.target.scale
    rows = expected if weight is None else expected * weight
    assert still.loss_curve_[0] == pytest.approx(np.average((scaled - predicted) ** 2, weights=rows), rel=1e-6)


# -- both -------------------------------------------------------------------------------------------------------------


def test_searches_over_them_compile_one_program_each():
    for loss, grid in (
        (BalancedSquaredError(), {"loss__n_bins": [3, 10, 20], "loss__bin_edges": [None, [0.0, 1.0, 9.0]]}),
        (BatchBalancedSquaredError(), {"loss__sigma": [0.5, 1.0, 2.0]}),
    ):
        skdeep.clear_cache()
        before = skdeep.cache_info().misses
        search = GridSearchCV(regressor(loss), grid, cv=2).fit(X, SKEWED)
        assert skdeep.cache_info().misses == before + 1
        assert len(np.unique(search.cv_results_["mean_test_score"])) > 2


@pytest.mark.parametrize("loss", [BalancedSquaredError(3).counted(SKEWED), BatchBalancedSquaredError(0.4)])
def test_losses_are_saved_and_loaded(loss):
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is type(loss)
    for y, predicted in ((SKEWED[:, None], PREDICTED[:, :1]),):
        assert_allclose(again(y, predicted), loss(y, predicted))
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", loss)
    curve = model.fit(X, SKEWED, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(curve).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BalancedSquaredError()(SKEWED[:, None], SKEWED[:, None]), r"BalancedSquaredError\(\).counted\(y\)"),
        (lambda: BalancedSquaredError(0), "n_bins must be an integer of at least 1, got 0"),
        (lambda: BalancedSquaredError(bin_edges=[1.0, 1.0]), "bin_edges must hold at least two rising numbers"),
        (lambda: BalancedSquaredError(bin_edges=[1.0]), "bin_edges must hold at least two rising numbers"),
        (lambda: BalancedSquaredError().set_params(n_bins=1.5), "n_bins must be"),
        (lambda: BatchBalancedSquaredError(0.0), "sigma must be a number above 0, got 0.0"),
        (lambda: regressor(BalancedSquaredError(bin_edges=[[0, 1], [0, 1], [0, 1]])).fit(X, TWO), "are for 3 targets"),
        (lambda: regressor("auto", target_weight="lds").fit(X, TWO), "'lds' is for one target, but y has 2"),
        (lambda: regressor(target_weight="lds").fit(X, SKEWED), "use one of them"),
        (lambda: regressor(BatchBalancedSquaredError(), mixup=0.2).fit(X, SKEWED), "mixup cannot be used with loss"),
        (lambda: regressor("auto", target_weight="lds").partial_fit(X, SKEWED), "cannot be used with partial_fit"),
        (lambda: regressor("auto", target_weight="other").fit(X, SKEWED), "target_weight"),
        (lambda: Autoencoder(loss="balanced_squared_error").fit(X), "is none of rows made again"),
        (lambda: Autoencoder(loss=BatchBalancedSquaredError()).fit(X), "is none of rows made again"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_constant_target_is_one_bin():
    model = regressor().fit(X, np.full(len(X), 3.0))
    assert_allclose(model.predict(X), 3.0, atol=1.5)
    assert np.isfinite(regressor("auto", target_weight="lds").fit(X, np.full(len(X), 3.0)).loss_curve_).all()


def test_going_on_keeps_the_bins_of_the_first_rows():
    model = regressor("auto", warm_start=True).fit(X, SKEWED)
    model.set_params(loss="balanced_squared_error").fit(X, SKEWED)
    first = model._net.numbers["output_0/bin_weights"]
    model.fit(X[:50], SKEWED[:50])
    assert_allclose(model._net.numbers["output_0/bin_weights"], first)
