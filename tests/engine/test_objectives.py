"""The contract of objectives: hooks see the weights in force, wrappers pass everything on, bad ones are refused."""

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skdeep._data.columns import Dense, Ragged
from skdeep._engine import members, predict
from skdeep._engine.batches import Data
from skdeep._engine.objectives import ensemble, mixup, supervised
from skdeep._engine.objectives.terms import Objective, Update, summed
from skdeep._engine.predict import Predictor
from skdeep._engine.spec import InputSignature, ModelSpec, Recipe
from skdeep.schedules import ReduceOnPlateau
from skdeep.tabular import MLPClassifier
from tests.engine.test_floor import Training, build_two_layers, one_input, squared_error

LAYOUTS = pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
X = np.random.default_rng(0).normal(size=(20, 3))
Y = X.sum(axis=1, keepdims=True)
SPEC = ModelSpec(build_two_layers, 4)


def trained(objective, numbers=None, targets=None, model=SPEC, *, plan=None, **given):
    given = {"optimizer": "sgd", "rate": 0.05} | given
    training = Training(model, one_input(3), targets or {"y": Dense((1,), "float64")}, objective, numbers, **given)
    return training.fit({"X": X}, {} if targets == {} else {"y": Y}, **{"epochs": 2, "batch_size": 10} | (plan or {}))


def plain(name="y"):
    return supervised.recipe([supervised.OutputLoss(name, Recipe(squared_error, None))])


class Following(Objective):
    """Squared errors; a variable follows the mean output after each step, and another counts preparations."""

    def __init__(self, config, models, numbers):
        (self._model,) = models.values()
        self._mean = keras.Variable("zeros", shape=(1,), dtype="float64", trainable=False, name="mean")
        self._prepared = keras.Variable("zeros", shape=(1,), dtype="float64", trainable=False, name="prepared")
        self.variables = [[self._mean, self._prepared]]
        self.updates = (Update(self._model.trainable_variables, self._loss, ("error",)),)

    def outputs(self, inputs, training):
        return {"y": self._model(inputs, training=training)}

    def terms(self, outputs, targets, weight):
        return {"error": summed(tf.reduce_sum((targets["y"] - outputs["y"]) ** 2, axis=1), weight)}

    def _loss(self, batch, training):
        return self.terms(self.outputs(batch.inputs, training), batch.targets, batch.sample_weight)

    def after(self, batch, terms):
        assert set(terms) == {"error"}
        self._mean.assign(tf.reduce_mean(self._model(batch.inputs), axis=0))

    def prepare(self, batch, seed):
        self._prepared.assign(self._prepared + 1.0)


def mean_output(weights, rows):
    kernel, bias, last, offset = weights
    return (np.maximum(rows @ kernel + bias, 0) @ last + offset).mean(axis=0)


@LAYOUTS
def test_after_a_step_the_weights_of_that_step_are_seen(one_vector):
    _, result = trained(Recipe(Following, None), one_vector=one_vector)
    *weights, mean, prepared = result.weights
    assert_allclose(mean, mean_output(weights, X[10:]), rtol=1e-9)
    assert_array_equal(prepared, [1.0])


def test_wrappers_pass_on_hooks_and_state():
    _, mixed = trained(mixup.recipe(Recipe(Following, None)), {"mixup": 0.3})
    assert_allclose(mixed.weights[4], mean_output(mixed.weights[:4], X[10:]), rtol=1e-9)
    assert_array_equal(mixed.weights[5], [1.0])
    _, result = trained(ensemble.recipe(Recipe(Following, None)), model=members.copies(SPEC, 2))
    for number in range(2):
        own, (mean, prepared) = result.weights[4 * number : 4 * number + 4], result.weights[8 + 2 * number :][:2]
        assert_allclose(mean, mean_output(own, X[10:]), rtol=1e-9)
        assert_array_equal(prepared, [1.0])


def test_the_state_of_each_member_is_that_of_its_best_epoch():
    given = {"epochs": 15, "restore_best": True, "monitor": ("val_member_0", "val_member_1")}
    plan = given | {"held_out": ({"X": X[:4]}, {"y": 0.4 * Y[:4]})}
    _, result = trained(ensemble.recipe(Recipe(Following, None)), model=members.copies(SPEC, 2), plan=plan, rate=0.1)
    best = [np.argmin(result.history[name]) for name in given["monitor"]]
    assert best[0] != best[1]
    for number in range(2):
        own, mean = result.weights[4 * number : 4 * number + 4], result.weights[8 + 2 * number]
        assert_allclose(mean, mean_output(own, X[10:]), rtol=1e-9)


class TwoUpdates(Objective):
    """The same net goes down two losses, one after the other."""

    def __init__(self, config, models, numbers):
        (self._model,) = models.values()
        variables = self._model.trainable_variables
        names = ("optimizer", "other") if config != "one optimizer" else ("optimizer", "optimizer")
        every = {"late": (2, 1), "no counter": (1, 2)}.get(config, (1, 1))
        self.updates = tuple(
            Update(variables, self._loss(name), (name,), optimizer=optimizer, every=turns)
            for name, optimizer, turns in zip(("first", "second"), names, every, strict=True)
        )

    def _loss(self, name):
        return lambda batch, training: {
            name: summed(tf.reduce_sum((batch.targets["y"] - self._model(batch.inputs)) ** 2, 1))
        }


def test_a_variable_of_two_updates_is_trained_by_both_in_any_layout():
    both = {"optimizer": "sgd", "other": "sgd"}
    fits = [trained(Recipe(TwoUpdates, None), optimizer=both, one_vector=one)[1] for one in (False, True)]
    _, once = trained(plain())
    for mine, theirs, single in zip(fits[0].weights, fits[1].weights, once.weights, strict=True):
        assert_allclose(mine, theirs, rtol=1e-12)
        assert not np.allclose(mine, single)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("late", "first update .* every step"),
        ("no counter", "live number 'step'"),
        ("one optimizer", "an optimizer of its own"),
    ],
)
def test_objectives_that_cannot_be_run_are_refused(config, message):
    with pytest.raises(ValueError, match=message):
        trained(Recipe(TwoUpdates, config), optimizer={"optimizer": "sgd", "other": "sgd"})


def test_numbers_of_different_parts_need_different_names():
    spec = ModelSpec(build_two_layers, 4, ("alpha",))
    with pytest.raises(ValueError, match=r"live numbers of the same name: \['alpha'\]"):
        trained(plain(), {"alpha": 0.1}, model=spec, penalties=("alpha",))


def test_rate_factors_for_no_variable_are_refused():
    with pytest.raises(ValueError, match=r"path like 'frist/\*'; there are \['first/kernel', 'first/bias', "):
        trained(plain(), {"slow": 0.1}, rate_factors=(("frist/*", "slow"),))


def test_a_plateau_of_an_ensemble_is_that_of_the_mean_of_its_members():
    schedule = ReduceOnPlateau(factor=0.1, patience=1, tol=1e9)  # nothing is an improvement
    plan = {"epochs": 4, "schedules": {"learning_rate": schedule}, "monitor": ("member_0", "member_1")}
    _, result = trained(ensemble.recipe(plain()), model=members.copies(SPEC, 2), plan=plan)
    assert result.history["learning_rate"][-1] < 0.05 / 10


def test_arrays_live_as_long_as_the_tensors_that_share_their_memory():
    class Array(np.ndarray):
        pass

    memory = np.zeros((2**17 + 8, 1))
    start = -memory.ctypes.data % 64 // 8
    targets = {"y": memory[start : start + 2**17].view(Array)}
    training = Training(SPEC, one_input(3), {"y": Dense((1,), "float64")}, plain())
    data, alive = Data(training.spec, {"X": np.zeros((2**17, 3))}, targets), weakref.ref(targets["y"])
    del targets, memory
    gc.collect()
    assert alive() is not None
    del data
    gc.collect()
    assert alive() is None


def build_ragged(config, signature, numbers):
    inputs = signature.inputs[0][1].inputs("X")
    return keras.Model(inputs, inputs["X"] * 2.0)


def test_outputs_as_long_as_ragged_rows_are_joined_over_chunks(monkeypatch):
    rows = [np.ones((length, 1)) for length in (2, 1, 5)]
    signature = InputSignature((("X", Ragged((1,), "float64")),), "float64")
    predictor = Predictor(ModelSpec(build_ragged, None), signature)
    monkeypatch.setattr(predict, "_VALUES_PER_CALL", 2 * 64)
    monkeypatch.setattr(predict, "_FEWEST_ROWS", 1)
    (outputs,) = predictor([], {"X": rows})
    expected = np.zeros((3, 5, 1))
    for row, length in enumerate((2, 1, 5)):
        expected[row, :length] = 2.0
    assert_array_equal(outputs, expected)


def build_twelve(as_dict, signature, numbers):
    inputs = signature.inputs[0][1].inputs("X")
    outputs = {
        f"output_{n}": keras.layers.Dense(1, name=f"output_{n}", dtype="float64")(inputs["X"]) for n in range(12)
    }
    return keras.Model(inputs, outputs if as_dict else list(reversed(outputs.values())))


@pytest.mark.parametrize("as_dict", [False, True], ids=["a list in another order", "a dict"])
def test_outputs_are_found_by_name_in_training_and_in_prediction(as_dict):
    from skdeep._engine import views

    names = [f"output_{number}" for number in range(12)]
    losses = [supervised.OutputLoss(name, Recipe(squared_error, None)) for name in names]
    columns = {name: Dense((1,), "float64") for name in names}
    training = Training(ModelSpec(build_twelve, as_dict), one_input(3), columns, supervised.recipe(losses), rate=0.3)
    y = {name: np.full((20, 1), float(number)) for number, name in enumerate(names)}
    _, result = training.fit({"X": X * 0}, y, epochs=300, batch_size=20)
    outputs = training.predict(result.weights, {"X": X * 0}, views.outputs(names))
    assert_allclose([one[0, 0] for one in outputs], range(12), atol=0.05)


def test_targets_of_different_lengths_come_with_their_lengths():
    seen = []

    class Looking(Objective):
        def __init__(self, config, models, numbers):
            (self._model,) = models.values()
            self.updates = (Update(self._model.trainable_variables, self._loss, ("y",)),)

        def _loss(self, batch, training):
            values, lengths = batch.targets["y"]
            seen.append((values.shape.rank, lengths.dtype))
            mask = tf.sequence_mask(lengths, tf.shape(values)[1], values.dtype)
            return {"y": summed((values - self._model(batch.inputs)) ** 2, mask)}

    training = Training(SPEC, one_input(3), {"y": Ragged((), "float64")}, Recipe(Looking, None), rate=0.0)
    rows = [np.arange(1.0, 2 + number % 4) for number in range(20)]
    start, result = training.fit({"X": X}, {"y": rows}, epochs=1, batch_size=20)
    outputs = training.predict(start, {"X": X})[0][:, 0]
    errors = np.concatenate([(row - output) ** 2 for row, output in zip(rows, outputs, strict=True)])
    assert seen == [(2, tf.int32)]
    assert_allclose(result.history["loss"], [errors.mean()])  # each moment counts the same


def test_a_scorer_may_look_at_the_model():
    y = (Y[:, 0] > 0).astype(int)

    def score(estimator, X, y):
        return -float(np.abs(estimator.model_.get_layer("output_0").get_weights()[0]).sum())

    model = MLPClassifier((4,), dropout=0.2, epochs=2, scoring=score, random_state=0)
    model.fit(X, y, X_val=X, y_val=y)
    assert model.history_["val_score"][-1] == pytest.approx(-np.abs(model.coefs_[-1]).sum(), rel=1e-6)


# -- live vectors -----------------------------------------------------------------------------------------------------


def shifted_squares(config, numbers):
    """The squared error of a target that is shifted by an entry of a vector, whose place the target itself says."""
    vector = numbers["shifts"]
    return lambda y, output: tf.reduce_sum((y + tf.gather(tf.cast(vector, y.dtype), config) - output) ** 2, axis=-1)


def with_shifts(length, place):
    loss = Recipe(shifted_squares, place, vectors=(("shifts", length),))
    return supervised.recipe([supervised.OutputLoss("y", loss)])


@pytest.mark.parametrize("wrap", [lambda objective: objective, mixup.recipe, ensemble.recipe])
def test_vectors_are_inputs_of_a_program_as_numbers_are(wrap):
    objective, model = wrap(with_shifts(3, 1)), SPEC if wrap is not ensemble.recipe else members.copies(SPEC, 2)
    assert objective.vectors == (("y/shifts", 3),)
    numbers = {"mixup": 0.3} if wrap is mixup.recipe else {}
    _, shifted = trained(objective, numbers | {"y/shifts": np.array([9.0, 0.5, -9.0])}, model=model)
    training = Training(
        model, one_input(3), {"y": Dense((1,), "float64")}, wrap(plain()), numbers, optimizer="sgd", rate=0.05
    )
    _, expected = training.fit({"X": X}, {"y": Y + 0.5}, epochs=2)
    for own, other in zip(shifted.weights, expected.weights, strict=True):
        assert_allclose(own, other, rtol=1e-9)


def test_another_vector_is_the_same_program_and_another_length_is_not():
    first, second, longer = (
        Training(SPEC, one_input(3), {"y": Dense((1,), "float64")}, with_shifts(length, 0), {"y/shifts": values})
        for length, values in ((2, [0.0, 1.0]), (2, [2.0, 3.0]), (3, [0.0, 1.0, 2.0]))
    )
    assert first.spec == second.spec != longer.spec
    assert first.spec.shapes["y/shifts"] == (2,)
    with pytest.raises(ValueError, match="broadcast"):
        Training(SPEC, one_input(3), {"y": Dense((1,), "float64")}, with_shifts(2, 0), {"y/shifts": [0.0] * 3}).fit(
            {"X": X}, {"y": Y}
        )
