"""Rows as a model takes them."""

from dataclasses import dataclass
from typing import Any

from skdeep.wrappers import _validation


@dataclass(frozen=True)
class Rows:
    """Inputs and targets in the structures of a model; weights for all outputs, or for each."""

    X: Any
    y: Any = None
    sample_weight: Any = None

    @property
    def n_rows(self):
        """Number of rows."""
        return _validation.first(self.X).shape[0]

    def taken(self, rows):
        """Return some of the rows."""
        return Rows(*(_validation.taken(one, rows) for one in (self.X, self.y, self.sample_weight)))
