"""The arithmetic of random convolutions: which kernels and dilations, their responses, and shares of positive ones.

Time is the first axis of all arrays, so that a shift in time is a slice of whole rows and nothing is copied. Weights
are -1 and 2, so a response is minus the sum of nine shifts, plus three times the sum of three of them:

    c[t] = - sum_i x[t + (i - 4) d] + 3 (x[t + (i1 - 4) d] + x[t + (i2 - 4) d] + x[t + (i3 - 4) d])

The first sum belongs to all kernels of a dilation, and the first two of the three shifts to all kernels of a pair.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

LENGTH = 9
N_KERNELS = 84  # ways to choose three of nine
MOST_DILATIONS = 32

_PAIRS = tuple(pair for pair in combinations(range(LENGTH), 2) if pair[1] < LENGTH - 1)
_COUNTABLE = 255  # what a byte can count
_GOLDEN = (np.sqrt(5) + 1) / 2


@dataclass(frozen=True)
class Dilation:
    """All kernels of one dilation.

    Parameters
    ----------
    step : int
        Moments between two weights of a kernel.
    channels : tuple of ndarray of int
        For each pair of positions, the channels that its kernels add up.
    padded : tuple of bool
        For each pair, whether there are zeros around a series, so that the kernel is also laid over its ends.
    biases : ndarray of shape (84, biases of a kernel)
        What responses are compared with.
    """

    step: int
    channels: tuple
    padded: tuple
    biases: np.ndarray


def dilations(length, n_per_kernel):
    """Return dilations, evenly spread on a logarithmic scale, and the number of biases of a kernel at each of them."""
    n_exponents = min(n_per_kernel, MOST_DILATIONS)
    highest = np.log2(max(length - 1, LENGTH - 1) / (LENGTH - 1))
    steps, times = np.unique(np.floor(2 ** np.linspace(0, highest, n_exponents)).astype(int), return_counts=True)
    counts = times * n_per_kernel // n_exponents
    # What the rounding left goes to the first, which are the finest.
    missing = n_per_kernel - counts.sum()
    counts += missing // len(counts)
    counts[: missing % len(counts)] += 1
    return steps.tolist(), counts.tolist()


def draw(step, number, n_channels, rng):
    """Return a Dilation without its biases, with random channels.

    The number of channels is small more often than large: two to the power of an even draw.
    """
    most = min(n_channels, LENGTH)
    sizes = np.floor(2 ** rng.uniform(0, np.log2(most + 1), len(_PAIRS))).astype(int).clip(1, most)
    channels = tuple(np.sort(rng.permutation(n_channels)[:size]) for size in sizes)
    return Dilation(step, channels, tuple((number + pair) % 2 == 0 for pair in range(len(_PAIRS))), np.empty(0))


def quantiles(n, first):
    """Return n numbers between 0 and 1 that fill the range evenly, from any one on."""
    return (np.arange(first + 1, first + n + 1) * _GOLDEN) % 1


def responses(values, lengths, dilation):
    """Yield the number of each kernel, its responses, and whether they are of padded series.

    Parameters
    ----------
    values : ndarray of shape (channels, time, n)
        Zero after the end of a series.
    lengths : ndarray of shape (n,)
    dilation : Dilation

    Yields
    ------
    kernel : int
    response : ndarray of shape (at most time, n)
        Minus infinity where a shorter series has none; it is overwritten by the next one.
    padded : bool
    """
    _, time, n = values.shape
    step, reach = dilation.step, dilation.step * (LENGTH // 2)
    around = np.zeros((len(values), time + 2 * reach, n), np.float32)
    around[:, reach : reach + time] = values
    covered, outside = _covered(time, lengths, reach)
    base = np.empty((time, n), np.float32)
    response = np.empty_like(base)
    sums = [_sum_of_shifts(channel, time, step) for channel in around]
    around *= 3
    kernel = 0
    for (i, j), channels, padded in zip(_PAIRS, dilation.channels, dilation.padded, strict=True):
        start, stop = covered[padded]
        part, result = base[start:stop], response[start:stop]
        x = _total([around[channel] for channel in channels])
        np.add(x[i * step + start :][: len(part)], x[j * step + start :][: len(part)], out=part)
        part -= _total([sums[channel][start:stop] for channel in channels])
        if outside:
            np.copyto(part, -np.inf, where=outside[padded])
        for k in range(j + 1, LENGTH):
            yield kernel, np.add(part, x[k * step + start :][: len(part)], out=result), padded
            kernel += 1


def _sum_of_shifts(x, time, step):
    total = x[:time].copy()
    for i in range(1, LENGTH):
        total += x[i * step :][:time]
    return total


def _total(arrays):
    return arrays[0] if len(arrays) == 1 else np.sum(arrays, axis=0)


def _covered(time, lengths, reach):
    """Return where there are responses, and where in between there are none, without and with padding."""
    if (lengths == time).all():
        margin = reach if time > 2 * reach else 0
        return {True: (0, time), False: (margin, time - margin)}, None
    moments = np.arange(time)[:, None]
    ended = moments >= lengths
    # A kernel that is longer than a series is laid over its ends in any case.
    margin = np.where(lengths > 2 * reach, reach, 0)
    outside = {True: ended, False: (moments < margin) | (moments >= lengths - margin)}
    return dict.fromkeys((False, True), (0, time)), outside


def n_moments(lengths, dilation, padded):
    """Return how many responses there are to each series."""
    reach = dilation.step * (LENGTH // 2)
    return lengths if padded else np.where(lengths > 2 * reach, lengths - 2 * reach, lengths)


def positive_shares(values, lengths, dilation):
    """Return, for each bias of a dilation, the share of the responses to each series that are larger.

    Returns
    -------
    shares : ndarray of float32 of shape (84, biases of a kernel, n)
    """
    shares = np.empty((*dilation.biases.shape, len(lengths)), np.float32)
    larger = np.empty(values.shape[1:], bool)
    counts = {padded: n_moments(lengths, dilation, padded).astype(np.float32) for padded in (False, True)}
    for kernel, response, padded in responses(values, lengths, dilation):
        for number, bias in enumerate(dilation.biases[kernel]):
            flags = np.greater(response, bias, out=larger[: len(response)])
            np.divide(_count(flags), counts[padded], out=shares[kernel, number])
    return shares


def _count(flags):
    """Return how many flags of each column are set; bytes are added up, which is fast, as long as none can overflow."""
    flags, total = flags.view(np.uint8), 0
    for start in range(0, len(flags), _COUNTABLE):
        part = np.add.reduce(flags[start : start + _COUNTABLE], axis=0, dtype=np.uint8)
        total = part if len(flags) <= _COUNTABLE else total + part.astype(np.int64)
    return total


def biases(values, lengths, dilation, n_biases, first):
    """Return quantiles of the responses to random series, one for each kernel.

    Parameters
    ----------
    values : ndarray of shape (channels, time, n)
        Of series in random order, which are taken in turn.
    lengths : ndarray of shape (n,)
    dilation : Dilation
    n_biases : int
        Of each kernel.
    first : int
        How many quantiles were taken before.
    """
    rows = np.arange(N_KERNELS) % len(lengths)
    found = np.full((N_KERNELS, values.shape[1]), -np.inf, np.float32)
    counts = np.empty(N_KERNELS, int)
    for kernel, response, padded in responses(values, lengths, dilation):
        found[kernel, : len(response)] = response[:, rows[kernel]]
        counts[kernel] = n_moments(lengths[rows[kernel]], dilation, padded)
    found.sort(axis=1)
    places = quantiles(N_KERNELS * n_biases, first).reshape(N_KERNELS, n_biases)
    # Minus infinity comes first: it is no response.
    places = (values.shape[1] - counts)[:, None] + places * (counts - 1)[:, None]
    below = np.floor(places).astype(int)
    above = np.minimum(below + 1, values.shape[1] - 1)
    lower, upper = (np.take_along_axis(found, each, axis=1) for each in (below, above))
    return (lower + (upper - lower) * (places - below)).astype(np.float32)
