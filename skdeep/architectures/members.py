"""Several small autoencoders, or encoders, of one shape beside each other, in layers with a member axis."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures import _activations
from skdeep.utils._keys import undescribed
from skdeep.utils._lazy import keras

# Path of the weights that say which columns count.
KEPT = "kept/kept"


@dataclass(frozen=True)
class MembersConfig:
    """What decides the graph of several autoencoders.

    Parameters
    ----------
    n_members : int
    n_components : int
        Length of a code.
    hidden_layer_sizes : tuple of int
        Of the encoder; the decoder has the same in the opposite order.
    activation : str or callable
        Of the hidden layers; code and rows have none.
    """

    n_members: int
    n_components: int
    hidden_layer_sizes: tuple = (64,)
    activation: Any = "relu"


def check(config):
    """Raise ValueError or TypeError for a config that cannot be built."""
    _activations.check_activation(config.activation)


def build(config, signature, numbers):
    """Return three named keras.Models, to be called one after the other: "rows", "members" and "mean".

    What comes out of "rows" and goes into "members" has the shape (members, rows, columns), with one member or all of
    them; "mean" returns the mean of what members have made.

    Parameters
    ----------
    config : MembersConfig
    signature : InputSignature
        One dense input of one dimension, standardised.
    numbers : dict
        None are needed.
    """
    from skdeep.architectures._member_layers import ForEach, Kept, MemberMean

    ((name, column),), dtype = signature.inputs, signature.dtype
    inputs, width = column.inputs(name), column.shape[0]
    rows = keras.Model(inputs, ForEach(dtype=dtype, name="for_each")(inputs[name]), name="rows")
    given, kept = _apart("standardized", width, dtype), Kept(dtype=dtype, name="kept")
    sizes = [*config.hidden_layer_sizes, config.n_components, *config.hidden_layer_sizes[::-1], width]
    hidden = kept(given)
    for index, units in enumerate(sizes):
        linear = index in (len(config.hidden_layer_sizes), len(sizes) - 1)
        hidden = _dense(hidden, units, index, config, dtype, "linear" if linear else config.activation)
    members = keras.Model({"standardized": given}, kept(hidden), name="members")
    made = _apart("made", width, dtype)
    mean = keras.Model({"made": made}, MemberMean(dtype=dtype, name="mean")(made), name="mean")
    return {"rows": rows, "members": members, "mean": mean}


def build_encoders(config, signature, numbers):
    """Return three named keras.Models, as `build` does, of encoders; the mean is that of the squared lengths of codes.

    They have no biases: with these alone, weights of zero would bring all rows to any centre.

    Parameters
    ----------
    config : MembersConfig
    signature : InputSignature
        One dense input of one dimension, standardised.
    numbers : dict
        None are needed.
    """
    from skdeep.architectures._member_layers import Centre, ForEach, Kept, MemberMean, SquaredLength

    ((name, column),), dtype = signature.inputs, signature.dtype
    inputs, width = column.inputs(name), column.shape[0]
    rows = keras.Model(inputs, ForEach(dtype=dtype, name="for_each")(inputs[name]), name="rows")
    given = _apart("standardized", width, dtype)
    hidden = Kept(dtype=dtype, name="kept")(given)
    for index, units in enumerate((*config.hidden_layer_sizes, config.n_components)):
        activation = config.activation if index < len(config.hidden_layer_sizes) else "linear"
        hidden = _dense(hidden, units, index, config, dtype, activation, use_bias=False)
    members = keras.Model({"standardized": given}, Centre(dtype=dtype, name="centre")(hidden), name="members")
    made = _apart("made", config.n_components, dtype)
    lengths = SquaredLength(dtype=dtype, name="squared_length")(made)
    mean = keras.Model({"made": made}, MemberMean(dtype=dtype, name="mean")(lengths), name="mean")
    return {"rows": rows, "members": members, "mean": mean}


def _apart(name, width, dtype):
    """Return the symbolic tensor of rows with a member axis."""
    return keras.Input(batch_shape=(None, None, width), dtype=dtype, name=name)


def _dense(hidden, units, index, config, dtype, activation, use_bias=True):
    from skdeep.architectures._member_layers import MemberDense

    hidden = MemberDense(units, config.n_members, use_bias, dtype=dtype, name=f"dense_{index}")(hidden)
    if activation == "linear":
        return hidden
    return keras.layers.Activation(undescribed(activation), dtype=dtype, name=f"activation_{index}")(hidden)
