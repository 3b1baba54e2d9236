"""Objects of parameters that stand for a name: schedules, architectures, augmentations."""

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import validate_parameter_constraints

from skdeep.utils._words import Names


class Options(BaseEstimator):
    """Parameters that can be read, set, searched and checked."""

    def validate(self):
        """Raise ValueError if a parameter is out of its range."""
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), caller_name=type(self).__name__
        )


class NamedOptions(Names):
    """Constraint of the parameter `architecture`: a name or an object. Classes have an error of their own later.

    Subclasses have `named`, the classes of Options whose `_name` stands for an object with its defaults; `others`,
    those without a name; `module`, where users find them; and `example`, an object of one of them as text.
    """

    others = ()

    def __init__(self):
        super().__init__({cls._name for cls in self.named})

    def is_satisfied_by(self, val):
        """Whether a value may be one of these."""
        return isinstance(val, (*self.named, *self.others, type)) or super().is_satisfied_by(val)

    def __str__(self):
        names = ", ".join(repr(cls._name) for cls in self.named)
        *first, last = (cls.__name__ for cls in (*self.named, *self.others))
        return f"one of {names}, or an object of {self.module}: {', '.join(first)} or {last}"

    def resolve(self, architecture):
        """Return the object that a name stands for, or the object itself, its parameters checked.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        TypeError
            If it is a class.
        """
        if isinstance(architecture, type):
            raise TypeError(
                f"architecture must be {self}. Got the class {architecture.__name__}: give an object, such as "
                f"{self.example}."
            )
        if isinstance(architecture, str):
            architecture = next(cls for cls in self.named if cls._name == architecture)()
        architecture.validate()
        return architecture
