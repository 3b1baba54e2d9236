"""From prompts to texts that go on: ids are drawn by a view of the net, in one call or several."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_parameter_constraints

from skdeep._data.columns import Dense, Ids, Ragged
from skdeep._data.inputs._series_rows import Series

_COUNT = [Interval(Integral, 1, None, closed="left")]
_CONSTRAINTS = {
    "n_samples": _COUNT,
    "length": _COUNT,
    "temperature": [Interval(Real, 0, None, closed="left")],
    "top_k": [*_COUNT, None],
    "top_p": [Interval(Real, 0, 1, closed="right"), None],
    "stop": [str, list, tuple, None],
    "random_state": ["random_state"],
}


def check(**arguments):
    """Raise ValueError for an argument of `sample` that is not valid."""
    validate_parameter_constraints(_CONSTRAINTS, arguments, caller_name="sample")
    if not all(isinstance(one, str) and one for one in stops(arguments["stop"])):
        raise ValueError(f"stop must be a string that is not empty, or a list of these, got {arguments['stop']!r}.")


def stops(stop):
    """Return the strings that a text ends before."""
    return [] if stop is None else [stop] if isinstance(stop, str) else list(stop)


def columns(dtype):
    """Return (name, column) of all that a continuation is asked with, row by row."""
    numbers = tuple((name, Dense((), dtype)) for name in ("temperature", "top_p"))
    ids = tuple((name, Ids(())) for name in ("top_k", "end"))
    return ("X", Ragged((), "int32")), ("draws", Dense((None,), dtype)), *numbers, *ids


class Rules:
    """How ids are drawn.

    Parameters
    ----------
    temperature, top_k, top_p : object
        As the arguments of `sample`.
    end : int
        The id that ends a text.
    """

    def __init__(self, temperature, top_k, top_p, end):
        self.end = end
        self._values = {
            "temperature": float(temperature),
            "top_p": np.inf if top_p is None else float(top_p),
            "top_k": np.iinfo(np.int32).max if top_k is None else min(int(top_k), np.iinfo(np.int32).max),
            "end": end,
        }

    def arrays(self, prompts, draws):
        """Return the arrays of a call, by the names of columns."""
        values = {name: np.full(len(prompts), value) for name, value in self._values.items()}
        return {"X": Series(np.concatenate(prompts), np.array([len(row) for row in prompts])), "draws": draws} | values


def continued(forward, prompts, length, rules, random_state, longest=None):
    """Return the ids that follow each prompt, without the one that ends a text.

    Parameters
    ----------
    forward : callable
        A view of a net, from arrays to a list of one array.
    prompts : list of ndarray of int
        None is empty.
    length : int
    rules : Rules
    random_state : int, RandomState or None
    longest : int or None
        Ids that the net takes; it is then called anew whenever it has read as many, with the last half of them.
    """
    draws = check_random_state(random_state).uniform(size=(len(prompts), length))
    rows, done, going = [np.asarray(row, np.int32) for row in prompts], 0, np.arange(len(prompts))
    kept = longest
    while done < length and len(going):
        given = [rows[number] if longest is None else rows[number][-kept:] for number in going]
        n_new = length - done
        if longest is not None:
            n_new = min(n_new, longest + 1 - max(map(len, given)))
            kept = max(1, longest // 2)
        (new,) = forward(rules.arrays(given, np.ascontiguousarray(draws[going, done : done + n_new])))
        for number, ids in zip(going, new, strict=True):
            rows[number] = np.concatenate([rows[number], ids])
        done, going = done + n_new, going[new[:, -1] != rules.end]
    return [before(row[len(prompt) :], rules.end) for row, prompt in zip(rows, prompts, strict=True)]


def before(ids, end):
    """Return ids up to the first that ends a text."""
    ended = np.flatnonzero(ids == end)
    return ids[: ended[0]] if len(ended) else ids


def cut(text, stop):
    """Return a text up to the first of some strings."""
    places = [place for place in (text.find(one) for one in stops(stop)) if place >= 0]
    return text[: min(places)] if places else text


def appended(sequencer, prompt, prompt_ids, ids):
    """Return what ids add to a prompt, with the space between them that belongs there."""
    before, whole = sequencer.inverse_transform([prompt_ids, np.concatenate([prompt_ids, ids])])
    added = whole.removeprefix(before) if whole.startswith(before) else sequencer.inverse_transform([ids])[0]
    return added.removeprefix(" ") if sequencer.level != "char" and prompt[-1:].isspace() else added
