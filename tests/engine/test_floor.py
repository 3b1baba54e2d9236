"""What families to come need of the engine, each as a small objective or net that the engine has never seen."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import subspace_angles
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA

from skdeep._data.columns import Dense, Ids, Sparse
from skdeep._data.order import AsGiven, ByClass, Shuffled
from skdeep._engine import members, optimizers, views
from skdeep._engine.batches import Data
from skdeep._engine.cache import ProgramCache
from skdeep._engine.fit import loop
from skdeep._engine.objectives import ensemble, supervised
from skdeep._engine.objectives.terms import Objective, Update, summed
from skdeep._engine.predict import Predictor, weight_tensors
from skdeep._engine.spec import InputSignature, ModelSpec, ProgramSpec, Recipe, SameAs, TrainPlan, within
from skdeep._engine.state import member_seed
from skdeep.architectures._blocks import Dropout
from skdeep.schedules import CosineDecay

layers = keras.layers


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class Training:
    """A program in a cache of its own."""

    def __init__(self, model, signature, targets, objective, numbers=None, *, optimizer="adam", rate=0.01, **given):
        named = optimizer if isinstance(optimizer, dict) else {"optimizer": optimizer}
        recipes = {name: optimizers.recipe(one, learning_rate=rate) for name, one in named.items()}
        self.numbers = dict(numbers or {})
        for name, (_, values) in recipes.items():
            self.numbers |= values if name == "optimizer" else within(name, values)
        by_name = tuple((name, recipe) for name, (recipe, _) in recipes.items())
        self.spec = ProgramSpec(model, signature, tuple(targets.items()), objective, by_name, **given)
        self.cache = ProgramCache()

    def fit(self, inputs, targets=None, *, epochs=3, batch_size=10, seeds=(0, 1, 2), order=None, held_out=None, **plan):
        """Return the initial weights and the result."""
        data = Data(self.spec, inputs, targets or {})
        order = AsGiven(data.n_rows) if order is None else order
        plan = TrainPlan(epochs, batch_size, seeds, self.numbers, order, **plan)
        held_out = held_out and Data(self.spec, *held_out)
        with self.cache.lease(self.spec) as program:
            program.start(seeds[0], plan.numbers)
            start = program.weights()
            return start, loop.fit(program, data, plan, validate=held_out and validation(held_out))

    def predict(self, weights, inputs, view=None):
        return Predictor(self.spec.model, self.spec.signature, view)(weight_tensors(weights), inputs)


def validation(data):
    return lambda program: {
        f"val_{name}": value for name, value in zip(program.evaluated, program.evaluate(data)[0], strict=True)
    }


def one_input(n_columns, dtype="float64", column=Dense):
    return InputSignature((("X", column((n_columns,), dtype)),), dtype)


def squared_error(config, numbers):
    return lambda y, output: tf.reduce_sum((dense(y) - output) ** 2, axis=-1)


def cross_entropy(config, numbers):
    return tf.nn.sparse_softmax_cross_entropy_with_logits


def dense(y):
    return tf.sparse.to_dense(y) if isinstance(y, tf.SparseTensor) else y


# -- a linear autoencoder: the target is an input ---------------------------------------------------------------------


def build_autoencoder(units, signature, numbers):
    ((name, column),) = signature.inputs
    inputs = column.inputs(name)
    code = layers.Dense(units, use_bias=False, dtype=column.dtype)(inputs[name])
    return keras.Model(inputs, layers.Dense(column.shape[0], use_bias=False, dtype=column.dtype)(code))


@pytest.mark.parametrize("column", [Dense, Sparse])
def test_a_linear_autoencoder_spans_the_subspace_of_pca_without_a_copy_of_its_rows(column, rng):
    axes = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    X = rng.normal(size=(200, 8)) * [3.0, 2.5, 2.0, 0.2, 0.2, 0.2, 0.1, 0.1] @ axes
    X -= X.mean(axis=0)
    objective = supervised.recipe([supervised.OutputLoss("X again", Recipe(squared_error, None))])
    signature = one_input(8, column=column)
    training = Training(ModelSpec(build_autoencoder, 3), signature, {"X again": SameAs("X")}, objective)
    rows = {"X": X if column is Dense else sparse.csr_matrix(X)}
    assert len(Data(training.spec, rows, {}).flat) == len(column((8,), "float64").types())  # the rows, and nothing else
    _, result = training.fit(rows, epochs=2000, batch_size=200)
    _, decoder = result.weights
    assert subspace_angles(decoder.T, PCA(3).fit(X).components_.T).max() < 1e-3


# -- a variational autoencoder: two models, two terms -----------------------------------------------------------------


def build_encoder_and_decoder(units, signature, numbers):
    (_, X), _ = signature.inputs
    rows, code = keras.Input(X.shape, dtype=X.dtype, name="X"), keras.Input((units,), dtype=X.dtype)
    encoder = keras.Model({"X": rows}, layers.Dense(2 * units, dtype=X.dtype)(rows))
    return {"encoder": encoder, "decoder": keras.Model(code, layers.Dense(*X.shape, dtype=X.dtype)(code))}


class Variational(Objective):
    """|x - decoder(mean + deviation * noise)|^2 + beta * KL, with the noise given as an input."""

    def __init__(self, config, models, numbers):
        self._encoder, self._decoder, self._beta = models["encoder"], models["decoder"], numbers["beta"]
        variables = [*self._encoder.trainable_variables, *self._decoder.trainable_variables]
        self.updates = (Update(variables, self._loss, ("reconstruction", "kl")),)

    def _loss(self, batch, training):
        X, noise = batch.inputs["X"], batch.inputs["noise"]
        mean, log_variance = tf.split(self._encoder({"X": X}, training=training), 2, axis=1)
        again = self._decoder(mean + tf.exp(log_variance / 2) * noise, training=training)
        kl = tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1 - log_variance, axis=1) / 2
        return {
            "reconstruction": summed(tf.reduce_sum((X - again) ** 2, axis=1)),
            "kl": summed(kl, coefficient=self._beta),
        }


def variational_gradient(X, noise, weights, beta):
    """Return (reconstruction, KL, gradients) in NumPy."""
    kernel, bias, decoding, offset = weights
    mean, log_variance = np.split(X @ kernel + bias, 2, axis=1)
    deviation = np.exp(log_variance / 2)
    code = mean + deviation * noise
    residual = code @ decoding + offset - X
    slopes = 2 * residual / len(X)
    of_code = slopes @ decoding.T
    of_mean = of_code + beta * mean / len(X)
    of_log_variance = of_code * noise * deviation / 2 + beta * (np.exp(log_variance) - 1) / 2 / len(X)
    of_code_layer = np.hstack([of_mean, of_log_variance])
    kl = (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(axis=1).mean() / 2
    gradients = [X.T @ of_code_layer, of_code_layer.sum(axis=0), code.T @ slopes, slopes.sum(axis=0)]
    return (residual**2).sum(axis=1).mean(), kl, gradients


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
def test_both_terms_of_a_variational_autoencoder_are_in_the_history_and_its_gradient_is_that_of_numpy(one_vector, rng):
    X, noise, beta, rate = rng.normal(size=(30, 5)), rng.normal(size=(30, 2)), 0.7, 0.125
    signature = InputSignature((("X", Dense((5,), "float64")), ("noise", Dense((2,), "float64"))), "float64")
    training = Training(
        ModelSpec(build_encoder_and_decoder, 2), signature, {}, Recipe(Variational, None, ("beta",)), {"beta": beta},
        optimizer="sgd", rate=rate, one_vector=one_vector,
    )  # fmt: skip
    rows = {"X": X, "noise": noise}
    start, result = training.fit(rows, epochs=1, batch_size=30)
    reconstruction, kl, gradients = variational_gradient(X, noise, start, beta)
    for before, after, gradient in zip(start, result.weights, gradients, strict=True):
        assert_allclose((before - after) / rate, gradient, rtol=1e-9, atol=1e-12)
    assert_allclose(result.history["reconstruction"], [reconstruction])
    assert_allclose(result.history["kl"], [kl])
    assert_allclose(result.history["loss"], [reconstruction + beta * kl])
    (code,) = training.predict(start, rows, views.model("encoder"))
    assert_allclose(code, X @ start[0] + start[1])


# -- rivals: two updates with optimizers of their own -----------------------------------------------------------------


def build_rivals(units, signature, numbers):
    def net(name, n_outputs):
        hidden = inputs = keras.Input((2,), name="X")
        for _ in range(2):
            hidden = layers.Dense(units, "relu")(hidden)
        return keras.Model({"X": inputs}, layers.Dense(n_outputs)(hidden), name=name)

    return {"critic": net("critic", 1), "generator": net("generator", 2)}


class Rivals(Objective):
    """A critic tells drawn points from real ones, and a generator draws what it cannot tell."""

    def __init__(self, config, models, numbers):
        self._critic, self._generator = models["critic"], models["generator"]
        self._seed = tf.Variable(tf.zeros((2,), tf.int64), trainable=False)
        self.seed_states = [[], [self._seed]]
        self.updates = (
            Update(self._critic.trainable_variables, self._criticise, ("critic",), optimizer="critic"),
            Update(self._generator.trainable_variables, self._generate, ("generator",), optimizer="generator", every=2),
        )

    def _drawn(self, batch):
        seed = self._seed.read_value()
        self._seed.assign_add([0, 1])
        return self._generator({"X": tf.random.stateless_normal(tf.shape(batch.inputs["X"]), seed)})

    def _criticise(self, batch, training):
        real, drawn = self._critic(batch.inputs), self._critic({"X": self._drawn(batch)})
        return {"critic": summed(tf.nn.softplus(-real) + tf.nn.softplus(drawn))}

    def _generate(self, batch, training):
        return {"generator": summed(tf.nn.softplus(-self._critic({"X": self._drawn(batch)})))}


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
def test_rivals_with_two_optimizers_draw_a_ring(one_vector, rng):
    angles = rng.uniform(0, 2 * np.pi, 512)
    ring = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    training = Training(
        ModelSpec(build_rivals, 32), one_input(2, "float32"), {}, Recipe(Rivals, None, ("step",)), {"step": 0.0},
        optimizer={"critic": "rmsprop", "generator": "adam"}, rate=1e-3, one_vector=one_vector,
    )  # fmt: skip
    noise = {"X": rng.normal(size=(1000, 2)).astype(np.float32)}
    start, result = training.fit({"X": ring}, epochs=200, batch_size=64, order=Shuffled(512))
    before, after = (training.predict(one, noise, views.model("generator"))[0] for one in (start, result.weights))
    radii = [np.hypot(*points.T) for points in (before, after)]
    assert abs(radii[1].mean() - 1) < 0.15
    assert np.abs(radii[1] - 1).mean() < 0.25 < np.abs(radii[0] - 1).mean()
    sectors = np.bincount(((np.arctan2(*after.T) / np.pi + 1) * 4).astype(int) % 8, minlength=8)
    assert (sectors > 0).sum() >= 7
    assert result.history.keys() >= {"critic", "generator"}
    assert_allclose(result.history["critic"][-1], 2 * np.log(2), atol=0.4)


# -- two inputs, two outputs of different kinds -----------------------------------------------------------------------


def build_two_and_two(units, signature, numbers):
    (left, wide), (right, narrow) = signature.inputs
    inputs = wide.inputs(left) | narrow.inputs(right)
    both = [layers.Dense(units, "tanh", dtype="float64")(inputs[name]) for name in (left, right)]
    merged = layers.Concatenate(dtype="float64")(both)
    outputs = [
        layers.Dense(1, dtype="float64", name="price")(merged),
        layers.Dense(3, name="kind", dtype="float64")(merged),
    ]
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
def test_a_class_and_a_number_are_learned_from_two_inputs_as_keras_does(one_vector, rng):
    signature = InputSignature((("wide", Dense((7,), "float64")), ("narrow", Dense((2,), "float64"))), "float64")
    X = {"wide": rng.normal(size=(43, 7)), "narrow": rng.normal(size=(43, 2))}
    y = {"kind": np.arange(43, dtype=np.int32) % 3, "price": rng.normal(size=(43, 1))}
    # In another order than that of the outputs: they are matched by name.
    losses = [
        supervised.OutputLoss("kind", Recipe(cross_entropy, None), weighted=True),
        supervised.OutputLoss("price", Recipe(squared_error, None)),
    ]
    training = Training(
        ModelSpec(build_two_and_two, 4), signature, {"kind": Ids(()), "price": Dense((1,), "float64")},
        supervised.recipe(losses), {"kind/weight": 0.3}, rate=2.0**-6, one_vector=one_vector,
    )  # fmt: skip
    start, result = training.fit(X, y, epochs=5, held_out=(X, y))
    model = build_two_and_two(4, signature, {})
    model.set_weights(start)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(2.0**-6)
    model.compile(
        optimizer, loss={"price": "mse", "kind": entropy}, loss_weights={"price": 1, "kind": 0.3}, jit_compile=False
    )
    history = model.fit(X, y, batch_size=10, epochs=5, shuffle=False, verbose=0).history
    for mine, theirs in zip(result.weights, model.get_weights(), strict=True):
        assert_allclose(mine, theirs, rtol=1e-6, atol=1e-8)
    assert_allclose(result.history["loss"], history["loss"], rtol=1e-5)
    # Keras' losses by output are means of the means of batches; ours are means of rows.
    assert_allclose(np.add(result.history["price"], 0.3 * np.array(result.history["kind"])), history["loss"], rtol=1e-5)
    evaluated = model.evaluate(X, y, batch_size=43, verbose=0, return_dict=True)
    assert_allclose(result.history["val_price"][-1], evaluated["price_loss"], rtol=1e-5)
    assert_allclose(result.history["val_loss"][-1], evaluated["loss"], rtol=1e-5)


# -- an ensemble ------------------------------------------------------------------------------------------------------


def build_noisy(units, signature, numbers):
    ((name, column),) = signature.inputs
    inputs = column.inputs(name)
    hidden = layers.Dense(units, "relu", dtype=column.dtype)(inputs[name])
    hidden = Dropout(numbers["dropout"], dtype=column.dtype)(hidden)
    return keras.Model(inputs, layers.Dense(3, dtype=column.dtype, name="kind")(hidden))


@pytest.mark.parametrize("one_vector", [False, True], ids=["by weight", "one vector"])
def test_an_ensemble_of_eight_in_one_program_is_its_members_trained_alone(one_vector, rng):
    X, y = load_iris(return_X_y=True)
    rows, held_out = rng.permutation(150)[:100], rng.permutation(150)[:50]
    X, y = X - X.mean(axis=0), y.astype(np.int32)
    parts = [({"X": X[part]}, {"kind": y[part]}) for part in (rows, held_out)]
    objective = supervised.recipe([supervised.OutputLoss("kind", Recipe(cross_entropy, None))])
    numbers, spec = {"dropout": 0.3, "clip_norm": 0.2}, ModelSpec(build_noisy, 6, ("dropout",))
    shared = {"penalties": ("clip_norm",), "one_vector": one_vector, "rate": 0.05}
    plan = {"epochs": 25, "order": Shuffled(100), "held_out": parts[1], "n_iter_no_change": 2, "restore_best": True}
    together = Training(
        members.copies(spec, 8), one_input(4), {"kind": Ids(())}, ensemble.recipe(objective), numbers, **shared
    )
    names = tuple(f"val_member_{number}" for number in range(8))
    _, ensembled = together.fit(*parts[0], seeds=(3, 4, 5), monitor=names, **plan)
    alone = Training(spec, one_input(4), {"kind": Ids(())}, objective, numbers, **shared)
    stops, each = [], []
    for number in range(8):
        seeds = member_seed(3, number), 4, member_seed(5, number)
        _, result = alone.fit(*parts[0], seeds=seeds, monitor="val_loss", **plan)
        stops.append(result.n_epochs)
        each += result.weights
        assert_allclose(ensembled.history[names[number]][: stops[-1]], result.history["val_loss"], rtol=1e-5)
    assert len(set(stops)) > 1
    assert ensembled.n_epochs == max(stops)
    for mine, theirs in zip(ensembled.weights, each, strict=True):
        assert_allclose(mine, theirs, rtol=1e-5, atol=1e-7)
    outputs = together.predict(ensembled.weights, parts[1][0], views.members())
    assert_allclose(outputs[5], alone.predict(each[20:24], parts[1][0])[0], rtol=1e-5, atol=1e-7)


# -- numbers that change, and rates that differ -----------------------------------------------------------------------


def build_two_layers(units, signature, numbers):
    ((name, column),) = signature.inputs
    inputs = column.inputs(name)
    hidden = layers.Dense(units, "relu", dtype=column.dtype, name="first")(inputs[name])
    return keras.Model(inputs, layers.Dense(1, dtype=column.dtype, name="last")(hidden))


@pytest.mark.parametrize(
    ("optimizer", "one_vector"),
    [("adam", False), ("adam", True), (keras.optimizers.AdamW(0.01, weight_decay=0.1), False)],
)
def test_a_rate_factor_of_zero_freezes_a_layer_and_another_scales_its_steps(optimizer, one_vector, rng):
    X = {"X": rng.normal(size=(20, 3))}
    y = {"y": X["X"].sum(axis=1, keepdims=True)}
    objective = supervised.recipe([supervised.OutputLoss("y", Recipe(squared_error, None))])
    fits = {}
    for factor in (0.0, 0.5, 1.0):
        training = Training(
            ModelSpec(build_two_layers, 4), one_input(3), {"y": Dense((1,), "float64")}, objective, {"slow": factor},
            optimizer=optimizer, rate_factors=(("first/*", "slow"),), one_vector=one_vector,
        )  # fmt: skip
        start, result = training.fit(X, y, epochs=1, batch_size=20)
        fits[factor] = [after - before for before, after in zip(start, result.weights, strict=True)]
        frozen, still = training.fit(X, y, epochs=9)
        if not factor:
            assert_array_equal(still.weights[0], frozen[0])
            assert_array_equal(still.weights[1], frozen[1])
            assert np.all(still.weights[2] != frozen[2])
    for half, whole in zip(fits[0.5][:2], fits[1.0][:2], strict=True):
        assert_allclose(half, whole / 2, rtol=1e-9)
    for half, whole in zip(fits[0.5][2:], fits[1.0][2:], strict=True):
        assert_array_equal(half, whole)


def build_dropped(units, signature, numbers):
    ((name, column),) = signature.inputs
    inputs = column.inputs(name)
    scaled = layers.Dense(units, kernel_initializer="ones", dtype=column.dtype)(inputs[name])
    return keras.Model(inputs, Dropout(numbers["dropout"], dtype=column.dtype)(scaled))


def share_of_zeros(config, numbers):
    return lambda y, output: tf.reduce_mean(tf.cast(output == 0, output.dtype) + 0 * output, axis=-1)


def test_dropout_follows_a_cosine():
    objective = supervised.recipe([supervised.OutputLoss("y", Recipe(share_of_zeros, None))])
    training = Training(
        ModelSpec(build_dropped, 1000, ("dropout",)), one_input(1), {"y": SameAs("X")}, objective, {"dropout": 0.6},
        optimizer="sgd", scheduled=("dropout",),
    )  # fmt: skip
    schedule = CosineDecay(warmup=0.0, final=0.1)
    X = {"X": np.ones((40, 1))}
    _, result = training.fit(X, epochs=8, schedules={"dropout": schedule}, schedule_epochs=8)
    fractions = (np.arange(8)[:, None] + np.arange(4) / 4) / 8
    assert_allclose(result.history["loss"], 0.6 * schedule(fractions).mean(axis=1), atol=5 * 0.5 / np.sqrt(40_000))


# -- the order of rows ------------------------------------------------------------------------------------------------


def own_class_only(config, numbers):
    return lambda y, output: tf.cast(tf.equal(y, config), output.dtype) + 0 * output[:, 0]


def test_batches_drawn_by_class_are_balanced():
    codes = np.repeat([0, 1, 2], [90, 7, 2]).astype(np.int32)
    order = ByClass(codes)
    for epoch in range(3):
        rows = order.rows(epoch, seed=0)
        assert len(rows) == len(order) == 99
        assert_array_equal(np.sort(codes[rows].reshape(-1, 3), axis=1), np.tile([0, 1, 2], (33, 1)))
        seen = np.bincount(np.concatenate([order.rows(before, seed=0) for before in range(epoch + 1)]), minlength=99)
        assert [np.ptp(seen[codes == code]) for code in range(3)] <= [1, 1, 1]  # 33 visits each, shared out evenly
        assert not np.array_equal(rows, order.rows(epoch + 1, seed=0))
        assert_array_equal(rows, order.rows(epoch, seed=0))
    objective = supervised.recipe([supervised.OutputLoss("y", Recipe(own_class_only, 2))])
    training = Training(ModelSpec(build_two_layers, 1), one_input(1), {"y": Ids(())}, objective, optimizer="sgd")
    X, y = {"X": np.ones((99, 1))}, {"y": codes}
    _, balanced = training.fit(X, y, order=order)
    assert_allclose(balanced.history["loss"], [1 / 3] * 3)
    _, as_given = training.fit(X, y)
    assert_allclose(as_given.history["loss"], [2 / 99] * 3)
