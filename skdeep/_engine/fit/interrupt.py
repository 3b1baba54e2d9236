"""Ctrl-C during training: the first stops it after the running epochs and keeps what was learned, the next ends all."""

import signal
import threading
import time
import warnings
from contextlib import contextmanager

_AGAIN_SECONDS = 5.0


class Interruption:
    """Whether training was asked to stop.

    Parameters
    ----------
    cache : ProgramCache
        Remembers the last interruption of the process, so that a second one soon after stops a whole search.
    """

    def __init__(self, cache):
        self._cache = cache
        self.requested = False

    def request(self):
        """Ask to stop, or raise KeyboardInterrupt if that was asked a moment ago already."""
        now = time.monotonic()
        if self.requested or now - self._cache.interrupted_at < _AGAIN_SECONDS:
            raise KeyboardInterrupt
        self._cache.interrupted_at = now
        self.requested = True


@contextmanager
def listening(cache):
    """Turn Ctrl-C into a request to stop, in the main thread and for the time of the block; then put all back."""
    interruption = Interruption(cache)
    main = threading.current_thread() is threading.main_thread()
    listens = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if listens:
        signal.signal(signal.SIGINT, lambda number, frame: interruption.request())
    try:
        yield interruption
    finally:
        if listens:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def warn(n_epochs):
    """Tell that training was cut short."""
    warnings.warn(
        f"Training was interrupted after epoch {n_epochs}; the estimator keeps what it learned so far. Interrupt again "
        f"within {_AGAIN_SECONDS:.0f} seconds to stop everything.",
        UserWarning,
        stacklevel=2,
    )
