"""What every net over time begins and ends with: values and their mask, vectors of ids, outputs."""

from dataclasses import dataclass

from skdeep.architectures import _activations
from skdeep.utils._lazy import keras


@dataclass(frozen=True)
class Channels:
    """A net that reads numbers.

    Parameters
    ----------
    standardized : bool
        Whether it begins with a batch normalisation that never learns, for the mean and the variance of each channel.
    differences : bool
        Whether it reads the change of each channel too.
    """

    standardized: bool = True
    differences: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """A net that reads ids.

    Parameters
    ----------
    size : int
        Rows of the table of vectors; row 0 is that of ids which were never seen, and has zeros.
    dim : int
        Length of a vector.
    trained : bool
        Whether the vectors are trained.
    spread : float
        The largest number in a vector at the start.
    """

    size: int
    dim: int
    trained: bool = True
    spread: float = 0.05


# Paths of the weights that are learned from rows, or brought by the user, and not by descent.
MEAN, VARIANCE = "standardization/moving_mean", "standardization/moving_variance"
VECTORS = "embedding/embeddings"


def enter(signature, reading):
    """Return (inputs by name, values of shape (rows, time, channels), mask or None).

    Parameters
    ----------
    signature : InputSignature
        One input, dense of any length or ragged.
    reading : Channels or Vocabulary
        None is Channels().
    """
    ((name, column),), dtype = signature.inputs, signature.dtype
    inputs = column.inputs(name)
    values, mask = with_mask(inputs, dtype)
    if isinstance(reading, Vocabulary):
        return inputs, vectors(values, reading, dtype), mask
    return inputs, _numbers(values, reading or Channels(), dtype), mask


def with_mask(inputs, dtype):
    """Return the values of one input, and their mask if the input comes with lengths."""
    from skdeep.architectures.sequence import _layers

    values, *lengths = inputs.values()
    return values, _layers.LengthMask(name="mask", dtype=dtype)(values, *lengths) if lengths else None


def vectors(ids, vocabulary, dtype, name="embedding"):
    """Return the vectors of ids."""
    from skdeep.architectures.sequence import _layers

    return keras.layers.Embedding(
        vocabulary.size,
        vocabulary.dim,
        embeddings_initializer=_layers.ZeroFirst(-vocabulary.spread, vocabulary.spread),
        trainable=vocabulary.trained,
        dtype=dtype,
        name=name,
    )(ids)


def _numbers(values, channels, dtype):
    from skdeep.architectures.sequence import _layers

    if channels.standardized:
        values = keras.layers.BatchNormalization(
            center=False, scale=False, epsilon=0.0, trainable=False, dtype=dtype, name="standardization"
        )(values)
    return _layers.Differences(dtype=dtype, name="differences")(values) if channels.differences else values


def leave(inputs, hidden, config, dtype, name):
    """Return the keras.Model that ends in one dense layer without activation for each output.

    Parameters
    ----------
    inputs : dict of keras.KerasTensor
    hidden : keras.KerasTensor
        One vector a row, or one a moment of a row.
    config : object
        With `output_sizes` and `kernel_initializer`.
    dtype, name : str
    """
    kind = _activations.initializer(config.kernel_initializer, "linear")
    outputs = [
        keras.layers.Dense(units, kernel_initializer=kind, dtype=dtype, name=f"output_{index}")(hidden)
        for index, units in enumerate(config.output_sizes)
    ]
    return keras.Model(inputs, outputs[0] if len(outputs) == 1 else outputs, name=name)


def masked(mask):
    """Return the keyword arguments of a layer that takes a mask, if there is one."""
    return {} if mask is None else {"mask": mask}
