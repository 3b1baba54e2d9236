"""Convolutional networks for images."""

from dataclasses import dataclass, replace
from numbers import Integral, Real
from os import PathLike

import numpy as np
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skdeep._classifier import DeepClassifier
from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design, Stage
from skdeep._inputs import Images
from skdeep._params import (
    ClassifierParams,
    OptimizerParams,
    PenaltyParams,
    RegressorParams,
    TrainingParams,
    estimator,
    param,
    positive,
)
from skdeep._regressor import DeepRegressor
from skdeep.architectures import backbone
from skdeep.architectures.cnn import config, model
from skdeep.image import augmentation
from skdeep.image._backbone import are_random, backbone_dtype, check_images, check_weights, read_weights
from skdeep.image._params import ImageParams
from skdeep.schedules import CosineDecay, schedule_names
from skdeep.utils._keys import described

_SIZES = ["array-like", Interval(Integral, 1, None, closed="left")]
_MULTIPLIER = [Interval(Real, 0, None, closed="neither")]
_CUSTOM = ("filters", "kernel_size", "strides", "padding", "pooling", "pool_size", "head")
_ARCHITECTURE = ("architecture", "width", "depth", "activation", "normalization", "kernel_initializer", *_CUSTOM)


@dataclass(eq=False, repr=False)
class CNNParams:
    """The architecture of a convolutional network."""

    architecture: str = param(
        "small",
        [StrOptions(set(config.ARCHITECTURES))],
        "str",
        '"small" (two convolutions and a dense layer), "lenet", "alexnet", "vgg", "nin", "inception", "resnet", '
        '"densenet": the ideas of their papers in measures for small images; or "custom".',
        positional=True,
    )
    width: float = param(1.0, _MULTIPLIER, "float", "Multiplier of the number of filters and units.")
    depth: float = param(1.0, _MULTIPLIER, "float", "Multiplier of the number of layers or blocks.")
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        'Activation of the hidden layers: any Keras name ("relu", "leaky_relu", "gelu", "silu", "tanh", ...) or a '
        "function.",
    )
    normalization: object = param(
        "auto",
        [StrOptions({"auto", "batch"}), None],
        '{"auto", "batch"} or None',
        'Normalisation of each convolution over the batch. "auto" has it in all but "small", "lenet" and "custom", '
        "also in those that were published before it was known: they learn faster.",
    )
    dropout: object = param(
        "auto",
        [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        'float or "auto"',
        "Fraction of the values set to zero at each step: after dense layers, between the blocks of "
        '"nin", after the convolutions of "custom", after the global average of the others. "auto" is 0.5 for '
        '"alexnet" and "vgg", 0.2 for "nin", and 0 for the others.',
    )
    kernel_initializer: object = param(
        "auto",
        [str, HasMethods(["get_config"])],
        "str or keras.initializers.Initializer",
        'Initial weights: a Keras name or instance. "auto" is He for the ReLU family, LeCun for selu, else Glorot.',
    )
    filters: object = param((32, 64), _SIZES, "tuple of int", 'Filters of each convolution of architecture="custom".')
    kernel_size: object = param(
        3,
        _SIZES,
        "int, (int, int) or list of these",
        'Height and width of the kernels of "custom"; a list has one entry for each convolution.',
    )
    strides: object = param(1, _SIZES, "int, (int, int) or list of these", 'Strides of the convolutions of "custom".')
    padding: str = param(
        "same",
        [StrOptions({"same", "valid"})],
        '{"same", "valid"}',
        'Whether the convolutions of "custom" pad the borders with zeros.',
    )
    pooling: object = param(
        "max",
        [StrOptions({"max", "average"}), None],
        '{"max", "average"} or None',
        'What follows each convolution of "custom".',
    )
    pool_size: object = param(2, _SIZES, "int, (int, int) or list of these", 'Windows of the pooling of "custom".')
    head: object = param(
        (128,),
        [*_SIZES, StrOptions({"average"})],
        'tuple of int or "average"',
        'What "custom" has between the last maps and the output: dense layers of so many units, or the global average '
        "of each map.",
    )
    backbone: object = param(
        None,
        [StrOptions(set(backbone.BACKBONES)), None],
        "str or None",
        'Name of a model of keras.applications in lower case, such as "mobilenetv2", which takes the place of the '
        "architecture: a network that knows photographs, with a new output layer. Small images are enlarged to the "
        "least size it takes.",
    )
    weights: object = param(
        None,
        [str, PathLike, None],
        'path, "random" or None',
        "File with the weights of the backbone without its top, as Keras saves them (.weights.h5, or the _no_top.h5 of "
        'keras.applications); "random" trains all of it from scratch, which takes many images.',
    )
    fine_tune_epochs: int = param(
        0,
        [Interval(Integral, 0, None, closed="left")],
        "int",
        "Epochs in which the whole backbone is trained on, after the `epochs` in which only the output layer is.",
    )
    fine_tune_rate: float = param(
        0.01,
        [Interval(Real, 0, None, closed="neither")],
        "float",
        "Multiplier of the learning rate in those epochs.",
    )
    augmentation: object = param(
        None,
        [str, list, tuple, augmentation.Augmentation, None],
        "str, Augmentation, list of these or None",
        'Random changes of the training images: "flip", "shift", "rotate", "zoom", "contrast", "noise", "cutout", '
        '"mixup", or objects of skdeep.image.augmentation. None by default, because what is harmless depends on the '
        "images: flips are wrong for digits.",
    )


@dataclass(eq=False, repr=False)
class ImageTrainingParams(TrainingParams, OptimizerParams):
    """What differs in the training of images."""

    epochs: int = param(
        20, [Interval(Integral, 1, None, closed="left")], "int", "Passes over the training data, at most."
    )
    batch_size: object = param(
        "auto",
        [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Images a step. "auto" is 64, or all of them if there are fewer. The last, smaller batch of an epoch is '
        "trained on too.",
    )
    learning_rate: object = param(
        "auto",
        [StrOptions({"auto"}), positive(Real)],
        'float or "auto"',
        'Step size. "auto" is 0.001, 0.01 for "sgd" and "nesterov", three times as much if `learning_rate_schedule` is '
        '"auto" and the net has batch normalisation, or the one of an optimizer instance.',
    )
    learning_rate_schedule: object = param(
        "auto",
        [StrOptions({"auto", *schedule_names()}), callable, HasMethods(["factor_after"]), None],
        "str, Schedule, callable or None",
        "Factor of the learning rate over the course of training: one of "
        + ", ".join(f'"{name}"' for name in schedule_names())
        + "; an object of skdeep.schedules; or a function of the fraction of training that is done. "
        '"auto" warms up and follows a cosine to zero if the net has batch normalisation, which a constant rate leaves '
        "points of accuracy behind in few epochs. It is constant otherwise, and in `partial_fit`, which has no end. "
        "None keeps the rate constant.",
    )


class _CNN:
    """What classifier and regressor share: the architecture."""

    _inputs_class = Images

    def _inputs(self):
        dtype = self.dtype if self.backbone is None else backbone_dtype(self.dtype)
        return Images(self.image_shape, self.rescale, dtype)

    def _design(self, inputs, signature, output_sizes):
        amounts = dict(sorted(augmentation.resolve(self.augmentation).items()))
        mixup = amounts.pop("mixup", None)
        settings = {"output_sizes": output_sizes, "augmentation": tuple(amounts)}
        if self.backbone is None:
            measures, dropout = self._network(settings)
        else:
            measures, dropout = self._network_on_backbone(settings)
        numbers = {kind: amount for kind, amount in amounts.items() if amount is not None}
        numbers |= {"dropout": dropout} if dropout else {}
        numbers |= {"step": 0.0} if measures.normalization and self.backbone is None else {}
        build = model.build if self.backbone is None else backbone.build
        spec = ModelSpec(build, measures, ("pixel_mean", "pixel_variance", *numbers))
        schedule, rate_factor = (CosineDecay(), 3.0) if measures.normalization == "batch" else (None, 1.0)
        return Design(spec, numbers, self._later(spec), schedule, rate_factor, self._initial(spec), mixup)

    def _network(self, settings):
        self._check_untouched(("weights", "fine_tune_epochs", "fine_tune_rate"), "needs a backbone")
        dropout, normalization = config.defaults(self.architecture)
        dropout = dropout if self.dropout == "auto" else float(self.dropout)
        measures = config.CNNConfig(
            architecture=self.architecture,
            width=float(self.width),
            depth=float(self.depth),
            activation=described(self.activation),
            normalization=normalization if self.normalization == "auto" else self.normalization,
            kernel_initializer=described(self.kernel_initializer),
            dropout=dropout > 0,
            custom=self._custom(),
            **settings,
        )
        config.check(measures, self.image_shape_)
        return measures, dropout

    def _network_on_backbone(self, settings):
        self._check_untouched(_ARCHITECTURE, f"is not for the backbone {self.backbone!r}, which has its own")
        check_weights(self.backbone, self.weights)
        dropout = 0.0 if self.dropout == "auto" else float(self.dropout)
        from_scratch = are_random(self.weights)
        if from_scratch:
            self._check_untouched(("fine_tune_epochs", "fine_tune_rate"), "is for weights that were trained before")
        trained = "all" if from_scratch else "head"
        measures = backbone.BackboneConfig(self.backbone, trained=trained, dropout=dropout > 0, **settings)
        check_images(measures, self.image_shape_)
        return measures, dropout

    def _later(self, spec):
        """With a backbone: after the output layer alone, everything at a smaller rate."""
        if self.backbone is None or not self.fine_tune_epochs:
            return ()
        tuned = replace(spec, config=replace(spec.config, trained="tuned"))
        return (Stage(tuned, self.fine_tune_epochs, self.fine_tune_rate),)

    def _initial(self, spec):
        """Return the function that reads the weights to begin with, or None."""
        if self.backbone is None or are_random(self.weights):
            return None
        n_more = 2 * len(spec.config.output_sizes)
        return lambda: backbone.place_weights(read_weights(spec.config, self.weights), n_more)

    def _custom(self):
        """Return the measures of a custom net; those of another must not have been touched."""
        if self.architecture != "custom":
            why = f"is for architecture='custom' only; {self.architecture!r} has measures that width and depth multiply"
            self._check_untouched(_CUSTOM, why)
            return None
        self._check_untouched(("width", "depth"), "is for named architectures; set filters and head of a custom one")
        filters = _integers(self.filters, "filters")
        return config.CustomConfig(
            filters=filters,
            kernel_size=_pairs(self.kernel_size, len(filters), "kernel_size"),
            strides=_pairs(self.strides, len(filters), "strides"),
            padding=self.padding,
            pooling=self.pooling,
            pool_size=_pairs(self.pool_size, len(filters), "pool_size"),
            head=self.head if isinstance(self.head, str) else _integers(self.head, "head"),
        )

    def _check_untouched(self, names, why):
        """Raise ValueError if a parameter that would change nothing is not at its default."""
        for name in names:
            value, default = getattr(self, name), type(self).__dataclass_fields__[name].default
            if value is not default and not np.array_equal(value, default):  # a list, say, where the default is a tuple
                raise ValueError(f"{name}={value!r} {why}.")


def _integers(values, name):
    """Return a tuple of positive integers."""
    values = tuple(values) if np.iterable(values) else (values,)
    if not all(isinstance(value, Integral) and value >= 1 for value in values):
        raise ValueError(f"{name} must hold integers of at least 1, got {values!r}.")
    return tuple(int(value) for value in values)


def _pairs(value, n_layers, name):
    """Return one (height, width) for each layer: from an integer, one pair, or a list of either."""
    if isinstance(value, Integral):
        return ((int(value), int(value)),) * n_layers
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, Integral) for one in value):
        return (_integers(value, name),) * n_layers
    if not np.iterable(value) or len(value) != n_layers:
        raise ValueError(
            f"{name} must be an integer, a tuple (height, width), or a list with one of these for each of the "
            f"{n_layers} convolutions; got {value!r}."
        )
    pairs = tuple(_integers(one, name) for one in value)
    if not all(len(pair) in (1, 2) for pair in pairs):
        raise ValueError(f"{name} must hold integers or pairs (height, width), got {value!r}.")
    return tuple(pair if len(pair) == 2 else pair * 2 for pair in pairs)


@estimator
class CNNClassifier(_CNN, DeepClassifier, ImageTrainingParams, ClassifierParams, PenaltyParams, ImageParams, CNNParams):
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
    >>> from skdeep.image import CNNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = CNNClassifier(width=0.5, epochs=5, learning_rate=0.01, random_state=0).fit(X[:1000], y[:1000])
    >>> model.image_shape_
    (8, 8, 1)
    >>> bool(model.score(X[1000:], y[1000:]) > 0.85)
    True
    """


@estimator
class CNNRegressor(_CNN, DeepRegressor, ImageTrainingParams, RegressorParams, PenaltyParams, ImageParams, CNNParams):
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
    >>> from skdeep.image import CNNRegressor
    >>> images = load_digits().images
    >>> ink = images[:, :, :4].mean(axis=(1, 2))
    >>> model = CNNRegressor(width=0.5, epochs=5, learning_rate=0.01, random_state=0)
    >>> bool(model.fit(images[:1000], ink[:1000]).score(images[1000:], ink[1000:]) > 0.8)
    True
    """
