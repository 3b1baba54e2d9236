"""What a search has found: scores against the parameters of its candidates."""

from itertools import combinations

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.inspection import _search
from skdeep.inspection._plot import _candidates, _panels, _style
from skdeep.inspection._plot._docs import documented

_SIZES = {1: (4.2, 2.8), 2: (3.2, 2.3)}  # inches of a panel, by how many there are
_SIZE, _CELLS = (2.3, 1.7), (2.4, 2.0)
_NAME = 0.35  # inches for the name of a parameter beside its values
_MOST_CROSSED = 4  # parameters of which all pairs are drawn by default
_SPREAD = 4.0  # how far below the best the colours reach, in distances of the best from the middle
_KINDS = ("parameters", "pairs", "parallel")


@documented
class SearchDisplay:
    """The scores of the candidates of a search: along each parameter, in cells of two, or as lines across all.

    It is recommended to use `SearchDisplay.from_estimator`, `SearchDisplay.from_results` or `SearchDisplay.from_study`.
    All parameters are stored as attributes.

    Parameters
    ----------
    params : dict of str -> MaskedArray of shape (n_candidates,)
        Values of each parameter, masked where a candidate has none.
    scores : dict of str -> ndarray of shape (n_candidates,)
        Score of each candidate by the name of the scorer; NaN where a fit has failed.
    stds : dict of str -> ndarray of shape (n_candidates,), default=None
        Standard deviation of the scores over the folds.
    best_index : int, default=0
        The candidate to mark.
    given_up : ndarray of bool of shape (n_candidates,), default=None
        Which candidates were given up early, in a rung of successive halving or by a pruner: they are drawn paler, with
        the last score that they had.
    greater_is_better : bool, default=True
        Whether the best score is the largest.
    labels : dict of str -> str, default=None
        What is written for a parameter instead of its name.
    score_names : dict of str -> str, default=None
        What is written for a scorer instead of its name.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes that hold all panels, or the lines.
    axes_ : ndarray of matplotlib Axes
        The panels, one for each scorer and parameter, or one for each pair.
    figure_ : matplotlib Figure
        Figure containing the panels.
    scatters_ : list of matplotlib PathCollection
        The candidates in each panel of kind "parameters".
    lines_ : list of matplotlib Line2D
        The curve of each panel of kind "parameters", or the line of each candidate of kind "parallel".
    best_ : list of matplotlib Line2D
        The marks of the best candidate, of kind "parameters".
    ims_ : list of matplotlib AxesImage
        The cells of each pair.
    colorbar_ : matplotlib Colorbar or None
        Colours of the scores.

    See Also
    --------
    LossCurveDisplay : How the best candidate was trained.
    sklearn.model_selection.ValidationCurveDisplay : Scores along one parameter, which it computes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skdeep.inspection import SearchDisplay
    >>> from skdeep.tabular import MLPClassifier
    >>> net = MLPClassifier((8,), epochs=10, random_state=0)
    >>> grid = {"learning_rate": [0.001, 0.01, 0.1], "alpha": [1e-4, 1e-2]}
    >>> search = GridSearchCV(net, grid, cv=3).fit(*load_iris(return_X_y=True))
    >>> display = SearchDisplay.from_estimator(search)
    >>> [panel.get_xlabel() for panel in display.axes_]
    ['alpha', 'learning_rate']
    >>> display = display.plot(kind="pairs")
    >>> display.ims_[0].get_array().shape
    (3, 2)
    """

    def __init__(
        self, *, params, scores, stds=None, best_index=0, given_up=None, greater_is_better=True, labels=None,
        score_names=None,
    ):  # fmt: skip
        self.params = params
        self.scores = scores
        self.stds = stds
        self.best_index = best_index
        self.given_up = given_up
        self.greater_is_better = greater_is_better
        self.labels = labels
        self.score_names = score_names

    def plot(
        self, ax=None, *, kind="parameters", parameters=None, scoring=None, summary="mean", scatter_kw=None,
        line_kw=None, im_kw=None,
    ):  # fmt: skip
        """Draw the scores.

        Parameters
        ----------
        kind : {"parameters", "pairs", "parallel"}, default="parameters"
            "parameters" draws the score of every candidate against its value of each parameter, "pairs" a heat map for
            every two parameters, "parallel" a line for each candidate, across all parameters to its score.
        parameters : list of str, default=None
            Which parameters are drawn. By default those of which there are several values; of kind "pairs", the first
            four of them.
        scoring : str or list of str, default=None
            Which scorer is drawn, of several; the first by default. A list has a row of panels for each, of kind
            "parameters".
        summary : {"mean", "max"} or None, default="mean"
            What the curve, or a cell, shows of several candidates with the same value: their mean, or the best of them.
            Of many values, those that are near each other count together. None draws no curve.
        scatter_kw : dict, default=None
            Settings of matplotlib's `scatter`, of kind "parameters".
        line_kw : dict, default=None
            Settings of the lines of kind "parallel".

        Raises
        ------
        ValueError
            If an option, a parameter or a scorer is not known, or there are too few parameters for pairs.
        """
        _check_option("kind", kind, _KINDS)
        _check_option("summary", summary, ("mean", "max", None) if kind == "parameters" else ("mean", "max"))
        names, scorers = self._chosen(parameters, kind), self._scorers(scoring, kind)
        scales = [_search.scale_of(self.params[name]) for name in names]
        self.scatters_, self.lines_, self.best_, self.ims_, self.colorbar_ = [], [], [], [], None
        if kind == "parameters":
            self._plot_parameters(ax, names, scales, scorers, summary, scatter_kw)
        elif kind == "pairs":
            self._plot_pairs(ax, names, scales, scorers[0], summary, im_kw)
        else:
            self._plot_parallel(ax, names, scales, scorers[0], line_kw)
        return self

    def _plot_parameters(self, ax, names, scales, scorers, summary, scatter_kw):
        n_columns = len(names) if len(scorers) > 1 and len(names) <= 4 else 3
        n_panels = len(names) * len(scorers)
        below = _NAME + min(0.7, max(0.15, 0.6 * _candidates.room_for(scales)))
        self.axes_ = _panels.new_panels(self, ax, n_panels, _SIZES.get(n_panels, _SIZE), n_columns, below=below)
        candidates, reduce, failed = self._candidates(), self._reduce(summary), None
        for number, panel in enumerate(self.axes_):
            which, scorer = number % len(names), scorers[number // len(names)]
            drawn = _candidates.along(
                panel, scales[which], candidates, self.scores[scorer], reduce, dict(scatter_kw or {})
            )
            self.scatters_.append(drawn[0])
            self.lines_ += [drawn[1]] * (drawn[1] is not None)
            self.best_.append(drawn[2])
            failed = drawn[3] or failed
            panel.set_xlabel(self._label(names[which]), fontsize=9, parse_math=False)
            if which == 0 or number % n_columns == 0:
                panel.set_ylabel(self._score_name(scorer), fontsize=9, parse_math=False)
        self._add_legend(scorers, summary, failed)

    def _add_legend(self, scorers, summary, failed):
        """Say above the panels what dots, curves and marks are."""
        from matplotlib.lines import Line2D

        dot, n_candidates = self.scatters_[0], len(self.scores[scorers[0]])

        round_dot = {"linestyle": "none", "marker": "o", "markersize": 5, "color": dot.get_facecolor()[0][:3]}
        handles = [Line2D([], [], **round_dot, label=f"{n_candidates} candidates")]
        if self.given_up is not None and self.given_up.any():
            handles.append(Line2D([], [], **round_dot, alpha=0.3, label="given up early"))
        if self.lines_:
            best = "best" if summary == "max" else "mean"
            handles.append(Line2D([], [], color=self.lines_[0].get_color(), label=f"{best} at a value"))
        self.best_[0].set_label(self._best_label(scorers[0]) if len(scorers) == 1 else "best")
        handles.append(self.best_[0])
        if failed is not None:
            failed.set_label("failed")
            handles.append(failed)
        self.ax_.legend(
            handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=9,
            ncols=2 if len(self.axes_) == 1 else len(handles), columnspacing=1.2, handletextpad=0.4,
        )  # fmt: skip

    def _best_label(self, scorer):
        label = f"best: {_candidates.written(self.scores[scorer][self.best_index])}"
        if self.stds and scorer in self.stds:
            label += f" ± {_candidates.written(self.stds[scorer][self.best_index])}"
        return label

    def _plot_pairs(self, ax, names, scales, scorer, summary, im_kw):
        pairs = list(combinations(range(len(names)), 2))
        left = _NAME + _candidates.room_for([scales[up] for _, up in pairs])
        self.axes_ = _panels.new_panels(self, ax, len(pairs), _SIZES.get(len(pairs), _CELLS), 3, left=left)
        scores = self.scores[scorer]
        settings = {"cmap": self._cmap(), "norm": self._norm(scores)} | (im_kw or {})
        for panel, (across, up) in zip(self.axes_, pairs, strict=True):
            self.ims_.append(
                _candidates.cells(
                    panel, scales[across], scales[up], self._candidates(), scores, self._reduce(summary), settings
                )
            )
            panel.set_xlabel(self._label(names[across]), fontsize=9, parse_math=False)
            panel.set_ylabel(self._label(names[up]), fontsize=9, parse_math=False)
        self._add_colorbar(self.ims_[0], scores, f"{'best' if summary == 'max' else 'mean'} {self._score_name(scorer)}")

    def _plot_parallel(self, ax, names, scales, scorer, line_kw):
        from matplotlib.cm import ScalarMappable

        _style.set_axes(self, ax, (max(4.0, 1.25 * (len(names) + 1) + 1), 4.2))
        scores, labels = self.scores[scorer], [*map(self._label, names), self._score_name(scorer)]
        norm = self._norm(scores)
        self.axes_ = np.array([self.ax_], dtype=object)
        self.lines_ = _candidates.parallel(
            self.ax_, scales, labels, self._candidates(), scores, norm, self._cmap(), line_kw
        )
        self.ax_.set_title(self._best_label(scorer), fontsize=10, color=_style.VALIDATION)
        self._add_colorbar(ScalarMappable(norm, self._cmap()), scores, self._score_name(scorer))

    def _add_colorbar(self, mappable, scores, label):
        below = np.nanmin(scores) < mappable.norm.vmin
        above = np.nanmax(scores) > mappable.norm.vmax
        extend = "both" if below and above else "min" if below else "max" if above else "neither"
        self.colorbar_ = self.figure_.colorbar(mappable, ax=self.ax_, extend=extend, fraction=0.05, pad=0.02)
        self.colorbar_.set_label(label, fontsize=9)
        self.colorbar_.ax.tick_params(labelsize=8)

    def _norm(self, scores):
        """Return what makes colours of scores: those of a few bad candidates would leave one colour for all others."""
        from matplotlib.colors import Normalize

        sign = 1.0 if self.greater_is_better else -1.0
        goodness = sign * scores[np.isfinite(scores)]
        best = goodness.max()
        low = max(goodness.min(), best - _SPREAD * (best - np.median(goodness)))
        ends = sorted((sign * low, sign * best))
        return Normalize(*(ends if ends[0] < ends[1] else (ends[0] - 0.5, ends[0] + 0.5)))

    def _cmap(self):
        return "viridis" if self.greater_is_better else "viridis_r"

    def _reduce(self, summary):
        if summary != "max":
            return np.mean if summary else None
        return np.max if self.greater_is_better else np.min

    def _candidates(self):
        n_candidates = len(next(iter(self.scores.values())))
        given_up = np.zeros(n_candidates, dtype=bool) if self.given_up is None else np.asarray(self.given_up)
        return _search.Candidates(
            self.params, self.scores, self.stds or {}, self.best_index, given_up, self.greater_is_better
        )

    def _label(self, name):
        return (self.labels or {}).get(name, name)

    def _score_name(self, scorer):
        return (self.score_names or {}).get(scorer, scorer)

    def _chosen(self, parameters, kind):
        """Return the full names of the parameters to draw."""
        if parameters is None:
            several = [name for name, column in self.params.items() if len(set(map(_search.text, column))) > 1]
            names = (several or list(self.params))[: _MOST_CROSSED if kind == "pairs" else None]
        else:
            known = {self._label(name): name for name in self.params} | {name: name for name in self.params}
            given = [parameters] if isinstance(parameters, str) else list(parameters)
            unknown = [name for name in given if name not in known]
            if unknown or not given:
                raise ValueError(f"parameters must be some of {[*map(self._label, self.params)]}, got {parameters!r}.")
            names = [known[name] for name in given]
        if kind == "pairs" and len(names) < 2:
            raise ValueError(f"kind='pairs' needs two parameters with several values, got {names}; try 'parameters'.")
        return names

    def _scorers(self, scoring, kind):
        known = list(self.scores)
        if scoring is None:
            return known[:1]
        names = [scoring] if isinstance(scoring, str) else list(scoring)
        if not names or not set(names) <= set(known):
            raise ValueError(f"scoring must be one of {known}, or a list of them, got {scoring!r}.")
        if len(names) > 1 and kind != "parameters":
            raise ValueError(f"kind={kind!r} draws one scorer, got {names}.")
        return names

    @classmethod
    def from_estimator(
        cls, search, *, ax=None, kind="parameters", parameters=None, scoring=None, summary="mean", scatter_kw=None,
        line_kw=None, im_kw=None,
    ):  # fmt: skip
        """Draw what a fitted search has found.

        Parameters
        ----------
        search : estimator instance
            Fitted: a GridSearchCV, RandomizedSearchCV, search by successive halving, OptunaSearchCV, or anything else
            with `cv_results_`. Of several scorers, the one that decides is drawn by default.

        Raises
        ------
        NotFittedError
            If the search has not been fitted.
        TypeError
            If it has neither `cv_results_` nor a study.
        ValueError
            If all candidates have failed, or an option is not known.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_estimator")
        check_is_fitted(search)
        inner = getattr(search, "estimator", None)
        if hasattr(search, "study_"):
            found = _search.of_study(search.study_)
        elif hasattr(search, "cv_results_"):
            found = _search.of_results(search.cv_results_, getattr(search, "best_index_", None))
        else:
            raise TypeError(f"{type(search).__name__} has no cv_results_: it is not a search.")
        display = cls._of(found, inner, _names_of_scores(search), first=getattr(search, "refit", None))
        return display.plot(
            ax, kind=kind, parameters=parameters, scoring=scoring, summary=summary, scatter_kw=scatter_kw,
            line_kw=line_kw, im_kw=im_kw,
        )  # fmt: skip

    @classmethod
    def from_results(
        cls, cv_results, *, ax=None, kind="parameters", parameters=None, scoring=None, summary="mean", scatter_kw=None,
        line_kw=None, im_kw=None,
    ):  # fmt: skip
        """Draw the results of a search without the search itself.

        Parameters
        ----------
        cv_results : dict or DataFrame
            As `cv_results_`. The best candidate is that with the largest mean score of the first scorer.

        Raises
        ------
        ValueError
            If there are no candidates or scores in it, or an option is not known.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_results")
        return cls._of(_search.of_results(cv_results)).plot(
            ax, kind=kind, parameters=parameters, scoring=scoring, summary=summary, scatter_kw=scatter_kw,
            line_kw=line_kw, im_kw=im_kw,
        )  # fmt: skip

    @classmethod
    def from_study(
        cls, study, *, ax=None, kind="parameters", parameters=None, summary="mean", scatter_kw=None, line_kw=None,
        im_kw=None,
    ):  # fmt: skip
        """Draw the trials of a study of Optuna.

        Parameters
        ----------
        study : optuna.study.Study
            Of one objective. A pruned trial is drawn with the last value that it has reported.

        Raises
        ------
        ValueError
            If the study has several objectives, or no trial has a value, or an option is not known.
        """
        _style.check_matplotlib(f"{cls.__name__}.from_study")
        return cls._of(_search.of_study(study)).plot(
            ax, kind=kind, parameters=parameters, summary=summary, scatter_kw=scatter_kw, line_kw=line_kw, im_kw=im_kw
        )

    @classmethod
    def _of(cls, found, estimator=None, score_names=None, first=None):
        scores = found.scores
        if first in scores:
            scores = {first: scores[first]} | scores
        return cls(
            params=found.params,
            scores=scores,
            stds=found.stds,
            best_index=found.best_index,
            given_up=found.given_up,
            greater_is_better=found.greater_is_better,
            labels=_search.labels(list(found.params), estimator),
            score_names=score_names,
        )


def _names_of_scores(search):
    """Return what a single score is called, if its scorer has a name."""
    scoring = getattr(search, "scoring", None)
    return dict.fromkeys(("score", "value"), scoring) if isinstance(scoring, str) else {}


def _check_option(name, value, accepted):
    if value not in accepted:
        raise ValueError(f"{name} must be one of {list(accepted)}, got {value!r}.")
