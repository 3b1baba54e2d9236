"""The candidates of a search, drawn: along one parameter, in cells of two, as lines across all."""

import numpy as np

from skdeep.inspection import _search
from skdeep.inspection._plot import _style

_LETTER = 0.082  # inches of a letter of a tick label
_LONGEST = 16  # letters of a tick label
_PALE, _FAILED = 0.35, "#999999"
_MOST_WRITTEN = 64  # cells with their number in them
_BEST = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 9,
    "markerfacecolor": "none",
    "markeredgewidth": 2,
    "color": _style.VALIDATION,
}


def along(ax, scale, candidates, scores, reduce, settings):
    """Draw scores against the values of a parameter, and a curve of what they are at each value.

    Parameters
    ----------
    ax : matplotlib Axes
    scale : Scale
    candidates : Candidates
    scores : ndarray of shape (n_candidates,)
    reduce : callable or None
        Makes one number of the scores at a value; None draws no curve.
    settings : dict
        Of `scatter`.

    Returns
    -------
    scatter, curve, best, failed : matplotlib artists
        The curve and the marks of failed fits are None where there are none.
    """
    from matplotlib.colors import to_rgba_array

    where, up = scale.positions, candidates.given_up
    if scale.kind == "log":
        ax.set_xscale("log")
    shades = np.where(up, _PALE * 0.8, _PALE * 2)
    colors = to_rgba_array(settings.pop("color", _style.TRAINING)).repeat(len(where), axis=0)
    colors[:, 3] = shades
    scatter = ax.scatter(where, scores, c=colors, **{"s": 18, "linewidths": 0} | settings)
    curve = None
    if reduce is not None:
        heights = _search.summary_of(scale.cells(), scores, len(scale.centres()), reduce)
        there = np.isfinite(heights)
        curve = ax.plot(scale.centres()[there], heights[there], color=_style.TEXT, linewidth=1.5)[0]
        if scale.kind == "category":
            curve.set(linestyle="none", marker="_", markersize=16, markeredgewidth=2)
    best = ax.plot(where[candidates.best_index], scores[candidates.best_index], **_BEST, zorder=4, clip_on=False)[0]
    failed = None
    if np.isnan(scores).any():
        ax.margins(y=0.12)
        # At the bottom of the panel: they have no height.
        places = {"transform": ax.get_xaxis_transform(), "color": _FAILED, "marker": "x", "s": 18, "linewidths": 1}
        failed = ax.scatter(where[np.isnan(scores)], np.full(np.isnan(scores).sum(), 0.04), **places)
    _ticks_along(ax, scale)
    ax.spines[["top", "right"]].set_visible(False)
    return scatter, curve, best, failed


def _ticks_along(ax, scale):
    """Write all values, as far as there is room; a range has matplotlib's own ticks."""
    from matplotlib.ticker import NullLocator

    if scale.kind == "category":
        margin = 0.5 if len(scale.ticks) > 1 else 1.0
        ax.set_xlim(-margin, len(scale.ticks) - 1 + margin)
    if scale.binned:
        return
    low, high = scale.straight(ax.get_xlim())
    places = (scale.straight(scale.ticks) - low) / (high - low)
    _write(ax, "x", scale.ticks, scale.names, places, can_turn=scale.kind == "category")
    ax.xaxis.set_minor_locator(NullLocator())


def _write(ax, axis, ticks, names, places, can_turn):
    """Set ticks whose labels do not overlap: turned if they are categories, else those that fit are written."""
    names = [shortened(name) for name in names]
    along_x = axis == "x"
    inches = ax.get_window_extent().width / ax.figure.dpi
    needed = [len(name) * _LETTER / inches for name in names] if along_x else [0.0] * len(names)
    kept, end = [], -np.inf
    for number in np.argsort(places):
        if places[number] - needed[number] / 2 > end:
            kept.append(number)
            end = places[number] + needed[number] / 2
    turned = len(kept) < len(names) and can_turn
    shown = range(len(names)) if turned else kept
    (ax.set_xticks if along_x else ax.set_yticks)([ticks[one] for one in shown], [names[one] for one in shown])
    ax.tick_params(labelsize=8)
    if turned:
        ax.tick_params(axis="x", labelrotation=30)
        for label in ax.get_xticklabels():
            label.set(horizontalalignment="right", rotation_mode="anchor")


def room_for(scales):
    """Return the inches that the longest label of a tick takes."""
    return _LETTER * max(len(shortened(name)) for scale in scales for name in scale.names)


def shortened(name):
    """Return the beginning of a long name."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def cells(ax, across, up, candidates, scores, reduce, settings):
    """Draw what the scores are in each cell of two parameters; return the image.

    Parameters
    ----------
    ax : matplotlib Axes
    across, up : Scale
    candidates : Candidates
    scores : ndarray of shape (n_candidates,)
    reduce : callable
        Makes one number of the scores in a cell.
    settings : dict
        Of `imshow`.
    """
    shape = len(up.centres()), len(across.centres())
    columns, rows = across.cells(), up.cells()
    inside = np.where((columns >= 0) & (rows >= 0), rows * shape[1] + columns, -1)
    grid = _search.summary_of(inside, scores, shape[0] * shape[1], reduce).reshape(shape)
    image = ax.imshow(grid, origin="lower", aspect="auto", interpolation="nearest", **settings)
    only_failed = np.isnan(grid) & (np.bincount(inside[inside >= 0], minlength=grid.size).reshape(shape) > 0)
    for row, column in np.argwhere(only_failed):
        ax.text(column, row, "failed", ha="center", va="center", fontsize=7, color=_FAILED)
    if grid.size <= _MOST_WRITTEN and shape[1] <= 8:
        _write_numbers(ax, grid, image)
    best = candidates.best_index
    if inside[best] >= 0:
        from matplotlib.patches import Rectangle

        corner = columns[best] - 0.48, rows[best] - 0.48
        ax.add_patch(Rectangle(corner, 0.96, 0.96, fill=False, edgecolor=_style.VALIDATION, linewidth=2.5))
    for axis, scale, n_cells in (("x", across, shape[1]), ("y", up, shape[0])):
        ticks = np.arange(len(scale.ticks)) - (0.5 if scale.binned else 0.0)
        _write(ax, axis, ticks, scale.names, (ticks + 0.5) / n_cells, can_turn=scale.kind == "category")
    ax.spines[:].set_visible(False)
    return image


def _write_numbers(ax, grid, image):
    for (row, column), number in np.ndenumerate(grid):
        if np.isfinite(number):
            red, green, blue, _ = image.to_rgba(number)
            color = "black" if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else "white"
            ax.text(column, row, written(number), ha="center", va="center", fontsize=7, color=color)


def written(score):
    """Return a score in three or four digits."""
    return f"{score:.3f}" if abs(score) < 100 else f"{score:.4g}"


def parallel(ax, scales, names, candidates, scores, norm, cmap, settings):
    """Draw a line for each candidate across all parameters, to its score at the right; return the lines.

    Parameters
    ----------
    ax : matplotlib Axes
    scales : list of Scale
    names : list of str
        Of the parameters, and of the score.
    candidates : Candidates
    scores : ndarray of shape (n_candidates,)
    norm : matplotlib Normalize
    cmap : str
    settings : dict
        Of the lines.
    """
    from matplotlib import colormaps

    columns = [*scales, _search.scale_of(np.ma.array(scores, mask=np.isnan(scores), dtype=object), as_range=True)]
    heights = np.column_stack([_share(scale) for scale in columns])
    order = np.argsort(np.where(np.isnan(scores), -np.inf, scores), kind="stable")
    order = order if candidates.greater_is_better else order[::-1]
    palette, lines = colormaps[cmap], [None] * len(scores)
    for place, row in enumerate(order):
        values = {"color": palette(norm(scores[row])), "linewidth": 1.2, "alpha": _PALE * 2, "zorder": 2 + place / 1e6}
        if np.isnan(scores[row]):
            values |= {"color": _FAILED, "linestyle": ":", "zorder": 1.5}
        elif candidates.given_up[row]:
            values |= {"linestyle": "--", "alpha": _PALE}
        if row == candidates.best_index:
            values |= {"color": _style.VALIDATION, "linewidth": 3, "alpha": 1.0, "zorder": 3}
        lines[row] = ax.plot(heights[row], **_style.styled(values, settings))[0]
    for place, scale in enumerate(columns):
        _upright(ax, place, scale)
    ax.set(xlim=(-0.25, len(columns) - 0.5), ylim=(-0.06, 1.06), yticks=[])
    labels = [shortened_name(name) for name in names]
    ax.set_xticks(range(len(columns)), labels, fontsize=9)
    ax.tick_params(axis="x", length=0)
    ax.spines[:].set_visible(False)
    return lines


def shortened_name(name):
    """Return a name of a parameter in two lines at most, parted where it is nested or between words."""
    if len(name) <= _LONGEST:
        return name
    breaks = [place + 1 for place, letter in enumerate(name[:-1]) if letter == "_" and name[place + 1] != "_"]
    if not breaks:
        return name
    middle = min(breaks, key=lambda place: abs(place - len(name) / 2))
    return f"{name[:middle]}\n{name[middle:]}"


def _share(scale):
    """Return where the values lie between the ends of an axis, in [0, 1]; the middle where all are one."""
    where, ends = scale.straight(scale.positions), scale.straight(scale.ticks[[0, -1]])
    return (where - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else np.where(np.isnan(where), np.nan, 0.5)


def _upright(ax, place, scale):
    """Draw the axis of one parameter of parallel coordinates, with its values."""
    ax.plot([place, place], [0, 1], color=_style.TEXT, linewidth=1, zorder=4)
    ends = scale.straight(scale.ticks[[0, -1]])
    ticks = scale.straight(scale.ticks)
    heights = (ticks - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else np.full(len(ticks), 0.5)
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "boxstyle": "round,pad=0.1"}
    before = -np.inf
    for height, name in sorted(zip(heights, scale.names, strict=True)):
        if height - before >= 0.05:
            ax.annotate(
                shortened(name), (place, height), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7,
                color=_style.TEXT, bbox=box, zorder=5,
            )  # fmt: skip
            before = height
