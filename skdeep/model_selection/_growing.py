"""A search for the size of a net: first one hidden layer grows, then there are more of them."""

from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._param_validation import Interval

from skdeep.utils._attributes import unchanged_on_failure

_PARAM = "hidden_layer_sizes"


class GrowingSearchCV(BaseSearchCV):
    """Grow a net until cross-validated scores stop improving.

    The search begins with one small hidden layer. Its units are multiplied by `factor` as long as the larger net is
    better on held-out rows. Then layers of as many units are added, as long as the deeper net is better. A net is
    better only if the mean of its scores exceeds that of the best net before by more than `tol`, and by more than
    chance: `n_standard_errors` times the standard error of the differences between the two, fold by fold. So the
    smallest net is chosen that is about as good as any.

    The result is what scikit-learn's searches give: `best_params_`, `cv_results_`, and, with refit, an estimator that
    predicts.

    Parameters
    ----------
    estimator : estimator object
        Any estimator with a parameter that holds the units of each hidden layer: `MLPClassifier` of scikit-deep or
        scikit-learn, a pipeline that ends with one, ...
    param : str or None, default=None
        Name of that parameter, such as ``"mlpclassifier__hidden_layer_sizes"``. It is set to tuples of int. None is the
        one parameter called ``hidden_layer_sizes``, at whatever depth.
    min_units : int, default=8
        Units of the one hidden layer to begin with.
    max_units : int, default=512
        Units of a layer, at most.
    factor : float, default=2
        What the units are multiplied by from one net to the next.
    max_layers : int, default=4
        Hidden layers, at most.
    patience : int, default=1
        Growing stops, of units and of layers, after so many nets in a row that are not better.
    tol : float, default=0.0
        Least increase of the mean score that makes a net better.
    n_standard_errors : float, default=1.0
        Least increase of the mean score, in standard errors of the differences between folds. With 0, any increase
        counts.
    scoring : str, callable, list, tuple, dict or None, default=None
        The score on held-out rows, as in GridSearchCV. Of several, `refit` names the one by which the net grows.
    n_jobs : int or None, default=None
        Number of processes, which share the folds of a net. One process compiles a net once for all folds; several
        compile it each.
    refit : bool, str or callable, default=True
        Whether the chosen net is fitted to all rows; with several scores, the name of the one that decides. A function
        of `cv_results_` returns the number of the net to choose instead.
    cv : int, cross-validation generator or iterable, default=None
        The folds, as in GridSearchCV: None is 5. They are drawn once, and are the same for all nets.
    verbose : int, default=0
        The higher, the more is printed.
    pre_dispatch : int or str, default='2*n_jobs'
        Number of fits that are handed out at a time.
    error_score : 'raise' or numeric, default=nan
        Score of a net whose fit fails; nan is never better.
    return_train_score : bool, default=False
        Whether `cv_results_` has scores on training rows too.

    Attributes
    ----------
    path_ : list of tuple of int
        Units of the hidden layers of each net, in the order in which they were tried.
    cv_results_ : dict of ndarray
        Scores and times of each net, in the same order, as those of GridSearchCV; pandas reads it.
    best_params_ : dict
        The size that was chosen.
    best_score_ : float
        Its mean score on held-out rows.
    best_index_ : int
        Its position in `path_`. Where a larger net is only a little better, this is not that of the highest score.
    best_estimator_ : estimator
        The net of that size, fitted to all rows; with refit.
    scorer_ : function or dict
        What computes the scores.
    n_splits_ : int
        Number of folds.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X had any; with refit.
    refit_time_ : float
        Seconds of the last fit; with refit.
    multimetric_ : bool
        Whether there are several scores.

    See Also
    --------
    skdeep.inspection.GrowthDisplay : Draws the scores along the path.
    sklearn.model_selection.GridSearchCV : Tries all combinations of given values.
    LearningRateFinder : Finds a learning rate by one short training.

    Notes
    -----
    Nets of different sizes are different programs: each is compiled once, and all its folds share it.

    The rule that a smaller net is preferred unless a larger one is better by a standard error is that of Breiman et al.
    (1984), "Classification and regression trees", here with the errors of differences, which are smaller, because the
    folds are the same.

    Early stopping, `alpha` and dropout also prevent overfitting, and often better: with them, growing may go further.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep.model_selection import GrowingSearchCV
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier(learning_rate=0.01, epochs=40, n_iter_no_change=40, random_state=0)
    >>> search = GrowingSearchCV(net, min_units=2, max_units=16).fit(X, y)
    >>> search.path_[:2]
    [(2,), (4,)]
    >>> search.best_params_["hidden_layer_sizes"] in search.path_
    True
    """

    _parameter_constraints: dict = BaseSearchCV._parameter_constraints | {
        "param": [str, None],
        "min_units": [Interval(Integral, 1, None, closed="left")],
        "max_units": [Interval(Integral, 1, None, closed="left")],
        "factor": [Interval(Real, 1, None, closed="neither")],
        "max_layers": [Interval(Integral, 1, None, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_standard_errors": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        estimator,
        *,
        param=None,
        min_units=8,
        max_units=512,
        factor=2,
        max_layers=4,
        patience=1,
        tol=0.0,
        n_standard_errors=1.0,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param = param
        self.min_units = min_units
        self.max_units = max_units
        self.factor = factor
        self.max_layers = max_layers
        self.patience = patience
        self.tol = tol
        self.n_standard_errors = n_standard_errors

    def fit(self, X, y=None, **params):
        """Grow a net on the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training rows, as the estimator takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets, if the estimator needs any.
        **params : dict
            What `fit` of the estimator, the scorer and the splitter are given besides, as in GridSearchCV.

        Returns
        -------
        self : GrowingSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or if all fits of a net fail. The search then stays as it was.
        """
        with unchanged_on_failure(self):
            return super().fit(X, y, **params)

    def _check_input_parameters(self, X, y, split_params):
        """Check what is to grow, and draw the folds, once for all nets."""
        self._param_name()
        if self.min_units > self.max_units:
            raise ValueError(f"min_units={self.min_units} is more than max_units={self.max_units}.")
        self._checked_cv_orig = check_cv(list(self._checked_cv_orig.split(X, y, **split_params)))

    def _check_refit_for_multimetric(self, scores):
        """Check, before a net is fitted, that one of several scores decides; scikit-learn calls this."""
        if len(scores) == 1:
            super()._check_refit_for_multimetric(scores)
        elif not (isinstance(self.refit, str) and self.refit in scores):
            raise ValueError(
                f"Of several scores, refit has to name the one by which the net grows, got {self.refit!r}; the scores "
                f"are {sorted(scores)}."
            )

    def _param_name(self):
        known = self.estimator.get_params()
        if self.param is not None:
            if self.param not in known:
                raise ValueError(
                    f"param={self.param!r} is no parameter of {type(self.estimator).__name__}; it has {sorted(known)}."
                )
            return self.param
        found = [name for name in known if name.rpartition("__")[2] == _PARAM]
        if len(found) != 1:
            raise ValueError(
                f"{type(self.estimator).__name__} has {len(found)} parameters called {_PARAM}: {found}. Say with param "
                "which one is to grow, such as param='mlpclassifier__hidden_layer_sizes'."
            )
        return found[0]

    def _run_search(self, evaluate_candidates, *, callback_ctx=None):
        """Evaluate one net after the other, each of a size that depends on the scores so far."""
        tasks = callback_ctx.subcontext(task_name="search", max_subtasks=None)
        tasks.call_on_fit_task_begin(estimator=self)
        self.path_, self._chosen = [], None

        def evaluate(sizes):
            task = tasks.subcontext(
                task_name="-".join(map(str, sizes)), max_subtasks=self.n_splits_, sequential_subtasks=False
            ).call_on_fit_task_begin(estimator=self)
            results = evaluate_candidates([{self._param_name(): sizes}], callback_ctx=task)
            task.call_on_fit_task_end(estimator=self)
            self.path_.append(sizes)
            scores = self._scores_of_folds(results)
            better = self._chosen is None or self._is_better(scores[-1], scores[self._chosen])
            if better:
                self._chosen = len(self.path_) - 1
            return better

        self._grow(evaluate, self._widths())
        width = self.path_[self._chosen][0]
        self._grow(evaluate, ((width,) * n_layers for n_layers in range(2, self.max_layers + 1)))
        tasks.call_on_fit_task_end(estimator=self)

    def _widths(self):
        units = int(self.min_units)
        yield (units,)
        while units < self.max_units:
            units = min(max(units + 1, round(units * self.factor)), int(self.max_units))
            yield (units,)

    def _grow(self, evaluate, path):
        """Evaluate nets of a path until so many in a row are not better."""
        waited = 0
        for sizes in path:
            waited = 0 if evaluate(sizes) else waited + 1
            if waited == self.patience:
                return

    def _scores_of_folds(self, results):
        """Return the score that decides of each net and fold, shape (n_nets, n_splits)."""
        names = [name.removeprefix("mean_test_") for name in results if name.startswith("mean_test_")]
        if len(names) > 1:  # those of a function that returns several scores are not known earlier
            self._check_refit_for_multimetric(names)
        name = names[0] if len(names) == 1 else self.refit
        return np.stack([results[f"split{number}_test_{name}"] for number in range(self.n_splits_)], axis=1)

    def _is_better(self, scores, chosen):
        """Whether the scores of a net in all folds are better than those of the net chosen so far, which may be NaN."""
        if not np.isfinite(chosen).all():
            return bool(np.isfinite(scores).all())
        differences = scores - chosen
        mean, n_folds = differences.mean(), len(differences)
        error = differences.std(ddof=1) / np.sqrt(n_folds) if n_folds > 1 else 0.0
        return bool(mean > max(self.tol, self.n_standard_errors * error))

    def _select_best_index(self, refit, refit_metric, results):
        return super()._select_best_index(refit, refit_metric, results) if callable(refit) else self._chosen
