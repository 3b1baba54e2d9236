"""The order of rows: every epoch as long as the others, and the same whenever it is asked for."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep._data.order import AsGiven, ByClass, Shuffled, Weighted

CODES = np.repeat([3, 1, 8], [40, 9, 1])
ORDERS = {
    "shuffled": Shuffled(50),
    "as given": AsGiven(50),
    "by class": ByClass(CODES),
    "rare classes more often": ByClass(CODES, 0.4),
    "weighted": Weighted(np.linspace(0.0, 1.0, 50)),
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_epoch_follows_from_its_number_and_the_seed(name):
    order = ORDERS[name]
    rows = [order.rows(epoch, 0) for epoch in range(4)]
    assert {len(one) for one in rows} == {len(order)} == {50}
    assert_array_equal(order.rows(2, 0), rows[2])
    assert rows[0].dtype == np.int32
    assert (name == "as given") == np.array_equal(rows[0], rows[1])
    assert (name == "as given") == np.array_equal(rows[0], order.rows(0, 1))


@pytest.mark.parametrize("name", ["shuffled", "as given"])
def test_every_row_is_visited_once(name):
    assert_array_equal(np.sort(ORDERS[name].rows(3, 5)), np.arange(50))


def test_weights_are_how_often_rows_are_drawn():
    order = ORDERS["weighted"]
    counts = np.bincount(np.concatenate([order.rows(epoch, 0) for epoch in range(2000)]), minlength=50)
    shares = order.weights / order.weights.sum()
    assert counts[0] == 0
    deviation = np.sqrt(counts.sum() * shares[1:] * (1 - shares[1:]))
    assert (np.abs(counts[1:] - counts.sum() * shares[1:]) < 5 * deviation).all()


def test_every_class_has_its_turn_in_every_stretch():
    rows = ORDERS["by class"].rows(0, 0)
    stretches = CODES[rows][:48].reshape(-1, 3)
    assert_array_equal(np.sort(stretches, axis=1), np.tile([1, 3, 8], (16, 1)))
    assert len(np.unique(stretches, axis=0)) > 1  # in random order
    assert_array_equal(np.sort(np.bincount(rows)[40:49])[[0, -1]], [1, 2])  # 16 or 17 visits to 9 rows


@pytest.mark.parametrize("power", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(20))
def test_classes_are_drawn_in_their_shares_and_all_rows_before_any_again(power, seed):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(rng.permutation(9)[:4], [200, 31, 3, 1]))
    counts = np.bincount(codes, minlength=9)
    shares = np.where(counts > 0, counts.astype(float) ** power, 0)
    order = ByClass(codes, power)
    seen = np.zeros(235, int)
    for epoch in range(8):
        rows = order.rows(epoch, seed)
        drawn = np.bincount(codes[rows], minlength=9)
        assert_array_equal(np.abs(drawn - 235 * shares / shares.sum()) < 1, True)
        assert (drawn[counts > 0] > 0).all()
        half = np.bincount(codes[rows[:118]], minlength=9)
        assert_array_equal(np.abs(half - 118 * shares / shares.sum()) < 6, True)  # spread evenly over the epoch
        seen += np.bincount(rows, minlength=235)
        assert all(np.ptp(seen[codes == code]) <= 1 for code in np.unique(codes))
    assert seen.min() >= 1
    orders = [order.rows(epoch, seed)[codes[order.rows(epoch, seed)] == codes[0]] for epoch in (0, 1)]
    assert power == 0 or len(orders[0]) < 2 or not np.array_equal(*orders)


def test_shares_of_one_visit_every_row_once():
    assert_array_equal(np.sort(ByClass(CODES, 1.0).rows(3, 5)), np.arange(50))


def test_a_pool_begins_anew_in_another_order():
    codes = np.repeat([0, 1], 6)
    passes = [rows[codes[rows] == 0] for rows in (ByClass(codes).rows(epoch, 0) for epoch in range(4))]
    assert len({tuple(rows) for rows in passes}) == 4
    assert all(set(rows) == set(range(6)) for rows in passes)
