"""Options of nets of whole tables: bad ones are refused, and good ones build the net they describe."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skdeep._data.columns import Dense, Ids
from skdeep._engine.spec import InputSignature
from skdeep._engine.state import build_models
from skdeep.tabular.architectures import MLP, FTTransformer, ResNet, TabM, WideDeep

ALL = [MLP(), WideDeep(), TabM(), ResNet(), FTTransformer()]
every = pytest.mark.parametrize("options", ALL, ids=lambda options: type(options).__name__)


def inputs(p=3):
    """What nets ask of the inputs: three numbers, two categories, flags of two columns and of none."""
    return SimpleNamespace(
        n_numbers=p,
        category_sizes=(10, 20),
        edges=lambda n_bins: np.sort(np.random.default_rng(0).normal(size=(p, n_bins + 1)), axis=1),
        sources={"numbers": ("a", "b", "c")[:p], "flags": ("x", "y", "x", None), "categories": ("u", "v")},
    )


def net(options, p=3):
    spec, numbers, placed = options._spec(inputs(p), (2,))
    columns = [("flags", Dense((4,), "float32")), ("categories", Ids((2,)))]
    columns = [("numbers", Dense((p,), "float32")), *columns] if p else columns
    (model,) = build_models(spec, InputSignature(tuple(columns), "float32"), numbers).models.values()
    return model, spec, numbers, placed


def shapes(options, **given):
    return {variable.path: tuple(variable.shape) for variable in net(options, **given)[0].weights}


@every
def test_defaults_are_valid_and_build(options):
    options.validate()
    model, spec, numbers, placed = net(options)
    assert set(spec.numbers) == set(numbers)
    known = {variable.path: tuple(variable.shape) for variable in model.weights}
    assert known["category_embedding/embeddings"][0] == 30
    for path, array in placed.items():
        assert known[path] == array.shape
    assert set(placed) == {path for path in known if path.endswith("edges")}
    assert model.output_shape == ((None, 16, 2) if isinstance(options, TabM) else (None, 2))


@every
def test_equal_options_share_a_program_and_rates_are_not_part_of_it(options):
    one, *_ = clone(options)._spec(inputs(), (2,))
    other, numbers, _ = clone(options).set_params(dropout=0.7)._spec(inputs(), (2,))
    assert one == other
    assert hash(one) == hash(other)
    assert numbers["dropout"] == 0.7


@every
def test_without_dropout_there_is_no_layer_of_it(options):
    model, spec, *_ = net(clone(options).set_params(dropout=0.0))
    assert "dropout" not in spec.numbers
    assert not [layer.name for layer in model.layers if "dropout" in layer.name]


@every
def test_tables_without_numbers_have_no_edges(options):
    assert net(clone(options).set_params(n_bins=4), p=0)[3] == {}


@every
@pytest.mark.parametrize(
    ("name", "value"), [("dropout", 1.0), ("dropout", -0.1), ("n_bins", 0), ("n_bins", 2.5), ("dropout", "x")]
)
def test_values_out_of_range_are_refused(options, name, value):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {type(options).__name__} must be"):
        clone(options).set_params(**{name: value}).validate()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (TabM(0), "n_members"),
        (TabM(width=0), "width"),
        (ResNet(normalization="none"), "normalization"),
        (ResNet(hidden_factor=0.0), "hidden_factor"),
        (ResNet(residual_dropout=1.5), "residual_dropout"),
        (FTTransformer(n_heads=0), "n_heads"),
        (MLP(category_dim=0), "category_dim"),
        (MLP(number_dim=0), "number_dim"),
        (WideDeep(activation=3), "activation"),
    ],
    ids=str,
)
def test_each_parameter_has_its_range(options, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        options.validate()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (FTTransformer(width=30), "width=30 must be a multiple of n_heads=8"),
        (MLP((8, 0)), "must all be at least 1"),
        (WideDeep((8.5,)), "must all be integers"),
        (MLP(activation="rleu"), "rleu"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused_before_a_net_is_built(options, message):
    with pytest.raises(ValueError, match=message):
        options._spec(inputs(), (2,))


def test_sizes_are_those_of_the_net():
    assert shapes(MLP((5, 4), n_bins=None, category_dim=3))["hidden_0/kernel"] == (3 + 4 + 2 * 3, 5)
    assert shapes(MLP(5, n_bins=6))["hidden_0/kernel"] == (3 + 3 * 6 + 4 + 2 * 8, 5)
    assert shapes(MLP(5, n_bins=6, number_dim=7))["hidden_0/kernel"] == (3 * 7 + 4 + 2 * 8, 5)
    assert shapes(MLP(5, n_bins=None, number_dim=7))["hidden_0/kernel"] == (3 + 4 + 2 * 8, 5)  # it needs bins
    found = shapes(TabM(5, width=9, n_blocks=3))
    assert found["hidden_2/kernel"] == (9, 9)
    assert found["output_0/kernel"] == (5, 9, 2)
    found = shapes(ResNet(3, width=10, hidden_factor=1.5))
    assert found["dense_2_first/kernel"] == (10, 15)
    found = shapes(FTTransformer(3, width=16, n_heads=4, hidden_factor=0.5))
    assert found["dense_2_wide/kernel"] == (16, 2 * 8)
    assert found["flag_tokens/kernel"] == (4, 16)
    assert found["flag_tokens/bias"] == (2, 16)  # a token a column of X
    assert shapes(WideDeep(5))["wide_0/kernel"] == (3 + 4, 2)


def test_edges_are_those_of_the_inputs():
    *_, placed = TabM(n_bins=5)._spec(inputs(), (2,))
    assert_array_equal(placed["number_embedding/edges"], inputs().edges(5))
    *_, placed = MLP(n_bins=5)._spec(inputs(), (2,))
    assert_array_equal(placed["bins/edges"], inputs().edges(5))


def test_nets_in_one_are_told():
    assert TabM(7)._n_packed == 7
    assert {options._n_packed for options in ALL if not isinstance(options, TabM)} == {1}


def test_first_biases_are_spread():
    spec, numbers, _ = MLP()._spec(inputs(), (2,))
    assert numbers["bias_deviation"] == pytest.approx(3**-0.5)
    made = build_models(
        spec,
        InputSignature((("numbers", Dense((3,), "float32")), ("categories", Ids((2,)))), "float32"),
        dict.fromkeys(spec.numbers, 0.5),
    )
    starts = {variable.path: np.asarray(value) for variable, value in made.fresh(0)}
    assert starts["hidden_0/bias"].std() == pytest.approx(0.5, rel=0.2)
    assert_array_equal(starts["hidden_1/bias"], 0)


def test_names_are_those_of_the_parameter_architecture():
    assert [options._name for options in ALL] == ["mlp", "wide_deep", "tabm", "resnet", "ft_transformer"]
