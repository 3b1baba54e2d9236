"""The headline rows as a picture: families side by side, everybody's time or memory in multiples of ours."""

from textwrap import fill

from _contenders import AEON, KERAS, OURS, SCIKERAS, SKLEARN, TORCH

# Colours that all eyes tell apart.
_COLOURS = {
    OURS: "#0072B2",
    SKLEARN: "#E69F00",
    KERAS: "#56B4E9",
    SCIKERAS: "#009E73",
    TORCH: "#CC79A7",
    AEON: "#D55E00",
}
# Inches: a column, the names of its rows, what is above and below, and the height of a row.
_WIDTH, _LABELS, _ABOVE, _BELOW, _SLOT = 6.6, 2.3, 0.8, 0.8, 0.86
_STEP = 0.19  # of a slot, from one contender to the next
_TITLE = "Time and memory, and in brackets how many times ours: less is better"
_SCALE = "multiples of scikit-deep's, on a logarithmic scale"


def columns(parts):
    """Share families out to two columns, each to the one that has fewer rows so far.

    Parameters
    ----------
    parts : list of list of Row
        The rows of each family.

    Returns
    -------
    columns : list of list of list of Row
        One column if there is one family.
    """
    shared = [[] for _ in range(min(2, len(parts)))]
    for part in parts:
        min(shared, key=lambda column: sum(map(len, column))).append(part)
    return shared


def draw(parts, quantity, number, footer, quick, path):
    """Draw the rows of each family, and save the picture.

    Parameters
    ----------
    parts : list of list of Row
        The rows of each family.
    quantity, number : callable
        How a value with its unit, and a ratio, are written.
    footer : str
        The machine and the versions.
    quick : bool
        Whether the figures only show that the benchmark runs.
    path : path-like
        Where the picture goes.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shared = columns(parts)
    heights = [sum(len(part) + 1 for part in column) for column in shared]
    figure = plt.figure(figsize=(_WIDTH * len(shared), _ABOVE + _SLOT * max(heights) + _BELOW))
    rows = [row for part in parts for row in part]
    for place, (column, n_slots) in enumerate(zip(shared, heights, strict=True)):
        ax = figure.add_axes(_place(place, n_slots, *figure.get_size_inches()))
        _draw_column(ax, column, quantity, number)
        _style(ax, rows, n_slots, plt)
    names = [name for name in _COLOURS if any(name in row.values for row in rows)]
    handles = [plt.Line2D([], [], color=_COLOURS[name], marker="o", linewidth=3, markersize=8) for name in names]
    title = _TITLE + (" (a quick run, not representative)" if quick else "")
    inches = figure.get_figheight()
    figure.text(0.012, 1 - 0.14 / inches, title, va="top", fontsize=17, fontweight="bold")
    above = {"loc": "upper left", "bbox_to_anchor": (0.004, 1 - 0.44 / inches)}
    figure.legend(handles, names, ncols=len(names), frameon=False, fontsize=12, **above)
    figure.text(0.012, 0.1 / inches, footer, fontsize=9, color="#666666")
    figure.savefig(path, dpi=120, facecolor="white")
    plt.close(figure)


def _place(place, n_slots, width, height):
    """Return left, bottom, width and height of a column, in parts of the figure: each begins at the top."""
    left = _WIDTH * place + _LABELS
    tall = _SLOT * n_slots
    return left / width, (height - _ABOVE - tall) / height, (_WIDTH - _LABELS - 0.05) / width, tall / height


def _draw_column(ax, column, quantity, number):
    """Draw families below each other: a name, then a slot for each row."""
    place = 0
    for part in column:
        ax.annotate(
            part[0].subject,
            (0, place + 0.28),
            xycoords=("axes fraction", "data"),
            xytext=(-10, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=14,
            fontweight="bold",
        )
        for slot, row in enumerate(part, start=place + 1):
            _draw_row(ax, slot, row, quantity, number)
        place += len(part) + 1


def _draw_row(ax, slot, row, quantity, number):
    """Draw a point for each contender, ours first, with what it takes and how many times ours that is."""
    names = [name for name in _COLOURS if name in row.values]
    for step, name in enumerate(names):
        height, ratio = slot + _STEP * (step - (len(names) - 1) / 2), row.ratios[name]
        ax.hlines(height, 0, ratio, color=_COLOURS[name], linewidth=3, zorder=2)
        ax.plot(ratio, height, "o", color=_COLOURS[name], markersize=8, zorder=3)
        text = quantity(row.values[name], row.unit) + ("†" if name in row.extrapolated else "")
        ax.annotate(
            text if name == OURS else f"{text}  ({number(ratio, digits=2)})",
            (ratio, height),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            fontweight="bold" if name == OURS else "normal",
            zorder=4,
        )
    label = row.label[0].upper() + row.label[1:]
    ax.annotate(
        fill(label, 27),
        (0, slot),
        xycoords=("axes fraction", "data"),
        xytext=(-10, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=10.5,
    )


def _style(ax, rows, n_slots, plt):
    """Give all columns the same logarithmic scale, which leaves room for the numbers at the right."""
    ratios = [ratio for row in rows for ratio in row.ratios.values()]
    ax.set_xscale("log")
    least, most = min(*ratios, 1), max(*ratios, 1)
    span = most / least
    ax.set_xlim(least / span**0.06, most * span**0.3)
    ax.set_ylim(n_slots - 0.45, 0)
    ax.axvline(1, color=_COLOURS[OURS], linewidth=1, linestyle=":", zorder=1)
    ax.xaxis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel(_SCALE, fontsize=11)
    ax.set_yticks([])
    ax.grid(axis="x", color="#dddddd", zorder=0)
    ax.tick_params(axis="both", which="both", length=0)
    ax.spines[:].set_visible(False)
    ax.spines["left"].set_visible(True)
    ax.spines["left"].set_color("#bbbbbb")
