"""Attributes of estimators."""

from contextlib import contextmanager


@contextmanager
def unchanged_on_failure(estimator, but=()):
    """Put all attributes back as they were if the block raises: a failed fit leaves the estimator as it was.

    Parameters
    ----------
    estimator : object
    but : tuple of str
        Names of attributes that stay as the block has left them.
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        before |= {name: value for name, value in vars(estimator).items() if name in but}
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
