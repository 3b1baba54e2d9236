"""The base of the architectures of nets that take tables as they come."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from skdeep._engine.spec import ModelSpec
from skdeep._estimator.net import Design
from skdeep._estimator.scheduled import SCHEDULE
from skdeep.utils._options import Options
from skdeep.utils._words import Names

COUNT = [Interval(Integral, 1, None, closed="left")]
FRACTION = [Interval(Real, 0, 1, closed="left")]
FACTOR = [Interval(Real, 0, None, closed="neither")]
STEPS = 0, 64, 10_000  # at least, epochs, and steps at most
BINS = [Names({"auto"}), *COUNT, None]
_BINS = 16, 12, 8, 6, 4, 3, 2  # "auto" is the most of them that makes no more columns than
_MOST_CODED = 512
_PERIODIC_DIM, _MOST_PERIODIC = 4, 256  # "auto": length of periodic vectors, and numbers that have them
_BIAS_DEVIATION = 3**-0.5  # of the first biases, for columns whose mean square is one


def n_bins(given, inputs):
    """Return the bins of each number, 0 for none: as many as are given, or what "auto" means for these inputs."""
    if given != "auto":
        return int(given or 0)
    return next((bins for bins in _BINS if bins * inputs.n_numbers <= _MOST_CODED), 0)


def periodic_dim(given, inputs):
    """Return the length of the periodic vector of a number, 0 for none."""
    if given != "auto":
        return int(given or 0)
    return _PERIODIC_DIM if inputs.n_numbers <= _MOST_PERIODIC else 0


class Architecture(Options):
    """Base of the architectures: parameters can be read, set and searched.

    Examples
    --------
    >>> from skdeep.tabular.architectures import Architecture, TabM
    >>> isinstance(TabM(), Architecture)
    True
    """

    _n_packed = 1
    _label_smoothing = 0.0

    def _n_members(self, n_rows):
        """Return what `n_estimators="auto"` is."""
        return 1

    def _design(self, inputs, signature, output_sizes, *, regression, n_members):
        """Return the Design of some nets with rows of their own.

        Parameters
        ----------
        inputs : Frames
            With what they learned of the training rows.
        signature : InputSignature
        output_sizes : tuple of int
        regression : bool
        n_members : int
        """
        spec, numbers, placed = self._spec(inputs, output_sizes)
        if n_members > 1:
            from skdeep._engine import members

            spec = members.copies(spec, n_members)
        return Design(
            spec,
            numbers,
            *SCHEDULE,
            n_members=n_members,
            own_rows=n_members if n_members > 1 else 0,
            initial=(lambda: placed) if placed else None,
            n_packed=self._n_packed,
            steps=STEPS,
            defaults={"optimizer": "adamw", "learning_rate": 0.001, "weight_decay": 0.004, "clip_norm": 1.0},
        )

    def _spec(self, inputs, output_sizes):
        """Return (ModelSpec, values of its live numbers, weights to begin with by their paths).

        Parameters
        ----------
        inputs : Frames
            Knows `category_sizes`, `n_numbers`, `sources` and `edges(n_bins)`.
        output_sizes : tuple of int

        Raises
        ------
        ValueError
            If parameters do not go together.
        """
        build, config = self._net(inputs, output_sizes)
        numbers = self._numbers(config)
        edges = inputs.edges(config.n_bins) if config.n_bins else ()
        placed = {config.edges_path: edges} if len(edges) else {}
        return ModelSpec(build, config, tuple(numbers)), numbers, placed

    def _numbers(self, config):
        """Return the values of the live numbers of a config."""
        names = [name for name in ("dropout", "residual_dropout") if getattr(config, name, False)]
        biases = {"bias_deviation": _BIAS_DEVIATION} if getattr(config, "draws_biases", False) else {}
        return {name: float(getattr(self, name)) for name in names} | biases
