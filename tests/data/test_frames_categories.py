"""Categories and texts of a frame as a net reads them."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import OneHotEncoder

from tests.data.frames import encoded, fitted, read

RANDOM = np.random.default_rng(1)
FEW = pd.DataFrame({"c": RANDOM.choice(["red", "green", "blue", "white"], 40)})
WORDS = [f"w{number:02d}" for number in range(20)]
# Word number k occurs k + 1 times, in a random order.
MANY = pd.DataFrame({"m": RANDOM.permutation(np.repeat(WORDS, np.arange(1, 21)))})


def test_few_values_are_zeros_and_ones_and_unknown_ones_are_zeros():
    reader, inputs, made = fitted(FEW)
    oracle = OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(FEW)
    assert_array_equal(made["flags"][:, :4], oracle.transform(FEW))
    assert_array_equal(made["flags"][:, 4:], 0)
    assert inputs.sources == {"numbers": (), "flags": ("c",) * 4 + (None,) * 4, "categories": ()}
    new = pd.DataFrame({"c": ["pink", None, "blue"]})
    assert_array_equal(read(reader, inputs, new)["flags"][:, :4], oracle.transform(new))


def test_missing_values_have_a_column_if_training_rows_had_some():
    X = FEW.assign(c=FEW["c"].where(FEW.index % 4 > 0, None))
    reader, inputs, made = fitted(X)
    assert_array_equal(made["flags"][:, 4], X["c"].isna())
    assert inputs.sources["flags"] == ("c",) * 5 + (None,) * 3
    assert_array_equal(read(reader, inputs, pd.DataFrame({"c": ["pink", np.nan]}))["flags"][:, :5].sum(axis=1), [0, 1])


@pytest.mark.parametrize(
    "column",
    [
        ["no", "yes", "no"],
        [False, True, False],
        pd.Series([False, True, False], dtype="boolean"),
        pd.Categorical([4, 9, 4]),
    ],
    ids=["strings", "booleans", "nullable", "categories"],
)
def test_two_values_are_one_column(column):
    reader, inputs, made = fitted(pd.DataFrame({"a": column}))
    assert inputs.kinds == ("category",)
    assert_array_equal(made["flags"], [[-1, *[0] * 7], [1, *[0] * 7], [-1, *[0] * 7]])
    assert_array_equal(read(reader, inputs, pd.DataFrame({"a": [None]}))["flags"], np.zeros((1, 8)))


def test_booleans_with_missing_values_have_three_columns():
    X = pd.DataFrame({"a": pd.Series([True, None, False], dtype="boolean")})
    for column in (X, X.astype(object)):
        assert_array_equal(encoded(column)["flags"][:, :3], [[0, 1, 0], [0, 0, 1], [1, 0, 0]])


def test_one_value_says_nothing_unless_it_may_be_missing():
    one = pd.DataFrame({"a": ["x"] * 3, "b": [1.0, 2.0, 3.0]})
    assert set(encoded(one)) == {"numbers"}
    one.loc[0, "a"] = None
    assert_array_equal(encoded(one)["flags"][:, :2], [[0, 1], [1, 0], [1, 0]])


def test_up_to_eight_values_are_columns_and_nine_are_ids():
    for n_values in (8, 9):
        _, inputs, made = fitted(pd.DataFrame({"a": np.repeat(WORDS[:n_values], 3)}))
        assert ("flags" in made, "categories" in made) == (n_values == 8, n_values == 9)
        assert inputs.kinds == ("category",)


def test_many_values_are_numbered_by_frequency_and_rare_ones_share_a_row():
    reader, inputs, made = fitted(MANY)
    expected = {word: 19 - number + 1 if number >= 2 else 0 for number, word in enumerate(WORDS)}
    assert_array_equal(made["categories"][:, 0], MANY["m"].map(expected))
    assert made["categories"].dtype == np.int32
    assert inputs.categories_of("m") == tuple(reversed(WORDS[2:]))
    later = read(reader, inputs, pd.DataFrame({"m": ["never seen", None, "w19", "w00"]}))
    assert_array_equal(later["categories"][:, 0], [0, 0, 1, 0])


@pytest.mark.parametrize(("n_missing", "is_own"), [(2, False), (3, True), (50, True)])
def test_missing_values_are_a_category_if_three_rows_have_them(n_missing, is_own):
    X = pd.concat([MANY, pd.DataFrame({"m": [None] * n_missing})])
    _, inputs, made = fitted(X)
    ids = made["categories"][len(MANY) :, 0]
    names = inputs.categories_of("m")
    assert (None in names) == is_own
    assert_array_equal(ids, names.index(None) + 1 if is_own else 0)
    if n_missing == 50:
        assert names[0] is None


def test_sizes_leave_room_so_that_folds_share_a_program():
    X = pd.concat([MANY, MANY], ignore_index=True)
    sizes, signatures = set(), set()
    for start in range(5):
        fold = X.drop(index=X.index[start::5])
        _, inputs, made = fitted(fold)
        assert made["categories"].max() < inputs.category_sizes[0]
        sizes.add(inputs.category_sizes)
    assert sizes == {(24,)}
    for values in (["a", "b", "c"], ["a", "b", "c", "d"], ["a", "b", "c", None]):
        _, inputs, _ = fitted(pd.DataFrame({"c": values, "x": range(len(values))}))
        signatures.add(inputs.signature(None))
    assert len(signatures) == 1


NUMERIC = pd.DataFrame({"a": np.repeat(np.arange(40.0), 4), "b": RANDOM.normal(size=160)})


@pytest.mark.parametrize("features", [["a"], [0], np.array([True, False]), "from_dtype"], ids=str)
def test_categorical_features_are_said_by_name_number_mask_or_type(features):
    X = NUMERIC.astype({"a": "category"}) if isinstance(features, str) else NUMERIC
    reader, inputs, made = fitted(X, categorical_features=features)
    assert inputs.kinds == ("category", "number")
    assert inputs.categories_of("a") == tuple(range(40))
    assert_array_equal(made["categories"][:, 0], NUMERIC["a"] + 1)
    later = read(reader, inputs, pd.DataFrame({"a": [3, 3.5, np.nan, True], "b": 0}).astype({"a": float}))
    assert_array_equal(later["categories"][:, 0], [4, 0, 0, 2])
    assert_array_equal(read(reader, inputs, NUMERIC.astype({"a": int}))["categories"], made["categories"])


def test_without_categorical_features_the_values_of_a_categorical_type_count():
    X = NUMERIC.astype({"a": "category"}).assign(c=pd.Categorical(["x", "y"] * 80))
    assert fitted(X, categorical_features=None)[1].kinds == ("number", "number", "category")
    assert_allclose(encoded(X, categorical_features=None)["numbers"], encoded(NUMERIC)["numbers"])


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (["a", "z"], "not in X.*'z'"),
        ([2], "from 0 to 1"),
        ([-1], "from 0 to 1"),
        ([True], "mask of 1 columns, but X has 2"),
        ([0.5], "from_dtype"),
        ("a", "from_dtype.*got 'a'"),
        (["a", 1], "from_dtype"),
        ([True, 1], "from_dtype"),
    ],
)
def test_categorical_features_that_do_not_fit_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        fitted(NUMERIC, categorical_features=features)


def test_names_of_columns_that_have_none_are_refused():
    with pytest.raises(ValueError, match="have no names"):
        fitted(NUMERIC.to_numpy(), categorical_features=["a"])


def test_intervals_and_dates_may_be_categories():
    X = pd.DataFrame({"cut": pd.cut(np.arange(9.0), 3), "when": pd.to_datetime(["2020-01-01", "2020-02-01", None] * 3)})
    _, inputs, made = fitted(X, categorical_features=[True, True])
    assert inputs.kinds == ("category", "category")
    assert_array_equal(made["flags"][:, :3], np.repeat(np.eye(3), 3, axis=0))
    assert_array_equal(made["flags"][:, 3:6], np.tile(np.eye(3), (3, 1)))


TEXTS = pd.DataFrame({"t": [f"letter number {number} of {number % 7}" for number in range(30)], "x": range(30)})


def test_texts_are_hashed():
    reader, inputs, made = fitted(TEXTS)
    assert inputs.kinds == ("text", "number")
    assert inputs.sources["flags"] == ("t",) * 64
    hashing = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), n_features=64)
    assert_allclose(made["flags"], hashing.transform(TEXTS["t"]).toarray())
    later = pd.DataFrame({"t": [None, "unheard of"], "x": 0})
    expected = np.stack([np.zeros(64), hashing.transform(["unheard of"]).toarray()[0]])
    assert_allclose(read(reader, inputs, later)["flags"], expected)
    assert_array_equal(read(reader, inputs, pd.DataFrame({"t": [None], "x": [0]}))["flags"], np.zeros((1, 64)))


def test_texts_are_dropped_with_a_warning_that_names_them():
    with pytest.warns(UserWarning, match=r"dropped.*: 't'\."):
        reader, inputs, made = fitted(TEXTS, text_features="drop")
    assert set(made) == {"numbers"}
    assert set(read(reader, inputs, TEXTS)) == {"numbers"}


def test_texts_are_an_error_if_that_is_asked_for():
    with pytest.raises(ValueError, match=r"'t'.*text_features=\"hash\" or \"drop\""):
        fitted(TEXTS, text_features="error")


def test_text_share_and_categorical_features_say_what_is_no_text():
    assert fitted(TEXTS, text_share=1.0, text_features="error")[1].kinds == ("category", "number")
    assert fitted(TEXTS, categorical_features=["t"], text_features="error")[1].kinds == ("category", "number")
    halves = pd.DataFrame({"t": [f"w{number // 2}" for number in range(40)]})
    assert fitted(halves, text_features="error")[1].kinds == ("category",)  # half, and not more
    assert fitted(halves, text_share=0.49)[1].kinds == ("text",)
    assert fitted(pd.DataFrame({"t": list("abcdefgh")}), text_features="error")[1].kinds == ("category",)  # eight
    sparse = pd.concat([TEXTS, pd.DataFrame({"t": [None] * 300, "x": 0})])  # of rows that have a text
    assert fitted(sparse)[1].kinds == ("text", "number")


def test_more_categories_than_rows_is_no_error():
    X = pd.DataFrame({"id": pd.Categorical(WORDS[:10], categories=WORDS)})
    _, inputs, made = fitted(X)
    assert_array_equal(made["categories"], np.zeros((10, 1)))
    assert inputs.category_sizes == (8,)
    assert inputs.categories_of("id") == ()


WEIGHTS = RANDOM.integers(0, 3, len(MANY)).astype(float)


def test_a_row_of_weight_two_is_two_rows():
    X = MANY.assign(c=RANDOM.choice([*"abc", None], len(MANY)), b=RANDOM.random(len(MANY)) > 0.5)
    X["n"] = RANDOM.integers(0, 12, len(X))
    X["t"] = [f"a text {number // 2}" for number in range(len(X))]
    X.loc[WEIGHTS == 0, ["m", "c", "t"]] = "of no weight"
    repeated = X.iloc[np.repeat(np.arange(len(X)), WEIGHTS.astype(int))]
    parameters = {"categorical_features": ["n"], "text_share": 0.3}
    reader, inputs, _ = fitted(X, WEIGHTS, **parameters)
    other_reader, other, _ = fitted(repeated, **parameters)
    assert inputs.kinds == other.kinds
    assert inputs.sources == other.sources
    assert inputs.category_sizes == other.category_sizes
    for name in ("m", "n"):
        assert inputs.categories_of(name) == other.categories_of(name)
    for name, values in read(reader, inputs, X).items():
        assert_array_equal(values, read(other_reader, other, X)[name])


def test_weights_that_are_shares_are_as_many_rows():
    plain, shares = (fitted(MANY, weight)[1] for weight in (None, np.full(len(MANY), 1 / len(MANY))))
    assert shares.categories_of("m") == plain.categories_of("m")


def test_numbers_and_strings_of_arrays_and_lists_keep_their_types():
    rows = [["a", 1.5, True], ["b", None, False], ["c", 3.0, True]]
    for X in (rows, np.array(rows, dtype=object)):
        assert fitted(X)[1].kinds == ("category", "number", "category")
    assert fitted(np.array([["a", "1"], ["b", "2"]]))[1].kinds == ("category", "category")
    expected = encoded(pd.DataFrame(rows))
    for name, values in encoded(rows).items():
        assert_array_equal(values, expected[name])


def frame_of_all_kinds():
    n_rows = len(MANY)
    X = MANY.assign(
        number=RANDOM.normal(size=n_rows),
        whole=RANDOM.integers(0, 9, n_rows),
        flag=RANDOM.random(n_rows) > 0.5,
        color=pd.Categorical(RANDOM.choice(["red", "green", "blue"], n_rows)),
        when=pd.Timestamp("2021-03-04 05:06:07") + pd.to_timedelta(RANDOM.integers(0, 10**7, n_rows), unit="s"),
        took=pd.to_timedelta(RANDOM.integers(0, 10**5, n_rows), unit="s"),
        text=[f"some text {number}" for number in range(n_rows)],
    )
    for number, name in enumerate(("m", "number", "color", "when", "took", "text")):
        X.loc[number::7, name] = None
    return X


def test_what_was_learned_pickles_and_reads_the_same():
    X = frame_of_all_kinds()
    reader, inputs, made = fitted(X)
    for name, values in read(reader, pickle.loads(pickle.dumps(inputs)), X).items():
        assert_array_equal(values, made[name])


@pytest.mark.parametrize("library", ["polars", "pyarrow", "pandas with pyarrow", "objects"])
def test_frames_of_other_libraries_are_read_the_same(library):
    X = frame_of_all_kinds()
    reader, inputs, made = fitted(X)
    other = as_in(library, X)
    other_reader, other_inputs, other_made = fitted(other)
    assert other_inputs.kinds == inputs.kinds
    assert other_inputs.sources == inputs.sources
    assert other_inputs.category_sizes == inputs.category_sizes
    assert_array_equal(other_reader.feature_names_in_, reader.feature_names_in_)
    for name, values in made.items():
        assert_allclose(other_made[name], values, atol=1e-9)
        assert_allclose(read(reader, inputs, other)[name], values, atol=1e-9)  # and a net that was fitted on pandas


def as_in(library, X):
    if library == "objects":
        return X.astype(object)
    pa = pytest.importorskip("pyarrow")
    if library == "polars":
        return pytest.importorskip("polars").from_pandas(X)
    table = pa.Table.from_pandas(X, preserve_index=False)
    return table if library == "pyarrow" else table.to_pandas(types_mapper=pd.ArrowDtype)


def test_types_that_only_polars_has():
    pl = pytest.importorskip("polars")
    X = pl.DataFrame({"e": ["x", "y", None], "d": ["1.5", None, "4"], "n": [None, None, None], "t": ["a", "b", "a"]})
    X = X.with_columns(pl.col("e").cast(pl.Enum(["y", "x"])), pl.col("d").cast(pl.Decimal(10, 2)))
    expected = pd.DataFrame({"e": ["x", "y", None], "d": [1.5, None, 4], "n": [None] * 3, "t": ["a", "b", "a"]})
    made = encoded(X)
    for name, values in encoded(expected).items():
        assert_array_equal(made[name], values)
    with pytest.raises(TypeError, match=r"LazyFrame.*collect"):
        fitted(X.lazy())


def test_nothing_is_written_into_what_the_user_gives():
    X = frame_of_all_kinds()
    before = X.copy(deep=True)
    table = RANDOM.normal(size=(20, 3))
    table[3, 1] = np.nan
    copied = table.copy()
    table.flags.writeable = False
    fitted(X)
    fitted(table)
    pd.testing.assert_frame_equal(X, before)
    assert_array_equal(table, copied)


def test_reading_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(frame_of_all_kinds())
