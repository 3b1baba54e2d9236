"""What of a history two fits have in common that learn the same."""


def learned(model):
    """Return the history of a model but for the seconds, which are never the same."""
    return {name: values for name, values in model.history_.items() if name != "seconds"}
