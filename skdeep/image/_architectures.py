"""What the parameter `architecture` accepts: a name, or an object of skdeep.image.architectures."""

from skdeep.image.architectures import (
    VGG,
    AlexNet,
    Backbone,
    Custom,
    DenseNet,
    Inception,
    LeNet,
    NiN,
    ResNet,
    Small,
)
from skdeep.utils._options import NamedOptions


class ArchitectureOptions(NamedOptions):
    """Constraint of the parameter `architecture`."""

    named = (Small, LeNet, AlexNet, VGG, NiN, Inception, ResNet, DenseNet)
    others = (Custom, Backbone)
    module, example = "skdeep.image.architectures", "ResNet(width=0.5)"


def resolve(architecture):
    """Return the architecture of a name, or the object itself; see `NamedOptions.resolve`.

    Examples
    --------
    >>> from skdeep.image._architectures import resolve
    >>> resolve("resnet")
    ResNet()
    """
    return ArchitectureOptions().resolve(architecture)
