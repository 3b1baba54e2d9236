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
        return self.get_many([key]).get(key)

    def get_many(self, keys):
        """Return a dict of what is kept under those of the keys that are known."""
        with self._lock:
            found = {key: self._kept[key][0] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
            return found

    def put(self, key, arrays):
        """Keep a list of arrays, which must not be changed afterwards."""
        self.put_many({key: arrays})

    def put_many(self, entries):
        """Keep a dict of lists of arrays; a list for which there can be no room is not kept."""
        sizes = {key: sum(np.asarray(array).nbytes for array in arrays) for key, arrays in entries.items()}
        with self._lock:
            for key, arrays in entries.items():
                self._forget(key)
                if sizes[key] <= self.max_bytes:
                    self._kept[key] = arrays, sizes[key]
                    self._nbytes += sizes[key]
            while self._nbytes > self.max_bytes:
                self._forget(next(iter(self._kept)))

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._nbytes = 0

    def _forget(self, key):
        self._nbytes -= self._kept.pop(key, (None, 0))[1]
