"""What is compared on a Keras model that a user has written: the first fit, a later fit, and a search."""

from functools import partial

import numpy as np
from _cases import digits, table
from _contenders import KERAS, OURS, SCIKERAS, final_loss
from _measure import fresh, in_turns
from _row import Row
from _wrapper_contenders import NAMES, RATE, make, one_input, two_inputs

_PROBLEMS = {
    "one input": ("digits, 1,797 x 64", one_input, digits),
    "two inputs": ("4,000 x (32 + 20)", two_inputs, partial(table, 4_000, 52)),
}


def fits(quick):
    """Fit once with nothing compiled before, and once more."""
    return [row for name in _chosen(quick) for row in _fit_rows(name, quick)]


def _chosen(quick):
    return list(_PROBLEMS)[: 1 if quick else None]


def _fit_rows(name, quick):
    data, build, load = _PROBLEMS[name]
    X, y = load()
    epochs, repeats = (2, 1) if quick else (20, 3)
    made = {one: make(one, build, epochs=epochs, batch_size=100) for one in NAMES}
    for one in made.values():  # imports; the next fits know of no program of ours
        one.fit(X[:200], y[:200])
    actions = {one: partial(estimator.fit, X, y) for one, estimator in made.items()}
    cold = in_turns({one: fresh(action) if one == OURS else action for one, action in actions.items()}, repeats)
    losses = {one: final_loss(estimator) for one, estimator in made.items()}
    warm = in_turns(actions, repeats)
    label = f"of a model with {name}, {data}, {epochs} epochs"
    return [
        Row("model-fit", f"first fit {label}", "s", cold, losses=losses, headline=True, subject="Models"),
        Row("model-fit", f"later fit {label}", "s", warm, headline=True, subject="Models"),
    ]


def searches(quick):
    """Search eight learning rates on three folds, with nothing compiled before."""
    return [_search_row(name, quick) for name in _chosen(quick)]


def _search_row(name, quick):
    from sklearn.model_selection import GridSearchCV, KFold

    data, build, load = _PROBLEMS[name]
    X, y = load()
    epochs, n_rates, n_folds, repeats = (2, 2, 2, 1) if quick else (20, 8, 3, 3)
    rates = list(np.geomspace(1e-4, 1e-2, n_rates))

    def search(one, rates):
        estimator = make(one, build, epochs=epochs, batch_size=100)
        grid = GridSearchCV(estimator, {RATE[one]: rates}, cv=KFold(n_folds), refit=False)
        return lambda: grid.fit(X, y)

    for one in NAMES:  # imports
        make(one, build, epochs=1, batch_size=100).fit(X[:200], y[:200])
    actions = {OURS: fresh(search(OURS, rates))} | {one: search(one, rates[:1]) for one in (KERAS, SCIKERAS)}
    values = in_turns(actions, repeats)
    for one in (KERAS, SCIKERAS):
        values[one] *= n_rates
    label = f"search of a model with {name}, {data}, {n_rates} rates x {n_folds} folds"
    return Row("model-search", label, "s", values, extrapolated=(KERAS, SCIKERAS), headline=True, subject="Models")


CASES = {"model-fit": fits, "model-search": searches}
