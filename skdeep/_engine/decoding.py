"""A net that is called moment by moment, so that it can be given what it has predicted.

A layer that looks back, and never ahead, has two methods beside `call`. `begin(rows, moments)` returns its state before
the first of at most so many moments: none, the state of a cell, or room for keys and values. `step(state, moment, ...)`
takes what `call` takes, for one moment, and returns what `call` returns of it, and the state after it. All other layers
see one moment as they see many.
"""

from skdeep.utils._tensorflow import tf


class MomentByMoment:
    """A net as a function of one moment and a state.

    Parameters
    ----------
    model : keras.Model
        With one input of ids, shape (rows, time), and one output, shape (rows, time, values).
    """

    def __init__(self, model):
        self._model = model
        self._looking_back = {layer.name: layer for layer in model.layers if hasattr(layer, "step")}

    def begin(self, rows, moments):
        """Return the state before the first of at most so many moments, by the names of layers."""
        return {name: layer.begin(rows, moments) for name, layer in self._looking_back.items()}

    def step(self, state, moment, ids):
        """Return the outputs of one moment, shape (rows, values), and the state after it.

        Parameters
        ----------
        state : dict
        moment : tf.Tensor
            Its number, from 0 on.
        ids : tf.Tensor of shape (rows,)
        """
        after = {}

        def called(layer):
            return self._stepping(layer.name, state, moment, after) if layer.name in state else layer

        outputs = self._model._run_through_graph([ids[:, None]], called)
        return outputs[:, 0], after

    def _stepping(self, name, state, moment, after):
        def step(*arguments, **named):
            outputs, after[name] = self._looking_back[name].step(state[name], moment, *arguments, **named)
            return outputs

        return step


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
