"""A live number cannot be frozen unnoticed: it is a tensor, or an answer to what Keras asks, or an error."""

import copy
import math
import pickle
import struct

import keras
import numpy as np
import pytest
import tensorflow as tf

from skdeep.utils._numbers import LiveNumber


@pytest.fixture
def number():
    return LiveNumber(tf.Variable(0.25, dtype=tf.float64))


def test_it_answers_whether_it_is_used_at_all(number):
    assert number > 0
    assert number >= 0
    assert number != 0
    assert number < 1
    assert number <= 1.0
    assert number != 1
    assert number != 0.0
    assert 0 <= number <= 1
    assert bool(number)
    assert isinstance(number, float)
    assert number != "auto"
    assert number is not None


@pytest.mark.parametrize(
    "freeze",
    [
        float,
        int,
        round,
        math.floor,
        lambda number: number > 0.5,
        lambda number: number == 0.25,
        lambda number: number < 2,
        lambda number: max(number, 0.1),
        lambda number: range(10)[number],
        np.float64,
        lambda number: np.array([number]),
    ],
)
def test_what_would_make_it_a_constant_raises(number, freeze):
    with pytest.raises(TypeError, match=r"live number|LiveNumber"):
        freeze(number)


def test_what_slips_through_is_not_a_number(number):
    assert math.isnan(math.sqrt(number))
    assert math.isnan(struct.unpack("d", struct.pack("d", number))[0])


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda number: number + 1, 1.25),
        (lambda number: 1 - number, 0.75),
        (lambda number: number * 2, 0.5),
        (lambda number: 1 / number, 4.0),
        (lambda number: number**2, 0.0625),
        (lambda number: 16**number, 2.0),
        (lambda number: -number, -0.25),
        (lambda number: tf.sqrt(number), 0.5),
        (lambda number: keras.ops.cast(number, "float32"), 0.25),
        (lambda number: tf.convert_to_tensor(number), 0.25),
    ],
)
def test_it_computes_as_the_variable_behind_it(number, compute, expected):
    @tf.function
    def graph():
        return compute(number)

    assert graph().numpy() == pytest.approx(expected)
    number.variable.assign(1.0)
    assert graph().numpy() != pytest.approx(expected)


def test_copies_are_itself_and_pickles_are_plain_numbers(number):
    assert copy.deepcopy(number) is number
    assert pickle.loads(pickle.dumps(number)) == 0.25
    assert len({number, LiveNumber(number.variable)}) == 2
