"""What is to be learned of y: from targets as users give them to an objective of the engine.

An estimator has one of these objects, made of its parameters by `_problem`. What is learned, a TargetInfo and the facts
of the loss, is kept in the net.
"""

import copy
from dataclasses import replace

import numpy as np
from sklearn.utils import _safe_indexing, check_array, check_consistent_length
from sklearn.utils.validation import _check_sample_weight, _check_y, column_or_1d

from skdeep._data import targets
from skdeep._data.columns import Dense, Ids
from skdeep._data.density import SmoothedDensity
from skdeep._data.order import ByClass, class_shares
from skdeep._engine.spec import within
from skdeep._estimator import priors
from skdeep._estimator.ramps import Ramp

_CLASS_WEIGHT = "class_weight"  # the target that has the weight of the class of each row, where it counts late


class _Supervised:
    """Targets that are given."""

    def validate(self, estimator, X, y, sample_weight):
        """Return (y, sample_weight) checked.

        Raises
        ------
        ValueError
            If there is no y, or lengths differ, or weights are negative.
        """
        if y is None:
            name = type(estimator).__name__
            raise ValueError(f"This {name} estimator requires y to be passed, but the target y is None.")
        y = self._check(estimator, X, y)
        check_consistent_length(X, y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return y, sample_weight

    def class_weights(self, y, sample_weight, target):
        """Return the weights of the classes in training rows, as `weigh` takes them, or None."""
        return None

    def counted(self, y, sample_weight, target, class_weights):
        """Return the TargetInfo with what training rows, and the weights of their classes, say to losses.

        What it has of earlier rows stays.
        """
        return target

    def strata(self, y, target):
        """Return the classes whose shares a split should keep, or None."""
        return None

    def order(self, y, target):
        """Return the order in which training rows are visited, or None for one that does not depend on y."""
        return None

    def deferred(self, recipe, target):
        """Return (objective, ramps): the objective with what comes late, and the Ramp of each live number that does."""
        return recipe, {}

    def guess(self, encoded, sample_weight, target):
        """Return the loss of a guess that ignores X, of encoded targets and their weights; None if it is not known."""
        return self.loss.facts.guess

    def columns(self, target, dtype):
        """Return (name, column) of each target of the net."""
        return tuple(zip(target.names, self._columns(target, dtype), strict=True))

    def encode(self, y, target, dtype):
        """Return the targets a net is trained on, by name."""
        return dict(zip(target.names, self._encode(y, target, dtype), strict=True))

    def objective(self, target):
        """Return the recipe of what is minimised, and the values of its live numbers."""
        from skdeep._engine.objectives.supervised import OutputLoss

        losses, numbers = [], {}
        for name, vectors in zip(target.names, self._vectors(target), strict=True):
            lengths = tuple((key, len(value)) for key, value in vectors.items())
            losses.append(OutputLoss(name, replace(self.loss.recipe, vectors=lengths)))
            numbers |= within(name, self.loss.numbers | vectors)
        return self._recipe(losses), numbers

    def _vectors(self, target):
        """Return the live vectors of the loss of each output, as dicts."""
        return [{} for _ in target.names]

    def _recipe(self, losses):
        from skdeep._engine.objectives import supervised

        return supervised.recipe(losses)


class Classification(_Supervised):
    """Labels of any kind.

    Parameters
    ----------
    loss, label_smoothing, prediction_prior : object
        As the parameters of a classifier.
    balance : Balance
    """

    def __init__(self, loss, label_smoothing, balance, prediction_prior=None):
        self._loss, self._label_smoothing, self._balance = loss, label_smoothing, balance
        self._prediction_prior = prediction_prior

    def resolved(self):
        """Return the problem with its loss looked up, which needs TensorFlow."""
        from skdeep.losses import _resolve

        found = copy.copy(self)
        found.loss = _resolve.classification_loss(self._loss, self._label_smoothing)
        return found

    def learn(self, y, sample_weight, classes):
        """Return the TargetInfo of labels; `classes` are all there will ever be, if that is known."""
        return self._checked(targets.classification_target(y, classes))

    def _checked(self, target):
        """Return a TargetInfo, if the prior for predictions is one of its classes, and these can be drawn."""
        if self._balance.batch_sampling is not None:
            self._check_sampled(target)
        if self._prediction_prior is not None:
            priors.checked(self._prediction_prior, target, self.loss.facts)
        return target

    def class_weights(self, y, sample_weight, target):
        """Return the weight of each class, one array a column of targets, or None."""
        if self._balance.class_weight is None:
            return None
        return targets.class_weight_tables(self._balance.class_weight, y, sample_weight, target)

    def counted(self, y, sample_weight, target, class_weights):
        """Return the TargetInfo with the shares of the classes: of the rows, and as they are weighed and drawn."""
        if target.row_shares:
            return target
        by_class = None if class_weights is None else targets.weights_by_class(y, target, class_weights)
        weight = _product(sample_weight, by_class, self._times_drawn(y))
        shares, seen = (targets.class_shares(y, one, target) for one in (sample_weight, weight))
        return replace(target, row_shares=shares, seen_shares=seen)

    def weigh(self, rows, target, class_weights):
        """Multiply the weights of rows by those of their classes; rows that then weigh nothing are left out.

        Where class weights count late, they stand beside the labels instead.
        """
        if class_weights is None:
            return rows
        by_class = targets.weights_by_class(rows.y, target, class_weights)
        if not by_class.any():
            raise ValueError(f"class_weight={self._balance.class_weight!r} leaves no row that counts.")
        if self._balance.is_deferred:
            rows = rows if by_class.all() else rows.take(np.flatnonzero(by_class))
            by_class = by_class[by_class > 0] / by_class[by_class > 0].mean()  # one is what rows weigh before
            return replace(rows, y=Weighed(rows.y, by_class))
        weight = by_class if rows.sample_weight is None else by_class * rows.sample_weight
        return replace(rows, sample_weight=weight).without_weightless()

    def order(self, y, target):
        """Return the order in which training rows are visited, or None for one that does not depend on y."""
        if self._balance.batch_sampling is None:
            return None
        labels = y.labels if isinstance(y, Weighed) else y
        self._check_sampled(target)
        numbers, _ = targets.class_numbers(column_or_1d(labels), target.classes[0])
        return ByClass(numbers, self._balance.power)

    def deferred(self, recipe, target):
        """Return (objective, ramps): the objective with class weights that count late, if there are any."""
        if not self._balance.is_deferred:
            return recipe, {}
        from skdeep._engine.objectives import deferred

        begin = self._balance.deferred_fraction
        return deferred.recipe(recipe, **self._weight_targets(target)), {deferred.EXPONENT: Ramp(begin, begin)}

    def _times_drawn(self, labels):
        """Return how often each row is drawn for an epoch, in the mean; None if that is once."""
        if self._balance.batch_sampling is None:
            return None
        _, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
        return (class_shares(counts, self._balance.power) * len(labels) / counts)[numbers.reshape(-1)]

    def _weight_targets(self, target):
        return {"rows": _CLASS_WEIGHT}

    def _check_sampled(self, target):
        if target.kind not in ("binary", "multiclass"):
            raise ValueError(
                f"batch_sampling={self._balance.batch_sampling!r} draws rows by their class and needs one label a row, "
                "but y has several. Use class_weight, or set batch_sampling=None."
            )

    def strata(self, y, target):
        """Return the labels, where there is one a row."""
        return column_or_1d(y) if target.kind in ("binary", "multiclass") else None

    def guess(self, encoded, sample_weight, target):
        """Return the loss of a guess that ignores X: where it is an entropy, that of the shares of the classes."""
        guess = super().guess(encoded, sample_weight, target)
        if guess != "entropy":
            return guess
        labels = [encoded[name] for name in target.names]
        weight = _product(sample_weight, encoded.get(_CLASS_WEIGHT), self._times_drawn(labels[0]))
        return targets.entropy(labels, weight, target.output_sizes, self._label_smoothing)

    def columns(self, target, dtype):
        """Return (name, column) of each target of the net and, if these count late, of the weights of classes."""
        weights = ((_CLASS_WEIGHT, Dense((), dtype)),) if self._balance.is_deferred else ()
        return super().columns(target, dtype) + weights

    def encode(self, y, target, dtype):
        """Return the targets a net is trained on, by name."""
        if not isinstance(y, Weighed):
            return super().encode(y, target, dtype)
        return super().encode(y.labels, target, dtype) | {_CLASS_WEIGHT: y.weights.astype(dtype)}

    def _vectors(self, target):
        counts = self.loss.facts.counts
        if counts is None:
            return super()._vectors(target)
        found = target.seen_shares if counts == "weighted" else target.row_shares
        return [{"priors": shares} | self._given(shares) for shares in found]

    def _given(self, shares):
        """Return the shares that the user has given to the loss instead of those that were found."""
        given = self.loss.given
        if given and given["priors"].shape != shares.shape:
            raise ValueError(
                f"priors of the loss must have one share for each of {len(shares)} outputs of the net, got "
                f"{given['priors'].tolist()}."
            )
        return given

    def attributes(self, target):
        """Return what a fitted classifier tells of its targets."""
        several = target.kind == "multioutput"
        classes = target.classes if several else target.classes[0]
        return {"classes_": classes, "n_outputs_": len(target.output_sizes)}

    def _check(self, estimator, X, y):
        targets.check_labels(y)
        return _check_y(y, multi_output=True, estimator=estimator)

    def _encode(self, y, target, dtype):
        return targets.encode_labels(y, target, dtype)

    def _columns(self, target, dtype):
        by_number = target.kind in ("multiclass", "multioutput")
        return [Ids(()) if by_number else Dense((size,), dtype) for size in target.output_sizes]


def _product(*weights):
    """Return the product of weights of rows, of which those that are None are one; None if all are."""
    given = [one for one in weights if one is not None]
    return np.prod(given, axis=0) if given else None


class Weighed:
    """Labels with the weights of their classes.

    Parameters
    ----------
    labels : array-like or Series
    weights : ndarray
    """

    def __init__(self, labels, weights):
        self.labels, self.weights = labels, weights

    @property
    def shape(self):
        """Number of rows."""
        return self.weights.shape

    def __getitem__(self, rows):
        """Return some rows, by number."""
        rows = rows[0] if isinstance(rows, tuple) else rows
        return Weighed(_safe_indexing(self.labels, rows), self.weights[rows])


class Regression(_Supervised):
    """Numbers, which are scaled inside.

    Parameters
    ----------
    loss, target_weight : object
        As the parameters of a regressor.
    clips : bool
        Whether predictions are kept between the least and the largest target.
    """

    def __init__(self, loss, target_weight=None, clips=False):
        self._loss, self._target_weight, self._clips = loss, target_weight, clips

    def resolved(self):
        """Return the problem with its loss looked up, which needs TensorFlow."""
        from skdeep.losses import _resolve

        found = copy.copy(self)
        found.loss = _resolve.regression_loss(self._loss)
        if self._target_weight is not None and (found.loss.learn or found.loss.facts.by_batch):
            raise ValueError(
                f"target_weight={self._target_weight!r} and loss={found.loss.facts.name!r} both make up for rare "
                "targets: use one of them."
            )
        return found

    def learn(self, y, sample_weight, classes):
        """Return the TargetInfo of numbers: their offset and scale."""
        return targets.regression_target(y, sample_weight, self.loss.facts)

    def counted(self, y, sample_weight, target, class_weights):
        """Return the TargetInfo with their range, and with what the loss learns of them, if it has nothing yet."""
        columns = y.reshape(len(y), -1)
        if self._clips:
            target = replace(target, bounds=_range(columns, target.bounds))
        if self.loss.learn is None or target.learned:
            return target
        return replace(target, learned=self.loss.learn(columns, sample_weight, target.offset, target.scale))

    def class_weights(self, y, sample_weight, target):
        """Return what rows weigh by their targets, or None."""
        if self._target_weight is None:
            return None
        if len(target.scale) > 1:
            raise ValueError(f"target_weight={self._target_weight!r} is for one target, but y has {len(target.scale)}.")
        return SmoothedDensity.learned(y.reshape(-1), sample_weight)

    def weigh(self, rows, target, class_weights):
        """Multiply the weights of rows by those of their targets."""
        if class_weights is None:
            return rows
        weight = class_weights.of_rows(rows.y.reshape(-1))
        return replace(rows, sample_weight=weight if rows.sample_weight is None else weight * rows.sample_weight)

    def attributes(self, target):
        """Return what a fitted regressor tells of its targets."""
        return {"n_outputs_": target.output_sizes[0]}

    def _vectors(self, target):
        return [target.learned if self.loss.learn else {} for _ in target.names]

    def _recipe(self, losses):
        if not self.loss.facts.by_batch:
            return super()._recipe(losses)
        from skdeep._engine.objectives import by_batch

        return by_batch.recipe(losses)

    def _check(self, estimator, X, y):
        return check_array(y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=estimator)

    def _encode(self, y, target, dtype):
        return targets.encode_values(y, target, self.loss.facts, dtype)

    def _columns(self, target, dtype):
        return [Dense((len(target.scale),), dtype)]


def _range(columns, known):
    """Return the least and the largest of each column, those that are known included."""
    least, largest = columns.min(axis=0), columns.max(axis=0)
    return (least, largest) if known is None else (np.minimum(least, known[0]), np.maximum(largest, known[1]))
