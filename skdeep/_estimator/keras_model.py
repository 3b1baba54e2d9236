"""A fitted estimator as a plain, compiled keras.Model: the way out to Keras."""

from skdeep._engine import optimizers
from skdeep.utils._random import python_random_state_kept
from skdeep.utils._tensorflow import keras


def keras_model(estimator):
    """Return a compiled Keras model with the estimator's weights.

    Only Keras' own layers are in it. Its outputs are probabilities for a classifier (margins with a hinge loss) and
    targets in their own units for a regressor, so `model.predict(X)` agrees with the estimator.
    """
    net = network(estimator)
    target, dtype = estimator._net.target, estimator._net.dtype
    outputs = [
        _linked(output, target, estimator._net.link, dtype, f"prediction_{index}")
        for index, output in enumerate(net.outputs)
    ]
    model = keras.Model(net.input, outputs[0] if len(outputs) == 1 else outputs, name=net.name)
    model.compile(
        optimizer=_optimizer(estimator),
        loss=[estimator._net.loss.twin[target.kind]] * len(outputs),
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)  # or Keras warns when it loads the saved model
    return model


def network(estimator):
    """Return the net of an estimator with its weights, as a Keras model that is not compiled."""
    spec, known = estimator._net.spec, estimator._net.numbers
    numbers = {name: known.get(name, 0.0) for name in spec.numbers}
    with python_random_state_kept():
        net = spec.build(spec.config, estimator._net.signature, numbers)
    net.set_weights(estimator.weights_)
    inputs = net.inputs[0] if len(net.inputs) == 1 else net.input
    return keras.Model(inputs, net.output, name=net.name)


def _linked(output, target, link, dtype, name):
    if link == "probability":
        activation = "softmax" if target.kind in ("multiclass", "multioutput") else "sigmoid"
        return keras.layers.Activation(activation, dtype=dtype, name=name)(output)
    if link == "exp":
        output = keras.layers.Activation("exponential", dtype=dtype, name="exponential")(output)
    if target.kind == "regression":
        return keras.layers.Rescaling(target.scale.tolist(), target.offset.tolist(), dtype=dtype, name=name)(output)
    return output


def _optimizer(estimator):
    recipe, numbers = optimizers.recipe(
        estimator.optimizer,
        learning_rate=estimator.learning_rate,
        momentum=estimator.momentum,
        weight_decay=estimator.weight_decay,
    )
    return optimizers.build(recipe.config, numbers)
