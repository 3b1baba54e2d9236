"""What the parameter `architecture` accepts: a name, or an object of skdeep.tabular.architectures."""

from skdeep.tabular.architectures import MLP, Architecture, FTTransformer, RealMLP, ResNet, TabM, WideDeep
from skdeep.utils._words import Names

_NAMED = {cls._name: cls for cls in (RealMLP, TabM, ResNet, FTTransformer, WideDeep, MLP)}
_ACCEPTED = (
    f"one of {', '.join(map(repr, _NAMED))}, or an object of skdeep.tabular.architectures: "
    f"{', '.join(cls.__name__ for cls in _NAMED.values())}"
)


class ArchitectureOptions(Names):
    """Constraint of the parameter `architecture`: a name or an object. Classes have an error of their own later."""

    def __init__(self):
        super().__init__(set(_NAMED))

    def is_satisfied_by(self, val):
        """Whether a value may be an architecture."""
        return isinstance(val, (Architecture, type)) or super().is_satisfied_by(val)

    def __str__(self):
        return _ACCEPTED


def resolve(architecture):
    """Return the architecture of a name, or the object itself, its parameters checked.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    TypeError
        If it is a class.
    """
    if isinstance(architecture, type):
        raise TypeError(
            f"architecture must be {_ACCEPTED}. Got the class {architecture.__name__}: give an object, such as "
            "RealMLP(dropout=0.3)."
        )
    architecture = _NAMED[architecture]() if isinstance(architecture, str) else architecture
    architecture.validate()
    return architecture
