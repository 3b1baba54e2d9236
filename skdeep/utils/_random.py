"""Keeping Python's global random state out of it: Keras objects made without a seed draw one from it."""

import random
import threading
from contextlib import contextmanager


class _Seeds(threading.local):
    """Stands in Keras for Python's module `random`; in a thread that says so, for a generator of its own."""

    generator = random

    def randint(self, low, high):
        """Return a random integer, as Python's `random.randint`."""
        return self.generator.randint(low, high)


seeds = _Seeds()


@contextmanager
def python_random_state_kept():
    """Let Keras draw its seeds, in this thread and block, from elsewhere than Python's global random state."""
    before, seeds.generator = seeds.generator, random.Random(0)
    try:
        yield
    finally:
        seeds.generator = before
