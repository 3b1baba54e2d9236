"""Parameters with a destination in their name, `optimizer__learning_rate`, and the objects that are made with them."""

import difflib
import inspect


def routed(parameters, destination, plain=(), *, deepest=False):
    """Return the parameters of a destination, by their names there.

    Parameters
    ----------
    parameters : dict
    destination : str
        "optimizer" gets "learning_rate" of "optimizer__learning_rate".
    plain : iterable of str
        Names that go there without a prefix too; one with a prefix counts more.
    deepest : bool
        Whether what has a further destination, "optimizer__schedule__rate", stays out.
    """
    prefix = f"{destination}__"
    found = {name: parameters[name] for name in parameters if name in plain and "__" not in name}
    for name, value in parameters.items():
        inner = name.removeprefix(prefix)
        if name.startswith(prefix) and not (deepest and "__" in inner):
            found[inner] = value
    return found


def accepts(function, name):
    """Whether a function has a parameter of that name, or takes any."""
    kinds = {one.name: one.kind for one in inspect.signature(function).parameters.values()}
    named = kinds.get(name) in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return named or inspect.Parameter.VAR_KEYWORD in kinds.values()


def made(what, parameters, shared=None):
    """Return a class, or lists and dicts of classes, as instances made with routed parameters.

    Those of one item are routed to it by its key or its number, "0__name"; those without go to all of them. A name
    that is a number is a positional argument. Values that are classes are made in the same way.

    Parameters
    ----------
    what : type, list, tuple, dict or object
    parameters : dict
    shared : dict, optional
        What all items get that are given no value of their own.

    Raises
    ------
    TypeError
        If there are parameters for something that is no class.
    """
    own = {name: value for name, value in parameters.items() if "__" not in name}
    if isinstance(what, (list, tuple)):
        return type(what)(made(one, routed(parameters, str(at)), own) for at, one in enumerate(what))
    if isinstance(what, dict):
        return {key: made(one, routed(parameters, str(key)), own) for key, one in what.items()}
    arguments = {**(shared or {}), **own}
    if inspect.isclass(what):
        _check_names(what, arguments)
        arguments = {name: made(value, routed(parameters, name)) for name, value in arguments.items()}
        positional = sorted(int(name) for name in arguments if name.isdigit())
        named = {name: value for name, value in arguments.items() if not name.isdigit()}
        return what(*(arguments[str(number)] for number in positional), **named)
    if arguments:
        raise TypeError(
            f"{what!r} does not accept parameters because it's not a class, but there are {arguments}. Give the class, "
            "or its name, or set them where the object is made."
        )
    return what


def _check_names(what, arguments):
    """Raise TypeError for a parameter that a class does not have, if it can be known; names the nearest."""
    makers = [vars(base)["__init__"] for base in what.__mro__ if "__init__" in vars(base)]
    known = [parameter for maker in makers[:-1] for parameter in inspect.signature(maker).parameters.values()]
    ours = what.__module__.partition(".")[0] == "keras"
    if not ours and any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known):
        return
    names = {one.name for one in known if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)} - {"self"}
    for name in arguments:
        if not name.isdigit() and name not in names:
            raise TypeError(f"{what.__name__}() got an unexpected keyword argument {name!r}.{hint(name, names)}")


def hint(name, known):
    """Return the end of a message that names what may have been meant."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else f" It accepts {sorted(known)}."
