"""Convolutional networks for images."""

from dataclasses import dataclass, replace
from numbers import Integral, Real

from sklearn.utils._param_validation import HasMethods, Interval

from skdeep._data.inputs import Images
from skdeep._engine.spec import ModelSpec
from skdeep._estimator.classifier import DeepClassifier
from skdeep._estimator.net import Design, Stage
from skdeep._estimator.params import (
    ClassifierParams,
    RegressorParams,
    TrainingParams,
    estimator,
    param,
)
from skdeep._estimator.regressor import DeepRegressor
from skdeep._estimator.scheduled import SCHEDULE, learning_rate_param, learning_rate_schedule_param
from skdeep.architectures import backbone
from skdeep.architectures.cnn import config, model
from skdeep.image import augmentation
from skdeep.image._architectures import ArchitectureOptions, resolve
from skdeep.image._backbone import are_random, backbone_dtype, check_images, read_weights
from skdeep.image._params import ImageParams
from skdeep.image.architectures import Backbone
from skdeep.utils._keys import described
from skdeep.utils._words import Names


@dataclass(eq=False, repr=False)
class ImageTrainingParams(TrainingParams):
    """What differs in the training of images."""

    epochs: int = param(
        20, [Interval(Integral, 1, None, closed="left")], "int", "Passes over the training data, at most."
    )
    batch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Images a step. "auto" is 64, or all of them if there are fewer. The last, smaller batch of an epoch is '
        "trained on too.",
    )
    learning_rate: object = learning_rate_param(" and the net has batch normalisation")
    learning_rate_schedule: object = learning_rate_schedule_param(
        " if the net has batch normalisation, which a constant rate leaves points of accuracy behind in few epochs. It "
        "is constant otherwise, and"
    )


@dataclass(eq=False, repr=False)
class _CNN:
    """The architecture of a convolutional network."""

    architecture: object = param(
        "small",
        [ArchitectureOptions()],
        "str or Architecture",
        '"small" (two convolutions and a dense layer), "lenet", "alexnet", "vgg", "nin", "inception", "resnet", '
        '"densenet": the ideas of their papers in measures for small images. Or an object of '
        "skdeep.image.architectures: one of these with a `width` and a `depth`, such as ResNet(width=0.5); a net of "
        "your own, such as Custom(filters=(32, 64)); or a network that knows photographs, such as "
        'Backbone("mobilenetv2", weights).',
        positional=True,
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        'Activation of the hidden layers: any Keras name ("relu", "leaky_relu", "gelu", "silu", "tanh", ...) or a '
        "function.",
    )
    normalization: object = param(
        "auto",
        [Names({"auto", "batch"}), None],
        '{"auto", "batch"} or None',
        'Normalisation of each convolution over the batch. "auto" has it in all but "small", "lenet" and Custom, '
        "also in those that were published before it was known: they learn faster.",
    )
    dropout: object = param(
        "auto",
        [Names({"auto"}), Interval(Real, 0, 1, closed="left")],
        'float or "auto"',
        "Fraction of the values set to zero at each step: after dense layers, between the blocks of "
        '"nin", after the convolutions of Custom, after the global average of the others. "auto" is 0.5 for '
        '"alexnet" and "vgg", 0.2 for "nin", and 0 for the others.',
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights: a Keras name or instance. "auto" is He for the ReLU family, LeCun for selu, else Glorot.',
    )
    augmentation: object = param(
        None,
        [str, list, tuple, augmentation.Augmentation, None],
        "str, Augmentation, list of these or None",
        'Random changes of the training images: "flip", "shift", "rotate", "zoom", "contrast", "noise", "cutout", '
        '"mixup", or objects of skdeep.image.augmentation. None by default, because what is harmless depends on the '
        "images: flips are wrong for digits.",
    )

    _inputs_class = Images

    def _inputs(self):
        on_backbone = isinstance(resolve(self.architecture), Backbone)
        return Images(self.image_shape, self.rescale, backbone_dtype(self.dtype) if on_backbone else self.dtype)

    def _design(self, inputs, signature, output_sizes):
        amounts = dict(sorted(augmentation.resolve(self.augmentation).items()))
        mixup = amounts.pop("mixup", None)
        numbers = {kind: amount for kind, amount in amounts.items() if amount is not None}
        architecture = resolve(self.architecture)
        design = self._design_on_backbone if isinstance(architecture, Backbone) else self._design_of_network
        return design(architecture, {"output_sizes": output_sizes, "augmentation": tuple(amounts)}, numbers, mixup)

    def _design_of_network(self, architecture, settings, numbers, mixup):
        own = architecture._measures()
        dropout, normalization = config.defaults(own["architecture"])
        dropout = dropout if self.dropout == "auto" else float(self.dropout)
        measures = config.CNNConfig(
            **own,
            activation=described(self.activation),
            normalization=normalization if self.normalization == "auto" else self.normalization,
            kernel_initializer=described(self.kernel_initializer),
            dropout=dropout > 0,
            **settings,
        )
        config.check(measures, self.image_shape_)
        numbers = (
            numbers | ({"dropout": dropout} if dropout else {}) | ({"step": 0.0} if measures.normalization else {})
        )
        spec = ModelSpec(model.build, measures, ("pixel_mean", "pixel_variance", *numbers))
        return Design(spec, numbers, *_schedule(measures), mixup=mixup)

    def _design_on_backbone(self, body, settings, numbers, mixup):
        for name in ("activation", "normalization", "kernel_initializer"):
            value = getattr(self, name)
            if value != type(self).__dataclass_fields__[name].default:
                raise ValueError(f"{name}={value!r} is not for the backbone {body.name!r}, which has its own.")
        dropout = 0.0 if self.dropout == "auto" else float(self.dropout)
        from_scratch = are_random(body.weights)
        if from_scratch:
            body._check_not_tuned("is for weights that were trained before")
        trained = "all" if from_scratch else "head"
        measures = backbone.BackboneConfig(body.name.lower(), trained=trained, dropout=dropout > 0, **settings)
        check_images(measures, self.image_shape_)
        numbers = numbers | ({"dropout": dropout} if dropout else {})
        spec = ModelSpec(backbone.build, measures, ("pixel_mean", "pixel_variance", *numbers))
        tuned = replace(spec, config=replace(measures, trained="tuned"))
        later = (Stage(tuned, body.fine_tune_epochs, body.fine_tune_rate),) if body.fine_tune_epochs else ()
        n_more = 2 * len(measures.output_sizes)
        initial = None if from_scratch else lambda: backbone.place_weights(read_weights(measures, body.weights), n_more)
        return Design(spec, numbers, *_schedule(measures), later=later, initial=initial, mixup=mixup)


def _schedule(measures):
    """Return the learning rate schedule that suits a net, and what it multiplies the usual learning rate with."""
    return SCHEDULE if measures.normalization == "batch" else (None, 1.0)


@estimator
class CNNClassifier(DeepClassifier, ImageTrainingParams, ClassifierParams, ImageParams, _CNN):
    """Convolutional network classifier for images.

    Trains a net in a program that is compiled once and used by every fit of the same architecture and image shape: a
    search over learning rates, dropout, augmentation amounts or seeds compiles nothing new. Images of dtype uint8 stay
    bytes in memory and are converted batch by batch.

    X holds images, of shape (n_samples, height, width) or (n_samples, height, width, channels), or flat rows, one image
    each, as scalers and samplers make them: see `image_shape`. Two classes, many classes, 0/1 matrices of labels
    (several objects in one picture) and several targets at once are all accepted, with labels of any type.

    {parameters}

    {attributes}

    See Also
    --------
    CNNRegressor : The same for numbers.
    skdeep.image.architectures : The architectures with their parameters, nets of your own, and backbones.
    skdeep.image.augmentation : Random changes of the training images.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition": "lenet".
    Krizhevsky, Sutskever and Hinton (2012), "ImageNet classification with deep convolutional networks": "alexnet".
    Simonyan and Zisserman (2015), "Very deep convolutional networks for large-scale image recognition": "vgg".
    Lin, Chen and Yan (2014), "Network in network": "nin".
    Szegedy et al. (2015), "Going deeper with convolutions": "inception".
    He et al. (2016), "Deep residual learning for image recognition": "resnet".
    Huang et al. (2017), "Densely connected convolutional networks": "densenet".
    Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNClassifier, Small
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CNNClassifier(Small(width=0.5), epochs=5, learning_rate=0.01, random_state=0)
    >>> model = model.fit(X[:1000], y[:1000])
    >>> model.image_shape_
    (8, 8, 1)
    >>> bool(model.score(X[1000:], y[1000:]) > 0.85)
    True
    """


@estimator
class CNNRegressor(DeepRegressor, ImageTrainingParams, RegressorParams, ImageParams, _CNN):
    """Convolutional network regressor for images.

    Trains a net in a program that is compiled once and used by every fit of the same architecture and image shape.
    Targets are standardised inside and predictions restored; one target or several.

    X holds images, of shape (n_samples, height, width) or (n_samples, height, width, channels), or flat rows, one image
    each, as scalers and samplers make them: see `image_shape`.

    {parameters}

    {attributes}

    See Also
    --------
    CNNClassifier : The same for labels, with the papers behind the architectures.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition".

    Examples
    --------
    How much ink there is on the left of a digit:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNRegressor, Small
    >>> images = load_digits().images
    >>> ink = images[:, :, :4].mean(axis=(1, 2))
    >>> model = CNNRegressor(Small(width=0.5), epochs=5, learning_rate=0.01, random_state=0)
    >>> bool(model.fit(images[:1000], ink[:1000]).score(images[1000:], ink[1000:]) > 0.8)
    True
    """
