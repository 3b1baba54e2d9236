"""Columns: what reaches a net of arrays, matrices, ids and rows of different lengths."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skdeep._data.columns import Dense, Ids, Ragged, Sparse
from skdeep._data.order import AsGiven
from skdeep._engine import optimizers
from skdeep._engine.batches import Data
from skdeep._engine.fit import loop
from skdeep._engine.objectives import supervised
from skdeep._engine.predict import Predictor, weight_tensors
from skdeep._engine.program import Program
from skdeep._engine.spec import InputSignature, ModelSpec, ProgramSpec, Recipe, TrainPlan

rng = np.random.default_rng(0)
ROWS = [rng.normal(size=(length, 2)) for length in (3, 1, 4, 1, 5, 9, 2, 6)]
MATRIX = sparse.random(8, 5, 0.4, format="csr", random_state=0)
CASES = {
    "numbers": (Dense((3,), "float64"), rng.normal(size=(8, 3))),
    "bytes": (Dense((2, 2), "float32", "uint8"), rng.integers(0, 256, (8, 2, 2), dtype=np.uint8)),
    "ids": (Ids((4,)), (2**24 + rng.integers(0, 99, (8, 4))).astype(np.int32)),
    "sparse": (Sparse((5,), "float64"), MATRIX),
    "ragged": (Ragged((2,), "float64"), ROWS),
}


def read(column, values, rows=None):
    tensors = column.tensors(values)
    for tensor, kind in zip(tensors, column.types(), strict=True):
        assert kind.is_compatible_with(tensor)
    assert column.n_rows(tensors) == 8
    return column.whole(tensors) if rows is None else column.gather(tensors, tf.constant(rows, tf.int32))


def as_arrays(parts):
    return [(tf.sparse.to_dense(one) if isinstance(one, tf.SparseTensor) else one).numpy() for one in parts]


def padded(rows):
    longest = max(map(len, rows))
    return np.stack([np.pad(row, [(0, longest - len(row)), (0, 0)]) for row in rows])


@pytest.mark.parametrize("case", CASES)
def test_rows_are_read_in_any_order_and_more_than_once(case):
    column, values = CASES[case]
    rows = [5, 0, 0, 7]
    whole, some = as_arrays(read(column, values)), as_arrays(read(column, values, rows))
    if case == "ragged":
        assert_array_equal(some[0], padded([values[row] for row in rows]))
        assert_array_equal(some[1], [9, 3, 3, 6])
        assert_array_equal(whole[0], padded(values))
        return
    expected = values.toarray() if case == "sparse" else values
    assert_array_equal(whole[0], expected)
    assert_array_equal(some[0], expected[rows])
    assert some[0].dtype == column.dtype


def test_whole_numbers_that_are_ids_are_never_floats():
    column, values = CASES["ids"]
    (batch,) = as_arrays(read(column, values))
    assert batch.dtype == np.int32
    assert batch.max() > 2**24  # which single precision cannot count to


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_is_what_the_inputs_of_a_net_take(case):
    column, values = CASES[case]
    inputs = column.inputs("X")
    assert tuple(inputs) == column.names("X")
    for symbolic, batch in zip(inputs.values(), read(column, values, [1, 2]), strict=True):
        assert symbolic.dtype == batch.dtype.name
        assert symbolic.sparse == isinstance(batch, tf.SparseTensor)
        assert len(symbolic.shape) == len(batch.shape)


class MeanOfEachRow(keras.layers.Layer):
    """Means of what comes before the padding."""

    def call(self, values, lengths):
        mask = tf.sequence_mask(lengths, tf.shape(values)[1], values.dtype)[..., None]
        return tf.reduce_sum(values * mask, axis=1) / tf.reduce_sum(mask, axis=1)


def build_mean_of_each_row(units, signature, numbers):
    ((name, column),) = signature.inputs
    inputs = column.inputs(name)
    values, lengths = inputs.values()
    hidden = keras.layers.Dense(units, "tanh", dtype="float64")(values)
    return keras.Model(inputs, keras.layers.Dense(1, dtype="float64")(MeanOfEachRow(dtype="float64")(hidden, lengths)))


def build_loss(config, numbers):
    return lambda y, output: tf.reduce_mean((y - output) ** 2, axis=-1)


def test_padding_changes_nothing():
    """A net trains alike on rows of different lengths in one batch and one by one, where nothing is padded."""
    signature = InputSignature((("X", CASES["ragged"][0]),), "float64")
    optimizer, numbers = optimizers.recipe("sgd", learning_rate=0.5)
    objective = supervised.recipe([supervised.OutputLoss("y", Recipe(build_loss, None))])
    spec = ProgramSpec(
        ModelSpec(build_mean_of_each_row, 3), signature, (("y", Dense((1,), "float64")),), objective,
        (("optimizer", optimizer),),
    )  # fmt: skip
    y = rng.normal(size=(8, 1))
    program, data = Program(spec), Data(spec, {"X": ROWS}, {"y": y})
    assert data.n_rows == 8
    result = loop.fit(program, data, TrainPlan(1, 8, (0, 1, 2), numbers, AsGiven(8)))
    start = loop.fit(program, data, TrainPlan(1, 8, (0, 1, 2), numbers | {"learning_rate": 0.0}, AsGiven(8))).weights
    steps = []
    for row in range(8):  # each from the same start: the mean of their steps is the step on all
        one = TrainPlan(1, 1, (0, 1, 2), numbers, AsGiven(1))
        alone = loop.fit(program, Data(spec, {"X": [ROWS[row]]}, {"y": y[[row]]}), one, start=(start, None))
        steps.append([after - before for before, after in zip(start, alone.weights, strict=True)])
    for before, after, *each in zip(start, result.weights, *steps, strict=True):
        assert_allclose(after - before, np.mean(each, axis=0), atol=1e-12)
    predictor, tensors = Predictor(spec.model, signature), weight_tensors(start)
    together = predictor(tensors, {"X": ROWS})[0]
    assert_allclose(together, np.concatenate([predictor(tensors, {"X": [row]})[0] for row in ROWS]), atol=1e-15)
