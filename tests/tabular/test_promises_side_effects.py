"""Training and predicting leave the rest of the world alone: the caller's data, the disk, and every global state."""

import os
import pickle
import random
import signal
import subprocess
import sys
import tempfile
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.common import global_state
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale
from tensorflow.python.eager import context
from tensorflow.python.framework import config as tf_config

from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 3, "random_state": 0}


# -- the caller's data ------------------------------------------------------------------------------------------------


def data(kind):
    X, y = (FLOWERS, SPECIES) if kind != "regression" else (PATIENTS, PROGRESSION)
    weight = np.linspace(0.0, 2.0, len(y))
    if kind == "multilabel":
        y = np.column_stack([y == 0, y == 2]).astype(int)
    if kind == "sparse":
        X = sparse.csr_matrix(np.where(X > 0.5, X, 0))
    if kind == "float32":
        X, weight = X.astype(np.float32), weight.astype(np.float32)
    return X, y, weight


def buffers(arrays):
    """The arrays in which the data really are."""
    return [b for a in arrays for b in ((a.data, a.indices, a.indptr) if sparse.issparse(a) else (a,))]


def use_everything(net, X, y, weight):
    net.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight)
    net.partial_fit(X, y, sample_weight=weight)
    net.set_params(early_stopping=True, scoring=None, validation_fraction=0.5).fit(X, y, weight)
    net.predict(X)
    net.score(X, y, weight)
    return getattr(net, "predict_proba", net.predict)(X)


KINDS = ["multiclass", "multilabel", "regression", "sparse", "float32"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_callers_arrays_stay_as_they_are(kind):
    given = data(kind)
    copies = [buffer.copy() for buffer in buffers(given)]
    make = MLPRegressor if kind == "regression" else MLPClassifier
    extra = {} if kind in ("regression", "multilabel") else {"class_weight": {0: 3.0}}
    use_everything(make(**SETTINGS, dropout=0.2, **extra), *given)
    for buffer, copy in zip(buffers(given), copies, strict=True):
        assert_array_equal(buffer, copy)


@pytest.mark.parametrize("kind", KINDS)
def test_read_only_arrays_are_accepted(kind):
    given = data(kind)
    make = MLPRegressor if kind == "regression" else MLPClassifier
    expected = use_everything(make(**SETTINGS), *given)
    frozen = pickle.loads(pickle.dumps(given))
    for buffer in buffers(frozen):
        buffer.flags.writeable = False
    assert_array_equal(use_everything(make(**SETTINGS), *frozen), expected)


@pytest.mark.parametrize("kind", ["multiclass", "regression", "float32"])
def test_read_only_memory_maps_are_accepted(kind, tmp_path):
    given = data(kind)
    make = MLPRegressor if kind == "regression" else MLPClassifier
    maps = []
    for number, array in enumerate(given):
        np.save(tmp_path / f"{number}.npy", array)
        maps.append(np.load(tmp_path / f"{number}.npy", mmap_mode="r"))
    written = [(tmp_path / f"{number}.npy").read_bytes() for number in range(3)]
    expected = use_everything(make(**SETTINGS), *given)
    assert_array_equal(use_everything(make(**SETTINGS), *maps), expected)
    assert [(tmp_path / f"{number}.npy").read_bytes() for number in range(3)] == written


def test_the_net_does_not_follow_the_callers_arrays():
    X, y, weight = (array.copy() for array in data("multiclass"))
    net = MLPClassifier(**SETTINGS).fit(X, y, weight)
    expected = net.predict_proba(FLOWERS)
    X[:], y[:], weight[:] = 7.0, 1, 9.0
    assert_array_equal(net.predict_proba(FLOWERS), expected)
    assert net.classes_.tolist() == [0, 1, 2]


def test_the_arrays_of_a_net_cannot_be_changed_behind_its_back():
    net = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES)
    for array in [*net.weights_, *net.coefs_, *net.intercepts_]:
        with pytest.raises(ValueError, match="read-only"):
            array += 1.0
    before = net.predict_proba(FLOWERS)
    net.model_.set_weights([0.0 * array for array in net.weights_])
    assert_array_equal(net.predict_proba(FLOWERS), before)


# -- the disk ---------------------------------------------------------------------------------------------------------


def test_nothing_is_written_to_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    net = MLPClassifier(**SETTINGS, early_stopping=True, dropout=0.3, callbacks=[keras.callbacks.History()])
    search = GridSearchCV(net, {"learning_rate": [0.01, 0.1]}, cv=2).fit(FLOWERS, SPECIES)
    search.predict(FLOWERS)
    best = search.best_estimator_.set_params(early_stopping=False).partial_fit(FLOWERS, SPECIES)
    best.model_.predict(FLOWERS, verbose=0)
    best.summary()
    MLPRegressor(**SETTINGS).fit(PATIENTS, PROGRESSION)
    assert list(tmp_path.rglob("*")) == []


# -- global state -----------------------------------------------------------------------------------------------------


def globals_of_python():
    return {
        "np.random": pickle.dumps(np.random.get_state()),  # noqa: NPY002
        "random": random.getstate(),
        "np.geterr": np.geterr(),
        "warning filters": list(warnings.filters),
        "signal handlers": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "working directory": os.getcwd(),
        "environment": dict(os.environ),
        "sys.path": list(sys.path),
    }


def globals_of_tensorflow():
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype policy": keras.config.dtype_policy().name,
        "keras seed generator": global_state.get_global_attribute("global_seed_generator"),
        "keras random seed": global_state.get_global_attribute("global_random_seed"),
        "traceback filtering": keras.config.is_traceback_filtering_enabled(),
        "interactive logging": keras.config.is_interactive_logging_enabled(),
        "keras pickling": keras.Model.__reduce__,
        "custom objects": sorted(n for n in keras.saving.get_custom_objects() if not n.startswith("skdeep>")),
        "tensorflow seed": context.global_seed(),
        "determinism": tf_config.is_op_determinism_enabled(),
        "eager functions": tf.config.functions_run_eagerly(),
        "threads between operations": tf.config.threading.get_inter_op_parallelism_threads(),
        "threads within operations": tf.config.threading.get_intra_op_parallelism_threads(),
        "jit": tf.config.optimizer.get_jit(),
        "optimizer options": tf.config.optimizer.get_experimental_options(),
        "soft placement": tf.config.get_soft_device_placement(),
    }


def training(make=MLPClassifier, **parameters):
    X, y = (FLOWERS, SPECIES) if make is MLPClassifier else (PATIENTS, PROGRESSION)
    return lambda _: make(**SETTINGS | parameters).fit(X, y)


OPERATIONS = {
    "fit": training(),
    "dropout": training(dropout=0.3),
    "early stopping": training(early_stopping=True, scoring=None),
    "initializer by name": training(kernel_initializer="he_normal"),
    "perceptron": training(hidden_layer_sizes=()),
    "callbacks": training(callbacks=[keras.callbacks.History()]),
    "regression in float32": training(MLPRegressor, dtype="float32"),
    "partial_fit": lambda _: MLPClassifier(**SETTINGS).partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2]),
    "predict": lambda net: net.predict_proba(FLOWERS),
    "model_": lambda net: net.model_,
    "summary": lambda net: net.summary(),
    "clone": clone,
    "unpickling": lambda net: pickle.loads(pickle.dumps(net)).predict(FLOWERS),
}


@pytest.fixture(scope="module")
def fitted():
    return MLPClassifier(**SETTINGS, dropout=0.3).fit(FLOWERS, SPECIES)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_global_state_is_changed(operation, fitted):
    before = globals_of_python() | globals_of_tensorflow()
    OPERATIONS[operation](fitted)
    after = globals_of_python() | globals_of_tensorflow()
    assert {name for name in before if before[name] != after[name]} == set()


def test_an_unseeded_fit_draws_from_numpys_global_generator_as_scikit_learn_does():
    np.random.seed(3)  # noqa: NPY002
    first = MLPClassifier(**SETTINGS | {"random_state": None}).fit(FLOWERS, SPECIES).coefs_[0]
    other = MLPClassifier(**SETTINGS | {"random_state": None}).fit(FLOWERS, SPECIES).coefs_[0]
    np.random.seed(3)  # noqa: NPY002
    again = MLPClassifier(**SETTINGS | {"random_state": None}).fit(FLOWERS, SPECIES).coefs_[0]
    assert_array_equal(again, first)
    assert not np.array_equal(other, first)


def test_the_users_precision_policy_neither_rules_nor_breaks():
    expected = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES).predict_proba(FLOWERS)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        net = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES)
        assert_array_equal(net.predict_proba(FLOWERS), expected)
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy(before)


_IMPORT = """
import os, pickle, random, signal, sys, threading, warnings
import numpy, pandas, scipy.special, scipy.sparse, imblearn, joblib, tqdm.auto
import sklearn.base, sklearn.callback, sklearn.model_selection, sklearn.metrics, sklearn.utils.metaestimators

def state():
    return {
        "np.random": pickle.dumps(numpy.random.get_state()), "random": random.getstate(),
        "filters": list(warnings.filters), "signals": [signal.getsignal(one) for one in signal.valid_signals()],
        "directory": os.getcwd(), "environment": dict(os.environ), "path": list(sys.path),
        "errors": numpy.geterr(), "threads": threading.active_count(), "files": os.listdir("."),
        "sklearn": sklearn.get_config(),
    }

before = state()
import skdeep, skdeep.losses, skdeep.metrics, skdeep.schedules, skdeep.tabular, skdeep.utils.discovery
from skdeep.tabular import MLPClassifier, MLPRegressor
net = MLPClassifier((5,), dropout=0.5, learning_rate_schedule="cosine", callbacks=[])
sklearn.base.clone(net).set_params(alpha=1.0).get_params()
repr(net), net._repr_html_(), sklearn.base.is_classifier(net), net.__sklearn_tags__()
try:
    net.set_params(epochs=-1).fit([[0.0], [1.0]], [0, 1])
except ValueError as error:
    assert "epochs" in str(error)
after = state()
changed = [name for name in before if before[name] != after[name]]
assert not changed, changed
heavy = [name for name in ("tensorflow", "keras", "scikeras", "matplotlib") if name in sys.modules]
assert not heavy, heavy
"""


def test_importing_and_describing_a_net_changes_nothing_and_imports_no_tensorflow(tmp_path):
    done = subprocess.run([sys.executable, "-c", _IMPORT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
