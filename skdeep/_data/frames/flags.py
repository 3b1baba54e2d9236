"""What else a net reads of a frame as small numbers: what is missing, cycles of dates, pieces of texts."""

from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

HASHED_COLUMNS = 64  # a column of texts
_HASHED_PIECES = 3, 4  # letters
_DAYS_A_YEAR = 365.25
_CYCLES = "year", "week", "day"


@dataclass(frozen=True)
class MissingFlags:
    """1 where a value of a column is missing, for columns in which training rows had missing and other values.

    Parameters
    ----------
    columns : tuple of int
        Their numbers in X.
    """

    columns: tuple

    def write(self, X, out):
        """Write FrameRows into an array of zeros of shape (n_rows, n_columns)."""
        out[:] = np.isnan(X.table(self.columns))


@dataclass(frozen=True)
class Cycles:
    """Sine and cosine of the day in the year, the day in the week and the time of day; 0 where a date is missing.

    Parameters
    ----------
    column : int
        Its number in X.
    names : tuple of {"year", "week", "day"}
        The cycles in which training rows differ.
    """

    column: int
    names: tuple

    @property
    def columns(self):
        """Number of the column of X that each entry comes from."""
        return (self.column,) * (2 * len(self.names))

    def write(self, X, out):
        """Write FrameRows into an array of zeros of shape (n_rows, number of entries)."""
        phases = _phases(X.floats(self.column))
        for number, name in enumerate(self.names):
            angle = 2 * np.pi * phases[name]
            out[:, 2 * number] = np.nan_to_num(np.sin(angle))
            out[:, 2 * number + 1] = np.nan_to_num(np.cos(angle))


def cycles(X, column):
    """Return the Cycles in which the dates of a column of training rows differ."""
    days = X.floats(column)
    phases = _phases(days[~np.isnan(days)])
    return Cycles(column, tuple(name for name in _CYCLES if len(phases[name]) and np.ptp(phases[name]) > 0))


def _phases(days):
    """Return how much of each cycle is over at dates that are given as days since 1970, a Thursday."""
    whole = np.floor(days)
    dates = np.where(np.isnan(whole), 0, whole).astype("datetime64[D]")
    in_year = (dates - dates.astype("datetime64[Y]")).astype(np.float64)
    in_year[np.isnan(whole)] = np.nan
    return {"year": in_year / _DAYS_A_YEAR, "week": (whole + 3) % 7 / 7, "day": days - whole}


@dataclass(frozen=True)
class Hashed:
    """A column of texts as hashed pieces of three and four letters; 0 where a text is missing.

    Parameters
    ----------
    column : int
        Its number in X.
    """

    column: int

    @property
    def columns(self):
        """Number of the column of X that each entry comes from."""
        return (self.column,) * HASHED_COLUMNS

    def write(self, X, out):
        """Write FrameRows into an array of zeros of shape (n_rows, HASHED_COLUMNS)."""
        codes, strings = X.coded(self.column)
        rows = np.flatnonzero(codes >= 0)
        used, codes = np.unique(codes[rows], return_inverse=True)
        if len(used):
            hashing = HashingVectorizer(analyzer="char_wb", ngram_range=_HASHED_PIECES, n_features=HASHED_COLUMNS)
            out[rows] = hashing.transform(strings[used]).toarray()[codes]
