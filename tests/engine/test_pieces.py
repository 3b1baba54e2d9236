"""A long epoch runs in pieces, so that it can be watched: with the same bits as in one call."""

import io
import re
from contextlib import redirect_stderr

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skdeep._engine.fit import loop
from skdeep._engine.program import Program
from skdeep.image import CNNClassifier, Custom
from skdeep.tabular import MLPClassifier
from tests.histories import learned

rng = np.random.default_rng(0)
X = rng.random((43, 5, 4))
LABELS = np.arange(43) % 3
BATCH, STEPS = 4, 11  # the last step has three rows
SETTINGS = {"epochs": 4, "batch_size": BATCH, "random_state": 0, "learning_rate": 0.01}
NETS = {
    "perceptron": (MLPClassifier, {"hidden_layer_sizes": (6,)}),
    "dropout": (MLPClassifier, {"hidden_layer_sizes": (6,), "dropout": 0.4}),
    "a schedule": (MLPClassifier, {"hidden_layer_sizes": (6,), "learning_rate_schedule": "one_cycle"}),
    "an optimizer that sees each weight": (MLPClassifier, {"hidden_layer_sizes": (6,), "optimizer": "lamb"}),
    "images": (
        CNNClassifier,
        {
            "architecture": Custom(filters=(3,), head=(4,)),
            "normalization": "batch",
            "dropout": 0.3,
            "augmentation": ["shift", "noise", "mixup"],
            "learning_rate_schedule": "cosine",
        },
    ),
}


class Calls:
    """Counts the steps of each call of a program."""

    def __init__(self, monkeypatch):
        self.steps = []
        train = Program.train

        def counted(program, data, orders, batch_size, **given):
            self.steps.append((orders.shape[0], -(-orders.shape[1] // batch_size)))
            return train(program, data, orders, batch_size, **given)

        monkeypatch.setattr(Program, "train", counted)


@pytest.fixture
def calls(monkeypatch):
    return Calls(monkeypatch)


@pytest.fixture
def in_pieces(monkeypatch):
    """Make every epoch a long one, of pieces of one step after the first ones."""
    monkeypatch.setattr(loop, "_SECONDS_PER_CALL", 0.0)
    monkeypatch.setattr(loop, "_SECONDS_PER_PIECE", 0.0)
    monkeypatch.setattr(loop, "_FIRST_STEPS", 3)
    return monkeypatch


def rows(make):
    return X if make is CNNClassifier else X.reshape(43, -1)


def fitted(case, **given):
    make, parameters = NETS[case]
    weight = np.linspace(0.5, 2.0, 43) if given.pop("weighted", False) else None
    return make(**SETTINGS | parameters | given).fit(rows(make), LABELS, sample_weight=weight)


@pytest.mark.parametrize(
    ("case", "weighted"), [*((case, False) for case in NETS), ("perceptron", True), ("images", True)]
)
def test_pieces_give_the_bits_of_one_call(case, weighted, calls, monkeypatch):
    monkeypatch.setattr(loop, "_SECONDS_PER_PIECE", 1e9)
    monkeypatch.setattr(loop, "_FIRST_STEPS", 10**6)
    monkeypatch.setattr(loop, "_SECONDS_PER_CALL", 0.0)
    by_epoch = fitted(case, weighted=weighted)
    assert calls.steps == [(1, STEPS)] * 4
    calls.steps.clear()
    monkeypatch.setattr(loop, "_SECONDS_PER_PIECE", 0.0)
    in_pieces = fitted(case, weighted=weighted)
    assert calls.steps == [(1, 1)] * STEPS * 4
    calls.steps.clear()
    monkeypatch.setattr(loop, "_SECONDS_PER_CALL", 1e9)
    together = fitted(case, weighted=weighted)
    assert calls.steps == [(4, STEPS)]
    for other in (in_pieces, together):
        assert learned(other) == learned(by_epoch)
        for mine, theirs in zip(other.weights_, by_epoch.weights_, strict=True):
            assert_array_equal(mine, theirs)
        for mine, theirs in zip(other.optimizer_state_, by_epoch.optimizer_state_, strict=True):
            assert_array_equal(mine, theirs)


def test_the_first_piece_tells_how_long_the_next_may_be(calls, in_pieces):
    from skdeep import clear_cache

    clear_cache()
    in_pieces.setattr(loop, "_SECONDS_PER_PIECE", 1e9)
    fitted("perceptron")
    assert calls.steps == [(1, 3), (1, STEPS - 3), *[(1, STEPS)] * 3]


def test_validation_and_early_stopping_see_whole_epochs(in_pieces):
    given = {"early_stopping": True, "scoring": "accuracy", "validation_fraction": 0.3, "n_iter_no_change": 1}
    pieces = fitted("dropout", **given)
    in_pieces.undo()
    whole = fitted("dropout", **given)
    assert learned(pieces) == learned(whole)
    assert pieces.n_iter_ == whole.n_iter_


def test_partial_fits_and_warm_starts_run_in_pieces_too(in_pieces):
    def trained():
        model = fitted("images", warm_start=True)
        return model.partial_fit(X, LABELS, epochs=2).fit(X, LABELS)

    pieces = trained()
    in_pieces.undo()
    for mine, theirs in zip(pieces.weights_, trained().weights_, strict=True):
        assert_array_equal(mine, theirs)


@pytest.mark.usefixtures("in_pieces")
def test_the_bar_moves_within_epochs_and_ends_full():
    shown = io.StringIO()
    with redirect_stderr(shown):
        fitted("perceptron", verbose=1)
    done = [float(number) for number in re.findall(r"\| *([0-9.]+)/4 ", shown.getvalue())]
    assert done == sorted(done)
    assert done[-1] == 4.0
    assert "loss" in shown.getvalue()


def test_a_line_an_epoch_in_pieces_or_not(in_pieces, capsys):
    fitted("images", verbose=2)
    pieces = capsys.readouterr().out
    in_pieces.undo()
    fitted("images", verbose=2)
    assert capsys.readouterr().out == pieces
    lines = pieces.splitlines()
    assert len(lines) == 4
    assert all(line.startswith(f"CNNClassifier: epoch {n}/4, loss = ") for n, line in enumerate(lines, 1))
