"""What is to be learned of y where it has a label for every moment of a series."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import column_or_1d

from skdeep._data import moments, targets
from skdeep._data.columns import Ragged
from skdeep._data.inputs._series_rows import Series
from skdeep._estimator.problems import Classification, Weighed


class MomentClassification(Classification):
    """Labels of the moments of series: two classes, or many."""

    def learn(self, y, sample_weight, classes):
        """Return the TargetInfo of labels; `classes` are all there will ever be, if that is known."""
        return self._checked(targets.classification_target(y.values, classes))

    def class_weights(self, y, sample_weight, target):
        """Return the weight of each class, in a list of one array, or None."""
        return super().class_weights(y.values, of_moments(sample_weight, y), target)

    def counted(self, y, sample_weight, target, class_weights):
        """Return the TargetInfo with the shares of the classes among moments, with and without their weights."""
        return super().counted(y.values, of_moments(sample_weight, y), target, class_weights)

    def weigh(self, rows, target, class_weights):
        """Give each moment the weight of its class; no row is left out."""
        if class_weights is None:
            return rows
        weights = targets.weights_by_class(rows.y.values, target, class_weights)
        if not weights.any():
            raise ValueError(f"class_weight={self._balance.class_weight!r} leaves no moment that counts.")
        return type(rows)(rows.X, Weighed(rows.y, weights), rows.sample_weight)

    def strata(self, y, target):
        """Return None: a series has labels of several classes."""

    def guess(self, encoded, sample_weight, target):
        """Return the loss of a guess that ignores X: where it is an entropy, that of the shares of the classes."""
        (name,) = target.names
        labels = encoded[name]
        flat = {name: labels.values}
        return super().guess(flat, of_moments(sample_weight, labels), target)

    def columns(self, target, dtype):
        """Return (name, column) of the labels and, if classes have weights, of the weights."""
        (name,) = target.names
        labels = Ragged((1,), dtype) if target.kind == "binary" else Ragged((), "int32")
        weights = [] if self._balance.class_weight is None else [(f"{name}_weight", Ragged((), dtype))]
        return ((name, labels), *weights)

    def encode(self, y, target, dtype):
        """Return the targets a net is trained on, by name."""
        (name,) = target.names
        labels, weights = (y.labels, y.weights) if isinstance(y, Weighed) else (y, None)
        (encoded,) = targets.encode_labels(column_or_1d(labels.values), target, dtype)
        found = {name: Series(encoded, labels.lengths)}
        return found if weights is None else found | {f"{name}_weight": Series(weights, labels.lengths)}

    def _check(self, estimator, X, y):
        y = moments.read(y, X)
        targets.check_labels(y.values)
        return Series(
            check_array(y.values, ensure_2d=False, dtype=None, input_name="y", estimator=estimator), y.lengths
        )

    def _weight_targets(self, target):
        (name,) = target.names
        return {"moments": (f"{name}_weight",)}

    def _check_sampled(self, target):
        raise ValueError(
            f"batch_sampling={self._balance.batch_sampling!r} draws rows by their class, but with per_step=True a row "
            "has a label for every moment. Use class_weight, or set batch_sampling=None."
        )

    def _recipe(self, losses):
        from skdeep._engine.objectives import by_moment

        return by_moment.recipe(losses)


def of_moments(sample_weight, series):
    """Return the weight of each moment, which is that of its row, or None."""
    return None if sample_weight is None else np.repeat(sample_weight, series.lengths)
