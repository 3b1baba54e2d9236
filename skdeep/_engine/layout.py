"""Where the weights of an update are while a program runs: in the variables of the net, or all in one vector.

The optimizer's many small operations, run once a step and not once a weight, are most of what a step of a small net
costs. It has to treat every single weight alike.
"""

import numpy as np

from skdeep.utils._tensorflow import keras, tf

MOST_WEIGHTS = 2**15  # copying more than these costs more than it saves


class ByWeight:
    """The weights stay in the variables of the net.

    Parameters
    ----------
    variables : list of keras.Variable
    """

    def __init__(self, variables):
        self.variables = self.updated = list(variables)

    def load(self):
        """Do nothing: the variables hold the weights."""

    unload = load

    def values(self):
        """Return the current weights as tensors."""
        return [variable.value for variable in self.variables]

    def elsewhere(self, values=None):
        """Return (variable, value) of those whose weights are not in them; the values, if they were read already."""
        return []

    def completed(self, gradients, values):
        """Return gradients as they are: variables without one are left alone."""
        return gradients

    def apply(self, optimizer, gradients):
        """Let an optimizer take a step."""
        optimizer.apply(gradients, self.variables)

    def in_updated(self, factors):
        """Return one factor for each variable that the optimizer sees; None is one."""
        return factors

    def parts(self, arrays):
        """Return arrays for what the optimizer sees as arrays for the variables."""
        return arrays

    whole = parts


class OneVector:
    """The weights are laid end to end in one vector for the time of a call of the program.

    Parameters
    ----------
    variables : list of keras.Variable
        They hold the weights between two calls.
    """

    def __init__(self, variables):
        self.variables = list(variables)
        self._sizes = [_size(variable) for variable in variables]
        dtype = variables[0].dtype
        self.vector = keras.Variable(tf.zeros((sum(self._sizes),), dtype), dtype=dtype, name="weights")
        self.updated = [self.vector]

    def load(self):
        """Copy the variables into the vector, in the graph."""
        self.vector.assign(self._flattened([variable.value for variable in self.variables]))

    def unload(self):
        """Copy the vector into the variables, in the graph."""
        for variable, part in zip(self.variables, self.values(), strict=True):
            variable.assign(part)

    def values(self):
        """Return the current weights as tensors in the shapes of the variables."""
        parts = tf.split(self.vector.value, self._sizes)
        return [tf.reshape(part, variable.shape) for part, variable in zip(parts, self.variables, strict=True)]

    def elsewhere(self, values=None):
        """Return (variable, value) of those whose weights are not in them; the values, if they were read already."""
        return list(zip(self.variables, values or self.values(), strict=True))

    def completed(self, gradients, values):
        """Return gradients with zeros for those weights that the loss does not depend on."""
        pairs = zip(gradients, values, strict=True)
        return [tf.zeros_like(value) if gradient is None else gradient for gradient, value in pairs]

    def apply(self, optimizer, gradients):
        """Let an optimizer take a step."""
        optimizer.apply([self._flattened(gradients)], [self.vector])

    def in_updated(self, factors):
        """Return the factors of all weights as one vector."""
        if all(factor is None for factor in factors):
            return [None]
        pairs = zip(factors, self._sizes, strict=True)
        ones = [tf.ones((size,), self.vector.dtype) * (1.0 if factor is None else factor) for factor, size in pairs]
        return [tf.concat(ones, axis=0)]

    def parts(self, arrays):
        """Return arrays for what the optimizer sees as arrays for the variables."""
        (vector,) = arrays
        pairs = zip(np.split(vector, np.cumsum(self._sizes)[:-1]), self.variables, strict=True)
        return [part.reshape(variable.shape) for part, variable in pairs]

    def whole(self, arrays):
        """Return arrays for the variables as arrays for what the optimizer sees."""
        return [np.concatenate([np.ravel(array) for array in arrays])]

    def _flattened(self, tensors):
        return tf.concat([tf.reshape(tensor, (-1,)) for tensor in tensors], axis=0)


def layout(variables, one_vector):
    """Return the layout of some variables: one vector where that is allowed, and faster."""
    small = 0 < sum(map(_size, variables)) <= MOST_WEIGHTS
    alike = len({variable.dtype for variable in variables}) == 1
    alike = alike and all(getattr(variable, "constraint", None) is None for variable in variables)  # each has its own
    return OneVector(variables) if one_vector and small and alike else ByWeight(variables)


def _size(variable):
    return int(np.prod(variable.shape))
