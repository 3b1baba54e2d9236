"""Panels of series: small axes with numbers along time, and series drawn as lines."""

import math

import numpy as np

from skdeep.inspection._plot import _style

_LEFT, _BELOW, _ABOVE = 0.62, 0.45, 0.3  # inches around a panel, for numbers, their meaning and a title
_PALE = 0.6
_LINES = (_style.TEXT, "#E69F00", "#56B4E9", "#CC79A7")


def new_panels(display, ax, n_panels, size, n_columns, *, left=_LEFT, below=_BELOW):
    """Set `ax_`, which holds the panels, and `figure_` of a display; return axes in it, one a panel.

    Parameters
    ----------
    display : object
    ax : matplotlib Axes or None
        None makes a figure of the size that the panels need.
    n_panels : int
    size : tuple of float
        Width and height of a panel in inches, what is around it left out.
    n_columns : int
        At most.
    left, below : float
        Inches beside and under a panel, for what is written there.
    """
    n_columns = min(n_columns, n_panels)
    n_rows = math.ceil(n_panels / n_columns)
    around = np.array([left, below + _ABOVE])
    _style.set_axes(display, ax, tuple((np.array(size) + around) * (n_columns, n_rows)))
    holder = display.ax_
    holder.set_axis_off()
    holder.figure.draw_without_rendering()  # the layout settles how large the axes are
    extent = holder.get_window_extent()
    width, height = extent.width / holder.figure.dpi / n_columns, extent.height / holder.figure.dpi / n_rows
    # In axes that are given and small, half of a cell at least is left for the panel.
    left, below, above = min(left, width / 3), min(below, height / 4), min(_ABOVE, height / 4)
    axes = np.empty(n_panels, dtype=object)
    for index in range(n_panels):
        row, column = divmod(index, n_columns)
        corner = ((column + left / width) / n_columns, (n_rows - row - 1 + below / height) / n_rows)
        shape = (1 - left / width) / n_columns, (1 - (below + above) / height) / n_rows
        axes[index] = holder.inset_axes((*corner, *shape))
    return axes


def draw_series(ax, series, settings=None):
    """Draw the channels of one series as lines over the numbers of its moments; return the lines.

    Parameters
    ----------
    ax : matplotlib Axes
    series : ndarray of shape (time,) or (time, n_channels)
    settings : dict, optional
        Of the lines.
    """
    from matplotlib.ticker import MaxNLocator

    columns = np.asarray(series, dtype=float).reshape(len(series), -1)
    few = columns.shape[1] <= len(_LINES)
    lines = []
    for number, channel in enumerate(columns.T):
        # So many channels that colours would repeat are a bundle.
        values = {"color": _LINES[number] if few else _style.TEXT, "alpha": 1.0 if few else 0.4, "linewidth": 1.2}
        lines += ax.plot(channel, **_style.styled(values, settings))
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    return lines


def shade(ax, values, settings):
    """Colour the background of a panel moment by moment; return the image.

    Parameters
    ----------
    ax : matplotlib Axes
        With what was drawn before, whose limits stay.
    values : ndarray of shape (time,)
    settings : dict
        Of `imshow`.
    """
    limits = ax.get_ylim()
    extent = (-0.5, len(values) - 0.5, 0.0, 1.0)
    # Up and down, it fills the axes whatever the values of a series are; lines stay legible on pale colours.
    where = {"extent": extent, "transform": ax.get_xaxis_transform(), "aspect": "auto", "zorder": 0, "alpha": _PALE}
    image = ax.imshow(np.asarray(values)[None], **where | settings)
    ax.set(xlim=extent[:2], ylim=limits)
    return image


def titled(ax, label):
    """Write a title over a panel, as it is."""
    ax.set_title(label, fontsize=9, color=_style.TEXT, parse_math=False)
