"""Layers over time whose rows may end early. Each takes `mask`, true where a row has a value, or None.

Layers that look at no later moment can be called one moment at a time. `begin(rows, moments)` returns their state
before the first one, and `step(state, moment, ...)` the outputs of that moment, of shape (rows, 1, width), and the
state after it.
"""

import math

from skdeep.architectures.sequence import _cells
from skdeep.utils._tensorflow import keras, tf


class _OverTime(keras.layers.Layer):
    """A layer that is told a mask, and hands none on: the nets pass it where it is wanted."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, *arguments, **named):
        return None


@keras.saving.register_keras_serializable("skdeep")
class ZeroFirst(keras.initializers.RandomUniform):
    """Vectors of ids as Keras draws them, but for the first, which has zeros: that of ids which were never seen."""

    def __call__(self, shape, dtype=None):
        drawn = super().__call__(shape, dtype=dtype)
        return tf.concat([tf.zeros_like(drawn[:1]), drawn[1:]], axis=0)


@keras.saving.register_keras_serializable("skdeep")
class LengthMask(_OverTime):
    """Lengths to a mask of shape (rows, time)."""

    def call(self, values, lengths):
        return tf.range(tf.shape(values)[1]) < lengths[:, None]

    def compute_output_spec(self, values, lengths):
        return keras.KerasTensor(values.shape[:2], dtype="bool")


@keras.saving.register_keras_serializable("skdeep")
class ZeroBehindEnd(_OverTime):
    """Values with zeros where a row has ended."""

    def call(self, values, mask):
        return values * tf.cast(mask, values.dtype)[:, :, None]


@keras.saving.register_keras_serializable("skdeep")
class Differences(_OverTime):
    """The change of each channel since the moment before, beside the channel itself; none at the first moment."""

    def call(self, values):
        change = values[:, 1:] - values[:, :-1]
        return tf.concat([values, tf.pad(change, [[0, 0], [1, 0], [0, 0]])], axis=2)

    def compute_output_spec(self, values):
        return keras.KerasTensor((*values.shape[:2], 2 * values.shape[2]), dtype=values.dtype)


@keras.saving.register_keras_serializable("skdeep")
class MaskedMaxPooling(_OverTime):
    """The largest of three values around each moment; what lies behind the end is none of them."""

    def build(self, values_shape, real_shape=None):
        self._is_masked = real_shape is not None

    def call(self, values, real=None):  # Keras hands a "mask" on to layers that take none
        if real is not None:
            values = tf.where(real[:, :, None], values, values.dtype.min)
        return tf.nn.max_pool1d(values, 3, 1, "SAME")

    def twin(self):
        own = {"dtype": self.dtype_policy, "name": self.name}
        return MaskedMaxPooling(**own) if self._is_masked else keras.layers.MaxPooling1D(3, 1, "same", **own)

    def compute_output_spec(self, values, real=None):
        return keras.KerasTensor(values.shape, dtype=values.dtype)


@keras.saving.register_keras_serializable("skdeep")
class Pooling(_OverTime):
    """From all moments of a row to one vector.

    Parameters
    ----------
    kind : {"average", "max", "average_max", "attention"}
    """

    def __init__(self, kind, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind

    def build(self, values_shape, mask_shape=None):
        if self.kind == "attention":
            self.query = self.add_weight(shape=(values_shape[-1], 1), initializer="zeros", name="query_kernel")

    def call(self, values, mask=None):
        parts = []
        if "average" in self.kind:
            parts.append(self._average(values, mask))
        if "max" in self.kind:
            parts.append(
                tf.reduce_max(values if mask is None else tf.where(mask[:, :, None], values, values.dtype.min), 1)
            )
        if self.kind == "attention":
            parts.append(tf.reduce_sum(values * self.weights_of_moments(values, mask), 1))
        return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

    def weights_of_moments(self, values, mask=None):
        """Return the shares of the moments, of shape (rows, time, 1)."""
        scores = values @ tf.convert_to_tensor(self.query)
        if mask is not None:
            scores = tf.where(mask[:, :, None], scores, scores.dtype.min)
        return tf.nn.softmax(scores, axis=1)

    def _average(self, values, mask):
        if mask is None:
            return tf.reduce_mean(values, 1)
        counted = tf.cast(mask, values.dtype)[:, :, None]
        return tf.reduce_sum(values * counted, 1) / tf.reduce_sum(counted, 1)

    def twin(self):
        layers = {"average": keras.layers.GlobalAveragePooling1D, "max": keras.layers.GlobalMaxPooling1D}
        own = {"dtype": self.dtype_policy, "name": self.name}
        return layers[self.kind](**own) if self.kind == "average" else Pooling(self.kind, **own)

    def compute_output_spec(self, values, mask=None):
        width = values.shape[2] * (2 if self.kind == "average_max" else 1)
        return keras.KerasTensor((values.shape[0], width), dtype=values.dtype)

    def get_config(self):
        return super().get_config() | {"kind": self.kind}


_CELLS = {"gru": _cells.LoopedGRU, "lstm": _cells.FusedLSTM, "simple": _cells.LoopedSimpleRNN}
_TWINS = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM, "simple": keras.layers.SimpleRNN}


@keras.saving.register_keras_serializable("skdeep")
class Recurrence(_OverTime):
    """One recurrent layer, in one direction or in both.

    The backward one starts at the end of each row, so that neither meets what lies behind it, and no state has to be
    masked.

    Parameters
    ----------
    cell : {"gru", "lstm", "simple"}
    units : int
    bidirectional : bool
    sequences : bool
        Whether to return all moments, and not only where a direction ends.
    recurrent_dropout : float or LiveNumber

    A layer of one direction, whose state is its output, may be given an `initial_state` of shape (rows, units).
    """

    def __init__(self, cell, units, bidirectional=False, sequences=True, recurrent_dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.cell, self.units, self.bidirectional, self.sequences = cell, units, bidirectional, sequences
        self.recurrent_dropout = recurrent_dropout
        names = ("forward", "backward") if bidirectional else ("forward",)
        self.directions = [self._made(_CELLS, name, return_sequences=True) for name in names]

    def _made(self, cells, name, **options):
        return cells[self.cell](
            self.units, recurrent_dropout=self.recurrent_dropout, dtype=self.dtype_policy, name=name, **options
        )

    def build(self, values_shape, mask_shape=None, initial_state_shape=None):
        for direction in self.directions:
            direction.build(values_shape)

    def call(self, values, mask=None, initial_state=None, training=False):
        lengths = None if mask is None else _lengths(mask)
        for direction in self.directions:  # without lengths, only the last state is asked for
            direction.return_sequences = self.sequences or mask is not None
        outputs = self.directions[0](values, initial_state=initial_state, training=training)
        results = [outputs if self.sequences else _last(outputs, lengths)]
        for direction in self.directions[1:]:
            outputs = direction(_backward(values, lengths), training=training)
            results.append(_backward(outputs, lengths) if self.sequences else _last(outputs, lengths))
        return results[0] if len(results) == 1 else tf.concat(results, axis=-1)

    def begin(self, rows, moments):
        """Return the state of the cells before the first moment."""
        if self.bidirectional:
            raise ValueError("A net that reads in both directions cannot be called one moment at a time.")
        sizes = keras.tree.flatten(self.directions[0].cell.state_size)
        return tuple(tf.zeros((rows, size), self.compute_dtype) for size in sizes)

    def step(self, state, moment, values, mask=None, initial_state=None, training=False):
        """Return the outputs of one moment, and the state after it."""
        if initial_state is not None:
            state = (tf.where(moment == 0, initial_state, state[0]),)
        outputs, state = self.directions[0].cell(values[:, 0], list(state), training=False)
        return outputs[:, None], tuple(state)

    def twin(self):
        if not self.bidirectional:
            return self._made(_TWINS, self.name, return_sequences=self.sequences)
        forward = self._made(_TWINS, "forward", return_sequences=self.sequences)
        return keras.layers.Bidirectional(forward, dtype=self.dtype_policy, name=self.name)

    def compute_output_spec(self, values, mask=None, initial_state=None, training=False):
        width = self.units * len(self.directions)
        shape = (*values.shape[:2], width) if self.sequences else (values.shape[0], width)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self):
        own = {name: getattr(self, name) for name in ("cell", "units", "bidirectional", "sequences")}
        return super().get_config() | own | {"recurrent_dropout": 0.0}


def _lengths(mask):
    return tf.reduce_sum(tf.cast(mask, tf.int32), 1)


def _backward(values, lengths):
    return tf.reverse(values, [1]) if lengths is None else tf.reverse_sequence(values, lengths, seq_axis=1)


def _last(values, lengths):
    return values if lengths is None else tf.gather(values, lengths - 1, axis=1, batch_dims=1)


@keras.saving.register_keras_serializable("skdeep")
class Ends(_OverTime):
    """What a recurrence has read in the end: the last moment of a row; of its second direction, the first.

    Parameters
    ----------
    bidirectional : bool
        Whether half of the values are those of a second direction.
    """

    def __init__(self, bidirectional=False, **kwargs):
        super().__init__(**kwargs)
        self.bidirectional = bidirectional

    def call(self, values, mask=None):
        last = values[:, -1] if mask is None else _last(values, _lengths(mask))
        units = values.shape[2] // 2
        return tf.concat([last[:, :units], values[:, 0, units:]], axis=1) if self.bidirectional else last

    def compute_output_spec(self, values, mask=None):
        return keras.KerasTensor((values.shape[0], values.shape[2]), dtype=values.dtype)

    def get_config(self):
        return super().get_config() | {"bidirectional": self.bidirectional}


@keras.saving.register_keras_serializable("skdeep")
class SinusoidalPositions(_OverTime):
    """Adds the sines and cosines of each moment's number (Vaswani et al., 2017)."""

    def call(self, values):
        return values + _waves(tf.range(tf.shape(values)[1]), values)

    def begin(self, rows, moments):
        """Return no state."""
        return ()

    def step(self, state, moment, values):
        """Return the values of one moment with what is added to them."""
        return values + _waves(moment[None], values), state

    def compute_output_spec(self, values):
        return keras.KerasTensor(values.shape, dtype=values.dtype)


def _waves(moments, values):
    """Return the sines and cosines of the numbers of moments, of shape (1, time, width)."""
    width = values.shape[-1]
    pace = tf.exp(tf.range(0, width, 2, dtype=values.dtype) * (-math.log(10_000.0) / width))
    angles = tf.cast(moments, values.dtype)[:, None] * pace
    waves = tf.stack([tf.sin(angles), tf.cos(angles)], axis=2)
    return tf.reshape(waves, (1, -1, 2 * ((width + 1) // 2)))[:, :, :width]


@keras.saving.register_keras_serializable("skdeep")
class LearnedPositions(_OverTime):
    """Adds a vector for each moment's number.

    Parameters
    ----------
    longest : int
        Number of positions.
    """

    def __init__(self, longest, **kwargs):
        super().__init__(**kwargs)
        self.longest = longest

    def build(self, values_shape):
        shape = (self.longest, values_shape[-1])
        self.positions = self.add_weight(shape=shape, initializer="random_normal", name="positions")

    def call(self, values):
        return values + self.positions.value[: tf.shape(values)[1]]

    def begin(self, rows, moments):
        """Return no state."""
        return ()

    def step(self, state, moment, values):
        """Return the values of one moment with what is added to them."""
        return values + self.positions.value[moment], state

    def compute_output_spec(self, values):
        return keras.KerasTensor(values.shape, dtype=values.dtype)

    def get_config(self):
        return super().get_config() | {"longest": self.longest}


class _OverPatches(_OverTime):
    """A layer that knows how many moments a patch has.

    Parameters
    ----------
    size : int
        Moments of a patch.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def get_config(self):
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("skdeep")
class WholePatches(_OverPatches):
    """Zeros behind the last moment, so that the moments are a multiple of a patch."""

    def call(self, values):
        return tf.pad(values, [[0, 0], [0, -tf.shape(values)[1] % self.size], [0, 0]])

    def compute_output_spec(self, values):
        return keras.KerasTensor((values.shape[0], None, values.shape[2]), dtype=values.dtype)


@keras.saving.register_keras_serializable("skdeep")
class PatchMask(_OverPatches):
    """The mask of patches: one that begins before the end of its row counts."""

    def call(self, mask):
        return mask[:, :: self.size]

    def compute_output_spec(self, mask):
        return keras.KerasTensor((mask.shape[0], None), dtype="bool")
