"""Frames: tables as they come, with numbers, categories, dates, durations and texts, and with what is missing."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skdeep._data.columns import Dense, Ids
from skdeep._data.frames import categories, flags, kinds, numbers, reading
from skdeep._data.frames.rows import BOOLEAN, DATE, DURATION, MISSING, NUMBER, STRING, listed
from skdeep._data.inputs import precision
from skdeep._data.inputs._series_rows import rounded_up
from skdeep._engine.spec import InputSignature

NUMBERS, FLAGS, CATEGORIES = "numbers", "flags", "categories"
_FEW = 8  # values of a column of categories, which are indicators by default, and never texts
_AT_A_TIME = 8  # flags, or rows of a table: folds that know a value more or less share a program
_BATCHES = (20_000, 256), (50_000, 512), (np.inf, 1024)


@dataclass(frozen=True)
class Frames:
    """Frames of columns of many types.

    What each column is follows from the training rows:

    - numbers, dates and durations are entries of "numbers", scaled and clipped (see `ScaledNumbers`); where training
      rows lacked a value, "flags" say for each row whether it is missing. Dates have their cycles in "flags" too;
    - booleans, strings, categorical types and `categorical_features` are categories: with up to `most_one_hot` values
      they are entries of "flags", with more of them ids in "categories";
    - strings that are ids or free texts are hashed into "flags";
    - a column that is missing in all training rows is ignored, later too. A constant column is 0.

    Parameters
    ----------
    dtype : {"auto", "float32", "float64"}
        What the net computes in; `computing` settles what "auto" is.
    categorical_features : "from_dtype", array-like of str, int or bool, or None
        Columns that are categories besides strings and booleans: those whose type says so (pandas' and polars'
        categorical types), columns by name or by number, a mask, or none.
    text_features : {"hash", "drop", "error"}
        What becomes of columns of ids or texts.
    text_share : float
        A column of strings holds texts if it has more than eight different ones, and more than this share of the rows
        that have one.
    most_one_hot : int
        Categories of at most so many values are entries of "flags"; with 0 all are ids in "categories".
    names, held : tuple
        Names of the columns and what they held (see FrameRows), once that is learned, as all that follows.
    scaled : ScaledNumbers or None
    flags : tuple
        Objects that have `columns` and `write`, in the order of their entries.
    embedded : tuple of Embedded
    n_rows : int
        Of which that was learned.
    kinds : tuple of str
        What each column is to the net: "number", "date", "duration", "category", "text" or "nothing".
    """

    dtype: str = "auto"
    categorical_features: Any = "from_dtype"
    text_features: str = "hash"
    text_share: float = 0.5
    most_one_hot: int = _FEW
    names: tuple = ()
    held: tuple = ()
    n_rows: int = 0
    kinds: tuple = ()
    scaled: numbers.ScaledNumbers | None = None
    flags: tuple = ()
    embedded: tuple = ()

    attributes = """
        n_features_in_ : int
            Number of columns of X.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a frame with string names.
    """

    @staticmethod
    def batches(n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it."""
        return next(size for most, size in _BATCHES if n_rows <= most), 1.0

    def validate(self, estimator, X, *, reset):
        """Return X as FrameRows; what was returned may be given again.

        Parameters
        ----------
        estimator : estimator instance
            Learns or compares the number and the names of the columns, as scikit-learn has it.
        X : DataFrame or array-like of shape (n_samples, n_features)
        reset : bool
            Learn the number and the names.

        Raises
        ------
        TypeError, ValueError
            If X is no table of the expected columns, or holds what a net cannot read; columns are named.
        """
        return reading.read(estimator, X, reset=reset)

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return self if dtype == "auto" else replace(self, dtype=dtype)

    def computing(self, X):
        """Return these inputs with the dtype that suits X."""
        return replace(self, dtype=precision.compute_dtype(self.dtype, X.size))

    def learn(self, rows):
        """Return these inputs with what they learned of training rows.

        A row of weight two counts as two rows. Weights that are not all whole numbers are divided by their mean.

        Raises
        ------
        ValueError
            If `categorical_features` does not fit X, or there are texts with `text_features="error"`.

        Warns
        -----
        UserWarning
            If there are texts with `text_features="drop"`.
        """
        X, weight = rows.X, rows.sample_weight
        if weight is not None:
            X, weight = X[weight > 0], _as_counts(weight[weight > 0])
        declared = kinds.categorical(X, self.categorical_features)
        known = {
            column: categories.learned(X, column, weight)
            for column, (kind, is_declared) in enumerate(zip(X.kinds, declared, strict=True))
            if kind in (STRING, BOOLEAN) or (is_declared and kind != MISSING)
        }
        texts = [column for column, one in known.items() if not declared[column] and self._holds_texts(one)]
        self._check_texts([X.names[column] for column in texts])
        found = tuple(
            kinds.TEXT if column in texts else kinds.CATEGORY if column in known else _KINDS[kind]
            for column, kind in enumerate(X.kinds)
        )
        learned = self._learned(X, weight, found, known)
        return replace(self, names=X.names, held=X.kinds, kinds=found, n_rows=rows.n_rows, **learned)

    def _holds_texts(self, known):
        n_values = len(known.values)
        return known.kind == STRING and n_values > max(_FEW, self.text_share * known.counts.sum())

    def _check_texts(self, names):
        share = f"more than {self.text_share:g} of their values differ (text_share)"
        if names and self.text_features == "drop":
            warnings.warn(f"Columns of texts or ids are dropped, because {share}: {listed(names)}.", stacklevel=3)
        if names and self.text_features == "error":
            raise ValueError(
                f"X has columns of texts or ids, because {share}: {listed(names)}. Leave them out, say in "
                'categorical_features that they are categories, or set text_features="hash" or "drop".'
            )

    def _learned(self, X, weight, found, known):
        """Return what each column becomes, by the names of fields."""
        scaled = [column for column, kind in enumerate(found) if kind in (NUMBER, DATE, DURATION)]
        as_categories = [one for column, one in known.items() if found[column] == kinds.CATEGORY]
        few = [one for one in as_categories if len(one.values) <= self.most_one_hot]
        many = [one for one in as_categories if len(one.values) > self.most_one_hot]
        missing = np.isnan(X.table(scaled))
        missing = missing.any(axis=0) & ~missing.all(axis=0)
        cycles = [flags.cycles(X, column) for column, kind in enumerate(found) if kind == DATE]
        texts = [column for column, kind in enumerate(found) if kind == kinds.TEXT and self.text_features == "hash"]
        written = [
            flags.MissingFlags(tuple(np.array(scaled, int)[missing].tolist())),
            *map(categories.OneHot, few),
            *cycles,
            *map(flags.Hashed, texts),
        ]
        return {
            "scaled": numbers.learned(X, scaled, weight),
            "flags": tuple(one for one in written if one.columns),
            "embedded": tuple(map(categories.embedded, many)),
        }

    @property
    def category_sizes(self):
        """Rows of the table of vectors of each column of "categories", rounded up like the number of flags."""
        return tuple(rounded_up(_filled_up(one.size)) for one in self.embedded)

    @property
    def n_numbers(self):
        """Number of entries of "numbers"."""
        return len(self.scaled.columns)

    @property
    def sources(self):
        """Names of the columns of X that the entries of "numbers", "flags" and "categories" come from, each a tuple.

        Entries of "flags" that are zero in every row, and only fill it up, come from None.
        """
        columns = [column for one in self.flags for column in one.columns]
        filled = (None,) * (self._n_flags - len(columns))
        return {
            NUMBERS: tuple(self.names[column] for column in self.scaled.columns),
            FLAGS: tuple(self.names[column] for column in columns) + filled,
            CATEGORIES: tuple(self.names[one.known.column] for one in self.embedded),
        }

    def categories_of(self, name):
        """Return the values of a column of "categories" that have a vector of their own.

        Parameters
        ----------
        name : str or int
            Of the column of X.

        Returns
        -------
        values : tuple
            In the order of their ids, which begin at 1; None stands for what is missing. Row 0 is all other values.
        """
        return self._embedded(name).categories

    def counts_of(self, name):
        """Return how many training rows have each id of a column of "categories", as an array."""
        return self._embedded(name).counts

    def _embedded(self, name):
        return next(one for one in self.embedded if self.names[one.known.column] == name)

    def edges(self, n_bins):
        """Return quantiles of the entries of "numbers" of training rows, as the net reads them.

        Parameters
        ----------
        n_bins : int
            Between the quantiles, k / n_bins for k = 0, ..., n_bins. They are exact for divisors of 48.

        Returns
        -------
        edges : ndarray of float64 of shape (number of entries, n_bins + 1)
        """
        return self.scaled.edges(n_bins)

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: none."""
        return {}

    def signature(self, X, *others):
        """Describe what the net reads."""
        widths = {NUMBERS: self.n_numbers, FLAGS: self._n_flags}
        columns = [(name, Dense((width,), self.dtype)) for name, width in widths.items() if width]
        if self.embedded:
            columns.append((CATEGORIES, Ids((len(self.embedded),))))
        return InputSignature(tuple(columns), self.dtype)

    @property
    def _n_flags(self):
        """Number of entries of "flags", zeros that fill it up included; a net has to read something."""
        n_flags = sum(len(one.columns) for one in self.flags)
        nothing = not (n_flags or self.scaled.columns or self.embedded)
        return _filled_up(n_flags + nothing)

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for.

        Raises
        ------
        ValueError
            If a column holds another type than in training rows.
        """
        kinds.check_unchanged(X, self.names, self.held)
        encode = {NUMBERS: self._numbers, FLAGS: self._flags, CATEGORIES: self._categories}
        return {name: encode[name](X) for name, _ in signature.inputs}

    def _numbers(self, X):
        return self.scaled.encode(X, self.dtype)

    def _flags(self, X):
        result, start = np.zeros((len(X), self._n_flags), self.dtype), 0
        for one in self.flags:
            stop = start + len(one.columns)
            one.write(X, result[:, start:stop])
            start = stop
        return result

    def _categories(self, X):
        return np.stack([one.encode(X) for one in self.embedded], axis=1).astype(np.int32, copy=False)

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be.

        Strings are accepted, but the tag would also mean that whatever stands in a column of objects is.
        """
        tags.input_tags.allow_nan, tags.input_tags.categorical, tags.input_tags.sparse = True, True, False


_KINDS = {NUMBER: NUMBER, DATE: DATE, DURATION: DURATION, MISSING: kinds.NOTHING}


def _filled_up(number):
    return -(-number // _AT_A_TIME) * _AT_A_TIME


def _as_counts(weight):
    """Return weights as numbers of rows: as they are, or with a mean of one if they are shares."""
    return weight if np.array_equal(weight, np.floor(weight)) else weight / weight.mean()
