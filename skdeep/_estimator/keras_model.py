"""A fitted estimator as a plain, compiled keras.Model: the way out to Keras."""

import numpy as np

from skdeep._engine import optimizers
from skdeep._engine.state import weights_of
from skdeep._estimator import plans, priors
from skdeep.losses._resolve import rising
from skdeep.utils._random import python_random_state_kept
from skdeep.utils._tensorflow import keras


def keras_model(estimator):
    """Return a compiled Keras model with the estimator's weights.

    Only Keras' own layers are in it. Its outputs are those of `predict_proba` for a classifier (margins with a hinge
    loss) and targets in their own units for a regressor, so `model.predict(X)` agrees with the estimator.
    """
    net = estimator._net
    model = as_one(networks(estimator), net)
    shifts = priors.probability_shifts(net, getattr(estimator, "prediction_prior", None))
    if shifts is not None:
        model = _under_prior(model, net, shifts)
    if net.target.bounds is not None:
        model = _kept_between(model, net)
    model.compile(
        optimizer=_optimizer(estimator),
        loss=[_twin_loss(net)] * len(model.outputs),
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)  # or Keras warns when it loads the saved model
    model(model.input)  # `export` refuses models that were never called; this computes nothing
    return model


def as_one(models, net):
    """Return the model of what an estimator predicts: all its models, one after the other, or their mean as members.

    Parameters
    ----------
    models : list of keras.Model
    net : Net
    """
    models = models if net.n_members > 1 else [_chained(models)]
    members = [with_predictions(model, net) for model in models]
    return members[0] if len(members) == 1 else _averaged(members)


def with_predictions(model, net):
    """Return a model with the layers of another and, after these, what turns outputs into predictions.

    Parameters
    ----------
    model : keras.Model
    net : Net
        Knows what the outputs mean.
    """
    given = _logits(model.outputs, net) if net.loss.counts else model.outputs
    outputs = [
        _linked(output, net.target, net.link, net.dtype, f"prediction_{index}") for index, output in enumerate(given)
    ]
    if net.n_packed > 1:  # the mean of what the nets in one predict, which lie along the second axis
        mean = keras.layers.GlobalAveragePooling1D
        outputs = [mean(dtype=net.dtype, name=f"packed_{index}")(output) for index, output in enumerate(outputs)]
    inputs = model.inputs[0] if len(model.inputs) == 1 else model.input
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs, name=model.name)


def network(estimator):
    """Return the net of an estimator, the first member of an ensemble, as a Keras model that is not compiled."""
    return networks(estimator)[0]


def networks(estimator):
    """Return the nets of all members with their weights, in Keras' own layers wherever these compute the same."""
    spec, known = estimator._net.spec, estimator._net.numbers
    numbers = {name: known.get(name, 0.0) for name in spec.numbers}
    with python_random_state_kept():
        built = spec.build(spec.config, estimator._net.signature, numbers)
        built = built if isinstance(built, dict) else {built.name: built}
        nets = [_with_twins(net, name) for name, net in built.items()]
    variables = weights_of(dict(zip(built, nets, strict=True)))
    for variable, array in zip(variables, estimator.weights_[: len(variables)], strict=True):
        variable.assign(array)
    return nets


def _with_twins(net, name):
    """Return a net with Keras' layers in place of ours that have one."""
    if any(hasattr(layer, "twin") for layer in net.layers):
        net = keras.models.clone_model(net, clone_function=_twin)
    inputs = net.inputs[0] if len(net.inputs) == 1 else net.input
    return keras.Model(inputs, net.output, name=name)


def _twin(layer):
    return layer.twin() if hasattr(layer, "twin") else type(layer).from_config(layer.get_config())


def _twin_loss(net):
    kind = net.target.kind
    return net.loss.twin["regression" if kind == "reconstruction" else kind]


def _chained(models):
    """Return the model that hands what each model returns, or returns first, to the one after it."""
    first, *rest = models
    output = first.output[0] if rest and isinstance(first.output, (list, tuple)) else first.output
    for model in rest:
        output = model(_handed_over(first.input, model.input, output))
    return keras.Model(first.input, output, name="_".join(model.name for model in models)) if rest else first


def _handed_over(given, wanted, output):
    """Return what a model is called with: what the one before it returns and, by name, other inputs of the first."""
    if not isinstance(wanted, dict):
        return output
    name, *others = wanted
    return {name: output, **{other: given[other] for other in others}}


def _averaged(members):
    """Return the model that predicts the mean of what the members predict."""
    given = members[0].input
    outputs = [keras.tree.flatten(member(given)) for member in members]
    means = [
        keras.layers.Average(name=f"mean_{index}", dtype=parts[0].dtype)(list(parts))
        for index, parts in enumerate(zip(*outputs, strict=True))
    ]
    return keras.Model(given, means[0] if len(means) == 1 else means, name="ensemble")


def _logits(outputs, net):
    """Return outputs as logits of probabilities."""
    scales, offsets = priors.links(net)
    triples = enumerate(zip(outputs, scales, offsets, strict=True))
    return [
        keras.layers.Rescaling(
            scale, 0.0 if offset is None else offset.tolist(), dtype=net.dtype, name=f"logits_{index}"
        )(output)
        for index, (output, scale, offset) in triples
    ]


def _under_prior(model, net, shifts):
    """Return the model whose probabilities are those of another under another prior."""
    outputs = []
    for index, (share, shift) in enumerate(zip(model.outputs, shifts, strict=True)):
        logs = keras.ops.log(share)
        if net.target.kind in ("binary", "multilabel"):
            logs -= keras.ops.log(1.0 - share)
        logs = keras.layers.Rescaling(1.0, shift.tolist(), dtype=net.dtype, name=f"prior_{index}")(logs)
        outputs.append(_linked(logs, net.target, net.link, net.dtype, f"under_prior_{index}"))
    inputs = model.inputs[0] if len(model.inputs) == 1 else model.input
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs, name=model.name)


def _kept_between(model, net):
    """Return the model whose predictions are those of another, kept between the least and the largest target."""
    least, largest = net.target.bounds
    width, layers = np.where(largest > least, largest - least, 1.0), keras.layers
    shares = layers.Rescaling((1 / width).tolist(), (-least / width).tolist(), dtype=net.dtype, name="share_of_range")
    most = ((largest - least) / width).max()
    output = layers.ReLU(max_value=most, dtype=net.dtype, name="in_range")(shares(model.output))
    output = layers.Rescaling(width.tolist(), least.tolist(), dtype=net.dtype, name="within_range")(output)
    return keras.Model(model.inputs[0] if len(model.inputs) == 1 else model.input, output, name=model.name)


def _linked(output, target, link, dtype, name):
    if link == "probability":
        activation = "softmax" if target.kind in ("multiclass", "multioutput") else "sigmoid"
        return keras.layers.Activation(activation, dtype=dtype, name=name)(output)
    if link == "exp":
        output = keras.layers.Activation("exponential", dtype=dtype, name="exponential")(output)
    if link == "quantiles":
        output = rising(output)
    if target.kind == "regression":
        return keras.layers.Rescaling(target.scale.tolist(), target.offset.tolist(), dtype=dtype, name=name)(output)
    return output


def _optimizer(estimator):
    names = ("optimizer", "learning_rate", "momentum", "weight_decay")
    defaults = estimator._net.defaults
    recipe, numbers = optimizers.recipe(**{name: plans.value(estimator, defaults, name) for name in names})
    # "auto" is what the fit made of it, once it is over.
    known = estimator._net.numbers
    return optimizers.build(recipe.config, {name: known.get(name, value) for name, value in numbers.items()})
