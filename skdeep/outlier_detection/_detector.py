"""What makes scores of rows an outlier detector: scikit-learn's contract."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from sklearn.base import OutlierMixin, clone
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs.standardized import StandardizedRows
from skdeep._estimator.params import param
from skdeep.utils._attributes import unchanged_on_failure
from skdeep.utils._words import Names

_WHISKER = 1.5  # of a box plot, in distances between the quartiles


def trim_param():
    """Declare `trim`."""
    return param(
        0.1,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Share of the rows, those with the largest losses, that do not count in training, because they may be "
        "anomalies: of each batch, or, where a net is fitted that does not know of it, of the rows of a second fit "
        "after the first.",
    )


@dataclass(eq=False, repr=False)
class DetectorParams:
    """Which scores are those of outliers."""

    contamination: object = param(
        "auto",
        [Names({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        'float or "auto"',
        'Share of the training rows that are outliers, which sets `offset_`: so many are predicted to be. "auto" is '
        "the rule of box plots: outliers have scores further below the lower quartile of the training scores than 1.5 "
        "times the distance between the quartiles. That is few rows, or none, of clean data, and up to a quarter of "
        "the rows may be anomalies without moving the bound by much.",
    )


class Detector(OutlierMixin):
    """Predictions from the scores of rows.

    Subclasses define `_fitted(X)`, which fits what is held, sets attributes and returns the scores of the training
    rows, and `score_samples`.
    """

    _attributes = """
        offset_ : float
            Score below which a row is an outlier: `decision_function` is `score_samples` minus `offset_`.
    """

    _inputs_class = StandardizedRows

    def fit(self, X, y=None):
        """Learn what rows are like, and which scores are those of outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training rows: a table, images, series of one length.
        y : None
            Ignored, there for the sake of pipelines.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or X is not valid, or if training diverges. The estimator then stays as it was.
        """
        self._validate_params()
        with unchanged_on_failure(self):
            self.offset_ = _offset(self._fitted(X), self.contamination)
        return self

    def decision_function(self, X):
        """Return scores of which those of outliers are negative.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            `score_samples` minus `offset_`.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Tell outliers from inliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows.

        Returns
        -------
        labels : ndarray of int of shape (n_samples,)
            -1 for outliers, 1 for inliers.
        """
        check_is_fitted(self)
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _held(self, estimator, X):
        """Return a clone of an estimator fitted to X, and once more without the share `trim` with the lowest scores.

        Its scores of all rows are returned too.
        """
        model = clone(estimator).fit(X)
        scores = np.asarray(model.score_samples(X), np.float64)
        n_left_out = int(self.trim * len(scores))
        if n_left_out:
            best = np.sort(np.argsort(scores, kind="stable")[n_left_out:])
            model = clone(estimator).fit(_safe_indexing(X, best))
            scores = np.asarray(model.score_samples(X), np.float64)
        return model, scores

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        self._inputs_class.tag(tags, self)
        return tags


class Holding(Detector):
    """A detector that may be given the autoencoder it holds.

    Subclasses have a parameter `autoencoder` and define `_own(X)`, which fits one of their own, sets `_inputs` and
    `autoencoder_`, and returns the scores of the training rows.
    """

    def _fitted(self, X):
        if self.autoencoder is None:
            return self._own(X)
        self._inputs = None
        self.autoencoder_, scores = self._held(self.autoencoder, X)
        self.row_shape_ = np.shape(X)[1:]
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.autoencoder_, name):
                setattr(self, name, getattr(self.autoencoder_, name))
        return scores


def _offset(scores, contamination):
    if contamination != "auto":
        return float(np.percentile(scores, 100.0 * contamination))
    lower, upper = np.percentile(scores, [25, 75])
    return float(lower - _WHISKER * (upper - lower))
