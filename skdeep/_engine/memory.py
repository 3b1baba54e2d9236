"""Arrays that are dear to compute or to read, kept as long as there is room."""

import threading
from collections import OrderedDict

import numpy as np


class Memory:
    """Keeps lists of arrays by key; what was not used for longest goes first.

    Parameters
    ----------
    max_bytes : int, default=2**29
        Most bytes kept.
    """

    def __init__(self, max_bytes=2**29):
        self.max_bytes = max_bytes
        self._kept = OrderedDict()
        self._nbytes = 0
        self._lock = threading.Lock()

    def get(self, key):
        """Return what is kept under a key, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key, arrays):
        """Keep a list of arrays, which must not be changed afterwards."""
        with self._lock:
            self._nbytes += _nbytes(arrays) - _nbytes(self._kept.pop(key, []))
            self._kept[key] = arrays
            while self._nbytes > self.max_bytes:
                self._nbytes -= _nbytes(self._kept.popitem(last=False)[1])

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._nbytes = 0


def _nbytes(arrays):
    return sum(np.asarray(array).nbytes for array in arrays)
