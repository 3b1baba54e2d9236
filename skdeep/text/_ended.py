"""The tokens of nets that write texts: beside those that were learned, one that ends a text."""

from skdeep._data.inputs._series_rows import rounded_up
from skdeep.text._sequencer import TokenSequencer


def new_sequencer(parameters):
    """Return the TokenSequencer that parameters of an estimator ask for, not fitted."""
    return TokenSequencer(
        parameters.max_tokens, level=parameters.level, lowercase=parameters.lowercase, max_length="longest"
    )


def end(sequencer):
    """Return the id that ends a text, which is the largest."""
    return sequencer.n_ids_


def n_ids(sequencer):
    """Return the number of ids, rounded up, so that folds with some tokens more or less share a program."""
    return rounded_up(end(sequencer) + 1)
