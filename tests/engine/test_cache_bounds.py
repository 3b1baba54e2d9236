"""What the cache holds, says that it holds, and lets go."""

import copy
import ctypes
import gc
import itertools
import random
import threading
import weakref

import numpy as np
import pytest
from sklearn.datasets import load_iris

import skdeep
import skdeep._engine.cache as cache_module
from skdeep._engine.cache import ProgramCache, cache
from skdeep.tabular import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.usefixtures("by_tensorflow")
X, y = load_iris(return_X_y=True)
WIDTHS = itertools.count(1_000)  # no other test has nets as wide


class _Heap(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "a", "b", "c", "mapped", "d", "e", "used", "f", "g")]


def heap():
    """Return the megabytes that are allocated, which unlike resident memory do not depend on how they are spread."""
    gc.collect()
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Heap
    state = mallinfo()
    return (state.used + state.mapped) / 2**20


def fit_new_architectures(n):
    """Fit nets in double precision: in single, oneDNN would keep some kernels of its own, of the last 1,024 shapes."""
    for width in itertools.islice(WIDTHS, n):
        MLPClassifier((width,), epochs=1, random_state=0, dtype="float64").fit(X, y)


glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="asks glibc")


@pytest.fixture
def wide():
    skdeep.clear_cache()
    return MLPClassifier((300, 300), epochs=1, random_state=0, dtype="float32").fit(X, y)


def test_weights_that_predict_are_counted(wide):
    before = skdeep.cache_info().nbytes
    copied = copy.copy(wide)
    copied.predict(X)
    assert skdeep.cache_info().nbytes == before + sum(array.nbytes for array in wide.weights_)
    del copied
    gc.collect()
    assert skdeep.cache_info().nbytes == before


def test_weights_that_predicted_longest_ago_make_room():
    small = ProgramCache(max_bytes=100)
    owners = [type("Owner", (), {})() for _ in range(3)]
    weights = [(np.zeros(10, np.float32),) for _ in owners]  # 40 bytes each
    for owner, arrays in zip([*owners[:2], owners[0], owners[2]], [*weights[:2], weights[0], weights[2]], strict=True):
        small._bound(owner, arrays)
        small._calls += 1
        small._forward[owner].used = small._calls
    assert set(small._forward) == {owners[0], owners[2]}
    assert small.info().nbytes == 80


def test_a_predictor_does_not_keep_the_model_it_was_made_of(wide):
    wide.predict(X)
    models = [
        weakref.ref(model) for programs in cache._idle.values() for one in programs for model in one.models.values()
    ]
    assert models
    cache._idle.clear()
    gc.collect()
    assert not [one for one in models if one() is not None]
    assert wide.predict(X).shape == y.shape


def test_random_numbers_of_other_threads_are_not_drawn_again(wide):
    """While nets are built, another thread draws from Python's own random numbers: none may come twice."""
    skdeep.clear_cache()
    drawn, stop = [], threading.Event()

    def draw():
        while not stop.wait(0.001):
            drawn.append(random.random())

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        for units in range(3, 6):
            MLPClassifier((units,), epochs=1, dropout=0.1, random_state=0).fit(X, y)
            assert wide.model_ is not None
    finally:
        stop.set()
        thread.join()
    assert len(drawn) > 20
    assert len(set(drawn)) == len(drawn)


@glibc
def test_clearing_leaves_nothing_of_an_architecture():
    fit_new_architectures(2)
    skdeep.clear_cache()
    before = heap()
    fit_new_architectures(10)
    skdeep.clear_cache()
    assert (heap() - before) / 10 < 0.15  # 0.5 with the kernels of TensorFlow


@glibc
def test_new_architectures_take_the_memory_of_old_ones(monkeypatch):
    skdeep.clear_cache()
    monkeypatch.setattr(cache, "max_programs", 2)
    monkeypatch.setattr(cache_module, "_VARIABLES_PER_CLEARING", 40)
    fit_new_architectures(10)
    before = heap()
    fit_new_architectures(16)
    assert (heap() - before) / 16 < 0.25  # 0.5 with the kernels of TensorFlow


def test_kernels_stay_while_another_thread_trains(monkeypatch):
    cleared = []
    monkeypatch.setattr(cache_module.context.context(), "clear_kernel_cache", lambda: cleared.append(True))
    spec = next(iter(cache._idle), None) or (MLPClassifier((3,), epochs=1).fit(X, y) and next(iter(cache._idle)))
    with cache.lease(spec):
        skdeep.clear_cache()
    assert not cleared
    skdeep.clear_cache()
    assert cleared


def test_a_program_keeps_no_graph_of_python(wide):
    from tensorflow.python.framework.func_graph import FuncGraph

    wide.predict(X)
    gc.collect()
    assert skdeep.cache_info().programs == 1
    assert not [one for one in gc.get_objects() if isinstance(one, FuncGraph)]


def test_functions_that_a_graph_calls_back_live_as_long_as_the_program():
    import tensorflow as tf

    def error(y_true, y_pred):
        return tf.py_function(lambda a, b: tf.reduce_mean((a - b) ** 2, axis=-1), [y_true, y_pred], y_pred.dtype)

    model = MLPRegressor((3,), epochs=1, random_state=0, loss=error)
    first = model.fit(X, y).loss_curve_[0]
    gc.collect()
    misses = skdeep.cache_info().misses
    assert model.fit(X, y).loss_curve_[0] == first
    assert skdeep.cache_info().misses == misses
