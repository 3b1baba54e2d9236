"""What the parameter `architecture` accepts: a name, or an object of skdeep.tabular.architectures."""

from skdeep.tabular.architectures import MLP, FTTransformer, RealMLP, ResNet, TabM, WideDeep
from skdeep.utils._options import NamedOptions


class ArchitectureOptions(NamedOptions):
    """Constraint of the parameter `architecture`."""

    named = (RealMLP, TabM, ResNet, FTTransformer, WideDeep, MLP)
    module, example = "skdeep.tabular.architectures", "RealMLP(dropout=0.3)"


def resolve(architecture):
    """Return the architecture of a name, or the object itself; see `NamedOptions.resolve`.

    Examples
    --------
    >>> from skdeep.tabular._architectures import resolve
    >>> resolve("resnet")
    ResNet()
    """
    return ArchitectureOptions().resolve(architecture)
