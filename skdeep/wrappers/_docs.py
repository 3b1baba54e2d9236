"""Parameters and attributes that all wrappers have are declared and explained once, in `BaseWrapper`."""

import inspect
import re


def completed_by(base):
    """Return a decorator that completes the signature of a wrapper, and its docstring, from a base.

    The parameters of the base stand before those of the class itself, and for ``{parameters}`` in the docstring;
    ``{kwargs}`` and ``{attributes}`` stand for what is said there of these.
    """
    sections = re.split(r"\n(\w+)\n-+\n", inspect.cleandoc(base.__doc__))
    parts = dict(zip(sections[1::2], sections[2::2], strict=True))
    parameters, _, kwargs = parts["Parameters"].partition("**kwargs")
    base_names = set(inspect.signature(base.__init__).parameters)

    def fill(cls):
        doc = inspect.cleandoc(cls.__doc__)
        for name, text in (
            ("parameters", parameters),
            ("kwargs", f"**kwargs{kwargs}"),
            ("attributes", parts["Attributes"]),
        ):
            doc = doc.replace(f"{{{name}}}", text.strip("\n"))
        cls.__doc__ = doc
        shared, own = (inspect.signature(which.__init__).parameters.values() for which in (base, cls))
        *shared, kwargs_of_all = shared
        added = [one for one in own if one.name not in base_names and one.kind is not one.VAR_KEYWORD]
        cls.__init__.__signature__ = inspect.Signature([*shared, *added, kwargs_of_all])
        return cls

    return fill
