"""Balanced errors of regression: each occupied bin weighs the same."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import make_scorer, mean_absolute_error, mean_squared_error
from sklearn.model_selection import GridSearchCV, KFold, cross_validate

from skdeep.metrics import balanced_mean_absolute_error, balanced_mean_squared_error

BOTH = pytest.mark.parametrize(
    ("balanced", "plain"),
    [
        (balanced_mean_squared_error, mean_squared_error),
        (balanced_mean_absolute_error, mean_absolute_error),
    ],
    ids=["squared", "absolute"],
)


@pytest.fixture
def skewed():
    rng = np.random.default_rng(0)
    y_true = rng.exponential(size=300)
    return y_true, y_true + rng.normal(size=300) * (0.1 + y_true)


def test_rare_range_weighs_as_much_as_the_common_one():
    y_true = [0.0, 1.0, 2.0, 3.0, 10.0]
    y_pred = [1.0, 2.0, 3.0, 4.0, 6.0]
    # Two bins, [0, 5) and [5, 10]: errors of 1 in the first, one error of 4 in the second.
    assert balanced_mean_absolute_error(y_true, y_pred, n_bins=2) == (1 + 4) / 2
    assert balanced_mean_squared_error(y_true, y_pred, n_bins=2) == (1 + 16) / 2
    # Ten bins, of which 0, 1, 2, 3 and 9 are occupied.
    assert balanced_mean_absolute_error(y_true, y_pred) == (1 + 1 + 1 + 1 + 4) / 5


@BOTH
@pytest.mark.parametrize("n_bins", [1, 3, 10])
def test_mean_over_bins_of_the_plain_error_in_each(skewed, balanced, plain, n_bins):
    y_true, y_pred = skewed
    edges = np.linspace(y_true.min(), y_true.max(), n_bins + 1)
    edges[-1] = np.inf
    bins = np.digitize(y_true, edges)
    expected = np.mean([plain(y_true[bins == k], y_pred[bins == k]) for k in np.unique(bins)])
    assert balanced(y_true, y_pred, n_bins=n_bins) == pytest.approx(expected)
    assert (n_bins == 1) == (expected == pytest.approx(plain(y_true, y_pred)))


@BOTH
def test_repeating_a_whole_bin_changes_nothing(skewed, balanced, plain):
    y_true, y_pred = skewed
    times = np.where(y_true < y_true.min() + np.ptp(y_true) / 10, 7, 1)
    y_many, p_many = np.repeat(y_true, times), np.repeat(y_pred, times)
    assert balanced(y_many, p_many) == pytest.approx(balanced(y_true, y_pred))
    assert plain(y_many, p_many) != pytest.approx(plain(y_true, y_pred), rel=0.1)


@BOTH
def test_weights_are_repeated_rows(skewed, balanced, plain):
    y_true, y_pred = skewed
    weight = np.random.default_rng(1).integers(0, 4, len(y_true))
    weight[np.argmax(y_true)] = 0  # the range is that of the rows that count
    weighted = balanced(y_true, y_pred, sample_weight=weight)
    assert weighted == pytest.approx(balanced(np.repeat(y_true, weight), np.repeat(y_pred, weight)))
    assert weighted != pytest.approx(balanced(y_true, y_pred), rel=1e-3)


@BOTH
def test_explicit_edges_and_targets_outside_them(balanced, plain):
    y_true, y_pred = np.array([-50.0, 1.0, 2.0, 9.0]), np.array([-49.0, 3.0, 5.0, 13.0])
    inner = plain(y_true[:2], y_pred[:2]), plain(y_true[2:], y_pred[2:])
    # Two is the left edge of the second bin; -50 falls into the first bin and 9 into the last.
    assert balanced(y_true, y_pred, bin_edges=[0, 2, 4]) == pytest.approx(np.mean(inner))
    assert balanced(y_true, y_pred, bin_edges=[0, 2, 4], n_bins=1) == pytest.approx(np.mean(inner))
    assert balanced(y_true, y_pred, bin_edges=(-np.inf, 2, np.inf)) == pytest.approx(np.mean(inner))
    assert balanced(y_true, y_pred, bin_edges=[0, 4]) == pytest.approx(plain(y_true, y_pred))


@BOTH
def test_several_targets_are_binned_each_on_its_own(skewed, balanced, plain):
    y_true = np.column_stack([skewed[0], skewed[0][::-1] ** 2])
    y_pred = np.column_stack([skewed[1], skewed[1][::-1]])
    alone = [balanced(y_true[:, k], y_pred[:, k]) for k in range(2)]
    assert balanced(y_true, y_pred) == pytest.approx(np.mean(alone))
    edges = [[0, 1, 9], np.array([0.0, 4.0, 8.0, 20.0])]
    alone = [balanced(y_true[:, k], y_pred[:, k], bin_edges=edges[k]) for k in range(2)]
    assert balanced(y_true, y_pred, bin_edges=edges) == pytest.approx(np.mean(alone))
    alone = [balanced(y_true[:, k], y_pred[:, k], bin_edges=edges[0]) for k in range(2)]
    assert balanced(y_true, y_pred, bin_edges=edges[0]) == pytest.approx(np.mean(alone))


@BOTH
def test_constant_target_is_one_bin(balanced, plain):
    assert balanced([3, 3, 3], [3, 4, 6]) == pytest.approx(plain([3, 3, 3], [3, 4, 6]))


@BOTH
def test_as_a_scorer(skewed, balanced, plain):
    X, y = skewed[1].reshape(-1, 1), skewed[0]
    scorer = make_scorer(balanced, greater_is_better=False, bin_edges=[0, 1, 2, 3])
    scores = cross_validate(LinearRegression(), X, y, cv=KFold(3), scoring={"balanced": scorer})
    train, test = next(iter(KFold(3).split(X)))
    predicted = LinearRegression().fit(X[train], y[train]).predict(X[test])
    assert scores["test_balanced"][0] == pytest.approx(-balanced(y[test], predicted, bin_edges=[0, 1, 2, 3]))
    search = GridSearchCV(LinearRegression(), {"fit_intercept": [True, False]}, scoring=scorer, cv=3).fit(X, y)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max() < 0


@BOTH
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_bins": 0}, "n_bins must be an integer of at least 1, got 0"),
        ({"n_bins": 2.5}, "n_bins must be an integer of at least 1, got 2.5"),
        ({"n_bins": True}, "n_bins must be an integer of at least 1, got True"),
        ({"bin_edges": [1]}, r"at least two increasing numbers, got \[1.0\]"),
        ({"bin_edges": []}, "one sequence for each of the 1 targets, got 0"),
        ({"bin_edges": [0, 2, 1]}, "increasing"),
        ({"bin_edges": [0, np.nan, 1]}, "increasing"),
        ({"bin_edges": [[0, 1], [0, 1]]}, "one sequence for each of the 1 targets, got 2"),
        ({"sample_weight": [1, -1]}, "[Nn]egative values"),
        ({"sample_weight": [0, 0]}, "zero"),
        ({"y_pred": [1, 2, 3]}, "inconsistent numbers of samples"),
        ({"y_pred": [np.nan, 2]}, "y_pred contains NaN"),
        ({"y_pred": [[1, 2], [3, 4]]}, "same number of targets, got 1 and 2"),
    ],
)
def test_wrong_input_is_an_error(balanced, plain, options, message):
    with pytest.raises(ValueError, match=message):
        balanced(**({"y_true": [1, 2], "y_pred": [1, 2]} | options))
