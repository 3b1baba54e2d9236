"""What passes between the floors of the house: descriptions of nets and of training, none of which knows TensorFlow.

Architectures and the engine never import each other; they meet in these frozen, hashable descriptions.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InputSpec:
    """One named input of a net: the shape of one sample, the dtype it is stored in, whether it is a CSR matrix."""

    shape: tuple
    dtype: str
    sparse: bool = False


@dataclass(frozen=True)
class InputSignature:
    """Every input of a net by name, and the dtype the net computes in."""

    inputs: tuple[tuple[str, InputSpec], ...]
    dtype: str


@dataclass(frozen=True)
class Recipe:
    """A function, the hashable config it is called with, and the names of the live numbers it takes.

    Two recipes that are equal build the same graph: `build` is compared by identity, so it is a module-level function.
    """

    build: Callable
    config: Hashable
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelSpec(Recipe):
    """An architecture: `build(config, signature, numbers)` returns a keras.Model whose outputs carry no activation.

    The number "step" is counted by the engine, for layers that have to know how many batches have gone before.
    """


@dataclass(frozen=True)
class ProgramSpec:
    """Everything that changes the compiled graph of a training run, and nothing else: the key of the program cache.

    `penalties` names the live numbers the engine itself applies to gradients: "alpha", "l1", "clip_norm". `flat` lets
    the optimizer see all weights of a small net as one vector; it has to treat every weight alike. `mixup` trains on
    mixtures of rows, and has a live number of that name.
    """

    model: ModelSpec
    signature: InputSignature
    targets: tuple[tuple[tuple, str], ...]
    losses: tuple[Recipe, ...]
    optimizer: Recipe
    penalties: tuple[str, ...] = ()
    weighted: bool = False
    scheduled: bool = False
    flat: bool = False
    mixup: bool = False

    @property
    def numbers(self):
        """Names of all live numbers of the program, without repetition."""
        recipes = (self.model, *self.losses, self.optimizer)
        names = [name for recipe in recipes for name in recipe.numbers]
        return tuple(dict.fromkeys([*names, *self.penalties, *(["mixup"] if self.mixup else [])]))


@dataclass(frozen=True)
class TrainPlan:
    """The numbers of one fit. None of them causes a compilation.

    `seeds` holds three independent 32-bit seeds: of the initial weights, of the shuffling and of the noise in the net.
    `first_epoch` counts the epochs the weights have already seen; shuffling and noise depend on it, so that training
    in several calls sees the same random numbers as training in one.
    """

    epochs: int
    batch_size: int
    seeds: tuple[int, int, int]
    numbers: dict = field(hash=False)
    shuffle: bool = True
    schedule: Any = None
    first_epoch: int = 0
    schedule_start: int = 0
    schedule_epochs: int = 0
    tol: float = 0.0
    n_iter_no_change: float = float("inf")
    monitor: str = "loss"
    greater_is_better: bool = False
    restore_best: bool = False
    verbose: int = 0
    title: str = "fit"


@dataclass(frozen=True)
class FitResult:
    """What training leaves behind: NumPy arrays and Python numbers only."""

    weights: list
    optimizer_state: list
    history: dict
    n_epochs: int
    best: float
    callbacks: list
    interrupted: bool = False
