"""A net that is called moment by moment, so that it can be given what it has predicted.

A layer that looks back, and never ahead, has two methods beside `call`. `begin(rows, moments)` returns its state before
the first of at most so many moments: none, the state of a cell, or room for keys and values. `step(state, moment, ...)`
takes what `call` takes, for one moment, and returns what `call` returns of it, and the state after it. If the rows are
not the first axis of a state, `rows_axis` tells which they are. All other layers see one moment as they see many.
"""

from skdeep.utils._tensorflow import keras, tf


class MomentByMoment:
    """A net as a function of one moment and a state.

    Parameters
    ----------
    model : keras.Model
        With one output, shape (rows, time, values), and an input of ids, shape (rows, time), that has the name `ids`.
        What follows from its other inputs alone is the same at all moments.
    ids : str
    """

    def __init__(self, model, ids):
        others = {name: tensor for name, tensor in model.input.items() if name != ids}
        constant = _constant(model, model.input[ids])
        self._before = keras.Model(others, constant) if constant else None
        self._model = keras.Model([model.input[ids], *constant], model.output) if constant else model
        self._looking_back = {layer.name: layer for layer in self._model.layers if hasattr(layer, "step")}

    @property
    def dtype(self):
        """The dtype of the outputs."""
        return tf.as_dtype(self._model.output.dtype)

    def constant(self, inputs):
        """Return what is the same at all moments, as `step` takes it, from the other inputs by name."""
        if self._before is None:
            return []
        given = {name: inputs[name] for name in self._before.input}
        return keras.tree.flatten(self._before(given, training=False))

    def begin(self, rows, moments):
        """Return the state before the first of at most so many moments, by the names of layers."""
        return {name: layer.begin(rows, moments) for name, layer in self._looking_back.items()}

    def step(self, state, moment, ids, constant=()):
        """Return the outputs of one moment, shape (rows, values), and the state after it.

        Parameters
        ----------
        state : dict
        moment : tf.Tensor
            Its number, from 0 on.
        ids : tf.Tensor of shape (rows,)
        constant : list of tf.Tensor
        """
        after = {}

        def called(layer):
            return self._stepping(layer.name, state, moment, after) if layer.name in state else layer

        outputs = self._model._run_through_graph([ids[:, None], *constant], called)
        return outputs[:, 0], after

    def of_rows(self, state, rows):
        """Return the state of some rows, which may be the same more than once."""

        def gathered(name):
            axis = getattr(self._looking_back[name], "rows_axis", 0)
            return tf.nest.map_structure(lambda one: tf.gather(one, rows, axis=axis), state[name])

        return {name: gathered(name) for name in state}

    def _stepping(self, name, state, moment, after):
        def step(*arguments, **named):
            outputs, after[name] = self._looking_back[name].step(state[name], moment, *arguments, **named)
            return outputs

        return step


def _constant(model, ids):
    """Return the tensors of a model that follow from its other inputs alone and are used with what follows from ids."""
    moving, used = {id(ids)}, {}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if not node.is_input and any(id(tensor) in moving for tensor in node.input_tensors):
                moving.update(map(id, node.outputs))
                used |= {id(tensor): tensor for tensor in node.input_tensors}
    return [tensor for number, tensor in used.items() if number not in moving]


def continued(net, prompts, lengths, n_new, end, choose):
    """Return ids that follow prompts, shape (rows, n_new); after the first `end` of a row all are.

    All rows are at the same moment: where one has a prompt still, the others have what was chosen for them.

    Parameters
    ----------
    net : MomentByMoment
    prompts : tf.Tensor of shape (rows, time)
    lengths : tf.Tensor of shape (rows,)
        Ids of each prompt, one at least.
    n_new : tf.Tensor
    end : tf.Tensor of shape (rows,)
    choose : callable
        From the outputs of a moment, and the number of each row's new id, to ids of shape (rows,). Numbers are negative
        where a row has a prompt still.
    """
    rows, longest = tf.unstack(tf.shape(prompts))
    moments = longest + n_new - 1

    def goes_on(moment, ids, ended, *_):
        return (moment < moments) & tf.reduce_any(~ended)

    def step(moment, ids, ended, state, chosen):
        outputs, state = net.step(state, moment, ids)
        number = moment + 1 - lengths
        new = tf.where(ended, end, choose(outputs, number))
        given = tf.gather(prompts, tf.minimum(moment + 1, longest - 1), axis=1)
        ended |= (number >= 0) & ((new == end) | (number >= n_new - 1))
        ids = tf.where(number < 0, given, new)
        return moment + 1, ids, ended, state, tf.tensor_scatter_nd_update(chosen, [[moment]], ids[None])

    start = 0, prompts[:, 0], tf.zeros_like(prompts[:, 0], tf.bool), net.begin(rows, moments)
    chosen = tf.while_loop(goes_on, step, (*start, tf.repeat(end[None], moments, axis=0)))[-1]
    places = lengths[:, None] - 1 + tf.range(n_new)
    return tf.gather(tf.transpose(chosen), places, batch_dims=1)


def drawn(logits, draws, temperature, top_k, top_p):
    """Return one id a row, drawn from the softmax of its logits; the most likely one at temperature 0.

    Parameters
    ----------
    logits : tf.Tensor of shape (rows, ids)
    draws : tf.Tensor of shape (rows,)
        Numbers from 0 to 1, each of which decides on one row.
    temperature, top_k, top_p : tf.Tensor of shape (rows,)
        What logits are divided by; the number of ids, of the most likely ones, and the share of the probability, that
        are drawn from.
    """
    logits, ids = tf.math.top_k(logits, tf.shape(logits)[1])
    temperature = temperature[:, None]
    # So that no number overflows, however cold it is.
    shares = tf.nn.softmax((logits - logits[:, :1]) / tf.maximum(temperature, 1e-20))
    rank = tf.range(tf.shape(logits)[1])
    shares = tf.where(rank < top_k[:, None], shares, 0.0)
    shares /= tf.reduce_sum(shares, 1, keepdims=True)
    kept = (tf.cumsum(shares, 1, exclusive=True) < top_p[:, None]) & (shares > 0) & (temperature > 0) | (rank == 0)
    reached = tf.cumsum(tf.where(kept, shares, 0.0), 1)
    places = tf.reduce_sum(tf.cast(reached <= draws[:, None] * reached[:, -1:], tf.int32), 1)
    places = tf.minimum(places, tf.reduce_sum(tf.cast(kept, tf.int32), 1) - 1)
    return tf.gather(ids, places, batch_dims=1)


def likeliest(net, constant, ids, end, first, moments, n_beams):
    """Return the most likely ids that follow ids, shape (rows, moments), of those that a beam search meets.

    At each moment the `n_beams` most likely beginnings of a row are kept, and all that they can be followed by are
    compared. A row is done when its most likely beginning has come to its end: none can overtake it. At the last moment
    each does.

    Parameters
    ----------
    net : MomentByMoment
    constant : list of tf.Tensor
        What is the same at all moments.
    ids : tf.Tensor of shape (rows,)
        With which rows begin.
    end : tf.Tensor of shape (rows,)
        The id that ends a row, and the largest that it may have.
    first : int
        The smallest id that a row may have.
    moments : tf.Tensor
        Ids of a row, at most.
    n_beams : int
    """
    rows = tf.shape(ids)[0]
    ids, end = tf.repeat(ids, n_beams), tf.repeat(end, n_beams)
    constant = [tf.repeat(one, n_beams, axis=0) for one in constant]
    places = tf.repeat(tf.range(rows) * n_beams, n_beams)

    def goes_on(moment, ids, ended, *_):
        return (moment < moments) & ~tf.reduce_all(ended[::n_beams])

    def step(moment, ids, ended, totals, state, chosen):
        logits, state = net.step(state, moment, ids, constant)
        n_ids = tf.shape(logits)[1]
        least = tf.where(moment == moments - 1, end, first)
        logs = _allowed(tf.nn.log_softmax(logits), ended, least, end) + totals[:, None]
        totals, found = tf.math.top_k(tf.reshape(logs, (rows, n_beams * n_ids)), n_beams)
        ids, found = tf.reshape(found % n_ids, [-1]), tf.reshape(found // n_ids, [-1])
        if n_beams > 1:
            parents = places + found
            state, ended = net.of_rows(state, parents), tf.gather(ended, parents)
            chosen = tf.gather(chosen, parents, axis=1)
        chosen = tf.tensor_scatter_nd_update(chosen, [[moment]], ids[None])
        return moment + 1, ids, ended | (ids == end), tf.reshape(totals, [-1]), state, chosen

    # At first all beams of a row are the same: one of them counts.
    totals = tf.tile(tf.constant([0.0] + [net.dtype.min] * (n_beams - 1), net.dtype), [rows])
    chosen = tf.repeat(end[None], moments, axis=0)
    start = 0, ids, tf.zeros_like(ids, tf.bool), totals, net.begin(rows * n_beams, moments), chosen
    return tf.transpose(tf.while_loop(goes_on, step, start)[-1][:, ::n_beams])


def _allowed(logs, ended, least, end):
    """Return log-probabilities with the smallest there is for ids that a row may not have, after its end all others."""
    ids = tf.range(tf.shape(logs)[1])
    may = (ids >= least[:, None]) & (ids <= end[:, None])
    logs = tf.where(may, logs, logs.dtype.min)
    after = tf.where(ids == end[:, None], tf.zeros_like(logs), logs.dtype.min)
    return tf.where(ended[:, None], after, logs)
