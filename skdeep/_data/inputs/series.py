"""Series: (n, time, channels), flat rows, or rows of different lengths; standardised by channel.

A series is padded after its end, and only in a batch: what is kept in memory is its own values. The net is told the
lengths, unless all series are equally long.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skdeep._data.columns import Dense, Ragged
from skdeep._data.inputs import _series_rows, precision
from skdeep._data.inputs._series_rows import Series
from skdeep._engine.spec import InputSignature

_ROWS_A_BATCH = 16, 64
_STEPS_AN_EPOCH = 16


@dataclass(frozen=True)
class SeriesInputs:
    """Series of one channel or several.

    Parameters
    ----------
    n_channels : int or None
        Of flat rows, in which the channels of one moment stand beside each other.
    channels_first : bool
        Whether X is (n, channels, time).
    nan : {"raise", "trailing"}
        Whether NaN after the end of a series is padding.
    standardize : bool
        Whether the mean of each channel is subtracted, and its standard deviation divided by.
    limited : bool
        Whether the net takes no series that are longer than those it was fitted on.
    dtype : {"auto", "float32", "float64"}
        What the net computes in; `computing` settles what "auto" is.
    mean, variance : tuple of float
        Of each channel, once they are learned. The net starts from them and keeps them among its weights.
    longest : int or None
        Moments of the longest series, rounded up, so that folds share a program.
    """

    n_channels: int | None = None
    channels_first: bool = False
    nan: str = "raise"
    standardize: bool = True
    limited: bool = False
    dtype: str = "auto"
    mean: Any = None
    variance: Any = None
    longest: int | None = None

    attributes = """
        n_channels_ : int or None
            Number of channels of the series; None for rows of ids.
        vocabulary_size_ : int or None
            Largest id of the training rows plus one, or the rows of `embedding_matrix`; None for series.
        n_features_in_ : int
            Number of values of a row, if X was flat rows.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame of flat rows with string names.
    """

    @staticmethod
    def batches(n_rows):
        """Return what `batch_size="auto"` is, and the factor of `learning_rate="auto"` that goes with it."""
        return int(np.clip(n_rows // _STEPS_AN_EPOCH, *_ROWS_A_BATCH)), 1.0

    def validate(self, estimator, X, *, reset):
        """Return X as a Series; what was returned may be given again.

        Parameters
        ----------
        estimator : estimator instance
            Learns `n_channels_`, and what scikit-learn wants to know of flat rows, or compares it.
        X : array-like, DataFrame or list of array-like
        reset : bool

        Raises
        ------
        ValueError
            If X does not hold finite numbers, or a series is empty, or channels differ.
        """
        X = _series_rows.read(self, estimator, X, reset=reset)
        n_channels = X.n_channels
        if reset:
            estimator.n_channels_, estimator.vocabulary_size_ = n_channels, None
        elif n_channels != estimator.n_channels_:
            raise ValueError(
                f"X has {n_channels} channels, but {type(estimator).__name__} is expecting {estimator.n_channels_} "
                "channels as input."
            )
        return X

    def in_dtype(self, dtype):
        """Return these inputs, computing in another dtype if one is asked for."""
        return self if dtype == "auto" else replace(self, dtype=dtype)

    def computing(self, X):
        """Return these inputs with the dtype that suits X."""
        return replace(self, dtype=precision.compute_dtype(self.dtype, X.values.size))

    def learn(self, rows):
        """Return these inputs with the mean and the variance of each channel in training rows."""
        X = rows.X
        found = replace(self, longest=_series_rows.rounded_up(int(X.lengths.max())))
        if not self.standardize:
            return found
        mean, variance = _series_rows.mean_and_variance(X, self.dtype, rows.sample_weight)
        return replace(found, mean=tuple(mean.tolist()), variance=tuple(variance.tolist()))

    def numbers(self, X, sample_weight=None):
        """Return the live numbers of the net that are statistics of training rows: none."""
        return {}

    def signature(self, X, *others):
        """Describe validated rows, which the net is told the lengths of if any of them differ."""
        shape, equal = (X.n_channels,), all(rows.is_equally_long() for rows in (X, *others))
        column = Dense((None, *shape), self.dtype) if equal else Ragged(shape, self.dtype)
        return InputSignature((("X", column),), self.dtype)

    def encode(self, X, signature):
        """Return a validated X as the named arrays that a signature asks for."""
        ((name, column),) = signature.inputs
        _series_rows.check_length(X, self)
        X = Series(precision.converted(X.values, self.dtype), X.lengths)
        return {name: X.padded() if isinstance(column, Dense) else X}

    @staticmethod
    def tag(tags, estimator):
        """Say in scikit-learn's tags what X of an estimator may be."""
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = getattr(estimator, "nan", "raise") == "trailing"
