"""RealMLP: what it computes is that of NumPy, how it starts, and how its parts learn."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from skdeep._data.columns import Dense, Ids
from skdeep._data.order import AsGiven
from skdeep._engine.batches import Data
from skdeep._engine.fit import loop
from skdeep._engine.objectives import stacked, supervised
from skdeep._engine.spec import InputSignature, ModelSpec, Recipe, TrainPlan
from skdeep.architectures.tabular import realmlp
from tests.architectures.test_tabular_layers import by_numpy
from tests.engine.test_floor import Training, squared_error

INPUTS = ("numbers", "flags", "categories")
CONFIG = realmlp.RealMLPConfig(
    output_sizes=(2, 3), category_sizes=(4, 5), category_dim=2, n_bins=3, n_members=3, hidden_layer_sizes=(6, 5)
)
VARIANTS = {
    "all parts": {},
    "one member": {"n_members": 1},
    "no bins": {"n_bins": 0},
    "numbers alone": {"periodic_dim": 0},
    "no scale": {"scale": False},
    "plain activation": {"parametric": False, "activation": "relu"},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "one output": {"output_sizes": (4,)},
}
ACTIVATIONS = {
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "relu": lambda x: np.maximum(x, 0),
    "silu": lambda x: x * expit(x),
}


def signature(names=INPUTS, dtype="float64"):
    columns = {"numbers": Dense((4,), dtype), "flags": Dense((3,), dtype), "categories": Ids((2,))}
    return InputSignature(tuple((name, columns[name]) for name in names), dtype)


def rows(n_rows=9, names=INPUTS, seed=0):
    rng = np.random.default_rng(seed)
    made = {
        "numbers": rng.normal(size=(n_rows, 4)),
        "flags": rng.integers(-1, 2, size=(n_rows, 3)).astype(float),
        "categories": rng.integers(0, 4, size=(n_rows, 2)).astype("int32"),
    }
    return {name: made[name] for name in names}


def built(names=INPUTS, **changes):
    """A net with weights drawn anew, so that none is zero or one, and each member has its own."""
    model = realmlp.build(replace(CONFIG, dropout=False, **changes), signature(names), {})
    rng = np.random.default_rng(1)
    for variable in model.weights:
        values = rng.normal(size=variable.shape)
        variable.assign(np.sort(values) if variable.name == "edges" else values)
    return model


def weights_of(model):
    return {variable.path: variable.numpy() for variable in model.weights}


def layer_inputs(config, own, given, member):
    """What the first layer with a kernel is given, in NumPy; `own` are weights by their paths."""
    parts = []
    if "numbers" in given and config.n_bins:
        parts.append((2 * by_numpy(given["numbers"], own["bins/edges"]) - 1).reshape(len(given["numbers"]), -1))
    if "flags" in given:
        parts.append(given["flags"])
    if "numbers" in given:
        x = given["numbers"]
        if config.periodic_dim:
            frequency, phase, kernel, bias = (
                own[f"periodic/{name}"][member] for name in ("frequency", "phase_bias", "kernel", "bias")
            )
            vectors = [
                np.column_stack(
                    [np.cos(2 * np.pi * x[:, [j]] * frequency[j] + phase[j]) @ kernel[j] + bias[j], x[:, j]]
                )
                for j in range(x.shape[1])
            ]
            x = np.hstack(vectors)
        parts.append(x)
    if "categories" in given:
        table = own["vectors/embeddings"][member]
        parts.append(table[given["categories"] + [0, 4]].reshape(len(given["categories"]), -1))
    joined = np.hstack(parts)
    return joined * own["scale/scale_gamma"][member] if config.scale else joined


def product(own, name, member, x):
    return x @ own[f"{name}/kernel"][member] / np.sqrt(x.shape[1])


def hidden_layer(config, own, index, member, x):
    made = product(own, f"hidden_{index}", member, x) + own[f"hidden_{index}/bias"][member]
    share = own[f"share_{index}/share_gamma"][member] if config.parametric else 1.0
    return made + share * (ACTIVATIONS[config.activation](made) - made)


def outputs_of_member(config, own, given, member):
    hidden = layer_inputs(config, own, given, member)
    for index in range(len(config.hidden_layer_sizes)):
        hidden = hidden_layer(config, own, index, member, hidden)
    return [
        product(own, f"made_{index}", member, hidden) + own[f"made_{index}/bias"][member]
        for index in range(len(config.output_sizes))
    ]


# -- what it computes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_net_is_that_of_numpy(variant):
    config, model, x = replace(CONFIG, **VARIANTS[variant]), built(**VARIANTS[variant]), rows()
    outputs = model(x)
    outputs = [outputs] if len(config.output_sizes) == 1 else outputs
    own = weights_of(model)
    for member in range(config.n_members):
        expected = outputs_of_member(config, own, x, member)
        for output, one in zip(outputs, expected, strict=True):
            output = np.asarray(output) if config.n_members == 1 else np.asarray(output)[:, member]
            assert_allclose(output, one, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_those_of_keras(activation):
    config, model, x = replace(CONFIG, activation=activation), built(activation=activation), rows()
    expected = [outputs_of_member(config, weights_of(model), x, member)[1] for member in range(3)]
    assert_allclose(np.asarray(model(x)[1]).swapaxes(0, 1), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_activations_are_those_of_keras(activation):
    """Also where e^x is more than a float can hold."""
    from skdeep.architectures.tabular._realmlp_layers import ParametricActivation

    rng = np.random.default_rng(0)
    extreme = [[[-1e3, -30, 0], [25, 90, 1e4]]] * 2
    values = tf.constant(np.concatenate([rng.normal(size=(2, 20, 3)), extreme], axis=1))
    layer = ParametricActivation(activation, dtype="float64")
    layer.build(values.shape)
    layer.share.assign(rng.normal(1, 0.3, layer.share.shape))
    upstream, share = tf.constant(rng.normal(size=values.shape)), tf.constant(layer.share.numpy())
    with tf.GradientTape() as ours, tf.GradientTape() as theirs:
        for tape in (ours, theirs):
            tape.watch([values, share])
        made = layer(values)
        known = values + share * (keras.activations.get(activation)(values) - values)
    of_layer = ours.gradient(made, [values, layer.share.value], upstream)
    for one, other in zip(of_layer, theirs.gradient(known, [values, share], upstream), strict=True):
        assert_allclose(one, other, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("names", [("numbers",), ("flags",), ("categories",), ("numbers", "flags")], ids="-".join)
def test_every_input_may_be_absent(names):
    model, x = built(names), rows(names=names)
    expected = [outputs_of_member(CONFIG, weights_of(model), x, member)[0] for member in range(3)]
    assert_allclose(np.asarray(model(x)[0]).swapaxes(0, 1), expected, rtol=1e-9, atol=1e-9)


def test_a_net_that_is_saved_computes_the_same(tmp_path):
    model, x = built(), rows()
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    for one, other in zip(model(x), again(x), strict=True):
        assert_array_equal(np.asarray(one), np.asarray(other))


def test_rows_are_computed_by_themselves():
    model, x = built(), rows()
    alone = model({name: values[2:3] for name, values in x.items()})
    for one, all_rows in zip(alone, model(x), strict=True):
        assert_allclose(np.asarray(one)[0], np.asarray(all_rows)[2], rtol=1e-9, atol=1e-9)


# -- how it is trained ------------------------------------------------------------------------------------------------


def training(config, given=(), **more):
    """A program of members with rows of their own, and one output."""
    inner = supervised.recipe([supervised.OutputLoss("output_0", Recipe(squared_error, None))])
    model = ModelSpec(realmlp.build, config, ("dropout",) if config.dropout else ())
    objective = stacked.recipe(inner, config.n_members) if config.n_members > 1 else inner
    return Training(model, signature(), {"output_0": Dense((2,), "float64")}, objective, dict(given), **more)


ONE = replace(CONFIG, output_sizes=(2,), dropout=False)


def started(config, x, y, **more):
    """The weights by path after the start from rows, before the first step."""
    run = training(config, rate=0.0, optimizer="sgd", **more)
    drawn, result = run.fit(x, {"output_0": y}, epochs=1, batch_size=len(y))
    with run.cache.lease(run.spec) as program:
        paths = [variable.path for variable in program.model.weights]
    return dict(zip(paths, drawn, strict=True)), dict(zip(paths, result.weights, strict=True))


@pytest.mark.parametrize("n_members", [1, 3])
def test_units_start_with_unit_deviation_and_kinks_among_the_rows(n_members):
    config = replace(ONE, n_members=n_members, hidden_layer_sizes=(200, 150))
    x, y = rows(120 * n_members), np.zeros((120 * n_members, 2))
    drawn, own = started(config, x, y)
    for member in range(n_members):
        seen = {name: values[member::n_members] for name, values in x.items()}
        hidden = layer_inputs(config, own, seen, member)
        for index in range(2):
            made = product(own, f"hidden_{index}", member, hidden)
            assert_allclose(made.std(axis=0), 1, rtol=1e-6)
            kinks = -own[f"hidden_{index}/bias"][member][0]
            assert (kinks >= made.min(axis=0)).all()
            assert (kinks <= made.max(axis=0)).all()
            # Five random rows under random weights that sum to one: a third of the variance of the rows.
            assert (kinks - made.mean(axis=0)).std() == pytest.approx(3**-0.5, rel=0.2)
            before = drawn[f"hidden_{index}/kernel"][member]
            ratio = own[f"hidden_{index}/kernel"][member] / before
            assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-6)  # columns are scaled, no more
            hidden = hidden_layer(config, own, index, member, hidden)
        assert_allclose(product(own, "made_0", member, hidden).std(axis=0), 1, rtol=1e-6)
    if n_members > 1:
        assert not np.allclose(own["hidden_0/bias"][0], own["hidden_0/bias"][1])


def test_units_that_do_not_vary_stay_as_they_are():
    x = {"numbers": np.zeros((30, 4)), "flags": np.zeros((30, 3)), "categories": np.zeros((30, 2), "int32")}
    config = replace(ONE, n_members=1, periodic_dim=0)
    drawn, own = started(config, x, np.zeros((30, 2)))
    assert_array_equal(own["hidden_0/kernel"], drawn["hidden_0/kernel"])
    assert all(np.isfinite(array).all() for array in own.values())


def test_without_a_start_from_rows_kernels_are_standard_normal_and_biases_zero():
    config = replace(ONE, n_members=1, start_from_rows=False, hidden_layer_sizes=(300, 200))
    drawn, own = started(config, rows(30), np.zeros((30, 2)))
    for path, array in own.items():
        assert_array_equal(array, drawn[path])
    assert own["hidden_1/kernel"].std() == pytest.approx(1, rel=0.02)
    assert not own["hidden_0/bias"].any()
    assert (own["scale/scale_gamma"] == 1).all()
    assert (own["share_0/share_gamma"] == 1).all()
    assert own["vectors/embeddings"].std() == pytest.approx(1, rel=0.5)


FACTORS = {"bias_rate": 0.3, "activation_rate": 0.5, "scale_rate": 6.0, "embedding_rate": 0.2}
BY_PATH = {
    "scale/scale_gamma": 6.0,
    "share_0/share_gamma": 0.5,
    "share_1/share_gamma": 0.5,
    "hidden_0/bias": 0.3,
    "hidden_1/bias": 0.3,
    "made_0/bias": 0.3,
    **{f"periodic/{name}": 0.2 for name in ("frequency", "phase_bias", "kernel", "bias")},
}


@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_parts_learn_at_rates_of_their_own(decay):
    """One step of gradient descent is the gradient times the rate and the factor of each part; kernels decay."""
    config = replace(ONE, n_members=1, start_from_rows=False)
    x, y = rows(20), np.random.default_rng(3).normal(size=(20, 2))
    named = {"optimizer": keras.optimizers.SGD(0.01)} if not decay else {"optimizer": "adamw"}
    run = training(config, FACTORS, **named, rate=0.01, rate_factors=realmlp.rate_factors(config, signature()))
    run.numbers |= {"weight_decay": decay} if decay else {}
    start, result = run.fit(x, {"output_0": y}, epochs=1, batch_size=20)
    model = realmlp.build(config, signature(), {})
    for variable, array in zip(model.weights, start, strict=True):
        variable.assign(array)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.reduce_sum((model(x) - y) ** 2, axis=-1))
    trained = model.trainable_variables
    gradients = dict(zip([v.path for v in trained], tape.gradient(loss, [v.value for v in trained]), strict=True))
    for variable, before, after in zip(model.weights, start, result.weights, strict=True):
        if not variable.trainable:
            assert_array_equal(before, after)
            continue
        factor, gradient = BY_PATH.get(variable.path, 1.0), np.asarray(gradients[variable.path])
        kernel = not variable.name.endswith(("bias", "gamma"))
        # The first step of Adam is the sign of the gradient, but where that is near zero.
        step = gradient / (np.abs(gradient) + 1e-7 / np.sqrt(1 - 0.999)) if decay else gradient
        expected = before * (1 - 0.01 * factor * decay * kernel) - 0.01 * factor * step
        assert_allclose(after, expected, rtol=1e-5, atol=1e-7 if decay else 1e-10)
        assert not np.array_equal(before, after)


def learned_from(run, program, start, x, y):
    """The weights after two epochs from given ones."""
    plan = TrainPlan(2, 3 * 10, (0, 1, 2), run.numbers, AsGiven(len(y)))
    return loop.fit(program, Data(run.spec, x, {"output_0": y}), plan, start=(start, None)).weights


def test_members_share_the_mask_of_dropout():
    """Members of the same weights and the same rows stay the same, although dropout changes what they learn."""
    config = replace(ONE, dropout=True, start_from_rows=False)
    once = rows(24)
    x = {name: np.repeat(values, 3, axis=0) for name, values in once.items()}
    y = np.repeat(np.random.default_rng(3).normal(size=(24, 2)), 3, axis=0)
    learned = {}
    for rate in (0.0, 0.4):
        run = training(config, {"dropout": rate})
        with run.cache.lease(run.spec) as program:
            program.start(0, run.numbers)
            paths = [variable.path for variable in program.model.weights]
            pairs = zip(paths, program.weights(), strict=True)
            equal = [array if path == "bins/edges" else np.repeat(array[:1], 3, axis=0) for path, array in pairs]
            learned[rate] = learned_from(run, program, equal, x, y)
        for path, array in zip(paths, learned[rate], strict=True):
            if path != "bins/edges":
                assert_allclose(array[1:], np.repeat(array[:1], 2, axis=0), rtol=1e-9, atol=1e-12)
    assert not np.allclose(learned[0.0][paths.index("hidden_1/kernel")], learned[0.4][paths.index("hidden_1/kernel")])


def test_only_parts_that_are_there_have_rates():
    factors = dict(realmlp.rate_factors(CONFIG, signature()))
    assert set(factors.values()) == set(FACTORS)
    bare = replace(CONFIG, scale=False, parametric=False, periodic_dim=0)
    assert set(dict(realmlp.rate_factors(bare, signature())).values()) == {"bias_rate"}
    assert "embedding_rate" not in dict(realmlp.rate_factors(CONFIG, signature(("flags",)))).values()
