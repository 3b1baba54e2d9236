"""Sheets of small images: a grid that suits them, and grey or colour whatever their values are."""

import math

import numpy as np

from skdeep.inspection._plot import _style

_FIGURE, _SMALLEST_CELL, _LARGEST_CELL = 6.4, 0.8, 1.9  # inches
_GAP = 0.08  # of a cell
_FONT_SIZE, _SMALLEST_FONT_SIZE = 9.0, 4.0
_LINE, _LETTER = 1.3, 0.58  # height of a line and width of a letter, in font sizes


def grid(n_images, shape, together=1):
    """Return the (rows, columns) of a sheet that is as square as it can be.

    Parameters
    ----------
    n_images : int
    shape : tuple
        Height and width of an image.
    together : int
        So many neighbours stay in one row.
    """
    n_groups = max(1, math.ceil(n_images / together))
    columns = math.ceil(math.sqrt(n_groups * shape[0] / (shape[1] * together)))
    columns = min(max(columns, 1), n_groups)
    return math.ceil(n_groups / columns), columns * together


def new_sheet(display, ax, n_images, shape, *, title=None, labels=(), together=1):
    """Set `ax_`, which holds the sheet, and `figure_` of a display; return an array of axes in it, one an image.

    Parameters
    ----------
    display : object
    ax : matplotlib Axes or None
        None makes a figure of the size that the sheet needs.
    n_images : int
    shape : tuple
        Height and width of an image.
    title : str, optional
        Of the sheet.
    labels : sequence of str
        What will be written over the images, for which room is left.
    together : int
        So many neighbours stay in one row.
    """
    rows, columns = grid(n_images, shape, together)
    n_lines = max((label.count("\n") + 1 for label in labels if label), default=0)
    _style.set_axes(display, ax, _figure_size(rows, columns, shape, n_lines, title))
    ax = display.ax_
    ax.set_axis_off()
    if title is not None:
        ax.set_title(title, color=_style.TEXT)
    if not n_images:
        return np.empty(0, dtype=object)
    ax.figure.draw_without_rendering()  # the layout settles how large the axes are
    extent = ax.get_window_extent()
    cell = np.array([extent.width / columns, extent.height / rows]) * 72 / ax.figure.dpi
    size = _font_size(labels, cell, n_lines)
    above = n_lines * size * _LINE / cell[1]
    axes = np.empty(n_images, dtype=object)
    for index in range(n_images):
        row, column = divmod(index, columns)
        corner = ((column + _GAP / 2) / columns, (rows - row - 1 + _GAP / 2) / rows)
        axes[index] = ax.inset_axes((*corner, (1 - _GAP) / columns, (1 - _GAP - above) / rows))
        axes[index].set_axis_off()
        if index < len(labels) and labels[index]:
            axes[index].set_title(labels[index], fontsize=size, pad=0.25 * size, color=_style.TEXT, parse_math=False)
    return axes


def _figure_size(rows, columns, shape, n_lines, title):
    ratio = shape[0] / shape[1]
    width = min(max(_FIGURE / max(columns, rows * ratio), _SMALLEST_CELL), _LARGEST_CELL)
    height = max(width * ratio, 0.1) + n_lines * _FONT_SIZE * _LINE / 72
    return max(columns * width, 3.0), max(rows * height, 0.6) + (0.4 if title else 0.0)


def _font_size(labels, cell, n_lines):
    """Return the largest size at which the longest label fits the width, and leaves half of the height, of a cell."""
    longest = max((len(line) for label in labels for line in label.split("\n")), default=0)
    if not longest:
        return _FONT_SIZE
    fits = min(cell[0] / (longest * _LETTER), cell[1] / (2 * n_lines * _LINE))
    return min(max(fits, _SMALLEST_FONT_SIZE), _FONT_SIZE)


def draw(ax, image, limits, im_kw=None):
    """Draw one image of shape (height, width[, channels]): colour if there are three or four channels, else grey.

    Parameters
    ----------
    ax : matplotlib Axes
    image : ndarray
        An alpha channel is left out; other channels are averaged.
    limits : tuple of float
        Values shown as black and white.
    im_kw : dict, optional
        Settings of `imshow`.
    """
    low, high = limits
    image = np.asarray(image, dtype=np.float64)
    settings = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": "nearest"} | (im_kw or {})
    if image.ndim == 2:
        return ax.imshow(image, **settings)
    if image.shape[-1] in (3, 4):
        return ax.imshow(np.clip((image[..., :3] - low) / ((high - low) or 1.0), 0, 1), **settings)
    return ax.imshow(image.mean(axis=-1), **settings)
