"""What the cache holds, says that it holds, and lets go."""

import copy
import gc
import random
import threading
import weakref

import numpy as np
import pytest
from sklearn.datasets import load_iris

import skdeep
from skdeep._engine.cache import ProgramCache, cache
from skdeep.tabular import MLPClassifier

X, y = load_iris(return_X_y=True)


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
