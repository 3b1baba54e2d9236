"""Objects of parameters that stand for a name: schedules, architectures, augmentations."""

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import validate_parameter_constraints


class Options(BaseEstimator):
    """Parameters that can be read, set, searched and checked."""

    def validate(self):
        """Raise ValueError if a parameter is out of its range."""
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(deep=False), caller_name=type(self).__name__
        )
