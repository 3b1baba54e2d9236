"""Keras, imported when it is first used: descriptions of nets are pickled and opened without it."""


class _LazyKeras:
    """Stands for Keras until one of its attributes is asked for."""

    def __getattr__(self, attribute):
        from skdeep.utils._tensorflow import keras

        return getattr(keras, attribute)


keras = _LazyKeras()
