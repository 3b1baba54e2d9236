"""From series of different lengths to one array."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs.series import SeriesInputs
from skdeep._estimator.params import estimator, param
from skdeep.sequence._form import FormParams
from skdeep.utils._words import Names


def _shows_padding(padder):
    if padder.padding != "nan":
        raise AttributeError('Zeros after the end cannot be told from values: set padding="nan".')
    return True


@estimator
class SequencePadder(TransformerMixin, BaseEstimator, FormParams):
    """Make one array of series of different lengths.

    What is shorter is padded after its end, with zeros or NaN; what is longer is cut off at its end. The estimators
    for sequences do not need it, as they take lists of series; others do.

    {parameters}

    {attributes}

    Raises
    ------
    ValueError
        If X is no series of finite numbers, if a series is empty, or if series have different channels.

    See Also
    --------
    SequenceScaler : Standardises channels, and keeps series as they come.

    Notes
    -----
    Series that are standardised first are padded with their mean.

    `inverse_transform` is there with ``padding="nan"`` only, which shows where a series ends. What was cut off is lost.

    Examples
    --------
    >>> from skdeep.sequence import SequencePadder
    >>> X = [[1.0, 2.0, 3.0], [4.0], [5.0, 6.0]]
    >>> SequencePadder().fit_transform(X)[:, :, 0]
    array([[1., 2., 3.],
           [4., 0., 0.],
           [5., 6., 0.]])
    >>> SequencePadder(2, padding="nan").fit_transform(X)[:, :, 0]
    array([[ 1.,  2.],
           [ 4., nan],
           [ 5.,  6.]])
    """

    length: object = param(
        "longest",
        [Names({"longest"}), Interval(Integral, 1, None, closed="left")],
        'int or "longest"',
        'Number of moments that all series get. "longest" is that of the longest training series.',
        positional=True,
    )
    padding: str = param(
        "zero", [Names({"zero", "nan"})], '{"zero", "nan"}', "What stands after the end of a series that is shorter."
    )

    _attributes = """
        length_ : int
            Number of moments that all series get.
    """

    _inputs_class = SeriesInputs

    def fit(self, X, y=None):
        """Learn the number of moments.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : SequencePadder
            The fitted transformer.
        """
        self._validate_params()
        series = self._inputs().validate(self, X, reset=True)
        self.length_ = int(series.lengths.max()) if self.length == "longest" else int(self.length)
        return self

    def transform(self, X):
        """Pad series, or cut them off.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.

        Returns
        -------
        padded : ndarray of shape (n, length, channels)
            The series, with channels before time if `channels_first`.
        """
        check_is_fitted(self)
        series = self._inputs().validate(self, X, reset=False)
        kept = np.minimum(series.lengths, self.length_)
        filler = np.nan if self.padding == "nan" else 0.0
        result = np.full((len(series), self.length_, series.n_channels), filler, series.values.dtype)
        moments = np.arange(series.lengths.sum()) - np.repeat(series.offsets[:-1], series.lengths)
        result[np.arange(self.length_) < kept[:, None]] = series.values[moments < self.length_]
        return np.ascontiguousarray(result.transpose(0, 2, 1)) if self.channels_first else result

    @available_if(_shows_padding)
    def inverse_transform(self, X):
        """Take off the NaN after the end of each series.

        Parameters
        ----------
        X : array-like of shape (n, length, channels)
            What `transform` returns, or the like.

        Returns
        -------
        series : list of ndarray of shape (time, channels)
            The series, without their padding; of shape (channels, time) if `channels_first`.
        """
        check_is_fitted(self)
        inputs = SeriesInputs(channels_first=self.channels_first, nan="trailing")
        series = inputs.validate(self, np.asarray(X), reset=False)
        return [row.T if self.channels_first else row for row in series]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        SeriesInputs.tag(tags, self)
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
