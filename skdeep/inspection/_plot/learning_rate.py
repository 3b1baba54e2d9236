"""The losses of a learning rate range test."""

from sklearn.utils.validation import check_is_fitted

from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented


@documented
class LearningRateDisplay:
    """Loss of each step of a learning rate range test, against the learning rate.

    It is recommended to use `LearningRateDisplay.from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    learning_rates : array-like of shape (n_steps,)
        Learning rate of each step.
    losses : array-like of shape (n_steps,)
        Training loss of each step.
    smoothed_losses : array-like of shape (n_steps,), default=None
        Losses averaged over steps of about the same rate.
    suggestion : float, default=None
        The learning rate to mark.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the losses.
    figure_ : matplotlib Figure
        Figure containing the losses.
    line_ : matplotlib Line2D
        The losses of the steps.
    smoothed_line_ : matplotlib Line2D or None
        The smoothed losses.
    suggestion_line_ : matplotlib Line2D or None
        The marker of the suggestion.

    See Also
    --------
    skdeep.model_selection.LearningRateFinder : Makes such a test.
    LossCurveDisplay : The losses of a whole training.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.inspection import LearningRateDisplay
    >>> from skdeep.model_selection import LearningRateFinder
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> finder = LearningRateFinder(MLPClassifier(random_state=0)).fit(X / 16, y)
    >>> display = LearningRateDisplay.from_estimator(finder)
    >>> display.ax_.get_xscale()
    'log'
    """

    def __init__(self, *, learning_rates, losses, smoothed_losses=None, suggestion=None):
        self.learning_rates = learning_rates
        self.losses = losses
        self.smoothed_losses = smoothed_losses
        self.suggestion = suggestion

    def plot(self, ax=None, *, log_scale=False, line_kw=None):
        """Draw the losses.

        Parameters
        ----------
        line_kw : dict, default=None
            Settings of matplotlib's `plot` for the smoothed losses, or for the losses if they are not smoothed.
        """
        _style.set_axes(self, ax)
        main = {"label": "loss", "color": _style.TRAINING}
        self.smoothed_line_ = None
        if self.smoothed_losses is None:
            self.line_ = self.ax_.plot(self.learning_rates, self.losses, **_style.styled(main, line_kw))[0]
        else:
            pale = {"label": "loss of a step", "color": _style.TRAINING, "alpha": 0.35, "linewidth": 1.0}
            self.line_ = self.ax_.plot(self.learning_rates, self.losses, **pale)[0]
            main["label"] = "smoothed"
            curve = self.ax_.plot(self.learning_rates, self.smoothed_losses, **_style.styled(main, line_kw))
            self.smoothed_line_ = curve[0]
        self.suggestion_line_ = None
        if self.suggestion is not None:
            label = f"suggestion: {self.suggestion:.2g}"
            self.suggestion_line_ = self.ax_.axvline(
                self.suggestion, color=_style.VALIDATION, linestyle="--", label=label
            )
        self.ax_.set(xlabel="Learning rate", ylabel="Loss", xscale="log", yscale="log" if log_scale else "linear")
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.legend(frameon=False)
        return self

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, log_scale=False, line_kw=None):
        """Draw the losses of a fitted finder.

        Parameters
        ----------
        estimator : LearningRateFinder
            Fitted.

        Raises
        ------
        TypeError
            If it is no finder.
        """
        if not hasattr(estimator, "min_learning_rate"):
            raise TypeError(f"LearningRateDisplay draws what a LearningRateFinder has found, got {estimator!r}.")
        check_is_fitted(estimator, "losses_")
        return cls(
            learning_rates=estimator.learning_rates_,
            losses=estimator.losses_,
            smoothed_losses=estimator.smoothed_losses_,
            suggestion=None if estimator.suggestion_ != estimator.suggestion_ else estimator.suggestion_,
        ).plot(ax, log_scale=log_scale, line_kw=line_kw)
