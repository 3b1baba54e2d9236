"""A sheet of the worst errors."""

from numbers import Integral

import numpy as np
from sklearn.base import is_regressor
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_consistent_length

from skdeep.inspection._errors import classification_errors, regression_errors
from skdeep.inspection._images import as_images, known_image_shape, shown_range
from skdeep.inspection._plot import _sheet, _style
from skdeep.inspection._plot._docs import documented

_LONGEST_LINE = 16


@documented
class MisclassifiedDisplay:
    """A sheet of the images that were classified worst: those of which a classifier was most sure, and wrong.

    It is recommended to use `MisclassifiedDisplay.from_estimator` or `MisclassifiedDisplay.from_predictions`. All
    parameters are stored as attributes.

    Over each image stands what is true, then what was predicted and with which probability. Of several labels or
    targets an image, the worst is shown. For numbers, the sheet has the largest residuals.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, n_channels)
        The images, the worst first.
    y_true, y_pred : list of str
        What is true and what was predicted, as it is to be written.
    confidence : ndarray of shape (n_images,), default=None
        Probability of what was predicted.
    names : list of str, default=None
        Which of several labels or targets is wrong.
    indices : ndarray of shape (n_images,), default=None
        Rows of the images in X.
    n_errors : int, default=None
        Errors there are, shown or not; None for a regression.
    n_samples : int, default=None
        Images that were predicted.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold the sheet.
    axes_ : ndarray of matplotlib Axes
        Axes of the images.
    figure_ : matplotlib Figure
        Figure containing the sheet.
    ims_ : list of matplotlib AxesImage
        The images.
    text_ : matplotlib Text or None
        What is written where there are no errors.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : How often each class is taken for each other one.
    OcclusionDisplay : Which pixels matter.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNClassifier, Small
    >>> from skdeep.inspection import MisclassifiedDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CNNClassifier(Small(width=0.25), epochs=5, random_state=0).fit(X[:1000], y[:1000])
    >>> display = MisclassifiedDisplay.from_estimator(model, X[1000:], y[1000:], n_images=9)
    >>> len(display.indices)
    9
    >>> bool((model.predict(X[1000:])[display.indices] != y[1000:][display.indices]).all())
    True
    """

    def __init__(
        self, *, images, y_true, y_pred, confidence=None, names=None, indices=None, n_errors=None, n_samples=None
    ):
        self.images = images
        self.y_true = y_true
        self.y_pred = y_pred
        self.confidence = confidence
        self.names = names
        self.indices = indices
        self.n_errors = n_errors
        self.n_samples = n_samples

    def plot(self, ax=None, *, im_kw=None):
        """Draw the sheet."""
        images = np.asarray(self.images)
        labels = [self._label(index) for index in range(len(images))]
        self.axes_ = _sheet.new_sheet(
            self, ax, len(images), images.shape[1:3], title=self._title(len(images)), labels=labels
        )
        self.text_ = None
        if not len(images):
            among = "" if self.n_samples is None else f" among {self.n_samples:,} images"
            self.text_ = self.ax_.text(
                0.5, 0.5, f"No errors{among}.", ha="center", va="center", color=_style.TEXT,
                transform=self.ax_.transAxes,
            )  # fmt: skip
        limits = shown_range(images) if len(images) else None
        self.ims_ = [_sheet.draw(one, image, limits, im_kw) for one, image in zip(self.axes_, images, strict=True)]
        return self

    def _label(self, index):
        name = "" if self.names is None else f"{self.names[index]}: "
        true, pred = f"{name}{self.y_true[index]}", f"\u2192 {self.y_pred[index]}"
        between = " " if len(true) + len(pred) < _LONGEST_LINE else "\n"
        return true + between + pred + ("" if self.confidence is None else f"\n{self.confidence[index]:.0%}")

    def _title(self, n_shown):
        if not n_shown:
            return None
        among = "" if self.n_samples is None else f" among {self.n_samples:,} images"
        if self.n_errors is None:
            return f"The worst {n_shown:,}{among}"
        if self.n_errors == 1:
            return f"The only error{among}"
        shown = f"The worst {n_shown:,} of {self.n_errors:,}" if n_shown < self.n_errors else f"All {n_shown:,}"
        return f"{shown} errors{among}"

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, n_images=25, display_labels=None, image_shape=None, ax=None, im_kw=None
    ):
        """Predict images, and draw the worst errors.

        Parameters
        ----------
        estimator : estimator instance
            Fitted; any classifier or regressor that takes images or flat rows of pixels, also a pipeline or a search.
            If it has no probabilities, its errors are shown in the order of X.
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_pixels)
            Images.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            What is true.
        n_images : int, default=25
            Images that are shown, at most.
        display_labels : sequence of str, default=None
            Names of the classes in the order of `classes_`, or of the labels or targets if there are several.

        Raises
        ------
        ValueError
            If X holds no images or their shape is not known, or y does not fit.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        images = as_images(X, known_image_shape(estimator, image_shape))
        check_consistent_length(images, y)
        y_pred = estimator.predict(X)
        if is_regressor(estimator):
            errors = regression_errors(y, y_pred, display_labels)
        else:
            probable = hasattr(estimator, "predict_proba")
            errors = classification_errors(
                y,
                y_pred,
                estimator.predict_proba(X) if probable else None,
                estimator.classes_,
                display_labels,
            )
        return cls._of(errors, images, n_images).plot(ax, im_kw=im_kw)

    @classmethod
    def from_predictions(
        cls,
        X,
        y_true,
        y_pred,
        *,
        y_proba=None,
        classes=None,
        n_images=25,
        display_labels=None,
        image_shape=None,
        ax=None,
        im_kw=None,
    ):
        """Draw the worst errors of predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
            What is true.
        y_pred : array-like of shape (n_samples,) or (n_samples, n_targets)
            What was predicted: labels, or numbers that are not whole for a regression.
        y_proba : array-like of shape (n_samples, n_classes), or list of such arrays, default=None
            Probabilities, as `predict_proba` returns them. Without, errors are shown in the order of X.
        classes : array-like of shape (n_classes,), or list of such arrays, default=None
            Labels of the columns of `y_proba`. By default, the sorted labels in `y_true` and `y_pred`.
        display_labels : sequence of str, default=None
            Names of the classes in the order of `classes`, or of the labels or targets if there are several.
        image_shape : tuple, default=None
            (height, width) or (height, width, channels) of the images in flat rows.

        Raises
        ------
        ValueError
            If X holds no images or their shape is not known, or the others do not fit.
        """
        images = as_images(X, image_shape)
        check_consistent_length(images, y_true, y_pred)
        if any(map(_is_continuous, (y_true, y_pred))):
            errors = regression_errors(y_true, y_pred, display_labels)
        else:
            errors = classification_errors(y_true, y_pred, y_proba, classes, display_labels)
        return cls._of(errors, images, n_images).plot(ax, im_kw=im_kw)

    @classmethod
    def _of(cls, errors, images, n_images):
        """Return the display of the worst errors."""
        check_scalar(n_images, "n_images", Integral, min_val=1)
        shown = slice(n_images)
        return cls(
            images=images[errors.indices[shown]],
            y_true=errors.y_true[shown],
            y_pred=errors.y_pred[shown],
            confidence=None if errors.confidence is None else errors.confidence[shown],
            names=None if errors.names is None else errors.names[shown],
            indices=errors.indices[shown],
            n_errors=len(errors.indices) if errors.countable else None,
            n_samples=len(images),
        )


def _is_continuous(y):
    y = np.asarray(y)
    return y.dtype.kind == "f" and bool((y != np.floor(y)).any())
