"""Building in a thread of its own, so that a build that fails or is interrupted leaves nothing behind.

Keras keeps what is being built in lists and stacks of the running thread, and clears them only when all goes well:
after a failure every later build of that thread would fail too. A thread that ends takes all of it along, and an
interruption reaches only the thread that waits.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from skdeep.utils._collector import collector_paused
from skdeep.utils._tensorflow import context, global_state, keras, tf


def isolated(build, *arguments):
    """Return `build(*arguments)`, called in a new thread.

    Parameters
    ----------
    build : callable
        Sees what is set for the calling thread: device, default dtype, custom objects, and how errors are shown.
    *arguments : object
        What it is called with.
    """
    scopes = _scopes_of_this_thread()
    executor = ThreadPoolExecutor(1, thread_name_prefix="skdeep-build")
    try:
        with collector_paused():
            return executor.submit(_call_within, scopes, build, arguments).result()
    finally:
        executor.shutdown(wait=False)


def _scopes_of_this_thread():
    custom_objects = global_state.get_global_attribute("custom_objects_scope_dict") or {}
    filtering = keras.config.is_traceback_filtering_enabled()
    return context.context().device_name, keras.config.dtype_policy(), dict(custom_objects), filtering


def _call_within(scopes, build, arguments):
    device, policy, custom_objects, filtering = scopes
    keras.config.set_dtype_policy(policy)
    (keras.config.enable_traceback_filtering if filtering else keras.config.disable_traceback_filtering)()
    with ExitStack() as stack:
        if device:
            stack.enter_context(tf.device(device))
        stack.enter_context(keras.saving.custom_object_scope(custom_objects))
        return build(*arguments)
