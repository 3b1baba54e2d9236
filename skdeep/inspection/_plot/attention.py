"""What a transformer looks at, moment by moment."""

from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.inspection._history import unwrapped
from skdeep.inspection._plot import _panels, _style
from skdeep.inspection._plot._docs import documented
from skdeep.inspection._series import first_series

_PANEL = 2.6, 3.1  # inches
_SERIES_SHARE = 0.22  # of the height of a panel
_GAP = 0.04


@documented
class AttentionDisplay:
    """Series, and under each how much every moment of it looks at every other one.

    It is recommended to use `AttentionDisplay.from_estimator`. All parameters are stored as attributes.

    A row of the picture is a moment that looks, a column one that is looked at; the weights of a row sum to one.
    Brightness is relative to each series.

    Parameters
    ----------
    weights : list of ndarray of shape (n_vectors, n_vectors)
        Attention weights within each series.
    series : list of ndarray of shape (time,) or (time, n_channels)
        The series themselves.
    patch_size : int, default=1
        Moments that a vector stands for.
    labels : list of str, default=None
        What is written over each series.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold all panels.
    axes_ : ndarray of matplotlib Axes, of shape (n_series, 2)
        Axes of each series and of its attention.
    figure_ : matplotlib Figure
        Figure containing the panels.
    ims_ : list of matplotlib AxesImage
        The attention of each series.

    See Also
    --------
    skdeep.sequence.TransformerClassifier : Has `attention_weights`, which are drawn.
    OcclusionDisplay : Which moments matter, for any estimator.

    Notes
    -----
    Attention says where a layer takes its values from, which is not always what the prediction depends on: later layers
    may leave it unused. What happens without a part of a series is the matter of `OcclusionDisplay`.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need".
    Jain and Wallace (2019), "Attention is not explanation".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.inspection import AttentionDisplay
    >>> from skdeep.sequence import TransformerClassifier
    >>> X = np.random.default_rng(0).normal(size=(200, 12))
    >>> y = X.argmax(axis=1) < 6
    >>> model = TransformerClassifier(1, width=8, n_heads=2, random_state=0).fit(X, y)
    >>> display = AttentionDisplay.from_estimator(model, X[:3], head=0)
    >>> [one.shape for one in display.weights]
    [(12, 12), (12, 12), (12, 12)]
    """

    def __init__(self, *, weights, series, patch_size=1, labels=None):
        self.weights = weights
        self.series = series
        self.patch_size = patch_size
        self.labels = labels

    def plot(self, ax=None, *, cmap="viridis", im_kw=None):
        """Draw series and attention.

        Parameters
        ----------
        cmap : str or matplotlib Colormap, default="viridis"
            Colours of the weights.
        im_kw : dict, default=None
            Settings of matplotlib's `imshow` for the weights.
        """
        panels = _panels.new_panels(self, ax, len(self.series), _PANEL, 3)
        self.axes_, self.ims_ = np.empty((len(panels), 2), dtype=object), []
        for number, (panel, series, weights) in enumerate(zip(panels, self.series, self.weights, strict=True)):
            panel.set_axis_off()
            below = 1 - _SERIES_SHARE - _GAP
            upper = panel.inset_axes((0, below + _GAP, 1, _SERIES_SHARE))
            lower = panel.inset_axes((0, 0, 1, below))
            self.axes_[number] = upper, lower
            _panels.draw_series(upper, series)
            upper.tick_params(labelbottom=False)
            if self.labels is not None:
                _panels.titled(upper, self.labels[number])
            self.ims_.append(self._draw(lower, np.asarray(weights), len(series), {"cmap": cmap} | (im_kw or {})))
        return self

    def _draw(self, ax, weights, length, settings):
        from matplotlib.ticker import MaxNLocator

        end = len(weights) * self.patch_size - 0.5
        settings = {"vmin": 0.0, "interpolation": "nearest", "aspect": "auto"} | settings
        image = ax.imshow(weights, extent=(-0.5, end, end, -0.5), **settings)
        # The last patch may reach behind the end of its series.
        ax.set(xlim=(-0.5, length - 0.5), ylim=(length - 0.5, -0.5), xlabel="looked at", ylabel="looks")
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        ax.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
        return image

    @classmethod
    def from_estimator(
        cls, estimator, X, *, layer=-1, head=None, max_series=6, labels=None, ax=None, cmap="viridis", im_kw=None
    ):
        """Draw the attention weights of a fitted transformer.

        Parameters
        ----------
        estimator : estimator instance
            A fitted `TransformerClassifier` or `TransformerRegressor`; also a pipeline that ends with one, or a search
            that found one.
        X : array-like of shape (n_samples, time, channels) or list of array-like
            Series, or rows of ids, that the estimator can predict.
        layer : int, default=-1
            Number of the layer, from 0; -1 is the last.
        head : int, default=None
            Number of the head, from 0. By default, the mean over all heads.
        max_series : int, default=6
            Series that are looked at, at most, the first ones.
        labels : list of str, default=None
            What is written over each series. By default, nothing.

        Raises
        ------
        ValueError
            If the estimator has no attention, or if there is no such layer or head.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        trained = _with_attention(estimator)
        config = trained._net.spec.config
        _check_number(layer, "layer", config.n_layers)
        series = first_series(estimator, trained, X, max_series)
        weights = trained.attention_weights(series)[:, layer]
        if head is None:
            weights = weights.mean(axis=1)
        else:
            _check_number(head, "head", config.n_heads)
            weights = weights[:, head]
        sizes = -(-series.lengths // config.patch_size)
        weights = [one[:size, :size] for one, size in zip(weights, sizes, strict=True)]
        display = cls(weights=weights, series=list(series), patch_size=config.patch_size, labels=labels)
        return display.plot(ax, cmap=cmap, im_kw=im_kw)


def _with_attention(estimator):
    *_, inner = unwrapped(estimator)
    for found in unwrapped(estimator):
        if hasattr(found, "attention_weights"):
            check_is_fitted(found, "weights_")
            return found
    check_is_fitted(inner)
    raise ValueError(
        f"{type(inner).__name__} has no attention weights; accepted are fitted TransformerClassifier and "
        "TransformerRegressor, also as the last step of a Pipeline or inside a search with refit."
    )


def _check_number(number, name, n):
    if not isinstance(number, Integral) or not -n <= number < n:
        raise ValueError(f"{name} must be a number from 0 to {n - 1}, or a negative one from the end, got {number!r}.")
