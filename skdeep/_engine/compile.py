"""Tracing: a Python function of tensors becomes one compiled graph, called with as little Python as possible."""

from skdeep.utils._tensorflow import ControlFlowFuncGraph, tf


def compile_function(function, types):
    """Trace a function for arguments of these types and return a callable of the list of arguments.

    Parameters
    ----------
    function : callable
        Takes one tensor for each type.
    types : list of tf.TensorSpec
    """
    concrete = tf.function(function, autograph=False).get_concrete_function(*types)
    return _Compiled(concrete._inference_function, concrete.captured_inputs, _python_functions(concrete.graph))


class _Compiled:
    """A function of the runtime, without the graph it was traced in: Python's copy takes more memory than the rest.

    Parameters
    ----------
    function : AtomicFunction
        Called directly: binding arguments to a signature takes longer than a small net.
    captured : list of tf.Tensor
    called_back : list of callable
        What the graph kept alive.
    """

    def __init__(self, function, captured, called_back):
        _forget_graphs(function)
        self._function, self._captured, self._called_back = function, captured, called_back

    def __call__(self, arguments):
        return self._function.call_preflattened([*arguments, *self._captured])


def _python_functions(graph):
    """Return the functions of `tf.py_function` and its kin, which live as long as the outermost graph."""
    while graph.building_function:
        graph = graph.outer_graph
    return list(getattr(graph, "_py_funcs_used_in_graph", ()))


def _forget_graphs(function):
    """Drop the graphs of a function and of the branches and loops in it, but none of a `tf.function` of the user."""
    function._cached_graph = None
    for child in function.children:
        if isinstance(getattr(child, "_cached_graph", None), ControlFlowFuncGraph):
            _forget_graphs(child)
