"""A variational autoencoder of the rows of each class."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from skdeep._data.columns import Dense
from skdeep._data.inputs import precision
from skdeep._data.inputs.reconstructed import ConditionedTables
from skdeep._engine.spec import InputSignature
from skdeep._estimator.params import estimator, param
from skdeep.decomposition import VariationalAutoencoder
from skdeep.decomposition._coding import BOTH


@estimator
class ConditionalAutoencoder(VariationalAutoencoder):
    """One net for the rows of all classes, whose encoder and decoder are told the class.

    X has a table of rows, and after it `n_classes` columns of 0 and 1.

    {parameters}

    {attributes}
    """

    n_classes: int = param(2, [Interval(Integral, 1, None, closed="left")], "int", "Number of classes.")

    def _inputs(self):
        return ConditionedTables(dtype=self.dtype, n_conditions=self.n_classes)

    def reconstruct(self, X):
        """Return the rows of X, made again under their class, without the columns of the class."""
        return self._made(X, *BOTH)

    def drawn(self, number, n_rows, random):
        """Return new rows of a class, by its number."""
        from skdeep._engine import views

        dtype, length = self._net.dtype, self._n_features_out
        codes = precision.converted(random.standard_normal((n_rows, length)), dtype)
        classes = np.zeros((n_rows, self.n_classes), dtype)
        classes[:, number] = 1
        columns = ("code", Dense((length,), dtype)), ("condition", Dense((self.n_classes,), dtype))
        view = views.model("decoder", InputSignature(columns, dtype))
        (rows,) = self._forward(view)({"code": codes, "condition": classes})
        return rows + self.noise_variance_**0.5 * random.standard_normal(rows.shape)
