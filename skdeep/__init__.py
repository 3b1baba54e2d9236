"""Deep learning with scikit-learn's manners: estimators that compile once and fit many times.

TensorFlow is imported at the first fit or prediction, never before.
"""

import importlib

_MODULES = (
    "decomposition",
    "export",
    "image",
    "inspection",
    "losses",
    "metrics",
    "model_selection",
    "outlier_detection",
    "over_sampling",
    "schedules",
    "sequence",
    "tabular",
    "text",
    "utils",
    "wrappers",
)

__all__ = ["__version__", "cache_info", "clear_cache", *_MODULES]


def clear_cache():
    """Free every compiled program that no fit is using.

    Examples
    --------
    >>> import skdeep
    >>> skdeep.clear_cache()
    """
    from skdeep._engine.cache import cache

    cache.clear()


def cache_info():
    """Return the state of the program cache: programs kept, their bytes, and fits that did or did not find one.

    Returns
    -------
    info : CacheInfo
        A named tuple of `programs`, `nbytes`, `hits` and `misses`; each miss is a compilation.

    Examples
    --------
    >>> import skdeep
    >>> skdeep.cache_info().programs >= 0
    True
    """
    from skdeep._engine.cache import cache

    return cache.info()


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(f"skdeep.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version("scikit-deep")
    raise AttributeError(f"module 'skdeep' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
