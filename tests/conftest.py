"""What tests of a file share with each other they do not keep for those of the next."""

import ctypes

import pytest


@pytest.fixture(scope="module", autouse=True)
def _programs_freed_afterwards():
    """Free the compiled programs of a file, of which a worker would keep 32, and give the memory back to the system."""
    yield
    import skdeep

    skdeep.clear_cache()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)
