"""The engine trains any Keras model: several named inputs of different rank, several outputs, embeddings."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from skdeep._data.columns import Dense, Ids
from skdeep._data.order import AsGiven, Shuffled
from skdeep._engine import optimizers
from skdeep._engine.batches import Data
from skdeep._engine.cache import ProgramCache
from skdeep._engine.fit import loop
from skdeep._engine.objectives.supervised import OutputLoss, recipe
from skdeep._engine.predict import Predictor, weight_tensors
from skdeep._engine.spec import InputSignature, ModelSpec, ProgramSpec, Recipe, TrainPlan

N, BATCH, RATE = 40, 12, 2.0**-5
rng = np.random.default_rng(0)
TABLE = rng.normal(size=(N, 5)).astype(np.float32)
SERIES = rng.normal(size=(N, 9, 2)).astype(np.float32)
IMAGES = rng.integers(0, 256, size=(N, 6, 6, 1), dtype=np.uint8)
TOKENS = rng.integers(1, 7, size=(N, 12)).astype(np.int32)
NUMBERS = (TABLE[:, :1] + SERIES[:, :3, 0].sum(axis=1, keepdims=True)).astype(np.float32)
CLASSES = (IMAGES.mean(axis=(1, 2, 3)) > 127).astype(np.int32) + (TABLE[:, 0] > 0)


def build_three_inputs(config, signature, numbers):
    """A table, a series and an image go in; a number and the scores of three classes come out."""
    table, series, image = (keras.Input(spec.shape, name=name) for name, spec in signature.inputs)
    parts = [
        keras.layers.Dense(config, activation="tanh")(table),
        keras.layers.GRU(config)(series),
        keras.layers.Flatten()(keras.layers.Conv2D(2, 3, activation="tanh")(keras.layers.Rescaling(1 / 255)(image))),
    ]
    merged = keras.layers.Concatenate()(parts)
    outputs = [keras.layers.Dense(1, name="number")(merged), keras.layers.Dense(3, name="class")(merged)]
    return keras.Model({"table": table, "series": series, "image": image}, outputs)


def build_embedding(config, signature, numbers):
    tokens = keras.Input(signature.inputs[0][1].shape, dtype="int32", name="tokens")
    averaged = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(10, config)(tokens))
    return keras.Model({"tokens": tokens}, keras.layers.Dense(3)(averaged))


def build_squared_error(config, numbers):
    return lambda targets, outputs: tf.reduce_mean((targets - outputs) ** 2, axis=-1)


def build_cross_entropy(config, numbers):
    return lambda targets, outputs: tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)


NUMBER = OutputLoss("number", Recipe(build_squared_error, None))
CLASS = OutputLoss("class", Recipe(build_cross_entropy, None))
COLUMNS = {"number": Dense((1,), "float32"), "class": Ids(())}
THREE_INPUTS = InputSignature(
    (
        ("table", Dense((5,), "float32")),
        ("series", Dense((9, 2), "float32")),
        ("image", Dense((6, 6, 1), "float32", "uint8")),
    ),
    "float32",
)
ONE_INPUT = InputSignature((("tokens", Ids((12,))),), "float32")


class Training:
    """One architecture in a cache of its own."""

    def __init__(self, model, signature, targets, losses, *, one_vector=False, batch_size=BATCH):
        optimizer, self.numbers = optimizers.recipe("sgd", learning_rate=RATE)
        self.batch_size = batch_size
        columns = tuple((name, COLUMNS[name]) for name in targets)
        optimizers_by_name = (("optimizer", optimizer),)
        self.spec = ProgramSpec(model, signature, columns, recipe(losses), optimizers_by_name, one_vector=one_vector)
        self.targets, self.cache = targets, ProgramCache()

    def fit(self, inputs, epochs=2, shuffle=False, seed=0):
        """Return the initial weights and the FitResult."""
        order = (Shuffled if shuffle else AsGiven)(len(next(iter(inputs.values()))))
        plan = TrainPlan(epochs, self.batch_size, (seed, seed + 1, seed + 2), self.numbers, order)
        with self.cache.lease(self.spec) as program:
            program.start(plan.seeds[0], plan.numbers)
            start = program.weights()
            return start, loop.fit(program, Data(self.spec, inputs, self.targets), plan)


def keras_fit(build, config, signature, start, inputs, targets, losses):
    model = build(config, signature, {})
    model.set_weights(start)
    model.compile(keras.optimizers.SGD(RATE), loss=losses, jit_compile=False)
    history = model.fit(inputs, targets, batch_size=BATCH, epochs=2, shuffle=False, verbose=0)
    return model, history.history["loss"]


@pytest.fixture(scope="module", params=[False, True], ids=["by weight", "one vector"])
def three_inputs(request):
    targets = {"number": NUMBERS, "class": CLASSES.astype(np.int32)}
    return Training(ModelSpec(build_three_inputs, 4), THREE_INPUTS, targets, [NUMBER, CLASS], one_vector=request.param)


def test_inputs_of_rank_one_two_and_three_with_two_outputs_train_as_in_keras(three_inputs):
    inputs = {"table": TABLE, "series": SERIES, "image": IMAGES}
    start, result = three_inputs.fit(inputs)
    losses = [keras.losses.MeanSquaredError(), keras.losses.SparseCategoricalCrossentropy(from_logits=True)]
    model, curve = keras_fit(build_three_inputs, 4, THREE_INPUTS, start, inputs, [NUMBERS, CLASSES], losses)
    np.testing.assert_allclose(result.history["loss"], curve, rtol=1e-5)
    for mine, theirs, first in zip(result.weights, model.get_weights(), start, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
        assert not np.array_equal(mine, first)
    predictor = Predictor(three_inputs.spec.model, THREE_INPUTS)
    predicted = predictor(weight_tensors(result.weights), inputs)
    for mine, theirs in zip(predicted, model.predict(inputs, verbose=0), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_the_order_of_the_arrays_does_not_matter_their_names_do(three_inputs):
    _, one = three_inputs.fit({"table": TABLE, "series": SERIES, "image": IMAGES})
    _, other = three_inputs.fit({"image": IMAGES, "series": SERIES, "table": TABLE})
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(one.weights, other.weights, strict=True))


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
def test_embeddings_train_as_in_keras(one_vector):
    training = Training(
        ModelSpec(build_embedding, 4), ONE_INPUT, {"class": CLASSES.astype(np.int32)}, [CLASS], one_vector=one_vector
    )
    start, result = training.fit({"tokens": TOKENS})
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model, curve = keras_fit(build_embedding, 4, ONE_INPUT, start, {"tokens": TOKENS}, CLASSES, loss)
    np.testing.assert_allclose(result.history["loss"], curve, rtol=1e-5)
    for mine, theirs in zip(result.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    table, first = result.weights[0], start[0]
    np.testing.assert_array_equal(table[7:], first[7:])  # tokens that never occur do not move
    assert not np.any(table[1:7] == first[1:7])


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
def test_embeddings_give_the_same_bits_every_time(one_vector):
    """Gradients of a token are added in the same order, although there are enough of them for several threads."""
    tokens = rng.integers(1, 7, size=(400, 50)).astype(np.int32)
    signature = InputSignature((("tokens", Ids((50,))),), "float32")
    classes = rng.integers(0, 3, size=400).astype(np.int32)
    training = Training(
        ModelSpec(build_embedding, 64), signature, {"class": classes}, [CLASS], one_vector=one_vector, batch_size=400
    )
    fits = [training.fit({"tokens": tokens}, epochs=6, shuffle=True)[1].weights for _ in range(6)]
    for others in fits[1:]:
        assert all(np.array_equal(mine, other) for mine, other in zip(fits[0], others, strict=True))
    another = training.fit({"tokens": tokens}, epochs=6, shuffle=True, seed=1)[1].weights
    assert not np.array_equal(another[0], fits[0][0])
