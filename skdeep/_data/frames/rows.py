"""FrameRows: rows of columns of many types, as a few arrays."""

import numpy as np

NUMBER, BOOLEAN, STRING, DATE, DURATION, MISSING = "number", "boolean", "string", "date", "duration", "missing"


class FrameRows:
    """Rows of a frame.

    Numbers, booleans (0 and 1), dates (days since 1970) and durations (seconds) stand in one table of float64, in which
    what is missing is NaN. Strings are whole numbers that point into the different strings of their column.

    Parameters
    ----------
    names : tuple
        Names of the columns, or their numbers if they have none.
    kinds : tuple of str
        What each column holds: NUMBER, BOOLEAN, STRING, DATE, DURATION or MISSING, which is nothing at all.
    declared : tuple of bool
        Whether the type of each column says that its values are categories.
    numbers : ndarray of float64 of shape (n_rows, number of columns of numbers)
    codes : ndarray of int of shape (n_rows, number of columns of strings)
        -1 is missing.
    strings : tuple of ndarray of object
        What the codes of each column of strings stand for.
    """

    def __init__(self, names, kinds, declared, numbers, codes, strings):
        self.names, self.kinds, self.declared = names, kinds, declared
        self.numbers, self.codes, self.strings = numbers, codes, strings
        is_string, is_missing = (np.array([kind == one for kind in kinds], bool) for one in (STRING, MISSING))
        of_strings, of_numbers = np.cumsum(is_string) - 1, np.cumsum(~is_string & ~is_missing) - 1
        self._among_strings = np.where(is_string, of_strings, -1)
        self._among_numbers = np.where(is_string | is_missing, -1, of_numbers)

    @property
    def shape(self):
        """Number of rows and of columns."""
        return len(self), len(self.kinds)

    @property
    def size(self):
        """Number of values."""
        return len(self) * len(self.kinds)

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, rows):
        """Return some rows, by slice, by numbers or by a mask."""
        rows = rows[0] if isinstance(rows, tuple) else rows
        parts = self.numbers[rows], self.codes[rows], self.strings
        return FrameRows(self.names, self.kinds, self.declared, *parts)

    def is_among_numbers(self, columns):
        """Return whether each of some columns stands in `numbers`."""
        return self._among_numbers[list(columns)] >= 0

    def table(self, columns, rows=slice(None)):
        """Return some columns of some rows as numbers; NaN in columns that hold strings or nothing."""
        places, values = self._among_numbers[list(columns)], self.numbers[rows]
        if np.array_equal(places, np.arange(values.shape[1])):
            return values
        result = np.full((len(values), len(places)), np.nan)
        result[:, places >= 0] = values[:, places[places >= 0]]
        return result

    def floats(self, column):
        """Return a column as numbers; NaN if it holds strings or nothing."""
        place = self._among_numbers[column]
        return np.full(len(self), np.nan) if place < 0 else self.numbers[:, place]

    def coded(self, column):
        """Return a column as codes and the strings that they stand for; all missing if it does not hold strings."""
        place = self._among_strings[column]
        if place < 0:
            return np.full(len(self), -1), np.empty(0, object)
        return self.codes[:, place], self.strings[place]

    def is_missing(self, column):
        """Whether a column has no value in any row."""
        if self.kinds[column] == STRING:
            return bool((self.coded(column)[0] < 0).all())
        return bool(np.isnan(self.floats(column)).all())


def described(name):
    """Return the name of a column for messages."""
    return repr(name) if isinstance(name, str) else str(name)


def listed(names):
    """Return the names of columns for messages, of many only the first."""
    return ", ".join(map(described, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
