"""What passes between the floors of the house: descriptions of nets and of training, none of which knows TensorFlow.

Architectures and the engine never import each other; they meet in these frozen, hashable descriptions. What an input
is, a column says: an object with `types`, `tensors`, `gather`, ... (see `skdeep._data.columns`).
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InputSignature:
    """Every input of a net as (name, column), and the dtype the net computes in."""

    inputs: tuple[tuple[str, Any], ...]
    dtype: str


@dataclass(frozen=True)
class SameAs:
    """A target that is an input of the net: nothing is copied."""

    name: str


@dataclass(frozen=True)
class Recipe:
    """A function, the hashable config it is called with, and the names of the live numbers it takes.

    Two recipes that are equal build the same graph: `build` is compared by identity, so it is a module-level function.
    A recipe that holds others takes their numbers too, under a path for each ("first/label_smoothing"). `vectors` are
    live vectors, each a name and a length: what training rows say to a loss, such as the shares of the classes.
    """

    build: Callable
    config: Hashable
    numbers: tuple[str, ...] = ()
    vectors: tuple[tuple[str, int], ...] = ()


def within(path, names):
    """Return names of live numbers as they are called in what holds their recipe; also the keys of a dict."""
    if isinstance(names, dict):
        return {f"{path}/{name}": number for name, number in names.items()}
    return tuple(f"{path}/{name}" for name in names)


def taken_from(path, numbers):
    """Return those live numbers of a dict that lie under a path, as the recipe there calls them."""
    return {name.removeprefix(f"{path}/"): one for name, one in numbers.items() if name.startswith(f"{path}/")}


@dataclass(frozen=True)
class ModelSpec(Recipe):
    """An architecture: `build(config, signature, numbers)` returns a keras.Model, or a dict of named ones.

    Outputs carry no activation. The number "step" is counted by the engine, for layers that have to know how many
    batches have gone before. `operations(config, n_columns)` describes nets of dense layers without Keras: it returns a
    dict with a tuple of operations (`skdeep.utils._operations`) for each model, or None where a config has something
    that cannot be described.
    """

    operations: Callable | None = None

    def described(self, n_columns):
        """Return the operations of each model on rows of so many columns, or None if there is no description.

        It has to stand beside `build`: a subclass may build another net of the same config.
        """
        if self.operations is None or self.operations.__module__ != self.build.__module__:
            return None
        return self.operations(self.config, n_columns)


@dataclass(frozen=True)
class ProgramSpec:
    """Everything that changes the compiled graph of a training run, and nothing else: the key of the program cache.

    Parameters
    ----------
    model : ModelSpec
    signature : InputSignature
    targets : tuple of (str, column or SameAs)
    objective : Recipe
        `build(config, models, numbers)` returns what is minimised; see `skdeep._engine.objectives`.
    optimizers : tuple of (str, Recipe)
        By the names that the updates of the objective use. The numbers of the one called "optimizer" have no path.
    penalties : tuple of str
        Live numbers that the engine itself applies to gradients: "alpha", "l1", "clip_norm".
    rate_factors : tuple of (str, str)
        Pattern of the paths of variables ("hidden_*/kernel"), and the live number that multiplies their learning rate.
        Of several patterns that match, the last counts.
    frozen : tuple of str
        Patterns of the paths of variables that are not trained.
    weighted : bool
        Whether rows have weights.
    scheduled : tuple of str
        Live numbers with a value for every step.
    one_vector : bool
        Lets an optimizer see all weights of a small net as one vector; it has to treat every weight alike.
    masked : bool
        Whether some of the weights are held at zero; `TrainPlan.masks` says which.
    """

    model: ModelSpec
    signature: InputSignature
    targets: tuple[tuple[str, Any], ...]
    objective: Recipe
    optimizers: tuple[tuple[str, Recipe], ...]
    penalties: tuple[str, ...] = ()
    rate_factors: tuple[tuple[str, str], ...] = ()
    frozen: tuple[str, ...] = ()
    weighted: bool = False
    scheduled: tuple[str, ...] = ()
    one_vector: bool = False
    masked: bool = False

    @property
    def numbers(self):
        """Names of all live numbers of the program, vectors included, without repetition."""
        parts = [self.model.numbers, self.objective.numbers, self.penalties]
        parts += [[name for name, _ in recipe.vectors] for recipe in (self.model, self.objective)]
        parts += [optimizer_numbers(*optimizer) for optimizer in self.optimizers]
        parts.append(dict.fromkeys(number for _, number in self.rate_factors))
        names = [name for part in parts for name in part]
        twice = {name for name in names if names.count(name) > 1} - {"step"}
        if twice:
            raise ValueError(f"Different parts of a program have live numbers of the same name: {sorted(twice)}.")
        return tuple(dict.fromkeys(names))

    @property
    def shapes(self):
        """Shape of each live number by its name: () but for vectors."""
        lengths = dict((*self.model.vectors, *self.objective.vectors))
        return {name: (lengths[name],) if name in lengths else () for name in self.numbers}


def optimizer_numbers(name, recipe):
    """Return the live numbers of an optimizer as the program calls them."""
    return recipe.numbers if name == "optimizer" else within(name, recipe.numbers)


@dataclass(frozen=True)
class TrainPlan:
    """The numbers of one fit. None of them causes a compilation.

    Parameters
    ----------
    epochs, batch_size : int
    seeds : tuple of three int
        Independent 32-bit seeds of the initial weights, of the order of the rows and of the noise in the net.
    numbers : dict
        Values of the live numbers; of a live vector, an array.
    order : object
        `rows(epoch, seed)` returns the rows of an epoch, `len(order)` of them; see `skdeep._data.order`.
    schedules : dict
        Schedule of each live number that follows one. That of the learning rate may be a `ReduceOnPlateau`.
    first_epoch : int
        Epochs the weights have already seen; order and noise depend on it, so that training in several calls sees the
        same random numbers as training in one.
    schedule_start, schedule_epochs : int
        Where in the schedules this fit begins, and how long they are.
    tol, n_iter_no_change, greater_is_better : object
        See `Monitor`.
    monitor : str or tuple of str
        What is watched; one name for each member of an ensemble, each of which stops by itself.
    watch_from : int
        Epochs of this fit that are not watched: what they minimise is not yet what later ones do.
    restore_best : bool
        Whether the weights of the best epoch are returned.
    verbose : int
    title : str
    masks : tuple of (ndarray of bool or None)
        For each weight of a masked program, where it may be other than zero; None is everywhere.
    """

    epochs: int
    batch_size: int
    seeds: tuple[int, int, int]
    numbers: dict = field(hash=False)
    order: Any
    schedules: dict = field(default_factory=dict, hash=False)
    first_epoch: int = 0
    schedule_start: int = 0
    schedule_epochs: int = 0
    tol: float = 0.0
    n_iter_no_change: float = float("inf")
    monitor: Any = "loss"
    greater_is_better: bool = False
    watch_from: int = 0
    restore_best: bool = False
    verbose: int = 0
    title: str = "fit"
    masks: tuple = field(default=(), hash=False)

    @property
    def watched(self):
        """Names of what is watched, as a tuple."""
        return (self.monitor,) if isinstance(self.monitor, str) else self.monitor


class Diverged(ValueError):
    """Training whose loss, or a weight, became infinite or NaN.

    Parameters
    ----------
    what : str
        What became so, and when.
    advice : str
    history : dict of list
        Of the epochs before.
    """

    def __init__(self, what, advice="", history=None):
        super().__init__(f"{what} {advice}".strip())
        self.what, self.history = what, history or {}


@dataclass(frozen=True)
class FitResult:
    """What training leaves behind: NumPy arrays and Python numbers only."""

    weights: list
    optimizer_state: list
    history: dict
    n_epochs: int
    best: float
    callbacks: list
    paths: tuple = ()  # of the weights, in their order
    interrupted: bool = False
    exhausted: bool = False  # whether what was watched had stopped improving
