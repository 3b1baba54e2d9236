"""Parameters that the estimators for sequences share: what X is, and how their nets are trained."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep._data.inputs import SeriesInputs, TokenInputs
from skdeep._estimator.params import TrainingParams, mixup_param, param, positive
from skdeep._estimator.scheduled import (
    epochs_param,
    learning_rate_param,
    learning_rate_schedule_param,
    n_iter_no_change_param,
)
from skdeep.architectures.sequence import entrance
from skdeep.sequence._form import FormParams
from skdeep.utils._words import Names

STEPS = 400, 10


@dataclass(eq=False, repr=False)
class SequenceParams(FormParams, TrainingParams):
    """What X is, series of numbers or rows of ids, and what differs in training on it."""

    epochs: object = epochs_param(*STEPS)
    n_iter_no_change: object = n_iter_no_change_param()
    learning_rate: object = learning_rate_param()
    learning_rate_schedule: object = learning_rate_schedule_param()
    batch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Series a step. "auto" is a sixteenth of all, at least 16 and at most 64. The last, smaller batch of an epoch '
        "is trained on too.",
    )
    clip_norm: object = param(
        1.0,
        [positive(Real), None],
        "float or None",
        "Shortens the gradient of a step to this norm, or None not to: gradients through many moments may explode.",
    )
    standardize: bool = param(
        True,
        ["boolean"],
        "bool",
        "Whether the mean of each channel over all moments of the training rows is subtracted, and its standard "
        "deviation divided by. The levels of single series stay.",
    )
    embedding_dim: object = param(
        None,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "Makes X rows of whole numbers, 0 for padding, each of which has a vector of this length that is learned; ids "
        "that were not there at fit have zeros.",
    )
    embedding_matrix: object = param(
        None,
        ["array-like", None],
        "array-like of shape (n_ids, dim) or None",
        "Vectors to start from; row 0 is padding. All ids of the matrix are known.",
    )
    train_embedding: bool = param(
        True, ["boolean"], "bool", "Whether the vectors of `embedding_matrix` are trained further."
    )
    mixup: float = mixup_param()

    _inputs_class = SeriesInputs

    def _inputs(self):
        if not self._reads_tokens():
            settings = self.n_channels, self.channels_first, self.nan, bool(self.standardize)
            return SeriesInputs(*settings, self._is_limited(), self.dtype)
        matrix = self._matrix()
        return TokenInputs(None if matrix is None else len(matrix), self._is_limited(), self.dtype)

    def _is_limited(self):
        """Whether longer series than at fit are refused."""
        return False

    def _pools(self):
        """Whether the moments of a series become one vector."""
        return True

    def _reads_tokens(self):
        return self.embedding_dim is not None or self.embedding_matrix is not None

    def _matrix(self):
        if self.embedding_matrix is None:
            return None
        matrix = np.array(self.embedding_matrix, dtype=np.float64)
        if matrix.ndim != 2 or len(matrix) < 2 or not np.isfinite(matrix).all():
            raise ValueError(
                "embedding_matrix must be finite and of shape (n_ids, dim), with a row for padding; got the shape "
                f"{matrix.shape}."
            )
        if self.embedding_dim not in (None, matrix.shape[1]):
            raise ValueError(
                f"embedding_dim={self.embedding_dim} does not fit an embedding_matrix of {matrix.shape[1]} columns; "
                "leave it None."
            )
        return matrix

    def _reading(self, inputs, differences=False):
        """Return what a net reads, and the weights that it begins with, by path."""
        if not self._reads_tokens():
            placed = {}
            if inputs.standardize:
                placed = {entrance.MEAN: np.array(inputs.mean), entrance.VARIANCE: np.array(inputs.variance)}
            return entrance.Channels(inputs.standardize, differences), placed
        matrix = self._matrix()
        if matrix is None:
            return entrance.Vocabulary(inputs.size, int(self.embedding_dim)), {}
        matrix[0] = 0.0
        vocabulary = entrance.Vocabulary(*matrix.shape, bool(self.train_embedding))
        return vocabulary, {entrance.VECTORS: matrix}
