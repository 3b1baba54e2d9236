"""Which pixels move the output, from gradients."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from skdeep.inspection._history import find_trained, seen_by_net
from skdeep.inspection._images import as_images, known_image_shape, shown_range
from skdeep.inspection._plot import _sheet, _style
from skdeep.inspection._plot._docs import documented
from skdeep.inspection._saliency import output_weights, smooth_gradients

_BRIGHTEST = 99  # percentile, as in SmoothGrad: a few extreme pixels would leave the others dark


@documented
class SaliencyDisplay:
    """Images side by side with their saliency: how much a small change of each pixel changes the output.

    It is recommended to use `SaliencyDisplay.from_estimator`. All parameters are stored as attributes.

    Saliency is the absolute gradient of the score of a class with respect to the pixels, the largest of the channels,
    in the units of the score for each unit of a pixel. Brightness is relative to each image.

    Parameters
    ----------
    saliency : ndarray of shape (n_images, height, width)
        Saliency of each pixel.
    images : ndarray of shape (n_images, height, width, n_channels)
        The images themselves.
    labels : list of str, default=None
        What is explained, image by image, to be written over it.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold the sheet.
    axes_ : ndarray of matplotlib Axes, of shape (n_images, 2)
        Axes of each image and of its saliency.
    figure_ : matplotlib Figure
        Figure containing the sheet.
    ims_ : list of matplotlib AxesImage
        The saliency of each image.

    See Also
    --------
    OcclusionDisplay : Which pixels matter, for any estimator.
    FiltersDisplay : Kernels of the first convolution.

    References
    ----------
    Simonyan, Vedaldi and Zisserman (2014), "Deep inside convolutional networks: visualising image classification models
    and saliency maps".
    Smilkov et al. (2017), "SmoothGrad: removing noise by adding noise".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNClassifier, Small
    >>> from skdeep.inspection import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CNNClassifier(Small(width=0.25), epochs=5, random_state=0).fit(X, y)
    >>> display = SaliencyDisplay.from_estimator(model, X[:4], random_state=0)
    >>> display.saliency.shape
    (4, 8, 8)
    """

    def __init__(self, *, saliency, images, labels=None):
        self.saliency = saliency
        self.images = images
        self.labels = labels

    def plot(self, ax=None, *, cmap="inferno", im_kw=None):
        """Draw images and saliency.

        Parameters
        ----------
        cmap : str or matplotlib Colormap, default="inferno"
            Colours of the saliency.
        im_kw : dict, default=None
            Settings of matplotlib's `imshow` for the saliency.
        """
        images = as_images(self.images)
        labels = [text for label in self.labels or () for text in (label, "")]
        axes = _sheet.new_sheet(self, ax, 2 * len(images), images.shape[1:3], labels=labels, together=2)
        self.axes_ = axes.reshape(-1, 2)
        self.ims_, limits = [], shown_range(images)
        for (left, right), image, saliency in zip(self.axes_, images, self.saliency, strict=True):
            _sheet.draw(left, image, limits)
            brightest = np.percentile(saliency, _BRIGHTEST) or np.max(saliency) or 1.0
            self.ims_.append(_sheet.draw(right, saliency, (0.0, brightest), {"cmap": cmap} | (im_kw or {})))
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        target=None,
        n_samples=25,
        noise=0.15,
        max_images=16,
        image_shape=None,
        random_state=None,
        ax=None,
        cmap="inferno",
        im_kw=None,
    ):
        """Differentiate the score of a class, and draw where it depends on the pixels.

        The score is the output before the last sigmoid or softmax, which would hide what a sure net looks at. That of
        a regressor is its prediction.

        Parameters
        ----------
        estimator : estimator instance
            A fitted estimator of this library; also a pipeline that ends with one, or a search that found one. In a
            pipeline, X goes through the steps before, and the gradient is that with respect to what they return.
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_pixels)
            Images that the estimator can predict.
        target : label or array-like of labels, default=None
            The class whose score is explained, one for all images or one for each; the number of a label in the
            multilabel case, that of a target for regressors with several, and a row of labels, one for each target, for
            classifiers with several. By default, what the estimator predicts; of several labels, the most probable.
        n_samples : int, default=25
            Noisy copies of each image whose gradients are averaged (SmoothGrad).
        noise : float, default=0.15
            Standard deviation of the noise, as a fraction of the range of the values of an image. Zero is the plain
            gradient.
        max_images : int, default=16
            Images that are looked at, at most, the first ones.
        random_state : int, RandomState instance or None, default=None
            Seed of the noise.

        Raises
        ------
        ValueError
            If X holds no images or their shape is not known, or there is no such target.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        check_scalar(max_images, "max_images", Integral, min_val=1)
        trained = find_trained(estimator)
        X = seen_by_net(estimator, X[:max_images])
        images = as_images(X, known_image_shape(trained, image_shape))
        weights, labels = output_weights(trained, X, target)
        model = trained.model_
        gradients = smooth_gradients(
            model,
            images.reshape(-1, *model.inputs[0].shape[1:]),
            weights,
            n_samples=n_samples,
            noise=noise,
            random_state=random_state,
        )
        saliency = np.abs(gradients).reshape(images.shape).max(axis=-1)
        return cls(saliency=saliency, images=images, labels=labels).plot(ax, cmap=cmap, im_kw=im_kw)
