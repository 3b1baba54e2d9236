"""Dropout inside the compiled loop: how much is dropped, when, and how the draws depend on seed, step, unit and epoch.

A step of gradient descent on a loss that is linear in the masked units writes the mask into the weights: row r of the
kernels moves by mask / (1 - rate) when row r of the data is visited, which is how these tests see the real masks.
"""

import keras
import numpy as np
import pytest

from skdeep._data.columns import Dense
from skdeep._data.order import AsGiven
from skdeep._engine import optimizers
from skdeep._engine.batches import Data
from skdeep._engine.cache import ProgramCache
from skdeep._engine.fit import loop
from skdeep._engine.objectives import supervised
from skdeep._engine.spec import InputSignature, ModelSpec, ProgramSpec, Recipe, TrainPlan
from skdeep.architectures._blocks import Dropout
from skdeep.tabular import MLPClassifier, MLPRegressor

ROWS, UNITS, EPOCHS = 60, 100, 10
SIGMAS = 5
RATES = (0.1, 0.5, 0.9)


def build(config, signature, numbers):
    """Multiply a row of weights, picked by the row's number, by units that are all one but for dropout."""
    row, ones = (keras.Input(spec.shape, name=name) for name, spec in signature.inputs)
    outputs = []
    for name in ("first", "second"):
        picked = keras.layers.Dense(ones.shape[1], use_bias=False, kernel_initializer="zeros", name=name)(row)
        outputs.append(keras.layers.Dot(axes=1)([picked, Dropout(numbers["dropout"])(ones)]))
    return keras.Model({"row": row, "ones": ones}, keras.layers.Add()(outputs))


def build_loss(config, numbers):
    return lambda targets, outputs: -outputs[:, 0]


class WeightsOfEpochs:
    """Appends the weights after every epoch to a list."""

    def __init__(self, seen):
        self.seen = seen

    def begin(self):
        pass

    def end(self, epoch, program):
        self.seen.append(np.array(program.weights(), dtype=float))


class Masks:
    """Trains with dropout and reads what the units were multiplied by: shape (2 layers, epochs, rows, units)."""

    def __init__(self, units=UNITS):
        self.shape = (2, ROWS, units)
        signature = InputSignature(
            (("row", Dense((ROWS,), "float32")), ("ones", Dense((units,), "float32"))), "float32"
        )
        optimizer, self.numbers = optimizers.recipe("sgd", learning_rate=1.0)
        model, loss = ModelSpec(build, None, ("dropout",)), supervised.OutputLoss("sum", Recipe(build_loss, None))
        targets, objective = (("sum", Dense((1,), "float32")),), supervised.recipe([loss])
        self.spec = ProgramSpec(model, signature, targets, objective, (("optimizer", optimizer),))
        self.inputs = {"row": np.eye(ROWS, dtype=np.float32), "ones": np.ones((ROWS, units), np.float32)}
        self.cache = ProgramCache()

    def __call__(self, rate, *, seed=0, batch_size=1, epochs=EPOCHS, callbacks=(), first_epoch=0):
        numbers = self.numbers | {"dropout": rate}
        plan = TrainPlan(epochs, batch_size, (0, 0, seed), numbers, AsGiven(ROWS), first_epoch=first_epoch)
        seen = [np.zeros(self.shape)]
        with self.cache.lease(self.spec) as program:
            data = Data(self.spec, self.inputs, {"sum": np.zeros((ROWS, 1), np.float32)})
            loop.fit(program, data, plan, callbacks=callbacks, observer=WeightsOfEpochs(seen))
        return np.diff(np.array(seen), axis=0).swapaxes(0, 1) * batch_size


@pytest.fixture(scope="module")
def masks():
    return Masks()


def assert_share(dropped, rate):
    """Whether a share of dropped units is within five sigma of the rate, along every axis."""
    for axes in [(0, 1, 2, 3), (0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]:
        shares = dropped.mean(axis=axes)
        sigma = np.sqrt(rate * (1 - rate) * shares.size / dropped.size)
        assert np.all(np.abs(shares - rate) < SIGMAS * sigma)


def assert_independent(one, other, rate):
    """Whether two sets of masks agree no more often than chance has it, within five sigma."""
    products = ((one - rate) * (other - rate)).mean()
    assert abs(products) < SIGMAS * rate * (1 - rate) / np.sqrt(one.size)


@pytest.mark.parametrize("rate", RATES)
def test_units_are_dropped_at_the_rate_and_the_others_scaled_up(masks, rate):
    factors = masks(rate)
    dropped = factors == 0
    assert dropped.shape == (2, EPOCHS, ROWS, UNITS)
    np.testing.assert_allclose(factors[~dropped], 1 / (1 - rate), rtol=1e-4)  # rates are rounded to 1 / 65536
    assert_share(dropped, rate)
    sigma = np.sqrt(rate / (1 - rate) / factors.size)
    assert abs(factors.mean() - 1) < SIGMAS * sigma


@pytest.mark.parametrize("batch_size", [1, 7, ROWS])
def test_masks_differ_between_units_rows_steps_epochs_and_layers(masks, batch_size):
    dropped = (masks(0.5, batch_size=batch_size) == 0).astype(float)
    assert_share(dropped, 0.5)
    assert_independent(dropped[0], dropped[1], 0.5)
    for axis in (1, 2, 3):
        for shift in (1, 2, 7):
            ahead = np.roll(dropped, shift, axis=axis)
            assert_independent(dropped, ahead, 0.5)
    rows = dropped.reshape(-1, UNITS)
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize("epochs", [1, EPOCHS])
def test_the_same_seed_gives_the_same_masks_and_another_seed_others(masks, epochs):
    one, same, other = (masks(0.5, seed=seed, epochs=epochs) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert_independent((one == 0) * 1.0, (other == 0) * 1.0, 0.5)


def test_the_masks_of_an_epoch_do_not_depend_on_what_was_trained_before(masks):
    """Training in several calls, or after another fit, sees the masks of training in one."""
    whole = masks(0.5, epochs=4)
    masks(0.9, epochs=3, seed=5)
    np.testing.assert_array_equal(masks(0.5, epochs=2, first_epoch=2), whole[:, 2:])


def test_the_loop_by_batches_draws_the_same_masks(masks):
    seen = []
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    np.testing.assert_array_equal(
        masks(0.5, batch_size=7, epochs=2, callbacks=[callback]), masks(0.5, batch_size=7, epochs=2)
    )
    assert seen == 2 * [*range(9)]


@pytest.mark.parametrize("batch_size", [1, ROWS])
def test_layers_that_need_more_draws_than_are_kept_do_not_repeat_them(batch_size):
    """Draws come from a pool; one epoch of this net, in the second case one step of it, needs more than the pool."""
    dropped = (Masks(units=5000)(0.5, seed=1, epochs=2, batch_size=batch_size) == 0) * 1.0
    assert_share(dropped, 0.5)
    assert_independent(dropped, np.roll(dropped, 1, axis=2), 0.5)
    rows = dropped.reshape(-1, 5000)
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_nothing_is_dropped_when_predicting(cls):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    model = cls((8,), dropout=0.5, epochs=3, dtype="float64", random_state=0).fit(X, y)
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    output = (hidden @ model.coefs_[1] + model.intercepts_[1])[:, 0]
    predicted = model.decision_function(X) if cls is MLPClassifier else (model.predict(X) - y.mean()) / y.std()
    np.testing.assert_allclose(predicted, output, rtol=1e-9)
    np.testing.assert_array_equal(model.predict(X), model.predict(X))


def test_nothing_is_dropped_in_validation():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    y = (y - y.mean()) / y.std()
    model = MLPRegressor((8,), dropout=0.9, epochs=1, learning_rate=1e-300, dtype="float64", random_state=0)
    model.fit(X, y, X_val=X, y_val=y)
    assert model.history_["val_loss"][0] == pytest.approx(np.mean((model.predict(X) - y) ** 2), rel=1e-9)
    assert model.history_["loss"][0] != pytest.approx(model.history_["val_loss"][0], rel=0.01)


def test_estimators_with_dropout_give_the_same_bits_for_the_same_seed():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.arange(40) % 2

    def kernel(seed):
        return MLPClassifier((8, 8), dropout=0.5, epochs=5, batch_size=16, random_state=seed).fit(X, y).coefs_[1]

    np.testing.assert_array_equal(kernel(0), kernel(0))
    assert not np.array_equal(kernel(0), kernel(1))
