"""Features of series that need no training: random convolutions."""

from dataclasses import replace
from numbers import Integral

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs import _series_rows
from skdeep._data.inputs.series import SeriesInputs
from skdeep._estimator.params import estimator, param
from skdeep.sequence import _kernels
from skdeep.sequence._form import FormParams, mean_and_scale

_ROWS_FOR_BIASES = 32
# Many rows at once are fast, until they leave the cache of a processor; all channels have to fit into memory.
_VALUES_A_CHUNK = 2**16
_ROWS_A_CHUNK = 256
_MOST_VALUES = 2**22
_LEAST_ROWS = 8


@estimator
class RandomConvolutions(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, FormParams):
    """Features of series for a linear model: how often the responses to simple kernels are large.

    Series are convolved with 84 kernels of length 9 and weights -1 and 2, at up to 32 dilations. A feature is the share
    of the responses that are larger than a bias, a quantile of the responses to a training series. Nothing is trained
    but the linear model that follows. It takes a second and is often as accurate as a deep net: an honest baseline. The
    method is MiniRocket's.

    X holds series: (n, time, channels), flat rows of one channel, or a list of series of different lengths.

    {parameters}

    {attributes}

    Raises
    ------
    ValueError
        If X is no series of finite numbers, or if a series of a 3-D array or of a list has fewer than 9 moments. Flat
        rows may be shorter: a table of a few columns gets zeros around it.

    See Also
    --------
    SequenceEmbedding : Features that a net has learned.
    SequencePadder : Makes an array of series of different lengths, or lengthens short ones.
    sklearn.linear_model.RidgeClassifierCV : The classifier that suits these features, after StandardScaler.

    Notes
    -----
    Every channel is standardised by its mean and standard deviation over the training rows, so that its unit does not
    count. Half of the kernels are laid over zeros at the ends of a series, the others only where the series covers
    them.

    Of several channels, kernels add up random ones, few more often than many; the seven kernels at most that share two
    of their three larger weights share these channels, which saves most of the time.

    Series of different lengths keep their lengths: a share is one of the moments that a series has. Dilations are
    chosen for the longest training series; a kernel that is longer than a series is laid over zeros.

    The same seed gives the same features, whatever `n_jobs` is and however many rows are transformed at once.

    References
    ----------
    Dempster, Schmidt and Webb (2021), "MiniRocket: a very fast (almost) deterministic transform for time series
    classification".
    Dempster, Petitjean and Webb (2020), "ROCKET: exceptionally fast and accurate time series classification using
    random convolutional kernels".

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep.sequence import RandomConvolutions
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat([0, 1], 30)
    >>> X = np.sin(np.arange(50) * (0.5 + 0.1 * y[:, None]) + rng.uniform(0, 6, (60, 1))) + rng.normal(0, 1, (60, 50))
    >>> model = make_pipeline(RandomConvolutions(840, random_state=0), StandardScaler(), RidgeClassifierCV())
    >>> bool(model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9)
    True
    """

    n_features: int = param(
        10_000,
        [Interval(Integral, _kernels.N_KERNELS, None, closed="left")],
        "int",
        "Number of features, rounded down to a multiple of 84, the number of kernels: 10,000 are 9,996.",
        positional=True,
    )
    n_jobs: object = param(
        None,
        [Integral, None],
        "int or None",
        "Threads that transform series at the same time. None is 1 unless in a joblib.parallel_config context; -1 uses "
        "all processors.",
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes which training series the biases are taken from, and which channels a kernel adds up.",
    )

    _inputs_class = SeriesInputs

    def fit(self, X, y=None):
        """Choose dilations, and take biases from training series.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : RandomConvolutions
            The fitted transformer.
        """
        self._validate_params()
        series = self._read(X, reset=True)
        self._mean, self._scale = mean_and_scale(series)
        rng = check_random_state(self.random_state)
        n_per_kernel = self.n_features // _kernels.N_KERNELS
        steps, counts = _kernels.dilations(int(series.lengths.max()), n_per_kernel)
        bank, first = [], 0
        for number, (step, count) in enumerate(zip(steps, counts, strict=True)):
            dilation = _kernels.draw(step, number, series.n_channels, rng)
            rows = rng.randint(len(series), size=min(_ROWS_FOR_BIASES, 2 * len(series)))
            values, lengths = self._by_time(series[rows])
            found = _kernels.biases(values, lengths, dilation, count, first)
            bank.append(replace(dilation, biases=found))
            first += found.size
        self._bank = tuple(bank)
        self._n_features_out = n_per_kernel * _kernels.N_KERNELS
        return self

    def transform(self, X):
        """Compute the features.

        Parameters
        ----------
        X : array-like of shape (n, time, channels) or (n, time), or list of n array-like
            Series.

        Returns
        -------
        features : ndarray of float32 of shape (n, n_features)
            Shares, from 0 to 1.
        """
        check_is_fitted(self)
        series = self._read(X, reset=False)
        result = np.empty((len(series), self._n_features_out), np.float32)
        n_rows = _rows_a_chunk(int(series.lengths.max()), series.n_channels)
        # Series of about the same length are computed together, and so hardly anything is computed for nothing.
        order = np.argsort(series.lengths, kind="stable")
        chunks = [order[start : start + n_rows] for start in range(0, len(order), n_rows)]
        Parallel(n_jobs=self.n_jobs, require="sharedmem")(delayed(self._fill)(result, series, rows) for rows in chunks)
        return result

    def _fill(self, result, series, rows):
        """Write the features of some rows where they belong."""
        values, lengths = self._by_time(series[rows])
        start = 0
        for dilation in self._bank:
            stop = start + dilation.biases.size
            result[rows, start:stop] = _kernels.positive_shares(values, lengths, dilation).reshape(-1, len(rows)).T
            start = stop

    def _by_time(self, series):
        """Return standardised series as an array of shape (channels, time, n), and their lengths."""
        standardised = (series.values - self._mean) / self._scale
        padded = type(series)(standardised.astype(np.float32), series.lengths).padded()
        return np.ascontiguousarray(padded.transpose(2, 1, 0)), series.lengths

    def _read(self, X, *, reset):
        series = self._inputs().validate(self, X, reset=reset)
        shortest = int(series.lengths.min())
        if shortest < _kernels.LENGTH and not _is_flat(X):
            raise ValueError(
                f"The shortest series of X has {shortest} moments, but kernels are {_kernels.LENGTH} long. Leave short "
                f"series out, or lengthen them with SequencePadder({_kernels.LENGTH})."
            )
        return series

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        SeriesInputs.tag(tags, self)
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _is_flat(X):
    return _series_rows.nested(X) is None and np.asarray(X).ndim == 2


def _rows_a_chunk(time, n_channels):
    wanted = max(_VALUES_A_CHUNK // time, _ROWS_A_CHUNK)
    return max(min(wanted, _MOST_VALUES // (time * n_channels)), _LEAST_ROWS)
