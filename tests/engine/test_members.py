"""Members with rows of their own: each learns what it would learn alone, and is stopped and kept by itself."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep._data.columns import Dense, Ids
from skdeep._data.order import AsGiven, ByClass, ByMember, Shuffled
from skdeep._data.rows import RowData, folds, rows_of_members
from skdeep._engine import members
from skdeep._engine.batches import Data
from skdeep._engine.cache import ProgramCache
from skdeep._engine.fit import loop
from skdeep._engine.objectives import ensemble, stacked, supervised
from skdeep._engine.predict import Predictor, weight_tensors
from skdeep._engine.spec import InputSignature, ModelSpec, Recipe, TrainPlan
from skdeep.architectures.tabular import plain, realmlp
from tests.engine.test_floor import Training, squared_error, validation

RNG = np.random.default_rng(0)
N_ROWS, MEMBERS, BATCH = 29, 3, 8
X = {
    "numbers": RNG.normal(size=(N_ROWS, 4)),
    "flags": RNG.integers(-1, 2, size=(N_ROWS, 2)).astype(float),
    "categories": RNG.integers(0, 5, size=(N_ROWS, 1)).astype("int32"),
}
Y = (X["numbers"][:, :1] - X["flags"][:, :1] + RNG.normal(size=(N_ROWS, 1))) * 2
HELD_OUT = np.arange(3 * 4)  # four rows of each member
SIGNATURE = InputSignature(
    (("numbers", Dense((4,), "float64")), ("flags", Dense((2,), "float64")), ("categories", Ids((1,)))), "float64"
)
ONE = {"output_sizes": (1,), "category_sizes": (5,), "category_dim": 2}
REALMLP = realmlp.RealMLPConfig(n_members=MEMBERS, **ONE, hidden_layer_sizes=(6,), dropout=False)
PLAIN = plain.PlainConfig(**ONE, hidden_layer_sizes=(6,), activation="tanh")
LOSS = supervised.recipe([supervised.OutputLoss("output_0", Recipe(squared_error, None))])
OPTIMIZERS = {
    "adam": {},
    "clipped": {"optimizer": "sgd", "rate": 0.05, "penalties": ("clip_norm",), "numbers": {"clip_norm": 0.5}},
    "penalised": {"penalties": ("alpha", "l1"), "numbers": {"alpha": 0.1, "l1": 0.01}},
}


@dataclass(frozen=True)
class OfMember:
    """The order in which one member of an ensemble visits its rows."""

    order: ByMember
    member: int

    def __len__(self):
        return len(self.order) // len(self.order.orders)

    def rows(self, epoch, seed):
        return self.order.rows(epoch, seed)[self.member :: len(self.order.orders)]


class Stacked:
    """One net with a member axis, and a net of one member."""

    together = ModelSpec(realmlp.build, REALMLP), stacked.recipe(LOSS, MEMBERS)
    alone = ModelSpec(realmlp.build, replace(REALMLP, n_members=1)), LOSS

    @staticmethod
    def of_member(weights, number):
        return [array[number : number + 1] for array in weights]


class Copies:
    """Nets beside each other."""

    alone = ModelSpec(plain.build, PLAIN, ("bias_deviation",)), LOSS
    together = members.copies(alone[0], MEMBERS), ensemble.recipe(LOSS, own_rows=True)

    @staticmethod
    def of_member(weights, number):
        size = len(weights) // MEMBERS
        return weights[number * size : (number + 1) * size]


KINDS = pytest.mark.parametrize("kind", [Stacked, Copies])


@pytest.fixture(scope="module")
def trained():
    cache = ProgramCache()
    yield partial(_trained, cache)
    cache.clear()


def _trained(cache, what, order, start, *, epochs=3, batch_size=BATCH, held_out=None, given=None, **plan):
    """Train from given weights, or from drawn ones, and return (weights at the start, FitResult)."""
    given = dict(given or {})
    numbers = given.pop("numbers", {}) | {"bias_deviation": 0.5}
    model, objective = what
    numbers = {name: value for name, value in numbers.items() if name in (*model.numbers, *given.get("penalties", ()))}
    run = Training(model, SIGNATURE, {"output_0": Dense((1,), "float64")}, objective, numbers, **given)
    data = Data(run.spec, X, {"output_0": Y})
    rows = held_out is not None and Data(run.spec, {k: v[held_out] for k, v in X.items()}, {"output_0": Y[held_out]})
    plan = TrainPlan(epochs, batch_size, (0, 1, 2), run.numbers, order, **plan)
    with cache.lease(run.spec) as program:
        program.start(0, run.numbers)
        start = program.weights() if start is None else start
        result = loop.fit(program, data, plan, start=(start, None), validate=validation(rows) if rows else None)
    return start, result


def own_rows():
    """An order in which members learn from different rows, as many as the member with the fewest has."""
    numbers = [np.arange(n, N_ROWS, 2) if n < 2 else np.arange(3, 28) for n in range(MEMBERS)]
    return ByMember(tuple((Shuffled(len(own)), own) for own in numbers))


def outputs(kind, weights, rows):
    spec, _ = kind.alone
    return Predictor(spec, SIGNATURE)(weight_tensors(weights), {k: v[rows] for k, v in X.items()})[0]


# -- learning ---------------------------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_member_learns_what_it_would_learn_alone(kind, optimizer, trained):
    """With rows that leave a smaller batch at the end of an epoch: 14 of each member, 8 a step."""
    given, order = OPTIMIZERS[optimizer], own_rows()
    assert len(order) == MEMBERS * 14
    start, together = trained(kind.together, order, None, batch_size=MEMBERS * BATCH, given=given)
    losses = []
    for number in range(MEMBERS):
        begin = kind.of_member(start, number)
        _, alone = trained(kind.alone, OfMember(order, number), begin, given=given)
        for own, same, first in zip(kind.of_member(together.weights, number), alone.weights, begin, strict=True):
            assert_allclose(own, same, rtol=1e-5, atol=1e-9)
            assert not np.array_equal(same, first)
        losses.append(alone.history["loss"])
        assert_allclose(together.history[f"member_{number}"], alone.history["loss"], rtol=1e-7)
    assert_allclose(together.history["loss"], np.mean(losses, axis=0), rtol=1e-7)


@KINDS
def test_the_bound_of_the_norm_holds_for_each_member(kind, trained):
    """A member of short gradients is not shortened with the others: its step is that without a bound."""
    given = {"optimizer": "sgd", "rate": 1.0, "penalties": ("clip_norm",)}
    order, steps = own_rows(), []
    for bound in (1e9, 1e-3):
        run = given | {"numbers": {"clip_norm": bound}}
        start, result = trained(kind.together, order, None, epochs=1, batch_size=MEMBERS * 14, given=run)
        moved = [np.subtract(b, a) for a, b in zip(start, result.weights, strict=True)]
        steps.append([np.concatenate([part.ravel() for part in kind.of_member(moved, n)]) for n in range(MEMBERS)])
    for free, bounded in zip(*steps, strict=True):
        assert np.linalg.norm(free) > 1e-3
        assert_allclose(bounded, free * 1e-3 / np.linalg.norm(free), rtol=1e-6, atol=1e-12)


# -- held out rows ----------------------------------------------------------------------------------------------------


@KINDS
def test_a_member_is_evaluated_on_rows_of_its_own(kind, trained):
    order, big = own_rows(), MEMBERS * BATCH
    _, result = trained(kind.together, order, None, epochs=1, batch_size=big, held_out=HELD_OUT)
    losses = []
    for number in range(MEMBERS):
        rows = HELD_OUT[number::MEMBERS]
        losses.append(np.mean((outputs(kind, kind.of_member(result.weights, number), rows) - Y[rows]) ** 2))
        assert result.history[f"val_member_{number}"][-1] == pytest.approx(losses[-1], rel=1e-7)
    assert result.history["val_loss"][-1] == pytest.approx(np.mean(losses), rel=1e-7)


@KINDS
@pytest.mark.parametrize("patience", [np.inf, 1])
def test_each_member_is_put_back_to_its_own_best_epoch(kind, patience, trained):
    order, big = own_rows(), MEMBERS * BATCH
    watched = tuple(f"val_member_{number}" for number in range(MEMBERS))
    given = {"optimizer": "adam", "rate": 0.2}
    plan = {"epochs": 12, "restore_best": True, "n_iter_no_change": patience}
    start, result = trained(
        kind.together, order, None, batch_size=big, held_out=HELD_OUT, monitor=watched, given=given, **plan
    )
    best, least = [], []
    for number, name in enumerate(watched):
        begin, rows = kind.of_member(start, number), HELD_OUT[number::MEMBERS]
        _, alone = trained(
            kind.alone, OfMember(order, number), begin, held_out=rows, monitor="val_loss", given=given, **plan
        )
        losses = alone.history["val_loss"]
        assert_allclose(result.history[name][: len(losses)], losses, rtol=1e-5)
        # What is gone on from may be the best there is.
        losses = [np.mean((outputs(kind, begin, rows) - Y[rows]) ** 2), *losses]
        best.append(int(np.argmin(losses)))
        for own, same in zip(kind.of_member(result.weights, number), alone.weights, strict=True):
            assert_allclose(own, same, rtol=1e-5, atol=1e-9)
        found = np.mean((outputs(kind, kind.of_member(result.weights, number), rows) - Y[rows]) ** 2)
        assert found == pytest.approx(min(losses), rel=1e-5)
        least.append(min(losses))
    assert len(set(best)) > 1
    assert result.best == pytest.approx(np.mean(least), rel=1e-5)


# -- orders -----------------------------------------------------------------------------------------------------------


def test_members_visit_their_rows_in_turn():
    numbers = [np.arange(0, 10), np.arange(10, 22), np.arange(5, 30)]
    order = ByMember(tuple((Shuffled(len(own)), own) for own in numbers))
    assert len(order) == 3 * 10
    seen = [order.rows(epoch, 7) for epoch in range(200)]
    assert {len(rows) for rows in seen} == {30}
    assert_array_equal(order.rows(5, 7), seen[5])
    assert not np.array_equal(seen[0], seen[1])
    assert_array_equal(np.sort(seen[3][::3]), numbers[0])
    for member, own in enumerate(numbers):
        visited = np.array([rows[member::3] for rows in seen])
        assert all(len(set(rows)) == 10 for rows in visited)
        assert_array_equal(np.unique(visited), own)  # those that one epoch leaves out, another has


def test_members_with_the_same_rows_have_orders_of_their_own():
    order = ByMember(((Shuffled(20), np.arange(20)),) * 3)
    first, second, third = (order.rows(0, 0)[member::3] for member in range(3))
    assert_array_equal(first, Shuffled(20).rows(0, 0))
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


def test_what_is_not_shuffled_is_in_the_order_of_the_data():
    order = ByMember(((AsGiven(3), np.array([0, 2, 4])), (AsGiven(3), np.array([1, 3, 5]))))
    assert_array_equal(order.rows(4, 9), np.arange(6))


def test_each_member_has_classes_in_their_shares():
    codes, numbers = np.repeat([0, 1], [30, 6]), [np.arange(36)[::2], np.arange(36)[1::2]]
    order = ByMember(tuple((ByClass(codes[own]), own) for own in numbers))
    for member, own in enumerate(numbers):
        rows = order.rows(0, 0)[member::2]
        assert set(rows) <= {*own}
        assert_array_equal(np.bincount(codes[rows]), [9, 9])


# -- folds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_members", [2, 4, 5, 7])
def test_members_hold_out_folds_of_their_own(n_members, seed):
    rows = RowData(np.arange(53)[:, None], np.arange(53), np.linspace(1, 2, 53))
    kept, held_out = folds(rows, n_members, 0.2, None, seed)
    assert_array_equal(kept.X, rows.X)
    n_each = 11 if n_members == 2 else 10  # of 53 rows in five folds
    assert held_out.n_rows == n_members * n_each
    assert_allclose(held_out.sample_weight, rows.sample_weight[held_out.y])
    learned = rows_of_members(kept, n_members)
    for member in range(n_members):
        own = held_out.y[member::n_members]
        assert len(set(own)) == n_each
        assert not {*own} & {*learned[member]}
        assert len(learned[member]) in (42, 43)
    five = [{*held_out.y[member::n_members]} for member in range(min(n_members, 5))]
    assert sum(map(len, five)) == len(set().union(*five))  # no row in two folds
    assert all({*held_out.y[member::n_members]} == five[member - 5] for member in range(5, n_members))


def test_folds_follow_from_the_seed():
    rows = RowData(np.arange(40)[:, None], np.arange(40))
    first, second, other = (folds(rows, 3, 0.2, None, seed)[0].fold for seed in (0, 0, 1))
    assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_classes_are_spread_evenly_and_an_only_row_is_always_learned_from():
    y = np.random.default_rng(0).permutation(np.repeat(["a", "b", "c", "d"], [60, 25, 3, 1]))
    kept, held_out = folds(RowData(y[:, None], y), 5, 0.2, y, 0)
    for name, count in (("a", 60), ("b", 25), ("c", 3)):
        of_class = np.bincount(kept.fold[y == name], minlength=5)
        assert of_class.sum() == count
        assert np.ptp(of_class) <= 1
    (single,) = np.flatnonzero(y == "d")
    assert "d" not in held_out.y
    assert all(single in own for own in rows_of_members(kept, 5))


@pytest.mark.parametrize("fraction", [0.5, 0.3, 0.1])
def test_the_fraction_is_that_of_a_fold(fraction):
    kept, held_out = folds(RowData(np.zeros((60, 1))), 2, fraction, None, 0)
    n_held_out = {0.5: 30, 0.3: 20, 0.1: 6}[fraction]
    assert held_out.n_rows == 2 * n_held_out
    assert [len(own) for own in rows_of_members(kept, 2)] == [60 - n_held_out] * 2


def test_without_folds_members_learn_from_all_rows():
    for own in rows_of_members(RowData(np.zeros((7, 1))), 2):
        assert_array_equal(own, np.arange(7))


def test_too_few_rows_are_an_error_that_says_what_to_do():
    with pytest.raises(ValueError, match=r"validation_fraction=0\.2 of 3 rows .* early_stopping=False"):
        folds(RowData(np.zeros((3, 1))), 4, 0.2, None, 0)
