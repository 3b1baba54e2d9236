"""Layers that read the columns of a table, against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skdeep._data.columns import Dense, Ids
from skdeep._engine.spec import InputSignature
from skdeep.architectures.tabular import _reading
from skdeep.architectures.tabular._layers import CategoryEmbedding, PiecewiseLinear, PiecewiseLinearEmbedding

DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])
RTOL = {"float32": 1e-5, "float64": 1e-12}


def by_numpy(x, edges):
    """The share of each bin below each number, bin by bin; 0 of a bin without width."""
    shares = np.zeros((*x.shape, edges.shape[1] - 1))
    for column in range(x.shape[1]):
        for number, (low, high) in enumerate(zip(edges[column, :-1], edges[column, 1:], strict=True)):
            if high > low:
                shares[:, column, number] = np.clip((x[:, column] - low) / (high - low), 0, 1)
    return shares


def quantiles(x, n_bins):
    return np.quantile(x, np.linspace(0, 1, n_bins + 1), axis=0).T


def placed(layer, edges, x):
    layer.build(x.shape)
    layer.edges.assign(edges)
    return layer


@DTYPES
def test_each_category_of_each_column_has_a_vector_of_its_own(dtype):
    layer = CategoryEmbedding((3, 2, 4), 5, dtype=dtype)
    ids = np.array([[0, 0, 0], [2, 1, 3], [1, 0, 2]], "int32")
    vectors = layer(ids).numpy()
    table = layer.get_weights()[0]
    assert table.shape == (9, 5)
    assert vectors.dtype == dtype
    assert_array_equal(vectors, table[ids + np.array([0, 3, 5])])


def test_vectors_start_with_the_deviation_that_is_asked_for():
    layer = CategoryEmbedding((400, 600), 20, deviation=0.1)
    layer.build((None, 2))
    table = layer.get_weights()[0]
    assert table.std() == pytest.approx(0.1, rel=0.05)
    assert table.mean() == pytest.approx(0, abs=0.01)


def test_sizes_for_other_columns_are_refused():
    with pytest.raises(ValueError, match="3 columns of ids, but sizes of 2 tables"):
        CategoryEmbedding((3, 2), 5)(np.zeros((4, 3), "int32"))


@DTYPES
@pytest.mark.parametrize("n_bins", [1, 4])
def test_piecewise_linear_columns_are_those_of_the_formula(dtype, n_bins):
    x = np.random.default_rng(0).normal(size=(50, 3)).astype(dtype)
    edges = quantiles(x[:40], n_bins)  # the others may lie beyond the outermost edges
    columns = placed(PiecewiseLinear(n_bins, dtype=dtype), edges, x)(x).numpy()
    assert columns.shape == (50, 3 * n_bins)
    assert columns.dtype == dtype
    assert_allclose(columns, (2 * by_numpy(x, edges) - 1).reshape(50, -1), rtol=RTOL[dtype], atol=RTOL[dtype])
    assert columns.min() == -1
    assert columns.max() == 1


@DTYPES
def test_a_bin_between_equal_edges_is_a_constant_column(dtype):
    x = np.array([[0.0], [0.0], [0.5], [3.0]], dtype)
    edges = np.array([[0.0, 0.0, 0.0, 1.0, 1.0]])
    columns = placed(PiecewiseLinear(4, dtype=dtype), edges, x)(x).numpy()
    assert_array_equal(columns, [[0, 0, -1, 0], [0, 0, -1, 0], [0, 0, 0, 0], [0, 0, 1, 0]])


@DTYPES
@pytest.mark.parametrize("width", [1e-45, 1e-38, 1e-30, 1e-20, 1e-6])
def test_narrow_bins_make_no_numbers_that_are_not_finite(dtype, width):
    x = np.array([[-3.0], [0.0], [width], [3.0]], dtype)
    edges = np.array([[0.0, width, 2.0]])
    for layer in (PiecewiseLinear(2, dtype=dtype), PiecewiseLinearEmbedding(2, 3, dtype=dtype)):
        placed(layer, edges, x)
        with tf.GradientTape() as tape:
            given = tf.constant(x)
            tape.watch(given)
            values = layer(given)
        assert np.isfinite(values).all()
        assert np.isfinite(tape.gradient(values, given)).all()


@DTYPES
def test_curves_are_a_line_and_a_sum_over_bins(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 4)).astype(dtype)
    edges = quantiles(x[:20], 6)
    layer = placed(PiecewiseLinearEmbedding(6, 5, dtype=dtype), edges, x)
    slope, bias = layer.slope.numpy(), layer.bias.numpy()
    line = x[:, :, None] * slope + bias
    assert_allclose(layer(x), line, rtol=RTOL[dtype], atol=RTOL[dtype])  # at the start
    kernel = rng.normal(size=(4, 6, 5))
    layer.kernel.assign(kernel)
    expected = line + np.einsum("rcb,cbd->rcd", by_numpy(x, edges), kernel)
    assert_allclose(layer(x), expected, rtol=10 * RTOL[dtype], atol=10 * RTOL[dtype])


def test_edges_are_not_trained_and_all_else_is():
    layer = placed(PiecewiseLinearEmbedding(3, 2), np.array([[0.0, 0.5, 0.7, 1.0]]), np.zeros((4, 1)))
    x = tf.constant([[0.1], [0.6], [0.9]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x) ** 2)
    gradients = tape.gradient(loss, [variable.value for variable in layer.trainable_variables])
    assert [variable.name for variable in layer.trainable_variables] == ["slope", "bias", "kernel"]
    assert [variable.name for variable in layer.non_trainable_variables] == ["edges"]
    assert all(np.abs(gradient).min() > 0 for gradient in gradients)


@pytest.mark.parametrize(
    "layer",
    [CategoryEmbedding((3, 2), 4, 0.5), PiecewiseLinear(3), PiecewiseLinearEmbedding(3, 2)],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_are_made_again_of_their_config(layer):
    again = type(layer).from_config(layer.get_config())
    x = np.ones((4, 2), "int32" if isinstance(layer, CategoryEmbedding) else "float32")
    expected = layer(x)
    again.build(x.shape)
    again.set_weights(layer.get_weights())
    assert_array_equal(again(x), expected)
    assert layer.get_config() == again.get_config()
    symbolic = layer(keras.Input((2,), dtype=x.dtype))
    assert symbolic.shape[1:] == expected.shape[1:]


def test_paths_of_placed_weights_are_those_of_a_net():
    signature = InputSignature((("numbers", Dense((3,), "float64")), ("categories", Ids((2,)))), "float64")
    named = _reading.enter(signature)
    parts = [
        _reading.coded(named["numbers"], 4, "float64"),
        _reading.flat(_reading.curved(named["numbers"], 4, 2, "float64"), "float64", "flat_numbers"),
        _reading.flat(_reading.embedded(named["categories"], (5, 6), 3, "float64"), "float64", "flat_categories"),
    ]
    model = keras.Model(named, _reading.joined(parts, "float64"))
    assert model.output.shape == (None, 3 * 4 + 3 * 2 + 2 * 3)
    shapes = {variable.path: variable.shape for variable in model.weights}
    assert shapes[_reading.EDGES] == shapes[_reading.EMBEDDED_EDGES] == (3, 5)
    assert shapes["category_embedding/embeddings"] == (11, 3)
