"""Keeping Python's global random state out of it."""

import random
from contextlib import contextmanager


@contextmanager
def python_random_state_kept():
    """Put Python's global random state back after the block: Keras objects made without a seed draw one from it."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
