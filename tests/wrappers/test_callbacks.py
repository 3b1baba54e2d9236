"""Callbacks see the user's model, and what they change has its effect."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep.wrappers import KerasRegressor
from tests.wrappers.models import (
    EPOCHS,
    X,
    X_new,
    assert_same_history,
    assert_same_model,
    dense,
    keras_fit,
    regression_net,
    twins,
    wrapped,
    y,
    y_new,
)

callbacks = keras.callbacks
ENGINES = ["compiled", "keras"]


def assert_same_with(make, engine="compiled", model=dense, epochs=6, validation=True):
    """Train twins with callbacks of their own and check that they are alike."""
    ours, theirs = twins(model)
    given = {"X_val": X_new, "y_val": y_new} if validation else {}
    net = wrapped(ours, callbacks=make(), engine=engine, epochs=epochs).fit(X, y, **given)
    history = keras_fit(
        theirs, X, y, validation_data=(X_new, y_new) if validation else None, epochs=epochs, callbacks=make()
    )
    history.pop("learning_rate", None)
    found = {name: values for name, values in net.history_.items() if name != "learning_rate"}
    assert_same_history(found, history, rtol=1e-4)
    assert_same_model(net.model_, theirs, rtol=1e-4, atol=1e-5)
    return net


def test_early_stopping_stops_where_keras_does():
    net = assert_same_with(lambda: callbacks.EarlyStopping(min_delta=0.3, patience=1), epochs=9)
    assert net.current_epoch < 9


def test_early_stopping_puts_the_best_weights_back():
    def make():
        return callbacks.EarlyStopping(min_delta=10.0, patience=2, restore_best_weights=True)

    net = assert_same_with(make, epochs=9)
    assert net.current_epoch == 3
    error = np.mean((net.predict(X_new) - y_new) ** 2)
    assert_allclose(error, net.history_["val_loss"][0], rtol=1e-5)


def test_the_learning_rate_falls_on_a_plateau():
    net = assert_same_with(lambda: callbacks.ReduceLROnPlateau(factor=0.25, patience=1, min_delta=10.0))
    assert_allclose(float(net.model_.optimizer.learning_rate), 0.03125 * 0.25**5, rtol=1e-5)


def test_a_scheduler_sets_the_learning_rate():
    seen = []

    def rate(epoch, before):
        seen.append((epoch, before))
        return before / 2

    net = assert_same_with(lambda: callbacks.LearningRateScheduler(rate), epochs=3)
    assert_allclose(float(net.model_.optimizer.learning_rate), 0.03125 / 8)
    assert seen[:3] == [(0, 0.03125), (1, 0.015625), (2, 0.0078125)]


class Follower(callbacks.Callback):
    """Notes what it sees of the model of an estimator."""

    def __init__(self):
        super().__init__()
        self.errors, self.losses, self.same = [], [], []

    def on_epoch_end(self, epoch, logs=None):
        self.same.append(self.model is self.net.model_)
        self.errors.append(np.mean((self.net.model_(X_new).numpy() - y_new) ** 2))
        self.losses.append(logs["val_loss"])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_model_of_the_estimator_has_the_current_weights(engine):
    follower = Follower()
    net = follower.net = wrapped(dense(), callbacks=follower, engine=engine)
    net.fit(X, y, X_val=X_new, y_val=y_new)
    assert follower.same == [True] * EPOCHS
    assert_allclose(follower.errors, net.history_["val_loss"], rtol=1e-5)
    assert_allclose(follower.losses, net.history_["val_loss"], rtol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_estimator_predicts_within_its_own_fit(engine):
    found = []

    class Predicting(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            found.append(np.mean((net.predict(X_new) - y_new) ** 2))

    net = KerasRegressor(
        regression_net, loss="mse", callbacks=Predicting(), engine=engine, epochs=3, verbose=0, random_state=0
    )
    net.fit(X, y, X_val=X_new, y_val=y_new)
    assert_allclose(found, net.history_["val_loss"], rtol=1e-5)


class Halving(callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.set_weights([one / 2 for one in self.model.get_weights()])


def test_weights_that_a_callback_sets_are_trained_on():
    assert_same_with(Halving, epochs=3)


class ClippingAfterBatches(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        kernel = self.model.layers[1].kernel
        kernel.assign(keras.ops.clip(kernel, -0.25, 0.25))


def test_weights_that_are_set_after_each_batch():
    net = assert_same_with(ClippingAfterBatches, epochs=3, validation=False)
    assert np.abs(net.model_.layers[1].kernel.numpy()).max() <= 0.25


class Recorder(callbacks.Callback):
    """Notes its hooks, in order, and what they are told."""

    def __init__(self):
        super().__init__()
        self.hooks = []

    def on_train_begin(self, logs=None):
        self.hooks.append(("train begin", self.params["epochs"], self.params["steps"]))

    def on_train_end(self, logs=None):
        self.hooks.append(("train end",))

    def on_epoch_begin(self, epoch, logs=None):
        self.hooks.append(("epoch begin", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.hooks.append(("epoch end", epoch, sorted(logs)))

    def on_test_begin(self, logs=None):
        self.hooks.append(("test begin",))

    def on_test_end(self, logs=None):
        self.hooks.append(("test end",))


class BatchRecorder(Recorder):
    def on_train_batch_begin(self, batch, logs=None):
        self.hooks.append(("batch begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.hooks.append(("batch end", batch, round(float(logs["loss"]), 4)))


@pytest.mark.parametrize("cls", [Recorder, BatchRecorder])
def test_hooks_are_called_as_by_keras(cls):
    mine, others = cls(), cls()
    ours, theirs = twins(lambda: dense(metrics=["mean_absolute_error"]))
    net = wrapped(ours, callbacks=mine, epochs=2)
    net.fit(X, y, X_val=X_new, y_val=y_new)
    keras_fit(theirs, X, y, validation_data=(X_new, y_new), epochs=2, callbacks=[others])
    assert mine.hooks == others.hooks
    mine.hooks.clear()
    others.hooks.clear()
    net.set_params(warm_start=True).partial_fit(X, y)
    keras_fit(theirs, X, y, epochs=3, initial_epoch=2, callbacks=[others])
    assert mine.hooks == others.hooks


class Stopping(callbacks.Callback):
    def __init__(self, hook, at):
        super().__init__()
        setattr(self, hook, self._stop)
        self.at = at

    def _stop(self, number, logs=None):
        if number == self.at:
            self.model.stop_training = True


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_ends_training(engine):
    net = wrapped(dense(), callbacks=Stopping("on_epoch_end", 1), engine=engine, epochs=9).fit(X, y)
    assert net.current_epoch == 2
    net.set_params(callbacks=None).fit(X, y)
    assert net.current_epoch == 9


def test_a_callback_that_ends_training_after_a_batch_ends_the_epoch_as_in_keras():
    class Ending(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                self.model.stop_training = True

    net = assert_same_with(Ending, epochs=9, validation=False)
    assert net.current_epoch == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_callbacks_of_predictions_are_called(engine):
    heard = []

    class Listener(callbacks.Callback):
        def on_predict_begin(self, logs=None):
            heard.append("begin")

        def on_predict_batch_end(self, batch, logs=None):
            heard.append(batch)

        def on_predict_end(self, logs=None):
            heard.append("end")

    net = wrapped(dense(), engine=engine).fit(X, y)
    expected = net.predict(X)
    net.set_params(predict__callbacks=Listener(), batch_size=20)
    assert_allclose(net.predict(X), expected, rtol=1e-5, atol=1e-6)
    assert heard == ["begin", 0, 1, 2, "end"]


def test_a_checkpoint_saves_the_current_weights(tmp_path):
    path = str(tmp_path / "{epoch}.weights.h5")
    saver = callbacks.ModelCheckpoint(path, save_weights_only=True)
    net = wrapped(dense(), callbacks=saver, epochs=2).fit(X, y)
    opened = keras.models.clone_model(dense())
    opened.load_weights(path.format(epoch=2))
    for saved, learned in zip(opened.get_weights(), net.model_.get_weights(), strict=True):
        assert_array_equal(saved, learned)


def test_a_layer_that_a_callback_freezes_raises():
    class Freezing(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.layers[1].trainable = False

    with pytest.raises(ValueError, match="A callback set `trainable` of a layer"):
        wrapped(dense(), callbacks=Freezing()).fit(X, y)


def test_metrics_have_the_names_of_keras_in_logs_and_full_names_in_the_history():
    seen = {}

    class Noting(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.update(logs)

    for engine in ENGINES:
        seen.clear()
        net = wrapped(dense(metrics=["mae"]), callbacks=Noting(), engine=engine).fit(X, y, X_val=X_new, y_val=y_new)
        assert {*seen} == {"loss", "mae", "val_loss", "val_mae"}
        assert {*net.history_} == {"loss", "mean_absolute_error", "val_loss", "val_mae"}
