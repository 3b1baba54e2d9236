"""TabM: the nets in it are perceptrons of their own, and differ from the start."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep._data.columns import Dense, Ids
from skdeep._engine.spec import InputSignature
from skdeep.architectures.tabular import tabm
from skdeep.architectures.tabular._packed_layers import OwnDense, SharedDense

RNG = np.random.default_rng(0)
ROWS = {
    "numbers": RNG.normal(size=(12, 3)),
    "flags": RNG.integers(0, 2, size=(12, 2)).astype(float),
    "categories": RNG.integers(0, 4, size=(12, 2)).astype("int32"),
}
SIGNATURE = InputSignature(
    (("numbers", Dense((3,), "float64")), ("flags", Dense((2,), "float64")), ("categories", Ids((2,)))), "float64"
)


def built(**given):
    sizes = {"n_members": 4, "width": 6, "n_blocks": 2, "category_sizes": (4, 5), "category_dim": 3}
    return tabm.build(tabm.TabMConfig(**{"output_sizes": (2, 1), **sizes, **given}), SIGNATURE, {})


def weights(model, name):
    return {variable.name: variable.numpy() for variable in model.get_layer(name).weights}


def drawn_anew(model):
    for variable in model.weights:
        variable.assign(RNG.normal(size=variable.shape))


def one_net(model, member, x):
    """The outputs of one perceptron, with r and s folded into its kernels."""
    for index in range(2):
        own = weights(model, f"hidden_{index}")
        kernel = own["input_gamma"][member][:, None] * own["kernel"] * own["output_gamma"][member]
        x = np.maximum(x @ kernel + own["bias"][member], 0)
    return [
        x @ own["kernel"][member] + own["bias"][member]
        for own in (weights(model, "output_0"), weights(model, "output_1"))
    ]


def read(model):
    table = weights(model, "category_embedding")["embeddings"]
    vectors = table[ROWS["categories"] + np.array([0, 4])].reshape(12, -1)
    return np.hstack([ROWS["numbers"], ROWS["flags"], vectors])


def test_members_are_perceptrons_with_scales_folded_into_their_kernels():
    model = built()
    drawn_anew(model)
    outputs = [np.asarray(output) for output in model(ROWS)]
    assert [output.shape for output in outputs] == [(12, 4, 2), (12, 4, 1)]
    assert model.output_names == ["output_0", "output_1"]
    for member in range(4):
        for found, expected in zip(outputs, one_net(model, member, read(model)), strict=True):
            assert_allclose(found[:, member], expected, rtol=1e-9, atol=1e-9)


def test_at_the_start_members_differ_in_the_signs_of_the_first_layer_and_in_their_heads_alone():
    model = built(n_members=8, width=64)
    first, second, head = (weights(model, name) for name in ("hidden_0", "hidden_1", "output_0"))
    assert_array_equal(np.abs(first["input_gamma"]), 1)
    assert len(np.unique(first["input_gamma"], axis=0)) == 8
    assert_array_equal(second["input_gamma"], 1)
    for own in (first, second):
        assert_array_equal(own["output_gamma"], 1)
        assert_array_equal(own["bias"], np.broadcast_to(own["bias"][:1], own["bias"].shape))
        assert np.ptp(own["bias"]) > 0
    assert len(np.unique(head["kernel"][:, 0, 0])) == 8
    for own, fan_in in ((first, 11), (second, 64), (head, 64)):
        assert np.abs(own["kernel"]).max() <= fan_in**-0.5
        assert own["kernel"].std() == pytest.approx((3 * fan_in) ** -0.5, rel=0.1)


def test_signs_are_even():
    layer = SharedDense(2, 40, random_signs=True)
    layer.build((None, 50))
    assert np.mean(layer.input_gamma.numpy()) == pytest.approx(0, abs=0.1)  # four standard deviations are 0.09


def test_rows_without_members_are_given_to_all():
    layer = SharedDense(3, 4, random_signs=True, dtype="float64")
    x = RNG.normal(size=(5, 2))
    assert_allclose(layer(x), layer(np.repeat(x[:, None], 4, axis=1)), rtol=1e-12)


@pytest.mark.parametrize("layer", [SharedDense(3, 4, True), OwnDense(2)], ids=lambda layer: type(layer).__name__)
def test_layers_are_made_again_of_their_config(layer):
    x = RNG.normal(size=(5, 4, 6)).astype("float32")
    expected = layer(x)
    again = type(layer).from_config(layer.get_config())
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    assert_array_equal(again(x), expected)


def test_dropout_is_drawn_for_each_member():
    config = tabm.TabMConfig(output_sizes=(1,), category_sizes=(4, 5), n_members=3, width=40, n_blocks=1, dropout=True)
    model = tabm.build(config, SIGNATURE, {"dropout": 0.5})
    zeros = np.asarray(model.get_layer("dropout_0")(np.ones((50, 3, 40)), training=True)) == 0
    assert zeros.mean() == pytest.approx(0.5, abs=0.05)
    assert (zeros[:, 0] != zeros[:, 1]).mean() == pytest.approx(0.5, abs=0.1)
