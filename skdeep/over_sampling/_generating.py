"""What samplers have in common that make rows with a net they hold."""

import warnings
from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_target_type
from sklearn.base import clone
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import validate_data

from skdeep._estimator.params import param
from skdeep.over_sampling._encoding import encoding
from skdeep.utils._words import Names

_MOST_SEED = 2**31 - 1


@dataclass(eq=False, repr=False)
class GeneratingParams:
    """The net, how many rows there are to be, and which columns are categories."""

    autoencoder: object = param(None, [], "estimator or None", "The net.", positional=True)
    sampling_strategy: object = param(
        "auto",
        BaseOverSampler._parameter_constraints["sampling_strategy"],
        "float, str, dict or callable",
        "How many rows each class is to have, as in imbalanced-learn: a share of the largest class, for two classes; "
        '"minority", "not minority", "not majority" or "all", which are then as large as the largest, "auto" being '
        '"not majority"; a dict from class to number of rows; or a function of y that returns one.',
    )
    categorical_features: object = param(
        "auto",
        ["array-like", Names({"auto"}), None],
        'array-like of bool, int or str, "auto" or None',
        'Columns that hold categories: a mask, numbers or names. "auto" is those that are pandas categories.',
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes training, unless the net has a seed of its own, and what is drawn.",
    )


class GeneratingSampler(BaseOverSampler):
    """Makes rows of rare classes with a net that is trained on all rows.

    Subclasses have GeneratingParams and define `_trained(net, matrix, numbers, seed)`, which returns the
    fitted net, `_made(net, matrix, numbers, label, n_rows, random)`, which returns new rows of one class, `_default`,
    and `_fewest`, the members of a class below which its rows are repeated.
    """

    _attributes = """
        sampling_strategy_ : dict
            Number of rows to make of each class.
        autoencoder_ : estimator instance
            The net that `fit_resample` trained.
        n_features_in_ : int
            Values of a row: columns of a table, pixels of an image times channels.
        feature_names_in_ : ndarray of shape (n_features,)
            Names of the columns, if X was a DataFrame with string names.
    """

    def _check_X_y(self, X, y):
        y, binarize_y = check_target_type(y, indicate_one_vs_all=True)
        check_consistent_length(X, y)
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, skip_check_array=True)
            return X, y, binarize_y
        named = self.categorical_features is not None and not isinstance(self.categorical_features, str)
        kinds = {"dtype": None, "ensure_all_finite": False} if named else {}
        X = validate_data(self, X, accept_sparse=["csr", "csc"], allow_nd=True, **kinds)
        self.n_features_in_ = int(np.prod(X.shape[1:]))
        return X, y, binarize_y

    def _fit_resample(self, X, y):
        rows, random = encoding(X, self.categorical_features), check_random_state(self.random_state)
        labels, numbers, counts = np.unique(y, return_inverse=True, return_counts=True)
        wanted = {label: _whole(n_rows, label) for label, n_rows in self.sampling_strategy_.items() if n_rows}
        matrix, net, parts = rows.matrix(), None, []
        seed = int(random.randint(_MOST_SEED))
        vars(self).pop("_autoencoder", None)
        for label, n_rows in wanted.items():
            number = int(np.flatnonzero(labels == label)[0])
            if counts[number] < self._fewest:
                self._warn(label, counts[number])
                parts.append(rows.repeated(random.choice(np.flatnonzero(numbers == number), n_rows)))
                continue
            net = self._trained(self._net(matrix, seed), matrix, numbers) if net is None else net
            parts.append(rows.decoded(self._made(net, matrix, numbers, number, n_rows, random)))
        if net is not None:
            self._autoencoder = net
        made = [np.full(n_rows, label, dtype=y.dtype) for label, n_rows in wanted.items()]
        return rows.followed_by(parts), np.concatenate([y, *made])

    def _net(self, matrix, seed):
        """Return the net that is to be trained, seeded if it has no seed of its own."""
        net = self._default(matrix) if self.autoencoder is None else clone(self.autoencoder)
        return net.set_params(random_state=seed) if net.get_params().get("random_state", seed) is None else net

    def _warn(self, label, count):
        label = np.asarray(label).item()
        warnings.warn(
            f"Class {label!r} has {'1 row' if count == 1 else f'{count} rows'}, too few to learn from: "
            f"{'it is' if count == 1 else 'they are'} repeated.",
            UserWarning,
            stacklevel=5,
        )

    @property
    def autoencoder_(self):
        """The net that was trained by `fit_resample`; there is none where all new rows are repeated ones."""
        if not hasattr(self, "_autoencoder"):
            raise AttributeError(f"This {type(self).__name__} has trained no net; call fit_resample.")
        return self._autoencoder

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _default(self, matrix):
        """Return the net where none is given."""

    @abstractmethod
    def _trained(self, net, matrix, numbers):
        """Return a net that has learned from all rows."""

    @abstractmethod
    def _made(self, net, matrix, numbers, number, n_rows, random):
        """Return new rows of one class, as the matrix has them."""


def _whole(n_rows, label):
    """Return the number of rows to make of a class as an int."""
    if n_rows != int(n_rows):
        raise ValueError(f"sampling_strategy must hold whole numbers of rows, got a fraction for class {label!r}.")
    return int(n_rows)
