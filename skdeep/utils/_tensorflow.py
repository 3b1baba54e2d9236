"""TensorFlow and Keras, imported in this one place, because TensorFlow logs while it is imported, at any level."""

import os
import re
import sys
import tempfile
from contextlib import contextmanager

from skdeep.utils import _random
from skdeep.utils._collector import collector_paused, count_as_old

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_LOG_LINE = rb"WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:|[-\d]{10} [\d:.]+: [IWE] "


@contextmanager
def _quietly():
    """Hold back TensorFlow's log: for good by its level, and while it is imported by looking at what is written.

    Whoever imported TensorFlow before, or set a lower level, wants to read it.
    """
    if "tensorflow" in sys.modules or os.environ.get(_LEVEL, "3") < "3":
        yield
        return
    asked = os.environ.get(_LEVEL)
    os.environ[_LEVEL] = "3"
    try:
        with _without_log_lines():
            yield
    finally:
        if asked is None:
            del os.environ[_LEVEL]


@contextmanager
def _without_log_lines():
    """Pass on what the block writes to standard error, but for lines of a log."""
    try:
        shown = os.dup(2)
    except OSError:  # there is none
        yield
        return
    with _memory_file() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(shown, 2)
            os.close(shown)
            written.seek(0)
            os.write(2, b"".join(line for line in written if not re.match(_LOG_LINE, line)))


def _memory_file():
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("log"), "w+b")
    return tempfile.TemporaryFile()


with _quietly(), collector_paused():
    import keras
    import tensorflow as tf
    from keras.src.backend import compute_output_spec
    from keras.src.backend.common import global_state
    from keras.src.backend.common.variables import initialize_all_variables
    from keras.src.models import Functional
    from keras.src.ops.function import make_node_key
    from keras.src.random import seed_generator
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
    from keras.src.saving.serialization_lib import SafeModeScope
    from tensorflow.python.eager import context
    from tensorflow.python.framework.ops import gradient_registry
    from tensorflow.python.ops.control_flow_v2_func_graphs import ControlFlowFuncGraph

    count_as_old()

# What is drawn without a seed while a net is built is overwritten later, and may not move the user's random numbers.
seed_generator.python_random = _random.seeds

__all__ = [
    "GLOBAL_SEED_GENERATOR",
    "ControlFlowFuncGraph",
    "Functional",
    "SafeModeScope",
    "compute_output_spec",
    "context",
    "global_state",
    "gradient_registry",
    "initialize_all_variables",
    "keras",
    "make_node_key",
    "tf",
]
