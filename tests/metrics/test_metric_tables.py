"""Tables of classification and regression metrics: counted by hand, and against other libraries."""

import numpy as np
import pandas as pd
import pytest
from imblearn.metrics import classification_report_imbalanced
from scipy.sparse import csr_array
from sklearn.metrics import (
    classification_report,
    max_error,
    mean_absolute_error,
    mean_squared_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from skdeep.metrics import classification_table, regression_table

CLASSIFICATION_COLUMNS = ["precision", "recall", "specificity", "f1", "geometric_mean", "support"]


@pytest.fixture
def animals():
    rng = np.random.default_rng(0)
    y_true = rng.choice(["cat", "dog", "emu"], size=200, p=[0.7, 0.25, 0.05])
    y_pred = np.where(rng.random(200) < 0.6, y_true, rng.choice(["cat", "dog", "emu"], size=200))
    return y_true, y_pred


def test_classes_and_averages_counted_by_hand():
    #            true a: 3 found, 1 called b, 0 called c; true b: 1, 2, 1; true c: 0, 0, 2
    y_true = list("aaaa") + list("bbbb") + list("cc")
    y_pred = list("aaab") + list("abbc") + list("cc")
    table = classification_table(y_true, y_pred)
    expected = pd.DataFrame(
        {
            "precision": [3 / 4, 2 / 3, 2 / 3],
            "recall": [3 / 4, 2 / 4, 2 / 2],
            "specificity": [5 / 6, 5 / 6, 7 / 8],
            "f1": [3 / 4, 4 / 7, 4 / 5],
            "geometric_mean": np.sqrt([3 / 4 * 5 / 6, 2 / 4 * 5 / 6, 7 / 8]),
            "support": [4, 4, 2],
        },
        index=["a", "b", "c"],
    )
    pd.testing.assert_frame_equal(table.loc[["a", "b", "c"]], expected)
    scores = CLASSIFICATION_COLUMNS[:-1]
    assert table.loc["micro"].tolist() == pytest.approx([0.7, 0.7, 17 / 20, 0.7, np.sqrt(0.7 * 17 / 20), 10])
    assert table.loc["macro", scores].tolist() == pytest.approx(expected[scores].mean().tolist())
    weighted = [np.average(expected[column], weights=[4, 4, 2]) for column in scores]
    assert table.loc["weighted", scores].tolist() == pytest.approx(weighted)
    assert table.index.tolist() == ["a", "b", "c", "micro", "macro", "weighted"]
    assert table["support"].tolist() == [4, 4, 2, 10, 10, 10]


def test_values_are_those_of_imbalanced_learn_and_scikit_learn(animals):
    table = classification_table(*animals)
    theirs = classification_report_imbalanced(*animals, output_dict=True)
    names = {"pre": "precision", "rec": "recall", "spe": "specificity", "f1": "f1", "geo": "geometric_mean"}
    for short, column in names.items():
        assert table.loc["weighted", column] == pytest.approx(theirs[f"avg_{short}"])
        for animal in ("cat", "dog", "emu"):
            assert table.loc[animal, column] == pytest.approx(theirs[animal][short])
    report = classification_report(*animals, output_dict=True)
    for row in ("macro", "weighted"):
        found = table.loc[row, ["precision", "recall", "f1", "support"]].tolist()
        assert found == pytest.approx(list(report[f"{row} avg"].values()))


def test_specificity_of_one_of_two_classes_is_the_recall_of_the_other():
    y_true = [True, True, True, False, False]
    table = classification_table(y_true, [True, True, False, False, True])
    assert table.loc[False, "specificity"] == table.loc[True, "recall"] == pytest.approx(2 / 3)
    assert table.loc[True, "specificity"] == table.loc[False, "recall"] == 0.5
    assert table.loc[True, "geometric_mean"] == table.loc["macro", "geometric_mean"] == pytest.approx(3**-0.5)


def test_column_vector_and_numeric_classes():
    y = np.array([[10], [20], [20]])
    table = classification_table(y, [10, 20, 10])
    assert table.loc[20, ["precision", "recall"]].tolist() == [1, 0.5]


@pytest.mark.parametrize("container", [np.asarray, csr_array, pd.DataFrame], ids=["array", "sparse", "frame"])
def test_multilabel_rows_are_the_tables_of_the_columns(container):
    rng = np.random.default_rng(1)
    y_true = (rng.random((60, 3)) < [0.5, 0.2, 0.1]).astype(int)
    y_pred = np.where(rng.random((60, 3)) < 0.8, y_true, 1 - y_true)
    table = classification_table(container(y_true), container(y_pred))
    for label in range(3):
        alone = classification_table(y_true[:, label], y_pred[:, label])
        pd.testing.assert_series_equal(table.loc[label], alone.loc[1], check_names=False)
    pooled = classification_table(y_true.ravel(), y_pred.ravel())
    pd.testing.assert_series_equal(table.loc["micro"], pooled.loc[1], check_names=False)
    assert table.loc["macro", "geometric_mean"] == pytest.approx(table["geometric_mean"].iloc[:3].mean())


def test_weights_are_repeated_rows(animals):
    y_true, y_pred = animals
    weight = np.random.default_rng(0).integers(0, 4, len(y_true))
    weighted = classification_table(y_true, y_pred, sample_weight=weight)
    repeated = classification_table(np.repeat(y_true, weight), np.repeat(y_pred, weight))
    pd.testing.assert_frame_equal(weighted, repeated, check_dtype=False)
    assert not np.allclose(weighted["specificity"], classification_table(y_true, y_pred)["specificity"])


def test_weights_are_repeated_rows_for_multilabel_targets():
    rng = np.random.default_rng(2)
    y_true, y_pred = rng.integers(0, 2, (2, 30, 3))
    weight = rng.integers(0, 4, 30)
    weighted = classification_table(y_true, y_pred, sample_weight=weight)
    repeated = classification_table(np.repeat(y_true, weight, axis=0), np.repeat(y_pred, weight, axis=0))
    pd.testing.assert_frame_equal(weighted, repeated, check_dtype=False)


def test_share_of_nothing_is_zero_without_a_warning():
    table = classification_table(["a", "a", "b"], ["a", "a", "a"])
    assert table.loc["b"].tolist() == [0, 0, 1, 0, 0, 1]
    assert table.loc["a", "specificity"] == 0
    predicted_only = classification_table(["a", "a"], ["a", "c"])
    assert predicted_only.loc["c"].tolist() == [0, 0, 0.5, 0, 0, 0]
    one_class = classification_table(["a", "a"], ["a", "a"])
    assert one_class.loc["a"].tolist() == [1, 1, 0, 1, 0, 2]  # no other class: no specificity


def test_labels_choose_and_order_the_rows_and_the_averages(animals):
    y_true, y_pred = animals
    whole = classification_table(y_true, y_pred)
    part = classification_table(y_true, y_pred, labels=["emu", "cat", "yak"])
    assert part.index.tolist() == ["emu", "cat", "yak", "micro", "macro", "weighted"]
    pd.testing.assert_frame_equal(part.loc[["emu", "cat"]], whole.loc[["emu", "cat"]])
    assert part.loc["yak"].tolist() == [0, 0, 1, 0, 0, 0]
    assert part.loc["macro", "recall"] == pytest.approx(whole.loc[["emu", "cat"], "recall"].sum() / 3)
    found = (y_true == y_pred) & (y_true != "dog")
    assert part.loc["micro", "recall"] == pytest.approx(found.sum() / (y_true != "dog").sum())


def test_names_of_rows(animals):
    table = classification_table(*animals, target_names=["Cat", "Dog", "Emu"])
    assert table.index.tolist() == ["Cat", "Dog", "Emu", "micro", "macro", "weighted"]
    indicator = pd.DataFrame({"news": [1, 0, 1], "sport": [1, 1, 0], "arts": [0, 0, 1]})
    table = classification_table(indicator, indicator.to_numpy(), labels=[2, 0])
    assert table.index.tolist()[:2] == ["arts", "news"]
    assert table["support"].tolist()[:2] == [1, 2]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "error", "message"),
    [
        ([0, 1], [0.2, 0.7], {}, ValueError, "y_pred must hold classes .* got continuous values"),
        (
            [0.5, 1.5, 0.2],
            [0.5, 1.5, 0.2],
            {},
            ValueError,
            "y_true must hold classes .* got continuous values",
        ),
        ([0, 1], [[0, 1], [1, 0]], {}, ValueError, "got one of each"),
        ([0, 1, 1], [0, 1], {}, ValueError, "inconsistent numbers of samples"),
        ([], [], {}, ValueError, "empty|at least one|minimum of 1"),
        ([0, 1], ["a", "b"], {}, ValueError, "mix|Mix"),
        ([[0, 2], [1, 1]], [[0, 2], [1, 1]], {}, ValueError, "got multiclass-multioutput values"),
        ([0, 1], [0, 1], {"target_names": ["a"]}, ValueError, "each of the 2 rows, got 1"),
        ([0, 1], [0, 1], {"target_names": "ab"}, TypeError, "sequence of names, got the single string 'ab'"),
        ([0, 1], [0, 1], {"labels": [1, 1]}, ValueError, r"repeat a class, got \[1, 1\]"),
        ([[0, 1], [1, 1]], [[0, 1], [1, 1]], {"labels": [2]}, ValueError, "labels"),
        ([0, 1], [0, 1], {"sample_weight": [1.0]}, ValueError, "inconsistent numbers of samples"),
    ],
)
def test_wrong_classification_input_is_an_error(y_true, y_pred, options, error, message):
    with pytest.raises(error, match=message):
        classification_table(y_true, y_pred, **options)


def test_regression_counted_by_hand():
    table = regression_table([1.0, 2.0, 3.0, 6.0], [2.0, 2.0, 1.0, 9.0])
    expected = {
        "r2": 1 - 14 / 14,
        "mean_absolute_error": 1.5,
        "mean_squared_error": 3.5,
        "root_mean_squared_error": np.sqrt(3.5),
        "median_absolute_error": 1.5,
        "max_error": 3.0,
        "bias": 0.5,
    }
    pd.testing.assert_frame_equal(table, pd.DataFrame(expected, index=[0]))


@pytest.mark.parametrize("weighted", [False, True])
def test_several_targets_are_those_of_scikit_learn(weighted):
    rng = np.random.default_rng(0)
    y_true = rng.normal(size=(50, 3)) * [1, 10, 100]
    y_pred = y_true + rng.normal(size=(50, 3)) * [0.2, 5, 5]
    weight = rng.random(50) if weighted else None
    table = regression_table(y_true, y_pred, sample_weight=weight)
    metrics = (
        r2_score,
        mean_absolute_error,
        mean_squared_error,
        root_mean_squared_error,
        median_absolute_error,
    )
    for metric in metrics:
        column = table[metric.__name__.removesuffix("_score")]
        raw = metric(y_true, y_pred, sample_weight=weight, multioutput="raw_values")
        np.testing.assert_allclose(column.iloc[:3], raw)
        assert column["average"] == pytest.approx(metric(y_true, y_pred, sample_weight=weight))
    assert table["max_error"].tolist()[:3] == [max_error(y_true[:, k], y_pred[:, k]) for k in range(3)]
    np.testing.assert_allclose(table["bias"].iloc[:3], np.average(y_pred - y_true, axis=0, weights=weight))
    assert table.index.tolist() == [0, 1, 2, "average"]
    np.testing.assert_allclose(table.loc["average"], table.iloc[:3].mean())


def test_regression_weights_are_repeated_rows():
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=(2, 40, 2))
    weight = rng.integers(0, 4, 40)
    y_pred[weight == 0] += 100  # a row without weight counts nowhere
    weighted = regression_table(y_true, y_pred, sample_weight=weight)
    repeated = regression_table(np.repeat(y_true, weight, axis=0), np.repeat(y_pred, weight, axis=0))
    pd.testing.assert_frame_equal(weighted, repeated)


def test_names_of_targets():
    values = np.array([[1.0, 2.0], [3.0, 5.0]])
    frame = pd.DataFrame(values, columns=["price", "area"])
    assert regression_table(frame, values).index.tolist() == ["price", "area", "average"]
    assert regression_table(frame["area"], values[:, 1]).index.tolist() == ["area"]
    assert regression_table(values[:, :1], values[:, 0]).index.tolist() == [0]
    names = regression_table(frame, values, target_names=["a", "b"]).index
    assert names.tolist() == ["a", "b", "average"]


def test_one_sample_has_no_r2_and_no_warning():
    table = regression_table([2.0], [5.0])
    assert np.isnan(table.loc[0, "r2"])
    assert table.loc[0, "bias"] == table.loc[0, "max_error"] == 3


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "error", "message"),
    [
        ([1.0, 2.0], [1.0], {}, ValueError, "inconsistent numbers of samples"),
        ([[1.0, 2.0]], [1.0], {}, ValueError, "same number of targets, got 2 and 1"),
        ([1.0, np.nan], [1.0, 2.0], {}, ValueError, "y_true contains NaN"),
        ([1.0, 2.0], [1.0, np.inf], {}, ValueError, "y_pred contains infinity"),
        (["a", "b"], [1.0, 2.0], {}, ValueError, "could not convert string to float"),
        ([], [], {}, ValueError, "minimum of 1"),
        ([1.0, 2.0], [1.0, 2.0], {"sample_weight": [1, -1]}, ValueError, "[Nn]egative values"),
        ([1.0, 2.0], [1.0, 2.0], {"sample_weight": [0, 0]}, ValueError, "zero"),
        ([1.0, 2.0], [1.0, 2.0], {"sample_weight": [1, 1, 1]}, ValueError, "inconsistent numbers of samples"),
        ([1.0, 2.0], [1.0, 2.0], {"target_names": ["a", "b"]}, ValueError, "each of the 1 rows, got 2"),
    ],
)
def test_wrong_regression_input_is_an_error(y_true, y_pred, options, error, message):
    with pytest.raises(error, match=message):
        regression_table(y_true, y_pred, **options)
