"""Training against validation loss, with a verdict in plain words."""

import textwrap

from skdeep.inspection._diagnosis import diagnose
from skdeep.inspection._history import drawn_curves, find_trained, reference_losses
from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented
from skdeep.inspection._plot.loss_curve import LossCurveDisplay


@documented
class TrainingDiagnosisDisplay:
    """Training against validation loss, with a verdict and advice.

    It is recommended to use `TrainingDiagnosisDisplay.from_estimator` or `TrainingDiagnosisDisplay.from_history`. All
    parameters are stored as attributes. The verdict is known without drawing.

    Parameters
    ----------
    loss, val_loss : array-like of shape (n_epochs,)
        Training and validation loss of each epoch; at least five epochs. The latter may be None, and then nothing is
        said of overfitting.
    learning_rate : array-like of shape (n_epochs,), default=None
        Learning rate at the end of each epoch.
    guess_loss : float, default=None
        Loss of a guess that ignores the inputs, against which losses are measured: the logarithm of the number of
        classes for cross-entropy, 1 for the squared error of standardised targets. By default, the first training loss.
    perfect_loss : float or None, default=0.0
        Loss of perfect predictions; None if that is not known. Then only a net that is no better than the guess counts
        as underfitting.
    best_epoch : int, default=None
        The epoch to mark, counted from 1.
    kept_epoch : int, default=None
        The epoch whose weights were kept, counted from 1, if it is not the last: that of early stopping.
    name : str, default=None
        What was trained, for the legend.

    Attributes
    ----------
    verdict_ : {"good fit", "no fault found", "underfitting", "overfitting", "learning rate too high", \
"learning rate too low"}
        The first of these that holds, in this order: the learning rate is too high if the training loss exploded, went
        up again or kept jumping up; too low if it came down by little and was still falling steadily at the end; a net
        overfits if the validation loss turned upwards or stayed far above the training loss; it underfits if the
        training loss, too, stayed near that of a guess. Else it is a good fit or, without validation losses, no fault
        was found.
    reason_ : str
        The numbers that decided.
    advice_ : str
        What to try next.
    ax_ : matplotlib Axes
        Axes with the losses.
    figure_ : matplotlib Figure
        Figure containing the curves.
    lines_ : list of matplotlib Line2D
        The curves of the training and the validation loss.
    text_ : matplotlib Text or None
        The reason and the advice below the curves.

    See Also
    --------
    LossCurveDisplay : The curves without a verdict.

    Notes
    -----
    Curves show what happened, not why. A net that does as well as noise in the data allows looks like one that
    underfits, and validation rows that differ from the training rows look like overfitting.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep.inspection import TrainingDiagnosisDisplay
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X, X_val, y, y_val = train_test_split(X / 16, y, random_state=0)
    >>> model = MLPClassifier(learning_rate=1e-6, epochs=10, random_state=0).fit(X, y, X_val=X_val, y_val=y_val)
    >>> display = TrainingDiagnosisDisplay.from_estimator(model)
    >>> display.verdict_
    'learning rate too low'
    >>> display.advice_
    'Try ten times the learning rate. More epochs would get there too, but slowly.'
    """

    def __init__(
        self,
        *,
        loss,
        val_loss=None,
        learning_rate=None,
        guess_loss=None,
        perfect_loss=0.0,
        best_epoch=None,
        kept_epoch=None,
        name=None,
    ):
        self.loss = loss
        self.val_loss = val_loss
        self.learning_rate = learning_rate
        self.guess_loss = guess_loss
        self.perfect_loss = perfect_loss
        self.best_epoch = best_epoch
        self.kept_epoch = kept_epoch
        self.name = name
        diagnosis = diagnose(
            loss,
            val_loss,
            guess_loss=guess_loss,
            perfect_loss=perfect_loss,
            kept_epoch=kept_epoch,
            learning_rate=learning_rate,
        )
        self.verdict_, self.reason_, self.advice_ = diagnosis.verdict, diagnosis.reason, diagnosis.advice

    def plot(self, ax=None, *, log_scale=False, show_advice=True, name=None, line_kw=None):
        """Draw the curves, with the verdict above and the advice below them.

        Parameters
        ----------
        show_advice : bool, default=True
            Whether the reason and the advice are written below the curves.
        line_kw : dict, default=None
            Settings of matplotlib's `plot` for the curves.
        """
        _style.set_axes(self, ax)
        curves = LossCurveDisplay(
            loss=self.loss, val_loss=self.val_loss, best_epoch=self.best_epoch, name=name or self.name
        )
        self.lines_ = curves.plot(self.ax_, log_scale=log_scale, line_kw=line_kw).lines_
        self.ax_.set_title(self.verdict_.capitalize(), loc="left", fontweight="bold")
        self.text_ = self._write_advice() if show_advice else None
        return self

    def _write_advice(self):
        """Write as many words a line as are as wide as the axes."""
        from matplotlib import rcParams

        size = rcParams["font.size"] * 0.9
        self.figure_.draw_without_rendering()  # the layout settles how wide the axes are
        points = self.ax_.get_window_extent().width * 72 / self.figure_.dpi
        n_letters = max(30, int(points / (0.54 * size)))
        lines = [line for part in (self.reason_, self.advice_) for line in textwrap.wrap(part, n_letters)]
        return self.ax_.annotate(
            "\n".join(lines),
            xy=(0, 0),
            xycoords="axes fraction",
            xytext=(0, -3.6 * rcParams["font.size"]),
            textcoords="offset points",
            va="top",
            fontsize=size,
            color=_style.TEXT,
            linespacing=1.4,
            annotation_clip=False,
        )

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, log_scale=False, show_advice=True, name=None, line_kw=None):
        """Judge the training of a fitted estimator.

        Parameters
        ----------
        estimator : estimator instance
            Fitted, best with validation data, from X_val and y_val or early stopping; also a pipeline that ends with
            one, or a search that found one.
        name : str, default=None
            What was trained, for the legend.

        Raises
        ------
        ValueError
            If there is no estimator with a history in it, or the history has too few epochs.
        """
        estimator = find_trained(estimator)
        curves = _judged(estimator.history_)
        guess_loss, perfect_loss = reference_losses(estimator)
        kept_epoch = curves["best_epoch"] if getattr(estimator, "early_stopping", False) else None
        display = cls(**curves, guess_loss=guess_loss, perfect_loss=perfect_loss, kept_epoch=kept_epoch, name=name)
        return display.plot(ax, log_scale=log_scale, show_advice=show_advice, line_kw=line_kw)

    @classmethod
    def from_history(
        cls,
        history,
        *,
        guess_loss=None,
        perfect_loss=0.0,
        ax=None,
        log_scale=False,
        show_advice=True,
        name=None,
        line_kw=None,
    ):
        """Judge a training by its history.

        Parameters
        ----------
        history : dict of list
            As `history_`, or the `history` of what `keras.Model.fit` returns, best with "val_loss".
        guess_loss : float, default=None
            Loss of a guess that ignores the inputs, such as the logarithm of the number of classes for cross-entropy.
            By default, the first training loss, which hides an explosion in the first epoch.
        perfect_loss : float or None, default=0.0
            Loss of perfect predictions; None if that is not known.

        Raises
        ------
        ValueError
            If the history has no training losses, or too few epochs.
        """
        display = cls(**_judged(history), guess_loss=guess_loss, perfect_loss=perfect_loss, name=name)
        return display.plot(ax, log_scale=log_scale, show_advice=show_advice, line_kw=line_kw)


def _judged(history):
    """Return the curves that are judged: losses, not scores."""
    curves = drawn_curves(history)
    del curves["val_score"]
    return curves
