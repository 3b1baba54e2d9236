"""Numbers that are inputs of a compiled program instead of constants in it."""

import math
import operator


def _through_tensor(name):
    def operation(self, *others):
        return getattr(self.read(), name)(*others)

    operation.__name__ = name
    return operation


def _as_between_zero_and_one(compare):
    def operation(self, other):
        if isinstance(other, LiveNumber):
            return compare(id(self), id(other))
        if not isinstance(other, (int, float)):
            return NotImplemented
        if other in (0, 1):
            return compare(0.5, other)
        raise TypeError(
            f"A live number was compared with {other!r} while a net was built. Its value is known only when the net "
            "runs: use tensor operations, or make what depends on it part of the config."
        )

    return operation


class LiveNumber(float):
    """A float to Python, a variable to TensorFlow.

    Keras decides in Python whether a rate or a momentum is used at all (`if self.momentum > 0`) and then computes with
    it as a tensor. A `LiveNumber` answers the first question as a number between 0 and 1 would, and the second with the
    variable behind it, so unmodified Keras layers, losses and optimizers take it, and a new value compiles nothing.

    Everything else that would turn it into a constant raises; in C code, which reads floats without asking, it is NaN,
    so that training fails loudly instead of going on with a wrong number.

    Parameters
    ----------
    variable : tf.Variable
        Holds the value that computations read.
    """

    def __new__(cls, variable):
        number = super().__new__(cls, math.nan)
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
        from skdeep.utils._tensorflow import tf

        value = self.read()
        return value if dtype is None else tf.cast(value, dtype)

    def __float__(self):
        raise TypeError(
            "A live number has no value while a net is built: it cannot become a float or an int, which would be a "
            "constant of the net."
        )

    __int__ = __trunc__ = __round__ = __floor__ = __ceil__ = __index__ = __float__

    def __bool__(self):
        return True

    def __hash__(self):
        return id(self)

    def __repr__(self):
        return f"LiveNumber({self.variable.name!r})"

    def __reduce__(self):
        return float, (float(self.variable.numpy()),)

    def __deepcopy__(self, memo):
        return self

    for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow", "neg"):
        locals()[f"__{_name}__"] = _through_tensor(f"__{_name}__")
    for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
        locals()[f"__{_name}__"] = _as_between_zero_and_one(getattr(operator, _name))
    del _name
