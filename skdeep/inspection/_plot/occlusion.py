"""Which pixels, or which moments of series, matter, by covering or permuting them."""

from functools import partial

import numpy as np
from tqdm.auto import tqdm

from skdeep.inspection import _occlusion, _series_occlusion
from skdeep.inspection._images import as_images, known_image_shape, shown_range
from skdeep.inspection._plot import _panels, _sheet, _style
from skdeep.inspection._plot._docs import documented
from skdeep.inspection._series import SeriesRows, layout_of_series

_HAZE = 0.8  # how pale the image lies under the colours


@documented
class OcclusionDisplay:
    """What an estimator loses without each part of images or series, drawn with their mean, or with the only one.

    It is recommended to use `OcclusionDisplay.from_estimator`. All parameters are stored as attributes.

    Orange parts matter: without them, the estimator does worse. Without purple ones it does better. The image shows
    through where nothing changes; a series is drawn over the colours.

    Parameters
    ----------
    importances : ndarray of shape (height, width) or (time,)
        What is lost without each pixel, or without each moment.
    image : ndarray of shape (height, width) or (height, width, n_channels), default=None
        What lies under the importances of pixels.
    series : ndarray of shape (time,) or (time, n_channels), default=None
        What lies over the importances of moments.
    name : str, default=None
        What the importances are, for the colour bar.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the image or the series.
    figure_ : matplotlib Figure
        Figure containing the axes.
    im_ : matplotlib AxesImage
        The importances.
    lines_ : list of matplotlib Line2D
        The channels of the series; none over images.
    colorbar_ : matplotlib Colorbar or None
        Their scale.

    See Also
    --------
    SaliencyDisplay : Which pixels move the output, from gradients.
    ClassActivationDisplay : What each moment of a series adds to the score.
    sklearn.inspection.permutation_importance : The same for the columns of a table.

    Notes
    -----
    Covered images are unlike those the net was trained on; what it makes of the cover itself is part of the result.
    The same holds for series, where the cover is the mean of each channel, which nets that standardise see as zero.
    Permutation keeps the values of each patch plausible, but tears apart what belongs together. Patches that carry the
    same information stand in for each other, and then none of them seems to matter.

    References
    ----------
    Zeiler and Fergus (2014), "Visualizing and understanding convolutional networks": occlusion.
    Breiman (2001), "Random forests"; Fisher, Rudin and Dominici (2019), "All models are wrong, but many are useful":
    permutation.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNClassifier, Small
    >>> from skdeep.inspection import OcclusionDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CNNClassifier(Small(width=0.25), epochs=5, random_state=0).fit(X, y)
    >>> display = OcclusionDisplay.from_estimator(model, X[:200], y[:200])
    >>> display.importances.shape
    (8, 8)

    Of series, the moments that matter:

    >>> import numpy as np
    >>> from skdeep.sequence import RNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 12))
    >>> y = X[:, 8:].mean(axis=1) > 0
    >>> model = RNNClassifier(units=8, random_state=0).fit(X, y)
    >>> display = OcclusionDisplay.from_estimator(model, X, y, patch=2)
    >>> bool(display.importances[8:].min() > display.importances[:8].max())
    True
    """

    def __init__(self, *, importances, image=None, series=None, name=None):
        self.importances = importances
        self.image = image
        self.series = series
        self.name = name

    def plot(self, ax=None, *, cmap="PuOr_r", colorbar=True, im_kw=None):
        """Draw the importances.

        Parameters
        ----------
        cmap : str or matplotlib Colormap, default="PuOr_r"
            Colours of the importances; zero is in the middle.
        colorbar : bool, default=True
            Whether there is a scale.
        im_kw : dict, default=None
            Settings of matplotlib's `imshow` for the importances.
        """
        importances = np.asarray(self.importances)
        largest = float(np.abs(importances).max()) or 1.0
        settings = {"cmap": cmap, "vmin": -largest, "vmax": largest, "interpolation": "nearest"}
        draw = self._draw_over_image if importances.ndim == 2 else self._draw_under_series
        draw(ax, importances, settings, im_kw or {})
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = self.figure_.colorbar(self.im_, ax=self.ax_, shrink=0.85, label=self.name)
            self.colorbar_.outline.set_visible(False)
            if importances.any():  # one side of the scale will do where nothing is on the other
                self.colorbar_.ax.set_ylim(min(importances.min(), 0), max(importances.max(), 0))
        return self

    def _draw_over_image(self, ax, importances, settings, im_kw):
        _style.set_axes(self, ax, (4.8, 4.0))
        self.ax_.set_axis_off()
        self.lines_ = []
        if self.image is not None:
            low, high = shown_range(self.image)
            _sheet.draw(self.ax_, self.image, (low - _HAZE * (high - low), high))
            # What does not matter stays clear; the root lets small importances be seen.
            settings["alpha"] = 0.9 * np.sqrt(np.abs(importances) / settings["vmax"])
        self.im_ = self.ax_.imshow(importances, **settings | im_kw)

    def _draw_under_series(self, ax, importances, settings, im_kw):
        _style.set_axes(self, ax, (6.4, 3.0))
        self.lines_ = [] if self.series is None else _panels.draw_series(self.ax_, self.series)
        self.im_ = _panels.shade(self.ax_, importances, settings | im_kw)
        self.ax_.set_xlabel("moment")

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        method="occlusion",
        patch=None,
        stride=None,
        fill="mean",
        scoring=None,
        n_repeats=5,
        image_shape=None,
        random_state=None,
        verbose=0,
        ax=None,
        cmap="PuOr_r",
        colorbar=True,
        im_kw=None,
    ):
        """Cover or permute one patch of images or series after the other, and draw what the estimator loses.

        Parameters
        ----------
        estimator : estimator instance
            Fitted; any classifier or regressor that takes images or flat rows of pixels, also a pipeline or a search.
            One for series is an estimator of `skdeep.sequence`, or a pipeline that begins with one.
        X : array-like of shape (n_samples, height, width[, channels]) or (n_samples, n_pixels), or series
            Images that the estimator can predict; series, or rows of ids, in the layout that it takes, of any lengths.
            They need not be those of the training.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            What is true. By default, what the estimator predicts; permutation needs it.
        method : {"occlusion", "permutation"}, default="occlusion"
            "occlusion" covers a patch of every image with one colour; one image is enough. "permutation" exchanges the
            patch between the images at random; that of a series, with one that has as many moments in it.
        patch : int or (int, int), default=None
            Height and width of a patch in pixels. By default, a seventh of each side. Of series, moments; by default, a
            twentieth of the longest one. A patch ends where its series ends.
        stride : int or (int, int), default=None
            Pixels, or moments, from one patch to the next. By default, patches touch; where they overlap, a pixel has
            the average of its patches.
        fill : "mean" or array-like, default="mean"
            What covers a patch: the mean colour of the images, a number, a colour, or an image, such as the mean one;
            the mean of each channel of the series, or a value of each; or an id, by default one that was never seen.
        scoring : str or callable, default=None
            What drops: a name or a function (estimator, X, y) as in scikit-learn. By default, occlusion measures image
            by image the drop of the true class's probability, averaged over several targets, or the growth of the
            absolute error, and permutation the drop of `estimator.score`, as does occlusion of classifiers without
            probabilities.
        n_repeats : int, default=5
            Permutations of each patch, which are averaged.
        random_state : int, RandomState instance or None, default=None
            Seed of the permutations.
        verbose : int, default=0
            Whether a bar shows the progress.

        Raises
        ------
        ValueError
            If X holds no images or series, or their shape is not known, patches do not fit, or the method is not known.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        shape, form = known_image_shape(estimator, image_shape), layout_of_series(estimator)
        how = {"patch": patch, "stride": stride, "scoring": scoring}
        how["progress"] = partial(tqdm, desc=method, disable=not verbose)
        if image_shape is None and form is not None:
            kind, how["form"] = _series_occlusion, form
        else:
            kind, how["image_shape"] = _occlusion, shape
        if method == "occlusion":
            found = kind.occlusion(estimator, X, y, fill=fill, **how)
        elif method == "permutation":
            found = kind.permutation(estimator, X, y, n_repeats=n_repeats, random_state=random_state, **how)
        else:
            raise ValueError(f"method must be 'occlusion' or 'permutation', got {method!r}.")
        if kind is _series_occlusion:
            display = cls(importances=found.drops, series=SeriesRows(X, form).mean(), name=found.name)
        else:
            image = as_images(X, shape).mean(axis=0, dtype=np.float64)
            display = cls(importances=found.drops, image=image, name=found.name)
        return display.plot(ax, cmap=cmap, colorbar=colorbar, im_kw=im_kw)
