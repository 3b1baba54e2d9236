"""A net grows while it is better on held-out rows: the path, the choice, and scikit-learn's contract."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import neural_network
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris, make_moons
from sklearn.model_selection import GridSearchCV, GroupKFold, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep.model_selection import GrowingSearchCV
from skdeep.tabular import MLPClassifier, TabularClassifier
from skdeep.tabular.architectures import RealMLP

X, y = load_iris(return_X_y=True)


class Scripted(ClassifierMixin, BaseEstimator):
    """Its score on a fold is the one a table has for its sizes, and the number of the fold: (mean, step per fold)."""

    def __init__(self, hidden_layer_sizes=(), table=None):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.table = table

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), len(self.hidden_layer_sizes))

    def score(self, X, y):
        mean, step = self.table[self.hidden_layer_sizes]
        return mean + step * (float(X[0, 0]) - 2)


ROWS, LABELS = np.repeat(np.arange(5.0), 4)[:, None], np.tile([0, 1], 10)  # fold k holds the rows of value k


def grown(table, **settings):
    table = {sizes: value if isinstance(value, tuple) else (value, 0.0) for sizes, value in table.items()}
    cv = [(np.flatnonzero(ROWS[:, 0] != fold), np.flatnonzero(ROWS[:, 0] == fold)) for fold in range(5)]
    return GrowingSearchCV(Scripted(table=table), **{"cv": cv, "min_units": 2} | settings).fit(ROWS, LABELS)


WIDER = {(2,): 0.5, (4,): 0.6, (8,): 0.7, (16,): 0.7, (32,): 0.9}
DEEPER = {(8, 8): 0.75, (8, 8, 8): 0.8, (8, 8, 8, 8): 0.8}


# -- the path ---------------------------------------------------------------------------------------------------------


def test_units_grow_and_then_layers_until_nothing_is_better():
    search = grown(WIDER | DEEPER)
    assert search.path_ == [(2,), (4,), (8,), (16,), (8, 8), (8, 8, 8), (8, 8, 8, 8)]
    assert search.best_params_ == {"hidden_layer_sizes": (8, 8, 8)}
    assert search.best_index_ == 5
    assert search.best_score_ == pytest.approx(0.8)
    assert_allclose(search.cv_results_["mean_test_score"], [0.5, 0.6, 0.7, 0.7, 0.75, 0.8, 0.8])


def test_patience_looks_further():
    further = {(64,): 0.9, (128,): 0.9, (32, 32): 0.8, (32, 32, 32): 0.7}
    search = grown(WIDER | further, patience=2)
    assert search.path_ == [*WIDER, *further]
    assert search.best_params_ == {"hidden_layer_sizes": (32,)}


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"max_units": 4, "max_layers": 1}, [(2,), (4,)]),
        ({"max_units": 6, "max_layers": 1}, [(2,), (4,), (6,)]),
        ({"max_units": 2, "max_layers": 2}, [(2,), (2, 2)]),
        ({"factor": 1.1, "max_units": 4, "max_layers": 1}, [(2,), (3,), (4,)]),
        ({"factor": 4, "max_units": 100, "max_layers": 1}, [(2,), (8,), (32,), (100,)]),
    ],
)
def test_limits(settings, path):
    search = grown({sizes: sum(sizes) / 100 for sizes in path}, **settings)
    assert search.path_ == path
    assert search.best_params_ == {"hidden_layer_sizes": path[-1]}


def test_a_gain_below_tol_is_none():
    table = {(2,): 0.5, (4,): 0.52, (2, 2): 0.57, (2, 2, 2): 0.6}
    search = grown(table, tol=0.05)
    assert search.path_ == list(table)
    assert search.best_params_ == {"hidden_layer_sizes": (2, 2)}


@pytest.mark.parametrize(("n_standard_errors", "chosen"), [(0.0, (4,)), (0.5, (4,)), (1.5, (2,))])
def test_a_gain_that_may_be_chance_is_none(n_standard_errors, chosen):
    """Folds differ by -2s, -s, 0, s, 2s from the mean gain g: the standard error is s / sqrt(2), here equal to g."""
    gain = 0.05
    table = {(2,): 0.5, (4,): (0.5 + gain, gain * np.sqrt(2))}
    search = grown(table, n_standard_errors=n_standard_errors, max_units=4, max_layers=1)
    assert search.best_params_ == {"hidden_layer_sizes": chosen}


def test_folds_that_are_harder_for_all_nets_do_not_hide_a_gain():
    """Scores differ between folds by far more than the gain, which is the same in each."""
    search = grown({(2,): (0.5, 0.1), (4,): (0.51, 0.1)}, max_units=4, max_layers=1)
    assert search.best_params_ == {"hidden_layer_sizes": (4,)}


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_a_net_whose_score_is_not_known_is_never_better():
    search = grown({(2,): np.nan, (4,): 0.5, (8,): np.nan, (4, 4): 0.4})
    assert search.best_params_ == {"hidden_layer_sizes": (4,)}
    assert search.path_ == [(2,), (4,), (8,), (4, 4)]


def test_all_nets_are_scored_on_the_same_folds():
    """A splitter that is random at each call is asked once."""
    seen = []

    def score(estimator, X, y):
        seen.append(tuple(X[:, 1]))
        return 0.5

    rows = np.column_stack([np.zeros(20), np.arange(20)])
    net = Scripted()
    GrowingSearchCV(net, scoring=score, cv=ShuffleSplit(3), patience=2, max_layers=1).fit(rows, LABELS)
    assert len(seen) == 9
    assert seen[:3] == seen[3:6] == seen[6:]
    assert len(set(seen)) == 3


# -- scikit-learn's contract ------------------------------------------------------------------------------------------


def test_results_are_those_of_a_grid_search_over_the_path():
    net = MLPClassifier(learning_rate=0.02, epochs=15, n_iter_no_change=np.inf, random_state=0)
    search = GrowingSearchCV(net, min_units=2, max_units=8, max_layers=2, cv=3, return_train_score=True).fit(X, y)
    grid = {"hidden_layer_sizes": search.path_}
    expected = GridSearchCV(net, grid, cv=3, return_train_score=True).fit(X, y)
    assert search.cv_results_.keys() == expected.cv_results_.keys()
    for name in search.cv_results_:
        if "test_score" in name or "train_score" in name:
            assert_array_equal(search.cv_results_[name], expected.cv_results_[name])
    assert search.cv_results_["params"] == expected.cv_results_["params"]
    table = pd.DataFrame(search.cv_results_)
    assert table["param_hidden_layer_sizes"].tolist() == search.path_
    best = net.set_params(**search.best_params_)
    assert_allclose(search.best_score_, cross_val_score(best, X, y, cv=3).mean())
    assert_array_equal(search.predict_proba(X), best.fit(X, y).predict_proba(X))
    assert_array_equal(search.classes_, [0, 1, 2])


def test_each_size_compiles_once_for_all_folds():
    net = MLPClassifier(epochs=1, random_state=0, batch_size=7)
    before = skdeep.cache_info().misses
    search = GrowingSearchCV(net, min_units=3, max_units=6, max_layers=1, cv=4).fit(X, y)
    assert skdeep.cache_info().misses - before == len(search.path_) == 2


def test_several_scores():
    net = MLPClassifier(learning_rate=0.02, epochs=10, n_iter_no_change=np.inf, random_state=0)
    settings = {"min_units": 2, "max_units": 4, "max_layers": 1, "scoring": ["accuracy", "neg_log_loss"], "cv": 3}
    search = GrowingSearchCV(net, refit="neg_log_loss", **settings).fit(X, y)
    assert search.best_score_ == search.cv_results_["mean_test_neg_log_loss"][search.best_index_]


@pytest.mark.parametrize("refit", [True, False, "recall", max])
def test_several_scores_of_which_none_decides(refit):
    class NeverFitted(MLPClassifier):
        def fit(self, X, y):
            raise AssertionError("the parameters have to be checked first")

    search = GrowingSearchCV(NeverFitted(), scoring=["accuracy", "neg_log_loss"], refit=refit, error_score="raise")
    with pytest.raises(ValueError, match=f"refit has to name the one by which the net grows, got {refit!r}"):
        search.fit(X, y)


def test_scores_of_a_function_of_which_none_decides():
    def two_scores(estimator, X, y):
        return {"accuracy": estimator.score(X, y), "constant": 1.0}

    with pytest.raises(ValueError, match=r"got False; the scores are \['accuracy', 'constant'\]"):
        grown(WIDER, refit=False, scoring=two_scores)
    with pytest.raises(ValueError, match="refit must be set to a scorer key"):
        grown(WIDER, refit=True, scoring=["accuracy"])


def test_without_refit_and_with_a_refit_of_ones_own():
    search = grown(WIDER | DEEPER, refit=False)
    assert search.best_params_ == {"hidden_layer_sizes": (8, 8, 8)}
    assert not hasattr(search, "best_estimator_")
    search = grown(WIDER | DEEPER, refit=lambda results: 1)
    assert search.best_params_ == {"hidden_layer_sizes": (4,)}
    assert search.best_estimator_.hidden_layer_sizes == (4,)


def test_groups_and_weights_are_passed_on():
    net = MLPClassifier(epochs=2, random_state=0)
    search = GrowingSearchCV(net, min_units=2, max_units=2, max_layers=1, cv=GroupKFold(3))
    weighted = search.fit(X, y, groups=np.arange(150) % 3, sample_weight=np.arange(150)).best_estimator_.weights_
    assert_array_equal(weighted[0], net.set_params(hidden_layer_sizes=(2,)).fit(X, y, np.arange(150)).weights_[0])


# -- what it grows ----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_last_step_of_a_pipeline_and_other_nets():
    moons = make_moons(200, noise=0.1, random_state=0)
    net = neural_network.MLPClassifier(solver="lbfgs", max_iter=100, random_state=0)
    pipeline = make_pipeline(StandardScaler(), net)
    search = GrowingSearchCV(pipeline, min_units=8, max_units=16, max_layers=1, cv=3).fit(*moons)
    assert search.best_params_.keys() == {"mlpclassifier__hidden_layer_sizes"}
    assert search.path_ == [(8,), (16,)]
    assert search.score(*moons) > 0.9
    assert search.best_estimator_[-1].hidden_layer_sizes == search.path_[search.best_index_]


@pytest.mark.parametrize(
    ("estimator", "param", "expected"),
    [
        (MLPClassifier(), None, "hidden_layer_sizes"),
        (make_pipeline(StandardScaler(), MLPClassifier()), None, "mlpclassifier__hidden_layer_sizes"),
        (TabularClassifier(RealMLP()), None, "architecture__hidden_layer_sizes"),
        (make_pipeline(MLPClassifier(), Scripted()), "scripted__hidden_layer_sizes", "scripted__hidden_layer_sizes"),
    ],
)
def test_the_parameter_that_grows(estimator, param, expected):
    assert GrowingSearchCV(estimator, param=param)._param_name() == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"estimator": StandardScaler()}, r"StandardScaler has 0 parameters called hidden_layer_sizes: \[\]"),
        ({"estimator": make_pipeline(MLPClassifier(), MLPClassifier())}, "Pipeline has 2 parameters .* Say with param"),
        ({"param": "units"}, "param='units' is no parameter of MLPClassifier; it has "),
        ({"min_units": 10, "max_units": 5}, "min_units=10 is more than max_units=5"),
        ({"factor": 1}, "The 'factor' parameter of GrowingSearchCV"),
        ({"patience": 0}, "The 'patience' parameter of GrowingSearchCV"),
        ({"tol": -1.0}, "The 'tol' parameter of GrowingSearchCV"),
    ],
)
def test_bad_parameters(settings, message):
    settings = {"estimator": MLPClassifier(epochs=1), "scoring": lambda *_: 0.0} | settings
    with pytest.raises(ValueError, match=message):
        GrowingSearchCV(**settings).fit(X, y)


def test_a_failed_fit_leaves_the_search_as_it_was():
    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    net = MLPClassifier(epochs=1, random_state=0)
    search = GrowingSearchCV(net, min_units=np.int64(2), max_units=4, max_layers=1, cv=2).fit(X, y)
    assert search.path_ == [(2,), (4,)]
    assert all(type(units) is int for sizes in search.path_ for units in sizes)
    search.set_params(estimator=MLPClassifier(alpha=-1))
    before = dict(vars(search))
    with pytest.raises(ValueError, match="fits failed"):
        search.fit(X, y)
    assert vars(search) == before
