"""The loops of the graph: epochs, steps, and the sums they carry."""

from skdeep.utils._tensorflow import tf


def epochs(orders, batch_size, sums, *, step):
    """Run a step for every batch of some epochs, or of a piece of one, and return the sums of each epoch.

    Parameters
    ----------
    orders : tf.Tensor of int32 of shape (n_epochs, n_rows)
        The order in which each epoch visits the rows.
    batch_size : tf.Tensor
        Rows a step; the last step of an epoch takes what is left.
    sums : tf.Tensor of shape (n_sums, 2)
        Where the sums of each epoch begin.
    step : callable
        Takes the numbers of epoch and step and the rows, and returns one pair (loss, weight) for each of the sums.
    """
    n_epochs, n_rows = tf.unstack(tf.shape(orders))
    n_steps = (n_rows + batch_size - 1) // batch_size

    # One loop, not one in another: see `compile_function` for what may run in one thread.
    def one_step(number, kept):
        epoch, within = number // n_steps, number % n_steps
        rows = orders[epoch, within * batch_size : (within + 1) * batch_size]
        added = tf.stack(_flat(step(epoch, within, rows)))
        return number + 1, tf.tensor_scatter_nd_add(kept, [[epoch]], added[None])

    begin = tf.tile(tf.reshape(sums, (1, -1)), [n_epochs, 1])
    _, kept = tf.while_loop(lambda number, _: number < n_epochs * n_steps, one_step, (0, begin))
    return tf.reshape(kept, (n_epochs, -1, 2))


def pieces(n_rows, rows_a_call, n_sums, n_kept, dtype, *, step):
    """Run a step for every stretch of rows.

    Parameters
    ----------
    n_rows, rows_a_call : tf.Tensor
    n_sums, n_kept : int
    dtype : tf.DType
    step : callable
        Takes the rows and returns one pair (loss, weight) for each of the sums, and a list of `n_kept` tensors.

    Returns
    -------
    sums : tf.Tensor of shape (n_sums, 2)
    kept : list of tf.Tensor
        The tensors of all steps, end to end.
    """
    n_calls = (n_rows + rows_a_call - 1) // rows_a_call

    def one_step(call, totals, kept):
        rows = tf.range(call * rows_a_call, tf.minimum((call + 1) * rows_a_call, n_rows))
        pairs, more = step(rows)
        kept = [array.write(call, one) for array, one in zip(kept, more, strict=True)]
        return call + 1, totals + tf.stack(_flat(pairs)), kept

    begin = tf.zeros((2 * n_sums,), dtype), [tf.TensorArray(dtype, n_calls, infer_shape=False) for _ in range(n_kept)]
    _, totals, kept = tf.while_loop(lambda call, *_: call < n_calls, one_step, (0, *begin))
    return tf.reshape(totals, (-1, 2)), [array.concat() for array in kept]


def _flat(pairs):
    return [one for pair in pairs for one in pair]
