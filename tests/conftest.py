"""Fixtures of several folders of tests."""

import importlib
from pathlib import Path

import pytest


@pytest.fixture
def benchmark_script(monkeypatch):
    """Return a function that imports a script of the benchmark by name; they are a folder and no package."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[1] / "benchmarks"))
    return importlib.import_module


@pytest.fixture
def by_tensorflow(monkeypatch):
    """Let TensorFlow predict a few rows of dense nets, too, as it does many."""
    from skdeep._engine import in_numpy

    monkeypatch.setattr(in_numpy, "MOST_ROWS", -1)
