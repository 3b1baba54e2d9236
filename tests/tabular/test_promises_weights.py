"""Weights of rows and classes, validation data, and sparse matrices mean what they say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss, mean_squared_error
from sklearn.preprocessing import scale
from sklearn.utils.class_weight import compute_sample_weight

from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
ORDER = np.random.RandomState(0).permutation(150)
FLOWERS, SPECIES = FLOWERS[ORDER], SPECIES[ORDER]
PATIENTS, PROGRESSION = (half[:120] for half in load_diabetes(return_X_y=True))
MULTILABEL = np.column_stack([SPECIES != 0, SPECIES == 2, FLOWERS[:, 0] > 0]).astype(int)
SEVERAL = np.column_stack([SPECIES, FLOWERS[:, 0] > 0])
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 10, "random_state": 0}
RARE = np.r_[np.flatnonzero(SPECIES == 0), np.flatnonzero(SPECIES == 1)[:10]]

KINDS = {
    "binary": (MLPClassifier, FLOWERS[:120], (SPECIES == 2)[:120]),
    "multiclass": (MLPClassifier, FLOWERS[:120], SPECIES[:120]),
    "multilabel": (MLPClassifier, FLOWERS[:120], MULTILABEL[:120]),
    "several targets": (MLPClassifier, FLOWERS[:120], SEVERAL[:120]),
    "regression": (MLPRegressor, PATIENTS, PROGRESSION),
    "poisson": (lambda **p: MLPRegressor(**p, loss="poisson"), PATIENTS, PROGRESSION),
    "two values": (MLPRegressor, PATIENTS, np.column_stack([PROGRESSION, PROGRESSION**2])),
}


def told(net, X):
    outputs = net.predict_proba(X) if hasattr(net, "predict_proba") else net.predict(X)
    return np.hstack(outputs) if isinstance(outputs, list) else outputs


# -- sample weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_two_is_a_repeated_row(kind):
    make, X, y = KINDS[kind]
    twice = np.arange(len(y)) < 60
    weighted = make(**SETTINGS, batch_size=400).fit(X, y, 1.0 + twice)
    repeated = make(**SETTINGS, batch_size=400).fit(np.r_[X, X[twice]], np.r_[y, y[twice]])
    assert_allclose(told(weighted, X), told(repeated, X), rtol=1e-7, atol=1e-9)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-7)
    assert np.abs(told(make(**SETTINGS, batch_size=400).fit(X, y), X) / told(weighted, X) - 1).max() > 1e-3, (
        "the weights do nothing"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_of_zero_is_an_absent_row(kind):
    make, X, y = KINDS[kind]
    kept = np.arange(len(y)) % 3 > 0
    weight = np.where(kept, np.linspace(0.5, 2.0, len(y)), 0.0)
    weighted = make(**SETTINGS, batch_size=32).fit(X, y, weight)
    without = make(**SETTINGS, batch_size=32).fit(X[kept], y[kept], weight[kept])
    assert_array_equal(told(weighted, X), told(without, X))


def test_the_rows_of_weight_zero_add_no_class_and_no_validation_row():
    weight = (SPECIES < 2).astype(float)
    weighted = MLPClassifier(**SETTINGS, early_stopping=True).fit(FLOWERS, SPECIES, weight)
    without = MLPClassifier(**SETTINGS, early_stopping=True).fit(FLOWERS[SPECIES < 2], SPECIES[SPECIES < 2])
    assert weighted.classes_.tolist() == [0, 1]
    assert weighted.validation_scores_ == without.validation_scores_


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_proportions_of_the_weights_count(kind):
    make, X, y = KINDS[kind]
    weight = np.linspace(0.5, 2.0, len(y))
    one = make(**SETTINGS, batch_size=50).fit(X, y, weight)
    thousand = make(**SETTINGS, batch_size=50).fit(X, y, 1000 * weight)
    assert_allclose(told(thousand, X), told(one, X), rtol=1e-7, atol=1e-9)
    uniform = make(**SETTINGS, batch_size=50).fit(X, y, np.full(len(y), 7.0))
    assert_allclose(told(uniform, X), told(make(**SETTINGS, batch_size=50).fit(X, y), X), rtol=1e-7, atol=1e-9)


# -- class weights ----------------------------------------------------------------------------------------------------

CLASS_WEIGHTS = {
    "dict": ("multiclass", {0: 0.5, 1: 2.0, 2: 4.0}),
    "dict of some": ("multiclass", {1: 3.0}),
    "balanced": ("multiclass", "balanced"),
    "balanced, binary": ("binary", "balanced"),
    "dict, binary": ("binary", {False: 3.0, True: 1.0}),
    "balanced, several targets": ("several targets", "balanced"),
    "balanced, multilabel": ("multilabel", "balanced"),
    "dicts, several targets": ("several targets", [{0: 2.0}, {True: 3.0}]),
    "dicts, multilabel": ("multilabel", [{0: 2.0, 1: 1.0}, {0: 1.0, 1: 5.0}, {0: 1.0, 1: 1.0}]),
}


@pytest.mark.parametrize("case", CLASS_WEIGHTS)
def test_class_weights_are_scikit_learns_and_multiply_the_sample_weights(case):
    kind, class_weight = CLASS_WEIGHTS[case]
    _, X, y = KINDS[kind]
    if isinstance(class_weight, list):
        spelled_out = [{0: 1.0, 1: 1.0, 2: 1.0} | given for given in class_weight]
    else:
        spelled_out = class_weight if isinstance(class_weight, str) else {0: 1.0, 1: 1.0, 2: 1.0} | class_weight
    by_class = compute_sample_weight(spelled_out, y)
    by_hand = MLPClassifier(**SETTINGS).fit(X, y, by_class)
    assert_allclose(
        told(MLPClassifier(**SETTINGS, class_weight=class_weight).fit(X, y), X), told(by_hand, X), rtol=1e-9
    )
    if class_weight == "balanced":
        return
    weight = np.linspace(0.5, 2.0, len(y))
    both = MLPClassifier(**SETTINGS, class_weight=class_weight).fit(X, y, weight)
    by_hand = MLPClassifier(**SETTINGS).fit(X, y, weight * by_class)
    assert_allclose(told(both, X), told(by_hand, X), rtol=1e-9)


def test_balanced_classes_count_the_sample_weights():
    X, y = FLOWERS[RARE], SPECIES[RARE]
    weight = np.where(np.arange(60) % 2, 3.0, 1.0)
    balanced = MLPClassifier(**SETTINGS, class_weight="balanced").fit(X, y, weight)
    equal = weight / np.bincount(y, weights=weight)[y]  # each class weighs one
    assert_allclose(told(balanced, X), told(MLPClassifier(**SETTINGS).fit(X, y, equal), X), rtol=1e-7)


def test_balancing_is_repeating_the_rare_class():
    X, y = FLOWERS[RARE], SPECIES[RARE]
    balanced = MLPClassifier(**SETTINGS, batch_size=400, class_weight="balanced").fit(X, y)
    rows = np.r_[np.flatnonzero(y == 0), np.repeat(np.flatnonzero(y == 1), 5)]
    repeated = MLPClassifier(**SETTINGS, batch_size=400).fit(X[rows], y[rows])
    assert_allclose(told(balanced, X), told(repeated, X), rtol=1e-7)


@pytest.mark.parametrize("batch_size", ["auto", 5])
def test_a_class_of_weight_zero_is_not_learned(batch_size):
    settings = SETTINGS | {"shuffle": False, "batch_size": batch_size}
    order = np.argsort(SPECIES, kind="stable")  # batches of one class only
    net = MLPClassifier(**settings, class_weight={1: 0.0}).fit(FLOWERS[order], SPECIES[order])
    assert net.classes_.tolist() == [0, 1, 2]
    assert np.isfinite(net.loss_curve_).all()
    assert (net.predict(FLOWERS[SPECIES == 0]) == 0).mean() > 0.8
    assert net.predict_proba(FLOWERS)[:, 1].mean() < 0.3


def test_class_weights_carry_over_to_partial_fit():
    net = MLPClassifier(**SETTINGS, class_weight={1: 3.0})
    net.partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2], epochs=10)
    assert_array_equal(
        told(net, FLOWERS), told(MLPClassifier(**SETTINGS, class_weight={1: 3.0}).fit(FLOWERS, SPECIES), FLOWERS)
    )


# -- validation data --------------------------------------------------------------------------------------------------

TRAIN, VALID = np.arange(90), np.arange(90, 120)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_given_validation_data_are_scored_every_epoch_and_not_trained_on(kind):
    make, X, y = KINDS[kind]
    weight = np.linspace(0.5, 2.0, len(VALID))
    given = {"X_val": X[VALID], "y_val": y[VALID], "sample_weight_val": weight}
    watched = make(**SETTINGS, scoring=None).fit(X[TRAIN], y[TRAIN], **given)
    assert len(watched.history_["val_loss"]) == len(watched.validation_scores_) == 10
    for epochs in (1, 5, 10):
        plain = make(**SETTINGS | {"epochs": epochs}).fit(X[TRAIN], y[TRAIN])
        if kind == "regression":
            expected = mean_squared_error(y[VALID], plain.predict(X[VALID]), sample_weight=weight) / y[TRAIN].var()
        else:
            expected = log_loss(y[VALID], plain.predict_proba(X[VALID]), sample_weight=weight)
        assert watched.history_["val_loss"][epochs - 1] == pytest.approx(expected, rel=1e-7)
        score = plain.score(X[VALID], y[VALID], weight)
        assert watched.validation_scores_[epochs - 1] == pytest.approx(score, rel=1e-7)
    assert_allclose(told(watched, X), told(plain, X), rtol=1e-7)


def test_without_a_scorer_the_scores_are_the_negative_losses():
    net = MLPClassifier(**SETTINGS, early_stopping=True).fit(FLOWERS, SPECIES)
    assert net.validation_scores_ == [-loss for loss in net.history_["val_loss"]]
    assert net.best_validation_score_ == max(net.validation_scores_)
    assert net.best_loss_ is None


@pytest.mark.parametrize("scoring", ["loss", "balanced_accuracy"])
@pytest.mark.parametrize("seed", range(3))
def test_early_stopping_keeps_the_weights_of_the_best_epoch(scoring, seed):
    make, X, y = KINDS["multiclass"]
    settings = {"hidden_layer_sizes": (8,), "learning_rate": 0.3, "epochs": 200, "random_state": seed, "tol": 1e-6}
    given = {"X_val": X[VALID], "y_val": y[VALID]}
    net = make(**settings, early_stopping=True, scoring=scoring, n_iter_no_change=5).fit(X[TRAIN], y[TRAIN], **given)
    best = int(np.argmax(net.validation_scores_))
    assert net.n_iter_ < 200
    assert best < net.n_iter_ - 1, "the last epoch was the best"
    shorter = make(**settings | {"epochs": best + 1}, n_iter_no_change=np.inf).fit(X[TRAIN], y[TRAIN])
    assert_array_equal(told(net, X), told(shorter, X))
    if scoring == "loss":
        assert net.best_validation_score_ == pytest.approx(-log_loss(y[VALID], net.predict_proba(X[VALID])), rel=1e-9)
    else:
        assert net.best_validation_score_ == balanced_accuracy_score(y[VALID], net.predict(X[VALID]))


class Spectator:
    """A scorer that keeps what it was given."""

    def __init__(self):
        self.y = self.X = self.weight = None

    def __call__(self, net, X, y, sample_weight=None):
        self.X, self.y, self.weight = X, y, sample_weight
        return accuracy_score(y, net.predict(X), sample_weight=sample_weight)


def inner_split(y, weight=None, **parameters):
    spectator = Spectator()
    MLPClassifier(**SETTINGS, early_stopping=True, scoring=spectator, **parameters).fit(FLOWERS[: len(y)], y, weight)
    return spectator


def test_the_inner_split_is_stratified_shuffled_and_carries_the_weights():
    y = np.repeat([0, 1, 2], [100, 40, 10])
    weight = 1.0 + FLOWERS[:, 0] - FLOWERS[:, 0].min()
    seen = inner_split(y, weight)
    assert np.bincount(seen.y).tolist() == [10, 4, 1]
    assert_allclose(seen.weight, 1.0 + seen.X[:, 0] - FLOWERS[:, 0].min())
    assert np.bincount(inner_split(y, validation_fraction=0.3).y).tolist() == [30, 12, 3]
    rows = [np.flatnonzero((row == FLOWERS).all(axis=1))[0] for row in seen.X]
    assert rows != list(range(135, 150)), "the last rows, as they came"
    other = MLPClassifier(**SETTINGS | {"random_state": 1}, early_stopping=True, scoring=Spectator()).fit(FLOWERS, y)
    assert not np.array_equal(np.sort(other.scoring.X, axis=0), np.sort(seen.X, axis=0))


@pytest.mark.parametrize("rare", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_inner_split_takes_rare_classes(rare, seed):
    y = np.repeat([0, 1, 2], [100, 50 - rare, rare])
    net = MLPClassifier(**SETTINGS | {"random_state": seed}, early_stopping=True, scoring=Spectator()).fit(FLOWERS, y)
    assert net.classes_.tolist() == [0, 1, 2]
    assert net.predict_proba(FLOWERS).shape == (150, 3)
    held_out = np.bincount(net.scoring.y, minlength=3)
    assert held_out.sum() == 15
    assert held_out[0] in (9, 10, 11)
    assert held_out[2] < max(rare, 2), "a class that can be divided was held out whole"


def test_as_many_classes_as_validation_rows():
    y = np.arange(150) % 20
    seen = inner_split(y, validation_fraction=0.1)
    assert len(seen.y) == 15


# -- sparse matrices --------------------------------------------------------------------------------------------------

CONTAINERS = [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_matrix]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_sparse_matrix_trains_and_predicts_like_its_dense_twin(container, kind):
    make, X, y = KINDS[kind]
    X = np.where(np.abs(X) > np.median(np.abs(X)), X, 0.0)
    dense = make(**SETTINGS, batch_size=50).fit(X, y)
    net = make(**SETTINGS, batch_size=50).fit(container(X), y)
    assert_allclose(told(net, container(X)), told(dense, X), rtol=1e-7)
    assert_allclose(told(net, X), told(dense, X), rtol=1e-7)
    assert_allclose(told(dense, container(X)), told(dense, X), rtol=1e-7)
    assert told(net, container(X[:1])).shape == told(dense, X[:1]).shape


def test_a_sparse_matrix_with_everything_else():
    X = np.where(FLOWERS > 0, FLOWERS, 0.0)
    settings = SETTINGS | {"early_stopping": True, "class_weight": "balanced", "batch_size": 40, "alpha": 0.01}
    weight = np.linspace(0.0, 2.0, 150)
    dense = MLPClassifier(**settings).fit(X, SPECIES, weight)
    net = MLPClassifier(**settings).fit(sparse.csr_array(X), SPECIES, weight)
    assert_allclose(net.validation_scores_, dense.validation_scores_, rtol=1e-7)
    assert_allclose(told(net, X), told(dense, X), rtol=1e-7)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_validation_rows_may_be_sparse_where_training_rows_are_dense_and_the_other_way_round(kind):
    make, X, y = KINDS[kind]
    dense = make(**SETTINGS, scoring=None).fit(X, y, X_val=X[:30], y_val=y[:30])
    for train, valid in ((X, sparse.csr_matrix(X[:30])), (sparse.csr_matrix(X), X[:30])):
        net = make(**SETTINGS, scoring=None).fit(train, y, X_val=valid, y_val=y[:30])
        assert_allclose(net.history_["val_loss"], dense.history_["val_loss"], rtol=1e-7)
        assert_allclose(net.validation_scores_, dense.validation_scores_, rtol=1e-7)


def test_partial_fit_takes_dense_and_sparse_rows_in_turn():
    dense = MLPClassifier(**SETTINGS).partial_fit(FLOWERS, SPECIES, [0, 1, 2]).partial_fit(FLOWERS, SPECIES)
    mixed = MLPClassifier(**SETTINGS).partial_fit(FLOWERS, SPECIES, [0, 1, 2])
    mixed.partial_fit(sparse.csr_array(FLOWERS), SPECIES)
    assert_allclose(told(mixed, FLOWERS), told(dense, FLOWERS), rtol=1e-7)


def test_a_wide_sparse_matrix_is_never_made_dense(monkeypatch):
    # dense, its 2,000 rows would fill 12 gigabytes
    random = np.random.default_rng(0)
    places = random.integers(2000, size=8000), random.integers(800_000, size=8000)
    X = sparse.csr_array((random.random(8000), places), shape=(2000, 800_000))
    y = np.arange(2000) % 2
    X = sparse.csr_array(sparse.hstack([X, sparse.csr_array(y[:, None] * 1.0)]))
    for name in ("toarray", "todense"):
        monkeypatch.setattr(sparse.csr_array, name, lambda *_, **__: pytest.fail("the matrix was made dense"))
    settings = SETTINGS | {"hidden_layer_sizes": (2,), "epochs": 2, "activation": "tanh", "batch_size": 500}
    net = MLPClassifier(**settings, early_stopping=True).fit(X, y)
    assert net.predict_proba(X).shape == (2000, 2)
    assert net.coefs_[0].dtype == np.float32


def test_unsorted_repeated_and_empty_entries_of_a_sparse_matrix():
    rows, columns = np.repeat(np.arange(0, 150, 2), 3), np.tile([3, 1, 3], 75)
    values = np.random.RandomState(0).normal(size=225)
    untidy = sparse.csr_matrix((values, columns, np.r_[0, np.repeat(np.arange(3, 228, 3), 2)]), shape=(150, 4))
    dense = np.zeros((150, 4))
    np.add.at(dense, (rows, columns), values)
    assert_allclose(untidy.toarray(), dense)
    net = MLPClassifier(**SETTINGS).fit(untidy, SPECIES)
    assert_allclose(told(net, untidy), told(MLPClassifier(**SETTINGS).fit(dense, SPECIES), dense), rtol=1e-7)
