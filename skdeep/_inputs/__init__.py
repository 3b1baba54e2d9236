"""X as the user gives it -> named arrays and an InputSignature: one mixin for each kind of input."""

from skdeep._inputs.image import ImageInputs
from skdeep._inputs.table import TableInputs

__all__ = ["ImageInputs", "TableInputs"]
