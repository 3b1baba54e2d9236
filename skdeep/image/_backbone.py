"""What all estimators with a backbone share: its weights, read once, and its precision."""

import os

from skdeep.architectures import backbone


def check_weights(name, weights):
    """Raise ValueError if there are no weights for a backbone: features of random weights are for those who ask."""
    if weights is None:
        raise ValueError(
            f"backbone={name!r} needs weights: the path of a file with the weights of {name!r} without its top "
            "(.weights.h5, or the _no_top.h5 that keras.applications publishes). Nothing is downloaded here. "
            "weights='random' starts from random ones."
        )


def read_weights(measures, path):
    """Return the weights of a backbone; a file is read again only if it has changed."""
    from skdeep._engine.cache import cache

    key = None
    if os.path.isfile(path):
        state = os.stat(path)
        key = ("weights", measures.backbone, os.path.abspath(path), state.st_mtime_ns, state.st_size)
    arrays = cache.memory.get(key)
    if arrays is None:
        arrays = backbone.read_weights(measures, path)
        cache.memory.put(key, arrays)
    return arrays


def backbone_dtype(dtype):
    """Return the dtype to compute in, which is always that of keras.applications."""
    if dtype == "float64":
        raise ValueError("dtype='float64' is not available with a backbone, which computes in float32.")
    return backbone.DTYPE
