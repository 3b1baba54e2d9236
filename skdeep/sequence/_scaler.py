"""Standardisation of the channels of series."""

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs import _series_rows
from skdeep._data.inputs.series import SeriesInputs
from skdeep._estimator.params import estimator, param
from skdeep.sequence._form import FormParams, mean_and_scale


@estimator
class SequenceScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator, FormParams):
    """Standardise each channel by its mean and standard deviation over all moments of the training series.

    A channel has one mean and one deviation, whatever the moment and the series: how high a series lies is kept, which
    standardising every series by itself would lose. Series come out in the form in which they came in: a list of
    series, an array, or flat rows.

    {parameters}

    {attributes}

    Raises
    ------
    ValueError
        If X is no series of finite numbers, if a series is empty, or if series have different channels.

    See Also
    --------
    SequencePadder : Makes one array of series of different lengths.
    sklearn.preprocessing.StandardScaler : Standardises each column of a table, which is each moment of flat rows.

    Notes
    -----
    The estimators for sequences do the same inside. With ``nan="trailing"``, NaN after the end of a series stays there
    and does not count.

    `get_feature_names_out` names the columns of flat rows.

    Examples
    --------
    >>> from skdeep.sequence import SequenceScaler
    >>> X = [[1.0, 3.0, 1.0], [3.0]]
    >>> scaler = SequenceScaler().fit(X)
    >>> scaler.mean_, scaler.scale_
    (array([2.]), array([1.]))
    >>> [series.ravel().tolist() for series in scaler.transform(X)]
    [[-1.0, 1.0, -1.0], [1.0]]
    """

    with_mean: bool = param(True, ["boolean"], "bool", "Whether the mean is subtracted.")
    with_std: bool = param(True, ["boolean"], "bool", "Whether the standard deviation is divided by.")

    _attributes = """
        mean_ : ndarray of shape (n_channels,)
            Mean of each channel; 0 if none is subtracted.
        scale_ : ndarray of shape (n_channels,)
            Standard deviation of each channel; 1 for one that does not vary, or if none is divided by.
    """

    _inputs_class = SeriesInputs

    def fit(self, X, y=None):
        """Learn the mean and the standard deviation of each channel.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : SequenceScaler
            The fitted transformer.
        """
        self._validate_params()
        mean, scale = mean_and_scale(self._inputs().validate(self, X, reset=True))
        self.mean_ = mean if self.with_mean else np.zeros_like(mean)
        self.scale_ = scale if self.with_std else np.ones_like(scale)
        return self

    def transform(self, X):
        """Standardise series.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.

        Returns
        -------
        scaled : ndarray or list of ndarray
            The series, in the form of X.
        """
        return self._mapped(X, lambda values, mean, scale: (values - mean) / scale)

    def inverse_transform(self, X):
        """Bring standardised series back to their own units.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.

        Returns
        -------
        series : ndarray or list of ndarray
            The series, in the form of X.
        """
        return self._mapped(X, lambda values, mean, scale: values * scale + mean)

    def _mapped(self, X, function):
        """Return X in its form, with a function of values, means and scales applied to each channel."""
        check_is_fitted(self)
        dtype = self._inputs().validate(self, X, reset=False).values.dtype
        mean, scale = self.mean_.astype(dtype), self.scale_.astype(dtype)
        if self.channels_first:
            mean, scale = mean[:, None], scale[:, None]
        rows = _series_rows.nested(X)
        if rows is None:
            X = np.asarray(X).astype(dtype)
            shape = (self.n_channels_, -1) if self.channels_first else (-1, self.n_channels_)
            return function(X.reshape(len(X), *shape), mean, scale).reshape(X.shape)
        rows = [np.asarray(row, dtype) for row in rows]
        rows = [function(row, *((mean, scale) if row.ndim == 2 else (mean.ravel(), scale.ravel()))) for row in rows]
        return rows if isinstance(X, (list, tuple)) else _array_of_objects(rows)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        SeriesInputs.tag(tags, self)
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _array_of_objects(rows):
    result = np.empty(len(rows), object)
    for number, row in enumerate(rows):
        result[number] = row
    return result
