"""Tracing: a Python function of tensors becomes one compiled graph, called with as little Python as possible."""

from skdeep.utils._tensorflow import tf


def compile_function(function, types):
    """Trace a function for arguments of these types and return a callable of the list of arguments.

    Parameters
    ----------
    function : callable
        Takes one tensor for each type.
    types : list of tf.TensorSpec
    """
    concrete = tf.function(function, autograph=False).get_concrete_function(*types)
    captured = concrete.captured_inputs
    # Binding arguments to a signature takes longer than a small net; the arguments here are always in order.
    return lambda arguments: concrete._call_flat(arguments, captured)
