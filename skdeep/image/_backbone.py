"""What all estimators with a backbone share: its weights, read once, and its precision."""

import hashlib
import os

import numpy as np

from skdeep._data.columns import Dense
from skdeep._engine.spec import InputSignature, ModelSpec
from skdeep.architectures import backbone


def are_random(weights):
    """Whether weights are to be drawn, and not read from a file, which may have any name as a path object."""
    return isinstance(weights, str) and weights == "random"


def check_images(measures, image_shape):
    """Raise ValueError if a backbone cannot take images of a shape, or not at the size that is asked for."""
    if image_shape[2] not in (1, 3):
        raise ValueError(
            f"The backbone {measures.backbone!r} takes grey images or images of three channels (red, green, blue); "
            f"these have {image_shape[2]} channels."
        )
    backbone.input_size(measures, image_shape)


def read_weights(measures, path):
    """Return the weights of a backbone; a file is read again only if it has changed."""
    return _remembered(("weights", *_source(measures, path)), lambda: backbone.read_weights(measures, path))


def draw_weights(measures, seed):
    """Return random weights of a backbone, those with which a net on it would start."""

    def draw():
        from skdeep._engine import state
        from skdeep._engine.isolation import isolated

        spec = ModelSpec(backbone.build, measures, ("pixel_mean", "pixel_variance"))
        any_image = Dense((1, 1, 3), backbone.DTYPE)
        signature = InputSignature((("X", any_image),), backbone.DTYPE)
        return isolated(state.drawn, spec, signature, seed)[2:]

    return _remembered(("weights", *_source(measures, seed)), draw)


def digest(measures, origin, arrays):
    """Return what stands for the weights of a backbone, which came from a file or a seed, in keys of the memory."""

    def compute():
        total = hashlib.blake2b(digest_size=16)
        for array in arrays:
            total.update(np.ascontiguousarray(array))
        return [np.frombuffer(total.digest(), np.uint8)]

    return _remembered(("digest", *_source(measures, origin)), compute)[0].tobytes()


def _source(measures, origin):
    """Return what decides on weights: the seed, or the file and its state."""
    if isinstance(origin, int):
        return measures.backbone, origin
    path = os.path.abspath(origin)
    state = os.stat(path) if os.path.isfile(path) else None
    return measures.backbone, path, state and state.st_mtime_ns, state and state.st_size


def _remembered(key, compute):
    """Return arrays from the memory of the process, computed if they are not there."""
    from skdeep._engine.cache import cache

    arrays = cache.memory.get(key)
    if arrays is None:
        arrays = compute()
        for array in arrays:
            array.flags.writeable = False
        cache.memory.put(key, arrays)
    return arrays


def backbone_dtype(dtype):
    """Return the dtype to compute in, which is always that of keras.applications."""
    if dtype == "float64":
        raise ValueError("dtype='float64' is not available with a backbone, which computes in float32.")
    return backbone.DTYPE
