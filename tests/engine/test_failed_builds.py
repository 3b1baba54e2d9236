"""A build that fails, or is interrupted, harms nothing but the fit that asked for it."""

import functools
import os
import random
import signal
import threading
import time
import warnings

import keras
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep._engine import optimizers, program, state
from skdeep._engine.cache import ProgramCache, cache
from skdeep._engine.predict import Predictor
from skdeep.tabular import MLPClassifier

pytestmark = pytest.mark.usefixtures("by_tensorflow")
X, y = load_iris(return_X_y=True)


class Broken(Exception):
    """What the injected failures raise."""


class BrokenInitializer(keras.initializers.Initializer):
    """Draws as usual, until told to break."""

    def __init__(self, breaks=True):
        self.breaks = breaks

    def __call__(self, shape, dtype=None):
        if self.breaks:
            raise Broken
        return keras.ops.zeros(shape, dtype)

    def get_config(self):
        return {"breaks": self.breaks}


def net(units=6, **given):
    return MLPClassifier((units, 5), epochs=2, random_state=0, **given)


def kept():
    info = cache.info()
    return info.programs, cache._nbytes(), info.misses


@pytest.fixture(autouse=True)
def empty_cache():
    skdeep.clear_cache()
    yield
    skdeep.clear_cache()


@pytest.fixture
def expected():
    """A fitted net, its predictions, and the state of the cache with it; then its predictor is evicted."""
    model = net().fit(X, y)
    return model, model.predict_proba(X), model.weights_


def assert_all_is_well(expected, before):
    model, probabilities, arrays = expected
    assert kept() == before
    cache._predictors.clear()
    cache._forward.clear()
    np.testing.assert_array_equal(model.predict_proba(X), probabilities)  # built anew
    skdeep.clear_cache()
    for mine, theirs in zip(net().fit(X, y).weights_, arrays, strict=True):  # compiled anew
        np.testing.assert_array_equal(mine, theirs)


def breaking(original, at_call=1):
    calls = []

    @functools.wraps(original)  # Keras looks at signatures
    def broken(*arguments, **named):
        calls.append(1)
        if len(calls) >= at_call:
            raise Broken
        return original(*arguments, **named)

    return broken


# Where a build may break: what is replaced, and at which of its calls.
STEPS = {
    "the first layer": (keras.layers.Dense, "build", 1),
    "the last layer": (keras.layers.Dense, "build", 3),
    "the model": (keras, "Model", 1),
    "the first weight": (keras.Variable, "_deferred_initialize", 1),
    "a later weight": (keras.Variable, "_deferred_initialize", 4),
    "the last weight": (keras.Variable, "_deferred_initialize", 6),
    "the optimizer": (optimizers, "build", 1),
    "the slots": (keras.optimizers.Adam, "build", 1),
    "the starting values of the slots": (state, "slot_resets", 1),
    "tracing the training": (program, "compile_function", 1),
    "tracing a layer": (keras.layers.Dense, "call", 2),
    "tracing the gradient": (keras.optimizers.Adam, "apply", 1),
    "tracing the start": (program, "compile_function", 2),
    "tracing the initial weights": (state, "draw", 3),
    "the predictor": (ProgramCache, "_predictor", 1),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_leaves_everything_as_it_was(step, expected, monkeypatch):
    where, name, at_call = STEPS[step]
    before = kept()
    with monkeypatch.context() as patched:
        patched.setattr(where, name, breaking(getattr(where, name), at_call))
        with pytest.raises(Broken):
            net(7, learning_rate=0.1).fit(X, y)
    if step == "the predictor":  # the program is whole by then, and kept
        assert kept()[0] == before[0] + 1
        before = kept()
    assert_all_is_well(expected, before)


@pytest.mark.parametrize("step", ["validation", "prediction"])
def test_later_graphs_that_fail_leave_everything_as_it_was(step, expected, monkeypatch):
    model = expected[0]
    cache._predictors.clear()
    cache._forward.clear()
    before = kept()
    broken = breaking(Predictor._trace) if step == "prediction" else breaking(program.Program._evaluate_graph)
    with monkeypatch.context() as patched:
        patched.setattr(
            *((Predictor, "_trace") if step == "prediction" else (program.Program, "_evaluate_graph")), broken
        )
        with pytest.raises(Broken):
            model.predict(X) if step == "prediction" else net().fit(X, y, X_val=X, y_val=y)
    assert_all_is_well(expected, before)
    assert np.isfinite(net().fit(X, y, X_val=X, y_val=y).history_["val_loss"]).all()


def test_an_initializer_that_raises_fails_its_own_candidates_only(expected):
    before = kept()
    grid = {"kernel_initializer": ["he_normal", BrokenInitializer(), "glorot_normal", BrokenInitializer(False)]}
    with pytest.warns(Warning, match="fits failed"):
        search = GridSearchCV(net(), grid, cv=2, error_score=-1.0, refit=False).fit(X, y)
    failed = search.cv_results_["mean_test_score"] == -1
    assert failed.tolist() == [False, True, False, False]
    assert kept()[0] == before[0] + 3
    assert_all_is_well(expected, kept())


def test_a_net_that_does_not_fit_into_memory_fails_alone(expected):
    before = kept()
    with pytest.raises(MemoryError, match=r"would have .* weights, which alone take .* GB"):
        MLPClassifier((1_000, 10**10), epochs=1).fit(X, y)
    assert_all_is_well(expected, before)


def interrupted(call, seconds):
    """Call, and send Ctrl-C to this thread after some seconds; return whether it was in time."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    try:
        timer.start()
        call()
        timer.cancel()
        timer.join()
        time.sleep(0.002)
    except KeyboardInterrupt:
        return True
    return False


def test_an_interrupted_build_leaves_everything_as_it_was(expected):
    """Two hundred interruptions, at moments spread over the time that a build takes."""
    moments, hits, longest = random.Random(0), 0, 1.0
    for attempt in range(2000):
        cache.interrupted_at = float("-inf")
        model = net(10 + attempt % 3, learning_rate=0.01, dropout=0.1 * (attempt % 2))
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Training was interrupted", UserWarning)
            hit = interrupted(lambda: model.fit(X, y), moments.uniform(0, longest))  # noqa: B023
        hits += hit
        if not hasattr(model, "weights_"):
            assert not [name for name in vars(model) if name.endswith("_")]
        if not hit:  # the moment was too late; what was built is forgotten, or the next fit would build nothing
            cache._idle.clear()  # which does not collect all that lies in cycles, as clear_cache does
            if model.n_iter_ == model.epochs:
                longest = min(longest, time.perf_counter() - started)
        if hits == 200:
            break
    assert hits == 200
    while [thread for thread in threading.enumerate() if thread.name.startswith("skdeep-build")]:
        time.sleep(0.01)
    assert kept()[0] <= 6
    assert_all_is_well(expected, kept())


@pytest.mark.parametrize("filtering", [True, False])
def test_errors_of_a_build_are_shown_as_the_user_wants_them(filtering):
    def broken(x):
        raise ValueError("mine")

    (keras.config.enable_traceback_filtering if filtering else keras.config.disable_traceback_filtering)()
    try:
        with pytest.raises(ValueError, match="mine") as raised:
            net(activation=broken).fit(X, y)
    finally:
        keras.config.enable_traceback_filtering()
    assert (str(raised.value) == "mine") is not filtering


def test_a_build_sees_the_custom_objects_of_its_caller():
    seen = []

    def looking(x):
        seen.append(keras.saving.get_registered_object("my own"))
        return x

    def own(x):
        return x

    with keras.saving.custom_object_scope({"my own": own}):
        net(activation=looking).fit(X, y)
    assert seen
    assert set(seen) == {own}
