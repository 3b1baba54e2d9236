"""Python's collector of cycles, kept out of the way where very many objects are made and nearly all of them stay."""

import gc
from contextlib import contextmanager


@contextmanager
def collector_paused():
    """Let no collection fall into the block.

    A collection walks over all of TensorFlow, which takes a quarter of a second, as long as a small net takes to build.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def count_as_old():
    """Let what is alive now be looked at by full collections only, as if it had survived the others already."""
    if not gc.get_freeze_count():  # else the user's frozen objects would thaw
        gc.freeze()
        gc.unfreeze()
