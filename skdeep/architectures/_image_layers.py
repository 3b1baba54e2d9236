"""What every net for images begins with: rescaling and augmentation."""

from skdeep.utils._lazy import keras
from skdeep.utils._numbers import LiveNumber


def trained_here(numbers):
    """Whether a net is built to be trained by the engine; else it is handed to the user, in Keras' own layers."""
    return any(isinstance(number, LiveNumber) for number in numbers.values())


def rescaled(images, numbers, dtype):
    """Subtract the mean and divide by the standard deviation: a batch normalisation that never learns.

    So both are weights, which go wherever the weights go, and no constants of the graph.
    """
    return keras.layers.BatchNormalization(
        center=False,
        scale=False,
        epsilon=0.0,
        moving_mean_initializer=keras.initializers.Constant(numbers["pixel_mean"]),
        moving_variance_initializer=keras.initializers.Constant(numbers["pixel_variance"]),
        trainable=False,
        dtype=dtype,
        name="rescaling",
    )(images)


def augmented(images, kinds, numbers, dtype):
    """Change images at random in training, in a net that is trained by the engine."""
    if kinds and trained_here(numbers):
        from skdeep.architectures import _augmentation

        for layer in _augmentation.layers(kinds, numbers, dtype):
            images = layer(images)
    return images
