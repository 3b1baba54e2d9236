"""How many moments make a season."""

import numpy as np

_MOST_MOMENTS = 4_000
_LONGEST_SEASON = 400
_CLEAR = 0.3  # share of what varies around the trend that a season has to explain
_CLEARER = 0.5  # the same, where the frequency does not name one and many are tried
_ALMOST = 0.9


def find_season(panel):
    """Return the number of moments of the season of a panel, or None.

    A frequency of the index, such as monthly, names a season, which is taken if the series has it. Else all lengths are
    tried, and the shortest of those that explain most is taken.
    """
    series = [values[-_MOST_MOMENTS:] for values in panel.series]
    shortest = min(map(len, series))
    named = {timeline.season for timeline in panel.timelines if timeline is not None and timeline.season}
    if len(named) == 1:
        (season,) = named
        if shortest >= 2 * season + 1:
            return season if _mean_strength(series, season) > _CLEAR else None
        return None
    lengths = range(2, min(shortest // 4, _LONGEST_SEASON) + 1)
    strengths = np.array([_mean_strength(series, length) for length in lengths])
    if not len(strengths) or strengths.max() < _CLEARER:
        return None
    return lengths[int(np.argmax(strengths >= _ALMOST * strengths.max()))]


def _mean_strength(series, season):
    return float(np.mean([strength(values, season) for values in series]))


def strength(values, season):
    """Return the share of the variance around a moving average that the means of the phases explain.

    It is adjusted, as in a regression, for what means of random numbers would explain: 0 is none, 1 is all.
    """
    detrended = values - _moving_average(values, season)
    half = season // 2
    detrended = detrended[half : len(detrended) - half]
    n = len(detrended)
    total = detrended.var()
    if n <= season or total <= np.finfo(float).eps * np.square(values).max(initial=0):
        return 0.0
    phases = np.arange(n) % season
    means = np.bincount(phases, detrended) / np.bincount(phases)
    left = np.square(detrended - means[phases]).mean() / total
    return 1 - left * (n - 1) / (n - season)


def _moving_average(values, season):
    """Return a centred average over one season; of an even one, the moments at both ends count half."""
    weights = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    return np.convolve(values, weights / season, mode="same")
