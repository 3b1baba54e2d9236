"""Codes of rows as points."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, column_or_1d

from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented

_FIGURE = 6.4, 4.8  # inches
_MOST_COLOURS = 20


@documented
class EmbeddingDisplay:
    """Codes of rows as points, in the colours of their labels: those of one class should lie together.

    It is recommended to use `EmbeddingDisplay.from_estimator` or `EmbeddingDisplay.from_codes`. All parameters are
    stored as attributes.

    Parameters
    ----------
    points : ndarray of shape (n_samples, 2)
        Where the points are.
    y : ndarray of shape (n_samples,), default=None
        Labels, or numbers.
    display_labels : list of str, default=None
        Names of the classes, in their sorted order.
    axis_names : tuple of str, default=("", "")
        What the axes show.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the points.
    figure_ : matplotlib Figure
        Figure containing the points.
    scatters_ : list of matplotlib PathCollection
        The points of each class, or all.
    legend_ : matplotlib Legend or None
        Names of the classes.
    colorbar_ : matplotlib Colorbar or None
        Colours of numbers.

    See Also
    --------
    skdeep.decomposition.Autoencoder : Learns codes.
    ReconstructionDisplay : What can be made again of codes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.decomposition import Autoencoder
    >>> from skdeep.inspection import EmbeddingDisplay
    >>> iris = load_iris()
    >>> model = Autoencoder(2, epochs=50, random_state=0).fit(iris.data)
    >>> display = EmbeddingDisplay.from_estimator(
    ...     model, iris.data, iris.target, display_labels=iris.target_names
    ... )
    >>> [text.get_text() for text in display.legend_.get_texts()]
    ['setosa', 'versicolor', 'virginica']
    """

    def __init__(self, *, points, y=None, display_labels=None, axis_names=("", "")):
        self.points = points
        self.y = y
        self.display_labels = display_labels
        self.axis_names = axis_names

    def plot(self, ax=None, *, scatter_kw=None):
        """Draw the points.

        Parameters
        ----------
        scatter_kw : dict, default=None
            Settings of matplotlib's `scatter`.
        """
        _style.set_axes(self, ax, _FIGURE)
        settings = {"s": 12, "linewidths": 0} | (scatter_kw or {})
        self.legend_ = self.colorbar_ = None
        if self.y is None:
            self.scatters_ = [self.ax_.scatter(*self.points.T, **{"color": _style.TRAINING} | settings)]
        elif _is_numeric(self.y):
            self.scatters_ = [self.ax_.scatter(*self.points.T, c=self.y, **{"cmap": "viridis"} | settings)]
            self.colorbar_ = self.figure_.colorbar(self.scatters_[0], ax=self.ax_)
        else:
            self._plot_classes(settings)
        self.ax_.set(xlabel=self.axis_names[0], ylabel=self.axis_names[1])
        self.ax_.spines[["top", "right"]].set_visible(False)
        return self

    def _plot_classes(self, settings):
        from matplotlib import colormaps

        classes = np.unique(self.y)
        names = classes if self.display_labels is None else self.display_labels
        palette = colormaps["tab10" if len(classes) <= 10 else "tab20"]
        self.scatters_ = [
            self.ax_.scatter(
                *self.points[self.y == one].T, label=str(name), **{"color": palette(number % palette.N)} | settings
            )
            for number, (one, name) in enumerate(zip(classes, names, strict=True))
        ]
        if len(classes) <= _MOST_COLOURS:
            self.legend_ = self.ax_.legend(
                frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2, handletextpad=0.2
            )

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, display_labels=None, ax=None, scatter_kw=None):
        """Transform rows, and draw their codes.

        Parameters
        ----------
        estimator : estimator instance
            Fitted; any transformer, also a pipeline or a search.
        X : array-like of shape (n_samples, ...)
            Rows.
        y : array-like of shape (n_samples,), default=None
            Labels, which make a colour each, or numbers.
        display_labels : sequence of str, default=None
            Names of the classes, in their sorted order.

        Raises
        ------
        TypeError
            If the estimator cannot transform.
        ValueError
            If there are no codes of two numbers at least, or y does not fit.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        check_is_fitted(estimator)
        if not hasattr(estimator, "transform"):
            raise TypeError(f"{type(estimator).__name__} has no transform, and makes no codes.")
        codes = estimator.transform(X)
        return cls.from_codes(codes, y, display_labels=display_labels, ax=ax, scatter_kw=scatter_kw)

    @classmethod
    def from_codes(cls, codes, y=None, *, display_labels=None, ax=None, scatter_kw=None):
        """Draw codes: both columns, or of more the two directions in which they differ most.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_components)
            Two numbers a row at least; of more, the principal components are drawn.

        Raises
        ------
        ValueError
            If codes have fewer than two numbers a row, or y does not fit.
        """
        codes = check_array(codes, ensure_min_features=2, input_name="codes")
        names = ("first number of the code", "second number of the code")
        if codes.shape[1] > 2:
            pca = PCA(2, random_state=0).fit(codes)
            names = tuple(
                f"{which} component of the codes ({share:.0%})"
                for which, share in zip(("first", "second"), pca.explained_variance_ratio_, strict=True)
            )
            codes = pca.transform(codes)
        if y is not None:
            y = column_or_1d(y)
            check_consistent_length(codes, y)
            _check_labels(y, display_labels)
        return cls(points=codes, y=y, display_labels=display_labels, axis_names=names).plot(ax, scatter_kw=scatter_kw)


def _is_numeric(y):
    """Whether y holds numbers, and not labels."""
    many = y.dtype.kind in "iu" and len(np.unique(y)) > _MOST_COLOURS
    return y.dtype.kind in "iuf" and (many or type_of_target(y).startswith("continuous"))


def _check_labels(y, display_labels):
    if display_labels is None:
        return
    n_classes = len(np.unique(y))
    if _is_numeric(y) or len(display_labels) != n_classes:
        raise ValueError(f"display_labels has {len(display_labels)} names, but y has {n_classes} different values.")
