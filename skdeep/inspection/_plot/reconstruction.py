"""Rows beside what was made of their codes."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from skdeep.inspection._images import as_array, as_images, shown_range
from skdeep.inspection._plot import _panels, _sheet, _style
from skdeep.inspection._plot._docs import documented

_PANEL = 2.6, 1.3  # inches
_COLUMNS = 3


@documented
class ReconstructionDisplay:
    """Rows or images, each beside what was made of its code.

    It is recommended to use `ReconstructionDisplay.from_estimator` or `ReconstructionDisplay.from_rows`. All parameters
    are stored as attributes.

    Images stand in pairs, the original to the left, and over the other the mean squared error. Of other rows, the
    values of all columns are two lines.

    Parameters
    ----------
    rows, again : ndarray of shape (n_shown, n_features) or (n_shown, height, width, n_channels)
        The rows and what was made of them.
    errors : ndarray of shape (n_shown,)
        Mean squared error of each row.
    indices : ndarray of shape (n_shown,)
        Which rows of X these are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold the picture.
    axes_ : ndarray of matplotlib Axes
        Axes of the images, two a row, or of the rows.
    figure_ : matplotlib Figure
        Figure containing the picture.
    ims_ : list of matplotlib AxesImage
        The images.
    lines_ : list of (matplotlib Line2D, matplotlib Line2D)
        The values of each row, and those made again.

    See Also
    --------
    skdeep.decomposition.Autoencoder : Makes codes and rows.
    EmbeddingDisplay : The codes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.decomposition import Autoencoder
    >>> from skdeep.inspection import ReconstructionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> model = Autoencoder(8, epochs=5, random_state=0).fit(X[:1000])
    >>> display = ReconstructionDisplay.from_estimator(model, X[1000:], image_shape=(8, 8), worst=True)
    >>> bool((display.errors[:-1] >= display.errors[1:]).all())
    True
    """

    def __init__(self, *, rows, again, errors, indices):
        self.rows = rows
        self.again = again
        self.errors = errors
        self.indices = indices

    def plot(self, ax=None, *, im_kw=None, line_kw=None):
        """Draw all pairs.

        Parameters
        ----------
        line_kw : dict, default=None
            Settings of the lines that show what was made again.
        """
        self.ims_, self.lines_ = [], []
        if np.ndim(self.rows) > 2:
            self._plot_images(ax, im_kw)
        else:
            self._plot_rows(ax, line_kw)
        return self

    def _plot_images(self, ax, im_kw):
        pairs = [image for pair in zip(self.rows, self.again, strict=True) for image in pair]
        titles = zip(self.indices, self.errors, strict=True)
        labels = [label for index, error in titles for label in (f"row {index}", f"error {error:.2g}")]
        self.axes_ = _sheet.new_sheet(self, ax, len(pairs), pairs[0].shape[:2], labels=labels, together=2)
        limits = shown_range(self.rows)
        self.ims_ = [_sheet.draw(one, image, limits, im_kw) for one, image in zip(self.axes_, pairs, strict=True)]

    def _plot_rows(self, ax, line_kw):
        self.axes_ = _panels.new_panels(self, ax, len(self.rows), _PANEL, _COLUMNS)
        settings = {"color": _style.VALIDATION, "linestyle": "--"} | (line_kw or {})
        for one, row, again, index in zip(self.axes_, self.rows, self.again, self.indices, strict=True):
            (line,), (other,) = _panels.draw_series(one, row), _panels.draw_series(one, again, settings)
            self.lines_.append((line, other))
            _panels.titled(one, f"row {index}")
        self.axes_[0].legend(self.lines_[0], ["row", "made again"], frameon=False, fontsize=7)

    @classmethod
    def from_estimator(
        cls, estimator, X, *, n_samples=9, worst=False, image_shape=None, ax=None, im_kw=None, line_kw=None
    ):
        """Make rows again, and draw them beside the originals.

        Parameters
        ----------
        estimator : estimator instance
            Fitted; anything with `reconstruct`, or with `transform` and `inverse_transform`: an autoencoder, PCA, a
            pipeline of such.
        X : array-like of shape (n_samples, n_features)
            Rows.
        n_samples : int, default=9
            Rows that are shown, at most.
        worst : bool, default=False
            Whether those with the largest errors are shown, and not the first.
        image_shape : tuple, default=None
            (height, width) or (height, width, channels) of the images in flat rows; None draws lines.

        Raises
        ------
        TypeError
            If the estimator cannot make rows again.
        ValueError
            If X or its shape does not fit.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        check_is_fitted(estimator)
        again = _made_again(estimator, X)
        options = {"n_samples": n_samples, "worst": worst, "image_shape": image_shape}
        return cls.from_rows(X, again, **options, ax=ax, im_kw=im_kw, line_kw=line_kw)

    @classmethod
    def from_rows(cls, X, again, *, n_samples=9, worst=False, image_shape=None, ax=None, im_kw=None, line_kw=None):
        """Draw rows beside what was made of them.

        Parameters
        ----------
        again : array-like of the shape of X
            What was made of the rows.

        Raises
        ------
        ValueError
            If the shapes do not fit.
        """
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        rows, again = as_array(X), as_array(again)
        if rows.shape != again.shape or not len(rows):
            raise ValueError(f"X has the shape {rows.shape} and what was made of it {again.shape}; they must be alike.")
        errors = np.square(rows - again).reshape(len(rows), -1).mean(axis=1)
        indices = (np.argsort(-errors, kind="stable") if worst else np.arange(len(rows)))[:n_samples]
        rows, again = rows[indices], again[indices]
        if image_shape is not None or rows.ndim > 2:
            rows, again = as_images(rows, image_shape), as_images(again, image_shape)
        display = cls(rows=rows, again=again, errors=errors[indices], indices=indices)
        return display.plot(ax, im_kw=im_kw, line_kw=line_kw)


def _made_again(estimator, X):
    if hasattr(estimator, "reconstruct"):
        return estimator.reconstruct(X)
    if hasattr(estimator, "transform") and hasattr(estimator, "inverse_transform"):
        return estimator.inverse_transform(estimator.transform(X))
    raise TypeError(
        f"{type(estimator).__name__} cannot make rows again: it has neither reconstruct nor inverse_transform."
    )
