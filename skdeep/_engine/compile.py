"""Tracing: a Python function of tensors becomes one compiled graph, called with as little Python as possible."""

from contextlib import contextmanager

from skdeep.utils._tensorflow import ControlFlowFuncGraph, context, gradient_registry, tf

# To rewrite a graph of fewer nodes takes longer than all the time that this would save.
_FEWEST_REWRITTEN = 1000
_ONCE = 1  # of RewriterConfig.NumIterationsType


def compile_function(function, types, *, first_counts=False, one_thread=False):
    """Trace a function for arguments of these types and return a callable of the list of arguments.

    Parameters
    ----------
    function : callable
        Takes one tensor for each type.
    types : list of tf.TensorSpec
    first_counts : bool, default=False
        Whether the first call counts for as much as later ones, so that a graph is rewritten only where that pays. The
        graphs of predictions are rewritten as TensorFlow does it, and as Keras' are, with the same last digits.
    one_thread : bool, default=False
        Run the operations one after the other in the thread of the caller, where handing each to a pool of threads
        would take longer than the operation itself. Not on a machine with a GPU, nor where there are loops or branches
        within a loop.
    """
    options = _call_options(first_counts and not _has_gpu())
    in_one_thread = _call_options(True, "SINGLE_THREADED_EXECUTOR") if one_thread and not _has_gpu() else options
    with _calls_with(in_one_thread):
        concrete = tf.function(function, autograph=False).get_concrete_function(*types)
    inference = concrete._inference_function
    _forget_gradients(concrete.graph)
    options = options if _is_nested(inference) else in_one_thread
    return _Compiled(inference, concrete.captured_inputs, _python_functions(concrete.graph), options)


def _has_gpu():
    return bool(tf.config.list_logical_devices("GPU"))


def _is_nested(function):
    """Whether there are loops or branches in a loop.

    In one thread each of them waits for a thread of TensorFlow's pool; if the waiting ones fill the pool, all wait for
    ever.
    """
    return any(child.children for child in function.children)


def _call_options(sparing, executor=None):
    """Return how TensorFlow rewrites a graph at its first call, sparing small ones or not, and what then runs it."""
    config = context.context().config
    config.allow_soft_placement = True
    if sparing:
        config.graph_options.rewrite_options.min_graph_nodes = _FEWEST_REWRITTEN
        config.graph_options.rewrite_options.meta_optimizer_iterations = _ONCE
    return context.FunctionCallOptions(executor, config)


@contextmanager
def _calls_with(options):
    """Let this thread trace and call functions with these options."""
    running = context.context()
    before = running.function_call_options
    running.function_call_options = options
    try:
        yield
    finally:
        running.function_call_options = before


class _Compiled:
    """A function of the runtime, without the graph it was traced in: Python's copy takes more memory than the rest.

    Parameters
    ----------
    function : AtomicFunction
        Called directly: binding arguments to a signature takes longer than a small net.
    captured : list of tf.Tensor
    called_back : list of callable
        What the graph kept alive.
    options : FunctionCallOptions
    """

    def __init__(self, function, captured, called_back, options):
        _forget_graphs(function)
        self._function, self._captured, self._called_back, self._options = function, captured, called_back, options

    def __call__(self, arguments):
        with _calls_with(self._options):
            return self._function.call_preflattened([*arguments, *self._captured])


def _python_functions(graph):
    """Return the functions of `tf.py_function` and its kin, which live as long as the outermost graph."""
    while graph.building_function:
        graph = graph.outer_graph
    return list(getattr(graph, "_py_funcs_used_in_graph", ()))


def _forget_gradients(graph):
    """Take the gradients that were written by hand for a traced graph out of TensorFlow's registry.

    It keeps them, and through them the graph, for as long as the process lives.
    """
    for name in list(gradient_registry.list()):
        if name.startswith("CustomGradient") and _is_within(_graph_of(gradient_registry.lookup(name)), graph):
            del gradient_registry._registry[name]


def _graph_of(gradient):
    """Return the graph whose tensors a function of `tf.custom_gradient` knows, or None."""
    inner = _known(gradient).get("tape_grad_fn")
    tensors = tf.nest.flatten(_known(inner).get("result")) if inner else [None]
    return getattr(tensors[0], "graph", None)


def _known(function):
    """Return the variables of the functions around a function that it uses, by name."""
    names, cells = function.__code__.co_freevars, function.__closure__ or ()
    return {name: cell.cell_contents for name, cell in zip(names, cells, strict=True)}


def _is_within(graph, outer):
    while graph is not None and graph is not outer:
        graph = getattr(graph, "outer_graph", None)
    return graph is outer


def _forget_graphs(function):
    """Drop the graphs of a function and of the branches and loops in it, but none of a `tf.function` of the user."""
    function._cached_graph = None
    for child in function.children:
        if isinstance(getattr(child, "_cached_graph", None), ControlFlowFuncGraph):
            _forget_graphs(child)
