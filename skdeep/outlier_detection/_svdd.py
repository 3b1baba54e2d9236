"""Anomalies as rows whose codes are far from where those of the others are."""

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skdeep._data.inputs.standardized import StandardizedRows
from skdeep._estimator.params import estimator, param
from skdeep.outlier_detection._detector import Detector, DetectorParams
from skdeep.outlier_detection._members import MembersEncoder
from skdeep.outlier_detection._params import (
    AT_LEAST_ONE,
    CodeParams,
    TrainedParams,
    n_estimators_param,
    steps_param,
    training,
)

# With these, units that are at their bound stand in for the biases that encoders must not have.
_BOUNDED = {"sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "softmax", "relu6", "sparse_sigmoid"}


@estimator
class DeepSVDD(Detector, TrainedParams, CodeParams, DetectorParams, BaseEstimator):
    """Outliers are the rows that encoders, trained to bring all rows to one place, leave far from it.

    Deep support vector data description, for one class. The centre of an encoder is the mean of its codes before
    training, which then makes the squared distances of codes to it small. Several encoders are trained together, each
    on rows of its own, without those of each batch that are farthest. A score is minus the mean of their squared
    distances.

    X is numeric and dense: a table, images, series of one length. Rows of more dimensions are flattened.

    {parameters}

    {attributes}

    See Also
    --------
    AutoencoderOutlier : Shows what is odd about a row, and is better with anomalies among the training rows.
    sklearn.svm.OneClassSVM : The same idea with a kernel in place of a net.

    Notes
    -----
    An encoder that brings every row, whatever it is, to the centre would have learned nothing. Three things keep it
    from that (Ruff et al.): there are no biases; no part of a centre is nearer to zero than 0.1; and an activation with
    bounds on both sides is refused, because units at a bound do what biases do. What is left is to stop in time: more
    `steps` bring anomalies to the centre, too.

    Columns are standardised inside; those that are constant in training are never looked at.

    `trim` and `learning_rate` are numbers of the compiled program: a search over their values compiles nothing, and
    neither does a fit to other rows of the same shape.

    References
    ----------
    Ruff et al. (2018), "Deep one-class classification".

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.outlier_detection import DeepSVDD
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 6))
    >>> model = DeepSVDD(random_state=0).fit(X)
    >>> model.predict([X[0], X[0] + 6]).tolist()
    [1, -1]
    """

    n_components: int = param(32, AT_LEAST_ONE, "int", "Length of the code of a row, which may be longer than the row.")
    hidden_layer_sizes: object = param(
        (64,), ["array-like", *AT_LEAST_ONE], "tuple of int", "Units of the hidden layers of each encoder."
    )
    n_estimators: int = n_estimators_param(4)
    steps: int = steps_param(100)

    _attributes = """
        encoder_ : estimator
            The fitted encoders.
    """

    def score_samples(self, X):
        """Return how near to the centre the code of each row is.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus the squared distance, the mean over the encoders: the lower, the more abnormal.
        """
        check_is_fitted(self)
        return self.encoder_.score_samples(self._inputs.validate(self, X, reset=False))

    def _fitted(self, X):
        if self.activation in _BOUNDED:
            raise ValueError(
                f"activation={self.activation!r} has bounds, and units that are at one bring all rows to the centre; "
                'use "relu", "elu", "leaky_relu" or another that grows without end.'
            )
        self._inputs = StandardizedRows(self.dtype)
        rows = self._inputs.validate(self, X, reset=True)
        self.encoder_ = MembersEncoder(**training(self)).fit(rows)
        return self.encoder_.score_samples(rows)
