"""Models that compute something else never share a program, and copies compute what the models do.

Each test trains one model and then another in the same process, and compares both with Keras.
"""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose

import skdeep
from skdeep.wrappers import BaseWrapper, _content

layers, ops = keras.layers, keras.ops
X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
y = X[:, :1] - 0.5 * X[:, 1:2]


def through(function):
    """Return a builder of a net whose inputs go through a function first."""

    def build():
        inputs = keras.Input((3,))
        return keras.Model(inputs, layers.Dense(1, kernel_initializer="ones")(function(inputs)))

    return build


def stack(*make):
    def build():
        return keras.Sequential(
            [keras.Input((3,)), *(one() for one in make), layers.Dense(1, kernel_initializer="ones")]
        )

    return build


def with_loss(loss):
    def build():
        model = through(lambda inputs: inputs)()
        model.compile(keras.optimizers.SGD(0.1), loss(), jit_compile=False)
        return model

    return build


def assert_like_keras(build):
    ours, theirs = build(), build()
    theirs.set_weights(ours.get_weights())
    for model in (ours, theirs):
        if not model.compiled:
            model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    wrapper = BaseWrapper(ours, epochs=3, batch_size=8, shuffle=False, verbose=0, random_state=0).fit(X, y)
    history = theirs.fit(X, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_allclose(mine, other, rtol=1e-4, atol=2e-6)
    assert_allclose(wrapper.history_["loss"], history["loss"], rtol=1e-4)
    assert_allclose(wrapper.predict(X), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-5)
    return wrapper


class Scaled(layers.Layer):
    """Tells nothing of what it holds."""

    def __init__(self, private=1.0, tensor=1.0, function=None):
        super().__init__()
        self._private, self.tensor, self.function = private, tf.constant(tensor), function

    def call(self, inputs):
        scaled = inputs * self._private * self.tensor
        return scaled if self.function is None else self.function(scaled)


class Projected(layers.Layer):
    def __init__(self, seed=0, **keywords):
        super().__init__(**keywords)
        self.seed = seed

    def call(self, inputs):
        return inputs @ np.random.default_rng(self.seed).normal(size=(3, 3)).astype(np.float32)

    def get_config(self):
        return super().get_config() | {"seed": self.seed}


class HiddenLoss(keras.losses.Loss):
    def __init__(self, gain=1.0, inner="mean_squared_error"):
        super().__init__()
        self._gain, self.inner = gain, keras.losses.get(inner)

    def call(self, y_true, y_pred):
        return self._gain * keras.losses.mean_squared_error(y_true, y_pred) + 0 * ops.mean(y_pred)


class HiddenPenalty(keras.regularizers.Regularizer):
    def __init__(self, strength=0.1):
        self._strength = strength

    def __call__(self, weights):
        return self._strength * ops.sum(ops.square(weights))

    def get_config(self):
        return {}


def made(slope):
    def act(inputs):
        return ops.maximum(inputs, slope * inputs)

    return act


@functools.wraps(keras.activations.relu)
def in_disguise(inputs):
    return keras.activations.relu(inputs) * 0.5 + 0.1


def twice(order):
    def build():
        inputs = keras.Input((3,))
        one, other = layers.Dense(3, "tanh"), layers.Dense(3, "relu")
        named = {"one": one, "other": other}
        hidden = inputs
        for name in order:
            hidden = named[name](hidden)
        return keras.Model(inputs, layers.Dense(1)(one(other(hidden))))

    return build


def attending(**keywords):
    def attend(inputs):
        steps = layers.Reshape((3, 1))(inputs)
        return layers.Flatten()(layers.MultiHeadAttention(1, 2)(steps, steps, **keywords))

    return through(attend)


def penalised(strength):
    return stack(lambda: layers.Dense(4, kernel_regularizer=HiddenPenalty(strength)))


PAIRS = {
    "constants": (through(lambda x: x * 2.0), through(lambda x: x * 3.0)),
    "arrays": (through(lambda x: x * np.float32([1, 2, 3])), through(lambda x: x * np.float32([3, 2, 1]))),
    "slices": (through(lambda x: x[:, :2]), through(lambda x: x[:, 1:])),
    "order of arguments": (through(lambda x: x[:, :2] - x[:, 1:]), through(lambda x: x[:, 1:] - x[:, :2])),
    "conditions": (through(lambda x: ops.where(x > 0, x, -x)), through(lambda x: ops.where(x > 1, x, -x))),
    "indices": (through(lambda x: ops.take(x, [0, 1], axis=1)), through(lambda x: ops.take(x, [1, 2], axis=1))),
    "wiring of shared layers": (twice(["one", "one"]), twice(["other", "one"])),
    "arguments of calls": (attending(use_causal_mask=True), attending(return_attention_scores=False)),
    "private attributes": (stack(lambda: Scaled(1.0)), stack(lambda: Scaled(3.0))),
    "tensors": (stack(lambda: Scaled(tensor=1.0)), stack(lambda: Scaled(tensor=3.0))),
    "functions of one name": (stack(lambda: Scaled(function=made(1.0))), stack(lambda: Scaled(function=made(-0.5)))),
    "seeds of users": (stack(lambda: Projected(1)), stack(lambda: Projected(2))),
    "losses": (with_loss(lambda: HiddenLoss(1.0)), with_loss(lambda: HiddenLoss(2.0))),
    "losses within losses": (with_loss(lambda: HiddenLoss(inner="mse")), with_loss(lambda: HiddenLoss(inner="mae"))),
    "penalties": (penalised(0.1), penalised(1.0)),
    "activations of wrapped layers": (
        stack(
            lambda: layers.Reshape((3, 1)), lambda: layers.TimeDistributed(layers.Dense(2, made(1.0))), layers.Flatten
        ),
        stack(
            lambda: layers.Reshape((3, 1)), lambda: layers.TimeDistributed(layers.Dense(2, made(0.1))), layers.Flatten
        ),
    ),
    "dtype of inputs": (
        lambda: keras.Sequential([keras.Input((3,)), layers.Dense(1)]),
        lambda: keras.Sequential([keras.Input((3,), dtype="int32"), layers.Dense(1)]),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_models_that_differ_do_not_share(name):
    for build in PAIRS[name]:
        assert_like_keras(build)


SETTINGS, NUMBERS, FACTOR = {"factor": 1.0}, [1.0], 1.0


class Holder:
    factor = 1.0

    def __init__(self):
        self.own = 1.0


holder = Holder()


class Global(layers.Layer):
    def call(self, inputs):
        return inputs * FACTOR


READING = {
    "a dict": lambda x: x * SETTINGS["factor"],
    "a list": lambda x: x * NUMBERS[0],
    "an object": lambda x: x * holder.own,
    "a class": lambda x: x * Holder.factor,
    "a number, deep inside": lambda x: (lambda inner: inner * FACTOR)(x),
}


@pytest.fixture
def changed(monkeypatch):
    def change():
        monkeypatch.setitem(SETTINGS, "factor", 3.0)
        monkeypatch.setattr(f"{__name__}.NUMBERS", [3.0])
        monkeypatch.setattr(holder, "own", 3.0)
        monkeypatch.setattr(Holder, "factor", 3.0)
        monkeypatch.setattr(f"{__name__}.FACTOR", 3.0)

    return change


@pytest.mark.parametrize("name", READING)
def test_what_functions_read_from_their_module_counts(name, changed):
    build = stack(lambda: layers.Lambda(READING[name]))
    assert_like_keras(build)
    changed()
    assert_like_keras(build)


def test_what_the_call_of_a_layer_reads_from_its_module_counts(changed):
    assert_like_keras(stack(Global))
    changed()
    assert_like_keras(stack(Global))


def test_nets_inside_a_loss_count_with_their_weights():
    def seen_by(net):
        return with_loss(lambda: lambda true, pred: ops.mean(ops.square(net(true) - net(pred)), axis=-1))

    for seed in (0, 1):
        drawn = keras.initializers.GlorotNormal(seed)
        net = keras.Sequential([keras.Input((1,)), layers.Dense(4, "tanh", kernel_initializer=drawn)])
        assert_like_keras(seen_by(net))


def test_a_variable_that_a_callback_changes_is_that_of_the_own_model():
    class Doubling(keras.callbacks.Callback):
        def __init__(self, variable):
            super().__init__()
            self.variable = variable

        def on_epoch_end(self, epoch, logs=None):
            self.variable.assign(2 * self.variable)

    for _ in range(2):
        weights = {}
        for ours in (True, False):
            variable = keras.Variable(0.1)
            model = through(lambda inputs: inputs)()
            loss = functools.partial(_weighted_loss, variable)
            model.compile(keras.optimizers.SGD(0.1), lambda true, pred, loss=loss: loss(true, pred), jit_compile=False)
            arguments = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0}
            if ours:
                BaseWrapper(model, callbacks=[Doubling(variable)], **arguments).fit(X, y)
            else:
                model.fit(X, y, callbacks=[Doubling(variable)], **arguments)
            weights[ours] = model.get_weights()
        assert_allclose(weights[True][0], weights[False][0], rtol=1e-4, atol=1e-6)


def _weighted_loss(variable, true, pred):
    return variable * keras.losses.mean_squared_error(true, pred)


def twist():
    model = stack(lambda: layers.Dense(4, "tanh"))()
    model.layers[0].kernel.constraint = keras.constraints.MaxNorm(0.3)
    return model


COPIES = {
    "constraints": stack(lambda: layers.Dense(4, kernel_constraint=keras.constraints.MaxNorm(0.1))),
    "constraints set later": twist,
    "weights that a layer assigns": stack(lambda: layers.SpectralNormalization(layers.Dense(3))),
    "a function in disguise": stack(lambda: layers.Dense(4, in_disguise)),
    "one penalty in two places": lambda: _twice_penalised(keras.regularizers.L2(0.05)),
    "a partial function": stack(lambda: layers.Dense(4, functools.partial(keras.activations.elu, alpha=0.5))),
    "a layer without a config": stack(lambda: Scaled(function=ops.tanh)),
    "a wrapped lambda": stack(
        lambda: layers.Reshape((3, 1)), lambda: layers.TimeDistributed(layers.Dense(2, lambda x: x * x)), layers.Flatten
    ),
}


def _twice_penalised(penalty):
    return keras.Sequential([
        keras.Input((3,)),
        layers.Dense(4, kernel_regularizer=penalty, bias_regularizer=penalty),
        layers.Dense(1, kernel_regularizer=penalty),
    ])  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
def test_models_are_trained_as_they_are(name):
    assert_like_keras(COPIES[name])


class Drawing(layers.Layer):
    def __init__(self, start="glorot_uniform", **keywords):
        super().__init__(**keywords)
        self.start = keras.initializers.get(start)

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 3), initializer=self.start)

    def call(self, inputs):
        return inputs @ self.kernel


HELPERS = "\n".join(
    f"def step_{n}(x): return x + {' + '.join(f'0 * step_{m}(x)' for m in range(n)) or 'x'}" for n in range(60)
)


def test_functions_that_call_each_other_are_described_once():
    module = {"__name__": "helpers"}
    exec(HELPERS, module)  # each calls all before it: 2 ** 60 ways lead to the first
    first = _content.of(module["step_59"])
    assert first == _content.of(module["step_59"])
    exec("def step_0(x): return x + 2 * x", module)
    assert first != _content.of(module["step_59"])


def of_a_class(units):
    class Net(keras.Model):
        def __init__(self, units, **keywords):
            super().__init__(**keywords)
            self.hidden, self.out = layers.Dense(units, "tanh"), layers.Dense(1)

        def call(self, inputs):
            return self.out(self.hidden(inputs))

        def get_config(self):
            return {"units": self.hidden.units}

    def build():
        model = Net(units)
        model(X[:1])
        return model

    return build


SHARED = {
    "lambdas": lambda: stack(lambda: layers.Lambda(lambda x: x * 0.5), lambda: layers.Dense(4, lambda x: ops.sin(x)))(),
    "slices": lambda: through(lambda x: x[:, 1:])(),
    "closures": lambda: stack(lambda: layers.Dense(4, made(0.2)))(),
    "local losses": lambda: with_loss(lambda: lambda true, pred: ops.mean(ops.abs(true - pred), axis=-1))(),
    "initializers that layers hold": lambda: stack(Drawing)(),
    "a class of layers": lambda: stack(lambda: Projected(3))(),
    "a class of models": lambda: of_a_class(4)(),
    "nested models": lambda: stack(stack(lambda: layers.Dense(5, "tanh")))(),
}


@pytest.mark.parametrize("name", SHARED)
def test_models_that_are_built_anew_share(name):
    assert_like_keras(SHARED[name])
    before = skdeep.cache_info().misses
    assert assert_like_keras(SHARED[name]).engine_ == "compiled"
    assert skdeep.cache_info().misses == before
