"""What programs start from: values that a model brings, draws by seed, model and position; hooks of objectives."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skdeep._data.columns import Dense
from skdeep._engine import roles, state, views
from skdeep._engine.objectives import supervised
from skdeep._engine.objectives.terms import Objective, Update, summed
from skdeep._engine.predict import Predictor, weight_tensors
from skdeep._engine.program import Program
from skdeep._engine.spec import ModelSpec, Recipe
from tests.engine.test_floor import Training, one_input, squared_error

SIGNATURE = one_input(3, "float32")
KERNEL, BIAS = np.arange(6, dtype=np.float32).reshape(3, 2), np.array([5.0, 7.0], np.float32)


def build_that_brings(how, signature, numbers):
    inputs = keras.Input((3,), name="X")
    hidden = inputs
    if how == "adapted":
        scaling = keras.layers.Normalization(name="scaling")
        scaling.build((None, 3))
        scaling.mean, scaling.variance = None, None
        scaling.adapt_mean.assign([1.0, 2.0, 3.0])
        scaling.adapt_variance.assign([4.0, 4.0, 4.0])
        scaling.finalize_state()
        hidden = scaling(inputs)
    start = keras.initializers.Constant(KERNEL) if how == "an initializer" else "glorot_uniform"
    dense = keras.layers.Dense(2, kernel_initializer=start, name="dense")
    model = keras.Model({"X": inputs}, dense(hidden))
    if how == "set_weights":
        dense.set_weights([KERNEL, BIAS])
    if how == "assign":
        dense.bias.assign(BIAS)
    return model


def started(how, seed=0):
    objective = supervised.recipe([supervised.OutputLoss("y", Recipe(squared_error, None))])
    training = Training(ModelSpec(build_that_brings, how), SIGNATURE, {"y": Dense((2,), "float32")}, objective)
    program = Program(training.spec)
    program.start(seed, training.numbers)
    return program.weights()


def test_values_that_a_model_brings_are_where_training_starts():
    kernel, bias = started("set_weights")
    assert_array_equal(kernel, KERNEL)
    assert_array_equal(bias, BIAS)
    assert_array_equal(started("an initializer")[0], KERNEL)
    kernel, bias = started("assign")
    assert_array_equal(bias, BIAS)
    assert not np.array_equal(kernel, started("assign", seed=1)[0])  # what it does not bring is drawn


def test_a_layer_that_was_adapted_keeps_what_it_learned():
    adapted = started("adapted")
    assert_array_equal(adapted[0], [1, 2, 3])
    assert_array_equal(adapted[1], [4, 4, 4])


def test_members_draw_from_seeds_of_their_own():
    seeds = [state.member_seed(7, number) for number in range(100)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 100
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert int(state.member_seed(tf.constant(7, tf.int64), 99)) == seeds[99]


@pytest.mark.parametrize(
    ("layer", "shape", "kernels"),
    [
        (keras.layers.Dense(2), (None, 3), ["kernel"]),
        (keras.layers.Conv2D(2, 3), (None, 8, 8, 1), ["kernel"]),
        (keras.layers.GRU(2), (None, 5, 3), ["kernel", "recurrent_kernel"]),  # whose bias is a matrix
        (keras.layers.BatchNormalization(), (None, 3), []),
        (keras.layers.Embedding(5, 2), (None, 3), ["embeddings"]),
    ],
)
def test_kernels_are_known_by_what_they_are_for(layer, shape, kernels):
    layer.build(shape)
    assert [variable.name for variable in layer.variables if roles.is_kernel(variable)] == kernels


# -- hooks of an objective --------------------------------------------------------------------------------------------


class Centred(Objective):
    """Outputs are drawn to a centre that starts as their mean over some rows, and then follows them."""

    def __init__(self, config, models, numbers):
        (self._model,) = models.values()
        self.centre = keras.Variable("zeros", shape=(2,), dtype="float32", trainable=False, name="centre")
        self.variables = [[self.centre]]
        self.updates = (Update(self._model.trainable_variables, self._loss, ("distance",)),)

    def _loss(self, batch, training):
        return {"distance": summed(tf.reduce_sum((self._model(batch.inputs) - self.centre) ** 2, axis=1))}

    def prepare(self, batch, seed):
        self.centre.assign(tf.reduce_mean(self._model(batch.inputs), axis=0))

    def after(self, batch, terms):
        self.centre.assign(0.5 * self.centre + 0.5 * tf.reduce_mean(self._model(batch.inputs), axis=0))


def test_an_objective_prepares_its_state_from_rows_and_changes_it_after_each_step():
    X = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    training = Training(
        ModelSpec(build_that_brings, None), SIGNATURE, {}, Recipe(Centred, None), optimizer="sgd", rate=0.0
    )
    _, result = training.fit({"X": X}, epochs=1, batch_size=4)
    kernel, bias, centre = result.weights
    outputs = X @ kernel + bias
    expected = outputs.mean(axis=0)
    assert_allclose(result.history["loss"], [((outputs - expected) ** 2).sum(axis=1).mean()], rtol=0.5)
    for rows in np.split(outputs, 3):
        expected = (expected + rows.mean(axis=0)) / 2
    assert_allclose(centre, expected, rtol=1e-4)
    with training.cache.lease(training.spec) as program:  # going on does not prepare anew
        program.load(result.weights)
        assert_array_equal(program.weights()[2], centre)


def test_views_look_inside_and_ignore_what_the_objective_keeps():
    X = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    spec = ModelSpec(build_that_brings, None)
    arrays = [KERNEL, BIAS, np.zeros(2, np.float32)]  # the last is an objective's
    inside = Predictor(spec, SIGNATURE, views.layer("dense"))
    assert_allclose(inside(weight_tensors(arrays), {"X": X})[0], X @ KERNEL + BIAS, rtol=1e-5)
    with pytest.raises(ValueError, match=r"no layer 'dens'; there are .*'dense'"):
        Predictor(spec, SIGNATURE, views.layer("dens"))(weight_tensors(arrays), {"X": X})


def two_headed(names, signature, numbers):
    inputs = keras.Input((3,), name="X")
    low, high = keras.layers.Rescaling(2.0, name="low")(inputs), keras.layers.Rescaling(3.0, name="high")(inputs)
    hidden = {"low": low, "high": high}
    outputs = [keras.layers.Rescaling(-1.0, name=f"output_{i}")(hidden[name]) for i, name in enumerate(names)]
    return keras.Model({"X": inputs}, outputs if len(outputs) > 1 else outputs[0])


@pytest.mark.parametrize(
    ("heads", "factors"), [(["low"], [2]), (["low", "low"], [2]), (["high", "low", "high"], [3, 2])]
)
def test_features_are_what_output_layers_are_given_each_once(heads, factors):
    X = np.arange(6, dtype=np.float32).reshape(2, 3)
    features = Predictor(ModelSpec(two_headed, tuple(heads)), SIGNATURE, views.features())([], {"X": X})
    assert len(features) == len(factors)
    for one, factor in zip(features, factors, strict=True):
        assert_array_equal(one, factor * X)
