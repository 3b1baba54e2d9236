"""Numbers that are inputs of a compiled program instead of constants in it."""


def _through_tensor(name):
    def operation(self, *others):
        return getattr(self.read(), name)(*others)

    operation.__name__ = name
    return operation


class LiveNumber(float):
    """A float to Python, a variable to TensorFlow.

    Keras decides in Python whether a rate or a momentum is used at all (`if self.momentum > 0`) and then computes with
    it as a tensor. A `LiveNumber` answers the first question with its placeholder value and the second with the
    variable behind it, so unmodified Keras layers, losses and optimizers take it, and a new value compiles nothing.

    Parameters
    ----------
    variable : tf.Variable
        Holds the value that computations read.
    """

    def __new__(cls, variable):
        number = super().__new__(cls, 0.5)
        number.variable = variable
        return number

    def read(self):
        """Return the current value as a tensor."""
        return self.variable.read_value()

    @property
    def dtype(self):
        """Name of the variable's dtype, which Keras asks for."""
        return self.variable.dtype.name

    def __tf_tensor__(self, dtype=None, name=None):
        import tensorflow as tf

        value = self.read()
        return value if dtype is None else tf.cast(value, dtype)

    def __reduce__(self):
        return float, (float(self.variable.numpy()),)

    def __deepcopy__(self, memo):
        return self

    for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg"):
        locals()[f"__{_name}__"] = _through_tensor(f"__{_name}__")
    del _name
