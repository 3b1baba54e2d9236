"""What a frame may hold, and the errors about what it may not."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.utils import _safe_indexing

from skdeep._data.inputs import Frames
from tests.data.frames import Reader, encoded, fitted, read


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros(3), ValueError, "Reshape your data"),
        (np.zeros((2, 2, 2)), ValueError, "Found array with dim 3"),
        (np.zeros((0, 3)), ValueError, r"0 sample\(s\)"),
        (pd.DataFrame({"a": []}), ValueError, r"0 sample\(s\).*minimum of 1"),
        (pd.DataFrame(index=range(3)), ValueError, r"0 feature\(s\) \(shape=\(3, 0\)\).*minimum of 1"),
        (np.zeros((12, 0)), ValueError, r"0 feature\(s\) \(shape=\(12, 0\)\)"),
        (np.array([[1j]]), ValueError, "Complex data not supported"),
        (pd.DataFrame({"a": [1j]}), ValueError, "Complex data not supported.*'a'"),
        (pd.DataFrame({"a": [1j, 1.0]}, dtype=object), ValueError, "Complex data not supported.*'a'"),
        (sparse.csr_array(np.eye(3)), TypeError, "Sparse data was passed.*dense data is required"),
        (pd.Series([1.0, 2.0]), ValueError, "2-dimensional|2D"),
        ([[1.0], [2.0, 3.0]], ValueError, "inhomogeneous"),
        (np.array([[0.0, np.inf]]), ValueError, "contains infinity.* in these columns: 1"),
        (pd.DataFrame({"a": [1.0], "b": [-np.inf], "c": ["x"]}), ValueError, "contains infinity.*: 'b'"),
        (pd.DataFrame({"a": [10**400]}, dtype=object), ValueError, "contains infinity.*'a'"),
        (pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]), ValueError, "several columns of the same name: 'a'"),
        (pd.DataFrame({"a": [1, "b"]}), ValueError, "Column 'a' of X is of mixed types: int, str"),
        ([[1, "a"], ["b", "c"]], ValueError, "Column 0 of X is of mixed types: int, str"),
        (pd.DataFrame({"a": [pd.Timestamp(0), "b"]}), ValueError, "'a'.*mixed types: Timestamp, str"),
        (pd.DataFrame({"a": [True, "b"]}), ValueError, "'a'.*mixed types: bool, str"),
        (pd.DataFrame({"a": [{}, 1.0]}), TypeError, "'a'.*dict, but each argument must be a string, a real number"),
        (pd.DataFrame({"a": [[1], [2]]}), TypeError, "'a'.*list, but each argument"),
        (pd.DataFrame({"a": [b"x", b"y"]}), TypeError, "'a'.*bytes.*Decode"),
        (np.array([[b"x"]]), TypeError, "Column 0.*bytes.*Decode"),
        (pd.DataFrame({"a": np.array(["300000-01-01"], "datetime64[s]")}), ValueError, "'a'.*out of range.*300000"),
        (pd.DataFrame({"a": np.array(["-0044-03-15"], "datetime64[s]")}), ValueError, "'a'.*out of range.*1 to 9999"),
        (pd.DataFrame({"a": [np.datetime64("12000-01-01", "s")]}, dtype=object), ValueError, "'a'.*out of range"),
        (pd.DataFrame([[1, 2]], columns=["a", 1]), TypeError, "Feature names are only supported"),
    ],
)
def test_what_cannot_be_read_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        fitted(X)


FRAME = pd.DataFrame({
    "number": [1.0, 2.0, 4.0],
    "flag": [True, False, True],
    "word": ["x", "y", "z"],
    "when": pd.to_datetime(["2020-01-01", "2020-02-03", "2021-05-06"]),
    "took": pd.to_timedelta([1, 2, 5], unit="h"),
})  # fmt: skip
WORDS = {"number": "numbers", "flag": "booleans", "word": "strings", "when": "dates", "took": "durations"}


@pytest.mark.parametrize("before", FRAME.columns)
@pytest.mark.parametrize("now", FRAME.columns)
def test_a_column_that_changed_its_type_is_refused(before, now):
    reader, inputs, _ = fitted(FRAME[[before]].set_axis(["a"], axis=1))
    later = FRAME[[now]].set_axis(["a"], axis=1)
    if before == now or (before, now) == ("number", "flag"):
        read(reader, inputs, later)
        return
    with pytest.raises(ValueError, match=f"Column 'a' of X held {WORDS[before]}.*but holds {WORDS[now]} now"):
        read(reader, inputs, later)


def test_booleans_may_come_back_as_zeros_and_ones():
    reader, inputs, made = fitted(FRAME)
    later = FRAME.assign(flag=[1.0, 0.0, 1.0])
    assert_array_equal(read(reader, inputs, later)["flags"], made["flags"])
    assert_array_equal(read(reader, inputs, later.assign(flag=FRAME["flag"].astype(object)))["flags"], made["flags"])


@pytest.mark.parametrize("nothing", [np.nan, None, pd.NaT])
def test_a_column_that_is_all_missing_later_is_read_as_missing(nothing):
    reader, inputs, made = fitted(FRAME)
    later = pd.DataFrame({name: [nothing, nothing] for name in FRAME})
    expected = pd.DataFrame({name: FRAME[name].where([False] * 3).iloc[:2] for name in FRAME})
    for name, values in read(reader, inputs, later).items():
        assert_array_equal(values, read(reader, inputs, expected)[name])
        assert_array_equal(values, np.zeros((2, made[name].shape[1])))


@pytest.mark.parametrize("nothing", [np.nan, None])
def test_a_column_that_is_all_missing_says_nothing_then_or_later(nothing):
    X = FRAME.assign(gone=nothing)
    reader, inputs, made = fitted(X)
    assert_array_equal(made["flags"], encoded(FRAME)["flags"])
    assert "gone" not in inputs.sources["flags"]
    later = read(reader, inputs, FRAME.assign(gone=5.0))
    assert_array_equal(later["flags"], read(reader, inputs, X)["flags"])
    assert_array_equal(later["numbers"], read(reader, inputs, X)["numbers"])


@pytest.mark.parametrize(
    "X",
    [pd.DataFrame({"a": [None, None]}), pd.DataFrame({"a": ["x", "x"]}), np.array([[True], [True]])],
    ids=["missing", "one string", "one boolean"],
)
def test_a_net_has_something_to_read_even_if_no_column_says_anything(X):
    assert {name: values.tolist() for name, values in encoded(X).items()} == {"flags": [[0.0] * 8] * 2}


def test_one_row_of_everything():
    _, inputs, made = fitted(FRAME.iloc[:1])
    assert {name: values.tolist() for name, values in made.items()} == {"numbers": [[0.0, 0.0, 0.0]]}
    assert np.isfinite(inputs.edges(16)).all()


def test_ten_thousand_columns():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(5, 10_000))).add_prefix("c")
    X["c3"] = ["a", "b", "c", "a", None]
    _, inputs, made = fitted(X)
    assert made["numbers"].shape == (5, 9_999)
    assert_array_equal(made["flags"][:, :4].argmax(axis=1), [0, 1, 2, 0, 3])
    assert inputs.sources["numbers"][2:4] == ("c2", "c4")


def test_names_are_remembered_and_compared_as_in_scikit_learn():
    reader, inputs, made = fitted(FRAME)
    assert_array_equal(reader.feature_names_in_, FRAME.columns)
    assert reader.n_features_in_ == 5
    with pytest.raises(ValueError, match="must be in the same order"):
        read(reader, inputs, FRAME.iloc[:, ::-1])
    with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- other"):
        read(reader, inputs, FRAME.rename(columns={"word": "other"}))
    with pytest.raises(ValueError, match="now missing:\n- took"):
        read(reader, inputs, FRAME.iloc[:, :4])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        unnamed = read(reader, inputs, FRAME.to_numpy(dtype=object))
    for name, values in unnamed.items():
        assert_array_equal(values, made[name])
    with (
        pytest.raises(ValueError, match="X has 2 features, but Reader is expecting 5"),
        pytest.warns(UserWarning, match="names"),
    ):
        read(reader, inputs, np.zeros((3, 2)))
    assert not hasattr(fitted(FRAME.to_numpy(dtype=object))[0], "feature_names_in_")


def test_rows_are_taken_by_slice_numbers_and_mask():
    reader, inputs, made = fitted(FRAME)
    rows = inputs.validate(reader, FRAME, reset=False)
    signature = inputs.signature(rows)
    assert rows.shape == FRAME.shape
    assert len(rows) == 3
    assert inputs.validate(reader, rows, reset=False) is rows
    parts = rows[1:], rows[np.array([1, 2])], _safe_indexing(rows, [1, 2]), _safe_indexing(rows, [False, True, True])
    for part in parts:
        assert part.shape == (2, 5)
        for name, values in inputs.encode(part, signature).items():
            assert_array_equal(values, made[name][1:])


def test_batches_grow_with_the_rows():
    expected = {1: 256, 20_000: 256, 20_001: 512, 50_000: 512, 50_001: 1024, 10**7: 1024}
    assert {n_rows: Frames.batches(n_rows) for n_rows in expected} == {n: (size, 1.0) for n, size in expected.items()}


def test_tags():
    tags = Reader().__sklearn_tags__()
    Frames.tag(tags, Reader())
    assert tags.input_tags.allow_nan
    assert tags.input_tags.categorical
    assert not tags.input_tags.sparse
