"""An ensemble as one program: its members are models of one architecture, built beside each other."""

from skdeep._engine.spec import ModelSpec


def copies(spec, n_members):
    """Return the ModelSpec of several nets of one architecture, each with weights, and noise, of its own.

    Parameters
    ----------
    spec : ModelSpec
    n_members : int
    """
    return together((spec,) * n_members)


def together(specs):
    """Return the ModelSpec of several nets with the same outputs, each with weights, and noise, of its own.

    Parameters
    ----------
    specs : tuple of ModelSpec
    """
    return ModelSpec(_build, specs, tuple(dict.fromkeys(number for spec in specs for number in spec.numbers)))


def _build(specs, signature, numbers):
    return {f"member_{number}": spec.build(spec.config, signature, numbers) for number, spec in enumerate(specs)}
