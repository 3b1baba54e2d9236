"""All nets of tables: what they compute is that of NumPy, whatever inputs there are, and in Keras' files too."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax

from skdeep._data.columns import Dense, Ids
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep._engine.state import build_models
from skdeep.architectures.tabular import ft_transformer, plain, resnet, tabm, wide_deep

N_ROWS = 9
INPUTS = ("numbers", "flags", "categories")
SUBSETS = [("numbers",), ("flags",), ("categories",), ("numbers", "categories"), ("numbers", "flags"), INPUTS]
SHARED = {"output_sizes": (3,), "category_sizes": (4, 5), "category_dim": 2}
PLAIN = plain.PlainConfig(**SHARED, hidden_layer_sizes=(7, 6), kernel_initializer="glorot_uniform")
NETS = {
    "mlp": (plain, PLAIN),
    "mlp with normalisation": (plain, replace(PLAIN, normalization="batch", residual=True, activation="mish")),
    "mlp with columns": (plain, replace(PLAIN, n_bins=4)),
    "mlp with vectors": (plain, replace(PLAIN, n_bins=4, number_dim=3)),
    "wide_deep": (wide_deep, wide_deep.WideDeepConfig(**vars(PLAIN))),
    "resnet": (resnet, resnet.ResNetConfig(**SHARED, width=6, hidden_width=8)),
    "resnet with layers": (resnet, resnet.ResNetConfig(**SHARED, width=6, hidden_width=8, normalization="layer")),
    "tabm": (tabm, tabm.TabMConfig(**SHARED, n_members=3, width=6, n_blocks=2, n_bins=3, number_dim=2)),
    "ft_transformer": (
        ft_transformer,
        ft_transformer.FTTransformerConfig(**SHARED, n_blocks=2, n_heads=2, width=8, feed_forward_width=5),
    ),
    "ft_transformer with bins": (
        ft_transformer,
        ft_transformer.FTTransformerConfig(**SHARED, n_blocks=3, n_heads=2, width=4, n_bins=3, flag_groups=(0, 1, 0)),
    ),
}
nets = pytest.mark.parametrize("net", NETS)


def signature(names=INPUTS, dtype="float64"):
    columns = {"numbers": Dense((4,), dtype), "flags": Dense((3,), dtype), "categories": Ids((2,))}
    return InputSignature(tuple((name, columns[name]) for name in names), dtype)


def rows(names=INPUTS, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    made = {
        "numbers": rng.normal(size=(N_ROWS, 4)).astype(dtype),
        "flags": rng.integers(-1, 2, size=(N_ROWS, 3)).astype(dtype),
        "categories": rng.integers(0, 4, size=(N_ROWS, 2)).astype("int32"),
    }
    return {name: made[name] for name in names}


def built(net, given=None, names=INPUTS, dtype="float64", **changes):
    """A net with weights drawn anew, so that none is zero or one."""
    module, config = NETS[net]
    model = module.build(replace(config, **changes), given or signature(names, dtype), {})
    rng = np.random.default_rng(1)
    for variable in model.weights:
        positive = "variance" in variable.name
        values = rng.uniform(0.5, 2, size=variable.shape) if positive else rng.normal(size=variable.shape)
        variable.assign(np.sort(values) if variable.name == "edges" else values)
    return model


def weights(model, name):
    return {variable.name: variable.numpy() for variable in model.get_layer(name).weights}


def dense(model, name, x):
    own = weights(model, name)
    return x @ own["kernel"] + own.get("bias", 0)


def relu(x):
    return np.maximum(x, 0)


def batch_normalized(model, name, x, epsilon):
    own = weights(model, name)
    scaled = (x - own["moving_mean"]) / np.sqrt(own["moving_variance"] + epsilon)
    return scaled * own["gamma"] + own["beta"]


def layer_normalized(model, name, x, epsilon=1e-5):
    own = weights(model, name)
    scaled = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + epsilon)
    return scaled * own["gamma"] + own["beta"]


def vectors(model, ids, name="category_embedding"):
    return weights(model, name)["embeddings"][ids + np.array([0, 4])]


def read(model, given):
    return np.hstack(
        [given["numbers"], given["flags"], vectors(model, given["categories"]).reshape(len(given["numbers"]), -1)]
    )


# -- what holds for all -----------------------------------------------------------------------------------------------


@nets
@pytest.mark.parametrize("names", SUBSETS, ids="-".join)
def test_every_input_counts_and_none_is_needed(net, names):
    model, x = built(net, names=names), rows(names)
    assert list(model.input) == list(names)
    outputs = np.asarray(model(x))
    assert outputs.shape[0] == N_ROWS
    assert outputs.shape[-1] == 3
    for name in names:
        changed = np.asarray(model(x | {name: rows(names, seed=5)[name]}))
        assert np.abs(changed - outputs).max() > 1e-3


@nets
def test_rows_are_computed_by_themselves(net):
    model, x = built(net), rows()
    alone = [np.asarray(model({name: one[row : row + 1] for name, one in x.items()}))[0] for row in range(3)]
    assert_allclose(np.asarray(model(x))[:3], alone, rtol=1e-9, atol=1e-9)


@nets
def test_all_is_computed_in_the_dtype_that_is_asked_for(net):
    double, single = built(net, dtype="float64"), built(net, dtype="float32")
    assert {variable.dtype for variable in single.weights} == {"float32"}
    assert {layer.compute_dtype for layer in single.layers} - {"int32"} == {"float32"}
    assert {variable.dtype for variable in double.weights} == {"float64"}
    assert_allclose(single(rows(dtype="float32")), double(rows()), rtol=1e-2, atol=1e-3)


@nets
def test_several_outputs_have_names_and_weights_of_their_own(net):
    model = built(net, output_sizes=(1, 2))
    assert model.output_names == ["output_0", "output_1"]
    one, other = model(rows())
    assert one.shape[-1] == 1
    assert other.shape[-1] == 2
    assert np.abs(np.asarray(one) - np.asarray(other)[..., :1]).max() > 1e-3


@nets
def test_a_saved_net_is_the_same(net, tmp_path):
    model = built(net)
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    assert_array_equal(again(rows()), model(rows()))
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


@nets
def test_equal_configs_build_equal_nets(net):
    module, config = NETS[net]
    same = replace(config)
    assert hash(same) == hash(config)
    one, other = (module.build(each, signature(), {}) for each in (config, same))
    assert [(v.path, v.shape) for v in one.weights] == [(v.path, v.shape) for v in other.weights]
    assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]


@nets
def test_weights_start_from_a_seed(net):
    module, config = NETS[net]
    made = build_models(ModelSpec(module.build, config), signature(), {})
    first, again, other = ([np.asarray(value) for _, value in made.fresh(seed)] for seed in (0, 0, 1))
    for one, two in zip(first, again, strict=True):
        assert_array_equal(one, two)
    kernels = [number for number, variable in enumerate(made.variables) if variable.name in ("kernel", "embeddings")]
    assert any((first[number] != other[number]).any() for number in kernels)


@nets
def test_placed_edges_have_a_path_where_there_are_bins(net):
    _, config = NETS[net]
    found = [variable.path for variable in built(net).weights if variable.path.endswith("edges")]
    assert found == ([config.edges_path] if config.n_bins else [])


@pytest.mark.parametrize("net", ["mlp", "wide_deep", "resnet", "tabm", "ft_transformer"])
def test_dropout_is_there_in_training_alone(net):
    module, config = NETS[net]
    names = [name for name in ("dropout", "residual_dropout") if hasattr(config, name)]
    config = replace(config, **dict.fromkeys(names, True))
    model = module.build(config, signature(), dict.fromkeys(names, 0.5))
    plain_model = module.build(NETS[net][1], signature(), {})
    plain_model.set_weights([weight for weight in model.get_weights() if weight.dtype.kind == "f"])
    assert_array_equal(model(rows()), plain_model(rows()))
    assert np.abs(np.asarray(model(rows(), training=True)) - np.asarray(model(rows()))).max() > 1e-3
    layers = {layer.name.rstrip("_0123456789") for layer in model.layers if "dropout" in layer.name}
    assert {name for name in names if any(layer.startswith(name) for layer in layers)} == set(names)


# -- one by one -------------------------------------------------------------------------------------------------------


def test_a_perceptron_is_that_of_numpy():
    model, x = built("mlp"), rows()
    hidden = read(model, x)
    for index in range(2):
        hidden = relu(dense(model, f"hidden_{index}", hidden))
    assert_allclose(model(x), dense(model, "output_0", hidden), rtol=1e-9)


def test_fixed_columns_stand_beside_the_numbers():
    model, x = built("mlp with columns", names=("numbers",)), rows(("numbers",))
    edges = weights(model, "bins")["edges"]
    low, high = edges[:, :-1], edges[:, 1:]
    columns = 2 * np.clip((x["numbers"][:, :, None] - low) / (high - low), 0, 1) - 1
    hidden = np.hstack([x["numbers"], columns.reshape(N_ROWS, -1)])
    for index in range(2):
        hidden = relu(dense(model, f"hidden_{index}", hidden))
    assert_allclose(model(x), dense(model, "output_0", hidden), rtol=1e-9)


def test_wide_and_deep_are_added():
    model, x = built("wide_deep"), rows()
    hidden = read(model, x)
    for index in range(2):
        hidden = relu(dense(model, f"hidden_{index}", hidden))
    linear = np.hstack([x["numbers"], x["flags"]]) @ weights(model, "wide_0")["kernel"]
    linear += vectors(model, x["categories"], "wide_categories_0").sum(axis=1)
    assert_allclose(model(x), dense(model, "deep_0", hidden) + linear, rtol=1e-9)


def test_the_wide_part_starts_as_zero_and_is_trained():
    module, config = NETS["wide_deep"]
    made = build_models(ModelSpec(module.build, config), signature(), {})
    starts = {variable.path: np.asarray(value) for variable, value in made.fresh(0)}
    assert_array_equal(starts["wide_0/kernel"], 0)
    assert_array_equal(starts["wide_categories_0/embeddings"], 0)
    assert starts["category_embedding/embeddings"].std() > 0.5
    trained = {variable.path for variable in made.models["model"].trainable_variables}
    assert {"wide_0/kernel", "wide_categories_0/embeddings"} <= trained


def test_a_residual_net_is_that_of_numpy():
    model, x = built("resnet"), rows()
    hidden = dense(model, "projection", read(model, x))
    for index in range(2):
        change = batch_normalized(model, f"normalization_{index}", hidden, 1e-5)
        change = relu(dense(model, f"dense_{index}_first", change))
        hidden = hidden + dense(model, f"dense_{index}_second", change)
    hidden = relu(batch_normalized(model, "normalization", hidden, 1e-5))
    assert_allclose(model(x), dense(model, "output_0", hidden), rtol=1e-9, atol=1e-9)


def test_a_residual_net_may_go_without_normalisation():
    model = built("resnet", normalization=None)
    assert not [layer.name for layer in model.layers if "normalization" in layer.name]


def by_head(x, n_heads):
    return np.moveaxis(x.reshape(*x.shape[:2], n_heads, -1), 2, 1)


def attended(queries, keys, values):
    shares = softmax(queries @ np.swapaxes(keys, 2, 3) / np.sqrt(queries.shape[-1]), axis=-1)
    return shares @ values


def attention_of_all(model, name, x, n_heads):
    """Keras' multi-head attention from its own weights."""
    layer = model.get_layer(name)
    parts = []
    for one in (layer.query_dense, layer.key_dense, layer.value_dense):
        parts.append(np.moveaxis(np.einsum("rtd,dhk->rthk", x, one.kernel.numpy()) + one.bias.numpy(), 2, 1))
    out = layer.output_dense
    return np.einsum("rhtk,hkd->rtd", attended(*parts), out.kernel.numpy()) + out.bias.numpy()


def attention_of_first(model, index, x, n_heads):
    """The attention of the first token to all."""
    cross, given = model.get_layer(f"attention_{index}"), model.get_layer(f"attention_{index}_given").projection
    projected = x @ given.kernel.numpy() + given.bias.numpy()
    keys, values = np.split(projected, 2, axis=-1)
    queries = x[:, :1] @ cross.query.kernel.numpy() + cross.query.bias.numpy()
    heads = attended(*(by_head(one, n_heads) for one in (queries, keys, values)))
    joined = np.moveaxis(heads, 1, 2).reshape(len(x), 1, -1)
    return joined @ cross.outputs.kernel.numpy() + cross.outputs.bias.numpy()


def feed_forward(model, index, hidden):
    wide = dense(model, f"dense_{index}_wide", layer_normalized(model, f"normalization_{index}_dense", hidden))
    one, other = np.split(wide, 2, axis=-1)
    return hidden + dense(model, f"dense_{index}_narrow", one * relu(other))


def test_a_transformer_is_that_of_numpy():
    model, x = built("ft_transformer"), rows()
    tokens = [np.broadcast_to(weights(model, "class_token")["token"], (N_ROWS, 1, 8))]
    for name, layer in (("numbers", "number_tokens"), ("flags", "flag_tokens")):
        own = weights(model, layer)
        tokens.append(x[name][:, :, None] * own["kernel"] + own["bias"])
    tokens.append(vectors(model, x["categories"]) + weights(model, "category_bias")["bias"])
    hidden = np.concatenate(tokens, axis=1)
    assert hidden.shape == (N_ROWS, 1 + 4 + 3 + 2, 8)
    hidden = feed_forward(model, 0, hidden + attention_of_all(model, "attention_0", hidden, 2))  # not normalised
    given = layer_normalized(model, "normalization_1_attention", hidden)
    hidden = feed_forward(model, 1, hidden[:, :1] + attention_of_first(model, 1, given, 2))
    hidden = relu(layer_normalized(model, "normalization", hidden[:, 0]))
    assert_allclose(model(x), dense(model, "output_0", hidden), rtol=1e-8, atol=1e-9)


def test_flags_of_a_group_share_a_token():
    from skdeep.architectures.tabular._token_layers import NumberTokens

    layer = NumberTokens(4, (0, 2, 0, 1, 2), dtype="float64")
    x = np.random.default_rng(0).normal(size=(6, 5))
    layer.build(x.shape)
    layer.bias.assign(np.random.default_rng(1).normal(size=(3, 4)))
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    expected = [x[:, [0, 2]] @ kernel[[0, 2]], x[:, [3]] @ kernel[[3]], x[:, [1, 4]] @ kernel[[1, 4]]]
    assert_allclose(layer(x), np.stack(expected, axis=1) + bias, rtol=1e-12)


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(ValueError, match="width=10 must be a multiple of n_heads=4"):
        ft_transformer.check(ft_transformer.FTTransformerConfig(output_sizes=(1,), width=10, n_heads=4))
