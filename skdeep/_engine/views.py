"""What to compute of a fitted net: its outputs, what goes into them, one of its models, or what is inside.

A view is a recipe whose `build(config, models)` returns a function from the dict of inputs to tensors. Predictors are
kept by net and view.
"""

import math
from dataclasses import dataclass

from skdeep._engine import decoding
from skdeep._engine.objectives import variational
from skdeep._engine.objectives.own_rows import by_member
from skdeep._engine.objectives.terms import flat
from skdeep._engine.spec import InputSignature, Recipe
from skdeep.utils._tensorflow import keras, tf


@dataclass(frozen=True)
class View(Recipe):
    """What to compute of a fitted net.

    Parameters
    ----------
    called : InputSignature or None
        What the view is called with, row by row; None is what the net is called with.
    one_thread : bool
        Whether its operations are small and many, and quicker in the thread of the caller.
    copies : int
        How many times as much memory it takes as a call of the net.
    """

    called: InputSignature | None = None
    one_thread: bool = False
    copies: int = 1


def _outputs(names, models):
    model = next(iter(models.values()))
    return lambda inputs: list(outputs_by_name(model, _called(model, inputs), names).values())


def _model(name, models):
    return lambda inputs: _called(models[name], inputs)


def _chain(names, models):
    def made(inputs):
        first, *rest = names
        values = _called(models[first], inputs)
        for name in rest:
            given, *_ = models[name].input
            values = values[0] if isinstance(values, (list, tuple)) else values
            values = _called(models[name], {**inputs, given: values})
        return values

    return made


def _losses(config, models):
    names, recipe, numbers = config
    again, loss = _chain(names, models), recipe.build(recipe.config, dict(numbers))

    def of_rows(inputs):
        (rows,) = inputs.values()
        return loss(flat(rows), flat(again(inputs)))

    return of_rows


def _bound(config, models):
    likelihood, n_draws = config
    encoder, decoder = models["encoder"], models["decoder"]

    def of_rows(inputs):
        (name, *_), variance = encoder.input, inputs["variance"]
        rows = flat(inputs[name])
        mean, log_variance = variational.posterior(_called(encoder, inputs))
        noise = tf.constant(variational.even_noise(n_draws, mean.shape[1]), mean.dtype)
        codes = mean[:, None] + tf.exp(log_variance / 2)[:, None] * noise
        decoded = flat(_called(decoder, {"code": tf.reshape(codes, (-1, mean.shape[1]))}))
        decoded = tf.reshape(decoded, (-1, n_draws, decoded.shape[1]))
        given = variational.log_likelihood(likelihood, rows[:, None], decoded, variance[:, None, None])
        # log p(z) - log q(z | x), whose constants are the same
        known = tf.reduce_sum(tf.square(noise) - tf.square(codes) + log_variance[:, None], axis=-1) / 2
        return tf.reduce_logsumexp(given + known, axis=1) - math.log(n_draws)

    return of_rows


def _member_losses(config, models):
    names, recipe, numbers = config
    again, loss = _chain(names, models), recipe.build(recipe.config, dict(numbers))

    def of_rows(inputs):
        (rows,) = inputs.values()
        return tf.reduce_mean(by_member(loss, rows[None], again(inputs)), axis=0)

    return of_rows


def _layer(name, models):
    for model in models.values():
        if name in (layer.name for layer in model.layers):
            inside = keras.Model(model.input, model.get_layer(name).output)
            return lambda inputs: _called(inside, inputs)
    known = [layer.name for model in models.values() for layer in model.layers]
    raise ValueError(f"There is no layer {name!r}; there are {known}.")


def _members(_, models):
    return lambda inputs: [keras.tree.flatten(_called(model, inputs)) for model in models.values()]


def _features(_, models):
    insides = [_before_outputs(model) for model in models.values()]
    return lambda inputs: [_called(inside, inputs) for inside in insides]


def _before_outputs(model):
    """Return the model of what the output layers of another are given, which is often the same for all."""
    given = [model.get_layer(name).input for name in model.output_names]
    return keras.Model(model.input, list({id(tensor): tensor for tensor in given}.values()))


def _contributions(names, models):
    averaging, outputs = names
    parts = []
    for model in models.values():
        averaged = model.get_layer(averaging).input
        inside = keras.Model(model.input, averaged[0] if isinstance(averaged, (list, tuple)) else averaged)
        parts.append((inside, [model.get_layer(name).kernel for name in outputs]))

    def multiplied(inputs):
        found = []
        for inside, kernels in parts:
            values = _called(inside, inputs)
            found += [keras.ops.matmul(values, kernel) for kernel in kernels]
        return found

    return multiplied


def _likelihood(name, models):
    (model,) = models.values()

    def of_ids(inputs):
        ids = inputs[name]
        logs = tf.nn.log_softmax(_called(model, {name: ids[:, :-1]}))
        return tf.gather(logs, ids[:, 1:], batch_dims=2)

    return of_ids


def _continuation(config, models):
    name, first = config
    (model,) = models.values()
    net = decoding.MomentByMoment(model, name)

    def of_prompts(inputs):
        draws, end = inputs["draws"], inputs["end"]
        rules = [inputs[rule] for rule in ("temperature", "top_k", "top_p")]
        n_new = tf.shape(draws)[1]

        def choose(logits, number):
            ids = tf.range(tf.shape(logits)[1])
            logits = tf.where((ids >= first) & (ids <= end[:, None]), logits, logits.dtype.min)
            draw = tf.gather(draws, tf.clip_by_value(number, 0, n_new - 1), batch_dims=1)
            return decoding.drawn(logits, draw, *rules)

        return decoding.continued(net, inputs[name], inputs[f"{name}_lengths"], n_new, end, choose)

    return of_prompts


def _transduction(config, models):
    name, first, n_beams = config
    (model,) = models.values()
    net = decoding.MomentByMoment(model, name)

    def of_rows(inputs):
        moments, constant = tf.reduce_max(inputs["moments"]), net.constant(inputs)
        return decoding.likeliest(net, constant, inputs["begin"], inputs["end"], first, moments, n_beams)

    return of_rows


def outputs_by_name(model, outputs, names):
    """Return what a model has computed as a dict in the order of some names.

    Outputs are found by name where the model calls them so, in a dict or by its output layers; else they have the order
    of the names, or numbers where none are given.
    """
    if isinstance(outputs, dict) and set(outputs) >= set(names):
        return {name: outputs[name] for name in names or outputs}
    flat = keras.tree.flatten(outputs)
    own = getattr(model, "output_names", ())
    if names and set(own) == set(names):
        found = dict(zip(own, flat, strict=True))
        return {name: found[name] for name in names}
    return dict(zip(names or range(len(flat)), flat, strict=True))


def _called(model, inputs):
    """Call a model with those of the inputs that it has."""
    return model(
        {name: inputs[name] for name in model.input} if isinstance(model.input, dict) else inputs, training=False
    )


def outputs(names=()):
    """Return the view of the outputs of the first model, in the order of these names, if it calls them so."""
    return View(_outputs, tuple(names))


def members():
    """Return the view of the outputs of all models, one after the other."""
    return View(_members, None)


def features():
    """Return the view of what the output layers of all models are given, one model after the other."""
    return View(_features, None)


def model(name, called=None):
    """Return the view of one of several models: an encoder, a generator.

    Parameters
    ----------
    name : str
    called : InputSignature, optional
        What the model is called with, if that is not what the net is called with.
    """
    return View(_model, name, called=called)


def chain(names):
    """Return the view of several models, each called with what the one before it returns, or returns first."""
    return View(_chain, tuple(names))


def losses(names, recipe, numbers):
    """Return the view of the loss of each row against what several models make of it, one after the other.

    Parameters
    ----------
    names : tuple of str
        Of the models.
    recipe : Recipe
        Builds the function (rows, rows made again) -> loss of each row.
    numbers : dict
        Values of its live numbers.
    """
    return View(_losses, (tuple(names), recipe, tuple(numbers.items())))


def bound(likelihood, n_draws, called):
    """Return the view of the importance-weighted bound of log p(x) of each row, in nats (Burda et al., 2016).

    The noise of the codes that are drawn is the same for every row and at every call; see `even_noise`.

    Parameters
    ----------
    likelihood : {"gaussian", "bernoulli"}
    n_draws : int
        Of a code.
    called : InputSignature
        The inputs of the net and, row by row, the "variance", which counts with "gaussian".
    """
    return View(_bound, (likelihood, n_draws), called=called, copies=n_draws)


def member_losses(names, recipe, numbers):
    """Return the view of the loss of each row, as `losses`, where the models return rows with a member axis: the mean.

    Parameters
    ----------
    names : tuple of str
        Of the models.
    recipe : Recipe
        Builds the function (rows, rows made again) -> loss of each row.
    numbers : dict
        Values of its live numbers.
    """
    return View(_member_losses, (tuple(names), recipe, tuple(numbers.items())))


def layer(name):
    """Return the view of what a layer returns."""
    return View(_layer, name)


def contributions(averaging, outputs):
    """Return the view of what each position adds to outputs that are dense layers on an average over positions.

    It is the input of the layer that averages, times the kernel of each output; the mean over the positions of a row,
    plus the bias, is the output (Zhou et al., 2016). All models have their turn, one after the other.

    Parameters
    ----------
    averaging : str
        Name of the layer that averages.
    outputs : sequence of str
        Names of the dense layers.
    """
    return View(_contributions, (averaging, tuple(outputs)))


def likelihood(name, column, dtype):
    """Return the view of the log-probability of each id of a row but the first, given those before it.

    Parameters
    ----------
    name : str
        Of the one input of the net, ids of any number.
    column : object
        Of the rows of ids, which may end early.
    dtype : str
    """
    return View(_likelihood, name, called=InputSignature(((name, column),), dtype))


def continuation(name, columns, dtype, first):
    """Return the view of ids that a net draws one after the other, each given the prompt and those drawn before.

    Parameters
    ----------
    name : str
        Of the one input of the net, ids of any number.
    columns : tuple of (str, column)
        Of the prompts, ragged; "draws", a number from 0 to 1 for each id that is wanted; the "temperature", "top_k" and
        "top_p" of each row; and its "end", the largest id that may be drawn, with which a row ends.
    dtype : str
    first : int
        The smallest id that may be drawn.
    """
    return View(_continuation, (name, first), called=InputSignature(tuple(columns), dtype), one_thread=True)


def transduction(name, columns, dtype, first, n_beams):
    """Return the view of the most likely ids that follow from the other inputs of a net, found by a beam search.

    Parameters
    ----------
    name : str
        Of the input of the net that is given, at each moment, the id before it.
    columns : tuple of (str, column)
        Of the other inputs of the net; of the ids with which rows "begin" and "end", the latter being the largest; and
        of "moments", how many ids there are at most.
    dtype : str
    first : int
        The smallest id that a row may have.
    n_beams : int
    """
    called = InputSignature(tuple(columns), dtype)
    return View(_transduction, (name, first, n_beams), called=called, copies=n_beams)
