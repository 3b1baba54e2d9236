"""Searches with Optuna: trials are pruned, numbers compile once, and the display reads studies."""

import numpy as np
import optuna
import pytest
from numpy.testing import assert_allclose
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from optuna_integration import KerasPruningCallback, OptunaSearchCV, TFKerasPruningCallback
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import skdeep
from skdeep.inspection import SearchDisplay
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
X = scale(FLOWERS)
X_TRAIN, X_TEST, Y_TRAIN, Y_TEST = train_test_split(X, SPECIES, stratify=SPECIES, random_state=0)
EPOCHS = 6


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def net(kind=MLPClassifier, **parameters):
    defaults = {"hidden_layer_sizes": (8,), "epochs": EPOCHS, "n_iter_no_change": np.inf, "random_state": 0}
    return kind(**defaults | parameters)


def study(pruner, direction="minimize"):
    sampler = optuna.samplers.RandomSampler(seed=0)
    return optuna.create_study(direction=direction, sampler=sampler, pruner=pruner)


def states(study):
    return [trial.state for trial in study.trials]


class After(optuna.pruners.BasePruner):
    """Prunes a trial of a learning rate below 0.01 at a step."""

    def __init__(self, step):
        self.step = step

    def prune(self, study, trial):
        return trial.params["learning_rate"] < 0.01 and trial.last_step >= self.step


@pytest.mark.parametrize("callback", [KerasPruningCallback, TFKerasPruningCallback])
def test_callbacks_of_optuna_prune_a_trial_of_a_study_in_memory(callback):
    def objective(trial):
        rate = trial.suggest_float("learning_rate", 0.001, 0.1, log=True)
        model = net(learning_rate=rate, callbacks=[callback(trial, "val_loss")])
        model.fit(X_TRAIN, Y_TRAIN, X_val=X_TEST, y_val=Y_TEST)
        return model.history_["val_loss"][-1]

    found = study(After(step=2))
    found.optimize(objective, n_trials=6)
    for trial in found.trials:
        pruned = trial.params["learning_rate"] < 0.01
        assert trial.state is (TrialState.PRUNED if pruned else TrialState.COMPLETE)
        assert list(trial.intermediate_values) == list(range(3 if pruned else EPOCHS))
        if not pruned:
            assert trial.intermediate_values[EPOCHS - 1] == trial.value
    assert {TrialState.PRUNED, TrialState.COMPLETE} == set(states(found))


@pytest.mark.filterwarnings("ignore:The reported value is ignored")  # that of the second fold
def test_a_trial_is_pruned_in_a_cross_validation_of_a_pipeline():
    def objective(trial):
        rate = trial.suggest_float("learning_rate", 0.001, 0.1, log=True)
        callbacks = [KerasPruningCallback(trial, "val_loss")]
        model = make_pipeline(StandardScaler(), net(learning_rate=rate, callbacks=callbacks, early_stopping=True))
        return cross_val_score(model, FLOWERS, SPECIES, cv=2, error_score="raise").mean()

    found = study(After(step=1), "maximize")
    found.optimize(objective, n_trials=6)
    pruned = [trial.params["learning_rate"] < 0.01 for trial in found.trials]
    assert [state is TrialState.PRUNED for state in states(found)] == pruned
    assert any(pruned)
    assert not all(pruned)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.filterwarnings("ignore:.*optuna.terminator:FutureWarning")
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_rungs_of_a_search_go_on_with_partial_fit(kind):
    y = SPECIES if kind is MLPClassifier else FLOWERS[:, 3]
    search = OptunaSearchCV(
        net(kind),
        {"learning_rate": FloatDistribution(0.001, 0.1, log=True)},
        cv=2,
        enable_pruning=True,
        max_iter=EPOCHS,
        n_trials=5,
        study=study(After(step=2), "maximize"),
        random_state=0,
    ).fit(X, y)
    lengths = {trial.params["learning_rate"] < 0.01: len(trial.intermediate_values) for trial in search.trials_}
    assert lengths == {True: 3, False: EPOCHS}
    best = search.best_trial_
    assert search.best_estimator_.learning_rate == best.params["learning_rate"]
    # A rung is one epoch more; the first fold after all of them:
    first, second = np.split(np.arange(len(X)), 2)
    if kind is MLPRegressor:
        alone = net(kind, learning_rate=best.params["learning_rate"])
        for _ in range(EPOCHS):
            alone.partial_fit(X[second], y[second])
        assert alone.score(X[first], y[first]) == pytest.approx(best.user_attrs["split0_test_score"], rel=1e-9)
    display = SearchDisplay.from_estimator(search)
    assert display.given_up.tolist() == [trial.state is TrialState.PRUNED for trial in search.trials_]
    assert display.params["learning_rate"][display.best_index] == best.params["learning_rate"]


def test_numbers_compile_once_and_units_once_a_width():
    def compiled(objective, n_trials):
        skdeep.clear_cache()
        before = skdeep.cache_info().misses
        study(optuna.pruners.NopPruner()).optimize(objective, n_trials)
        return skdeep.cache_info().misses - before

    def numbers(trial):
        model = net(
            learning_rate=trial.suggest_float("learning_rate", 0.001, 0.1, log=True),
            dropout=trial.suggest_float("dropout", 0.05, 0.5),
            alpha=trial.suggest_float("alpha", 1e-6, 1e-2, log=True),
            batch_size=trial.suggest_int("batch_size", 16, 64),
            epochs=trial.suggest_int("epochs", 1, 3),
        )
        return model.fit(X, SPECIES).loss_curve_[-1]

    widths = []

    def units(trial):
        widths.append(trial.suggest_int("units", 8, 24, step=8))
        return net(hidden_layer_sizes=(widths[-1],), epochs=1).fit(X, SPECIES).loss_curve_[-1]

    assert compiled(numbers, 8) == 1
    assert compiled(units, 8) == len(set(widths)) < 8


# -- what the display reads of a study --------------------------------------------------------------------------------


def made(*trials, direction="minimize"):
    """Return a study of trials: (parameters, state, value, values of the steps)."""
    found = optuna.create_study(direction=direction)
    for params, state, value, steps in trials:
        distributions = {name: FloatDistribution(0.0, 1.0) for name in params}
        found.add_trial(
            optuna.trial.create_trial(
                params=params, distributions=distributions, state=state, value=value,
                intermediate_values=dict(enumerate(steps)),
            )
        )  # fmt: skip
    return found


TRIALS = (
    ({"a": 0.1, "b": 0.5}, TrialState.COMPLETE, 0.5, [0.9, 0.5]),
    ({"a": 0.2, "b": 0.4}, TrialState.PRUNED, None, [0.1]),
    ({"a": 0.3}, TrialState.COMPLETE, 0.25, [0.25]),
    ({"a": 0.4, "b": 0.2}, TrialState.FAIL, None, []),
)


def test_a_study_is_drawn_with_pruned_and_failed_trials():
    display = SearchDisplay.from_study(made(*TRIALS))
    assert_allclose(display.scores["value"], [0.5, 0.1, 0.25, np.nan])
    assert display.given_up.tolist() == [False, True, False, False]
    assert display.best_index == 2
    assert display.params["b"].mask.tolist() == [False, False, True, False]
    shown = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert shown == ["4 candidates", "given up early", "mean at a value", "best: 0.250", "failed"]
    assert display.plot(kind="parallel").colorbar_.cmap.name == "viridis_r"


def test_the_best_of_a_study_depends_on_its_direction():
    display = SearchDisplay.from_study(made(*TRIALS, direction="maximize"))
    assert display.best_index == 0
    assert display.plot(kind="pairs", summary="max").colorbar_.cmap.name == "viridis"
    two = optuna.create_study(directions=["minimize", "maximize"])
    with pytest.raises(ValueError, match="The study has 2 objectives"):
        SearchDisplay.from_study(two)
    with pytest.raises(ValueError, match="All candidates have failed"):
        SearchDisplay.from_study(made(TRIALS[3]))
    with pytest.raises(ValueError, match="no finished trial"):
        SearchDisplay.from_study(made())
