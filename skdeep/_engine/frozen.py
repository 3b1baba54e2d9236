"""Weights that are not trained, by patterns of their paths."""

from fnmatch import fnmatchcase


def freeze(models, patterns):
    """Let no weight be trained whose path matches, nor moving statistics change that lie beside such weights.

    Parameters
    ----------
    models : list of keras.Model
    patterns : tuple of str
        Such as "backbone/*".

    Raises
    ------
    ValueError
        If a pattern is for no weight, or all weights would be frozen.
    """
    if not patterns:
        return
    paths = sorted({variable.path for model in models for variable in model.weights})
    for pattern in patterns:
        if not any(fnmatchcase(path, pattern) for path in paths):
            raise ValueError(f"freeze={pattern!r} is for no weight of the net; their paths are {paths}.")
    for model in models:
        for layer in model._flatten_layers(include_self=False, recursive=True):
            own = [*layer._trainable_variables, *layer._non_trainable_variables]
            matched = [variable for variable in own if any(fnmatchcase(variable.path, one) for one in patterns)]
            for variable in matched:
                variable.trainable = False
            if own and len(matched) == len(own):
                layer._trainable = False  # and with it the statistics of a batch normalisation
    if not any(model.trainable_variables for model in models):
        raise ValueError(f"freeze={list(patterns)} leaves no weight to be trained.")
