"""An ensemble as one program: its members are models of one architecture, built beside each other."""

from skdeep._engine.spec import ModelSpec


def copies(spec, n_members):
    """Return the ModelSpec of several nets of one architecture, each with weights, and noise, of its own.

    Parameters
    ----------
    spec : ModelSpec
    n_members : int
    """
    return ModelSpec(_build, (spec, n_members), spec.numbers)


def _build(config, signature, numbers):
    spec, n_members = config
    return {f"member_{number}": spec.build(spec.config, signature, numbers) for number in range(n_members)}
