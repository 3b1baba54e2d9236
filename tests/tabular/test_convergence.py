"""When a fit warns that its epochs were too few, and when it has no reason to."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)
SETTINGS = {"hidden_layer_sizes": (5,), "epochs": 15, "random_state": 0}


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_a_loss_that_still_falls_at_the_end_warns(kind):
    with pytest.warns(ConvergenceWarning, match=f"{kind.__name__}: .* all 15 epochs") as caught:
        kind(**SETTINGS).fit(X, y)
    assert [one.filename for one in caught] == [__file__], "the warning points at the call of fit"


@pytest.mark.parametrize(
    "quiet",
    [
        {"epochs": 10},  # with fewer epochs than the rule waits for there is no rule
        {"n_iter_no_change": np.inf},
        {"early_stopping": True},
        {"learning_rate_schedule": "cosine"},
        {"learning_rate": 1e-9, "epochs": 30},  # which stops before
    ],
    ids=str,
)
def test_other_fits_are_quiet(quiet):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(**SETTINGS | quiet).fit(X, y)


def test_partial_fit_is_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MLPClassifier(**SETTINGS).partial_fit(X, y, classes=[0, 1, 2], epochs=15)
