"""Parameters and attributes that all wrappers have are explained once, in `BaseWrapper`."""

import inspect
import re


def documented_by(base):
    """Return a decorator that fills ``{parameters}``, ``{kwargs}`` and ``{attributes}`` of a docstring from a base."""
    sections = re.split(r"\n(\w+)\n-+\n", inspect.cleandoc(base.__doc__))
    parts = dict(zip(sections[1::2], sections[2::2], strict=True))
    parameters, _, kwargs = parts["Parameters"].partition("**kwargs")

    def fill(cls):
        doc = inspect.cleandoc(cls.__doc__)
        for name, text in (
            ("parameters", parameters),
            ("kwargs", f"**kwargs{kwargs}"),
            ("attributes", parts["Attributes"]),
        ):
            doc = doc.replace(f"{{{name}}}", text.strip("\n"))
        cls.__doc__ = doc
        return cls

    return fill
