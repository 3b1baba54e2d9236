"""scikit-learn's own callbacks (`set_callbacks(ProgressBar())`): each epoch is a task of the fit."""


class EpochTasks:
    """Tells scikit-learn's callbacks about every epoch.

    Parameters
    ----------
    estimator : BaseDeepEstimator
    context : sklearn.callback.CallbackContext
        The task of the whole fit.
    X, y : arrays
        The training data, for callbacks that score.
    fitted_attributes : callable
        Takes (weights, n_epochs) and returns the attributes of an estimator fitted so far.
    """

    def __init__(self, estimator, context, X, y, fitted_attributes):
        self._estimator, self._context = estimator, context
        self._X, self._y = X, y
        self._fitted_attributes = fitted_attributes
        self._task = None

    def begin(self):
        """Begin the task of an epoch."""
        self._task = self._context.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(estimator=self._estimator, X=self._X, y=self._y)

    def end(self, epoch, program):
        """End the task of an epoch; return whether a callback asks to stop."""
        return self._task.call_on_fit_task_end(
            estimator=self._estimator,
            X=self._X,
            y=self._y,
            reconstruction_attributes=lambda: self._fitted_attributes(program.weights(), epoch),
        )
