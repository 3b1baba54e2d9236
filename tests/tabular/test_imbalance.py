"""Classes that are weighed by their effective numbers, weighed late, or drawn in other shares than they have."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from skdeep._data import targets
from skdeep._data.order import ByClass, class_shares
from skdeep._estimator.ramps import Ramp
from skdeep.tabular import MLPClassifier
from tests.unharmed import Unharmed

FLOWERS, SPECIES = load_iris(return_X_y=True)
RARE = np.random.RandomState(0).permutation(np.r_[0:50, 50:90, 100:110])
X, Y = scale(FLOWERS)[RARE], SPECIES[RARE]  # 50, 40 and 10 rows
WEIGHT = np.random.default_rng(1).uniform(0.5, 2.0, size=100)
KINDS = {
    "binary": ((Y == 2).astype(str), {"True": 9.0, "False": 0.5}),
    "multiclass": (Y, {0: 1.0, 1: 2.0, 2: 7.0}),
    "multilabel": (np.column_stack([Y == 0, Y == 2]).astype(int), [{1: 3.0}, {0: 0.5, 1: 4.0}]),
    "several targets": (np.column_stack([Y, X[:, 0] > 0]), [{2: 6.0}, {1: 2.0}]),
}
SETTINGS = {"hidden_layer_sizes": (6,), "learning_rate": 0.03, "batch_size": 32, "epochs": 10, "random_state": 0}
STILL = {"optimizer": "sgd", "learning_rate": 1e-300, "hidden_layer_sizes": (), "shuffle": False, "random_state": 0}


def net(**parameters):
    return MLPClassifier(**SETTINGS | {"n_iter_no_change": np.inf} | parameters)


def same_weights(one, other, **tolerances):
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        assert_allclose(mine, theirs, **{"rtol": 1e-7, "atol": 1e-9} | tolerances)


# -- effective numbers ------------------------------------------------------------------------------------------------


def effective(counts):
    """Weights of Cui et al. (2019) for b = .999, of which the mean over rows is one."""
    weights = (1 - 0.999) / (1 - 0.999**counts)
    return weights * counts.sum() / (weights * counts).sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_effective_weights_are_those_of_the_paper(kind, weighted):
    y, _ = KINDS[kind]
    weight = WEIGHT if weighted else np.ones(100)
    columns = y.T if y.ndim == 2 else [y]
    by_class = np.ones(100)
    for column in columns:
        _, codes = np.unique(column, return_inverse=True)
        by_class *= effective(np.bincount(codes, weights=weight))[codes]
    by_hand = net().fit(X, y, weight * by_class)
    same_weights(net(class_weight="effective").fit(X, y, WEIGHT if weighted else None), by_hand)


def test_effective_weights_are_balanced_ones_of_few_rows_and_level_off():
    def tables(name, *counts):
        y = np.repeat(np.arange(len(counts)), counts)
        return targets.class_weight_tables(name, y, None, targets.classification_target(y))[0]

    assert_allclose(tables("effective", 10, 40), tables("balanced", 10, 40), rtol=0.02)
    many = tables("effective", 100, 10_000, 80_000)
    assert many[1] == pytest.approx(many[2], rel=1e-4)
    assert many[0] / many[1] == pytest.approx(1 / (1 - 0.999**100), rel=1e-4)
    assert_allclose(tables("effective", 100, 10_000, 80_000) @ [100, 10_000, 80_000], 90_100)


def test_effective_weights_need_all_of_y():
    with pytest.raises(ValueError, match="class_weight='effective' needs all of y"):
        net(class_weight="effective").partial_fit(X, Y, classes=[0, 1, 2])


# -- weights that come late -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_deferred_part_is_trained_without_class_weights_and_the_rest_with_them(kind, weighted):
    y, class_weight = KINDS[kind]
    classes = targets.classification_target(y).classes
    classes = classes if kind == "several targets" else [0, 1] if kind == "multilabel" else classes[0]
    weight = WEIGHT if weighted else None
    deferred = net(class_weight=class_weight, deferred_fraction=0.4).fit(X, y, weight)
    by_hand = net().partial_fit(X, y, classes, weight, epochs=4)
    same_weights(net(epochs=4).fit(X, y, weight), by_hand)
    by_hand.set_params(class_weight=class_weight).partial_fit(X, y, sample_weight=weight, epochs=6)
    same_weights(deferred, by_hand)
    assert_allclose(deferred.loss_curve_, by_hand.loss_curve_, rtol=1e-7)
    assert np.abs(deferred.weights_[0] - net(class_weight=class_weight).fit(X, y, weight).weights_[0]).max() > 1e-3


def test_balanced_weights_are_learned_of_all_rows_and_come_late():
    by_hand = net(class_weight=dict(enumerate(100 / (3 * np.bincount(Y)))), deferred_fraction=0.5).fit(X, Y)
    same_weights(net(class_weight="balanced", deferred_fraction=0.5).fit(X, Y), by_hand)


def test_weights_may_come_in_the_middle_of_an_epoch():
    model = MLPClassifier(**STILL, batch_size=25, epochs=1, class_weight={2: 6.0}, deferred_fraction=0.5).fit(X, Y)
    losses = -np.log(model.predict_proba(X)[np.arange(100), Y])
    weight = np.where(Y == 2, 6.0, 1.0) / np.where(Y == 2, 6.0, 1.0).mean()
    weight[:50] = 1.0
    assert model.loss_curve_[0] == pytest.approx(np.average(losses, weights=weight), rel=1e-9)


def test_validation_loss_has_all_weights_from_the_start():
    model = MLPClassifier(**STILL, epochs=4, class_weight={2: 6.0}, deferred_fraction=0.5)
    history = model.fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:], sample_weight_val=WEIGHT[60:]).history_
    weight = WEIGHT[60:] * np.where(Y[60:] == 2, 6.0, 1.0)
    expected = log_loss(Y[60:], model.predict_proba(X[60:]), sample_weight=weight)
    assert_allclose(history["val_loss"], np.full(4, expected), rtol=1e-9)


def test_training_is_not_stopped_before_the_weights_have_come():
    settings = {"class_weight": "balanced", "epochs": 20, "n_iter_no_change": 1, "tol": 1e9}
    assert net(**settings).fit(X, Y).n_iter_ == 3
    assert net(**settings, deferred_fraction=0.5).fit(X, Y).n_iter_ == 13
    assert net(**settings, deferred_fraction=0.5, early_stopping=True).fit(X, Y).n_iter_ == 13


def test_the_best_epoch_is_one_with_weights():
    def always_as_good(model, X, y):
        return 0.5

    settings = {"class_weight": "balanced", "early_stopping": True, "scoring": always_as_good}
    first = net(**settings, epochs=20, deferred_fraction=0.5).fit(X, Y)
    same_weights(first, net(**settings, epochs=11, deferred_fraction=10 / 11).fit(X, Y), rtol=0, atol=0)
    last = net(**settings, epochs=4, deferred_fraction=0.99).fit(X, Y)
    assert last.best_validation_score_ == 0.5


def test_a_class_of_weight_zero_is_never_learned():
    deferred = net(class_weight={1: 0.0}, deferred_fraction=0.5).fit(X, Y)
    kept = Y != 1
    without = net().partial_fit(X[kept], Y[kept], classes=[0, 1, 2], epochs=10)
    same_weights(deferred, without)


def test_the_loss_of_a_guess_is_that_of_weighted_or_drawn_classes():
    for parameters in ({"class_weight": "balanced"}, {"batch_sampling": "balanced"}):
        assert net(**parameters).fit(X, Y)._net.guess == pytest.approx(np.log(3))
    assert net(class_weight="balanced", deferred_fraction=0.5).fit(X, Y)._net.guess == pytest.approx(np.log(3))


@pytest.mark.parametrize("whole", [Ramp(0.8, 0.8), Ramp(0.3, 0.3), Ramp(0.0, 0.5), Ramp(0.2, 1.0), Ramp(0.0, 0.0)])
def test_what_comes_late_is_shared_out_to_the_stages_of_a_training(whole):
    first, second = whole.within(0.0, 0.6), whole.within(0.6, 0.4)
    fractions = np.linspace(0, 1, 11)
    values = [first(fraction / 0.6) if fraction < 0.6 else second((fraction - 0.6) / 0.4) for fraction in fractions]
    width = whole.end - whole.start
    expected = np.clip((fractions - whole.start) / width, 0, 1) if width else fractions >= whole.end - 1e-9
    assert_allclose(values, expected, atol=1e-8)
    # Of ten epochs, those are watched that have all of it; the last one is, whatever comes.
    watched = min(int(np.ceil(whole.end * 10 - 1e-9)), 9)
    assert first.unwatched(6) >= min(watched, 6 if whole.end > 0.6 else 5)
    assert max(first.unwatched(6), 6 + second.unwatched(4) if watched > 6 else 0) == watched


def test_deferred_fraction_without_class_weights_is_refused():
    model = net().fit(X, Y).set_params(deferred_fraction=0.5)
    with Unharmed(model, X, ValueError, "but class_weight is None"):
        model.fit(X, Y)


# -- classes in other shares ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sampling", "power"), [("balanced", 0.0), ("sqrt", 0.5), (0.3, 0.3), (1.0, 1.0)])
def test_a_net_is_shown_the_rows_that_the_order_by_class_draws(sampling, power):
    settings = {"hidden_layer_sizes": (), "epochs": 1, "batch_size": 30}
    model = net(**settings, batch_sampling=sampling).fit(X, Y, WEIGHT)
    rows = ByClass(Y, power).rows(0, model._net.seeds[1])
    by_hand = net(**settings, shuffle=False).fit(X[rows], Y[rows], WEIGHT[rows])
    same_weights(model, by_hand)
    assert_allclose(np.bincount(Y[rows]), 100 * class_shares([50, 40, 10], power), atol=1)


def test_training_in_several_calls_draws_what_training_in_one_call_draws():
    once = net(batch_sampling="balanced").fit(X, Y)
    parts = net(batch_sampling="balanced").partial_fit(X, Y, [0, 1, 2], epochs=4).partial_fit(X, Y, epochs=6)
    same_weights(once, parts)


@pytest.mark.parametrize("class_weight", [None, {2: 3.0}])
@pytest.mark.parametrize("sampling", ["balanced", "sqrt", None])
def test_probabilities_are_those_of_the_shares_that_a_net_was_shown(sampling, class_weight):
    """In logistic regression that has converged, the mean probability of a class is its share."""
    labels = Y // 2
    class_weight = class_weight and {1: 3.0}
    settings = {"hidden_layer_sizes": (), "alpha": 0.05, "learning_rate": 0.1, "epochs": 400, "batch_size": 100}
    model = net(**settings, batch_sampling=sampling, class_weight=class_weight).fit(X, labels, WEIGHT)
    (seen,) = model._net.target.seen_shares
    n = np.bincount(labels)
    drawn = {"balanced": np.array([0.5, 0.5]), "sqrt": n**0.5 / (n**0.5).sum(), None: n / n.sum()}[sampling]
    weight = WEIGHT * np.where(labels == 1, 3.0 if class_weight else 1.0, 1.0) * (drawn / n)[labels]
    shares = np.bincount(labels, weights=weight) / weight.sum()
    assert_allclose(seen, shares[1:])
    assert_allclose(np.average(model.predict_proba(X), axis=0, weights=weight), shares, atol=0.02)
    uniform = model.predict_proba(X) / shares
    assert_allclose(
        model.set_params(prediction_prior="uniform").predict_proba(X), uniform / uniform.sum(axis=1, keepdims=True)
    )


def test_sparse_rows_and_validation_rows_go_with_drawn_classes():
    from scipy.sparse import csr_array

    settings = {"batch_sampling": "balanced", "early_stopping": True, "scoring": "balanced_accuracy"}
    dense, sparse = (net(**settings).fit(rows, Y) for rows in (X, csr_array(X)))
    same_weights(sparse, dense, rtol=1e-5, atol=1e-6)
    assert sparse.validation_scores_ == dense.validation_scores_


def test_rows_are_drawn_at_random_and_by_one_label():
    model = net().fit(X, Y).set_params(batch_sampling="sqrt", shuffle=False)
    with Unharmed(model, X, ValueError, "batch_sampling='sqrt' draws"):
        model.fit(X, Y)
    for kind in ("multilabel", "several targets"):
        y, _ = KINDS[kind]
        with pytest.raises(ValueError, match=r"batch_sampling=0\.5 draws rows by their class"):
            net(batch_sampling=0.5).fit(X, y)


def test_a_fold_without_a_class_draws_those_that_it_has():
    model = net(batch_sampling="balanced").partial_fit(X[Y < 2], Y[Y < 2], [0, 1, 2], epochs=2)
    assert np.isfinite(model.loss_curve_).all()
    assert_array_equal(class_shares([4, 0, 12], 0.0), [0.5, 0.0, 0.5])


@pytest.mark.parametrize(
    "way",
    [
        {"class_weight": "balanced"},
        {"class_weight": "effective"},
        {"batch_sampling": "balanced"},
        {"loss": "logit_adjusted"},
        {"loss": "ldam", "class_weight": "balanced"},
    ],
    ids=str,
)
def test_a_class_of_one_row_is_learned(way):
    rows, labels = np.random.default_rng(0).normal(size=(61, 2)), np.array(["many"] * 60 + ["one"])
    rows[-1] = 5.0
    settings = {"hidden_layer_sizes": (8,), "epochs": 40, "batch_size": 20, "learning_rate": 0.02}
    found = net(**settings, **way).fit(rows, labels).predict(rows)
    assert found[-1] == "one"
    assert (found[:-1] == "one").mean() < 0.1
