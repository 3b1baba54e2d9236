"""Autoencoders: an encoder from rows to a code, and a decoder from a code to rows."""

from dataclasses import dataclass
from typing import Any

from skdeep.architectures import _activations, _forms
from skdeep.utils._lazy import keras
from skdeep.utils._operations import Operation

# Paths of the weights that are learned from rows, and not by descent.
ENCODED = ("standardization/moving_mean", "standardization/moving_variance")
DECODED = ("units/moving_mean", "units/moving_variance")

ARCHITECTURES = tuple(_forms.FORMS)


@dataclass(frozen=True)
class AutoencoderConfig:
    """What decides the graph of an autoencoder.

    Parameters
    ----------
    n_components : int
        Length of the code.
    hidden_layer_sizes : tuple of int
        Of the encoder, from rows to the code; the decoder has the same in the opposite order. They are units or, of
        convolutions, filters.
    activation : str or callable
        Of the hidden layers; code and rows have none. Recurrent layers have their own.
    kernel_initializer : str or KerasObject
        "auto" suits the activation.
    noise : bool
        Whether there is any; its standard deviation is a number, not config.
    tied : bool
        Whether the kernels of a dense decoder are those of the encoder, transposed.
    standardized : bool
        Whether rows are centred and scaled first, and what is decoded is put back into their units.
    architecture : str
        One of ARCHITECTURES.
    spread : bool
        Whether the encoder returns, after the code, the logarithm of its variance.
    units : bool
        Whether what is decoded is put back into the units of standardized rows.
    """

    n_components: int
    hidden_layer_sizes: tuple = ()
    activation: Any = "relu"
    kernel_initializer: Any = "auto"
    noise: bool = False
    tied: bool = False
    standardized: bool = True
    architecture: str = "dense"
    spread: bool = False
    units: bool = True


def check(config):
    """Raise ValueError or TypeError for a config that cannot be built."""
    _activations.check_activation(config.activation)
    _activations.check_initializer(config.kernel_initializer)


def pairs(config):
    """Return what belongs together in a dense encoder and decoder, from the rows on.

    Returns
    -------
    pairs : list of (str, str, tuple of str)
        For each layer of the encoder, the names of the layers whose outputs are the code of a net that ends there, in
        the encoder and in the decoder, and of the two layers that such a net has more than the one before.
    """
    last = len(config.hidden_layer_sizes)
    encoders = [*(f"encoder_{index}" for index in range(last)), "code_layer"]
    decoders = [*(f"decoder_{index}" for index in range(last)), "rows"]
    ends = [*(f"{name}_activation" for name in encoders[:-1]), "code_layer"]
    begins = ["code", *(f"{name}_activation" for name in decoders[:-1])]
    trained = zip(encoders, decoders[::-1], strict=True)
    return list(zip(ends, begins[::-1], trained, strict=True))


def build(config, signature, numbers):
    """Return the encoder and the decoder, as named keras.Models.

    Parameters
    ----------
    config : AutoencoderConfig
    signature : InputSignature
        The first input, of as many dimensions as the architecture reads, are the rows: flat, images (height, width,
        channels) or series (time, channels). Sparse rows cannot be standardized, and have no noise. Under a condition,
        a second input, dense layers encode rows and decode codes.
    numbers : dict
        "noise", if the config has it.
    """
    (name, column), *conditions = signature.inputs
    form = _forms.FORMS[config.architecture](config, column.shape, signature.dtype)
    given = [{name: column.inputs(name)[name] for name, column in conditions} for _ in range(2)]
    encoder = _encoder(form, column.inputs(name) | given[0], numbers)
    return {"encoder": encoder, "decoder": _decoder(form, given[1])}


def operations(config, n_columns):
    """Describe encoder and decoder of a config without Keras.

    Parameters
    ----------
    config : AutoencoderConfig
    n_columns : int
        Of the rows.

    Returns
    -------
    operations : dict of tuple of Operation, or None
        None if they are not of dense layers, or the activation is no name.
    """
    if config.architecture != "dense" or not isinstance(config.activation, str):
        return None
    n_layers, names = len(config.hidden_layer_sizes), ("code_layer", "log_variance_layer")
    encoders = [f"encoder_{index}" for index in range(n_layers)]
    decoders = [f"decoder_{index}" for index in range(n_layers)]
    begin = [Operation("standardization", ("input",), "standardization", ENCODED, 0.0)] if config.standardized else []
    encoding = [*begin, *_described(encoders, begin[-1].makes if begin else "input", config.activation)]
    features = encoding[-1].makes if encoding else "input"
    encoding += [_dense(name, features) for name in names[: 2 if config.spread else 1]]
    kernels = dict(zip([*decoders, "rows"], ["code_layer", *encoders[::-1]], strict=True)) if config.tied else {}
    decoding = _described(decoders, "input", config.activation, kernels)
    decoding.append(_dense("rows", decoding[-1].makes if decoding else "input", kernels.get("rows")))
    if config.standardized and config.units:
        decoding.append(Operation("standardization", ("rows",), "units", DECODED, 0.0))
    return {"encoder": tuple(encoding), "decoder": tuple(decoding)}


def _described(names, reads, activation, kernels=()):
    """Return the operations of hidden layers; `kernels` has those whose kernel is that of another layer."""
    found = []
    for name in names:
        found.append(_dense(name, reads, dict(kernels).get(name)))
        if activation != "linear":
            found.append(Operation("activation", (name,), f"{name}_activation", (), activation))
        reads = found[-1].makes
    return found


def _dense(name, reads, of=None):
    kind = "dense" if of is None else "transposed"
    return Operation(kind, (reads,), name, (f"{of or name}/kernel", f"{name}/bias"))


def _encoder(form, inputs, numbers):
    config, (hidden, *conditions) = form.config, inputs.values()
    if len(form.row_shape) > 1:
        hidden = keras.layers.Flatten(dtype=form.dtype, name="flat")(hidden)
    if config.standardized:
        hidden = _statistics(form.dtype, "standardization")(hidden)
    if config.noise:
        hidden = keras.layers.GaussianNoise(numbers["noise"], dtype=form.dtype, name="noise")(hidden)
    features = form.features(_beside(hidden, conditions, form.dtype, "encoded"))
    code = form.dense(config.n_components, "code_layer")(features)
    if config.spread:
        code = [code, form.dense(config.n_components, "log_variance_layer")(features)]
    return keras.Model(inputs, code, name="encoder")


def _decoder(form, conditions):
    code = keras.Input((form.config.n_components,), dtype=form.dtype, name="code")
    rows = form.rows(_beside(code, conditions.values(), form.dtype, "decoded"))
    if form.config.standardized and form.config.units:
        rows = _statistics(form.dtype, "units")(rows)
    if len(form.row_shape) > 1:
        rows = keras.layers.Reshape(form.row_shape, dtype=form.dtype, name="shaped")(rows)
    return keras.Model({"code": code, **conditions}, rows, name="decoder")


def _beside(values, conditions, dtype, name):
    """Return values with the conditions that they are read under as further columns, if there are any."""
    return keras.layers.Concatenate(dtype=dtype, name=name)([values, *conditions]) if conditions else values


def _statistics(dtype, name):
    """Return a layer that shifts and scales columns by numbers that are never trained."""
    return keras.layers.BatchNormalization(
        center=False, scale=False, epsilon=0.0, trainable=False, dtype=dtype, name=name
    )
