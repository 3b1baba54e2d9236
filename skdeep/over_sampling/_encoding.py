"""Rows in any container, as a table of numbers for a net: columns in one scale, categories as columns of 0 and 1."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import StandardScaler
from sklearn.utils._indexing import _get_column_indices, _safe_indexing

from skdeep.over_sampling._rows import Rows, check_rows


@dataclass(frozen=True, eq=False)
class Encoding:
    """Rows, how they become a table of numbers, and how numbers become rows like them.

    Parameters
    ----------
    given : array, sparse matrix or DataFrame
    numeric : Rows or None
        The columns that are numbers, or rows of any number of dimensions; None where there are none.
    columns : ndarray of int
        Where the numeric columns are.
    categorical : tuple of (int, ndarray, ndarray)
        Where each categorical column is, its categories, and the number of each row's category.
    table : ndarray of shape (n_samples, n_numeric)
        The numeric columns.
    """

    given: object
    numeric: Rows | None
    columns: np.ndarray
    categorical: tuple
    table: np.ndarray

    @cached_property
    def _scaler(self):
        return StandardScaler().fit(self.table)

    def matrix(self):
        """Return the rows as numbers: standardised columns, then a column of 0 and 1 for each category."""
        blocks = [np.eye(len(categories))[numbers] for _, categories, numbers in self.categorical]
        return np.hstack([self._scaled(self.table, "transform"), *blocks])

    def repeated(self, indices):
        """Return some of the rows, by number."""
        return _safe_indexing(self.given, indices)

    def decoded(self, matrix):
        """Return numbers as rows: in their units, between the extremes of each column, with the likeliest category."""
        n_numeric, found = self.table.shape[1], {}
        values = self._scaled(matrix[:, :n_numeric], "inverse_transform")
        values = np.clip(values, self.table.min(axis=0), self.table.max(axis=0)) if len(values) else values
        start = n_numeric
        for column, categories, _ in self.categorical:
            found[column] = categories[matrix[:, start : start + len(categories)].argmax(axis=1)]
            start += len(categories)
        if not found:
            return self._restored(values)
        return self._framed(values, found) if isinstance(self.given, pd.DataFrame) else self._filled(values, found)

    def followed_by(self, parts):
        """Return the rows and, after them, others of the same kind."""
        if isinstance(self.given, pd.DataFrame):
            return pd.concat([self.given, *parts], ignore_index=True).astype(self.given.dtypes)
        if sparse.issparse(self.given):
            return sparse.vstack([self.given, *parts], format=self.given.format)
        return np.concatenate([self.given, *parts])

    def _scaled(self, values, how):
        return getattr(self._scaler, how)(values) if values.size else values

    def _restored(self, values):
        if sparse.issparse(self.given):
            values = type(self.given)(values)
        elif isinstance(self.given, pd.DataFrame):
            values = pd.DataFrame(values, columns=self.numeric.values.columns)
        return self.numeric.restore(values)

    def _framed(self, values, found):
        names = self.given.columns
        columns = {} if self.numeric is None else dict(self._restored(values))
        for column, categories in found.items():
            columns[names[column]] = pd.Series(categories).astype(self.given.dtypes.iloc[column])
        return pd.DataFrame(columns, columns=names)

    def _filled(self, values, found):
        rows = np.empty((len(values), self.given.shape[1]), self.given.dtype)
        if self.numeric is not None:
            rows[:, self.columns] = self.numeric.restore(values)
        for column, categories in found.items():
            rows[:, column] = categories
        return rows


def encoding(X, categorical_features):
    """Return the Encoding of rows.

    Parameters
    ----------
    X : ndarray, sparse matrix or DataFrame
        Validated but for the types of its columns.
    categorical_features : "auto", array-like or None
        As the parameter of the samplers.

    Raises
    ------
    ValueError
        If there are columns that are neither numbers nor said to be categories, or missing values.
    """
    where = _categorical_columns(X, categorical_features)
    if not where:
        numeric = check_rows(X, "X")
        return Encoding(X, numeric, np.arange(0), (), _table(numeric))
    if sparse.issparse(X) or X.ndim != 2:
        raise ValueError("categorical_features need an X that is a dense table.")
    columns = np.setdiff1d(np.arange(X.shape[1]), where)
    numeric = check_rows(_numbers(X, columns), "X") if len(columns) else None
    table = np.empty((X.shape[0], 0)) if numeric is None else _table(numeric)
    return Encoding(X, numeric, columns, tuple(_categories(X, column) for column in where), table)


def _categorical_columns(X, categorical_features):
    if categorical_features is None:
        return []
    if isinstance(categorical_features, str):  # "auto"
        dtypes = X.dtypes if isinstance(X, pd.DataFrame) else []
        return [column for column, dtype in enumerate(dtypes) if isinstance(dtype, pd.CategoricalDtype)]
    return sorted(_get_column_indices(X, categorical_features))


def _numbers(X, columns):
    part = X.iloc[:, columns] if isinstance(X, pd.DataFrame) else X[:, columns]
    return part.astype(float) if getattr(part, "dtype", np.dtype(float)).kind == "O" else part


def _categories(X, column):
    values = X.iloc[:, column] if isinstance(X, pd.DataFrame) else X[:, column]
    numbers, categories = pd.factorize(np.asarray(values, dtype=object), sort=True)
    if (numbers < 0).any():
        name = X.columns[column] if isinstance(X, pd.DataFrame) else column
        raise ValueError(f"The categorical column {name!r} of X has missing values; make them a category of their own.")
    return column, categories, numbers


def _table(rows):
    if isinstance(rows.values, pd.DataFrame):
        others = [name for name, dtype in rows.values.dtypes.items() if not pd.api.types.is_numeric_dtype(dtype)]
        if others:
            raise ValueError(
                f"These columns are not numeric: {', '.join(map(repr, others[:10]))}. Make them pandas categories, or "
                "name them in categorical_features."
            )
    table = rows.numeric_table()
    # Sums depend on the order in memory, which is to be the same whatever the container.
    table = np.ascontiguousarray(table.toarray() if sparse.issparse(table) else table, np.float64)
    if not np.isfinite(table).all():
        raise ValueError("Input X contains NaN or infinity. The net needs numbers; impute them first.")
    return table
