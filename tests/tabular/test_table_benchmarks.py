"""The benchmarks of raw tables read, compare and write down right. What they measure is not tested."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.model_selection import train_test_split


@pytest.fixture
def scripts(benchmark_script):
    """Return the two scripts."""
    return benchmark_script("raw_tables"), benchmark_script("tabular_ablation")


@pytest.fixture
def folder(tmp_path):
    """A table of 100 rows: a number, a category that is missing in places, and three labels, one of two rows."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=100), "street": rng.choice(["Elm", "NA", None], 100)})
    frame["kind"] = ["a", "b"] * 49 + ["c", "c"]
    with gzip.open(tmp_path / "some.csv.gz", "wt") as file:
        frame.to_csv(file, index=False)
    (tmp_path / "some.json").write_text(json.dumps({"target": "kind", "categorical": ["street"]}))
    return tmp_path


def test_a_table_is_read_as_it_was_written(scripts, folder):
    frame, y, labels = scripts[0].read(folder / "some.csv.gz")
    assert labels
    assert y.value_counts().to_dict() == {0: 49, 1: 49}  # labels of fewer than five rows are left out
    assert list(frame) == ["size", "street"]
    assert set(frame["street"].dropna()) == {"Elm", "NA"}  # which is a name, and not what is missing
    assert frame["street"].isna().any()
    assert scripts[0].not_numbers(frame) == ["street"]


def test_trees_get_the_categories_of_training_rows(scripts):
    train = pd.DataFrame({"street": ["Elm", "Oak", None]})
    test = pd.DataFrame({"street": ["Oak", "Mill", None]}, index=[7, 8, 9])
    assert scripts[0].as_categories(test, train)["street"].isna().tolist()[:2] == [False, True]
    assert scripts[0].as_strings(test, train)["street"].tolist() == ["Oak", "Mill", "missing"]
    assert list(scripts[0].with_plain_names(test, train)) == ["0"]
    assert list(test) == ["street"]


@pytest.mark.parametrize(
    ("score", "labels", "expected"),
    [(0.9, True, 0.1), (1.0, True, 0.005), (0.75, False, 0.5), (1.0, False, 1e-4), (-9.0, False, 1.5)],
)
def test_errors_have_a_floor(scripts, score, labels, expected):
    assert scripts[0].error(score, labels, 100) == pytest.approx(expected)


def test_the_page_has_the_best_in_bold_and_geometric_means(scripts):
    ours, boosting = scripts[0].OURS, scripts[0].BOOSTING
    results = {
        "numbers": {ours: [0.1, np.nan, 4.0], boosting: [0.4, np.nan, 1.0]},
        "labels": {ours: [0.2, 0.3, 6.0], boosting: [0.2, 0.6, 3.0]},
    }
    means = scripts[0].ratios(results)
    assert_allclose(means[ours], [0.5, 0.5, 5.0])
    assert_allclose(means[boosting], [1.0, 1.0, 2.0])
    text = scripts[0].page(results)
    assert text.index("labels") < text.index("numbers")
    assert "- **.1000**\n     - .4000" in text
    assert text.splitlines()[-2:] == ["     - 5.0", "     - 2.0"]


def test_the_ablation_sees_training_rows_only(scripts):
    frame, y = pd.DataFrame({"x": np.arange(300.0)}), pd.Series(np.tile([0, 1, 2], 100))
    _, tested = train_test_split(frame, test_size=0.3, random_state=0, stratify=y)
    (train, y_train), (test, y_test) = scripts[1].part((frame, y, True), seed=3)
    assert len(train) == len(y_train) == 147
    assert len(test) == len(y_test) == 63
    assert not {*train["x"], *test["x"]} & {*tested["x"]}
    assert not {*train["x"]} & {*test["x"]}


def test_the_table_of_ablations_is_of_geometric_means(scripts):
    results = {
        "nothing": {"a": {"0": [0.1, 0.5, 2.0], "1": [0.2, 0.5, 2.0]}, "b": {"0": [0.4, np.nan, 6.0]}},
        "without": {"a": {"0": [0.2, 1.0, 1.0], "1": [0.1, 1.0, 1.0]}, "b": {"0": [0.6, np.nan, 3.0]}},
    }
    lines = scripts[1].page(results, {"a": True, "b": False}).splitlines()
    row = lines.index("   * - without")
    assert [line.strip(" -") for line in lines[row + 1 : row + 5]] == ["0.0 %", "+50.0 %", "+100.0 %", "0.50"]


def test_a_change_is_measured_with_what_it_changes(scripts, folder):
    raw_tables, ablation = scripts
    table = raw_tables.read(folder / "some.csv.gz")
    error, loss, seconds = ablation.measure(table, 0, {"hidden_layer_sizes": (4,)}, {"n_estimators": 1})
    assert 0 < error < 1
    assert loss > 0
    assert seconds > 0


@pytest.mark.parametrize("change", ["nothing", "relu", "without weight decay", "eight nets"])
def test_changes_are_parameters(scripts, change):
    architecture, given = scripts[1].CHANGES[change]
    model = scripts[1].TabularClassifier(scripts[1].RealMLP(**architecture), **given)
    assert {**model.get_params(), **model.architecture.get_params()}.items() >= {**architecture, **given}.items()
