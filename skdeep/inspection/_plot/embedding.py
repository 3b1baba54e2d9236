"""Codes of rows, or vectors of categories, as points."""

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

    Learned vectors of categories are points with names beside them: categories that mean the same to a net should lie
    together.

    It is recommended to use `EmbeddingDisplay.from_estimator`, `EmbeddingDisplay.from_categories` or
    `EmbeddingDisplay.from_codes`. All parameters are stored as attributes.

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
    labels : sequence of str, default=None
        What is written beside the points; "" beside those that have no label.

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
    texts_ : list of matplotlib Text
        The labels.

    See Also
    --------
    skdeep.decomposition.Autoencoder : Learns codes.
    skdeep.tabular.EntityEmbedder : Learns vectors of categories.
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

    def __init__(self, *, points, y=None, display_labels=None, axis_names=("", ""), labels=None):
        self.points = points
        self.y = y
        self.display_labels = display_labels
        self.axis_names = axis_names
        self.labels = labels

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
        self.texts_ = [
            self.ax_.annotate(label, point, xytext=(3, 3), textcoords="offset points", fontsize="small")
            for label, point in zip(self.labels or (), self.points, strict=False)
            if label
        ]
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
    def from_categories(cls, estimator, column=None, *, n_labels=30, ax=None, scatter_kw=None):
        """Draw the learned vectors of the categories of a column, with their names.

        Parameters
        ----------
        estimator : estimator instance
            Fitted; one that has `category_embeddings_`: an EntityEmbedder, TabularClassifier or TabularRegressor.
        column : str or int, default=None
            The name of the column, or its number where columns have no names. It is not needed if there is only one.
        n_labels : int, default=30
            How many categories have their names beside them, the most frequent first.

        Raises
        ------
        TypeError
            If the estimator learns no vectors of categories.
        ValueError
            If the column has no vectors, or vectors of one number, or fewer than two categories that have their own.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_categories")
        check_is_fitted(estimator)
        name, vectors = _vectors_of(estimator, column)
        shown = ["missing" if value != value else str(value) for value in vectors.index]
        labels = [label if number < n_labels else "" for number, label in enumerate(shown)]
        points, axis_names = _points(vectors.to_numpy(), f"vectors of {name}")
        return cls(points=points, axis_names=axis_names, labels=labels).plot(ax, scatter_kw=scatter_kw)

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
        points, names = _points(codes, "codes")
        if y is not None:
            y = column_or_1d(y)
            check_consistent_length(codes, y)
            _check_labels(y, display_labels)
        return cls(points=points, y=y, display_labels=display_labels, axis_names=names).plot(ax, scatter_kw=scatter_kw)


def _points(codes, of):
    """Return codes in two numbers each, and what the axes show."""
    if codes.shape[1] == 2:
        return codes, ("first number of the code", "second number of the code")
    pca = PCA(2, random_state=0).fit(codes)
    names = tuple(
        f"{which} component of the {of} ({share:.0%})"
        for which, share in zip(("first", "second"), pca.explained_variance_ratio_, strict=True)
    )
    return pca.transform(codes), names


def _vectors_of(estimator, column):
    """Return (name of a column, its vectors but for that of all other values)."""
    embeddings = getattr(estimator, "category_embeddings_", None)
    if embeddings is None:
        raise TypeError(f"{type(estimator).__name__} has no category_embeddings_, and learns no vectors of categories.")
    known = list(embeddings)
    if column is None and len(known) != 1:
        raise ValueError(f"column must be one of those that have vectors, {known}, got None.")
    name = known[0] if column is None else column
    if name not in embeddings:
        raise ValueError(f"column must be one of those that have vectors, {known}, got {column!r}.")
    vectors = embeddings[name].iloc[:-1]
    if min(vectors.shape) < 2:
        raise ValueError(
            f"Column {name!r} has {len(vectors)} categories with vectors of their own, of {vectors.shape[1]} numbers: "
            "a picture needs two of each at least."
        )
    return name, vectors


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
