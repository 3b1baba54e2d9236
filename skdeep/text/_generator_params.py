"""Parameters of a language model: its tokens, its net, and what differs in its training."""

from dataclasses import dataclass
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval

from skdeep._estimator.params import TrainingParams, param, positive
from skdeep._estimator.scheduled import (
    early_stopping_param,
    epochs_param,
    learning_rate_schedule_param,
    n_iter_no_change_param,
    scoring_param,
    validation_fraction_param,
)
from skdeep.utils._words import Names

ARCHITECTURES = ("gru", "lstm", "transformer")
STEPS = 1_500, 4
# Under a warm-up and a cosine; recurrent nets have many moments to learn from in each step.
RATE_FACTORS = {"gru": 10.0, "lstm": 10.0, "transformer": 3.0}


def level_param():
    """Declare `level`, which is characters."""
    return param(
        "char",
        [Names({"char", "word", "subword"})],
        '{"char", "word", "subword"}',
        "What a token is: a character, a word or a punctuation mark, or a part of a word that byte-pair encoding found "
        'in the training texts ("subword" needs the package tokenizers).',
    )


def clip_norm_param():
    """Declare `clip_norm`, which is 1."""
    return param(
        1.0,
        [positive(Real), None],
        "float or None",
        "Shortens the gradient of a step to this norm, or None not to: gradients through many moments may explode.",
    )


@dataclass(eq=False, repr=False)
class LanguageParams:
    """What a token is, which of them are learned, and the net that reads them."""

    level: str = level_param()
    max_tokens: object = param(
        10_000,
        [Interval(Integral, 1, None, closed="left"), None],
        "int or None",
        "Tokens that are learned, the most frequent ones; None is all. What was not learned is one unknown token.",
    )
    lowercase: bool = param(False, ["boolean"], "bool", "Whether texts are put into lower case first.")
    context: int = param(
        50,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Tokens of the stretches that texts are cut into for the training. A transformer sees no more than these.",
    )
    architecture: str = param(
        "gru",
        [Names(ARCHITECTURES)],
        '{"gru", "lstm", "transformer"}',
        "What reads the tokens: gated recurrent units, long short-term memory, which takes three times as long, or "
        "causal attention, by which a token sees those before it.",
        positional=True,
    )
    units: int = param(
        256,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Units of each recurrent layer, or the width of the transformer.",
    )
    n_layers: int = param(1, [Interval(Integral, 1, 100, closed="both")], "int", "Layers that are stacked.")
    n_heads: int = param(
        4,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Heads of the attention, which share the units; of the transformer only.",
    )
    embedding_dim: int = param(
        64,
        [Interval(Integral, 1, None, closed="left")],
        "int",
        "Length of the vector that is learned for each token.",
    )
    dropout: float = param(
        0.3,
        [Interval(Real, 0, 1, closed="left")],
        "float",
        "Fraction of the outputs of each layer set to zero at each step.",
    )


@dataclass(eq=False, repr=False)
class GeneratorParams(TrainingParams):
    """What differs in training a language model."""

    epochs: object = epochs_param(*STEPS)
    batch_size: object = param(
        "auto",
        [Names({"auto"}), Interval(Integral, 1, None, closed="left")],
        'int or "auto"',
        'Stretches a step. "auto" is a sixteenth of all, at least 16 and at most 32.',
    )
    learning_rate: object = param(
        "auto",
        [Names({"auto"}), positive(Real)],
        'float or "auto"',
        'Step size. "auto" is 0.001, 0.01 for "sgd" and "nesterov", or the one of an optimizer instance; and if '
        '`learning_rate_schedule` is "auto", ten times as much of the first two for recurrent nets and three times for '
        "the transformer.",
    )
    learning_rate_schedule: object = learning_rate_schedule_param()
    weight_decay: object = param(
        0.2,
        [Names({"auto"}), positive(Real, closed="left")],
        'float or "auto"',
        "Decoupled decay: the weights shrink by this fraction times the learning rate at each step, biases excepted. A "
        'book is little to learn from. "auto" is 0.004 for "adamw", the one of an optimizer instance, and 0 for the '
        "others; a number replaces that of an instance.",
    )
    clip_norm: object = clip_norm_param()
    n_iter_no_change: object = n_iter_no_change_param()
    early_stopping: bool = early_stopping_param("stretches")
    validation_fraction: float = validation_fraction_param("stretches")
    scoring: str = scoring_param("loss, which is the negative `score` of stretches")
