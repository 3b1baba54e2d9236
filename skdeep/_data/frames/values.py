"""One column of a frame, of whatever type, as an array of floats or as codes of strings."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from skdeep._data.frames.rows import BOOLEAN, DATE, DURATION, MISSING, NUMBER, STRING, described

_DAY, _SECOND = np.timedelta64(1, "D"), np.timedelta64(1, "s")
_FIRST_YEAR, _LAST_YEAR = 1, 9999
# By what pandas calls the objects of a column.
_OBJECTS = {
    "string": STRING, "boolean": BOOLEAN, "empty": MISSING, "interval": "interval", "period": "period", "time": "time",
    "integer": NUMBER, "floating": NUMBER, "mixed-integer-float": NUMBER, "decimal": NUMBER,
    "datetime64": DATE, "datetime": DATE, "date": DATE, "timedelta64": DURATION, "timedelta": DURATION,
}  # fmt: skip


@dataclass(frozen=True)
class Values:
    """The values of a column.

    Parameters
    ----------
    kind : str
        See FrameRows.
    values : ndarray of float64 or, if these are strings, of int
    strings : ndarray of object or None
        What whole numbers stand for; -1 is missing.
    declared : bool
        Whether the type of the column says that its values are categories.
    """

    kind: str
    values: np.ndarray
    strings: np.ndarray | None = None
    declared: bool = False


def read_column(column, name):
    """Return a pandas Series or an array of one dimension as Values.

    Raises
    ------
    TypeError, ValueError
        If there are values of types that are no numbers, strings, booleans, dates or durations, or of several of these;
        if dates are out of range. The column is named.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _of_categories(column, name)
    if isinstance(dtype, pd.StringDtype):
        return _strings(column)
    kind = dtype.kind
    if kind == "c":
        raise ValueError(f"Complex data not supported: column {described(name)} of X holds complex numbers.")
    if kind in "iuf":
        return Values(NUMBER, _floats(column))
    if kind == "b":
        return Values(BOOLEAN, _floats(column))
    if kind == "M":
        return Values(DATE, _days(_as(column, "datetime64[s]"), _as(column, "datetime64[us]"), name))
    if kind == "m":
        return Values(DURATION, _as(column, "timedelta64[us]") / _SECOND)
    return _of_objects(_objects(column), name)


def _of_categories(column, name):
    """Return a column of a categorical type: its categories are read, and not every row."""
    codes = np.asarray(column.cat.codes)
    inner = read_column(pd.Series(column.cat.categories), name)
    if not len(inner.values) or (codes < 0).all():
        return Values(MISSING, np.full(len(codes), np.nan), declared=True)
    values = np.where(codes < 0, -1 if inner.kind == STRING else np.nan, inner.values[codes])
    return Values(inner.kind, values, inner.strings, declared=True)


def _strings(column):
    codes, strings = pd.factorize(column)
    if not len(strings):
        return Values(MISSING, np.full(len(codes), np.nan))
    return Values(STRING, codes, np.asarray(strings, dtype=object))


def _floats(column):
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is found by the caller
        if isinstance(column.dtype, np.dtype):
            return np.asarray(column).astype(np.float64, copy=False)
        return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _as(column, dtype):
    """Return dates in UTC, or durations, as an array of a dtype of NumPy."""
    if isinstance(column, np.ndarray):
        return column.astype(dtype)
    return column.to_numpy(dtype=dtype, na_value=np.array("NaT", dtype)[()])


def _days(seconds, microseconds, name):
    """Return dates, which have to be of the years that Python knows, as days since 1970."""
    years = seconds.astype("datetime64[Y]").astype(np.int64) + 1970
    outside = ~np.isnat(seconds) & ((years < _FIRST_YEAR) | (years > _LAST_YEAR))
    if outside.any():
        raise ValueError(
            f"Column {described(name)} of X holds dates out of range, for example {seconds[outside][0]}: the years "
            f"{_FIRST_YEAR} to {_LAST_YEAR} are accepted."
        )
    return (microseconds - np.datetime64(0, "us")) / _DAY


def _objects(column):
    if isinstance(column, np.ndarray):
        return column.astype(object)
    return column.to_numpy(dtype=object)


def _of_objects(values, name):
    """Return a column of Python objects by the types of those that are there."""
    present = ~pd.isna(values)
    there = values[present]
    kind = _OBJECTS.get(pd.api.types.infer_dtype(there)) or _kind_of_all(there, name)
    if kind == MISSING:
        return Values(MISSING, np.full(len(values), np.nan))
    if kind in (STRING, "interval"):
        texts = np.array([None] * len(values), object)
        texts[present] = there if kind == STRING else [str(one) for one in there]
        return _strings(texts)
    result = np.full(len(values), np.nan)
    if kind in (NUMBER, BOOLEAN):
        result[present] = _floats_of_objects(there)
        return Values(kind, result)
    if kind == "time":
        result[present] = [_seconds(one) for one in there]
        return Values(DURATION, result)
    if kind == DURATION:
        result[present] = pd.to_timedelta(there) / _SECOND
        return Values(DURATION, result)
    result[present] = _days_of_objects(there, kind, name)
    return Values(DATE, result)


def _kind_of_all(there, name):
    """Return what objects are that pandas has no word for, or raise because they are of several types, or of none."""
    types = sorted({type(one) for one in there}, key=lambda one: one.__name__)
    accepted = ((Real, Decimal), NUMBER), ((datetime.date, np.datetime64), DATE), ((pd.Timedelta,), DURATION)
    for classes, kind in accepted:
        if all(issubclass(one, classes) for one in types):
            return kind
    if complex in types or any(issubclass(one, np.complexfloating) for one in types):
        raise ValueError(f"Complex data not supported: column {described(name)} of X holds complex numbers.")
    known = (str, Real, Decimal, datetime.date, datetime.timedelta, np.datetime64, np.timedelta64, datetime.time)
    strange = [one.__name__ for one in types if not issubclass(one, known)]
    if strange:
        hint = " Decode bytes first." if "bytes" in strange else ""
        raise TypeError(
            f"Column {described(name)} of X holds values of type {', '.join(strange)}, but each argument must be a "
            f"string, a real number, a boolean, a date or a duration.{hint}"
        )
    raise ValueError(
        f"Column {described(name)} of X is of mixed types: {', '.join(one.__name__ for one in types)}. All values of a "
        "column have to be numbers, strings, booleans, dates or durations; make them of one type first, for example "
        "with X[column].astype(str) or pandas.to_numeric."
    )


def _floats_of_objects(there):
    try:
        return there.astype(np.float64)
    except OverflowError:  # whole numbers of Python have no end
        return np.array([float(one) if abs(one) < 2**1023 else np.inf for one in there])


def _seconds(time):
    return ((time.hour * 60 + time.minute) * 60 + time.second) + time.microsecond / 1e6


def _days_of_objects(there, kind, name):
    if kind == "period":
        starts = [one.start_time.to_datetime64() for one in there]
        return _days(np.array(starts, "datetime64[s]"), np.array(starts, "datetime64[us]"), name)
    if any(isinstance(one, np.datetime64) for one in there):
        moments = np.array([np.datetime64(one) for one in there])
        return _days(moments.astype("datetime64[s]"), moments.astype("datetime64[us]"), name)
    moments = [_in_utc(one) if getattr(one, "tzinfo", None) else one for one in there]
    moments = np.array(moments, "datetime64[us]")
    return _days(moments.astype("datetime64[s]"), moments, name)


def _in_utc(moment):
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)
