"""The nets that CNNClassifier and CNNRegressor train, as parameter objects whose own parameters can be searched.

The named architectures have a `width` and a `depth`. `Custom` has the measures of a net of your own. `Backbone` is a
network that was trained on photographs. A plain name stands for an object with its defaults: "resnet" is `ResNet()`.
"""

from numbers import Integral, Real
from os import PathLike

from sklearn.utils._param_validation import Interval

from skdeep.architectures.backbone import BACKBONES
from skdeep.architectures.cnn.config import CustomConfig
from skdeep.image._params import integers, pairs
from skdeep.utils._options import Options
from skdeep.utils._words import Names

__all__ = [
    "VGG",
    "AlexNet",
    "Architecture",
    "Backbone",
    "Custom",
    "DenseNet",
    "Inception",
    "LeNet",
    "NiN",
    "ResNet",
    "Small",
]  # fmt: skip

_SIZES = ["array-like", Interval(Integral, 1, None, closed="left")]
_MULTIPLIER = [Interval(Real, 0, 100, closed="right")]


class Architecture(Options):
    """Base of the architectures: parameters can be read, set and searched.

    Examples
    --------
    >>> from skdeep.image.architectures import Architecture, ResNet
    >>> isinstance(ResNet(), Architecture)
    True
    """


class _Named(Architecture):
    """An architecture whose measures are multiplied."""

    _parameter_constraints: dict = {"width": _MULTIPLIER, "depth": _MULTIPLIER}

    def __init__(self, *, width=1.0, depth=1.0):
        self.width = width
        self.depth = depth

    def _measures(self):
        """Return what a CNNConfig says of this architecture."""
        return {"architecture": self._name, "width": float(self.width), "depth": float(self.depth)}


class Small(_Named):
    """Two convolutions, each with pooling, and a dense layer: where to begin.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters and units.
    depth : float, default=1.0
        Multiplier of the number of convolutions.

    References
    ----------
    LeCun et al. (1989), "Backpropagation applied to handwritten zip code recognition".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import Small
    >>> CNNClassifier(Small(width=0.5))
    CNNClassifier(architecture=Small(width=0.5))
    """

    _name = "small"


class LeNet(_Named):
    """LeNet-5: kernels of 5 pixels, average pooling and dense layers; few weights.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters and units.
    depth : float, default=1.0
        Multiplier of the number of convolutions after the first.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import LeNet
    >>> CNNClassifier(LeNet(width=2.0))
    CNNClassifier(architecture=LeNet(width=2.0))
    """

    _name = "lenet"


class AlexNet(_Named):
    """AlexNet: five convolutions, overlapping pooling, two large dense layers with dropout.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters and units.
    depth : float, default=1.0
        Multiplier of the number of convolutions between the second and the last.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), "ImageNet classification with deep convolutional networks".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import AlexNet
    >>> CNNClassifier(AlexNet(width=0.5))
    CNNClassifier(architecture=AlexNet(width=0.5))
    """

    _name = "alexnet"


class VGG(_Named):
    """VGG: blocks of convolutions of 3 pixels, one as the next, then a dense layer with dropout.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters and units.
    depth : float, default=1.0
        Multiplier of the number of convolutions in each of the three blocks.

    References
    ----------
    Simonyan and Zisserman (2015), "Very deep convolutional networks for large-scale image recognition".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import VGG
    >>> CNNClassifier(VGG(depth=1.5))
    CNNClassifier(architecture=VGG(depth=1.5))
    """

    _name = "vgg"


class NiN(_Named):
    """Network in network: each convolution is followed by kernels of 1 pixel; nothing is dense.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters.
    depth : float, default=1.0
        Multiplier of the number of kernels of 1 pixel after each convolution.

    References
    ----------
    Lin, Chen and Yan (2014), "Network in network".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import NiN
    >>> CNNClassifier(NiN(width=2.0))
    CNNClassifier(architecture=NiN(width=2.0))
    """

    _name = "nin"


class Inception(_Named):
    """GoogLeNet: kernels of 1, 3 and 5 pixels side by side, then the average of each map.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters.
    depth : float, default=1.0
        Multiplier of the number of blocks in each of the two stages.

    References
    ----------
    Szegedy et al. (2015), "Going deeper with convolutions".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import Inception
    >>> CNNClassifier(Inception(depth=2.0))
    CNNClassifier(architecture=Inception(depth=2.0))
    """

    _name = "inception"


class ResNet(_Named):
    """ResNet: pairs of convolutions, each added to what it was given; then the average of each map.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters.
    depth : float, default=1.0
        Multiplier of the number of pairs in each of the three stages.

    References
    ----------
    He et al. (2016), "Deep residual learning for image recognition".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import ResNet
    >>> CNNClassifier(ResNet(width=2.0))
    CNNClassifier(architecture=ResNet(width=2.0))
    """

    _name = "resnet"


class DenseNet(_Named):
    """DenseNet: each layer reads the maps of all layers before it in its block.

    Parameters
    ----------
    width : float, default=1.0
        Multiplier of the number of filters.
    depth : float, default=1.0
        Multiplier of the number of layers in each of the three blocks.

    References
    ----------
    Huang et al. (2017), "Densely connected convolutional networks".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import DenseNet
    >>> CNNClassifier(DenseNet(depth=2.0))
    CNNClassifier(architecture=DenseNet(depth=2.0))
    """

    _name = "densenet"


class Custom(Architecture):
    """A net of your own: one convolution, and one pooling, for each number of filters.

    Parameters
    ----------
    filters : tuple of int, default=(32, 64)
        Filters of each convolution.
    kernel_size : int, (int, int) or list of these, default=3
        Height and width of the kernels. A list has one entry for each convolution, and so has that of `strides` and
        `pool_size`.
    strides : int, (int, int) or list of these, default=1
        Pixels from one place of a kernel to the next.
    padding : {"same", "valid"}, default="same"
        Whether the borders are padded with zeros, so that maps keep their size.
    pooling : {"max", "average"} or None, default="max"
        What follows each convolution.
    pool_size : int, (int, int) or list of these, default=2
        Height and width of the windows of the pooling.
    head : tuple of int or "average", default=(128,)
        What is between the last maps and the output: dense layers of so many units, or the average of each map.

    References
    ----------
    LeCun et al. (1998), "Gradient-based learning applied to document recognition": convolutions, pooling, dense layers.
    Lin, Chen and Yan (2014), "Network in network": the average of each map.
    Springenberg et al. (2015), "Striving for simplicity: the all convolutional net": strides instead of pooling.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import Custom
    >>> X, y = load_digits(return_X_y=True)
    >>> net = CNNClassifier(Custom(filters=(8, 16), head="average"), epochs=2, random_state=0).fit(X[:200], y[:200])
    >>> [array.shape for array in net.weights_[2:]]
    [(3, 3, 1, 8), (8,), (3, 3, 8, 16), (16,), (16, 10), (10,)]
    """

    _name = "custom"
    _parameter_constraints: dict = {
        "filters": _SIZES,
        "kernel_size": _SIZES,
        "strides": _SIZES,
        "padding": [Names({"same", "valid"})],
        "pooling": [Names({"max", "average"}), None],
        "pool_size": _SIZES,
        "head": [*_SIZES, Names({"average"})],
    }

    def __init__(
        self, filters=(32, 64), *, kernel_size=3, strides=1, padding="same", pooling="max", pool_size=2, head=(128,)
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.padding = padding
        self.pooling = pooling
        self.pool_size = pool_size
        self.head = head

    def _measures(self):
        filters = integers(self.filters, "filters")
        custom = CustomConfig(
            filters=filters,
            kernel_size=pairs(self.kernel_size, len(filters), "kernel_size"),
            strides=pairs(self.strides, len(filters), "strides"),
            padding=self.padding,
            pooling=self.pooling,
            pool_size=pairs(self.pool_size, len(filters), "pool_size"),
            head=self.head if isinstance(self.head, str) else integers(self.head, "head"),
        )
        return {"architecture": self._name, "custom": custom}


class Backbone(Architecture):
    """A network of keras.applications that was trained on photographs, with a new output layer.

    Small images are enlarged to the least size it takes. Nothing is downloaded.

    Parameters
    ----------
    name : str
        Name of a model of keras.applications, in any case, such as "MobileNetV2" or "mobilenetv2".
    weights : path or "random"
        File with the weights of the network without its top, as Keras saves them (.weights.h5, or the _no_top.h5 of
        keras.applications). "random" trains all of it from scratch, which takes many images.
    fine_tune_epochs : int, default=0
        Epochs in which the whole network is trained on, after the `epochs` in which only the output layer is.
    fine_tune_rate : float, default=0.01
        Multiplier of the learning rate in those epochs.

    References
    ----------
    Yosinski et al. (2014), "How transferable are features in deep neural networks?".

    Examples
    --------
    >>> from skdeep.image import CNNClassifier
    >>> from skdeep.image.architectures import Backbone
    >>> CNNClassifier(Backbone("mobilenetv2", "mobilenetv2.weights.h5", fine_tune_epochs=5)).architecture.name
    'mobilenetv2'
    """

    _parameter_constraints: dict = {
        "name": [Names(BACKBONES, any_case=True)],
        "weights": [str, PathLike, None],
        "fine_tune_epochs": [Interval(Integral, 0, None, closed="left")],
        "fine_tune_rate": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, name, weights, *, fine_tune_epochs=0, fine_tune_rate=0.01):
        self.name = name
        self.weights = weights
        self.fine_tune_epochs = fine_tune_epochs
        self.fine_tune_rate = fine_tune_rate

    def validate(self):
        """Raise ValueError if a parameter is out of its range, or if there are no weights."""
        super().validate()
        if self.weights is None:  # features of random weights are for those who ask
            raise ValueError(
                f"Backbone({self.name!r}, weights=None) needs weights: the path of a file with the weights of "
                f"{self.name!r} without its top (.weights.h5, or the _no_top.h5 that keras.applications publishes). "
                "Nothing is downloaded here. weights='random' starts from random ones."
            )

    def _check_not_tuned(self, why):
        """Raise ValueError if fine-tuning is asked for where there is none."""
        for name, default in (("fine_tune_epochs", 0), ("fine_tune_rate", 0.01)):
            if getattr(self, name) != default:
                raise ValueError(f"{name}={getattr(self, name)!r} {why}.")
