"""Keras, imported when it is first used: descriptions of nets are pickled and opened without it."""

import importlib


class _LazyModule:
    """Stands for a module until one of its attributes is asked for."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return getattr(importlib.import_module(self._name), attribute)


keras = _LazyModule("keras")
