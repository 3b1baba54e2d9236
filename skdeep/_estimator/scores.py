"""The scores of validation rows that are computed after every epoch, and which of them decides."""

import copy
import inspect
from functools import partial

import numpy as np
from sklearn.metrics import check_scoring


def decides_by_loss(scoring):
    """Whether it is the validation loss, and not a score, that decides on stopping."""
    return next(iter(_named(scoring).values())) == "loss"


def of_member(number):
    """Return the name of the score that decides for one member."""
    return f"val_score_{number}"


def scores(estimator, problem, net, held_out, design):
    """Return the scores that the parameter `scoring` of an estimator asks for, or None."""
    wanted = {name: scoring for name, scoring in _named(estimator.scoring).items() if scoring != "loss"}
    if not wanted or held_out is None:
        return None
    if not design.own_rows:
        return Scores(estimator, problem, net, held_out, wanted)
    return ScoresOfMembers(estimator, problem, net, held_out, wanted, design.own_rows)


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

    def __call__(self, program, outputs):
        """Return the scores of the weights that a program has, by name; `outputs` are those of stacked members."""
        return self.of(program.weights())

    def of(self, weights, outputs=None):
        """Return the scores of a list of weights, by name; `outputs` of the net for all rows, if they are known."""
        self._view.weights_ = weights
        if outputs is not None and len(outputs[0]) == self._held_out.n_rows:
            self._view._outputs = partial(self._known, self._view._outputs, outputs)
        try:
            values = {name: self._score(scorer) for name, scorer in self._scorers.items()}
        finally:
            vars(self._view).pop("_outputs", None)
        return values | ({"val_score": values[self._first]} if self._first else {})

    def _known(self, computed, outputs, X):
        """Return outputs that are known of the validation rows, or compute those of others."""
        return outputs if X is self._held_out.X else computed(X)

    def _score(self, scorer):
        X, y, weight = self._held_out.X, self._held_out.y, self._held_out.sample_weight
        weights = {} if weight is None or not _takes_weights(scorer) else {"sample_weight": weight}
        return float(scorer(self._view, X, y, **weights))


class ScoresOfMembers:
    """Scores of members, each on validation rows of its own, and their means.

    Parameters
    ----------
    estimator, problem, net, wanted : object
        As those of Scores.
    held_out : RowData
        `fold` is the number of the member that each row is for.
    n_members : int
    """

    def __init__(self, estimator, problem, net, held_out, wanted, n_members):
        alone = net.alone()
        parts = [held_out.take(np.flatnonzero(held_out.fold == number)) for number in range(n_members)]
        self._each = [Scores(estimator, problem, alone, part, wanted) for part in parts]
        self.names = (*self._each[0].names, *self._deciding)

    @property
    def _deciding(self):
        decides = "val_score" in self._each[0].names
        return [of_member(number) for number in range(len(self._each))] if decides else []

    def __call__(self, program, outputs):
        """Return the scores of the weights that a program has, by name; `outputs` are those of stacked members."""
        weights, known = program.weights(), outputs or [None] * len(self._each)
        values = [
            scores.of(program.of_member(weights, number), outputs)
            for number, (scores, outputs) in enumerate(zip(self._each, known, strict=True))
        ]
        means = {name: float(np.mean([one[name] for one in values])) for name in values[0]}
        return means | {name: one["val_score"] for name, one in zip(self._deciding, values, strict=False)}


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
