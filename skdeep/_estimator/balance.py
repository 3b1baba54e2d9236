"""How a classifier balances classes: by weights in the loss, from the start or late, and by how often it sees them."""

from dataclasses import dataclass
from typing import Any

_POWERS = {"balanced": 0.0, "sqrt": 0.5}


@dataclass(frozen=True)
class Balance:
    """The parameters of a classifier that balance classes.

    Parameters
    ----------
    class_weight, deferred_fraction, batch_sampling : object
        As the parameters of a classifier.
    """

    class_weight: Any = None
    deferred_fraction: float = 0.0
    batch_sampling: Any = None

    @property
    def power(self):
        """What numbers of rows are raised to for the shares of classes in batches; 1 leaves them as they are."""
        sampling = self.batch_sampling
        return 1.0 if sampling is None else _POWERS[sampling] if isinstance(sampling, str) else float(sampling)

    @property
    def is_deferred(self):
        """Whether the weights of classes count from a later step on."""
        return self.deferred_fraction > 0


def balance_of(parameters):
    """Return the Balance that parameters of a classifier describe.

    Raises
    ------
    ValueError
        If they do not go together.
    """
    if parameters.deferred_fraction and parameters.class_weight is None:
        raise ValueError(
            f"deferred_fraction={parameters.deferred_fraction!r} says when class weights begin to count, but "
            'class_weight is None. Give class_weight="balanced", "effective" or a dict.'
        )
    if parameters.batch_sampling is not None and not parameters.shuffle:
        raise ValueError(
            f"batch_sampling={parameters.batch_sampling!r} draws rows at random and cannot be used with shuffle=False."
        )
    return Balance(parameters.class_weight, float(parameters.deferred_fraction), parameters.batch_sampling)
