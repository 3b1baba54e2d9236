"""Live numbers that come late: from 0 to 1 in a part of training."""

import math
from dataclasses import dataclass

_ROUNDING = 1e-9  # of fractions of training


@dataclass(frozen=True)
class Ramp:
    """The factor of a number: 0 until `start`, 1 from `end` on, and a straight line between.

    Parameters
    ----------
    start, end : float
        Fractions of training; the same for what comes at once.
    """

    start: float
    end: float

    def __call__(self, fraction):
        """Return the factor at a fraction of training."""
        if fraction >= self.end - _ROUNDING:
            return 1.0
        return max(0.0, (fraction - self.start) / (self.end - self.start)) if fraction > self.start else 0.0

    def within(self, before, length):
        """Return the ramp of a part of training, which begins after `before` and is `length` of the whole."""
        return Ramp((self.start - before) / length, (self.end - before) / length)

    def unwatched(self, epochs):
        """Return the number of epochs, of all that there are, whose losses cannot be compared with later ones.

        If the ramp ends within these epochs, the last of them is as good as it gets.
        """
        n = math.ceil(max(self.end, 0.0) * epochs - _ROUNDING)
        goes_on = self.start >= 1 or self.end > 1 + _ROUNDING
        return min(n, epochs if goes_on else epochs - 1)
