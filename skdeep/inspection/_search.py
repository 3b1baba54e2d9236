"""What a search has tried and how it went: one column a parameter, whoever searched."""

import re
from dataclasses import dataclass
from numbers import Real

import numpy as np

_FEW = 12  # values; more are a range, which is cut into bins
_BINS = 6
_SPREAD = 8.0  # the smallest ratio of two values for which an axis may be logarithmic


@dataclass(frozen=True)
class Candidates:
    """The candidates of a search, in its order.

    Parameters
    ----------
    params : dict of str -> MaskedArray of shape (n_candidates,)
        Values by the name of the parameter; masked where a candidate has none.
    scores, stds : dict of str -> ndarray of shape (n_candidates,)
        Mean of each scorer over the folds, NaN where a fit has failed, and its deviation, as far as it is known.
    best_index : int
    given_up : ndarray of bool of shape (n_candidates,)
        Whose score is that of an earlier rung, before all resources were spent.
    greater_is_better : bool
    """

    params: dict
    scores: dict
    stds: dict
    best_index: int
    given_up: np.ndarray
    greater_is_better: bool = True


def of_results(results, best_index=None):
    """Return the Candidates of a `cv_results_`; of a candidate in several rungs the last one counts.

    Parameters
    ----------
    results : dict
        As `cv_results_`, or a DataFrame of it.
    best_index : int, optional
        The row of the best candidate; by default that with the best score of the first scorer.
    """
    if not hasattr(results, "keys") or "params" not in results:
        raise ValueError(f"cv_results must be a dict like cv_results_ of a search, with 'params', got {results!r}.")
    every = list(results["params"])
    rows = np.arange(len(every))
    given_up = np.zeros(len(every), dtype=bool)
    if "n_resources" in results:
        resources = np.asarray(results["n_resources"])
        rows = _last_rungs(every, resources)
        given_up = (resources < resources.max())[rows]
    scores, stds = _columns(results, "mean_test_", rows), _columns(results, "std_test_", rows)
    if not scores:
        raise ValueError("cv_results has no column 'mean_test_...', and so no scores of its candidates.")
    if best_index is None:
        best = _best(next(iter(scores.values())), given_up)
    else:
        best = int(np.flatnonzero(rows == best_index)[0])
    return Candidates(_by_name([every[row] for row in rows]), scores, stds, best, given_up)


def of_study(study):
    """Return the Candidates of a study of Optuna; a pruned trial has the last value that it has reported.

    Parameters
    ----------
    study : optuna.study.Study
    """
    trials = [trial for trial in study.trials if trial.state.is_finished()]
    if len(study.directions) != 1:
        raise ValueError(f"The study has {len(study.directions)} objectives; a study of one is accepted.")
    if not trials:
        raise ValueError("The study has no finished trial, so there is nothing to draw.")
    values = np.array([_value(trial) for trial in trials], dtype=float)
    greater = study.directions[0].name == "MAXIMIZE"
    given_up = np.array([trial.state.name == "PRUNED" for trial in trials], dtype=bool)
    best = _best(values if greater else -values, given_up)
    return Candidates(_by_name([trial.params for trial in trials]), {"value": values}, {}, best, given_up, greater)


def _value(trial):
    """Return the value of a trial, the last one reported if it was pruned, or NaN if it has failed."""
    if trial.state.name == "PRUNED":
        return trial.intermediate_values.get(trial.last_step, np.nan)
    return np.nan if trial.value is None else trial.value


def _last_rungs(params, resources):
    """Return the row of the largest resources of each candidate, in the order in which candidates first came."""
    last = {}
    for row, candidate in enumerate(params):
        key = tuple(sorted((name, text(value)) for name, value in candidate.items()))
        if key not in last or resources[row] >= resources[last[key]]:
            last[key] = row
    return np.array(list(last.values()))


def _columns(results, prefix, rows):
    return {
        name.removeprefix(prefix): np.asarray(results[name], dtype=float)[rows]
        for name in results
        if name.startswith(prefix)
    }


def _best(scores, given_up):
    """Return the index of the best score, of those that were not given up unless all were."""
    usable = np.where(given_up, np.nan, scores)
    usable = scores if np.isnan(usable).all() else usable
    if np.isnan(usable).all():
        raise ValueError("All candidates have failed: there is no score to draw.")
    return int(np.nanargmax(usable))


def _by_name(candidates):
    names = dict.fromkeys(name for candidate in candidates for name in candidate)
    columns = {}
    for name in names:
        column = np.ma.masked_all(len(candidates), dtype=object)
        for row, candidate in enumerate(candidates):
            if name in candidate:
                column[row] = candidate[name]
        columns[name] = column
    return columns


def labels(names, estimator=None):
    """Return short names of parameters, without the steps of a pipeline before them.

    Parameters
    ----------
    names : sequence of str
    estimator : estimator instance, optional
        Whose parameters they are; without it, a first part that all names have is left out.
    """
    cut = {name: _without_steps(name, estimator) for name in names}
    if estimator is None and len(names) > 1 and len({name.partition("__")[0] for name in names}) == 1:
        cut = {name: name.partition("__")[2] or name for name in names}
    twice = [short for short in cut.values() if list(cut.values()).count(short) > 1]
    return {name: name if short in twice else short for name, short in cut.items()}


def _without_steps(name, estimator):
    """Take the steps of pipelines, and other estimators on the way to the parameter, off a name."""
    first, _, rest = name.partition("__")
    inner = dict(getattr(estimator, "steps", ())).get(first, getattr(estimator, first, None))
    # Objects that are parameters, such as architectures and schedules, say what their own parameters are of.
    return _without_steps(rest, inner) if rest and hasattr(inner, "fit") else name


@dataclass(frozen=True)
class Scale:
    """Where the values of a parameter lie on an axis.

    Parameters
    ----------
    positions : ndarray of shape (n_candidates,)
        Numbers, or the numbers of categories; NaN where a candidate has no value.
    kind : {"linear", "log", "category"}
    ticks : ndarray
        Every value, if there are few, else the edges of the bins.
    names : list of str
        What is written at the ticks.
    binned : bool
        Whether the ticks are edges of bins.
    """

    positions: np.ndarray
    kind: str
    ticks: np.ndarray
    names: list
    binned: bool = False

    def straight(self, values):
        """Return positions on an axis that is not logarithmic."""
        return np.log10(values) if self.kind == "log" else np.asarray(values, dtype=float)

    def cells(self):
        """Return the number of the value, or of the bin, of each candidate; -1 where it has none."""
        edges = self.straight(self.ticks)
        where = self.straight(self.positions)
        known = np.isfinite(where)
        if self.binned:
            found = np.clip(np.searchsorted(edges, where, side="right") - 1, 0, len(edges) - 2)
        else:
            found = np.abs(np.where(known, where, 0.0)[:, None] - edges).argmin(axis=1)
        return np.where(known, found, -1)

    def centres(self):
        """Return the position of each value, or the middle of each bin."""
        if not self.binned:
            return self.ticks
        edges = self.straight(self.ticks)
        middle = (edges[1:] + edges[:-1]) / 2
        return 10**middle if self.kind == "log" else middle


def scale_of(column, as_range=False):
    """Return the Scale of a column of values: numbers, or anything else, which makes categories.

    Parameters
    ----------
    column : MaskedArray of shape (n_candidates,)
    as_range : bool, default=False
        Whether numbers are a range, also if there are few.
    """
    known = list(column.data[~np.ma.getmaskarray(column)])
    if not all(map(_is_number, known)):
        return _categories(column, known)
    numbers = np.array([np.nan if one is np.ma.masked else float(one) for one in column])
    unique = np.unique(numbers[np.isfinite(numbers)])
    kind = "log" if _spans_decades(unique) else "linear"
    few = not as_range and len(unique) <= _FEW and (len(known) >= 2 * len(unique) or all(map(_is_round, unique)))
    if few and len(unique) > 2 and unique[0] == 0 and _spans_decades(unique[1:]):
        return _categories(column, known)  # a logarithmic axis has no zero
    if few or len(unique) < 2:
        return Scale(numbers, kind, unique, [*map(_written, unique)])
    ends = np.log10(unique[[0, -1]]) if kind == "log" else unique[[0, -1]]
    edges = np.linspace(*ends, _BINS + 1)
    edges = 10**edges if kind == "log" else edges
    return Scale(numbers, kind, edges, [*map(_rounded, edges)], binned=True)


def _categories(column, known):
    """Return the Scale of categories: numbers first, in their order, then the rest in the order of the search."""
    numbers = sorted({value for value in known if _is_number(value)})
    names = dict.fromkeys([text(value) for value in [*numbers, *(one for one in known if not _is_number(one))]])
    place = {name: position for position, name in enumerate(names)}
    positions = [np.nan if value is np.ma.masked else place[text(value)] for value in column]
    return Scale(np.array(positions, dtype=float), "category", np.arange(len(names), dtype=float), list(names))


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) and np.isfinite(value)


def _spans_decades(unique):
    """Whether positive values lie more evenly on a logarithmic axis."""
    if len(unique) < 2 or unique[0] <= 0 or unique[-1] < _SPREAD * unique[0]:
        return False
    if len(unique) == 2:
        return True
    even = [np.median((line - line[0]) / (line[-1] - line[0])) - 0.5 for line in (np.log10(unique), unique)]
    return bool(abs(even[0]) < abs(even[1]))


def _is_round(number):
    """Whether somebody has written it, rather than a generator drawn it."""
    return float(f"{number:.3g}") == number


def _rounded(number):
    return f"{number:.2g}" if abs(number) < 100 or abs(number) >= 1e5 else f"{number:.0f}"


def _written(number):
    return f"{number:.4g}" if abs(number) < 1e4 or abs(number) >= 1e6 else f"{number:.0f}"


def text(value):
    """Return what is written for a value: a name, a number, or the expression that makes it."""
    if isinstance(value, np.generic):
        value = value.item()
    if _is_number(value):
        return _written(value)
    if isinstance(value, str):
        return value
    if callable(value) and hasattr(value, "__name__"):
        return value.__name__
    return re.sub(r"\s+", " ", re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value)))


def summary_of(cells, scores, n_cells, reduce):
    """Return one number a cell of the scores in it: NaN where there are none.

    Parameters
    ----------
    cells : ndarray of int of shape (n_candidates,)
        Below zero: in no cell.
    scores : ndarray of shape (n_candidates,)
    n_cells : int
    reduce : callable
        Takes the scores of a cell.
    """
    usable = (cells >= 0) & np.isfinite(scores)
    inside = [scores[usable & (cells == cell)] for cell in range(n_cells)]
    return np.array([reduce(one) if len(one) else np.nan for one in inside])
