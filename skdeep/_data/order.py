"""In which order an epoch visits the rows; every order has the same length in every epoch.

What an epoch sees follows from the seed and the number of the epoch alone, so that training in several calls sees what
training in one call sees.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

_POOLS = 2**32  # first of the streams of classes, beyond the numbers of all epochs
_NUMBERS_A_COUNT = 4  # that Philox makes of one value of its counter
_SEEDS = 2**32  # of one member; those of the next lie beyond


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
    """Classes in other shares than they have: rare ones more often, frequent ones less.

    An epoch has as many rows of a class as its share says, and never none; they are spread evenly over the epoch, at
    random. The rows of a class are visited in random order, all of them before any comes again: where an epoch ends,
    the next one goes on. So every row is seen, however frequent its class.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows,)
        Number of the class of each row.
    power : float
        Between 0 and 1. The share of a class is proportional to its number of rows, raised to this: 0 makes all
        classes equally frequent, 1 leaves them as they are.
    """

    codes: np.ndarray
    power: float = 0.0

    def __len__(self):
        return len(self.codes)

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        classes, counts = np.unique(self.codes, return_counts=True)
        quotas = len(self) * class_shares(counts, self.power)
        wanted = _whole(quotas)
        rows = [
            _visited(np.flatnonzero(self.codes == code), epoch * n, (epoch + 1) * n, seed, _POOLS + int(number))
            for number, (code, n) in enumerate(zip(classes, wanted, strict=True))
        ]
        # The first of n rows comes in the first nth of the epoch, the second one in the second, and so on.
        random = _random(seed, epoch)
        times = [(np.arange(n) + random.random(n)) / quota for n, quota in zip(wanted, quotas, strict=True)]
        return np.concatenate(rows)[np.argsort(np.concatenate(times), kind="stable")].astype(np.int32)


def class_shares(counts, power):
    """Return the shares of classes in an epoch of `ByClass`.

    Parameters
    ----------
    counts : array-like of shape (n_classes,)
        Rows of each class; a class without rows is not visited.
    power : float
        0 makes all classes equally frequent, 1 leaves them as they are.

    Returns
    -------
    shares : ndarray of shape (n_classes,)
        They sum to one.
    """
    counts = np.asarray(counts, np.float64)
    raised = np.where(counts > 0, counts, 1.0) ** power * (counts > 0)
    return raised / raised.sum()


def _whole(quotas):
    """Return whole numbers of the same sum: each quota is rounded down, but to one, and the largest rests get more."""
    whole = np.maximum(np.floor(quotas + 1e-9), 1).astype(int)
    left = round(quotas.sum()) - whole.sum()
    whole[np.argsort(whole - quotas, kind="stable")[:left]] += 1
    return whole


def _visited(members, start, stop, seed, pool):
    """Return the visits from number `start` to `stop` to the members of a class, who come in a new order each pass."""
    n = len(members)
    first, last = start // n, -(-stop // n)
    keys = _uniform(first * n, last * n, seed, pool).reshape(-1, n)
    return members[np.argsort(keys, axis=1).reshape(-1)[start - first * n : stop - first * n]]


def _uniform(start, stop, seed, stream):
    """Return random numbers from one position of a stream to another, whatever was drawn of it before."""
    skipped = start // _NUMBERS_A_COUNT
    random = np.random.Generator(np.random.Philox(key=[seed, stream], counter=skipped))
    return random.random(stop - skipped * _NUMBERS_A_COUNT)[start - skipped * _NUMBERS_A_COUNT :]


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


@dataclass(frozen=True)
class OneStep:
    """The batches of another order, one in each epoch; what is left of its epochs beyond whole batches is left out.

    Parameters
    ----------
    order : Shuffled, AsGiven, ...
    batch_size : int
    """

    order: Any
    batch_size: int

    def __len__(self):
        return min(self.batch_size, len(self.order))

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        passes, step = divmod(epoch, len(self.order) // len(self))
        return self.order.rows(passes, seed)[step * len(self) : (step + 1) * len(self)]


@dataclass(frozen=True)
class ByMember:
    """Rows of their own for each member of an ensemble: one row of each member, then the next of each.

    An epoch is as long for all as it is for the member with the fewest rows.

    Parameters
    ----------
    orders : tuple of (order, ndarray of int)
        For each member, the order in which it visits its rows, and their numbers among all rows.
    """

    orders: tuple

    def __len__(self):
        return len(self.orders) * min(len(order) for order, _ in self.orders)

    def rows(self, epoch, seed):
        """Return the numbers of the rows of one epoch."""
        n_rows = len(self) // len(self.orders)
        visited = [
            numbers[order.rows(epoch, seed + member * _SEEDS)[:n_rows]]
            for member, (order, numbers) in enumerate(self.orders)
        ]
        return np.stack(visited, axis=1).reshape(-1).astype(np.int32)
