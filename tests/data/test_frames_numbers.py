"""Numbers, dates and durations of a frame as a net reads them, against NumPy and pandas."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tests.data.frames import clipped, encoded, fitted, read

METHOD = "averaged_inverted_cdf"
RANDOM = np.random.default_rng(0)


def quantile(values, share):
    return np.quantile(values, share, method=METHOD)


def with_holes(n_rows=60, n_columns=4):
    X = RANDOM.normal(size=(n_rows, n_columns)) * 10.0 ** np.arange(-2, n_columns - 2)
    X[RANDOM.random(X.shape) < 0.2] = np.nan
    return X


def test_numbers_are_scaled_by_their_quartiles_and_clipped_smoothly():
    X = RANDOM.normal(3, 20, size=(101, 5))
    low, centre, high = quantile_rows = np.stack([np.quantile(X, q, axis=0, method=METHOD) for q in (0.25, 0.5, 0.75)])
    assert quantile_rows.shape == (3, 5)
    assert_allclose(encoded(X)["numbers"], clipped(X, centre, high - low), rtol=1e-12)


def test_a_column_whose_quartiles_are_equal_is_scaled_by_its_range():
    X = np.array([[0.0]] * 9 + [[4.0]])
    assert_allclose(encoded(X)["numbers"][:, 0], clipped(X[:, 0], 0.0, 4.0 / 2))


def test_a_constant_column_is_zero_whatever_comes_later():
    reader, inputs, made = fitted(np.full((5, 1), 7.0))
    assert_array_equal(made["numbers"], np.zeros((5, 1)))
    assert_array_equal(read(reader, inputs, [[1e9], [7.0], [np.nan]])["numbers"], np.zeros((3, 1)))


def test_what_is_missing_becomes_zero_and_is_flagged_where_training_rows_had_it():
    X = with_holes()
    X[:, 0] = np.arange(len(X))  # no hole
    reader, inputs, made = fitted(X)
    assert_array_equal(made["numbers"][np.isnan(X)], 0)
    assert_array_equal(made["flags"][:, :3], np.isnan(X[:, 1:]))
    assert inputs.sources["flags"][:4] == (1, 2, 3, None)
    for column in range(1, 4):
        known = X[~np.isnan(X[:, column]), column]
        low, centre, high = quantile(known, [0.25, 0.5, 0.75])
        assert_allclose(made["numbers"][~np.isnan(X[:, column]), column], clipped(known, centre, high - low))
    later = read(reader, inputs, [[np.nan, 1.0, np.nan, 2.0]])
    assert_array_equal(later["flags"][0, :3], [0, 1, 0])  # the hole in column 0 is new: the median stands for it
    assert later["numbers"][0, 0] == 0


@pytest.mark.parametrize("large", [1e300, np.finfo(np.float64).max])
def test_numbers_of_any_size_stay_finite(large):
    X = np.array([[-large], [large], [0.0], [large / 2], [1e-320]])
    made = encoded(X, dtype="float32")["numbers"]
    assert np.isfinite(made).all()
    assert (np.argsort(made[:, 0]) == np.argsort(X[:, 0], kind="stable")).all()
    reader, inputs, _ = fitted(np.arange(10.0)[:, None] * 1e-300)
    assert_allclose(read(reader, inputs, [[large], [-large]])["numbers"], [[3.0], [-3.0]])


@pytest.mark.parametrize("n_bins", [1, 2, 3, 8, 16, 24, 48])
def test_edges_are_quantiles_as_the_net_reads_them(n_bins):
    X = with_holes(200)
    _, inputs, made = fitted(X)
    for column, edges in enumerate(inputs.edges(n_bins)):
        read = made["numbers"][~np.isnan(X[:, column]), column]
        # Exact up to the middle of two neighbours, which is taken before values are clipped.
        expected = np.quantile(read, np.arange(n_bins + 1) / n_bins, method=METHOD)
        assert_allclose(edges, expected, atol=0.02)
        assert edges[0] == read.min()
        assert edges[-1] == read.max()


def test_other_numbers_of_bins_are_interpolated():
    _, inputs, _ = fitted(np.arange(49.0)[:, None])
    edges = inputs.edges(5)[0]
    assert len(edges) == 6
    assert_allclose(edges, np.interp(np.linspace(0, 1, 6), np.linspace(0, 1, 49), inputs.edges(48)[0]))
    assert inputs.edges(200).shape == (1, 201)


def test_edges_of_columns_that_say_nothing_are_zero():
    _, inputs, _ = fitted(np.array([[1.0, np.nan], [1.0, np.nan]]))
    assert_array_equal(inputs.edges(4), np.zeros((2, 5)))


NUMBERS = [1.5, None, -3.0, 8.0, 2.0]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(NUMBERS, dtype="Float64"),
        pd.Series(NUMBERS, dtype=object),
        pd.Series(NUMBERS, dtype="float32"),
        pd.Series([None if one is None else pd.to_numeric(one) for one in NUMBERS], dtype=object),
        pd.Series([Decimal(str(one)) if one is not None else None for one in NUMBERS]),
        pd.Series(pd.arrays.SparseArray(np.array(NUMBERS, float))),
    ],
    ids=["nullable", "objects", "single", "numpy objects", "decimals", "sparse"],
)
def test_numbers_of_any_type_are_numbers(column):
    expected = encoded(np.array(NUMBERS, float)[:, None])
    for name, values in encoded(pd.DataFrame({"a": column})).items():
        assert_allclose(values, expected[name])


def test_nullable_whole_numbers_are_numbers():
    _, inputs, made = fitted(pd.DataFrame({"a": pd.Series([1, None, 5, 9], dtype="Int64")}))
    assert inputs.kinds == ("number",)
    assert_allclose(made["numbers"], encoded([[1.0], [np.nan], [5.0], [9.0]])["numbers"])


DATES = pd.Series(pd.date_range("2019-12-30 23:30", periods=50, freq="31h"))


def cycle(values):
    angle = 2 * np.pi * np.asarray(values, float)
    return [np.sin(angle), np.cos(angle)]


def test_dates_are_elapsed_days_and_cycles():
    _, inputs, made = fitted(pd.DataFrame({"d": DATES}))
    days = (DATES - DATES[0]) / pd.Timedelta(days=1)
    low, centre, high = quantile(days, [0.25, 0.5, 0.75])
    assert_allclose(made["numbers"][:, 0], clipped(days, centre, high - low), atol=1e-9)
    in_day = (DATES - DATES.dt.normalize()) / pd.Timedelta(days=1)
    cycles = [*cycle((DATES.dt.day_of_year - 1) / 365.25), *cycle(DATES.dt.day_of_week / 7), *cycle(in_day)]
    assert_allclose(made["flags"][:, :6], np.stack(cycles, axis=1), atol=1e-6)
    assert inputs.sources["flags"] == ("d",) * 6 + (None, None)
    assert inputs.kinds == ("date",)


def test_cycles_in_which_training_rows_agree_are_left_out():
    mondays = pd.date_range("2020-01-06", periods=20, freq="7D")
    _, inputs, made = fitted(pd.DataFrame({"d": mondays}))
    assert inputs.sources["flags"] == ("d", "d") + (None,) * 6
    assert_allclose(made["flags"][:, :2], np.stack(cycle((mondays.day_of_year - 1) / 365.25), axis=1))
    assert set(encoded(pd.DataFrame({"d": [pd.Timestamp("2020-01-06")] * 3}))) == {"numbers"}


def test_missing_dates_are_flagged_and_have_no_cycle():
    dates = DATES.where(DATES.index % 5 > 0)
    made = encoded(pd.DataFrame({"d": dates}))
    missing = dates.isna().to_numpy()
    assert_array_equal(made["flags"][:, 0], missing)
    assert_array_equal(made["flags"][missing, 1:], 0)
    assert_array_equal(made["numbers"][missing], 0)
    assert np.isfinite(made["flags"]).all()


def test_dates_with_a_time_zone_are_those_of_utc():
    plain = encoded(pd.DataFrame({"d": DATES}))
    aware = DATES.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    for column in (aware, aware.astype(object), pd.Series([one.to_pydatetime() for one in aware], dtype=object)):
        for name, values in encoded(pd.DataFrame({"d": column})).items():
            assert_allclose(values, plain[name], atol=1e-12)


@pytest.mark.parametrize(
    "make", [list, np.array, lambda days: [datetime.datetime(*day.timetuple()[:3]) for day in days]]
)
def test_dates_as_objects_are_dates(make):
    days = [datetime.date(2020, 2, 1), datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(2021, 7, 5)]
    expected = encoded(pd.DataFrame({"d": np.array(days, "datetime64[s]")}))
    made = encoded(pd.DataFrame({"d": pd.Series(make(days), dtype=object)}))
    for name, values in made.items():
        assert_allclose(values, expected[name])


def test_periods_begin_where_their_dates_are():
    periods = pd.period_range("2020-01", periods=10, freq="M")
    made, expected = (encoded(pd.DataFrame({"d": column})) for column in (periods, periods.to_timestamp()))
    for name, values in made.items():
        assert_allclose(values, expected[name])


def test_durations_are_numbers_of_seconds():
    seconds = np.array([3.0, 60.0, np.nan, 7200.5, 86400.0])
    durations = pd.to_timedelta(seconds, unit="s")
    _, inputs, made = fitted(pd.DataFrame({"a": durations, "b": pd.Series(durations).astype(object)}))
    assert inputs.kinds == ("duration", "duration")
    expected = encoded(np.stack([seconds, seconds], axis=1))
    assert_allclose(made["numbers"], expected["numbers"], rtol=1e-9)
    assert_array_equal(made["flags"], expected["flags"])


def test_times_of_day_are_durations_since_midnight():
    times = pd.Series(
        [datetime.time(0, 0, 5), datetime.time(1), None, datetime.time(23, 59, 59, 500_000)], dtype=object
    )
    made = encoded(pd.DataFrame({"a": times}))
    assert_allclose(made["numbers"], encoded([[5.0], [3600.0], [np.nan], [86399.5]])["numbers"])


WEIGHTS = RANDOM.integers(0, 4, 60).astype(float)


def repeated(X, weight):
    return X.iloc[np.repeat(np.arange(len(X)), weight.astype(int))]


def test_a_row_of_weight_two_is_two_rows():
    X = pd.DataFrame(with_holes(), columns=list("abcd"))
    X["d"] = pd.Timestamp("2020-01-06") + pd.to_timedelta(np.where(WEIGHTS > 0, 7 * np.arange(60), 3), unit="D")
    X.loc[WEIGHTS == 0, "a"] = -1e9
    X.loc[X["b"].isna() & (WEIGHTS > 0), "b"] = 0.0  # only rows without weight lack it
    reader, inputs, _ = fitted(X, WEIGHTS)
    other_reader, other, _ = fitted(repeated(X, WEIGHTS))
    assert_array_equal(inputs.edges(48), other.edges(48))
    assert inputs.sources == other.sources
    for name, values in read(reader, inputs, X[WEIGHTS > 0]).items():
        assert_array_equal(values, read(other_reader, other, X[WEIGHTS > 0])[name])
    assert "b" not in inputs.sources["flags"]


def test_weights_that_are_all_the_same_change_nothing():
    X = with_holes(100)
    plain, weighted = (fitted(X, weight)[1] for weight in (None, np.full(100, 0.1)))
    assert_array_equal(weighted.edges(48), plain.edges(48))


def test_single_precision_is_what_is_asked_for():
    X = with_holes()
    assert {one.dtype.name for one in encoded(X, dtype="float32").values()} == {"float32"}
    assert {one.dtype.name for one in encoded(X, dtype="auto").values()} == {"float64"}
    assert {one.dtype.name for one in encoded(np.tile(X, (20, 1)), dtype="auto").values()} == {"float32"}
    assert_allclose(encoded(X, dtype="float32")["numbers"], encoded(X)["numbers"], rtol=1e-6)
