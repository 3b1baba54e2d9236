"""Activations and the initial weights that suit them, shared by all architectures."""

import numpy as np

from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras
from skdeep.utils._random import python_random_state_kept

_RELU_FAMILY = {"relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "swish", "mish", "celu", "maxout"}
_UNSUITABLE = ("glu", "threshold")


def check_activation(described, also=()):
    """Raise ValueError for an activation that cannot be used in hidden layers; the names in `also` are accepted."""
    activation = undescribed(described)
    if isinstance(activation, keras.layers.Layer):
        fresh = type(activation).from_config(activation.get_config())
        fresh.build((None, 4))
        if fresh.weights:
            raise ValueError(f"activation must have no weights of its own, got the layer {activation.name!r}.")
    if isinstance(activation, np.ufunc):
        raise ValueError(f"activation must be a function of Keras tensors, got NumPy's {activation.__name__}.")
    if activation in _UNSUITABLE:
        raise ValueError(f"activation={activation!r} changes the number of units or needs arguments of its own.")
    if isinstance(activation, str) and activation not in also:
        try:
            keras.activations.get(activation)
        except ValueError:
            accepted = "".join(f"neither {name!r} nor " for name in also) or "not "
            raise ValueError(f"activation={activation!r} is {accepted}the name of a Keras activation.") from None


def check_initializer(described):
    """Raise ValueError for a name that is neither "auto" nor Keras' own."""
    if not isinstance(described, str) or described == "auto":
        return
    try:
        with python_random_state_kept():
            keras.initializers.get(described)
    except ValueError:
        raise ValueError(
            f"kernel_initializer={described!r} is neither 'auto' nor the name of a Keras initializer."
        ) from None


def initializer(described, activation):
    """Return the initial weights of a layer with an activation: as asked, or those that suit it."""
    if described != "auto":
        return undescribed(described)
    if activation == "selu":
        return "lecun_normal"
    return "he_uniform" if activation in _RELU_FAMILY else "glorot_uniform"
