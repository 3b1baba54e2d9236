"""The documentation of the methods of displays, of which each part is written once."""

import inspect
import re

# Parameters that mean the same in several displays.
_SHARED = """
ax : matplotlib Axes, default=None
    Axes to draw on; those of a new figure by default.
im_kw : dict, default=None
    Settings of matplotlib's `imshow`.
image_shape : tuple, default=None
    (height, width) or (height, width, channels) of the images in flat rows. By default, the `image_shape_` of
    the estimator.
log_scale : bool, default=False
    Whether the axis of the losses is logarithmic.
name : str, default=None
    What was trained, for the legend; the `name` of the display by default.
"""


def documented(cls):
    """Complete the docstrings of a display's public methods.

    A method explains only those parameters that no method above it in the class explains, nor `_SHARED`; the section
    "Returns" and errors that all methods raise are added.
    """
    explained = _entries(_SHARED)
    for name, member in vars(cls).items():
        if not name.startswith("_"):
            method = getattr(member, "__func__", member)
            method.__doc__ = _completed(method, explained, cls)
    return cls


def _completed(method, explained, cls):
    summary, *parts = re.split(r"^(\w+)\n-+\n", inspect.cleandoc(method.__doc__ or ""), flags=re.MULTILINE)
    own = dict(zip(parts[::2], map(_entries, parts[1::2]), strict=True))
    explained |= own.get("Parameters", {})
    parameters = [name for name in inspect.signature(method).parameters if name not in ("self", "cls")]
    raised = {"ImportError": "ImportError\n    If matplotlib is not installed."}
    if "estimator" in parameters:
        raised["NotFittedError"] = "NotFittedError\n    If the estimator has not been fitted."
    result = "The display itself, with the attributes set." if method.__name__ == "plot" else "With the attributes set."
    sections = {
        "Parameters": [explained[name] for name in parameters],
        "Returns": [f"display : {cls.__name__}\n    {result}"],
        "Raises": (raised | own.get("Raises", {})).values(),
    }
    written = ["\n".join([title, "-" * len(title), *entries]) for title, entries in sections.items()]
    return "\n\n".join([summary.strip(), *written])


def _entries(section):
    """Return the entries of a section by the names they begin with."""
    return {re.match(r"\w+", entry)[0]: entry for entry in re.split(r"\n(?=\S)", section.strip())}
