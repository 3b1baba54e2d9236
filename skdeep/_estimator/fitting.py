"""The one fit: from an estimator, its inputs and its problem to fitted attributes, to be read from top to bottom."""

import dataclasses
import warnings
from numbers import Integral

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep._data import rows as data
from skdeep._data.columns import Ragged, Sparse
from skdeep._data.order import ByMember
from skdeep._data.rows import RowData
from skdeep._estimator import plans, scores, training
from skdeep._estimator.net import Net, Stage
from skdeep._estimator.sklearn_callbacks import EpochTasks

# Of the way from a guess to perfect predictions. The loss of nets that do not look at X ends up to a thousandth below
# that of a guess, because it is taken while the weights move.
_LEAST_LEARNED = 0.005
_LEAST_WEIGHT = 1e-30  # of the largest: a batch of rows that hardly count still has a mean


def fit(estimator, inputs, problem, rows, held_out, *, epochs, classes=None, incremental=False):
    """Train the net of an estimator and set its fitted attributes.

    Parameters
    ----------
    estimator : DeepEstimator
        Its parameters say how; `_design(inputs, signature, output_sizes)` says which net.
    inputs : Tables, Images, ...
        What X is.
    problem : Classification, Regression, ...
        What is to be learned of y.
    rows, held_out : RowData
        To train on, and to evaluate after every epoch; the X of the latter may be None.
    epochs : int
    classes : array-like, optional
        All labels there will ever be.
    incremental : bool
        Whether this is one of several calls of partial_fit.
    """
    # What is gone on from, if anything is.
    before = estimator._net if hasattr(estimator, "weights_") and (incremental or estimator.warm_start) else None
    inputs = inputs if before is None else before.inputs.in_dtype(inputs.dtype)

    # Rows and what is learned of them.
    rows = _validated(estimator, inputs, problem, rows, reset=before is None)
    stops_early = plans.stops_early(estimator, rows.n_rows, incremental)
    problem = problem.resolved()
    _check_same_targets(problem, before)
    target = problem.learn(rows.y, rows.sample_weight, classes) if before is None else before.target
    seeds = estimator._draw_seeds() if before is None else before.seeds
    inputs = inputs.computing(rows.X) if before is None else inputs
    rows, held_out = _split(estimator, inputs, problem, rows, held_out, target, seeds[1], stops_early)
    class_weights = problem.class_weights(rows.y, rows.sample_weight, target)
    target = problem.counted(rows.y, rows.sample_weight, target, class_weights)
    inputs = inputs.learn(rows) if before is None else inputs

    # The net and how it is trained.
    signature = inputs.signature(rows.X, *([] if held_out is None else [held_out.X]))
    design = estimator._design(inputs, signature, target.output_sizes)
    held_out = held_out and data.for_each(held_out, design.own_rows)
    weighed = [part and problem.weigh(part, target, class_weights) for part in (rows, held_out)]
    weighed[1] = weighed[1] and data.in_turn(weighed[1], design.own_rows)
    batch_size, rate_factor = plans.batches(estimator, inputs, weighed[0].n_rows, incremental)
    epochs = plans.epochs(epochs, design, weighed[0].n_rows, batch_size)
    stages = _stages(design, epochs, goes_on=before is not None)
    numbers = design.numbers | inputs.numbers(weighed[0].X, weighed[0].sample_weight)
    _check_mixed(design, signature, problem.columns(target, inputs.dtype), problem.loss.facts)
    objective = _objective(problem, target, design)
    known = {"numbers": numbers | objective[1], "n_members": design.n_members, "n_packed": design.n_packed}
    net = Net(stages[-1].model, signature, inputs, target, problem.loss.facts, seeds, **known, defaults=design.defaults)

    # Training, and what it leaves.
    n_restarts = estimator.n_restarts if before is None and not incremental else 0
    schedule, schedule_factor = plans.learning_rate_schedule(estimator, design, incremental)
    run = training.Run(
        estimator,
        plans.training_of(estimator, design, schedule, rate_factor * schedule_factor, incremental),
        signature,
        problem.columns(target, inputs.dtype),
        *objective,
        numbers=numbers,
        rows=_encoded(weighed[0], inputs, problem, target, signature),
        validation=weighed[1] and _encoded(weighed[1], inputs, problem, target, signature),
        score=scores.scores(estimator, problem, net, held_out, design),
        watch=None if incremental else _watched(estimator, design, held_out is not None and stops_early),
        observer=None if incremental else _observer(estimator, problem, net, rows, stages, n_restarts),
        show=_show(net),
        batch_size=batch_size * max(1, design.own_rows),
        order=_order(estimator, problem, design, weighed[0], target),
        seeds=seeds,
        incremental=incremental,
    )
    start = _start(estimator, before, design)
    first_epoch = 0 if before is None else estimator.n_epochs_
    net = dataclasses.replace(net, guess=problem.guess(run.rows.targets, run.rows.sample_weight, target))
    outcome = training.best_of(training.Attempts(n_restarts, _nothing_learned(net)), run, stages, start, first_epoch)
    _keep(estimator, problem, net, outcome, run, first_epoch, stops_early)
    _warn_if_still_falling(estimator, run, stages, outcome.result)


def check_incremental(estimator, epochs):
    """Raise ValueError if an estimator cannot be trained on for so many epochs by partial_fit."""
    if estimator.early_stopping and estimator.early_stopping != "auto":
        raise ValueError("partial_fit does not support early_stopping=True.")
    if not isinstance(epochs, Integral) or epochs < 1:
        raise ValueError(f"epochs must be an integer of at least 1, got {epochs!r}.")


def _validated(estimator, inputs, problem, rows, *, reset):
    X = inputs.validate(estimator, rows.X, reset=reset)
    return RowData(X, *problem.validate(estimator, X, rows.y, rows.sample_weight)).without_weightless()


def _check_same_targets(problem, before):
    """Raise ValueError if a net is to go on with a loss whose targets, or outputs, mean something else to it."""
    if before is None:
        return
    facts = problem.loss.facts
    if (facts.scaling, len(facts.quantiles)) != (before.loss.scaling, len(before.loss.quantiles)):
        raise ValueError(
            f"The net was trained with loss={before.loss.name!r} and cannot go on with {facts.name!r}, which scales "
            "its targets otherwise or has another number of quantiles. Fit anew, with warm_start=False."
        )


def _split(estimator, inputs, problem, rows, held_out, target, seed, stops_early):
    """Return (training rows, validation rows or None)."""
    if rows.y is not None and (held_out.X is None) != (held_out.y is None):
        raise ValueError("X_val and y_val go together: give both or neither.")
    if held_out.X is None and held_out.sample_weight is not None:
        raise ValueError("sample_weight_val is given without X_val and y_val.")
    if held_out.X is not None:
        held_out = _validated(estimator, inputs, problem, held_out, reset=False)
        data.check_alike(rows, held_out)
        return rows, held_out
    if not stops_early:
        return rows, None
    return estimator._hold_out(rows, problem.strata(rows.y, target), seed)


def _stages(design, epochs, *, goes_on):
    """Return all stages; training that goes on is in the last of them."""
    if goes_on:
        return [dataclasses.replace(design.later[-1], epochs=epochs) if design.later else Stage(design.model, epochs)]
    earlier = [
        Stage(design.model, max(1, round(share * epochs)), objective=objective) for share, objective in design.earlier
    ]
    return [*earlier, Stage(design.model, epochs), *design.later]


def _objective(problem, target, design):
    """Return the recipe of what is minimised, its live numbers, and the ramps of those that come late."""
    recipe, numbers = problem.objective(target)
    if design.n_packed > 1:
        from skdeep._engine.objectives import packed, stacked

        _check_packed(problem.loss.facts)
        stacks = design.n_members == 1 and design.own_rows > 1
        recipe = (stacked if stacks else packed).recipe(recipe, design.n_packed)
    if design.mixup is not None:
        from skdeep._engine.objectives import mixup

        recipe, numbers = mixup.recipe(recipe), numbers | {"mixup": design.mixup}
    if design.n_members > 1:
        from skdeep._engine.objectives import ensemble

        recipe = ensemble.recipe(recipe, design.own_rows > 0)
    recipe, ramps = problem.deferred(recipe, target)
    return recipe, numbers | dict.fromkeys(ramps, 1.0), ramps


def _check_mixed(design, signature, targets, loss):
    """Raise ValueError if rows are to be mixed and there is no mean of two rows, or of the losses of their targets."""
    if design.mixup is None:
        return
    if loss.by_batch:
        raise ValueError(
            f"mixup cannot be used with loss={loss.name!r}: rows that are mixed have no target of their own to be "
            "compared with; set mixup=0."
        )
    for _, column in signature.inputs:
        if np.issubdtype(np.dtype(column.dtype), np.integer):
            raise ValueError("mixup makes means of rows, but X holds ids, which have none; set mixup=0.")
        if isinstance(column, Sparse):
            raise ValueError("mixup makes means of rows, for which X must not be sparse; set mixup=0.")
        if isinstance(column, Ragged):
            raise ValueError("mixup makes means of series, which must be of one length; set mixup=0.")
    if any(isinstance(column, Ragged) for _, column in targets):
        raise ValueError("mixup is for targets of whole rows, but here each moment has one; set mixup=0.")


def _check_packed(loss):
    """Raise ValueError if a loss needs each row once."""
    if loss.by_batch:
        raise ValueError(
            f"loss={loss.name!r} compares the rows of a batch and cannot be used with an architecture that trains "
            "several nets in one, each with all rows."
        )


def _encoded(rows, inputs, problem, target, signature):
    X, y = inputs.encode(rows.X, signature), problem.encode(rows.y, target, inputs.dtype)
    return training.Arrays(X, y, _proportions(rows.sample_weight), rows.n_rows)


def _proportions(weight):
    """Return weights up to one, so that no dtype over- or underflows; None if all are the same, which is faster."""
    if weight is None or np.ptp(weight) == 0:
        return None
    return np.maximum(weight / weight.max(), _LEAST_WEIGHT)


def _watched(estimator, design, on_held_out):
    """Return what decides on stopping."""
    if not on_held_out:
        return plans.Watched(("loss",))
    by_score = not scores.decides_by_loss(estimator.scoring)
    if not design.own_rows:
        return plans.Watched(("val_score" if by_score else "val_loss",), True, by_score)
    name = scores.of_member if by_score else "val_member_{}".format
    return plans.Watched(tuple(map(name, range(design.own_rows))), True, by_score)


def _order(estimator, problem, design, rows, target):
    """Return the order in which training rows are visited: of all members together, or of each."""

    def of(part):
        return problem.order(part.y, target) or plans.order(estimator, design, part.n_rows)

    if not design.own_rows:
        return of(rows)
    return ByMember(tuple((of(rows.take(own)), own) for own in data.rows_of_members(rows, design.own_rows)))


def _show(net):
    """Return what makes of the net that is trained the one that users know, for callbacks."""

    def show(models):
        from skdeep._estimator.keras_model import as_one

        return as_one(models, net)

    return show


def _observer(estimator, problem, net, rows, stages, n_restarts):
    """Tell scikit-learn's callbacks how many epochs there may be; return what tells them of each."""
    most = (1 + n_restarts) * sum(stage.epochs for stage in stages)
    context = estimator._init_callback_context(max_subtasks=most)
    if not hasattr(estimator, "_skl_callbacks"):
        return None
    metadata = {"sample_weight": rows.sample_weight}
    context.call_on_fit_task_begin(estimator=estimator, X=rows.X, y=rows.y, metadata=metadata)

    def attributes(weights, epoch):
        return {"_net": net, "weights_": weights, **problem.attributes(net.target)}

    return EpochTasks(estimator, context, rows.X, rows.y, attributes)


def _nothing_learned(net):
    """Return the training loss from which on a net is no better than a guess, or None if that is not known."""
    if net.guess is None:
        return None
    return net.guess - _LEAST_LEARNED * abs(net.guess - (net.loss.perfect or 0.0))


def _start(estimator, before, design):
    """Return where the first stage starts: from what was fitted before, or from weights that a design brings."""
    if before is not None:
        return training.Start(estimator.weights_, estimator.optimizer_state_, before.optimizer_kind, before.n_steps)
    return training.Start(initial=design.initial() if design.initial else None)


def _keep(estimator, problem, net, outcome, run, first_epoch, stops_early):
    """Set the fitted attributes."""
    result, history = outcome.result, outcome.result.history
    accumulates = run.incremental and hasattr(estimator, "weights_")
    for array in result.weights:
        array.flags.writeable = False  # predictions are computed from a copy that would not follow
    net = dataclasses.replace(
        net,
        numbers=outcome.numbers,
        optimizer_kind=outcome.optimizer_kind,
        n_steps=outcome.n_steps,
        paths=result.paths,
        seeds=outcome.seeds,
    )
    vars(estimator).update(_net=net, **problem.attributes(net.target))
    estimator.weights_ = tuple(result.weights)
    estimator.optimizer_state_ = result.optimizer_state
    estimator.history_ = training.joined(estimator.history_, history) if accumulates else history
    estimator.loss_curve_ = estimator.history_["loss"]
    estimator.n_iter_ = len(estimator.loss_curve_)
    estimator.n_epochs_ = first_epoch + result.n_epochs
    estimator.best_loss_ = None if stops_early else float(min(estimator.loss_curve_, default=np.inf))
    estimator.n_restarts_ = outcome.n_restarts
    estimator.callbacks_ = result.callbacks
    values = history.get("val_score", [-loss for loss in history.get("val_loss", [])])
    estimator.validation_scores_ = values or None
    if outcome.best is not None:  # of the weights that are kept; other epochs may have minimised something else
        values = [outcome.best if run.watch.greater_is_better else -outcome.best]
    estimator.best_validation_score_ = max(filter(np.isfinite, values), default=None)
    if run.observer is not None:
        estimator._callback_fit_ctx.call_on_fit_task_end(estimator=estimator)


def _warn_if_still_falling(estimator, run, stages, result):
    """Warn if the epochs ran out before the rule that ends training could say that it is done.

    The rule is in force if it watches the training loss under a constant learning rate, and has epochs to do it.
    """
    by_loss = run.watch is not None and not run.watch.held_out
    ruled = by_loss and run.training.schedule is None and len(stages) == 1
    enough = stages[0].epochs > estimator.n_iter_no_change
    if ruled and enough and result.n_epochs == stages[0].epochs and not (result.exhausted or result.interrupted):
        name = type(estimator).__name__
        warnings.warn(
            f"{name}: the training loss was still falling when all {result.n_epochs} epochs were over. Raise epochs, "
            "or say that they are enough, with n_iter_no_change=np.inf.",
            ConvergenceWarning,
            stacklevel=6,
        )
