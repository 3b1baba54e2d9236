"""Parameters of detectors: which nets they hold, and how these are trained."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from skdeep._estimator.params import param, positive
from skdeep.outlier_detection._detector import trim_param
from skdeep.schedules import CosineDecay
from skdeep.utils._words import Names

AT_LEAST_ONE = [Interval(Integral, 1, None, closed="left")]


def n_estimators_param(number):
    """Declare `n_estimators`."""
    return param(number, AT_LEAST_ONE, "int", "Number of nets, trained together; scores are the mean of theirs.")


def steps_param(number):
    """Declare `steps`."""
    return param(
        number,
        AT_LEAST_ONE,
        "int",
        "Steps of training, however many rows there are. More help where X is clean, and harm where it is not, because "
        "anomalies are learned too.",
    )


def learning_rate_param(size):
    """Declare `learning_rate`."""
    return param(
        size, [positive(Real)], "float", "Largest size of a step of Adam, from where half a cosine wave goes to zero."
    )


@dataclass(eq=False, repr=False)
class CodeParams:
    """What a net is that makes codes."""

    n_components: object = param(
        "auto",
        [Names({"auto"}), *AT_LEAST_ONE],
        'int or "auto"',
        'Length of the code of a row. "auto" is the square root of the number of values of a row, rounded.',
    )
    hidden_layer_sizes: object = param(
        (64,),
        ["array-like", *AT_LEAST_ONE],
        "tuple of int",
        "Units of the hidden layers of each encoder; a decoder has the same in the opposite order.",
    )
    activation: object = param(
        "relu",
        [str, callable],
        "str or callable",
        "Activation of the hidden layers: any Keras name, or a function. Codes have none.",
    )


@dataclass(eq=False, repr=False)
class TrainedParams:
    """How nets are trained."""

    trim: float = trim_param()
    steps: int = steps_param(300)
    batch_size: int = param(
        256,
        AT_LEAST_ONE,
        "int",
        "Rows that a net is given in a step; no more than there are. Several nets draw them with replacement, each its "
        "own.",
    )
    learning_rate: float = learning_rate_param(1e-3)
    dtype: str = param(
        "auto",
        [Names({"auto", "float32", "float64"})],
        '{"auto", "float32", "float64"}',
        'Precision of the computation. "auto" is float64 up to 2,000 values of X, and float32 beyond.',
    )
    random_state: object = param(
        None,
        ["random_state"],
        "int, RandomState instance or None",
        "Fixes initial weights and the rows that are drawn. The same seed gives the same bits on the same machine.",
    )
    verbose: int = param(
        0, ["verbose"], "int", "0 is silent, 1 shows a progress bar with the time that is left, 2 prints a line a step."
    )


def training(detector):
    """Return the parameters of members that follow from those of a detector."""
    rows = detector.batch_size * detector.n_estimators
    return {
        "n_components": detector.n_components,
        "hidden_layer_sizes": detector.hidden_layer_sizes,
        "activation": detector.activation,
        "n_members": detector.n_estimators,
        "trim": detector.trim,
        "epochs": detector.steps,
        "batch_size": rows,
        "learning_rate": float(detector.learning_rate),
        "learning_rate_schedule": CosineDecay(warmup=0.0),
        "dtype": detector.dtype,
        "random_state": detector.random_state,
        "verbose": detector.verbose,
    }
