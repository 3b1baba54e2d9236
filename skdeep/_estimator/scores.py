"""The scores of validation rows that are computed after every epoch, and which of them decides."""

import copy
import inspect

from sklearn.metrics import check_scoring


def decides_by_loss(scoring):
    """Whether it is the validation loss, and not a score, that decides on stopping."""
    return next(iter(_named(scoring).values())) == "loss"


def scores(estimator, problem, net, held_out):
    """Return the Scores that the parameter `scoring` of an estimator asks for, or None."""
    wanted = {name: scoring for name, scoring in _named(estimator.scoring).items() if scoring != "loss"}
    return Scores(estimator, problem, net, held_out, wanted) if wanted and held_out is not None else None


class Scores:
    """Scores of validation rows.

    Parameters
    ----------
    estimator : estimator instance
    problem : Classification, Regression, ...
    net : Net
    held_out : RowData
    wanted : dict
        Scorers, or their names, by name.

    Attributes
    ----------
    names : tuple of str
        Under which they are found in the history; "val_score" is the one that decides.
    """

    def __init__(self, estimator, problem, net, held_out, wanted):
        self._view, self._held_out = _view(estimator, problem, net), held_out
        self._scorers = {f"val_{name}": check_scoring(self._view, scoring=scoring) for name, scoring in wanted.items()}
        self._first = None if decides_by_loss(estimator.scoring) else next(iter(self._scorers))
        self.names = tuple(dict.fromkeys([*self._scorers, *(["val_score"] if self._first else [])]))

    def __call__(self, weights):
        """Return the scores of a list of weights, by name."""
        self._view.weights_ = weights
        values = {name: self._score(scorer) for name, scorer in self._scorers.items()}
        return values | ({"val_score": values[self._first]} if self._first else {})

    def _score(self, scorer):
        X, y, weight = self._held_out.X, self._held_out.y, self._held_out.sample_weight
        weights = {} if weight is None or not _takes_weights(scorer) else {"sample_weight": weight}
        return float(scorer(self._view, X, y, **weights))


def _named(scoring):
    """Return a dict of what the parameter `scoring` names; a single one is called "score"."""
    several = isinstance(scoring, (list, tuple, dict))
    if several and not (scoring and all(isinstance(name, str) for name in scoring)):
        raise ValueError(f"scoring must hold names, or be a dict of scorers by name, but is {scoring!r}.")
    if isinstance(scoring, dict):
        return scoring
    return dict(zip(scoring, scoring, strict=True)) if several else {"score": scoring}


def _view(estimator, problem, net):
    """Return a fitted-looking copy for scorers; without column names, because it is fed validated arrays."""
    view = copy.copy(estimator)
    vars(view).pop("feature_names_in_", None)
    vars(view).update(_net=net, **problem.attributes(net.target))
    return view


def _takes_weights(scorer):
    """Whether a scorer can be given sample weights; a plain function of (estimator, X, y) cannot."""
    parameters = inspect.signature(scorer).parameters
    return "sample_weight" in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())
