"""What lies behind the end of a series never changes a prediction, nor what is learned."""

import numpy as np
import pytest

from tests.sequence.data import EQUAL, LABELS, LENGTHS, NETS, RAGGED, net

TOLERANCE = {"float64": 1e-10, "float32": 2e-5}


@pytest.mark.parametrize(
    ("name", "dtype"), [*((name, "float64") for name in NETS), ("lstm", "float32"), ("inception", "float32")]
)
def test_series_are_predicted_as_if_they_were_alone(name, dtype):
    model = net(name, dtype=dtype).fit(RAGGED, LABELS)
    together = model.decision_function(RAGGED)
    alone = np.concatenate([model.decision_function(row[None]) for row in RAGGED])
    np.testing.assert_allclose(together, alone, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype])
    assert np.ptp(together, axis=0).min() > 1e-4, "the series are told apart"


@pytest.mark.parametrize("name", NETS)
def test_a_net_of_equal_series_takes_ragged_ones(name):
    model = net(name, dtype="float64").fit(EQUAL, LABELS)
    cut = [row[:length] for row, length in zip(EQUAL, LENGTHS, strict=True)]
    alone = np.concatenate([model.decision_function(row[None]) for row in cut])
    np.testing.assert_allclose(model.decision_function(cut), alone, atol=1e-10)


@pytest.mark.parametrize("name", NETS)
def test_what_is_learned_does_not_depend_on_padding(name):
    """Batches of one series have no padding; those of all have. One full batch makes the same step as its rows."""
    if NETS[name][1].get("architecture") or name in ("inception", "ensemble"):
        parameters = {"normalization": None}  # its statistics are those of a batch
    else:
        parameters = {"dropout": 0.0}
    parameters |= {"dtype": "float64", "optimizer": "sgd", "shuffle": False, "epochs": 1, "learning_rate": 0.01,
                   "clip_norm": None, "standardize": False}  # fmt: skip
    parameters |= {"weight_decay": 0.0} if "normalization" in parameters else {}
    longest = np.full((1, 9, 2), 0.5)
    whole = net(name, batch_size=12, **parameters)
    before = net(name, batch_size=12, **parameters | {"learning_rate": 1e-300}).fit(RAGGED, LABELS).weights_
    steps = [after - start for after, start in zip(whole.fit(RAGGED, LABELS).weights_, before, strict=True)]
    shorter = sorted(range(12), key=lambda row: LENGTHS[row])
    reordered = net(name, batch_size=12, **parameters)
    reordered.fit([RAGGED[row] for row in shorter], LABELS[shorter])
    for step, after, start in zip(steps, reordered.weights_, before, strict=True):
        np.testing.assert_allclose(after - start, step, atol=1e-12)
    assert longest.shape[1] == LENGTHS.max()


@pytest.mark.parametrize("name", ["inception", "fcn"])
def test_the_statistics_of_batch_normalisation_are_those_of_real_moments(name):
    """A series and the same one in two halves have the same moments, if the net looks at one moment at a time."""
    row = RAGGED[0]
    model = net(name, dtype="float64", epochs=1, batch_size=12).fit(RAGGED, LABELS)
    padded = [np.concatenate([one, np.full((9 - len(one), 2), np.nan)]) for one in RAGGED]
    other = net(name, dtype="float64", epochs=1, batch_size=12, nan="trailing").fit(np.stack(padded), LABELS)
    for one, two in zip(model.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.isfinite(model.decision_function([row])).all()
