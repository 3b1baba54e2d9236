"""What the displays share: matplotlib, imported late, and colours that colour-blind readers can tell apart."""

# From the palette of Okabe and Ito (2008), "Color universal design".
TRAINING, VALIDATION, SCORE = "#0072B2", "#D55E00", "#009E73"
LEARNING_RATE, TEXT = "#7F7F7F", "#333333"


def set_axes(display, ax, figsize=None):
    """Set `ax_` and `figure_` of a display: the axes given, or those of a new figure of this size in inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    check_matplotlib(f"{type(display).__name__}.plot")
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=figsize, layout="constrained")[1]
    display.ax_, display.figure_ = ax, ax.figure


def check_matplotlib(caller):
    """Raise ImportError if matplotlib is not installed; asked before work that takes long."""
    try:
        import matplotlib.pyplot  # noqa: F401
    except ImportError as error:
        raise ImportError(f'{caller} needs matplotlib, which `pip install "scikit-deep[plot]"` installs.') from error


def styled(defaults, settings):
    """Return the defaults with the user's settings on top, whose short names (c, lw, ls) count as the long ones."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return defaults | normalize_kwargs(settings or {}, Line2D)
