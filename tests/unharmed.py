"""What a failed call must not do: change a fitted net."""

import joblib
import pytest
from numpy.testing import assert_array_equal


class Unharmed:
    """Context in which a call on a fitted net must raise, and after which the net must be what it was."""

    def __init__(self, net, X, error, message):
        self.net, self.X = net, X
        self.raises = pytest.raises(error, match=message)

    def state(self):
        return {name: value for name, value in vars(self.net).items() if name not in self.net.get_params(deep=False)}

    def predictions(self):
        return getattr(self.net, "predict_proba", self.net.predict)(self.X)

    def __enter__(self):
        self.before = self.predictions()
        self.names, self.content = list(self.state()), joblib.hash(self.state())
        return self.raises.__enter__()

    def __exit__(self, *error):
        raised = self.raises.__exit__(*error)
        assert list(self.state()) == self.names
        assert joblib.hash(self.state()) == self.content
        assert_array_equal(self.predictions(), self.before)
        return raised
