"""Networks that were trained on photographs, as the body of a new one: the models of keras.applications."""

import warnings
from dataclasses import dataclass
from pathlib import Path

from skdeep.utils._lazy import keras

# name -> (class, module with its preprocessing, smallest side of an image)
_BACKBONES = {
    "convnextbase": ("ConvNeXtBase", "convnext", 32),
    "convnextlarge": ("ConvNeXtLarge", "convnext", 32),
    "convnextsmall": ("ConvNeXtSmall", "convnext", 32),
    "convnexttiny": ("ConvNeXtTiny", "convnext", 32),
    "convnextxlarge": ("ConvNeXtXLarge", "convnext", 32),
    "densenet121": ("DenseNet121", "densenet", 32),
    "densenet169": ("DenseNet169", "densenet", 32),
    "densenet201": ("DenseNet201", "densenet", 32),
    "efficientnetb0": ("EfficientNetB0", "efficientnet", 32),
    "efficientnetb1": ("EfficientNetB1", "efficientnet", 32),
    "efficientnetb2": ("EfficientNetB2", "efficientnet", 32),
    "efficientnetb3": ("EfficientNetB3", "efficientnet", 32),
    "efficientnetb4": ("EfficientNetB4", "efficientnet", 32),
    "efficientnetb5": ("EfficientNetB5", "efficientnet", 32),
    "efficientnetb6": ("EfficientNetB6", "efficientnet", 32),
    "efficientnetb7": ("EfficientNetB7", "efficientnet", 32),
    "efficientnetv2b0": ("EfficientNetV2B0", "efficientnet_v2", 32),
    "efficientnetv2b1": ("EfficientNetV2B1", "efficientnet_v2", 32),
    "efficientnetv2b2": ("EfficientNetV2B2", "efficientnet_v2", 32),
    "efficientnetv2b3": ("EfficientNetV2B3", "efficientnet_v2", 32),
    "efficientnetv2l": ("EfficientNetV2L", "efficientnet_v2", 32),
    "efficientnetv2m": ("EfficientNetV2M", "efficientnet_v2", 32),
    "efficientnetv2s": ("EfficientNetV2S", "efficientnet_v2", 32),
    "inceptionresnetv2": ("InceptionResNetV2", "inception_resnet_v2", 75),
    "inceptionv3": ("InceptionV3", "inception_v3", 75),
    "mobilenet": ("MobileNet", "mobilenet", 32),
    "mobilenetv2": ("MobileNetV2", "mobilenet_v2", 32),
    "mobilenetv3large": ("MobileNetV3Large", "mobilenet_v3", 32),
    "mobilenetv3small": ("MobileNetV3Small", "mobilenet_v3", 32),
    "nasnetlarge": ("NASNetLarge", "nasnet", 32),
    "nasnetmobile": ("NASNetMobile", "nasnet", 32),
    "resnet101": ("ResNet101", "resnet", 32),
    "resnet101v2": ("ResNet101V2", "resnet_v2", 32),
    "resnet152": ("ResNet152", "resnet", 32),
    "resnet152v2": ("ResNet152V2", "resnet_v2", 32),
    "resnet50": ("ResNet50", "resnet", 32),
    "resnet50v2": ("ResNet50V2", "resnet_v2", 32),
    "vgg16": ("VGG16", "vgg16", 32),
    "vgg19": ("VGG19", "vgg19", 32),
    "xception": ("Xception", "xception", 71),
}
BACKBONES = tuple(_BACKBONES)
DTYPE = "float32"  # which keras.applications compute in, whatever is asked for


@dataclass(frozen=True)
class BackboneConfig:
    """What decides the graph of a network on a backbone.

    Parameters
    ----------
    backbone : str
        One of BACKBONES.
    output_sizes : tuple of int
        Units of each output; empty for the embedding alone.
    size : tuple of (int, int) or None
        Height and width to which images are resized; None enlarges those that are too small for the backbone.
    pooling : {"average", "max"}
        What becomes of the last maps.
    trained : {"head", "tuned", "all"}
        Whether only the output layer is trained; or the backbone too, but for its normalisation, which keeps the
        statistics of the photographs; or everything, from random weights.
    dropout : bool
        Whether there is dropout before the output; its rate is a number, not config.
    augmentation : tuple of str
        Kinds of random changes of the training images; the amounts are numbers, not config.
    """

    backbone: str
    output_sizes: tuple = ()
    size: tuple | None = None
    pooling: str = "average"
    trained: str = "head"
    dropout: bool = False
    augmentation: tuple = ()

    @property
    def normalization(self):
        """Whether batch statistics are learned."""
        return "batch" if self.trained == "all" else None


def input_size(config, image_shape):
    """Return the height and width at which a backbone sees images.

    Raises
    ------
    ValueError
        If the size asked for is too small for the backbone.
    """
    least = _BACKBONES[config.backbone][2]
    if config.size is None:
        factor = max(1.0, least / min(image_shape[:2]))
        return tuple(max(least, round(side * factor)) for side in image_shape[:2])
    if min(config.size) < least:
        raise ValueError(
            f"size={config.size} is too small for the backbone {config.backbone!r}, which takes images from {least} x "
            f"{least} pixels on."
        )
    return config.size


def build(config, signature, numbers):
    """Return the keras.Model of a config: rescaled images, resized, in colour, through the backbone to the outputs."""
    from skdeep.architectures import _image_layers

    ((name, column),) = signature.inputs
    images = column.inputs(name)
    hidden = _image_layers.rescaled(images[name], numbers, DTYPE)
    hidden = _image_layers.augmented(hidden, config.augmentation, numbers, DTYPE)
    height, width = input_size(config, column.shape)
    if (height, width) != column.shape[:2]:
        hidden = keras.layers.Resizing(height, width, dtype=DTYPE, name="resizing")(hidden)
    if column.shape[2] == 1:
        hidden = keras.layers.Concatenate(dtype=DTYPE, name="colour")([hidden] * 3)
    hidden = keras.layers.Rescaling(255.0, dtype=DTYPE, name="bytes")(hidden)
    hidden = _preprocessing(config.backbone)(hidden)
    body = _body(config, (height, width, 3))
    body.trainable = config.trained != "head"
    for layer in body.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = config.trained == "all"
    features = body(hidden)
    if config.dropout:
        from skdeep.architectures._blocks import dropout

        features = dropout(numbers["dropout"], dtype=DTYPE, name="dropout")(features)
    outputs = [
        keras.layers.Dense(units, dtype=DTYPE, name=f"output_{index}")(features)
        for index, units in enumerate(config.output_sizes)
    ] or [features]
    return keras.Model(images, outputs[0] if len(outputs) == 1 else outputs, name=config.backbone)


def read_weights(config, path):
    """Return the weights of a backbone from a file as NumPy arrays, in the order of the model.

    Raises
    ------
    ValueError
        If there is no such file, or it does not hold the weights of this backbone without its top.
    """
    if not Path(path).is_file():
        raise ValueError(f"weights={str(path)!r} is not a file; give the path of the weights of {config.backbone!r}.")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            arrays = _body(config, None, weights=str(path)).get_weights()
        reason = next((str(one.message) for one in caught if "freshly-initialized" in str(one.message)), None)
    except (ValueError, OSError, KeyError, TypeError, IndexError) as error:
        reason = str(error)
    if reason is None:
        return arrays
    raise ValueError(
        f"weights={str(path)!r} cannot be read as the weights of {config.backbone!r} without its top, as Keras saves "
        f"them in a file that ends with .weights.h5 or _no_top.h5. Keras says: {reason.splitlines()[0][:300]}"
    )


def place_weights(arrays, n_more=0):
    """Return the starting weights of a whole net: two of the rescaling, those of the backbone, and `n_more`.

    None stands for those that are drawn or set from live numbers.
    """
    return [None, None, *arrays, *[None] * n_more]


def _body(config, input_shape, weights=None):
    least = _BACKBONES[config.backbone][2]
    return getattr(keras.applications, _BACKBONES[config.backbone][0])(
        include_top=False,
        weights=weights,
        input_shape=input_shape or (least, least, 3),
        pooling="avg" if config.pooling == "average" else "max",
        name="backbone",
    )


def _preprocessing(backbone):
    return getattr(keras.applications, _BACKBONES[backbone][1]).preprocess_input
