"""The one fit, partial_fit and predict of every classifier and regressor.

A concrete estimator adds its parameters and `_model_spec`; everything between the user's arrays and the engine is here.
"""

import copy
import dataclasses
import inspect
from dataclasses import dataclass

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from skdeep import _targets, _training
from skdeep._sklearn_callbacks import EpochTasks
from skdeep._spec import InputSignature, ModelSpec
from skdeep.base import BaseDeepEstimator
from skdeep.losses._facts import LossFacts


@dataclass(frozen=True)
class Net:
    """What a fitted estimator knows of its net, besides the weights.

    Parameters
    ----------
    spec : ModelSpec
    signature : InputSignature
    target : TargetInfo
    loss : LossFacts
    seeds : tuple of int
        Of the weights, the shuffling and the noise.
    """

    spec: ModelSpec
    signature: InputSignature
    target: _targets.TargetInfo
    loss: LossFacts
    seeds: tuple

    @property
    def link(self):
        """From the outputs of the net to predictions: "identity", "exp", "probability" or "margin"."""
        return self.loss.link


class SupervisedEstimator(BaseDeepEstimator):
    """Training and prediction, whatever the targets are."""

    _attributes = """
        history_ : dict of list
            Values of each epoch: "loss", "learning_rate", and with validation data "val_loss" and "val_score".
        validation_scores_ : list of float or None
            Validation score of each epoch, or the negative validation loss if `scoring="loss"`.
        best_loss_ : float or None
            Smallest training loss; None with early stopping.
        best_validation_score_ : float or None
            Largest of the validation scores.
        n_iter_ : int
            Epochs of the last fit; those of `partial_fit` add up.
        n_epochs_ : int
            Epochs the weights have seen, earlier fits of a warm start included.
        optimizer_state_ : list of ndarray
            Slots and step count of the optimizer, from which training can go on.
        callbacks_ : list of keras.callbacks.Callback
            The trained copies of the callbacks.
    """

    # -- what subclasses say --------------------------------------------------------------------------------------

    def _model_spec(self, signature, output_sizes):
        """Return (ModelSpec, values of its live numbers) for these inputs and units of each output.

        The statistics of the inputs, which are live numbers too, are added by the kind of input.
        """
        raise AttributeError(f"{type(self).__name__} must define _model_spec.")

    def _stages(self, spec, epochs, goes_on):
        """Return (ModelSpec, epochs, factor of the learning rate) of each stage of training; usually there is one."""
        return [(spec, epochs, 1.0)]

    def _initial_weights(self, spec):
        """Return a list of weights to begin with, None for those to be drawn; or None if all are."""
        return None

    def _auto_schedule(self, spec):
        """Return the learning rate schedule that suits a net, and what it multiplies the usual learning rate with."""
        return None, 1.0

    # -- fitting --------------------------------------------------------------------------------------------------

    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
        """Train the net.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Training data, of the kind the class takes: a table, images, ...
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss; a row of weight two counts as two rows, one of weight zero not at all.
        X_val : array-like of shape (n_validation, ...), default=None
            Validation data, evaluated after every epoch; early stopping watches it instead of splitting rows off X.
        y_val : array-like of shape (n_validation,) or (n_validation, n_targets), default=None
            Targets of the validation data.
        sample_weight_val : array-like of shape (n_validation,), default=None
            Weights of the validation data.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not valid, or if training diverges. The estimator then stays as it was.
        """
        self._validate_params()
        with self._unchanged_on_failure():
            self._fit(X, y, sample_weight, validation=(X_val, y_val, sample_weight_val), epochs=self.epochs)
        return self

    def _partial_fit(self, X, y, sample_weight, classes, epochs):
        self._validate_params()
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True.")
        if not isinstance(epochs, (int, np.integer)) or epochs < 1:
            raise ValueError(f"epochs must be an integer of at least 1, got {epochs!r}.")
        with self._unchanged_on_failure():
            self._fit(X, y, sample_weight, (None, None, None), epochs=epochs, classes=classes, incremental=True)
        return self

    def _fit(self, X, y, sample_weight, validation, *, epochs, classes=None, incremental=False):
        goes_on = hasattr(self, "weights_") and (incremental or self.warm_start)
        X = self._check_inputs(X, reset=not goes_on, dtype=self._net.signature.dtype if goes_on else self.dtype)
        y, sample_weight = self._check_targets(X, y, sample_weight)
        X, y, sample_weight = _drop_weightless(X, y, sample_weight)
        loss = self._resolve_loss()
        target = self._net.target if goes_on else self._learn_target(y, sample_weight, loss, classes)
        seeds = self._net.seeds if goes_on else self._draw_seeds()
        dtype = self._net.signature.dtype if goes_on else self._compute_dtype(X)
        rows, held_out = self._split(X, y, sample_weight, validation, target, seeds, dtype)
        class_weights = self._class_weights(*rows[1:], target)
        signature = self._input_signature(X, dtype)
        spec, numbers = self._model_spec(signature, target.output_sizes)
        schedule, rate_factor = self._schedule(spec, incremental)
        stages = self._stages(spec, epochs, goes_on)
        net = Net(stages[-1][0], signature, target, loss.facts, seeds)
        job = _training.Job(
            model=spec,
            model_numbers=numbers | self._input_numbers(rows[0], rows[2]),
            signature=signature,
            losses=(loss,) * len(target.output_sizes),
            rows=self._rows(*rows, net, class_weights),
            seeds=seeds,
            epochs=epochs,
            batch_size=self._auto_batch_size if self.batch_size == "auto" else self.batch_size,
            schedule=schedule,
            start=(self.weights_, self.optimizer_state_, self._optimizer_kind) if goes_on else None,
            initial=None if goes_on else self._initial_weights(spec),
            first_epoch=self.n_epochs_ if goes_on else 0,
            incremental=incremental,
            watch=None if incremental else "loss",
        )
        if held_out is not None:
            self._watch_validation(job, held_out, class_weights, net)
        if not incremental:
            self._announce_epochs(job, rows, net, sum(n_epochs for _, n_epochs, _ in stages))
        self._keep(self._run(job, stages, rate_factor), job, net, incremental)

    def _run(self, job, stages, rate_factor):
        """Train through all stages, each from where the one before it ended; return one result of all epochs."""
        first_epoch, history, n_epochs, best = job.first_epoch, {}, 0, None
        for job.model, job.epochs, factor in stages:
            job.rate_factor, job.first_epoch = rate_factor * factor, first_epoch + n_epochs
            result = _training.run(self, job)
            history, n_epochs = _joined(history, result.history), n_epochs + result.n_epochs
            job.start = result.weights, result.optimizer_state, job.optimizer_kind
            best = result if best is None or not job.restores_best or job.improves(result.best, best.best) else best
            if result.interrupted:
                break
        job.first_epoch = first_epoch
        return dataclasses.replace(result, weights=best.weights, history=history, n_epochs=n_epochs)

    def _schedule(self, spec, incremental):
        """Return the learning rate schedule, and the factor of the learning rate that goes with it."""
        if self.learning_rate_schedule != "auto":
            return self.learning_rate_schedule, 1.0
        # What falls to zero at the end is not for training that has no end, nor for an optimizer with a schedule.
        instance = hasattr(self.optimizer, "get_config")
        if incremental or (instance and isinstance(self.optimizer.get_config().get("learning_rate"), dict)):
            return None, 1.0
        schedule, factor = self._auto_schedule(spec)
        return schedule, 1.0 if instance or self.learning_rate != "auto" else factor

    def _check_targets(self, X, y, sample_weight):
        if y is None:
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        y = self._check_y(y)
        check_consistent_length(X, y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return y, sample_weight

    def _split(self, X, y, sample_weight, validation, target, seeds, dtype):
        """Return (training rows, validation rows or None), each as (X, y, sample_weight)."""
        X_val, y_val, weight_val = validation
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: give both or neither.")
        if X_val is None and weight_val is not None:
            raise ValueError("sample_weight_val is given without X_val and y_val.")
        if X_val is not None:
            X_val = self._check_inputs(X_val, reset=False, dtype=dtype)
            held_out = (X_val, *self._check_targets(X_val, y_val, weight_val))
            return (X, y, sample_weight), _drop_weightless(*held_out)
        if not self.early_stopping:
            return (X, y, sample_weight), None
        train, test = self._split_rows(X.shape[0], y, target, seeds)
        parts = [
            None if a is None else (_safe_indexing(a, train), _safe_indexing(a, test)) for a in (X, y, sample_weight)
        ]
        return tuple(tuple(part and part[i] for part in parts) for i in (0, 1))

    def _split_rows(self, n_rows, y, target, seeds):
        rows, single = np.arange(n_rows), np.empty(0, dtype=int)
        stratify = None
        if target.kind in ("binary", "multiclass"):
            _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
            single, rows = rows[counts[codes] < 2], rows[counts[codes] >= 2]
            n_smaller = len(rows) * min(self.validation_fraction, 1 - self.validation_fraction)
            stratify = codes[rows] if n_smaller >= (counts >= 2).sum() else None
        if round(len(rows) * self.validation_fraction) < 1 or len(rows) < 2:
            raise ValueError(
                f"Early stopping cannot split validation_fraction={self.validation_fraction} off {n_rows} rows; give "
                "more rows, a larger fraction, or X_val and y_val."
            )
        train, test = train_test_split(
            rows, test_size=self.validation_fraction, random_state=seeds[1], stratify=stratify
        )
        return np.concatenate([train, single]), test  # a class's only row is there to be learned

    def _rows(self, X, y, sample_weight, net, class_weights):
        if class_weights is not None:
            by_class = _targets.weights_by_class(y, net.target, class_weights)
            sample_weight = by_class if sample_weight is None else by_class * sample_weight
            X, y, sample_weight = _drop_weightless(X, y, sample_weight)
            if not len(sample_weight):
                raise ValueError(f"class_weight={self.class_weight!r} leaves no row that counts.")
        arrays = self._input_arrays(X, net.signature)
        return _training.Rows(arrays, self._encode(y, net), _varied(sample_weight))

    def _watch_validation(self, job, held_out, class_weights, net):
        """Evaluate the held-out rows after every epoch, and let early stopping watch them."""
        X, y, sample_weight = held_out
        job.validation = self._rows(*held_out, net, class_weights)
        if self.scoring != "loss":
            view = self._view(net)
            scorer = check_scoring(view, scoring=self.scoring)
            weights = {} if sample_weight is None or not _takes_weights(scorer) else {"sample_weight": sample_weight}

            def score(arrays):
                view.weights_ = arrays
                return float(scorer(view, X, y, **weights))

            job.score = score
        if self.early_stopping:
            job.watch = "val_loss" if self.scoring == "loss" else "val_score"

    def _view(self, net):
        """Return a fitted-looking copy for scorers; without column names, because it is fed validated arrays."""
        view = copy.copy(self)
        vars(view).pop("feature_names_in_", None)
        vars(view).update(_net=net, **self._target_attributes(net.target))
        return view

    def _announce_epochs(self, job, rows, net, n_epochs):
        context = self._init_callback_context(max_subtasks=n_epochs)
        if not hasattr(self, "_skl_callbacks"):
            return
        X, y, sample_weight = rows
        context.call_on_fit_task_begin(estimator=self, X=X, y=y, metadata={"sample_weight": sample_weight})

        def attributes(weights, epoch):
            return {"_net": net, "weights_": weights, **self._target_attributes(net.target)}

        job.observer = EpochTasks(self, context, X, y, attributes)

    def _keep(self, result, job, net, incremental):
        """Set the fitted attributes."""
        history = result.history
        accumulates = incremental and hasattr(self, "weights_")
        vars(self).update(_net=net, **self._target_attributes(net.target))
        for array in result.weights:
            array.flags.writeable = False  # predictions are computed from a copy that would not follow
        self.weights_ = result.weights
        self.optimizer_state_ = result.optimizer_state
        self.history_ = _joined(self.history_, history) if accumulates else history
        self.loss_curve_ = self.history_["loss"]
        self.n_iter_ = len(self.loss_curve_)
        self.n_epochs_ = job.first_epoch + result.n_epochs
        self._numbers, self._optimizer_kind = job.numbers, job.optimizer_kind
        self.best_loss_ = None if self.early_stopping else float(min(self.loss_curve_, default=np.inf))
        self.callbacks_ = result.callbacks
        scores = history.get("val_score", [-loss for loss in history.get("val_loss", [])])
        self.validation_scores_ = scores or None
        self.best_validation_score_ = max(filter(np.isfinite, scores), default=None)
        if job.observer is not None:
            self._callback_fit_ctx.call_on_fit_task_end(estimator=self)

    def _class_weights(self, y, sample_weight, target):
        """Return weights by class for the loss, or None."""
        return None

    def _raw_outputs(self, X):
        check_is_fitted(self, "weights_")
        dtype = self._net.signature.dtype
        X = self._check_inputs(X, reset=False, dtype=dtype)
        signature = self._input_signature(X, dtype)
        return self._outputs(signature, self._input_arrays(X, signature))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _drop_weightless(X, y, sample_weight):
    """Leave out rows of weight zero, which count for nothing, not even as a class."""
    if sample_weight is None or sample_weight.all():
        return X, y, sample_weight
    kept = np.flatnonzero(sample_weight)
    return _safe_indexing(X, kept), _safe_indexing(y, kept), sample_weight[kept]


def _varied(sample_weight):
    """Return None for weights that are all the same: they change nothing, and the unweighted program is faster."""
    return None if sample_weight is None or np.ptp(sample_weight) == 0 else sample_weight


def _takes_weights(scorer):
    """Whether a scorer can be given sample weights; a plain function of (estimator, X, y) cannot."""
    parameters = inspect.signature(scorer).parameters
    return "sample_weight" in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())


def _joined(before, after):
    """Append one history to another."""
    return {name: [*before.get(name, []), *values] for name, values in after.items()}
