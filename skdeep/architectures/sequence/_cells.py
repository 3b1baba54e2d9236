"""Keras' recurrent layers in loops of our own: what all moments have in common is computed at once.

A gradient that TensorFlow derives of a loop does all its work moment by moment. These go back through the states only;
the gradients of the weights are single products over all moments.
"""

from skdeep.utils._tensorflow import keras, tf

_ONE_THREAD = 2**13  # with fewer weights, a second thread costs more than it does


@keras.saving.register_keras_serializable("skdeep")
class FusedLSTM(keras.layers.LSTM):
    """Keras' LSTM by TensorFlow's kernel for a whole sequence: a third of the time, single precision only."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if sequences.dtype != tf.float32 or (training and self.recurrent_dropout > 0):
            return super().inner_loop(sequences, initial_state, mask, training)
        kernels = tf.concat([self.cell.kernel.value, self.cell.recurrent_kernel.value], axis=0)
        weights, bias = _in_order(kernels), _in_order(self.cell.bias.value)
        run = _in_two_threads if weights.shape.num_elements() > _ONE_THREAD else _in_one_thread
        states, cells = run(weights, bias, sequences, *initial_state)
        return states[-1], tf.transpose(states, (1, 0, 2)), [states[-1], cells[-1]]


def _in_two_threads(weights, bias, *given):
    """Run the kernel, which uses one thread, on half the rows and on the others."""
    rows = tf.shape(given[0])[0]
    half, odd = rows // 2, rows % 2
    # Both take the middle row, if there is one: the gradient of no rows would be whatever the memory held.
    first = _in_one_thread(weights, bias, *(one[: half + odd] for one in given))
    second = _in_one_thread(weights, bias, *(one[half:] for one in given))
    return [tf.concat([one, other[:, odd:]], axis=1) for one, other in zip(first, second, strict=True)]


def _in_one_thread(weights, bias, values, state, cell):
    """Return the outputs and the states of the cells, of shape (time, rows, units)."""
    none = tf.zeros_like(bias[: state.shape[1]])
    # The gradient of BlockLSTMV2 is wrong in TensorFlow 2.21; that of the older kernel is right.
    result = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.shape(values, tf.int64)[1],
        x=tf.transpose(values, (1, 0, 2)),
        cs_prev=cell,
        h_prev=state,
        w=weights,
        wci=none,
        wcf=none,
        wco=none,
        b=bias,
        forget_bias=0.0,
        cell_clip=-1.0,
    )
    return result.h, result.cs


def _in_order(weights):
    """Return the weights of input, forget gate, cell and output, as Keras has them, in the order of the kernel."""
    i, f, c, o = tf.split(weights, 4, axis=-1)
    return tf.concat([i, c, f, o], axis=-1)


class _Looped:
    """Mixed into a layer of Keras whose state is its output; `_gated` is how a moment follows from the one before."""

    def inner_loop(self, sequences, initial_state, mask, training=False):
        if training and self.recurrent_dropout > 0:
            return super().inner_loop(sequences, initial_state, mask, training)
        weights = [variable.value for variable in (self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias)]
        states = self._states(tf.transpose(sequences, (1, 0, 2)), initial_state[0], *weights)
        last = states if not self.return_sequences else states[-1]
        return last, tf.transpose(states, (1, 0, 2)) if self.return_sequences else last, [last]

    def _states(self, values, state, kernel, recurrent, bias):
        whole = self.return_sequences

        @tf.custom_gradient
        def run(values, state, kernel, recurrent, bias):
            last, states, kept = self._forward(values, state, kernel, recurrent, bias)

            def gradient(given):
                before = tf.concat([state[None], states[:-1]], axis=0)
                return self._backward(given, whole, values, before, states, kept, kernel, recurrent)

            return states if whole else last, gradient

        return run(values, state, kernel, recurrent, bias)


@keras.saving.register_keras_serializable("skdeep")
class LoopedSimpleRNN(_Looped, keras.layers.SimpleRNN):
    """Keras' SimpleRNN in half the time."""

    def _forward(self, values, state, kernel, recurrent, bias):
        inputs = _unstacked(_dense(values, kernel, bias))

        def step(moment, state, states):
            state = tf.tanh(inputs.read(moment) + state @ recurrent)
            return moment + 1, state, states.write(moment, state)

        last, states = _forwards(step, state, _array(values, self.units))
        return last, states.stack(), None

    def _backward(self, given, whole, values, before, states, kept, kernel, recurrent):
        slopes = 1 - states * states
        changes = _backwards(slopes, None, given, whole, tf.transpose(recurrent)) * slopes
        d_values, d_kernel, d_bias = _dense_gradients(changes, values, kernel)
        d_recurrent = _flat_product(before, changes)
        return d_values, changes[0] @ tf.transpose(recurrent), d_kernel, d_recurrent, d_bias


@keras.saving.register_keras_serializable("skdeep")
class LoopedGRU(_Looped, keras.layers.GRU):
    """Keras' GRU in three quarters of the time, and a fraction of what it takes to compile."""

    def _forward(self, values, state, kernel, recurrent, bias):
        units = self.units
        inputs = _unstacked(_dense(values, kernel, bias[0]))

        def step(moment, state, states, kept):
            entering, recalled = inputs.read(moment), tf.nn.bias_add(state @ recurrent, bias[1])
            gates = tf.sigmoid(entering[:, : 2 * units] + recalled[:, : 2 * units])
            keep, reset, recalled = gates[:, :units], gates[:, units:], recalled[:, 2 * units :]
            candidate = tf.tanh(entering[:, 2 * units :] + reset * recalled)
            state = candidate + keep * (state - candidate)
            kept = kept.write(moment, tf.concat([gates, candidate, recalled], axis=1))
            return moment + 1, state, states.write(moment, state), kept

        last, states, kept = _forwards(step, state, _array(values, units), _array(values, 4 * units))
        return last, states.stack(), kept.stack()

    def _backward(self, given, whole, values, before, states, kept, kernel, recurrent):
        keep, reset, candidate, recalled = tf.split(kept, 4, axis=2)
        by_candidate = (1 - keep) * (1 - candidate * candidate)
        by_keep = (before - candidate) * keep * (1 - keep)
        by_reset = by_candidate * recalled * reset * (1 - reset)
        slopes = tf.concat([by_keep, by_reset, by_candidate * reset], axis=2)
        d_states = _backwards(slopes, keep, given, whole, tf.transpose(recurrent))
        recalling = tf.tile(d_states, (1, 1, 3)) * slopes
        entering = tf.concat([recalling[:, :, : 2 * self.units], d_states * by_candidate], axis=2)
        d_values, d_kernel, d_bias = _dense_gradients(entering, values, kernel)
        d_bias = tf.stack([d_bias, tf.reduce_sum(recalling, (0, 1))])
        d_state = d_states[0] * keep[0] + recalling[0] @ tf.transpose(recurrent)
        return d_values, d_state, d_kernel, _flat_product(before, recalling), d_bias


def _forwards(step, state, *arrays):
    time = arrays[0].size()
    return tf.while_loop(lambda moment, *_: moment < time, step, (0, state, *arrays))[1:]


def _backwards(slopes, keep, given, whole, back):
    """Return the gradients of the states of all moments.

    Parameters
    ----------
    slopes : tensor of shape (time, rows, n * units)
        From a state to what its recurrent kernel, n times as wide as itself, has added to.
    keep : tensor of shape (time, rows, units) or None
        Share of the state before that stays.
    given : tensor
        Gradient of all states, or of the last.
    whole : bool
        Whether it is that of all.
    back : tensor of shape (n * units, units)
        The recurrent kernel, transposed.
    """
    units, time = back.shape[1], tf.shape(slopes)[0]
    multiple = back.shape[0] // units
    read, kept, added = (None if one is None else _unstacked(one) for one in (slopes, keep, given if whole else None))

    def step(moment, change, changes):
        if whole:
            change = change + added.read(moment)
        changes = changes.write(moment, change)
        wide = change if multiple == 1 else tf.tile(change, (1, multiple))
        before = (wide * read.read(moment)) @ back
        return moment - 1, before if keep is None else before + change * kept.read(moment), changes

    start = tf.zeros_like(given[-1]) if whole else given
    loop = (time - 1, start, _array(slopes, units))
    return tf.while_loop(lambda moment, *_: moment >= 0, step, loop)[2].stack()


def _array(like, width):
    return tf.TensorArray(like.dtype, tf.shape(like)[0], element_shape=(None, width))


def _unstacked(values):
    return _array(values, values.shape[2]).unstack(values)


def _dense(values, kernel, bias):
    shape = tf.shape(values)
    flat = tf.nn.bias_add(tf.reshape(values, (-1, kernel.shape[0])) @ kernel, bias)
    return tf.reshape(flat, (shape[0], shape[1], kernel.shape[1]))


def _dense_gradients(changes, values, kernel):
    flat = tf.reshape(changes, (-1, kernel.shape[1]))
    d_values = tf.reshape(tf.matmul(flat, kernel, transpose_b=True), tf.shape(values))
    return d_values, _flat_product(values, changes), tf.reduce_sum(flat, 0)


def _flat_product(values, changes):
    flat = (tf.reshape(one, (-1, tf.shape(one)[2])) for one in (values, changes))
    return tf.matmul(*flat, transpose_a=True)
