"""Sparse matrices are never made dense and memory maps never copied, and both give the results of plain arrays."""

import itertools
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

import skdeep
from skdeep._engine import predict
from skdeep.tabular import MLPClassifier, MLPRegressor

MEGABYTE = 2**20
rng = np.random.default_rng(0)
DENSE = sparse.random(70, 30, density=0.1, random_state=0).toarray()
DENSE[[3, 40]] = 0.0  # rows without any entry
CSR = sparse.csr_matrix(DENSE)
LABELS = np.arange(70) % 3
NUMBERS = rng.normal(size=(70, 2))
WEIGHTS = rng.uniform(0.5, 2.0, 70)


def classifier(**parameters):
    shared = {"hidden_layer_sizes": (6,), "epochs": 4, "batch_size": 16, "random_state": 0, "learning_rate": 0.01}
    return MLPClassifier(**shared | parameters)


def assert_same(one, other, X, tolerance):
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=tolerance)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=10 * tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"optimizer": "sgd", "momentum": 0.9},
        {"alpha": 0.01, "dropout": 0.3, "normalization": "batch"},
        {"hidden_layer_sizes": ()},
    ],
    ids=str,
)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 1e-5)])
def test_a_sparse_matrix_trains_the_same_net(dtype, tolerance, parameters):
    given_dense = classifier(dtype=dtype, **parameters).fit(DENSE, LABELS)
    given_sparse = classifier(dtype=dtype, **parameters).fit(CSR, LABELS)
    assert_same(given_sparse, given_dense, CSR, tolerance)
    np.testing.assert_allclose(given_sparse.predict_proba(DENSE), given_sparse.predict_proba(CSR), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("convert", [sparse.csc_matrix, sparse.csr_array, sparse.coo_array, sparse.lil_matrix])
def test_every_sparse_format_is_accepted(convert):
    model = classifier(dtype="float64").fit(convert(CSR), LABELS)
    assert_same(model, classifier(dtype="float64").fit(CSR, LABELS), CSR, 1e-12)
    np.testing.assert_allclose(model.predict_proba(convert(CSR)), model.predict_proba(CSR), rtol=1e-12)


def test_unsorted_and_repeated_entries_of_a_row_are_added_up():
    """Every entry is given in two halves, the second ones in reverse order."""
    rows = [slice(*ends) for ends in itertools.pairwise(CSR.indptr)]
    values = np.concatenate([part for row in rows for part in (CSR.data[row] / 2, CSR.data[row][::-1] / 2)])
    columns = np.concatenate([part for row in rows for part in (CSR.indices[row], CSR.indices[row][::-1])])
    halves = sparse.csr_matrix((values, columns, 2 * CSR.indptr), shape=CSR.shape)
    np.testing.assert_allclose(halves.toarray(), DENSE)
    model = classifier(dtype="float64").fit(halves, LABELS)
    assert_same(model, classifier(dtype="float64").fit(CSR, LABELS), CSR, 1e-11)
    np.testing.assert_allclose(model.predict_proba(halves), model.predict_proba(CSR), rtol=1e-11)


def test_validation_weights_and_early_stopping_with_a_sparse_matrix():
    parameters = {"dtype": "float64", "early_stopping": True, "scoring": "balanced_accuracy", "epochs": 8}
    given = [classifier(**parameters).fit(X, LABELS, sample_weight=WEIGHTS) for X in (CSR, DENSE)]
    assert given[0].history_["val_score"] == given[1].history_["val_score"]
    np.testing.assert_allclose(given[0].history_["val_loss"], given[1].history_["val_loss"], rtol=1e-9)
    regressors = [
        MLPRegressor((6,), epochs=3, dtype="float64", random_state=0).fit(X, NUMBERS, WEIGHTS).predict(X)
        for X in (CSR, DENSE)
    ]
    np.testing.assert_allclose(*regressors, rtol=1e-9)


def test_sparse_predictions_in_chunks_are_the_whole(monkeypatch):
    model = classifier(dtype="float64").fit(CSR, LABELS)
    rows = sparse.random(1100, 30, density=0.1, format="csr", random_state=1)
    whole = model.predict_proba(rows)
    monkeypatch.setattr(predict, "_VALUES_PER_CALL", 1)
    np.testing.assert_allclose(model.predict_proba(rows), whole, rtol=1e-12)


def test_no_array_of_the_size_of_the_dense_matrix_is_ever_made():
    columns = np.sort(rng.integers(0, 50_000, size=(2000, 25)))
    wide = sparse.csr_matrix((np.ones(columns.size, np.float32), columns.ravel(), 25 * np.arange(2001)), (2000, 50_000))
    labels = np.arange(2000) % 2
    model = classifier(epochs=2, early_stopping=True, optimizer="sgd", hidden_layer_sizes=(2,)).fit(wide, labels)
    tracemalloc.start()
    try:
        model.fit(wide, labels).predict_proba(wide)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2000 * 50_000 * 4 / 10


def test_the_callers_arrays_are_not_changed():
    X, y, weights = CSR.copy(), LABELS.copy(), WEIGHTS.copy()
    for array in (X.data, X.indices, X.indptr, y, weights):
        array.flags.writeable = False
    classifier(class_weight={0: 2.0}).fit(X, y, weights).predict(X)
    dense = DENSE.copy()
    dense.flags.writeable = False
    classifier(class_weight={0: 2.0}).fit(dense, y, weights).predict(dense)
    np.testing.assert_array_equal(dense, DENSE)


# A process of its own, because its peak is what is measured. "RssAnon" is what the process holds itself: pages of a
# memory map that was only read do not count.
MEASURE = """
import json, sys
import keras
import numpy as np
from scipy import sparse
from skdeep.tabular import MLPClassifier

def held():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("RssAnon")).split()[1]) // 1024

most = []
watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: most.append(held()))
def fit(X, y):
    return MLPClassifier((2,), epochs=2, batch_size=4000, random_state=0, dtype="float32", optimizer="sgd",
                         callbacks=[watch]).fit(X, y)

def measured(X, y):
    fit(X[:600], y[:600]).predict(X[:600])  # what is compiled and allocated once does not count
    most.clear()
    before = held()
    model = fit(X, y)
    most.append(held())
    model.predict_proba(X)
    return max(*most, held()) - before

mapped = np.load(sys.argv[1], mmap_mode="r")
columns = np.sort(np.random.default_rng(0).integers(0, 50_000, size=(4000, 25)))
wide = sparse.csr_matrix((np.ones(columns.size, np.float32), columns.ravel(), 25 * np.arange(4001)), (4000, 50_000))
print(json.dumps({
    "mapped": measured(mapped, np.arange(len(mapped)) % 2),
    "converted": measured(mapped.astype(np.float64), np.arange(len(mapped)) % 2),
    "sparse": measured(wide, np.arange(4000) % 2),
}))
"""


@pytest.fixture(scope="module")
def megabytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("mapped") / "table.npy"
    table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(65_536, 200))
    table[:] = rng.normal(size=200)
    table.flush()
    assert table.nbytes == 50 * MEGABYTE
    root = Path(skdeep.__file__).parents[1]
    command = [sys.executable, "-c", MEASURE, str(path)]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=200, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


@linux
def test_a_float32_memory_map_is_not_copied(megabytes):
    assert megabytes["mapped"] < 25  # the file has 50
    assert megabytes["converted"] > 45  # what a copy looks like to this measurement


@linux
def test_a_wide_sparse_matrix_is_not_made_dense(megabytes):
    assert megabytes["sparse"] < 150  # dense it would be 763
