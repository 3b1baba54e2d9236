"""The scores of nets that grow."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.inspection._plot import _style
from skdeep.inspection._plot._docs import documented


@documented
class GrowthDisplay:
    """Cross-validated score of each net of a search that grows nets.

    It is recommended to use `GrowthDisplay.from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    sizes : list of tuple of int
        Units of the hidden layers of each net, in the order in which they were tried.
    scores : array-like of shape (n_nets,)
        Mean score of each on held-out rows.
    errors : array-like of shape (n_nets,), default=None
        Standard error of each mean.
    chosen : int, default=None
        Position of the net that was chosen.
    score_name : str, default="Score"
        What the score is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the scores.
    figure_ : matplotlib Figure
        Figure containing the scores.
    line_ : matplotlib Line2D
        The mean scores.
    errorbar_ : matplotlib ErrorbarContainer
        The scores with their errors.
    chosen_line_ : matplotlib Line2D or None
        The marker of the chosen net.

    See Also
    --------
    skdeep.model_selection.GrowingSearchCV : Grows nets.
    sklearn.model_selection.ValidationCurveDisplay : Scores against values of one parameter.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.inspection import GrowthDisplay
    >>> from skdeep.model_selection import GrowingSearchCV
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier(learning_rate=0.01, epochs=20, n_iter_no_change=20, random_state=0)
    >>> search = GrowingSearchCV(net, min_units=4, max_units=8, max_layers=1).fit(X, y)
    >>> display = GrowthDisplay.from_estimator(search)
    >>> [label.get_text() for label in display.ax_.get_xticklabels()]
    ['4', '8']
    """

    def __init__(self, *, sizes, scores, errors=None, chosen=None, score_name="Score"):
        self.sizes = sizes
        self.scores = scores
        self.errors = errors
        self.chosen = chosen
        self.score_name = score_name

    def plot(self, ax=None, *, line_kw=None):
        """Draw the scores.

        Parameters
        ----------
        line_kw : dict, default=None
            Settings of matplotlib's `errorbar` for the scores.
        """
        _style.set_axes(self, ax)
        positions = np.arange(len(self.sizes))
        settings = {"label": "mean and standard error", "color": _style.TRAINING, "marker": "o", "capsize": 3}
        if self.errors is None:
            settings["label"] = "mean"
        self.errorbar_ = self.ax_.errorbar(positions, self.scores, self.errors, **settings | (line_kw or {}))
        self.line_ = self.errorbar_.lines[0]
        names = [" + ".join(map(str, size)) for size in self.sizes]
        self.chosen_line_ = None
        if self.chosen is not None:
            self.chosen_line_ = self.ax_.plot(
                [self.chosen],
                [self.scores[self.chosen]],
                linestyle="none",
                marker="o",
                markersize=10,
                markerfacecolor="none",
                markeredgewidth=2.0,
                color=_style.VALIDATION,
                label=f"chosen: {names[self.chosen]}",
                zorder=3,
            )[0]
        self.ax_.set(xlabel="Units of the hidden layers", ylabel=self.score_name)
        self.ax_.set_xticks(positions, names, rotation=45, ha="right", rotation_mode="anchor")
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.legend(frameon=False)
        return self

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, line_kw=None):
        """Draw the path of a fitted search.

        Parameters
        ----------
        estimator : GrowingSearchCV
            Fitted.

        Raises
        ------
        TypeError
            If it is no such search.
        """
        if not hasattr(estimator, "max_layers"):
            raise TypeError(f"GrowthDisplay draws the path of a GrowingSearchCV, got {estimator!r}.")
        check_is_fitted(estimator, "path_")
        results = estimator.cv_results_
        score = estimator.refit if estimator.multimetric_ else "score"
        folds = np.stack([results[f"split{fold}_test_{score}"] for fold in range(estimator.n_splits_)])
        several = estimator.n_splits_ > 1
        return cls(
            sizes=estimator.path_,
            scores=folds.mean(axis=0),
            errors=folds.std(axis=0, ddof=1) / np.sqrt(estimator.n_splits_) if several else None,
            chosen=estimator.best_index_,
            score_name=_name(score, estimator.scoring),
        ).plot(ax, line_kw=line_kw)


def _name(score, scoring):
    """Return what a score is called on an axis."""
    name = score if score != "score" else scoring if isinstance(scoring, str) else "score"
    return name.replace("_", " ").capitalize()
