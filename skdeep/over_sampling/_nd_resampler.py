"""Samplers of imbalanced-learn on images, sequences, strings and tables."""

import numpy as np
from imblearn.base import BaseSampler
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from scipy import sparse
from sklearn.base import clone
from sklearn.utils import check_array, check_consistent_length, get_tags
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.validation import validate_data

from skdeep.over_sampling._rows import check_rows

# What they select depends on y alone. Not their subclasses, which may look at X.
_BLIND = (RandomOverSampler, RandomUnderSampler)


class NDResampler(BaseSampler):
    """Any sampler of imbalanced-learn on images, sequences, strings and tables.

    imbalanced-learn's samplers take tables only. This one hands them a table and gives back what came in: the same
    shape of a row, the same dtype, the same container.

    - Samplers that select or repeat rows (RandomOverSampler, RandomUnderSampler, NearMiss, TomekLinks, ...) decide on
      row numbers, and the rows are taken from X itself. RandomOverSampler and RandomUnderSampler never look at X, so
      that series of different lengths, strings and mixed tables are as good as images; the others measure distances
      between the rows, flattened.
    - Samplers that compute rows (SMOTE and its family, ADASYN, ClusterCentroids, SMOTEENN, SMOTETomek,
      RandomOverSampler with shrinkage) get the rows flattened, and their result is folded back. They compute with
      floats: integers are rounded at the end and kept in the range of their dtype, so that uint8 images stay uint8
      images, and truth values become true from one half on.

    Parameters
    ----------
    sampler : sampler object
        A sampler of imbalanced-learn, or any object with `fit` and `fit_resample` that can be cloned. It is cloned, not
        changed. Its parameters, the seed among them, are set on it or as sampler__random_state and the like.

    Attributes
    ----------
    sampler_ : sampler object
        The fitted clone.
    sampling_strategy_ : dict
        Classes and the number of rows to add or to keep, as the fitted sampler has it.
    sample_indices_ : ndarray of shape (n_samples_new,)
        Numbers of the selected rows, where the fitted sampler has them.
    n_features_in_ : int
        Values of a row: columns of a table, pixels of an image times channels. Not set if the rows have no common
        shape.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, if X was a DataFrame with string names.

    See Also
    --------
    imblearn.pipeline.Pipeline : Chains samplers and estimators, and resamples training rows only.
    imblearn.over_sampling.SMOTE : Interpolates between neighbours of one class.

    Notes
    -----
    A mean of two images is rarely an image: interpolation suits small, aligned pictures, such as digits.

    Integers beyond 2**53, which floats cannot tell apart, come back exactly from samplers that select rows or that only
    add to them.

    References
    ----------
    Lemaître, Nogueira and Aridas (2017), "Imbalanced-learn: a Python toolbox to tackle the curse of imbalanced datasets
    in machine learning".
    Chawla et al. (2002), "SMOTE: synthetic minority over-sampling technique".

    Examples
    --------
    >>> import numpy as np
    >>> from imblearn.over_sampling import SMOTE
    >>> from sklearn.datasets import load_digits
    >>> from skdeep.over_sampling import NDResampler
    >>> digits = load_digits()
    >>> images, rare = digits.images[:300].astype(np.uint8), digits.target[:300] == 8
    >>> np.bincount(rare).tolist()
    [269, 31]
    >>> more_images, labels = NDResampler(SMOTE(random_state=0)).fit_resample(images, rare)
    >>> more_images.shape, more_images.dtype, np.bincount(labels).tolist()
    ((538, 8, 8), dtype('uint8'), [269, 269])
    """

    _parameter_constraints = {"sampler": [HasMethods(["fit", "fit_resample"])]}

    def __init__(self, sampler):
        self.sampler = sampler

    def fit(self, X, y):
        """Check X and y, and count the rows to add or to keep. Nothing is resampled: see `fit_resample`.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame, Series or list of length n_samples
            Rows, as `fit_resample` takes them.
        y : array-like of shape (n_samples,)
            Labels.

        Returns
        -------
        self : NDResampler
            The fitted sampler.
        """
        self._validate_params()
        check_consistent_length(X, y)
        rows = check_rows(X, "X")
        sampler = clone(self.sampler)
        sampler.fit(rows.numbers() if _is_blind(sampler) else _table(rows, sampler), y)
        return self._keep(sampler, rows)

    def fit_resample(self, X, y, *arrays):
        """Resample the rows, and whatever else belongs to them.

        Parameters
        ----------
        X : array-like, sparse matrix, DataFrame, Series or list of length n_samples
            Rows: a table, images (n_samples, height, width[, channels]), sequences (n_samples, time, channels); for
            RandomOverSampler and RandomUnderSampler also strings, or series of different lengths in a list or an
            object array.
        y : array-like of shape (n_samples,)
            Labels, or one class a column in 0/1 columns.
        *arrays : array-like, sparse matrix, DataFrame, Series or list of length n_samples
            More inputs, masks or weights of the same rows. Samplers that select rows do not look at them. Samplers that
            compute rows compute these too, as if they were columns of X: they have to be numeric, and they count in the
            distances between rows.

        Returns
        -------
        X_resampled : same type as X
            The resampled rows.
        y_resampled : same type as y
            Their labels.
        *arrays_resampled : same types as arrays
            What belongs to them.

        Raises
        ------
        ValueError
            If the lengths differ, if the rows have no common shape and the sampler needs one, or if the sampler
            refuses the data.
        """
        self._validate_params()
        check_consistent_length(X, y, *arrays)
        rows = check_rows(X, "X")
        others = [check_rows(a, f"arrays[{number}]", ensure_2d=False) for number, a in enumerate(arrays)]
        sampler = clone(self.sampler)
        resample = _select if _selects_rows(sampler) else _compute
        resampled = resample(sampler, rows, others, y)
        self._keep(sampler, rows)
        return resampled

    def _fit_resample(self, X, y):  # abstract in BaseSampler, whose own fit_resample calls it with a table
        return self.fit_resample(X, y)

    def _keep(self, sampler, rows):
        """Set what a fit leaves behind."""
        if rows.index is not None and rows.values is not None:
            validate_data(self, rows.given, skip_check_array=True)
        else:
            for name in ("n_features_in_", "feature_names_in_"):
                vars(self).pop(name, None)
            if rows.values is not None:
                self.n_features_in_ = int(np.prod(rows.values.shape[1:]))
        self.sampler_ = sampler
        return self

    @property
    def sampling_strategy_(self):
        """Classes and the number of rows to add or to keep, as the fitted sampler has it."""
        return self.sampler_.sampling_strategy_

    @property
    def sample_indices_(self):
        """Numbers of the selected rows, where the fitted sampler has them."""
        return self.sampler_.sample_indices_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        if hasattr(self.sampler, "__sklearn_tags__"):
            of_sampler = get_tags(self.sampler)
            for name in ("sparse", "string", "allow_nan", "positive_only"):
                setattr(tags.input_tags, name, getattr(of_sampler.input_tags, name))
            tags.sampler_tags.sample_indices = _has_sample_indices(of_sampler)
            if tags.sampler_tags.sample_indices and not _selects_rows(self.sampler):  # RandomOverSampler with shrinkage
                tags.input_tags.string = tags.input_tags.allow_nan = False
        return tags


def _has_sample_indices(tags):
    return bool(getattr(getattr(tags, "sampler_tags", None), "sample_indices", False))


def _selects_rows(sampler):
    """Whether all that a sampler returns are rows it was given."""
    if isinstance(sampler, NDResampler):
        return _selects_rows(sampler.sampler)
    has_indices = hasattr(sampler, "__sklearn_tags__") and _has_sample_indices(get_tags(sampler))
    return has_indices and not _is_smoothed(sampler)


def _is_smoothed(sampler):
    """Whether a sampler that repeats rows adds noise to them, as RandomOverSampler does with shrinkage."""
    return getattr(sampler, "shrinkage", None) is not None


def _is_blind(sampler):
    """Whether a sampler selects rows without a look at them."""
    return type(sampler) in _BLIND and _selects_rows(sampler)


def _table(rows, sampler):
    if rows.values is None:
        raise ValueError(
            f"{type(sampler).__name__} computes with the values of the rows, and needs rows of numbers of one shape; X "
            f"is a {type(rows.given).__name__} of strings, of series of different lengths or of other objects. Pad or "
            "encode them first, or take RandomOverSampler or RandomUnderSampler, which do not look at X."
        )
    table = rows.table()
    if _is_smoothed(sampler):  # this one looks at the values late, and does not say what is wrong with them
        check_array(table, accept_sparse=["csr", "csc"], input_name="X")
    return table


def _select(sampler, rows, others, y):
    """Return the rows that a sampler selects, their labels, and the same of the other arrays."""
    table, labels = sampler.fit_resample(rows.numbers() if _is_blind(sampler) else _table(rows, sampler), y)
    indices, index = sampler.sample_indices_, getattr(table, "index", None)
    return (rows.take(indices, index), labels, *(other.take(indices, index) for other in others))


def _compute(sampler, rows, others, y):
    """Return the rows that a sampler computes, their labels, and the other arrays computed with them."""
    parts = [rows, *others]
    tables = [part.numeric_table() for part in parts] if others else [_table(rows, sampler)]
    table = _side_by_side(tables)
    resampled, labels = sampler.fit_resample(table, y)
    if resampled.shape[1] != table.shape[1]:
        raise ValueError(
            f"{type(sampler).__name__} returned {resampled.shape[1]} columns for {table.shape[1]}; they cannot be put "
            "back into the shape of X."
        )
    if not others:
        return rows.restore(resampled), labels
    ends = np.cumsum([part.shape[1] for part in tables])
    pieces = [resampled[:, end - part.shape[1] : end] for part, end in zip(tables, ends, strict=True)]
    X, *restored = (part.restore(piece) for part, piece in zip(parts, pieces, strict=True))
    return (X, labels, *restored)


def _side_by_side(tables):
    if len(tables) == 1:
        return tables[0]
    if any(map(sparse.issparse, tables)):
        return sparse.hstack(tables, format="csr")
    return np.hstack(tables)
