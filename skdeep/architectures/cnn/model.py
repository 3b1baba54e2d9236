"""From a config to the keras.Model."""

from skdeep.architectures.cnn import families
from skdeep.utils._lazy import keras


def build(config, signature, numbers):
    """Return the keras.Model of a config.

    Parameters
    ----------
    config : CNNConfig
    signature : InputSignature
        One input of shape (height, width, channels).
    numbers : dict
        Mean and variance of the pixels, with which the net starts and which are not trained; the dropout rate, if the
        config has dropout; the numbers of the augmentation.
    """
    from skdeep.architectures.cnn._layers import Layers

    ((name, spec),), dtype = signature.inputs, signature.dtype
    layers = Layers(config, dtype, numbers, spec.shape)
    images = keras.Input(spec.shape, dtype=dtype, name=name)
    hidden = _rescaled(images, numbers, dtype)
    if config.augmentation and layers.trained_here:
        from skdeep.architectures import _augmentation

        for layer in _augmentation.layers(config.augmentation, numbers, dtype):
            hidden = layer(hidden)
    outputs = layers.outputs(families.FAMILIES[config.architecture](hidden, layers))
    return keras.Model({name: images}, outputs[0] if len(outputs) == 1 else outputs, name=config.architecture)


def _rescaled(images, numbers, dtype):
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
