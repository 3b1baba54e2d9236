"""All weights of a small net as one vector, so that the optimizer's many small operations run once a step.

That is most of what a step of a small net costs. It needs an optimizer that treats every single weight alike.
"""

import keras
import numpy as np
import tensorflow as tf

MOST_WEIGHTS = 2**15  # copying more than these costs more than it saves


class FlatWeights:
    """One variable that takes the place of several while a program trains.

    Parameters
    ----------
    variables : list of keras.Variable
        They hold the weights between two calls of the program.
    dtype : tf.DType
    """

    def __init__(self, variables, dtype):
        self._variables = variables
        self._sizes = _sizes(variables)
        self.variable = keras.Variable(tf.zeros((sum(self._sizes),), dtype), dtype=dtype.name, name="weights")

    def load(self):
        """Copy the variables into the vector, in the graph."""
        self.variable.assign(self.flatten([variable.value for variable in self._variables]))

    def unload(self):
        """Copy the vector into the variables, in the graph."""
        for variable, part in zip(self._variables, self.parts(), strict=True):
            variable.assign(part)

    def parts(self):
        """Return the vector's current value as one tensor for each variable, in its shape."""
        parts = tf.split(self.variable.value, self._sizes)
        return [tf.reshape(part, variable.shape) for part, variable in zip(parts, self._variables, strict=True)]

    def flatten(self, tensors):
        """Return one vector of the values of tensors that are shaped like the variables."""
        return tf.concat([tf.reshape(tensor, (-1,)) for tensor in tensors], axis=0)


def fits(variables):
    """Whether there are few enough weights for one vector to be faster."""
    return sum(_sizes(variables)) <= MOST_WEIGHTS


def _sizes(variables):
    return [int(np.prod(variable.shape)) for variable in variables]
