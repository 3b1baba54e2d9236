"""Training and validation loss, epoch by epoch."""

import numpy as np

from skdeep.inspection._history import drawn_curves, find_trained
from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented

_OUTWARD = 50  # points, from one axis at the right to the next


@documented
class LossCurveDisplay:
    """Training and validation loss of each epoch.

    It is recommended to use `LossCurveDisplay.from_estimator` or `LossCurveDisplay.from_history`. All parameters are
    stored as attributes.

    Parameters
    ----------
    loss : array-like of shape (n_epochs,)
        Training loss of each epoch.
    val_loss : array-like of shape (n_epochs,), default=None
        Validation loss of each epoch.
    val_score : array-like of shape (n_epochs,), default=None
        Validation score of each epoch, if one was computed; it has an axis of its own.
    learning_rate : array-like of shape (n_epochs,), default=None
        Learning rate at the end of each epoch.
    best_epoch : int, default=None
        The epoch to mark, counted from 1: on the curve of the score, if there is one, else on that of the loss.
    name : str, default=None
        What was trained, for the legend.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the losses.
    score_ax_ : matplotlib Axes or None
        Axes with the validation score, which shares its epochs.
    learning_rate_ax_ : matplotlib Axes or None
        Axes with the learning rate, which shares its epochs.
    figure_ : matplotlib Figure
        Figure containing the curves.
    lines_ : list of matplotlib Line2D
        The curves of the training loss, the validation loss, the score and the learning rate, as far as they are drawn.
    best_epoch_line_ : matplotlib Line2D or None
        The marker of the best epoch.

    See Also
    --------
    TrainingDiagnosisDisplay : The same with a verdict.
    sklearn.model_selection.LearningCurveDisplay : Scores against the number of training rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from skdeep.inspection import LossCurveDisplay
    >>> from skdeep.tabular import MLPClassifier
    >>> X, X_val, y, y_val = train_test_split(*load_iris(return_X_y=True), random_state=0)
    >>> model = MLPClassifier(learning_rate=0.01, random_state=0).fit(X, y, X_val=X_val, y_val=y_val)
    >>> display = LossCurveDisplay.from_estimator(model, log_scale=True)
    >>> [line.get_label() for line in display.lines_]
    ['training', 'validation']
    """

    def __init__(self, *, loss, val_loss=None, val_score=None, learning_rate=None, best_epoch=None, name=None):
        self.loss = loss
        self.val_loss = val_loss
        self.val_score = val_score
        self.learning_rate = learning_rate
        self.best_epoch = best_epoch
        self.name = name

    def plot(self, ax=None, *, log_scale=False, show_learning_rate=False, name=None, line_kw=None):
        """Draw the curves.

        Parameters
        ----------
        show_learning_rate : bool, default=False
            Whether the learning rate is drawn too, on an axis of its own.
        line_kw : dict, default=None
            Settings of matplotlib's `plot` for the curves of the losses.

        Raises
        ------
        ValueError
            If the learning rate is asked for and there is none.
        """
        if show_learning_rate and self.learning_rate is None:
            raise ValueError("show_learning_rate=True, but no learning rates are known: learning_rate is None.")
        _style.set_axes(self, ax)
        prefix = f"{name or self.name}, " if name or self.name else ""
        self.lines_ = [self._draw(self.loss, f"{prefix}training", _style.TRAINING, line_kw)]
        if self.val_loss is not None:
            self.lines_.append(self._draw(self.val_loss, f"{prefix}validation", _style.VALIDATION, line_kw))
        self.score_ax_ = None
        if self.val_score is not None:
            self.score_ax_, line = self._draw_beside(
                self.val_score, _style.SCORE, "Validation score", label=f"{prefix}validation score"
            )
            self.lines_.append(line)
        self.best_epoch_line_ = None if self.best_epoch is None else self._mark_best()
        self.ax_.set(xlabel="Epoch", ylabel="Loss", yscale="log" if log_scale else "linear")
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.spines[["top", "right"]].set_visible(False)
        handles = [*self.lines_, *([] if self.best_epoch_line_ is None else [self.best_epoch_line_])]
        self.learning_rate_ax_ = None
        if show_learning_rate:
            self.learning_rate_ax_, line = self._draw_beside(
                self.learning_rate, _style.LEARNING_RATE, "Learning rate", label="learning rate", linestyle=":"
            )
            self.learning_rate_ax_.set_ylim(0, None)
            if self.score_ax_ is not None:
                self.learning_rate_ax_.spines["right"].set_position(("outward", _OUTWARD))
            self.lines_.append(line)
            handles.append(line)
        # Losses end low and scores high: between them is room, of which matplotlib knows only what is on these axes.
        self.ax_.legend(handles=handles, frameon=False, loc="best" if self.score_ax_ is None else "center right")
        return self

    def _draw(self, curve, label, color, line_kw):
        epochs = np.arange(1, len(curve) + 1)
        return self.ax_.plot(epochs, curve, **_style.styled({"label": label, "color": color}, line_kw))[0]

    def _mark_best(self):
        """Put a dot where the best epoch is, and its number into the legend."""
        curves = {"loss": self.loss, "val_loss": self.val_loss, "val_score": self.val_score}
        curve, line = [one for one in curves.values() if one is not None][-1], self.lines_[-1]
        return line.axes.plot(
            [self.best_epoch],
            [curve[self.best_epoch - 1]],
            linestyle="none",
            marker="o",
            markersize=8,
            markerfacecolor="white",
            markeredgewidth=1.8,
            color=line.get_color(),
            label=f"best epoch: {self.best_epoch}",
        )[0]

    def _draw_beside(self, curve, color, what, **line):
        """Draw a curve on an axis of its own, at the right."""
        twin = self.ax_.twinx()
        line = twin.plot(np.arange(1, len(curve) + 1), curve, color=color, **line)[0]
        twin.set_ylabel(what)
        twin.spines["top"].set_visible(False)
        twin.tick_params(axis="y", labelcolor=_style.TEXT)
        # The losses lie above the other curves, and their axes must not hide these.
        self.ax_.set_zorder(twin.get_zorder() + 1)
        self.ax_.patch.set_visible(False)
        return twin, line

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, log_scale=False, show_learning_rate=False, name=None, line_kw=None):
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : estimator instance
            Fitted; also a pipeline that ends with one, or a search that found one.
        name : str, default=None
            What was trained, for the legend.

        Raises
        ------
        ValueError
            If there is no estimator with a history in it.
        """
        history = find_trained(estimator).history_
        return cls.from_history(
            history, ax=ax, log_scale=log_scale, show_learning_rate=show_learning_rate, name=name, line_kw=line_kw
        )

    @classmethod
    def from_history(cls, history, *, ax=None, log_scale=False, show_learning_rate=False, name=None, line_kw=None):
        """Draw the curves of a history.

        Parameters
        ----------
        history : dict of list
            As `history_`, or the `history` of what `keras.Model.fit` returns.

        Raises
        ------
        ValueError
            If there are no losses, or not one number an epoch.
        """
        return cls(**drawn_curves(history), name=name).plot(
            ax, log_scale=log_scale, show_learning_rate=show_learning_rate, line_kw=line_kw
        )
