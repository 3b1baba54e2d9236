"""Keras' callbacks do to our training what they do to Keras' own `fit`, and the loop by batches equals the fast one."""

import copy
import json
import pickle

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skdeep._engine.program import Program
from skdeep.schedules import CosineDecay
from skdeep.tabular import MLPRegressor
from tests.histories import learned

N, BATCH, STEPS = 45, 16, 3
rng = np.random.default_rng(0)
X = rng.normal(size=(N, 4)).astype(np.float32)
y = np.sin(3 * X[:, 0]) + X[:, 1]
y = (y - y.mean()) / y.std()
X_val, y_val = X[::-3] + np.float32(0.3), y[::-3]
WEIGHTS = rng.uniform(0.5, 2.0, size=N)


class Batches(keras.callbacks.Callback):
    """Takes notes after every batch, which the fast path does not allow."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append((batch, logs["loss"]))


class Diary(keras.callbacks.Callback):
    """Notes every hook and what it is given."""

    def __init__(self):
        super().__init__()
        self.entries = []

    def on_train_begin(self, logs=None):
        self.entries.append(("train begins", self.params["epochs"], self.params["steps"]))

    def on_train_end(self, logs=None):
        self.entries.append("train ends")

    def on_epoch_begin(self, epoch, logs=None):
        self.entries.append(("epoch begins", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.entries.append(("epoch ends", epoch, round(float(logs["loss"]), 4)))

    def on_train_batch_begin(self, batch, logs=None):
        self.entries.append(("batch begins", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.entries.append(("batch ends", batch, round(float(logs["loss"]), 4)))


class Failing(keras.callbacks.Callback):
    """Stands for a crash in the fourth epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise OSError("power cut")


def regressor(*callbacks, **parameters):
    shared = {"hidden_layer_sizes": (6,), "activation": "tanh", "optimizer": "sgd", "epochs": 5, "batch_size": BATCH}
    shared |= {"dtype": "float32", "random_state": 0, "n_iter_no_change": np.inf, "callbacks": list(callbacks) or None}
    return MLPRegressor(**shared | parameters)


def keras_fit(*callbacks, epochs=5, learning_rate=0.01, validation=False):
    """Train the same net from the same initial weights with Keras' own loop."""
    start = regressor(learning_rate=1e-300, epochs=1).fit(X, y).weights_
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(1)])
    model.set_weights(start)
    model.compile(keras.optimizers.SGD(learning_rate), "mean_squared_error", jit_compile=False)
    held_out = (X_val, y_val) if validation else None
    history = model.fit(
        X,
        y,
        batch_size=BATCH,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        validation_data=held_out,
        callbacks=list(callbacks),
    )
    return model.get_weights(), history.history


def same_as_keras(make, *, epochs=5, learning_rate=0.01, validation=False):
    """Train both with the callback that `make` returns, compare, and return our estimator."""
    model = regressor(make(), epochs=epochs, learning_rate=learning_rate, shuffle=False)
    model.fit(X, y, **{"X_val": X_val, "y_val": y_val} if validation else {})
    weights, history = keras_fit(make(), epochs=epochs, learning_rate=learning_rate, validation=validation)
    assert model.n_iter_ == len(history["loss"])
    for name in history:
        np.testing.assert_allclose(model.history_[name], history[name], rtol=1e-4)
    for mine, theirs in zip(model.weights_, weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    return model


# -- the loop by batches -------------------------------------------------------------------------------------

LOOPS = {
    "plain": {},
    "adam": {"optimizer": "adam"},
    "dropout": {"dropout": 0.5},
    "batch normalisation": {"normalization": "batch"},
    "schedule": {"learning_rate_schedule": CosineDecay()},
    "penalties": {"alpha": 0.1, "clip_norm": 0.1},
    "full batch": {"batch_size": N},
    "early stopping": {"early_stopping": True, "epochs": 8},
}


@pytest.mark.parametrize("sample_weight", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("name", LOOPS)
def test_the_loop_by_batches_gives_the_same_net(name, sample_weight):
    fast = regressor(**LOOPS[name]).fit(X, y, sample_weight)
    slow = regressor(Batches(), **LOOPS[name]).fit(X, y, sample_weight)
    for mine, theirs in zip(slow.weights_, fast.weights_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)
    assert slow.history_.keys() == fast.history_.keys()
    for key, values in learned(fast).items():
        np.testing.assert_allclose(slow.history_[key], values, rtol=1e-5)
    losses, steps = [loss for _, loss in slow.callbacks_[0].losses], 1 if name == "full batch" else STEPS
    np.testing.assert_allclose(losses[steps - 1 :: steps], slow.loss_curve_, rtol=1e-5)


EPOCH_CALLBACKS = {
    "LambdaCallback": lambda path: keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    "ModelCheckpoint": lambda path: keras.callbacks.ModelCheckpoint(path / "net.keras"),
    "BackupAndRestore": lambda path: keras.callbacks.BackupAndRestore(path / "backup"),
    "EarlyStopping": lambda path: keras.callbacks.EarlyStopping("loss"),
    "ReduceLROnPlateau": lambda path: keras.callbacks.ReduceLROnPlateau("loss"),
    "LearningRateScheduler": lambda path: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate),
    "CSVLogger": lambda path: keras.callbacks.CSVLogger(path / "log.csv"),
}
BATCH_CALLBACKS = {
    "own": lambda path: Batches(),
    "LambdaCallback by batch": lambda path: keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None),
    "ModelCheckpoint by batch": lambda path: keras.callbacks.ModelCheckpoint(path / "net.keras", save_freq=2),
    "TerminateOnNaN": lambda path: keras.callbacks.TerminateOnNaN(),
}


@pytest.mark.parametrize("name", EPOCH_CALLBACKS | BATCH_CALLBACKS)
def test_only_callbacks_that_look_at_batches_leave_the_fast_path(name, tmp_path, monkeypatch):
    calls, train = [], Program.train
    monkeypatch.setattr(Program, "train", lambda *given, **named: calls.append(1) or train(*given, **named))
    regressor((EPOCH_CALLBACKS | BATCH_CALLBACKS)[name](tmp_path)).fit(X, y)
    assert len(calls) == (5 if name in EPOCH_CALLBACKS else 5 * STEPS)


def test_hooks_are_called_as_by_keras():
    theirs = Diary()
    keras_fit(theirs, epochs=2)
    ours = regressor(Diary(), epochs=2, shuffle=False).fit(X, y).callbacks_[0]
    assert ours.entries == theirs.entries
    assert len(theirs.entries) == 2 + 2 * (2 + 2 * STEPS)


# -- what they do --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping(restore):
    def make():
        return keras.callbacks.EarlyStopping("val_loss", patience=3, restore_best_weights=restore)

    model = same_as_keras(make, epochs=60, learning_rate=0.3, validation=True)
    losses = model.history_["val_loss"]
    assert 4 < model.n_iter_ < 60
    assert int(np.argmin(losses)) == model.n_iter_ - 4
    predicted = np.mean((model.predict(X_val) - y_val) ** 2)
    assert predicted == pytest.approx(min(losses) if restore else losses[-1], rel=1e-4)


def test_reducing_the_learning_rate_on_plateaus():
    model = same_as_keras(
        lambda: keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=0.05),
        epochs=25,
        learning_rate=0.1,
    )
    assert len({*model.history_["learning_rate"]}) > 2


def test_a_learning_rate_scheduler():
    def make():
        return keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / (1 + epoch) if epoch else rate)

    model = same_as_keras(make, learning_rate=0.03)
    np.testing.assert_allclose(model.history_["learning_rate"], [0.03, 0.05, 0.1 / 3, 0.025, 0.02], rtol=1e-6)


def test_a_callback_that_changes_the_rate_scales_a_schedule_of_ours():
    class Halve(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2

    plain = regressor(learning_rate_schedule="linear").fit(X, y).history_["learning_rate"]
    halved = regressor(Halve(), learning_rate_schedule="linear").fit(X, y).history_["learning_rate"]
    np.testing.assert_allclose(halved, np.array(plain) * [1, 1, 0.5, 0.5, 0.5], rtol=1e-5)


def test_csv_logger(tmp_path):
    model = regressor(keras.callbacks.CSVLogger(tmp_path / "log.csv")).fit(X, y, X_val=X_val, y_val=y_val)
    table = pd.read_csv(tmp_path / "log.csv")
    assert table["epoch"].tolist() == [0, 1, 2, 3, 4]
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(table[name], model.history_[name], rtol=1e-6)


def test_terminate_on_nan_ends_the_epoch_at_once_and_the_fit_with_our_error():
    batches = []
    note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batches.append((batch, logs["loss"])))
    with pytest.raises(ValueError, match=r"training loss became (nan|inf) in epoch"):
        regressor(keras.callbacks.TerminateOnNaN(), note, learning_rate=1e30, epochs=50).fit(X, y)
    assert np.isfinite([loss for _, loss in batches[:-1]]).all()
    assert not np.isfinite(batches[-1][1])
    finite = regressor(keras.callbacks.TerminateOnNaN()).fit(X, y)
    np.testing.assert_array_equal(finite.predict(X), regressor().fit(X, y).predict(X))


@pytest.mark.parametrize("when", ["on_epoch_end", "on_train_batch_end"])
def test_stop_training_is_heeded(when):
    class Stop(keras.callbacks.Callback):
        pass

    setattr(Stop, when, lambda self, number, logs=None: setattr(self.model, "stop_training", number == 1))
    model = regressor(Stop()).fit(X, y)
    assert model.n_iter_ == (2 if when == "on_epoch_end" else 1)


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [{}, {"optimizer": "adam", "dropout": 0.3, "normalization": "batch"}], ids=str)
def test_checkpoints_can_be_opened_by_keras(parameters, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "after_{epoch}.keras")
    model = regressor(checkpoint, **parameters).fit(X, y)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"after_{epoch}.keras" for epoch in range(1, 6)]
    opened = keras.models.load_model(tmp_path / "after_5.keras")
    for mine, theirs in zip(model.weights_, opened.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    predicted = opened.predict(X, verbose=0)[:, 0]
    np.testing.assert_allclose(predicted, model.predict(X), rtol=1e-4, atol=1e-5)
    shorter = regressor(**parameters, epochs=2).fit(X, y)
    second = keras.models.load_model(tmp_path / "after_2.keras").get_weights()
    for mine, theirs in zip(shorter.weights_, second, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_checkpoints_of_the_best_weights_only(tmp_path):
    path = tmp_path / "best.weights.h5"
    best = keras.callbacks.ModelCheckpoint(path, monitor="val_loss", save_best_only=True, save_weights_only=True)
    model = regressor(best, learning_rate=0.3, epochs=30).fit(X, y, X_val=X_val, y_val=-y_val)
    losses = model.history_["val_loss"]
    assert losses[-1] > min(losses) * 1.01, "what is learned is wrong for these rows"
    kept = regressor(learning_rate=0.3, epochs=int(np.argmin(losses)) + 1).fit(X, y)
    assert np.mean((kept.predict(X_val) + y_val) ** 2) == pytest.approx(min(losses), rel=1e-4)
    saved = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: saved.update({item.shape: item[()]}) if hasattr(item, "shape") else None)
    for array in kept.weights_:
        np.testing.assert_allclose(saved[array.shape], array, rtol=1e-5, atol=1e-7)


def test_a_backup_goes_on_where_training_broke_off(tmp_path):
    backup = tmp_path / "backup"
    with pytest.raises(OSError, match="power cut"):
        regressor(keras.callbacks.BackupAndRestore(backup), Failing()).fit(X, y)
    assert json.loads((backup / "training_metadata.json").read_text())["epoch"] == 3
    resumed = regressor(keras.callbacks.BackupAndRestore(backup)).fit(X, y)
    assert resumed.n_iter_ == 2
    whole = regressor().fit(X, y)
    np.testing.assert_allclose(resumed.loss_curve_, whole.loss_curve_[3:], rtol=1e-6)
    for mine, theirs in zip(resumed.weights_, whole.weights_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7)
    assert not backup.exists()


# -- copies --------------------------------------------------------------------------------------------------


def test_the_users_callbacks_stay_untouched_and_their_copies_are_kept_without_a_net():
    given = [Diary(), Batches()]
    model = regressor(*given).fit(X, y)
    assert given[0].entries == given[1].losses == []
    assert given[0].model is None
    assert len(model.callbacks_[0].entries) > 10
    assert all(kept is not own and kept.model is None for kept, own in zip(model.callbacks_, given, strict=True))
    assert clone(model).callbacks[0].entries == []
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert len(again.callbacks_[0].entries) == len(model.callbacks_[0].entries)
    copy.deepcopy(model)
    assert pickle.loads(pickle.dumps(regressor(keras.callbacks.EarlyStopping("loss")).fit(X, y))).n_iter_ == 5


def test_a_callback_that_raises_leaves_a_fitted_estimator_as_it_was():
    model = regressor().fit(X, y)
    before = model.predict(X)
    with pytest.raises(OSError, match="power cut"):
        model.set_params(callbacks=[Failing()], learning_rate=0.5).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)
    np.testing.assert_array_equal(regressor().fit(X, y).predict(X), before)


def test_what_is_not_a_callback_is_refused():
    with pytest.raises(TypeError, match=r"callbacks must hold keras\.callbacks\.Callback instances, got 'early'"):
        regressor("early").fit(X, y)
