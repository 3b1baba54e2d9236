"""The kernels of the first convolution."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from skdeep.inspection._history import find_trained
from skdeep.inspection._plot import _sheet
from skdeep.inspection._plot._docs import documented


@documented
class FiltersDisplay:
    """Kernels of the first convolution of a net, as a sheet of little images.

    It is recommended to use `FiltersDisplay.from_estimator`. All parameters are stored as attributes.

    Each kernel is scaled by its own largest absolute value, so that zero is the middle of the scale: white between
    purple and orange for kernels of one channel, middle grey for kernels of three, which are shown in colour. Those of
    other numbers of channels are averaged over the channels.

    Parameters
    ----------
    filters : ndarray of shape (height, width, n_channels, n_filters)
        Kernels, laid out as Keras lays them out.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold the sheet.
    axes_ : ndarray of matplotlib Axes
        Axes of the kernels that are drawn, in their order.
    figure_ : matplotlib Figure
        Figure containing the sheet.
    ims_ : list of matplotlib AxesImage
        The kernels.

    See Also
    --------
    SaliencyDisplay : Which pixels move the output.
    OcclusionDisplay : Which pixels matter.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), "ImageNet classification with deep convolutional networks".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNClassifier, Small
    >>> from skdeep.inspection import FiltersDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CNNClassifier(Small(width=0.5), epochs=2, random_state=0).fit(X, y)
    >>> display = FiltersDisplay.from_estimator(model)
    >>> display.filters.shape
    (3, 3, 1, 16)
    """

    def __init__(self, *, filters):
        self.filters = filters

    def plot(self, ax=None, *, max_filters=64, im_kw=None):
        """Draw the kernels.

        Parameters
        ----------
        max_filters : int, default=64
            Kernels that are drawn at most, the first ones.
        """
        check_scalar(max_filters, "max_filters", Integral, min_val=1)
        kernels = np.moveaxis(np.asarray(self.filters), -1, 0)[:max_filters]
        self.axes_ = _sheet.new_sheet(self, ax, len(kernels), kernels.shape[1:3], title=self._title(len(kernels)))
        self.ims_ = [
            _sheet.draw(one, kernel, _symmetric(kernel), {"cmap": "PuOr_r"} | (im_kw or {}))
            for one, kernel in zip(self.axes_, kernels, strict=True)
        ]
        return self

    def _title(self, n_drawn):
        height, width, _, n_filters = np.shape(self.filters)
        first = f"The first {n_drawn} of " if n_drawn < n_filters else ""
        return f"{first}{n_filters} filters of {height} x {width}"

    @classmethod
    def from_estimator(cls, estimator, *, max_filters=64, ax=None, im_kw=None):
        """Draw the kernels of a fitted estimator.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, with a convolutional net; also a pipeline that ends with one, or a search that found one.

        Raises
        ------
        ValueError
            If its net has no convolution of images.
        """
        trained = find_trained(estimator)
        filters = next((array for array in getattr(trained, "weights_", ()) if np.ndim(array) == 4), None)
        if filters is None:
            raise ValueError(
                f"{type(trained).__name__} has no convolution: none of its weights has the four axes (height, width, "
                "channels, filters). Accepted are convolutional nets such as CNNClassifier."
            )
        return cls(filters=filters).plot(ax, max_filters=max_filters, im_kw=im_kw)


def _symmetric(kernel):
    shown = kernel if kernel.shape[-1] in (3, 4) else kernel.mean(axis=-1)
    largest = float(np.abs(shown).max()) or 1.0
    return -largest, largest
