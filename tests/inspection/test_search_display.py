"""What is drawn of a search: every score at its value, what a value or a cell has in the mean, and which is best."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.inspection import SearchDisplay
from skdeep.schedules import CosineDecay

X, y = load_iris(return_X_y=True)


class Scored(ClassifierMixin, BaseEstimator):
    """Has the score that its parameters say; NaN where they say that the fit fails."""

    def __init__(self, a=1.0, b=1, kind="one", fails=False):
        self.a, self.b, self.kind, self.fails = a, b, kind, fails

    def fit(self, X, y):
        if self.fails:
            raise ValueError("as asked")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X))

    def score(self, X, y):
        return -abs(np.log10(self.a) + 2) - self.b / 10 - (0.05 if self.kind == "two" else 0.0)


def searched(grid, kind=GridSearchCV, estimator=None, **options):
    return kind(estimator or Scored(), grid, cv=2, **options).fit(X, y)


GRID = {"a": [0.0001, 0.001, 0.01, 0.1], "b": [1, 2], "kind": ["two", "one"]}


@pytest.fixture(scope="module")
def search():
    return searched(GRID)


def results(**columns):
    """Return a cv_results_ of candidates whose scores are given beside their parameters."""
    scores = columns.pop("scores")
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return {"params": rows, "mean_test_score": np.array(scores, dtype=float)}


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def shown_in_legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


# -- along each parameter ---------------------------------------------------------------------------------------------


def test_every_score_is_drawn_at_its_values(search):
    display = SearchDisplay.from_estimator(search)
    table = pd.DataFrame(search.cv_results_)
    assert [panel.get_xlabel() for panel in display.axes_] == ["a", "b", "kind"]
    for scatter, values in zip(
        display.scatters_, (table["param_a"], table["param_b"], table["param_kind"] == "one"), strict=True
    ):
        assert_allclose(scatter.get_offsets().T, [values.astype(float), table["mean_test_score"]])
    assert [panel.get_xscale() for panel in display.axes_] == ["log", "linear", "linear"]
    assert ticks(display.axes_[2].xaxis) == ["two", "one"]
    assert ticks(display.axes_[0].xaxis) == ["0.0001", "0.001", "0.01", "0.1"]


@pytest.mark.parametrize("summary", ["mean", "max"])
def test_the_curve_is_the_mean_or_the_best_at_each_value(search, summary):
    display = SearchDisplay.from_estimator(search, summary=summary)
    table = pd.DataFrame(search.cv_results_).astype({"param_a": float})
    expected = table.groupby("param_a")["mean_test_score"].agg(summary)
    assert_allclose(display.lines_[0].get_xdata(), expected.index)
    assert_allclose(display.lines_[0].get_ydata(), expected)
    assert SearchDisplay.from_estimator(search, summary=None).lines_ == []


def test_the_best_is_marked_with_its_score(search):
    display = SearchDisplay.from_estimator(search)
    marks = [(mark.get_xdata()[0], mark.get_ydata()[0]) for mark in display.best_]
    assert_allclose(marks, [(0.01, -0.1), (1, -0.1), (1, -0.1)], atol=1e-12)
    assert shown_in_legend(display) == ["16 candidates", "mean at a value", "best: -0.100 ± 0.000"]


def test_many_values_are_counted_together_in_bins():
    values = np.logspace(-6, 0, 61)
    display = SearchDisplay.from_results(results(rate=values, scores=np.arange(61)))
    curve = display.lines_[0]
    assert_allclose(curve.get_xdata(), 10.0 ** np.arange(-5.5, 0))
    # Ten values a decade; the last of all lies in the last decade.
    assert_allclose(curve.get_ydata(), [4.5, 14.5, 24.5, 34.5, 44.5, 55.0])


def test_values_that_a_generator_drew_are_a_range_also_if_they_are_few():
    drawn = np.random.default_rng(0).uniform(1, 2, 5)
    pairs = results(u=drawn, v=drawn[::-1], scores=range(5))
    assert SearchDisplay.from_results(pairs, kind="pairs").ims_[0].get_array().shape == (6, 6)
    pairs = results(u=[0.1, 0.25, 0.5], v=[1, 2, 3], scores=range(3))
    assert SearchDisplay.from_results(pairs, kind="pairs").ims_[0].get_array().shape == (3, 3)


@pytest.mark.parametrize(
    ("values", "scale", "names"),
    [
        ([16, 32, 64, 128], "log", ["16", "32", "64", "128"]),
        ([0.1, 0.2, 0.3, 0.4], "linear", ["0.1", "0.2", "0.3", "0.4"]),
        ([0.001, 0.25, 0.5, 0.75], "linear", ["0.001", "0.25", "0.5", "0.75"]),
        ([0, 0.0001, 0.001, 0.01], "linear", ["0", "0.0001", "0.001", "0.01"]),
        ([True, False, True, False], "linear", ["True", "False"]),
        ([5, None, 2, 5], "linear", ["2", "5", "None"]),
        (["auto", 3, "auto", 1], "linear", ["1", "3", "auto"]),
        ([(8,), (8, 8), (), (8,)], "linear", ["(8,)", "(8, 8)", "()"]),
        ([GaussianNB(var_smoothing=0.5), GaussianNB(), "a", "b"], "linear", None),
        ([np.float64(1.0), np.float32(0.5), np.int64(2), 1.5], "linear", ["0.5", "1", "1.5", "2"]),
    ],
    ids=[
        "powers",
        "even",
        "from nearly zero",
        "zero and decades",
        "flags",
        "none",
        "auto",
        "tuples",
        "objects",
        "numpy",
    ],
)
def test_axes_suit_the_values(values, scale, names):
    display = SearchDisplay.from_results(results(p=values, scores=range(len(values))))
    panel = display.axes_[0]
    assert panel.get_xscale() == scale
    assert ticks(panel.xaxis) == (names or ["GaussianNB(var_…", "GaussianNB()", "a", "b"])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_failed_fits_are_marked_and_spoil_nothing():
    found = searched({"a": [0.001, 0.01], "fails": [False, True]})
    display = SearchDisplay.from_estimator(found)
    assert shown_in_legend(display)[-1] == "failed"
    assert_allclose(display.lines_[0].get_ydata(), [-1.1, -0.1])
    crosses = display.axes_[0].collections[1].get_offsets()
    assert_allclose(crosses[:, 0], [0.001, 0.01])
    cells = SearchDisplay.from_estimator(found, kind="pairs")
    assert_allclose(cells.ims_[0].get_array().filled(np.nan), [[-1.1, -0.1], [np.nan, np.nan]])
    assert [text.get_text() for text in cells.axes_[0].texts].count("failed") == 2
    with pytest.raises(ValueError, match="All candidates have failed"):
        SearchDisplay.from_results(results(a=[1, 2], scores=[np.nan, np.nan]))


def test_only_what_varies_is_drawn_unless_it_is_asked_for(search):
    found = searched({"a": [0.01], "b": [1, 2]})
    assert [panel.get_xlabel() for panel in SearchDisplay.from_estimator(found).axes_] == ["b"]
    display = SearchDisplay.from_estimator(found, parameters=["a"])
    assert [panel.get_xlabel() for panel in display.axes_] == ["a"]
    nothing_varies = SearchDisplay.from_estimator(searched({"a": [0.01]}))
    assert [panel.get_xlabel() for panel in nothing_varies.axes_] == ["a"]


def test_parameters_that_only_some_candidates_have():
    found = searched([{"a": [0.01, 0.1]}, {"b": [2, 3, 4]}])
    display = SearchDisplay.from_estimator(found)
    assert np.isfinite(display.scatters_[0].get_offsets().filled(np.nan)[:, 0]).tolist() == [True] * 2 + [False] * 3
    assert_allclose(display.lines_[1].get_xdata(), [2, 3, 4])
    lines = SearchDisplay.from_estimator(found, kind="parallel").lines_
    assert np.isnan(lines[0].get_ydata()).tolist() == [False, True, False]


# -- names ------------------------------------------------------------------------------------------------------------


def test_names_have_no_steps_of_pipelines_before_them():
    inner = make_pipeline(StandardScaler(), GaussianNB())
    grid = {
        "pipeline__gaussiannb__var_smoothing": [0.1, 1],
        "pipeline__standardscaler__with_std": [True, False],
        "pipeline__standardscaler": [StandardScaler(), StandardScaler(with_mean=False)],
    }
    found = searched(grid, estimator=make_pipeline(inner))
    display = SearchDisplay.from_estimator(found)
    assert {panel.get_xlabel() for panel in display.axes_} == {"var_smoothing", "with_std", "standardscaler"}
    assert SearchDisplay.from_estimator(found, parameters="var_smoothing").axes_[0].get_xlabel() == "var_smoothing"
    full = SearchDisplay.from_estimator(found, parameters="pipeline__gaussiannb__var_smoothing")
    assert full.axes_[0].get_xlabel() == "var_smoothing"


def test_objects_that_are_parameters_keep_their_names_and_equal_names_are_left_whole():
    found = searched({"scored__kind__warmup": [0.1, 0.2]}, estimator=make_pipeline(Scored(kind=CosineDecay())))
    assert SearchDisplay.from_estimator(found).axes_[0].get_xlabel() == "kind__warmup"
    first, second = StandardScaler(), StandardScaler()
    both = {"standardscaler-1__with_std": [True, False], "standardscaler-2__with_std": [True, False]}
    found = searched(both, estimator=make_pipeline(first, second, GaussianNB()))
    assert [panel.get_xlabel() for panel in SearchDisplay.from_estimator(found).axes_] == [*both]


def test_without_an_estimator_a_first_part_that_all_names_have_is_left_out():
    table = pd.DataFrame(searched(GRID).cv_results_)
    table["params"] = [{f"net__{name}": value for name, value in one.items()} for one in table["params"]]
    display = SearchDisplay.from_results(table)
    assert [panel.get_xlabel() for panel in display.axes_] == ["a", "b", "kind"]
    assert_array_equal(display.scores["score"], table["mean_test_score"])


# -- several scorers, rungs -------------------------------------------------------------------------------------------


def test_of_several_scorers_the_one_that_decides_is_drawn_first():
    scorers = {"first": lambda model, X, y: model.b, "second": lambda model, X, y: -model.a}
    found = searched(GRID, scoring=scorers, refit="second")
    display = SearchDisplay.from_estimator(found)
    assert display.axes_[0].get_ylabel() == "second"
    assert display.best_[0].get_xdata()[0] == 0.0001
    both = display.plot(scoring=["first", "second"], parameters=["a", "b"])
    assert [(panel.get_ylabel(), panel.get_xlabel()) for panel in both.axes_[::2]] == [("first", "a"), ("second", "a")]
    assert_allclose(both.scatters_[1].get_offsets().T, [found.cv_results_["param_b"].astype(float)] * 2)
    with pytest.raises(ValueError, match=r"kind='pairs' draws one scorer, got \['first', 'second'\]"):
        display.plot(kind="pairs", scoring=["first", "second"])
    with pytest.raises(ValueError, match=r"scoring must be one of \['second', 'first'\]"):
        display.plot(scoring="accuracy")


def test_a_scorer_by_name_is_the_label_of_the_scores():
    found = searched({"var_smoothing": [0.1, 1.0]}, estimator=GaussianNB(), scoring="neg_log_loss")
    assert SearchDisplay.from_estimator(found).axes_[0].get_ylabel() == "neg_log_loss"


def test_each_candidate_of_successive_halving_is_drawn_with_its_last_rung():
    found = HalvingGridSearchCV(
        Scored(), {"a": [0.001, 0.01, 0.1], "b": [1, 2, 3]}, cv=2, factor=3, min_resources=16, random_state=0
    ).fit(X, y)
    assert len(found.cv_results_["params"]) == 9 + 3 + 1
    display = SearchDisplay.from_estimator(found)
    assert len(display.scores["score"]) == 9
    assert display.given_up.sum() == 8
    assert {name: column[display.best_index] for name, column in display.params.items()} == found.best_params_
    assert shown_in_legend(display)[:2] == ["9 candidates", "given up early"]
    alphas = display.scatters_[0].get_facecolor()[:, 3]
    assert alphas[display.best_index] > alphas[display.given_up].max()


# -- pairs and lines --------------------------------------------------------------------------------------------------


def test_cells_are_the_means_of_two_parameters(search):
    display = SearchDisplay.from_estimator(search, kind="pairs")
    table = pd.DataFrame(search.cv_results_).astype({"param_a": float, "param_b": int})
    assert [(panel.get_xlabel(), panel.get_ylabel()) for panel in display.axes_] == [
        ("a", "b"), ("a", "kind"), ("b", "kind"),
    ]  # fmt: skip
    assert_allclose(display.ims_[0].get_array(), table.pivot_table("mean_test_score", "param_b", "param_a"))
    kinds = table.pivot_table("mean_test_score", "param_kind", "param_a").loc[["two", "one"]]
    assert_allclose(display.ims_[1].get_array(), kinds)
    written = [float(text.get_text()) for text in display.axes_[1].texts]
    assert_allclose(written, kinds.to_numpy().ravel(), atol=5e-4)
    assert display.colorbar_.ax.get_ylabel() == "mean score"
    (mark,) = display.axes_[0].patches
    assert_allclose(mark.get_center(), (2, 0))


def test_pairs_of_many_parameters_are_those_of_the_first_four():
    columns = {name: [1, 2, 3] for name in "abcdef"}
    display = SearchDisplay.from_results(results(**columns, scores=[1, 2, 3]), kind="pairs")
    assert len(display.axes_) == 6
    chosen = display.plot(kind="pairs", parameters=["e", "f"])
    assert [(panel.get_xlabel(), panel.get_ylabel()) for panel in chosen.axes_] == [("e", "f")]


def test_colours_reach_from_the_best_to_a_few_times_the_middle():
    scores = [0.0, 0.9, 0.92, 0.94, 0.96]
    display = SearchDisplay.from_results(results(a=range(5), b=range(5), scores=scores), kind="pairs")
    assert (display.colorbar_.vmin, display.colorbar_.vmax) == pytest.approx((0.96 - 4 * 0.04, 0.96))
    assert display.colorbar_.extend == "min"
    even = SearchDisplay.from_results(results(a=[1, 2], b=[1, 2], scores=[0.5, 0.5]), kind="parallel")
    assert (even.colorbar_.vmin, even.colorbar_.vmax) == (0.0, 1.0)


def test_lines_go_across_all_parameters_to_the_score(search):
    display = SearchDisplay.from_estimator(search, kind="parallel")
    assert ticks(display.ax_.xaxis) == ["a", "b", "kind", "score"]
    scores = search.cv_results_["mean_test_score"]
    for line, params, score in zip(display.lines_, search.cv_results_["params"], scores, strict=True):
        share = (score - scores.min()) / np.ptp(scores)
        expected = [(np.log10(params["a"]) + 4) / 3, params["b"] - 1, params["kind"] == "one", share]
        assert_allclose(line.get_ydata().astype(float), np.array(expected, dtype=float), atol=1e-9)
    widths = [line.get_linewidth() for line in display.lines_]
    assert widths.index(max(widths)) == search.best_index_


# -- where, how, and what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parameters", "pairs", "parallel"])
def test_it_is_drawn_where_and_how_the_caller_wants_it(search, kind):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2)
    settings = {"parameters": {"scatter_kw": {"color": "red"}}, "pairs": {"im_kw": {"cmap": "gray"}}}
    settings = settings.get(kind, {"line_kw": {"ls": ":"}})
    display = SearchDisplay.from_estimator(search, kind=kind, ax=axes[1], **settings)
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    if kind == "parameters":
        assert display.scatters_[0].get_facecolor()[0][:3].tolist() == [1, 0, 0]
    elif kind == "pairs":
        assert display.ims_[0].get_cmap().name == "gray"
    else:
        assert display.lines_[0].get_linestyle() == ":"
    assert display.plot(kind=kind).ax_ is not axes[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "heat"}, "kind must be one of .*'pairs'.*, got 'heat'"),
        ({"summary": "median"}, "summary must be one of .*, got 'median'"),
        ({"kind": "pairs", "summary": None}, "summary must be one of .*, got None"),
        ({"parameters": ["a", "z"]}, r"parameters must be some of \['a', 'b', 'kind'\], got \['a', 'z'\]"),
        ({"parameters": []}, "parameters must be some of"),
        ({"kind": "pairs", "parameters": ["a"]}, r"needs two parameters with several values, got \['a'\]"),
    ],
)
def test_unknown_options_are_refused(search, options, message):
    with pytest.raises(ValueError, match=message):
        SearchDisplay.from_estimator(search, **options)


def test_what_is_no_search_is_refused():
    with pytest.raises(NotFittedError):
        SearchDisplay.from_estimator(GridSearchCV(Scored(), GRID))
    with pytest.raises(TypeError, match="Scored has no cv_results_: it is not a search"):
        SearchDisplay.from_estimator(Scored().fit(X, y))
    with pytest.raises(ValueError, match="cv_results must be a dict like cv_results_"):
        SearchDisplay.from_results([1, 2])
    with pytest.raises(ValueError, match="no column 'mean_test_"):
        SearchDisplay.from_results({"params": [{"a": 1}]})


def test_a_search_that_is_random_is_drawn_in_all_kinds():
    found = searched({"a": np.logspace(-5, 1, 40), "b": [1, 2, 3]}, RandomizedSearchCV, n_iter=20, random_state=0)
    for kind in ("parameters", "pairs", "parallel"):
        display = SearchDisplay.from_estimator(found, kind=kind)
        display.figure_.canvas.draw()
        assert display.params["a"][display.best_index] == found.best_params_["a"]


def test_without_matplotlib_nothing_is_computed(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"SearchDisplay\.from_estimator needs matplotlib"):
        SearchDisplay.from_estimator(None)
