"""Memory: what tests and examples of docstrings leave behind goes before the next ones."""

import ctypes
import gc
import mmap
import os
import sys
from pathlib import Path

import pytest

import skdeep

FEW_PROGRAMS, MANY_BYTES = 8, 1.2e9

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are drawn in memory


@pytest.fixture(autouse=True)
def _figures_closed():
    """Close the pictures that pyplot keeps."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True)
def _few_programs():
    """Keep fewer programs from test to test than a user does, where memory is short: those of large nets take 30 MB."""
    yield
    if "skdeep._engine.cache" not in sys.modules or skdeep.cache_info().programs <= FEW_PROGRAMS:
        return
    if _resident_bytes() > MANY_BYTES:
        skdeep.clear_cache()


@pytest.fixture(scope="module", autouse=True)
def _memory_given_back():
    """Free programs, and what Keras' own training leaves: gradients that are registered for ever, with their graphs."""
    before = _custom_gradients()
    yield
    if "skdeep._engine.cache" not in sys.modules:
        return
    from tensorflow.python.framework import ops

    for name in _custom_gradients() - before:
        del ops.gradient_registry._registry[name]
    skdeep.clear_cache()
    if not gc.get_freeze_count():  # or each of some thousand collections to come would walk over all of TensorFlow
        gc.freeze()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes():
    """Return the memory that this process holds, or infinity where the system does not tell."""
    about = Path("/proc/self/statm")
    return mmap.PAGESIZE * int(about.read_text().split()[1]) if about.exists() else float("inf")


def _custom_gradients():
    if "skdeep._engine.cache" not in sys.modules:
        return set()
    from tensorflow.python.framework import ops

    return {name for name in ops.gradient_registry.list() if name.startswith("CustomGradient")}
