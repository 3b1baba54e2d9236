"""What each moment of a series adds to the score of a class."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from skdeep.inspection._class_activation import explained
from skdeep.inspection._plot import _panels, _style
from skdeep.inspection._plot._docs import documented

_PANEL = 4.6, 1.2  # inches
_IN_ONE_COLUMN = 4


@documented
class ClassActivationDisplay:
    """Series, over colours that say what each moment adds to the score of a class.

    It is recommended to use `ClassActivationDisplay.from_estimator`. All parameters are stored as attributes.

    Orange moments speak for the class, purple ones against it; colours are relative to each series.

    Parameters
    ----------
    maps : list of ndarray of shape (time,)
        What each moment adds.
    series : list of ndarray of shape (time,) or (time, n_channels)
        The series themselves.
    labels : list of str, default=None
        What is explained, series by series, to be written over it.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold all panels.
    axes_ : ndarray of matplotlib Axes, of shape (n_series,)
        Axes of each series.
    figure_ : matplotlib Figure
        Figure containing the panels.
    ims_ : list of matplotlib AxesImage
        The map of each series.

    See Also
    --------
    class_activation_map : Computes what is drawn.
    OcclusionDisplay : Which moments matter, for any estimator.
    AttentionDisplay : What a transformer looks at.

    References
    ----------
    Zhou et al. (2016), "Learning deep features for discriminative localization".
    Wang, Yan and Oates (2017), "Time series classification from scratch with deep neural networks".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.inspection import ClassActivationDisplay
    >>> from skdeep.sequence import TemporalCNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 40))
    >>> y = np.arange(200) % 2
    >>> X[y == 1, 20:25] += 4
    >>> model = TemporalCNNClassifier("fcn", filters=8, epochs=20, random_state=0).fit(X, y)
    >>> display = ClassActivationDisplay.from_estimator(model, X[:3], target=1)
    >>> display.labels
    ['1', '1', '1']
    """

    def __init__(self, *, maps, series, labels=None):
        self.maps = maps
        self.series = series
        self.labels = labels

    def plot(self, ax=None, *, cmap="PuOr_r", im_kw=None):
        """Draw series and maps.

        Parameters
        ----------
        cmap : str or matplotlib Colormap, default="PuOr_r"
            Colours of the maps; zero is in the middle.
        im_kw : dict, default=None
            Settings of matplotlib's `imshow` for the maps.
        """
        n_columns = 1 if len(self.series) <= _IN_ONE_COLUMN else 2
        self.axes_ = _panels.new_panels(self, ax, len(self.series), _PANEL, n_columns)
        self.ims_ = []
        for number, (panel, series, one) in enumerate(zip(self.axes_, self.series, self.maps, strict=True)):
            _panels.draw_series(panel, series)
            panel.set_xlabel("moment")
            largest = float(np.abs(one).max()) or 1.0
            settings = {"cmap": cmap, "vmin": -largest, "vmax": largest, "interpolation": "nearest"}
            self.ims_.append(_panels.shade(panel, one, settings | (im_kw or {})))
            if self.labels is not None:
                _panels.titled(panel, self.labels[number])
        return self

    @classmethod
    def from_estimator(cls, estimator, X, *, target=None, max_series=6, ax=None, cmap="PuOr_r", im_kw=None):
        """Compute class activation maps, and draw them under the series.

        Parameters
        ----------
        estimator : estimator instance
            A fitted `TemporalCNNClassifier` or `TemporalCNNRegressor` with the architecture "fcn", "resnet" or
            "inception"; also a pipeline that ends with one, or a search that found one.
        X : array-like of shape (n_samples, time, channels) or list of array-like
            Series, or rows of ids, that the estimator can predict.
        target : label or array-like of labels, default=None
            The class whose score is explained, one for all series or one for each; see `class_activation_map`. By
            default, what the estimator predicts.
        max_series : int, default=6
            Series that are looked at, at most, the first ones.

        Raises
        ------
        ValueError
            If the net does not end in an average over time, or there is no such target.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        check_scalar(max_series, "max_series", Integral, min_val=1)
        maps, series, labels = explained(estimator, X[:max_series], target)
        maps = [one[: len(row)] for one, row in zip(maps, series, strict=True)]
        return cls(maps=maps, series=series, labels=labels).plot(ax, cmap=cmap, im_kw=im_kw)
