"""y as the user gives it -> arrays to train on and a TargetInfo; and the net's outputs -> labels or values."""

from dataclasses import dataclass, field
from numbers import Real

import numpy as np
from scipy import sparse
from scipy.special import entr, expit, log_expit, log_softmax, softmax
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skdeep.utils._dense import dense

_SAME_AGAIN = 0.999  # chance that a further row of a class is nothing new: the paper's for its three large data sets


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
    row_shares : list of ndarray
        Of each output, the shares of its classes in the training rows, or the share of ones in each column.
    seen_shares : list of ndarray
        The same with all that changes what training sees, such as weights of classes.
    learned : dict of ndarray
        What a loss of numbers has learned of the training rows: its live vectors.
    bounds : tuple of ndarray of shape (n_targets,) or None
        The least and the largest targets, between which predictions are kept.
    """

    kind: str
    output_sizes: tuple
    classes: list = field(default_factory=list)
    offset: np.ndarray | None = None
    scale: np.ndarray | None = None
    flat: bool = True
    row_shares: list = field(default_factory=list)
    seen_shares: list = field(default_factory=list)
    learned: dict = field(default_factory=dict)
    bounds: tuple | None = None

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
    several = classes is not None and _is_nested(classes)
    if kind == "multilabel-indicator" and (several or not is_indicator(y)):
        kind = "multiclass-multioutput"  # two labels a target, but not 0 and 1, or more to come
    if kind == "multilabel-indicator":
        n_labels = y.shape[1]
        return TargetInfo("multilabel", (n_labels,), [np.arange(n_labels)], flat=False)
    if kind == "multiclass-multioutput":
        given = [None] * np.shape(y)[1] if classes is None else classes_of_each(classes)
        if len(given) != np.shape(y)[1]:
            raise ValueError(f"classes needs one array for each of the {np.shape(y)[1]} targets, got {classes!r}.")
        found = [_classes(column, one) for column, one in zip(np.asarray(y).T, given, strict=True)]
        return TargetInfo("multioutput", tuple(len(one) for one in found), found, flat=False)
    found = _classes(column_or_1d(y, warn=True), classes)
    return TargetInfo("binary", (1,), [found]) if len(found) == 2 else TargetInfo("multiclass", (len(found),), [found])


def classes_of_each(classes):
    """Return the classes of each target, as a list: of one target, or of several if there is an array for each."""
    return list(classes) if _is_nested(classes) else [classes]


def _is_nested(classes):
    return np.ndim(next(iter(classes), 0)) > 0


def check_labels(y):
    """Raise ValueError for labels, as they were given, that cannot be told apart."""
    if sparse.issparse(y):
        if not is_indicator(y):
            raise ValueError("A sparse y holds 0 and 1, for labels that a row has or has not; give others as an array.")
        return
    array = np.asarray(y)
    labels = array.ravel() if array.dtype == object else ()
    if (hasattr(y, "isna") and np.any(y.isna())) or any(map(_is_nan, labels)):
        raise ValueError("Input y contains NaN: some rows have no label. Leave them out.")
    kinds = {"str" if isinstance(label, str) else type(label).__name__ for label in labels}  # some are of NumPy's str
    if "str" in kinds and len(kinds) > 1:
        raise ValueError(
            f"y mixes labels of the types {', '.join(sorted(kinds))}; turn all into one, as y.astype(str)."
        )


def _is_nan(label):
    return isinstance(label, float) and np.isnan(label)


def is_indicator(y):
    """Whether there are only 0 and 1 in an array or a sparse matrix."""
    return np.isin(y.data if hasattr(y, "toarray") else y, (0, 1)).all()


def _classes(y, classes):
    encoder = LabelEncoder().fit(y if classes is None else column_or_1d(classes))
    if classes is None and len(encoder.classes_) < 2:
        raise ValueError(
            "A classifier needs samples of at least 2 classes in y, but y contains one class only: "
            f"{encoder.classes_.tolist()[0]!r}. Rows whose sample_weight is 0 do not count."
        )
    return encoder.classes_


def encode_labels(y, target, dtype):
    """Return the arrays a net is trained on, one an output: 0/1 columns or int32 class numbers."""
    if target.kind == "multilabel":
        y = dense(y)
        if not is_indicator(y):
            raise ValueError(
                f"y must hold 0 and 1 only, for labels that a row has or has not; got {np.unique(y)[:5].tolist()}."
            )
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
    class_weight : "balanced", "effective", dict, or list of dict
        A list has one dict for each column. Classes that a dict leaves out weigh 1.
    y : array-like
        Training labels, which "balanced" and "effective" count, with their sample weights.
    sample_weight : ndarray or None
    target : TargetInfo
    """
    columns, classes = _columns(y, target)
    if isinstance(class_weight, str):
        weigh = {"balanced": _balanced, "effective": _effective}[class_weight]
        return [weigh(_counts(*pair, sample_weight)) for pair in zip(columns, classes, strict=True)]
    given = class_weight if isinstance(class_weight, list) else [class_weight]
    if len(given) != len(columns):
        raise ValueError(f"class_weight needs one dict for each of the {len(columns)} targets, got {class_weight!r}.")
    for weights, known in zip(given, classes, strict=True):
        if not isinstance(weights, dict):
            raise ValueError(
                "class_weight must be a dict of weights by label, a list of them, 'balanced' or 'effective', got "
                f"{class_weight!r}."
            )
        if not all(isinstance(weight, Real) for weight in weights.values()):
            raise ValueError(f"class_weight needs numbers as weights, got {class_weight!r}.")
        unknown = [label for label in weights if label not in known]
        # A fold may lack a rare class; but a name that fits no class while a class has no weight is a mistake.
        if unknown and len(weights) - len(unknown) < len(known):
            raise ValueError(f"class_weight names {unknown}, but the classes are {known.tolist()}.")
    tables = [
        np.array([weights.get(label, 1.0) for label in known], dtype=np.float64)
        for weights, known in zip(given, classes, strict=True)
    ]
    if not all(np.isfinite(table).all() and (table >= 0).all() and table.any() for table in tables):
        raise ValueError(f"class_weight needs finite weights, none negative and not all zero, got {class_weight!r}.")
    return tables


def _counts(column, known, sample_weight):
    """Return the weight of the rows of each class."""
    return np.bincount(_numbers(column, known), weights=sample_weight, minlength=len(known))


def _balanced(counts):
    return counts.sum() / (np.count_nonzero(counts) * np.where(counts > 0, counts, np.inf))


def _effective(counts):
    """Return weights of classes by their effective numbers of rows (Cui et al., 2019); the mean over rows is one."""
    # (1 - b) / (1 - b ** n); a class without rows weighs nothing, as a balanced one.
    news = -np.expm1(np.where(counts > 0, counts, np.inf) * np.log(_SAME_AGAIN))
    weights = np.where(counts > 0, (1 - _SAME_AGAIN) / news, 0.0)
    return weights * (counts.sum() / (weights * counts).sum())


def weights_by_class(y, target, tables):
    """Return the weight of each row: the product of the weights of its labels."""
    columns, classes = _columns(y, target)
    pairs = zip(columns, classes, tables, strict=True)
    return np.prod([table[_numbers(column, known)] for column, known, table in pairs], axis=0)


def class_shares(y, sample_weight, target):
    """Return how frequent classes are: one array an output.

    Parameters
    ----------
    y : array-like
        Training labels.
    sample_weight : ndarray or None
    target : TargetInfo

    Returns
    -------
    shares : list of ndarray
        They add up to one; of 0/1 columns, the share of ones in each. A class that does not occur counts as half a
        row: there may be some of it later.
    """
    shares = [_shares(column, known, sample_weight) for column, known in zip(*_columns(y, target), strict=True)]
    if target.kind in ("binary", "multilabel"):
        return [np.array([share[1] for share in shares])]
    return shares


def _shares(column, known, sample_weight):
    counts = _counts(column, known, sample_weight).astype(np.float64)
    counts[counts == 0] = counts.sum() / len(column) / 2
    return counts / counts.sum()


def _columns(y, target):
    if target.kind == "multilabel":
        columns = list(dense(y).T)
        return columns, [np.array([0, 1])] * len(columns)
    if target.kind == "multioutput":
        return list(np.asarray(y).T), target.classes
    return [column_or_1d(y)], target.classes


def entropy(encoded, sample_weight, n_classes, smoothing):
    """Return the cross-entropy of always guessing the shares of the classes.

    Parameters
    ----------
    encoded : list of ndarray
        Targets as `encode_labels` returns them, one array an output.
    sample_weight : ndarray or None
    n_classes : tuple of int
        Units of each output.
    smoothing : float
        What is spread evenly over the classes before.
    """
    total = 0.0
    for one, size in zip(encoded, n_classes, strict=True):
        if np.issubdtype(one.dtype, np.integer):
            counts = np.bincount(one, weights=sample_weight, minlength=size)
            total += entr(counts / counts.sum() * (1 - smoothing) + smoothing / size).sum()
        else:
            share = np.average(one, axis=0, weights=sample_weight) * (1 - smoothing) + smoothing / 2
            total += (entr(share) + entr(1 - share)).mean()
    return float(total)


def probabilities(outputs, target, *, log=False):
    """Turn the net's outputs into (log-)probabilities, shaped as scikit-learn shapes them."""
    if target.kind in ("multilabel", "binary"):
        columns = outputs[0] if target.kind == "multilabel" else np.hstack([-outputs[0], outputs[0]])
        return _as_of_rounded(log_expit(columns)) if log else expit(columns)
    each = [_as_of_rounded(log_softmax(output, axis=1)) if log else softmax(output, axis=1) for output in outputs]
    return each if target.kind == "multioutput" else each[0]


def _as_of_rounded(log_p):
    """Return logarithms that are zero where the probability rounds to one."""
    return np.where(log_p > -np.finfo(log_p.dtype).eps, np.zeros_like(log_p), log_p)


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
        largest = np.abs(columns - mean).max(axis=0, initial=np.finfo(np.float64).tiny)  # whose square may be infinite
        spread = (columns - mean) / largest
        offset, scale = mean, largest * np.sqrt(np.average(spread**2, axis=0, weights=sample_weight))
    elif loss.scaling == "mean":
        scale = mean
    # One row tells nothing of how far targets spread; their size is a better guess than one, should more rows come.
    constant = np.where(mean, np.abs(mean), 1.0) if len(columns) == 1 else 1.0
    scale = np.where(scale > 10 * np.finfo(np.float64).eps * np.abs(mean), scale, constant)
    if loss.quantiles and columns.shape[1] != 1:
        raise ValueError(f"loss={loss.name!r} with several quantiles is for one target, but y has {columns.shape[1]}.")
    n_outputs = len(loss.quantiles) or columns.shape[1]
    flat = y.ndim == 1 and not loss.quantiles
    return TargetInfo("regression", (n_outputs,), offset=offset, scale=scale, flat=flat)


def encode_values(y, target, loss, dtype):
    """Return regression targets as the net sees them."""
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    loss.check_targets(columns)
    if columns.shape[1] != len(target.scale):
        raise ValueError(f"y has {columns.shape[1]} targets a row, but {len(target.scale)} are expected.")
    return [((columns - target.offset) / target.scale).astype(dtype)]


def values(outputs, target, link):
    """Turn the net's outputs back into targets in their own units."""
    linked = outputs[0].astype(np.float64)
    if link == "exp":
        linked = np.exp(linked)
    if link == "quantiles":
        linked = np.cumsum(np.hstack([linked[:, :1], np.logaddexp(0.0, linked[:, 1:])]), axis=1)
    restored = linked * target.scale + target.offset
    if target.bounds is not None:
        restored = np.clip(restored, *target.bounds)
    return restored[:, 0] if target.flat else restored
