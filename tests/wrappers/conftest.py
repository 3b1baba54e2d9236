"""scikeras changes how Keras pickles for as long as the process lives: here, until the tests of a file are over."""

import keras
import pytest

PATCHED = {
    keras.Model: ("__reduce__", "__deepcopy__"),
    keras.losses.Loss: ("__reduce__",),
    keras.metrics.Metric: ("__reduce__",),
    keras.optimizers.Optimizer: ("__reduce__",),
}


@pytest.fixture(scope="module")
def theirs():
    """Return scikeras.wrappers."""
    before = [(cls, name, vars(cls).get(name)) for cls, names in PATCHED.items() for name in names]
    from scikeras import wrappers

    yield wrappers
    for cls, name, method in before:
        if method is not None:
            setattr(cls, name, method)
        elif name in vars(cls):
            delattr(cls, name)
