"""What to compute of a fitted net: its outputs, one of its models, or what is inside.

A view is a recipe whose `build(config, models)` returns a function from the dict of inputs to tensors. Predictors are
kept by net and view.
"""

import keras

from skdeep._engine.spec import Recipe


def _model(name, models):
    model = next(iter(models.values())) if name is None else models[name]
    return lambda inputs: _called(model, inputs)


def _layer(name, models):
    for model in models.values():
        if name in (layer.name for layer in model.layers):
            inside = keras.Model(model.input, model.get_layer(name).output)
            return lambda inputs: _called(inside, inputs)
    known = [layer.name for model in models.values() for layer in model.layers]
    raise ValueError(f"There is no layer {name!r}; there are {known}.")


def _members(_, models):
    return lambda inputs: [keras.tree.flatten(_called(model, inputs)) for model in models.values()]


def _called(model, inputs):
    """Call a model with those of the inputs that it has."""
    return model(
        {name: inputs[name] for name in model.input} if isinstance(model.input, dict) else inputs, training=False
    )


def outputs():
    """Return the view of the outputs of the first model."""
    return Recipe(_model, None)


def members():
    """Return the view of the outputs of all models, one after the other."""
    return Recipe(_members, None)


def model(name):
    """Return the view of one of several models: an encoder, a generator."""
    return Recipe(_model, name)


def layer(name):
    """Return the view of what a layer returns."""
    return Recipe(_layer, name)
