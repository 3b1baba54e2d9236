"""Rows of ids: padding, what is known, vectors that are given, and what is refused."""

import numpy as np
import pytest

from skdeep.sequence import RNNClassifier, TemporalCNNClassifier, TransformerClassifier

ROWS = [[3, 5, 2], [5, 5], [2, 9, 9, 3], [1], [9, 1, 3], [2, 2]] * 2
LABELS = np.arange(12) % 2
SETTINGS = {"epochs": 2, "embedding_dim": 4, "random_state": 0, "dtype": "float64"}
NETS = {
    "gru": RNNClassifier(units=3, bidirectional=True, **SETTINGS),
    "fcn": TemporalCNNClassifier("fcn", filters=3, **SETTINGS),
    "transformer": TransformerClassifier(1, width=8, n_heads=2, **SETTINGS),
}
by_net = pytest.mark.parametrize("net", NETS)


def padded(rows, *, before=False):
    longest = max(map(len, rows))
    return np.array([[0] * (longest - len(row)) * before + list(row) + [0] * (longest - len(row)) * (not before)
                     for row in rows])  # fmt: skip


@by_net
def test_zeros_before_and_behind_are_padding(net):
    model = NETS[net].fit(ROWS, LABELS)
    outputs = model.decision_function(ROWS)
    for X in (padded(ROWS), padded(ROWS, before=True), padded(ROWS).astype(float)):
        np.testing.assert_array_equal(model.decision_function(X), outputs)
    alone = np.concatenate([model.decision_function([row]) for row in ROWS])
    np.testing.assert_allclose(outputs, alone, atol=1e-12)
    assert model.vocabulary_size_ == 10


@by_net
def test_ids_that_were_not_there_at_fit_are_all_the_same(net):
    model = NETS[net].fit(ROWS, LABELS)
    known = model.decision_function([[3, 5, 2]])
    unknown = [model.decision_function([[3, one, 2]]) for one in (4, 7, 8, 11, 5000)]
    assert len(np.unique(unknown)) == 1
    assert unknown[0] != known
    vectors = next(weight for weight in model.weights_ if weight.shape[1:] == (4,))
    np.testing.assert_array_equal(vectors[0], 0.0)


def test_a_row_of_padding_is_one_unknown_id():
    model = NETS["gru"].fit(ROWS, LABELS)
    unknown = model.decision_function([[4]])
    np.testing.assert_allclose(model.decision_function([[0, 0]]), unknown, rtol=1e-12)
    np.testing.assert_allclose(model.decision_function([[], [3]])[:1], unknown, rtol=1e-12)


def test_vectors_that_are_given():
    matrix = np.random.default_rng(0).normal(size=(12, 4))
    settings = SETTINGS | {"embedding_dim": None, "embedding_matrix": matrix}
    frozen = RNNClassifier(units=3, **settings, train_embedding=False).fit(ROWS, LABELS)
    np.testing.assert_array_equal(frozen.weights_[0][1:], matrix[1:])
    np.testing.assert_array_equal(frozen.weights_[0][0], 0.0)
    assert frozen.decision_function([[11]]) != frozen.decision_function([[10]]), "all ids of the matrix are known"
    tuned = RNNClassifier(units=3, **settings).fit(ROWS, LABELS).weights_[0]
    moved = (tuned[1:] != matrix[1:]).any(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(moved) + 1, [1, 2, 3, 5, 9])
    np.testing.assert_array_equal(matrix, np.random.default_rng(0).normal(size=(12, 4)), "the user's own is left alone")
    with pytest.raises(ValueError, match="the id 12, but embedding_matrix has 12 rows"):
        frozen.predict([[12]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1, 0, 2]] * 12, "Row 0 of X has a 0 between ids"),
        ([[1, -2]] * 12, "negative id -2"),
        ([[1.5, 2.0]] * 12, "X holds 1.5, but ids are whole numbers"),
        ([["a", "b"]] * 12, "but ids are whole numbers"),
        (np.ones((12, 2, 2), int), "X has 3 dimensions"),
    ],
    ids=str,
)
def test_bad_ids(X, message):
    with pytest.raises(ValueError, match=message):
        NETS["gru"].fit(X, LABELS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"embedding_matrix": np.zeros(3)}, "must be finite and of shape"),
        ({"embedding_matrix": np.full((3, 2), np.nan)}, "must be finite and of shape"),
        ({"embedding_matrix": np.zeros((12, 3))}, "embedding_dim=4 does not fit an embedding_matrix of 3 columns"),
    ],
)
def test_bad_vectors(parameters, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(units=3, **SETTINGS | parameters).fit(ROWS, LABELS)


def test_the_order_of_words_is_learned():
    rng = np.random.default_rng(0)
    X = [rng.permutation([1, 2, *rng.integers(3, 9, size=rng.integers(0, 6))]) for _ in range(400)]
    y = [list(row).index(1) < list(row).index(2) for row in X]
    model = RNNClassifier(units=16, embedding_dim=8, random_state=0).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) > 0.9
