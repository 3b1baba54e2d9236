"""Helpers of the tests of frames."""

import numpy as np
from sklearn.base import BaseEstimator

from skdeep._data.inputs import Frames
from skdeep._data.rows import RowData


class Reader(BaseEstimator):
    """Remembers what an estimator remembers of X."""


def fitted(X, sample_weight=None, **parameters):
    """Return (reader, inputs that have learned of X, X as the net reads it)."""
    reader, weight = Reader(), None if sample_weight is None else np.asarray(sample_weight, float)
    inputs = Frames(**({"dtype": "float64"} | parameters))
    rows = inputs.validate(reader, X, reset=True)
    inputs = inputs.computing(rows).learn(RowData(rows, None, weight))
    return reader, inputs, inputs.encode(rows, inputs.signature(rows))


def read(reader, inputs, X):
    """Return other rows as the net reads them."""
    rows = inputs.validate(reader, X, reset=False)
    return inputs.encode(rows, inputs.signature(rows))


def encoded(X, sample_weight=None, **parameters):
    return fitted(X, sample_weight, **parameters)[2]


def clipped(values, centre, spread):
    """The smooth clipping, from the formula."""
    z = (np.asarray(values, float) - centre) / spread
    return z / np.sqrt(1 + (z / 3) ** 2)
