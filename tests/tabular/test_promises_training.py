"""Training repeats bit by bit, can be continued, interrupted and resumed."""

import _thread
import copy
import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

import skdeep
from skdeep._engine.cache import cache
from skdeep.tabular import MLPClassifier, MLPRegressor
from tests.histories import learned

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
DIGITS, NUMBERS = (half[:300] for half in load_digits(return_X_y=True))
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 6, "random_state": 0, "batch_size": 40}


def net(**parameters):
    return MLPClassifier(**SETTINGS | parameters)


def regressor(**parameters):
    return MLPRegressor(**SETTINGS | parameters)


def assert_same_bits(ours, theirs):
    for a, b in zip(ours.weights_, theirs.weights_, strict=True):
        assert_array_equal(a, b)


# -- the same seed, the same bits -------------------------------------------------------------------------------------

EVERYTHING = {
    "hidden_layer_sizes": (8, 8),
    "dropout": 0.4,
    "normalization": "batch",
    "residual": True,
    "early_stopping": True,
    "scoring": "balanced_accuracy",
    "class_weight": "balanced",
    "learning_rate_schedule": "one_cycle",
}
TRAININGS = {
    "plain": lambda seed: net(random_state=seed).fit(FLOWERS, SPECIES),
    "dropout": lambda seed: net(random_state=seed, dropout=0.4).fit(FLOWERS, SPECIES),
    "early stopping": lambda seed: net(random_state=seed, early_stopping=True).fit(FLOWERS, SPECIES),
    "everything": lambda seed: net(**EVERYTHING, random_state=seed).fit(FLOWERS, SPECIES),
    "sparse": lambda seed: net(random_state=seed, dropout=0.4).fit(sparse.csr_matrix(FLOWERS), SPECIES),
    "float32": lambda seed: net(random_state=seed, dropout=0.4, hidden_layer_sizes=(32,)).fit(DIGITS, NUMBERS),
    "regression": lambda seed: regressor(random_state=seed, dropout=0.2).fit(PATIENTS, PROGRESSION),
    "partial_fit": lambda seed: net(random_state=seed, dropout=0.4).partial_fit(FLOWERS, SPECIES, [0, 1, 2], epochs=3),
}


@pytest.mark.parametrize("training", TRAININGS)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(training):
    train = TRAININGS[training]
    first = train(0)
    other = train(1)  # in between, in the same compiled program
    assert_same_bits(train(0), first)
    kernels = [(a, b) for a, b in zip(first.coefs_, other.coefs_, strict=True)]
    assert all((a != b).mean() > 0.9 for a, b in kernels)


@pytest.mark.parametrize("training", ["dropout", "everything", "sparse", "float32"])
def test_the_same_bits_in_any_thread(training):
    expected = TRAININGS[training](0)
    with ThreadPoolExecutor(3) as pool:
        fitted = list(pool.map(lambda _: TRAININGS[training](0), range(6)))
    for one in fitted:
        assert_same_bits(one, expected)


def test_threads_that_share_a_net_predict_the_same():
    model = net(hidden_layer_sizes=(32,)).fit(DIGITS, NUMBERS)
    expected = model.predict_proba(DIGITS)
    with ThreadPoolExecutor(3) as pool:
        for probabilities in pool.map(model.predict_proba, [DIGITS] * 12):
            assert_array_equal(probabilities, expected)


def test_the_same_bits_from_a_freshly_compiled_program():
    before = TRAININGS["everything"](0)
    skdeep.clear_cache()
    assert_same_bits(TRAININGS["everything"](0), before)


_TRAIN = """
import joblib, sys
sys.path.insert(0, sys.argv[1])
from tests.tabular.test_promises_training import TRAININGS
print(*(joblib.hash(TRAININGS[training](0).weights_) for training in sys.argv[2:]))
"""


def test_the_same_bits_in_another_process(pytestconfig):
    import joblib

    names = ["dropout", "everything", "float32"]
    command = [sys.executable, "-c", _TRAIN, str(pytestconfig.rootpath), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [joblib.hash(TRAININGS[name](0).weights_) for name in names]


def test_random_state_may_be_a_generator_that_moves_on():
    shared = np.random.RandomState(0)
    first, second = (net(random_state=shared).fit(FLOWERS, SPECIES) for _ in range(2))
    assert not np.array_equal(first.coefs_[0], second.coefs_[0])
    assert_same_bits(net(random_state=np.random.RandomState(0)).fit(FLOWERS, SPECIES), first)


@pytest.mark.parametrize("verbose", [1, 2])
def test_showing_the_progress_changes_no_bit(verbose, capsys):
    shown = net(verbose=verbose, dropout=0.4).fit(FLOWERS, SPECIES)
    assert_same_bits(shown, TRAININGS["dropout"](0))
    captured = capsys.readouterr()
    text = captured.err if verbose == 1 else captured.out
    assert "MLPClassifier" in text
    assert "6/6" in text
    assert "loss" in text


# -- going on ---------------------------------------------------------------------------------------------------------

CONTINUED = {
    "adam": {},
    "dropout": {"dropout": 0.4},
    "nadam": {"optimizer": "nadam"},
    "nesterov": {"optimizer": "nesterov"},
    "schedule": {"learning_rate_schedule": "one_cycle"},
    "batch normalization": {"normalization": "batch"},
    "class weight": {"class_weight": {0: 3.0}},
    "not shuffled": {"shuffle": False},
}


@pytest.mark.parametrize("case", CONTINUED)
def test_partial_fit_time_and_again_is_one_fit(case):
    parameters = CONTINUED[case]
    whole = net(**parameters, n_iter_no_change=np.inf).fit(FLOWERS, SPECIES)
    steps = net(**parameters)
    for epochs in (1, 2, 3):
        steps.partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2], epochs=epochs)
    assert_same_bits(steps, whole)
    assert learned(steps) == learned(whole)
    assert steps.n_epochs_ == whole.n_epochs_ == steps.n_iter_ == 6


def test_partial_fit_of_a_regressor_time_and_again_is_one_fit():
    whole = regressor().fit(PATIENTS, PROGRESSION)
    steps = regressor()
    for _ in range(6):
        steps.partial_fit(PATIENTS, PROGRESSION)
    assert_same_bits(steps, whole)


def test_partial_fit_learns_from_batches_that_lack_classes():
    order = np.argsort(SPECIES, kind="stable")
    steps = net(learning_rate=0.01)
    for _ in range(30):
        for rows in (order[:50], order[50:100], order[100:]):
            steps.partial_fit(FLOWERS[rows], SPECIES[rows], classes=[0, 1, 2])
    assert steps.classes_.tolist() == [0, 1, 2]
    assert steps.score(FLOWERS, SPECIES) > 0.6


def test_partial_fit_of_labels_and_of_several_targets():
    labels = np.column_stack([SPECIES == 0, SPECIES == 1]).astype(int)
    steps = net().partial_fit(FLOWERS, labels, classes=[0, 1], epochs=6)
    assert_same_bits(steps, net(n_iter_no_change=np.inf).fit(FLOWERS, labels))
    several = np.column_stack([SPECIES, SPECIES == 1])
    steps = net().partial_fit(FLOWERS, several, classes=[[0, 1, 2], [0, 1]], epochs=6)
    assert_same_bits(steps, net(n_iter_no_change=np.inf).fit(FLOWERS, several))


def test_a_warm_start_goes_on_and_a_cold_one_begins_anew():
    whole = net(n_iter_no_change=np.inf).fit(FLOWERS, SPECIES)
    warm = net(warm_start=True, epochs=3).fit(FLOWERS, SPECIES).fit(FLOWERS, SPECIES)
    assert_same_bits(warm, whole)
    assert warm.loss_curve_ == whole.loss_curve_[3:]
    assert (warm.n_iter_, warm.n_epochs_) == (3, 6)
    cold = net(epochs=3).fit(FLOWERS, SPECIES).fit(FLOWERS, SPECIES)
    assert_same_bits(cold, net(epochs=3).fit(FLOWERS, SPECIES))


def test_a_warm_start_keeps_the_classes_and_the_scaling_of_the_targets():
    warm = net(warm_start=True).fit(FLOWERS, SPECIES).fit(FLOWERS[:100], SPECIES[:100])
    assert warm.classes_.tolist() == [0, 1, 2]
    values = regressor(warm_start=True).fit(PATIENTS, PROGRESSION)
    before = values.predict(PATIENTS)
    values.set_params(epochs=1, learning_rate=1e-9).fit(PATIENTS[:50], PROGRESSION[:50] + 100)
    assert_allclose(values.predict(PATIENTS), before, rtol=1e-4)


def test_another_optimizer_goes_on_from_the_same_weights():
    start = net(batch_size=150).partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2])
    steps = []
    for rate in (0.01, 0.02):
        model = copy.deepcopy(start).set_params(optimizer="sgd", learning_rate=rate).partial_fit(FLOWERS, SPECIES)
        steps.append(model.coefs_[0] - start.coefs_[0])
    assert_allclose(steps[1], 2 * steps[0], atol=1e-12)  # one step of gradient descent, whatever Adam had gathered
    assert np.abs(steps[0]).max() > 1e-4


# -- interruptions ----------------------------------------------------------------------------------------------------


class Interrupts(keras.callbacks.Callback):
    """Presses Ctrl-C at the end of some epochs."""

    def __init__(self, *epochs, press=lambda: signal.raise_signal(signal.SIGINT)):
        super().__init__()
        self.epochs, self.press = epochs, press

    def on_epoch_end(self, epoch, logs=None):
        for _ in range(self.epochs.count(epoch)):
            self.press()


def raise_interrupt():
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def no_recent_interruption(monkeypatch):
    """Interruptions of one test are no first ones for the next."""
    monkeypatch.setattr(cache, "interrupted_at", float("-inf"))
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals arrive in the main thread")


@pytest.mark.parametrize("how", ["signal", "interrupt_main", "exception"])
def test_an_interruption_keeps_what_was_learned(how):
    press = {"interrupt_main": _thread.interrupt_main, "exception": raise_interrupt}
    callback = Interrupts(2, press=press[how]) if how in press else Interrupts(2)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="interrupted after epoch 3; the estimator keeps what it learned"):
        stopped = net(epochs=50, callbacks=[callback]).fit(FLOWERS, SPECIES)
    assert stopped.n_iter_ == 3
    assert_same_bits(stopped, net(epochs=3).fit(FLOWERS, SPECIES))
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_interrupted_training_can_be_resumed():
    with pytest.warns(UserWarning, match="interrupted after epoch 2"):
        model = net(warm_start=True, callbacks=[Interrupts(1)]).fit(FLOWERS, SPECIES)
    model.set_params(callbacks=None, epochs=4).fit(FLOWERS, SPECIES)
    assert_same_bits(model, net(n_iter_no_change=np.inf).fit(FLOWERS, SPECIES))


@pytest.mark.parametrize("first_with", [True, False])
@pytest.mark.parametrize("optimizer", ["adam", "nadam"])
def test_a_warm_start_may_add_or_drop_callbacks(first_with, optimizer):
    whole = net(n_iter_no_change=np.inf, optimizer=optimizer).fit(FLOWERS, SPECIES)
    watched, alone = {"callbacks": [Interrupts()]}, {"callbacks": None}
    first, second = (watched, alone) if first_with else (alone, watched)
    model = net(warm_start=True, epochs=3, optimizer=optimizer, **first).fit(FLOWERS, SPECIES)
    assert_same_bits(model.set_params(**second).fit(FLOWERS, SPECIES), whole)


def test_an_interruption_with_early_stopping_keeps_the_best_epoch():
    settings = {"early_stopping": True, "learning_rate": 0.3}
    with pytest.warns(UserWarning, match="interrupted after epoch 6"):
        stopped = net(**settings, epochs=50, callbacks=[Interrupts(5)]).fit(FLOWERS, SPECIES)
    assert_array_equal(stopped.coefs_[0], net(**settings).fit(FLOWERS, SPECIES).coefs_[0])


def test_a_second_interruption_ends_everything_and_changes_nothing():
    model = net().fit(FLOWERS, SPECIES)
    before = model.predict_proba(FLOWERS)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(callbacks=[Interrupts(2, 2)], random_state=1).fit(FLOWERS, SPECIES)
    assert signal.getsignal(signal.SIGINT) is handler
    assert_array_equal(model.predict_proba(FLOWERS), before)
    assert_same_bits(net().fit(FLOWERS, SPECIES), model)


def test_two_interruptions_end_a_search():
    search = GridSearchCV(net(callbacks=[Interrupts(1)]), {"alpha": [0.0, 0.1, 0.2]}, cv=2)
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="Interrupt again within 5 seconds"):
        search.fit(FLOWERS, SPECIES)
    assert not hasattr(search, "best_estimator_")


def test_a_handler_of_the_users_own_is_respected():
    pressed = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        model = net(callbacks=[Interrupts(2)]).fit(FLOWERS, SPECIES)
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [signal.SIGINT]
    assert model.n_iter_ == 6


def test_no_warning_without_an_interruption():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net(callbacks=[Interrupts()]).fit(FLOWERS, SPECIES)
