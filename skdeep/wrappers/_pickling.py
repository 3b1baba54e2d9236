"""How wrappers are pickled, copied and cloned: a model is its class, its config, and arrays.

Keras' own way does not know classes and functions that are not registered, and keeps no link between two parameters
that are the same model. Here these go through pickle: by name, or by value with cloudpickle.
"""

import copy
import sys

from sklearn.base import clone

from skdeep.utils._lazy import keras
from skdeep.wrappers import _content

_PASSING = ("_compilation",)  # made again when it is needed


def packed(state):
    """Return the attributes of a wrapper with descriptions in place of the objects of Keras."""
    state = {name: value for name, value in state.items() if name not in _PASSING}
    return _packed(state, {}) if "keras" in sys.modules else state


def unpacked(value):
    """Return attributes, or what they hold, with objects of Keras in place of their descriptions."""
    if isinstance(value, (PackedModel, PackedObject)):
        return value.unpacked()
    return _each(value, unpacked)


def cloned(value):
    """Return a copy of a parameter, as `sklearn.base.clone` makes it; what callbacks report to is shared."""
    if "keras" not in sys.modules:
        return clone(value, safe=False)
    if isinstance(value, keras.callbacks.Callback):
        from skdeep._engine.fit.callbacks import copied

        return copied(value)
    if isinstance(value, keras.Model):
        return PackedModel(value).unpacked()
    if _is_of_keras(value):
        return PackedObject(value).unpacked()
    return _each(value, cloned) if type(value) in (dict, list, tuple) else clone(value, safe=False)


def _each(value, function):
    if type(value) is dict:
        return {name: function(one) for name, one in value.items()}
    return type(value)(map(function, value)) if type(value) in (list, tuple) else value


def _packed(value, known):
    if isinstance(value, keras.Model):
        if id(value) not in known:
            known[id(value)] = PackedModel(value)
        return known[id(value)]
    return PackedObject(value) if _is_of_keras(value) else _each(value, lambda one: _packed(one, known))


def _is_of_keras(value):
    return isinstance(value, (keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric))


class PackedObject:
    """An optimizer, loss or metric as its class and config, and the values of its variables."""

    def __init__(self, instance):
        self._class, self._config = type(instance), _content.config_of(instance)
        self._attributes = {} if _content.is_known(type(instance)) else _content.plain_state(instance)
        if hasattr(instance, "_fn_kwargs"):  # which the config of some losses does not mention
            self._attributes["_fn_kwargs"] = dict(instance._fn_kwargs)
        self.arrays = [variable.numpy() for variable in getattr(instance, "variables", ())]

    def unpacked(self):
        """Return an object like the one that was packed, in its first state."""
        config = dict(self._config)
        if self._class is keras.metrics.MeanMetricWrapper:
            instance = self._class(config.pop("fn"), **config)
        else:
            instance = self._class.from_config(config)
        vars(instance).update(self._attributes)
        return instance


class PackedModel:
    """A model as its class and config, what it was compiled with, its weights, and what its optimizer remembers."""

    def __init__(self, model):
        self._class, self._config, self._built = type(model), _config(model), model.get_build_config()
        self._objects = _objects(model)
        self._weights = [variable.numpy() for variable in model.weights]
        self._compiled = _compiled_with(model) if model.compiled else None
        self._made = None

    def unpacked(self):
        """Return a model like the one that was packed; the same one at each call."""
        if self._made is None:
            from skdeep.utils._tensorflow import SafeModeScope

            with keras.saving.custom_object_scope(self._objects), SafeModeScope(False):
                model = self._class.from_config(self._config)
                if self._weights and not model.weights:
                    model.build_from_config(self._built)
            for variable, array in zip(model.weights, self._weights, strict=True):
                variable.assign(array)
            if self._compiled is not None:
                _compile(model, self._compiled)
            self._made = model
        return self._made

    def __getstate__(self):
        return vars(self) | {"_made": None}

    def __deepcopy__(self, memo):
        copied = object.__new__(type(self))
        memo[id(self)] = copied
        vars(copied).update({name: copy.deepcopy(value, memo) for name, value in self.__getstate__().items()})
        return copied


def _config(model):
    """Return the config of a model, with the functions and objects of users in its layers as they are."""
    layers = {layer.name: layer for layer in getattr(model, "layers", ()) if not hasattr(layer, "function")}
    held = {name: _content.held_by(layer) for name, layer in layers.items()}
    held = {name: found for name, found in held.items() if found and _content.is_known(type(layers[name]))}
    try:
        for name, found in held.items():
            vars(layers[name]).update(dict.fromkeys(found, keras.activations.linear))
        with _content.without_word_of_lambdas():
            config = model.get_config()
    finally:
        for name, found in held.items():
            vars(layers[name]).update(found)
    for one in config.get("layers", ()) if isinstance(config, dict) else ():
        inner = one["config"] if isinstance(one.get("config"), dict) else {}
        inner |= {name: found for name, found in held.get(inner.get("name"), {}).items() if name in inner}
    return config


def _objects(model):
    """Return the classes and functions of users in a model, by name, but those that Keras finds by itself."""
    from skdeep.wrappers import _structure

    found = _structure.objects_of_users(model)
    return {
        name: one
        for name, one in found.items()
        if name != "<lambda>" and keras.saving.get_registered_object(keras.saving.get_registered_name(one)) is None
    }


def _compiled_with(model):
    """Return what a model was compiled with, in a form that can be pickled."""
    metrics = model._compile_metrics
    given = {
        "loss": model.loss,
        "loss_weights": getattr(model._compile_loss, "_user_loss_weights", None),
        "metrics": getattr(metrics, "_user_metrics", None),
        "weighted_metrics": getattr(metrics, "_user_weighted_metrics", None),
        "optimizer": model.optimizer,
    }
    given = _packed(given, {})
    return given | {"run_eagerly": model.run_eagerly, "steps_per_execution": model.steps_per_execution}


def _compile(model, given):
    model.compile(**unpacked(given), auto_scale_loss=False)
    arrays = getattr(given["optimizer"], "arrays", [])
    if len(arrays) != len(model.optimizer.variables if model.optimizer else []):
        model.optimizer.build(model.trainable_variables)
    for variable, array in zip(model.optimizer.variables if arrays else [], arrays, strict=True):
        variable.assign(array)
