"""In which order an epoch visits the rows; every order has the same length in every epoch.

What an epoch sees follows from the seed and the number of the epoch alone, so that training in several calls sees what
training in one call sees.
"""

from dataclasses import dataclass

import numpy as np


def _random(seed, epoch):
    return np.random.Generator(np.random.Philox(key=[seed, epoch]))


@dataclass(frozen=True)
class Shuffled:
    """Every row once, in a new random order each epoch."""

    n_rows: int

    def __len__(self):
        return self.n_rows

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        return _random(seed, epoch).permutation(self.n_rows).astype(np.int32)


@dataclass(frozen=True)
class AsGiven:
    """Every row once, in the order of the data."""

    n_rows: int

    def __len__(self):
        return self.n_rows

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        return np.arange(self.n_rows, dtype=np.int32)


@dataclass(frozen=True)
class ByClass:
    """Every class equally often: each stretch of as many rows as there are classes has one row of each.

    The rows of a class are visited in random order, all of them before any comes again.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows,)
        Number of the class of each row.
    """

    codes: np.ndarray

    def __len__(self):
        return len(self.codes)

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        random = _random(seed, epoch)
        classes = np.unique(self.codes)
        n_rounds = -(-len(self) // len(classes))
        drawn = np.stack([self._of_class(code, n_rounds, random) for code in classes], axis=1)
        return random.permuted(drawn, axis=1).reshape(-1)[: len(self)].astype(np.int32)

    def _of_class(self, code, n_rows, random):
        members = np.flatnonzero(self.codes == code)
        passes = [random.permutation(members) for _ in range(-(-n_rows // len(members)))]
        return np.concatenate(passes)[:n_rows]


@dataclass(frozen=True)
class Weighted:
    """Rows drawn with replacement, each as often as its weight says.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Not negative, and not all zero.
    """

    weights: np.ndarray

    def __len__(self):
        return len(self.weights)

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        shares = np.asarray(self.weights, np.float64)
        return _random(seed, epoch).choice(len(self), len(self), p=shares / shares.sum()).astype(np.int32)


@dataclass(frozen=True)
class Drawn:
    """Rows drawn with replacement, all equally often, as many as are asked for.

    Members that learn from rows of their own draw them at once: those of the first member come first.

    Parameters
    ----------
    n_rows : int
        To draw from.
    n_drawn : int
        In an epoch.
    """

    n_rows: int
    n_drawn: int

    def __len__(self):
        return self.n_drawn

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        return _random(seed, epoch).integers(self.n_rows, size=self.n_drawn, dtype=np.int32)
