"""Learning rate schedules: closed forms, and that training follows them step by step."""

import numpy as np
import pytest
from sklearn.base import clone

from skdeep.schedules import (
    ConstantSchedule,
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LinearDecay,
    OneCycle,
    ReduceOnPlateau,
    StepDecay,
    schedule_names,
)
from skdeep.tabular import MLPRegressor
from tests.engine import numpy_net
from tests.histories import learned

N, EPOCHS, RATE = 30, 4, 0.125
BATCHES = [slice(0, 12), slice(12, 24), slice(24, N)]
STEPS = len(BATCHES)
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 4))
y = np.sin(X[:, 0]) + X[:, 1]
y = (y - y.mean()) / y.std()

# Factors at fractions of training.
VALUES = {
    ConstantSchedule(): {0.0: 1.0, 0.5: 1.0, 1.0: 1.0},
    InverseTimeDecay(): {0.0: 1.0, 0.5: 1 / 5.5, 1.0: 0.1},
    InverseTimeDecay(rate=3.0): {0.0: 1.0, 1 / 3: 0.5, 1.0: 0.25},
    StepDecay(): {0.0: 1.0, 0.49: 1.0, 0.5: 0.1, 0.74: 0.1, 0.75: 0.01, 1.0: 0.01},
    StepDecay(factor=0.5, at=(0.8, 0.2)): {0.0: 1.0, 0.5: 0.5, 1.0: 0.25},
    ExponentialDecay(): {0.0: 1.0, 0.5: 0.1, 1.0: 0.01},
    ExponentialDecay(final=0.25): {0.0: 1.0, 0.5: 0.5, 1.0: 0.25},
    LinearDecay(): {0.0: 1.0, 0.5: 0.5, 1.0: 0.0},
    LinearDecay(warmup=0.2, final=0.1): {0.0: 0.01, 0.1: 0.505, 0.2: 1.0, 0.6: 0.55, 1.0: 0.1},
    CosineDecay(warmup=0.0): {0.0: 1.0, 1 / 3: 0.75, 0.5: 0.5, 1.0: 0.0},
    CosineDecay(): {0.0: 0.01, 0.05: 0.505, 0.1: 1.0, 0.55: 0.5, 1.0: 0.0},
    CosineDecay(warmup=0.2, final=0.1): {0.0: 0.01, 0.2: 1.0, 0.6: 0.55, 1.0: 0.1},
    OneCycle(): {0.0: 0.04, 0.15: 0.52, 0.3: 1.0, 0.65: 0.50005, 1.0: 1e-4},
    OneCycle(peak_at=0.5, initial=0.2, final=0.0): {0.0: 0.2, 0.25: 0.6, 0.5: 1.0, 0.75: 0.5, 1.0: 0.0},
}


def regressor(**parameters):
    shared = {"hidden_layer_sizes": (5,), "activation": "tanh", "optimizer": "sgd", "learning_rate": RATE}
    shared |= {"batch_size": 12, "epochs": EPOCHS, "dtype": "float64", "random_state": 0, "n_iter_no_change": np.inf}
    return MLPRegressor(**shared | parameters)


@pytest.mark.parametrize("schedule", VALUES, ids=str)
def test_closed_forms(schedule):
    fractions = np.array([*VALUES[schedule]])
    expected = [*VALUES[schedule].values()]
    np.testing.assert_allclose(schedule(fractions), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose([float(schedule(fraction)) for fraction in fractions], expected, rtol=1e-12, atol=1e-15)
    schedule.validate()
    np.testing.assert_array_equal(clone(schedule)(fractions), schedule(fractions))


@pytest.mark.parametrize("schedule", VALUES, ids=str)
def test_factors_lie_between_zero_and_one_and_do_not_jump_but_in_steps(schedule):
    factors = schedule(np.linspace(0, 1, 10_001))
    assert factors.min() >= 0
    assert factors.max() <= 1
    if not isinstance(schedule, StepDecay):
        assert np.abs(np.diff(factors)).max() < 0.002


def wave(fraction):
    return 1.0 + fraction if fraction < 0.5 else 0.25


BY_STEP = {str(schedule): schedule for schedule in (LinearDecay(), CosineDecay(), OneCycle(), StepDecay(0.5))}


@pytest.mark.parametrize("schedule", [*BY_STEP.values(), wave], ids=[*BY_STEP, "function"])
def test_every_step_is_taken_at_its_own_rate(schedule):
    """Against the NumPy net, given the rate of every step: the fraction of training that is done before it."""
    rates = [RATE * float(schedule(step / (EPOCHS * STEPS))) for step in range(EPOCHS * STEPS)]
    start = regressor(learning_rate=1e-300, epochs=1).fit(X, y).weights_
    expected, curve = numpy_net.descend(
        start, X, y[:, None], numpy_net.squared_error, batches=BATCHES, epochs=EPOCHS, rate=rates, activation="tanh"
    )
    model = regressor(learning_rate_schedule=schedule, shuffle=False).fit(X, y)
    np.testing.assert_allclose(model.history_["learning_rate"], rates[STEPS - 1 :: STEPS], rtol=1e-12)
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-9)
    for mine, theirs in zip(model.weights_, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", schedule_names())
def test_names_stand_for_objects_with_default_parameters(name):
    objects = {
        "constant": ConstantSchedule(), "inverse_time": InverseTimeDecay(), "step": StepDecay(),
        "exponential": ExponentialDecay(), "linear": LinearDecay(), "cosine": CosineDecay(), "one_cycle": OneCycle(),
        "reduce_on_plateau": ReduceOnPlateau(),
    }  # fmt: skip
    by_name = regressor(learning_rate_schedule=name).fit(X, y)
    by_object = regressor(learning_rate_schedule=objects[name]).fit(X, y)
    assert learned(by_name) == learned(by_object)


def test_the_rate_of_the_optimizer_scales_the_schedule():
    rates = [regressor(learning_rate_schedule="cosine", learning_rate=rate).fit(X, y) for rate in (0.01, 0.03)]
    one, three = (np.array(model.history_["learning_rate"]) for model in rates)
    np.testing.assert_allclose(three, 3 * one, rtol=1e-12)
    automatic = regressor(learning_rate_schedule="cosine", learning_rate="auto").fit(X, y)
    np.testing.assert_allclose(automatic.history_["learning_rate"], one, rtol=1e-12)


@pytest.mark.parametrize("schedule", [None, "constant"])
def test_without_a_schedule_the_rate_stays(schedule):
    assert regressor(learning_rate_schedule=schedule).fit(X, y).history_["learning_rate"] == [RATE] * EPOCHS


def test_partial_fits_walk_along_the_schedule_of_the_planned_epochs():
    whole = regressor(learning_rate_schedule="linear").fit(X, y)
    parts = regressor(learning_rate_schedule="linear")
    for _ in range(EPOCHS):
        parts.partial_fit(X, y)
    np.testing.assert_allclose(parts.history_["learning_rate"], whole.history_["learning_rate"], rtol=1e-12)
    for mine, theirs in zip(parts.weights_, whole.weights_, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    parts.partial_fit(X, y)
    assert parts.history_["learning_rate"][-1] == 0.0  # beyond the planned epochs the rate stays at its end


WRONG = {
    "factor": StepDecay(factor=1.5),
    "final": ExponentialDecay(final=0.0),
    "warmup": CosineDecay(warmup=-0.1),
    "peak_at": OneCycle(peak_at=1.0),
    "rate": InverseTimeDecay(rate=-1.0),
    "patience": ReduceOnPlateau(patience=0),
}


@pytest.mark.parametrize("name", WRONG)
def test_parameters_out_of_range_are_named(name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {type(WRONG[name]).__name__} must be"):
        regressor(learning_rate_schedule=WRONG[name]).fit(X, y)


# -- plateaus ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        ([], 1.0),
        ([3.0, 2.0, 1.0, 0.5], 1.0),
        ([1.0, 1.0], 1.0),
        ([1.0, 1.0, 1.0], 0.5),
        ([1.0, 1.0, 1.0, 1.0], 0.5),
        ([1.0, 1.0, 1.0, 1.0, 1.0], 0.25),
        ([1.0, 2.0, 0.5, 0.6, 0.4, 0.5], 1.0),
        ([1.0, 0.995, 0.991], 0.5),
        ([1.0] * 50, 0.2),
    ],
)
def test_the_factor_falls_after_epochs_without_improvement(values, factor):
    assert ReduceOnPlateau(factor=0.5, patience=2, tol=0.01, minimum=0.2).factor_after(values) == factor


@pytest.mark.parametrize(
    "watched",
    [{}, {"early_stopping": True}, {"early_stopping": True, "scoring": "r2"}],
    ids=["loss", "val_loss", "val_score"],
)
def test_the_rate_falls_when_training_stands_still(watched):
    """At a rate of nearly zero nothing improves: two epochs are waited for, again and again."""
    schedule = ReduceOnPlateau(factor=0.5, patience=2)
    rates = regressor(learning_rate_schedule=schedule, learning_rate=1e-30, epochs=8, **watched).fit(X, y)
    assert rates.history_["learning_rate"] == [1e-30 * 0.5**step for step in (0, 0, 0, 1, 1, 2, 2, 3)]


@pytest.mark.parametrize("watched", [{}, {"early_stopping": True, "scoring": "r2"}], ids=["loss", "val_score"])
def test_the_rate_stays_while_training_improves(watched):
    # A linear net on a linear target goes down at every epoch, whatever it starts from.
    linear = {"hidden_layer_sizes": (), "learning_rate_schedule": ReduceOnPlateau(patience=1), "epochs": 4}
    model = regressor(**linear | watched)
    model.fit(X, X[:, 0], X_val=X, y_val=X[:, 0])
    followed = model.history_["val_score" if watched else "loss"]
    assert np.all(np.diff(followed) > 1e-4) if watched else np.all(np.diff(followed) < -1e-4)
    assert model.history_["learning_rate"] == [RATE] * 4
