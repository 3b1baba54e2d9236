"""What an estimator wants built, and what a fitted one knows of its net besides the weights."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from skdeep._engine.spec import InputSignature, ModelSpec


@dataclass(frozen=True)
class Stage:
    """A part of training, with another net that has the same weights, or another objective.

    Parameters
    ----------
    model : ModelSpec
    epochs : int
    rate_factor : float
        Multiplies the learning rate.
    objective : callable or None
        Makes the recipe of what this stage minimises of that of the whole training. What is reached in such a stage is
        not compared with the others.
    """

    model: ModelSpec
    epochs: int
    rate_factor: float = 1.0
    objective: Callable | None = None


@dataclass(frozen=True)
class Design:
    """What an estimator makes of its parameters and of the shape of its data.

    Parameters
    ----------
    model : ModelSpec
    numbers : dict
        Values of the model's live numbers, but for the statistics of the inputs.
    schedule : Schedule or None
        What `learning_rate_schedule="auto"` means.
    rate_factor : float
        What `learning_rate="auto"` is multiplied by under that schedule.
    earlier : tuple of (float, callable)
        What is trained before the model is: shares of its `epochs`, and the objective of each such stage.
    later : tuple of Stage
        What follows the `epochs` in which the model is trained.
    initial : callable or None
        Returns the weights to begin with, None for those that are drawn.
    mixup : float or None
        Trains on mixtures of rows.
    n_members : int
        Of an ensemble, whose members are the models of `model`; 1 for none.
    n_packed : int
        Nets within each model: its outputs have the shape (rows, n_packed, units), or (rows, units) if it is 1.
    steps : (int, int) or (int, int, int) or None
        What `epochs="auto"` means: steps of training, and epochs, at least; and steps at most.
    order : callable or None
        Returns the order in which so many rows are visited, if `shuffle` does not say; see `skdeep._data.order`.
    own_rows : int
        Number of members of which each visits the rows in an order of its own, and holds out rows of its own.
    defaults : dict
        What "auto" means as a parameter of the training, by its name.
    schedules : dict
        Schedules of live numbers, by their names, for a training that has an end.
    rate_factors : tuple of (str, str)
        See `ProgramSpec`; the numbers are among `numbers`.
    """

    model: ModelSpec
    numbers: dict
    schedule: Any = None
    rate_factor: float = 1.0
    earlier: tuple = ()
    later: tuple = ()
    initial: Callable | None = None
    mixup: float | None = None
    n_members: int = 1
    n_packed: int = 1
    steps: tuple | None = None
    order: Callable | None = None
    own_rows: int = 0
    defaults: dict = field(default_factory=dict)
    schedules: dict = field(default_factory=dict)
    rate_factors: tuple = ()


@dataclass(frozen=True)
class Net:
    """What a fitted estimator knows of its net, besides the weights.

    Parameters
    ----------
    spec : ModelSpec
    signature : InputSignature
        Of the training rows.
    inputs : Tables, Images, ...
        What was learned of X.
    target : TargetInfo or None
        What was learned of y.
    loss : LossFacts or None
        What follows from the loss.
    seeds : tuple of int
        Of the weights, the shuffling and the noise.
    numbers : dict
        Values of all live numbers of the last training.
    optimizer_kind : tuple
        Tells whether another training can go on from the state of the optimizer.
    n_steps : int
        Batches that the weights have seen.
    n_members : int
        Of an ensemble; 1 for none.
    n_packed : int
        Nets within each model, whose outputs then have an axis for them after the first.
    defaults : dict
        What "auto" means as a parameter of the training.
    guess : float or None
        Loss, on the training rows, of a guess that ignores the inputs; None if it is not known.
    paths : tuple of str
        Keras' path of each of the weights, in their order; members of an ensemble have the same.
    """

    spec: ModelSpec
    signature: InputSignature
    inputs: Any
    target: Any = None
    loss: Any = None
    seeds: tuple = ()
    numbers: Any = None
    optimizer_kind: tuple = ()
    n_steps: int = 0
    n_members: int = 1
    n_packed: int = 1
    defaults: dict = field(default_factory=dict)
    guess: float | None = None
    paths: tuple = ()

    def alone(self):
        """Return what would be known of one member, where all are of one architecture."""
        if self.n_members > 1:
            return replace(self, spec=self.spec.config[0], n_members=1)
        return replace(self, spec=replace(self.spec, config=replace(self.spec.config, n_members=1)), n_packed=1)

    def weights_at(self, path, weights):
        """Return those weights that have a path, one of each member of an ensemble that has it.

        Parameters
        ----------
        path : str
        weights : sequence of ndarray
            Those of the fitted estimator.
        """
        return [array for known, array in zip(self.paths, weights, strict=True) if known == path]

    @property
    def link(self):
        """From the outputs of the net to predictions: "identity", "exp", "quantiles", "probability" or "margin"."""
        return self.loss.link

    @property
    def is_averaged(self):
        """Whether a prediction is the mean of several."""
        return self.n_members > 1 or self.n_packed > 1

    @property
    def dtype(self):
        """The dtype the net computes in."""
        return self.inputs.dtype
