"""The learning rate range test: one short training at a rate that rises, and the loss of every step."""

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval

from skdeep._engine.spec import Diverged
from skdeep.model_selection import _suggestion
from skdeep.schedules import Schedule

_FEWEST_LOSSES = 5  # that say anything


class LearningRateFinder(MetaEstimatorMixin, BaseEstimator):
    """Find a learning rate by one short training at a rate that rises from step to step.

    At low rates nothing is learned, then the loss falls, and at high rates it explodes. The loss of every step against
    the rate shows where a net learns fast (Smith, 2017). A clone of the estimator is trained, for `n_steps` steps in
    all; the estimator itself stays as it is.

    The suggestion is the geometric mean of two rates: the one at which half of the fall of the loss is done, and a
    tenth of the one at which the loss is least. It is a good constant rate, and a good one for a schedule to start at.

    Parameters
    ----------
    estimator : estimator object
        An estimator of scikit-deep with a learning rate, or a pipeline that ends with one, whose earlier steps are
        fitted and applied, samplers of imbalanced-learn among them.
    param : str or None, default=None
        Name of the parameter that sets the learning rate. None is ``learning_rate`` of the last step of a pipeline, and
        ``optimizer__learning_rate`` of `KerasClassifier` and its kin; a model that is compiled by the function that
        builds it may have another, such as ``"model__learning_rate"``.
    min_learning_rate : float, default=1e-06
        Learning rate of the first step. It should be too low to learn anything.
    max_learning_rate : float, default=10.0
        Learning rate of the last step. It may be so high that training diverges.
    n_steps : int, default=100
        Steps of the training, each of one batch. More of them show more where batches are small and losses noisy.
    verbose : int, default=0
        `verbose` of the estimator while it is trained; it shows each step as an epoch.

    Attributes
    ----------
    suggestion_ : float
        The learning rate to train with; NaN if the loss does not fall at any.
    best_params_ : dict
        The same as a parameter of the estimator: ``estimator.set_params(**finder.best_params_)``.
    learning_rates_ : ndarray of shape (n_losses,)
        Learning rate of each step, to the one at which training diverged, if it did.
    losses_ : ndarray of shape (n_losses,)
        Training loss of the batch of each step, before the step was taken.
    smoothed_losses_ : ndarray of shape (n_losses,)
        Losses averaged over steps of about the same rate.
    n_features_in_ : int
        Number of columns of X, if the estimator counts them.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X had any.

    Warns
    -----
    UserWarning
        If the loss does not fall at any of the rates.

    See Also
    --------
    skdeep.inspection.LearningRateDisplay : Draws the losses.
    skdeep.schedules.OneCycle : A schedule that goes up to a high rate and comes down again.
    GrowingSearchCV : Finds the size of a net.

    Notes
    -----
    The rate rises exponentially, in the compiled loop: the whole test takes as long as `n_steps` steps of any training,
    after one compilation.

    A schedule, early stopping, callbacks and a warm start of the estimator are left out while it is tested, and so is
    what it trains before or after its main training. What comes late, such as class weights with `deferred_fraction`,
    counts from the first step.

    The rule was chosen by the scores of nets that were trained with its suggestion: on digits, breast cancer, wine,
    diabetes and data made by scikit-learn, with plain, convolutional and recurrent nets. "realmlp" of
    `TabularClassifier` learns best near the rate of the least loss, as its default does: on digits the suggestion, a
    tenth of that, costs one point of accuracy.

    Nets that learn nothing in so few steps, such as recurrent ones of long series, need more of them: about as many as
    a training has.

    References
    ----------
    Smith (2017), "Cyclical learning rates for training neural networks".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.model_selection import LearningRateFinder
    >>> from skdeep.tabular import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = MLPClassifier(optimizer="sgd", random_state=0)
    >>> finder = LearningRateFinder(net).fit(X / 16, y)
    >>> 0.01 < finder.suggestion_ < 1.0
    True
    >>> net = net.set_params(**finder.best_params_).fit(X / 16, y)
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit"])],
        "param": [str, None],
        "min_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "n_steps": [Interval(Integral, 10, None, closed="left")],
        "verbose": ["verbose"],
    }

    def __init__(
        self, estimator, *, param=None, min_learning_rate=1e-6, max_learning_rate=10.0, n_steps=100, verbose=0
    ):
        self.estimator = estimator
        self.param = param
        self.min_learning_rate = min_learning_rate
        self.max_learning_rate = max_learning_rate
        self.n_steps = n_steps
        self.verbose = verbose

    def fit(self, X, y=None, **fit_params):
        """Train a clone of the estimator at a rate that rises.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training rows, as the estimator takes them.
        y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
            Targets, if the estimator needs any.
        **fit_params : dict
            What `fit` of the estimator is given besides, such as sample_weight.

        Returns
        -------
        self : LearningRateFinder
            The fitted finder.

        Raises
        ------
        TypeError
            If the estimator is none of scikit-deep, nor a pipeline that ends with one.
        ValueError
            If a parameter or the data are not valid, or if the first losses are not finite.
        """
        self._validate_params()
        if self.min_learning_rate >= self.max_learning_rate:
            raise ValueError(
                f"max_learning_rate={self.max_learning_rate} has to be above min_learning_rate="
                f"{self.min_learning_rate}."
            )
        rates, losses, estimator = self._tested(X, y, fit_params)
        n_losses = _suggestion.n_steps_before_divergence(rates, losses)
        if n_losses < _FEWEST_LOSSES:
            raise ValueError(
                f"Training diverged in step {n_losses + 1}, at a learning rate of {rates[n_losses]:.3g}. Scale the "
                f"inputs (StandardScaler), or lower min_learning_rate, which is {self.min_learning_rate:g}."
            )
        self.learning_rates_, self.losses_ = rates[:n_losses], losses[:n_losses]
        self.smoothed_losses_ = _suggestion.smoothed(self.learning_rates_, self.losses_)
        self.suggestion_ = _suggestion.suggested(self.learning_rates_, self.losses_, self.smoothed_losses_)
        if np.isnan(self.suggestion_):
            warnings.warn(
                f"The loss did not fall at any learning rate from {rates[0]:.3g} to {rates[n_losses - 1]:.3g}, so that "
                "there is none to suggest. Take more steps, or look at the data.",
                UserWarning,
                stacklevel=2,
            )
        self.best_params_ = {self._param_name(): self.suggestion_}
        for attribute in ("n_features_in_", "feature_names_in_"):
            vars(self).pop(attribute, None)
            if hasattr(estimator, attribute):
                setattr(self, attribute, getattr(estimator, attribute))
        return self

    def _tested(self, X, y, fit_params):
        """Train a clone; return the rates, the losses to the first that is not finite, and the clone."""
        name = self._param_name()
        estimator = clone(self.estimator).set_params(**{name: float(self.max_learning_rate)})
        net = _last_step(estimator)
        known = net.get_params(deep=False)
        settings = {
            "learning_rate_schedule": _Rising(self.min_learning_rate / self.max_learning_rate, self.n_steps),
            "epochs": self.n_steps,
            "fit__epochs": self.n_steps,
            "early_stopping": False,
            "n_iter_no_change": np.inf,
            "n_restarts": 0,
            "callbacks": None,
            "warm_start": False,
            "verbose": self.verbose,
        }
        net.set_params(**{name: value for name, value in settings.items() if name in known})
        net._epoch_is_step = True
        rates = self.max_learning_rate * settings["learning_rate_schedule"](np.arange(self.n_steps) / self.n_steps)
        try:
            estimator.fit(X, y, **fit_params)
            losses = net.history_["loss"]
            self._check_rate(name, net.history_.get("learning_rate"), rates)
        except Diverged as end:
            self._check_rate(name, end.history.get("learning_rate"), rates)
            losses = [*end.history.get("loss", ()), np.nan]
        return rates, np.asarray(losses, dtype=float), estimator

    def _check_rate(self, name, used, rates):
        """Raise ValueError if training had other learning rates than those that a parameter should have set."""
        if used and not np.isclose(used[0], rates[0], rtol=1e-3):
            raise ValueError(
                f"The parameter {name!r} does not set the learning rate: the first step had {used[0]:.3g}, where "
                f"{rates[0]:.3g} was asked for. Say with param which parameter sets it."
            )

    def _param_name(self):
        if self.param is not None:
            return self.param
        net, path = _last_step(self.estimator), []
        holder = self.estimator
        while holder is not net:
            path.append(holder.steps[-1][0])
            holder = holder.steps[-1][1]
        own = net.get_params(deep=False)
        return "__".join([*path, "learning_rate" if "learning_rate" in own else "optimizer__learning_rate"])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inside = get_tags(self.estimator)
        tags.input_tags, tags.target_tags = inside.input_tags, inside.target_tags
        return tags


class _Rising(Schedule):
    """Rises exponentially, from a factor at the first of so many steps to 1 at the last."""

    _parameter_constraints: dict = {}

    def __init__(self, first, n_steps):
        self.first = first
        self.n_steps = n_steps

    def __call__(self, fraction):
        """Return the factor at a fraction of training, a number or an array of them."""
        left = 1.0 - np.asarray(fraction, dtype=float) * self.n_steps / (self.n_steps - 1)
        return self.first**left


def _last_step(estimator):
    """Return what is trained: an estimator, or the last step of a pipeline.

    Raises
    ------
    TypeError
        If that cannot be trained step by step.
    """
    net = estimator
    while isinstance(net, Pipeline):
        net = net.steps[-1][1]
    if isinstance(net, type) or not hasattr(net, "_epoch_is_step"):
        raise TypeError(
            "LearningRateFinder takes an estimator of scikit-deep that is trained at a learning rate, or a pipeline "
            f"that ends with one, got {net!r}."
        )
    return net
