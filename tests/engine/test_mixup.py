"""Mixup against NumPy: the shares, the loss of each kind of target with given shares, and a step of descent."""

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.special import log_expit, log_softmax, softmax

import skdeep
from skdeep._engine.objectives.mixup import Shares
from skdeep.image import CNNClassifier, CNNRegressor, Custom
from skdeep.image.augmentation import Mixup as Augmentation
from skdeep.utils._numbers import LiveNumber

N = 10
rng = np.random.default_rng(0)
X = rng.random((N, 4, 3))
LABELS = np.arange(N) % 3
SHARES = rng.random(N)
WEIGHT = rng.random(N) + 0.1
STILL = {"optimizer": "sgd", "learning_rate": 1e-300, "shuffle": False, "epochs": 1, "random_state": 0}
SETTINGS = {"architecture": Custom(filters=(3,), head=()), "rescale": None, "dtype": "float64"} | STILL


def shares_of(alpha, n, seed=0, dtype=tf.float64):
    made = Shares(LiveNumber(tf.Variable(alpha, dtype=dtype)))
    made.seed_state.assign([seed, 0])
    return made.draw(n, dtype).numpy()


@pytest.fixture
def given_shares(monkeypatch):
    """The shares of all batches; programs compiled with them are not kept."""
    skdeep.clear_cache()
    monkeypatch.setattr(Shares, "draw", lambda self, n_rows, dtype: tf.cast(tf.constant(SHARES)[:n_rows], dtype))
    yield SHARES
    skdeep.clear_cache()


# -- shares -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.02, 0.2, 1.0, 5.0])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_shares_are_drawn_from_the_beta_distribution(alpha, dtype):
    for seed in range(20):
        drawn = shares_of(alpha, 4000, seed, dtype)
        assert drawn.dtype == dtype.as_numpy_dtype
        assert drawn.min() >= 0
        assert drawn.max() <= 1
        quantiles = np.array([0.05, 0.2, 0.5, 0.8, 0.95])
        thresholds = stats.beta(alpha, alpha).ppf(quantiles)
        inside = (thresholds > 1e-6) & (thresholds < 1 - 1e-6)  # others are rounded to zero or one
        below = (drawn[:, None] <= thresholds[inside]).mean(axis=0)
        assert_allclose(below, quantiles[inside], atol=5 * 0.5 / np.sqrt(4000))
        spread = stats.beta(alpha, alpha).std()
        assert abs(drawn.mean() - 0.5) < 5 * spread / np.sqrt(4000)
        assert drawn.std() == pytest.approx(spread, rel=0.1)


def test_shares_follow_from_the_seed_and_differ_from_step_to_step():
    made, again = (Shares(LiveNumber(tf.Variable(0.5))) for _ in range(2))
    first, second = (made.draw(50, tf.float32).numpy() for _ in range(2))
    assert_array_equal(again.draw(50, tf.float32), first)
    assert_array_equal(again.draw(50, tf.float32), second)
    assert not np.array_equal(first, second)


# -- the loss ---------------------------------------------------------------------------------------------------------


def cross_entropy(model, mixed, y):
    return -np.take_along_axis(log_softmax(model.decision_function(mixed), axis=1), y[:, None], axis=1)[:, 0]


def binary_cross_entropy(model, mixed, y):
    return -log_expit(np.where(y == 1, 1, -1) * model.decision_function(mixed))


def mean_binary_cross_entropy(model, mixed, y):
    return -log_expit(np.where(y == 1, 1, -1) * model.decision_function(mixed)).mean(axis=1)


def sum_of_cross_entropies(model, mixed, y):
    each = model.predict_log_proba(mixed)
    return -sum(np.take_along_axis(log_p, y[:, [k]], axis=1)[:, 0] for k, log_p in enumerate(each))


def squared_error(model, mixed, y):
    difference = (model.predict(mixed) - y).reshape(N, -1) / model._net.target.scale
    return (difference**2).mean(axis=1)


def hinge(model, mixed, y):
    return np.maximum(1 - np.where(y == 1, 1, -1) * model.decision_function(mixed), 0)


TARGETS = rng.normal(size=(N, 2)) * [3.0, 0.5] + [1.0, -4.0]
KINDS = {
    "binary": (CNNClassifier, LABELS % 2, {}, binary_cross_entropy),
    "multiclass": (CNNClassifier, LABELS, {}, cross_entropy),
    "multilabel": (
        CNNClassifier,
        np.column_stack([LABELS == 0, LABELS < 2]).astype(int),
        {},
        mean_binary_cross_entropy,
    ),
    "multioutput": (CNNClassifier, np.column_stack([LABELS, 2 - LABELS]), {}, sum_of_cross_entropies),
    "one value": (CNNRegressor, TARGETS[:, 0], {}, squared_error),
    "two values": (CNNRegressor, TARGETS, {}, squared_error),
    "hinge": (CNNClassifier, LABELS % 2, {"loss": "hinge"}, hinge),
}


def mixed_loss(model, loss, y, shares, weight, batches):
    """Mean over the batches, each row mixed with the one at the other end of its batch."""
    total = total_weight = 0.0
    for rows in batches:
        partner = rows[::-1]
        share = shares[: len(rows)]
        mixed = np.zeros_like(X)
        mixed[rows] = share[:, None, None] * X[rows] + (1 - share)[:, None, None] * X[partner]
        others = y.copy()
        others[rows] = y[partner]
        own, other = loss(model, mixed, y)[rows], loss(model, mixed, others)[rows]
        total += (weight[rows] * share * own + weight[partner] * (1 - share) * other).sum()
        total_weight += (weight[rows] * share + weight[partner] * (1 - share)).sum()
    return total / total_weight


@pytest.mark.parametrize(
    ("kind", "weighted"),
    [*((kind, False) for kind in KINDS), *((kind, True) for kind in ("multioutput", "two values"))],
)
def test_the_loss_is_the_mean_of_the_losses_against_both_targets(kind, weighted, given_shares):
    make, y, extra, loss = KINDS[kind]
    weight = WEIGHT if weighted else None
    parameters = SETTINGS | extra | {"augmentation": "mixup"}
    for batch_size, batches in ((N, [np.arange(N)]), (4, np.split(np.arange(N), [4, 8]))):
        model = make(**parameters, batch_size=batch_size).fit(X, y, sample_weight=weight)
        expected = mixed_loss(model, loss, y, given_shares, np.ones(N) if weight is None else weight, batches)
        assert model.loss_curve_[0] == pytest.approx(expected, rel=1e-9)


def test_class_weights_go_with_their_rows(given_shares):
    model = CNNClassifier(**SETTINGS, augmentation="mixup", class_weight={0: 5.0}).fit(X, LABELS)
    weight = np.where(LABELS == 0, 5.0, 1.0)
    expected = mixed_loss(model, cross_entropy, LABELS, given_shares, weight, [np.arange(N)])
    assert model.loss_curve_[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_a_step_goes_down_the_gradient_of_the_mixed_loss(weighted, given_shares):
    weight = WEIGHT if weighted else None
    linear = SETTINGS | {"architecture": Custom(filters=(), head=())}
    start = CNNClassifier(**linear).fit(X, LABELS).weights_[2:]
    model = CNNClassifier(**linear | {"learning_rate": 0.25, "augmentation": "mixup"})
    kernel, bias = model.fit(X, LABELS, sample_weight=weight).weights_[2:]
    weight, share = np.ones(N) if weight is None else weight, given_shares
    rows = share[:, None] * X.reshape(N, -1) + (1 - share)[:, None] * X[::-1].reshape(N, -1)
    own, other = (weight * share)[:, None], (weight[::-1] * (1 - share))[:, None]
    targets = np.eye(3)[LABELS]
    slopes = (own + other) * softmax(rows @ start[0] + start[1], axis=1) - own * targets - other * targets[::-1]
    slopes /= (own + other).sum()
    assert_allclose(kernel, start[0] - 0.25 * rows.T @ slopes, rtol=1e-7, atol=1e-10)
    assert_allclose(bias, start[1] - 0.25 * slopes.sum(axis=0), rtol=1e-7, atol=1e-10)


def test_a_mixture_of_targets_is_one_target_to_the_cross_entropy(given_shares):
    """For one-hot targets the loss is that against the mean of both, as in the paper."""
    model = CNNClassifier(**SETTINGS, augmentation="mixup").fit(X, LABELS)
    share = given_shares[:, None]
    mixed = share[..., None] * X + (1 - share)[..., None] * X[::-1]
    targets = share * np.eye(3)[LABELS] + (1 - share) * np.eye(3)[LABELS[::-1]]
    expected = -(targets * log_softmax(model.decision_function(mixed), axis=1)).sum(axis=1).mean()
    assert model.loss_curve_[0] == pytest.approx(expected, rel=1e-9)


# -- in training ------------------------------------------------------------------------------------------------------


def test_bytes_are_mixed_as_numbers(given_shares):
    images = (X * 255).astype(np.uint8)
    curves = [
        CNNClassifier(**SETTINGS, augmentation="mixup").fit(each, LABELS).loss_curve_
        for each in (images, images.astype(float))
    ]
    assert curves[0] == curves[1]


def test_shares_of_one_leave_everything_as_it_is(monkeypatch):
    plain = CNNClassifier(**SETTINGS | {"learning_rate": 0.1, "epochs": 3}).fit(X, LABELS)
    skdeep.clear_cache()
    monkeypatch.setattr(Shares, "draw", lambda self, n_rows, dtype: tf.ones((n_rows,), dtype))
    mixed = CNNClassifier(**SETTINGS | {"learning_rate": 0.1, "epochs": 3}, augmentation="mixup").fit(X, LABELS)
    skdeep.clear_cache()
    assert_allclose(mixed.loss_curve_, plain.loss_curve_, rtol=1e-12)
    for mine, theirs in zip(mixed.weights_, plain.weights_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


def test_a_batch_of_one_row_is_mixed_with_itself():
    plain, mixed = (
        CNNClassifier(**SETTINGS, batch_size=1, augmentation=change).fit(X, LABELS) for change in (None, "mixup")
    )
    assert_allclose(mixed.loss_curve_, plain.loss_curve_, rtol=1e-12)


def test_every_epoch_is_mixed_anew_and_validation_rows_never():
    def model(**given):
        return CNNClassifier(**SETTINGS | {"epochs": 4, "n_iter_no_change": 10} | given)

    mixed = model(augmentation=Augmentation(1.0)).fit(X, LABELS, X_val=X, y_val=LABELS)
    plain = model().fit(X, LABELS, X_val=X, y_val=LABELS)
    assert len(set(mixed.loss_curve_)) == 4
    assert mixed.history_["val_loss"] == plain.history_["val_loss"]
    again = model(augmentation=Augmentation(1.0)).fit(X, LABELS, X_val=X, y_val=LABELS)
    assert again.loss_curve_ == mixed.loss_curve_
    other = model(augmentation=Augmentation(1.0), random_state=1).fit(X, LABELS)
    assert other.loss_curve_ != mixed.loss_curve_
