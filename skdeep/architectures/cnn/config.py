"""What decides the graph of a convolutional network, and what each architecture's paper chose."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures import _activations

# architecture -> (dropout, normalisation) unless the user says otherwise.
_DEFAULTS = {
    "small": (0.0, None),
    "lenet": (0.0, None),
    "alexnet": (0.5, "batch"),
    "vgg": (0.5, "batch"),
    "nin": (0.2, "batch"),
    "inception": (0.0, "batch"),
    "resnet": (0.0, "batch"),
    "densenet": (0.0, "batch"),
    "custom": (0.0, None),
}
ARCHITECTURES = tuple(_DEFAULTS)


@dataclass(frozen=True)
class CustomConfig:
    """The measures of a net of the user's own: one convolution, and one pooling, for each number of filters.

    Parameters
    ----------
    filters : tuple of int
        Kernels of each convolution.
    kernel_size, strides, pool_size : tuple of (int, int)
        Height and width, one pair for each convolution.
    padding : {"same", "valid"}
        Whether the borders are padded with zeros.
    pooling : {"max", "average"} or None
        What follows each convolution.
    head : tuple of int or "average"
        Units of the dense layers before the output, or the global average of each map.
    """

    filters: tuple
    kernel_size: tuple
    strides: tuple
    padding: str
    pooling: str | None
    pool_size: tuple
    head: Any


@dataclass(frozen=True)
class CNNConfig:
    """What decides the graph of a convolutional network.

    Parameters
    ----------
    architecture : str
        One of ARCHITECTURES.
    output_sizes : tuple of int
        Units of each output.
    width, depth : float
        Multipliers of the number of filters, and of the number of layers or blocks.
    activation : str or callable
        Activation of the hidden layers.
    normalization : "batch" or None
        Normalisation of each convolution.
    kernel_initializer : str or KerasObject
        "auto" suits the activation.
    dropout : bool
        Whether there is dropout; its rate is a number, not config.
    augmentation : tuple of str
        Kinds of random changes of the training images; the amounts are numbers, not config.
    custom : CustomConfig or None
        Measures of the architecture "custom".
    """

    architecture: str
    output_sizes: tuple
    width: float = 1.0
    depth: float = 1.0
    activation: Any = "relu"
    normalization: str | None = None
    kernel_initializer: Any = "auto"
    dropout: bool = False
    augmentation: tuple = ()
    custom: CustomConfig | None = None


def defaults(architecture):
    """Return the dropout and the normalisation that an architecture has by default."""
    return _DEFAULTS[architecture]


def check(config, image_shape):
    """Raise ValueError or TypeError for a config that cannot be built for images of a shape."""
    _activations.check_activation(config.activation)
    _activations.check_initializer(config.kernel_initializer)
    if config.custom is not None:
        _check_custom(config.custom, image_shape)


def _check_custom(custom, image_shape):
    """Follow the size of the maps through the net; an axis of one pixel in the images is left alone."""
    images = f"on images of {image_shape[0]} x {image_shape[1]}"
    size = [length if length > 1 else None for length in image_shape[:2]]
    for index in range(len(custom.filters)):
        maps = " x ".join(str(length or 1) for length in size)
        kernels, strides, pools = (pairs[index] for pairs in (custom.kernel_size, custom.strides, custom.pool_size))
        if custom.padding == "valid" and _exceeds(kernels, size):
            raise ValueError(
                f"kernel_size={kernels} of convolution {index + 1} is larger than the maps of {maps} pixels that it "
                f"gets {images}. Use padding='same', smaller kernels, or fewer convolutions."
            )
        lost = [kernel - 1 if custom.padding == "valid" else 0 for kernel in kernels]
        size = [n and -(-(n - cut) // stride) for n, cut, stride in zip(size, lost, strides, strict=True)]
        maps = " x ".join(str(length or 1) for length in size)
        if custom.pooling is not None and _exceeds(pools, size):
            raise ValueError(
                f"pool_size={pools} is larger than the maps of {maps} pixels after convolution {index + 1} {images}: "
                "less than one pixel would be left. Use fewer convolutions, a smaller pool_size, or pooling=None."
            )
        if custom.pooling is not None:
            size = [n and n // pool for n, pool in zip(size, pools, strict=True)]


def _exceeds(window, size):
    return any(length is not None and side > length for side, length in zip(window, size, strict=True))
