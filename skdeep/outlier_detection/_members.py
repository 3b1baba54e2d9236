"""What detectors hold: several small nets of one shape, trained together on batches of their own."""

from dataclasses import dataclass

import numpy as np
from sklearn.callback import with_callbacks

from skdeep._data.inputs.standardized import StandardizedRows
from skdeep._data.order import Drawn
from skdeep._data.rows import RowData
from skdeep._engine.spec import ModelSpec
from skdeep._estimator import fitting
from skdeep._estimator.base import BaseDeepEstimator
from skdeep._estimator.net import Design
from skdeep._estimator.params import TrainingParams, estimator, param
from skdeep._estimator.reconstruction import Reconstructing
from skdeep.architectures import members, mlp
from skdeep.utils._keys import described

_MODELS = "rows", "members", "mean"


@dataclass(frozen=True)
class _Order:
    """The order in which members draw rows of their own: `batch_size` each, in a step that is an epoch."""

    batch_size: int
    n_members: int

    def __call__(self, n_rows):
        return Drawn(n_rows, min(self.batch_size, n_rows) * self.n_members)


class _MakingAgain(Reconstructing):
    """Rows are made again by members, of which each leaves out those that it makes worst."""

    def __init__(self, loss, trim, n_members):
        super().__init__(loss, {})
        self._trim, self._n_members = trim, n_members

    def objective(self, target):
        """Return the recipe of what is minimised, and the values of its live numbers."""
        from skdeep._engine.objectives import own_rows
        from skdeep._engine.spec import within

        recipe = own_rows.recipe(self.loss.recipe, self._n_members)
        return recipe, {"trim": float(self._trim)} | within("loss", self.loss.numbers)


class _ToOnePlace(Reconstructing):
    """Rows are brought to one place by members, of which each leaves out those that stay farthest."""

    def __init__(self, trim, n_members):
        super().__init__("squared_error", {})
        self._trim, self._n_members = trim, n_members

    def objective(self, target):
        """Return the recipe of what is minimised, and the value of its live number."""
        from skdeep._engine.objectives import own_rows

        return own_rows.to_one_place(self._n_members), {"trim": float(self._trim)}


@dataclass(eq=False, repr=False)
class _Members(TrainingParams, BaseDeepEstimator):
    """Several small nets in one program; what holds them has checked their parameters."""

    n_components: object = param("auto", [], "int", "Length of the code.")
    hidden_layer_sizes: object = param((64,), [], "tuple of int", "Units of the hidden layers of the encoder.")
    activation: object = param("relu", [], "str or callable", "Activation of the hidden layers.")
    n_members: int = param(8, [], "int", "Number of nets.")
    trim: float = param(0.1, [], "float", "Share of each batch that does not count.")
    n_iter_no_change: object = param(np.inf, [], "inf", "Training does not stop early.")

    _inputs_class = StandardizedRows
    _build = staticmethod(members.build)

    @with_callbacks
    def fit(self, X, y=None):
        """Train the nets; an epoch is a step, in which each net is given rows of its own.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        with self._unchanged_on_failure():
            inputs = StandardizedRows(self.dtype)
            fitting.fit(self, inputs, self._problem(), RowData(X), RowData(None), epochs=self.epochs)
        return self

    def _made(self, X):
        """Return the mean of what the nets make of rows."""
        from skdeep._engine import views

        (made,) = self._viewed(self._net.inputs.validate(self, X, reset=False), views.chain(_MODELS))
        return made

    def _design(self, inputs, signature, output_sizes):
        width = signature.inputs[0][1].shape[0]
        config = members.MembersConfig(
            int(self.n_members),
            components(self.n_components, width),
            mlp.sizes(self.hidden_layer_sizes),
            described(self.activation),
        )
        members.check(config)
        kept = inputs.kept.astype(float)
        order = _Order(int(self.batch_size) // config.n_members, config.n_members)
        return Design(ModelSpec(self._build, config), {}, initial=lambda: {members.KEPT: kept}, order=order)


@estimator
class MembersAutoencoder(_Members):
    """Several small autoencoders in one program.

    {parameters}

    {attributes}
    """

    loss: object = param("absolute_error", [], "str", "Of standardised rows and what is made of them.")

    def reconstruct(self, X):
        """Return the mean of what the nets make of rows, in units of X.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            The same rows, made again.
        """
        return self._net.inputs.units(self._made(X))

    def score_samples(self, X):
        """Return minus the mean over the nets of the loss of each standardised row.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            The larger, the better a row can be made again.
        """
        from skdeep._engine import views

        X, loss = self._net.inputs.validate(self, X, reset=False), Reconstructing(self._fitted_loss, {}).resolved().loss
        (losses,) = self._viewed(X, views.member_losses(_MODELS[:2], loss.recipe, loss.numbers))
        return -losses.astype(np.float64)

    def _problem(self):
        return _MakingAgain(self.loss, self.trim, self.n_members)


@estimator
class MembersEncoder(_Members):
    """Several small encoders in one program, each of which brings rows near a centre.

    {parameters}

    {attributes}
    """

    _build = staticmethod(members.build_encoders)

    def score_samples(self, X):
        """Return minus the mean over the nets of the squared distance of each code to the centre.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            The larger, the nearer.
        """
        return -self._made(X)[:, 0].astype(np.float64)

    def _problem(self):
        return _ToOnePlace(self.trim, self.n_members)


def components(asked, n_columns):
    """Return the length of a code: as asked, or the root of the number of columns."""
    return max(1, round(n_columns**0.5)) if asked == "auto" else int(asked)
