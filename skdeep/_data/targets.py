"""y as the user gives it -> arrays to train on and a TargetInfo; and the net's outputs -> labels or values."""

from dataclasses import dataclass, field
from numbers import Real

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skdeep.utils._dense import dense


@dataclass(frozen=True)
class TargetInfo:
    """What the targets of a classifier or regressor are.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel", "multioutput", "regression"}
        "multioutput" is several multiclass targets at once.
    output_sizes : tuple of int
        Units of each output of the net.
    classes : list of ndarray
        Sorted labels of each target, for classifiers.
    offset, scale : ndarray of shape (n_targets,) or None
        What regression targets are shifted and divided by inside.
    flat : bool
        Whether predictions are 1-D.
    """

    kind: str
    output_sizes: tuple
    classes: list = field(default_factory=list)
    offset: np.ndarray | None = None
    scale: np.ndarray | None = None
    flat: bool = True

    @property
    def names(self):
        """Names of the outputs of the net, and of the targets they are compared with."""
        return tuple(f"output_{number}" for number in range(len(self.output_sizes)))


def classification_target(y, classes=None):
    """Learn the classes of y.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Labels of any dtype; a 0/1 matrix is multilabel, a matrix of more labels several targets.
    classes : array-like, optional
        All labels that may ever occur, for partial_fit; a list of them for several targets.

    Returns
    -------
    TargetInfo

    Raises
    ------
    ValueError
        If there are fewer than two classes or y holds continuous values.
    """
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind.startswith("continuous"):
        check_classification_targets(y)  # it raises, in scikit-learn's words
    several = isinstance(classes, list) and bool(classes) and np.ndim(classes[0]) > 0
    if kind == "multilabel-indicator" and (several or not is_indicator(y)):
        kind = "multiclass-multioutput"  # two labels a target, but not 0 and 1, or more to come
    if kind == "multilabel-indicator":
        n_labels = y.shape[1]
        return TargetInfo("multilabel", (n_labels,), [np.arange(n_labels)], flat=False)
    if kind == "multiclass-multioutput":
        given = classes if classes is not None else [None] * np.shape(y)[1]
        found = [_classes(column, one) for column, one in zip(np.asarray(y).T, given, strict=True)]
        return TargetInfo("multioutput", tuple(len(one) for one in found), found, flat=False)
    found = _classes(column_or_1d(y, warn=True), classes)
    return TargetInfo("binary", (1,), [found]) if len(found) == 2 else TargetInfo("multiclass", (len(found),), [found])


def is_indicator(y):
    """Whether there are only 0 and 1 in an array or a sparse matrix."""
    return np.isin(y.data if hasattr(y, "toarray") else y, (0, 1)).all()


def _classes(y, classes):
    encoder = LabelEncoder().fit(y if classes is None else column_or_1d(classes))
    if classes is None and len(encoder.classes_) < 2:
        raise ValueError(
            "A classifier needs samples of at least 2 classes in y, but y contains one class only: "
            f"{encoder.classes_[0]!r}."
        )
    return encoder.classes_


def encode_labels(y, target, dtype):
    """Return the arrays a net is trained on, one an output: 0/1 columns or int32 class numbers."""
    if target.kind == "multilabel":
        y = dense(y)
        if not is_indicator(y):
            raise ValueError(f"y must hold 0 and 1 only, for labels that a row has or has not; got {np.unique(y)[:5]}.")
        if y.ndim != 2 or y.shape[1] != target.output_sizes[0]:
            raise ValueError(f"y has shape {y.shape}, but {target.output_sizes[0]} labels a row are expected.")
        return [y.astype(dtype)]
    if target.kind == "multioutput":
        columns = np.asarray(y).T
        return [
            _numbers(column, classes).astype(np.int32) for column, classes in zip(columns, target.classes, strict=True)
        ]
    numbers = _numbers(column_or_1d(y), target.classes[0])
    return [numbers[:, None].astype(dtype)] if target.kind == "binary" else [numbers.astype(np.int32)]


def _numbers(y, classes):
    numbers, unknown = class_numbers(y, classes)
    if unknown:
        raise ValueError(f"y contains labels that were not there before: {unknown}; known are {classes.tolist()}.")
    return numbers


def class_numbers(labels, classes):
    """Return the position of each label among the classes, and up to five labels that are none of them."""
    order = np.argsort(classes)
    numbers = order[np.minimum(np.searchsorted(classes, labels, sorter=order), len(classes) - 1)]
    return numbers, np.unique(np.asarray(labels)[classes[numbers] != labels])[:5].tolist()


def class_weight_tables(class_weight, y, sample_weight, target):
    """Return the weight of every class, one array for each column of targets.

    Parameters
    ----------
    class_weight : "balanced", dict, or list of dict
        A list has one dict for each column. Classes that a dict leaves out weigh 1.
    y : array-like
        Training labels, which "balanced" counts, with their sample weights.
    sample_weight : ndarray or None
    target : TargetInfo
    """
    columns, classes = _columns(y, target)
    if class_weight == "balanced":
        return [_balanced(column, known, sample_weight) for column, known in zip(columns, classes, strict=True)]
    given = class_weight if isinstance(class_weight, list) else [class_weight]
    if len(given) != len(columns):
        raise ValueError(f"class_weight needs one dict for each of the {len(columns)} targets, got {class_weight!r}.")
    for weights, known in zip(given, classes, strict=True):
        if not isinstance(weights, dict):
            raise ValueError(
                f"class_weight must be a dict of weights by label, a list of them, or 'balanced', got {class_weight!r}."
            )
        if not all(isinstance(weight, Real) for weight in weights.values()):
            raise ValueError(f"class_weight needs numbers as weights, got {class_weight!r}.")
        unknown = [label for label in weights if label not in known]
        # A fold may lack a rare class; but a name that fits no class while a class has no weight is a mistake.
        if unknown and len(weights) - len(unknown) < len(known):
            raise ValueError(f"class_weight names {unknown}, but the classes are {list(known)}.")
    tables = [
        np.array([weights.get(label, 1.0) for label in known], dtype=np.float64)
        for weights, known in zip(given, classes, strict=True)
    ]
    if not all(np.isfinite(table).all() and (table >= 0).all() and table.any() for table in tables):
        raise ValueError(f"class_weight needs finite weights, none negative and not all zero, got {class_weight!r}.")
    return tables


def _balanced(column, known, sample_weight):
    counts = np.bincount(np.searchsorted(known, column), weights=sample_weight, minlength=len(known))
    return counts.sum() / (np.count_nonzero(counts) * np.where(counts > 0, counts, np.inf))


def weights_by_class(y, target, tables):
    """Return the weight of each row: the product of the weights of its labels."""
    columns, classes = _columns(y, target)
    pairs = zip(columns, classes, tables, strict=True)
    return np.prod([table[_numbers(column, known)] for column, known, table in pairs], axis=0)


def _columns(y, target):
    if target.kind == "multilabel":
        columns = list(dense(y).T)
        return columns, [np.array([0, 1])] * len(columns)
    if target.kind == "multioutput":
        return list(np.asarray(y).T), target.classes
    return [column_or_1d(y)], target.classes


def probabilities(outputs, target, *, log=False):
    """Turn the net's outputs into (log-)probabilities, shaped as scikit-learn shapes them."""
    if target.kind == "multilabel":
        return log_expit(outputs[0]) if log else expit(outputs[0])
    if target.kind == "binary":
        both = np.hstack([-outputs[0], outputs[0]])
        return log_expit(both) if log else expit(both)
    each = [log_softmax(output, axis=1) if log else softmax(output, axis=1) for output in outputs]
    return each if target.kind == "multioutput" else each[0]


def labels(outputs, target):
    """Turn the net's outputs into predicted labels."""
    if target.kind == "multilabel":
        return (outputs[0] > 0).astype(np.int64)
    if target.kind == "binary":
        return target.classes[0][(outputs[0][:, 0] > 0).astype(np.intp)]
    each = [classes[output.argmax(axis=1)] for classes, output in zip(target.classes, outputs, strict=True)]
    return np.column_stack(each) if target.kind == "multioutput" else each[0]


def decisions(outputs, target):
    """Turn the net's outputs into decision values: positive for the second of two classes."""
    return outputs[0][:, 0] if target.kind == "binary" else outputs[0]


def regression_target(y, sample_weight, loss):
    """Learn offset and scale of the targets.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
    sample_weight : ndarray or None
    loss : LossFacts
        Its scaling "standard" removes the mean and divides by the standard deviation; "mean" divides by the mean.
    """
    columns = y.reshape(len(y), -1).astype(np.float64)
    loss.check_targets(columns, fresh=True)
    mean = np.average(columns, axis=0, weights=sample_weight)
    offset, scale = np.zeros_like(mean), np.ones_like(mean)
    if loss.scaling == "standard":
        offset, scale = mean, np.sqrt(np.average((columns - mean) ** 2, axis=0, weights=sample_weight))
    elif loss.scaling == "mean":
        scale = mean
    # One row tells nothing of how far targets spread; their size is a better guess than one, should more rows come.
    constant = np.where(mean, np.abs(mean), 1.0) if len(columns) == 1 else 1.0
    scale = np.where(scale > 10 * np.finfo(np.float64).eps * np.abs(mean), scale, constant)
    return TargetInfo("regression", (columns.shape[1],), offset=offset, scale=scale, flat=y.ndim == 1)


def encode_values(y, target, loss, dtype):
    """Return regression targets as the net sees them."""
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    loss.check_targets(columns)
    if columns.shape[1] != target.output_sizes[0]:
        raise ValueError(f"y has {columns.shape[1]} targets a row, but {target.output_sizes[0]} are expected.")
    return [((columns - target.offset) / target.scale).astype(dtype)]


def values(outputs, target, link):
    """Turn the net's outputs back into targets in their own units."""
    linked = np.exp(outputs[0].astype(np.float64)) if link == "exp" else outputs[0].astype(np.float64)
    restored = linked * target.scale + target.offset
    return restored[:, 0] if target.flat else restored
