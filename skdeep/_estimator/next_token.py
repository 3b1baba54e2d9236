"""What is to be learned of texts by themselves: which token comes next."""

from skdeep._data import targets
from skdeep._data.columns import Ragged
from skdeep._estimator.balance import Balance
from skdeep._estimator.moments import MomentClassification


class NextToken(MomentClassification):
    """The id that follows each id of a row. The targets are the ids of X, shifted; the loss is a mean over ids.

    Parameters
    ----------
    n_ids : int
        All that there are.
    """

    def __init__(self, n_ids):
        super().__init__("auto", 0.0, Balance())
        self._n_ids = n_ids

    def validate(self, estimator, X, y, sample_weight):
        """Return what was given, which the estimator has made itself."""
        return y, sample_weight

    def learn(self, y, sample_weight, classes):
        """Return the TargetInfo of ids, whichever occur."""
        return targets.TargetInfo("multiclass", (self._n_ids,), [range(self._n_ids)])

    def counted(self, y, sample_weight, target, class_weights):
        """Return the TargetInfo as it is."""
        return target

    def columns(self, target, dtype):
        """Return (name, column) of the ids."""
        return tuple((name, Ragged((), "int32")) for name in target.names)

    def encode(self, y, target, dtype):
        """Return the ids, by name."""
        return dict.fromkeys(target.names, y)

    def attributes(self, target):
        """Return nothing that a fitted estimator would tell."""
        return {}
