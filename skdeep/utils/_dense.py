"""Arrays from whatever holds one."""

import numpy as np


def dense(array):
    """Return an array-like or a sparse matrix as an array."""
    return array.toarray() if hasattr(array, "toarray") else np.asarray(array)
