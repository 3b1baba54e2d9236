"""Callbacks with foreign objects in them, and what callbacks see of the net."""

import pickle
import threading
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
SETTINGS = {"hidden_layer_sizes": (5,), "epochs": 3, "random_state": 0}


def fitted(callback, kind=MLPClassifier, target=y, **given):
    return kind(**SETTINGS | given, callbacks=[callback]).fit(X, target)


class Study:
    def __init__(self):
        self.values = []


class Reporter(keras.callbacks.Callback):
    """As Optuna's pruning callback: it reports to an object of another library, and may stop."""

    def __init__(self, study):
        super().__init__()
        self.study, self.own, self.lock = study, [], threading.Lock()
        self.seen = {"arrays": [np.zeros(2)]}

    def on_epoch_end(self, epoch, logs=None):
        with self.lock:
            self.study.values.append(logs["loss"])
            self.own.append(epoch)
            self.seen["arrays"][0] += 1
        self.model.stop_training = epoch == 1


def test_objects_of_other_libraries_are_shared_and_the_rest_is_copied():
    study = Study()
    callback = Reporter(study)
    model = fitted(callback)
    assert study.values == model.loss_curve_
    assert model.n_iter_ == 2
    assert callback.own == []
    assert model.callbacks_[0].own == [0, 1]
    assert callback.seen["arrays"][0].tolist() == [0, 0]
    assert model.callbacks_[0].study is study


def test_callbacks_that_hold_each_other_are_copied_once():
    one, other = Reporter(Study()), Reporter(Study())
    one.other, other.other, one.myself = other, [one], one
    copy = fitted(one).callbacks_[0]
    assert copy is copy.myself is copy.other.other[0] is not one
    assert copy.other is not other


def test_containers_keep_their_kind():
    callback = Reporter(Study())
    callback.order, callback.counts = OrderedDict(a=1), Counter("aab")
    copy = fitted(callback).callbacks_[0]
    assert (type(copy.order), type(copy.counts)) == (OrderedDict, Counter)
    assert copy.order is not callback.order


class Board(keras.callbacks.TensorBoard):
    """As TensorBoard, without the package: it holds a module and open writers, as that does after a training."""

    def set_model(self, model):
        self._model = model
        self._summary_module, self._writers = threading, {"train": threading.Lock()}

    def __getattribute__(self, name):
        is_hook = name.startswith("on_")
        return (lambda *arguments, **named: None) if is_hook else super().__getattribute__(name)


def test_a_net_with_a_tensor_board_is_pickled():
    model = fitted(Board("logs"))
    again = pickle.loads(pickle.dumps(model))
    assert again.callbacks_[0].log_dir == "logs"
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_net_with_a_csv_logger_is_pickled(tmp_path):
    model = fitted(keras.callbacks.CSVLogger(tmp_path / "log.csv"))
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 3
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))


class Pruned(Exception):
    """As Optuna's TrialPruned: raised by a callback, caught around the objective."""


class Prunes(Reporter):
    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        raise Pruned


def test_clones_share_callbacks_in_a_list_of_their_own():
    callback = Reporter(Study())
    model = MLPClassifier(**SETTINGS, callbacks=[callback])
    twin = clone(model)
    assert twin.callbacks is not model.callbacks
    assert twin.callbacks[0] is callback
    assert type(clone(model.set_params(callbacks=(callback,))).callbacks) is tuple


def test_a_cross_validation_reports_to_the_study_itself():
    study = Study()
    model = make_pipeline(StandardScaler(), MLPClassifier(**SETTINGS, callbacks=[Reporter(study)]))
    cross_val_score(model, X, y, cv=3)
    assert len(study.values) == 3 * 2


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_trial_is_pruned_in_a_cross_validation_and_the_net_stays_as_it_was(wrapped):
    study = Study()
    model = MLPClassifier(**SETTINGS, callbacks=[Prunes(study)])
    before = dict(vars(model))
    with pytest.raises(Pruned):
        cross_val_score(make_pipeline(model) if wrapped else model, X, y, cv=2, error_score="raise")
    assert len(study.values) == 1
    assert vars(model) == before


def test_trials_of_two_threads_report_to_one_study():
    study = Study()

    def trial(rate):
        fitted(Prunes(study) if rate > 0.1 else Reporter(study), learning_rate=rate)

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(trial, rate) for rate in (0.01, 0.2, 0.02, 0.3)]
    assert [type(run.exception()) for run in runs] == [type(None), Pruned, type(None), Pruned]
    assert len(study.values) == 2 * (2 + 1)


class Predicts(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.predicted = None

    def on_epoch_end(self, epoch, logs=None):
        self.predicted = self.model.predict(X, verbose=0)


@pytest.mark.parametrize("target", [y, y == 0, np.column_stack([y == 0, y == 1]).astype(int)])
def test_callbacks_see_probabilities(target):
    model = fitted(Predicts(), target=target)
    expected = model.predict_proba(X)
    expected = expected[:, 1:] if target.ndim == 1 and len(np.unique(target)) == 2 else expected
    assert_allclose(model.callbacks_[0].predicted, expected, rtol=1e-5, atol=1e-6)


def test_callbacks_see_targets_in_their_own_units():
    model = fitted(Predicts(), MLPRegressor, 1000 + 50 * X[:, 0])
    assert_allclose(model.callbacks_[0].predicted[:, 0], model.predict(X), rtol=1e-5)


def test_a_checkpoint_is_the_net_that_users_know(tmp_path):
    model = fitted(keras.callbacks.ModelCheckpoint(tmp_path / "net.keras"))
    loaded = keras.models.load_model(tmp_path / "net.keras", compile=False)
    assert_allclose(loaded.predict(X, verbose=0), model.predict_proba(X), rtol=1e-5, atol=1e-6)


def test_what_is_shown_to_callbacks_leaves_nothing_in_the_program():
    from skdeep._engine.cache import cache

    skdeep.clear_cache()
    for _ in range(3):
        fitted(Predicts())
    (programs,) = cache._idle.values()
    layers = programs[0].model.layers
    assert [len(layer._outbound_nodes) for layer in layers] == [1] * (len(layers) - 1) + [0]


class Freezes(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.layers[1].trainable = False


def test_freezing_layers_in_a_callback_is_refused_and_undone():
    plain = MLPClassifier(**SETTINGS, callbacks=[keras.callbacks.Callback()])
    before = plain.fit(X, y).weights_
    with pytest.raises(ValueError, match="Freezes set `trainable`"):
        fitted(Freezes())
    for mine, theirs in zip(plain.fit(X, y).weights_, before, strict=True):
        assert_array_equal(mine, theirs)
