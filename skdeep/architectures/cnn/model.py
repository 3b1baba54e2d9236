"""From a config to the keras.Model."""

from skdeep.architectures import _image_layers
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
        Mean and variance of the pixels, with which the net starts and which are not trained; "step", if there is batch
        normalisation; the dropout rate, if the config has dropout; the amounts of the augmentation.
    """
    from skdeep.architectures.cnn._layers import Layers

    ((name, column),), dtype = signature.inputs, signature.dtype
    images = column.inputs(name)
    hidden = _image_layers.rescaled(images[name], numbers, dtype)
    hidden = _image_layers.augmented(hidden, config.augmentation, numbers, dtype)
    layers = Layers(config, dtype, numbers, column.shape)
    outputs = layers.outputs(families.FAMILIES[config.architecture](hidden, layers))
    return keras.Model(images, outputs[0] if len(outputs) == 1 else outputs, name=config.architecture)
