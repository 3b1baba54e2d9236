"""The verdict on real fits whose fault is known: the learning rate, the size of the net, or the lack of rows."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_wine, make_classification, make_friedman1, make_moons
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skdeep.inspection._diagnosis import diagnose
from skdeep.inspection._history import best_epoch, check_history, reference_losses
from skdeep.tabular import MLPClassifier, MLPRegressor


def waves(seed):
    """A surface that no small net can follow."""
    random = np.random.default_rng(seed)
    X = random.uniform(-3, 3, (800, 2))
    return X, np.sin(2 * X[:, 0]) * np.cos(2 * X[:, 1]) + 0.05 * random.standard_normal(800)


def spirals(seed):
    """Two arms that no small net can part."""
    random = np.random.default_rng(seed)
    along, y = 3 * np.pi * np.sqrt(random.random(800)), random.integers(0, 2, 800)
    arm = np.where(y, 1, -1)[:, None] * along[:, None] * np.column_stack([np.cos(along), np.sin(along)])
    return arm + 0.3 * random.standard_normal((800, 2)), y


DATA = {
    "diabetes": lambda seed: load_diabetes(return_X_y=True),
    "digits": lambda seed: load_digits(return_X_y=True),
    "wine": lambda seed: load_wine(return_X_y=True),
    "few rows": lambda seed: make_classification(120, 30, n_informative=6, flip_y=0.2, random_state=seed),
    "few rows, regression": lambda seed: make_friedman1(80, n_features=20, noise=2.0, random_state=seed),
    "friedman": lambda seed: make_friedman1(1000, noise=1.0, random_state=seed),
    "moons": lambda seed: make_moons(600, noise=0.25, random_state=seed),
    "spirals": spirals,
    "waves": waves,
}
REGRESSION = {"diabetes", "few rows, regression", "friedman", "waves"}
SMALL = {"hidden_layer_sizes": (64,), "batch_size": 64}
DEEP = {"hidden_layer_sizes": (64, 64, 64), "batch_size": 64}
TINY = {"hidden_layer_sizes": (1,), "batch_size": 64, "learning_rate": 0.01}
HUGE = {"hidden_layer_sizes": (256, 256), "batch_size": 32, "learning_rate": 0.001}

# Each was tried with 20 seeds and got its verdict with all of them.
FITS = [
    ("good fit", "digits", {**SMALL, "learning_rate": 0.01}),
    ("good fit", "wine", {**SMALL, "learning_rate": 0.001}),
    ("good fit", "moons", {**SMALL, "learning_rate": 0.01, "early_stopping": True}),
    ("good fit", "friedman", {**SMALL, "learning_rate": 0.01}),
    ("good fit", "friedman", {**SMALL, "learning_rate": 0.001, "loss": "mae"}),
    ("good fit", "diabetes", {**SMALL, "learning_rate": 0.001}),
    # Ten times the rate that fits well:
    ("learning rate too high", "digits", {**SMALL, "learning_rate": 0.1}),
    ("learning rate too high", "friedman", {**SMALL, "learning_rate": 0.2, "optimizer": "sgd"}),
    ("learning rate too high", "friedman", {**DEEP, "learning_rate": 0.2}),
    # A thousandth of it:
    ("learning rate too low", "digits", {**SMALL, "learning_rate": 1e-5}),
    ("learning rate too low", "moons", {**SMALL, "learning_rate": 1e-5}),
    ("learning rate too low", "friedman", {**SMALL, "learning_rate": 1e-5}),
    ("learning rate too low", "diabetes", {**SMALL, "learning_rate": 1e-6}),
    ("learning rate too low", "digits", {**SMALL, "learning_rate": 1e-6, "learning_rate_schedule": "cosine"}),
    ("learning rate too low", "digits", {**SMALL, "learning_rate": 1e-6, "dropout": 0.3}),
    ("underfitting", "digits", TINY),
    ("underfitting", "spirals", {**TINY, "hidden_layer_sizes": ()}),
    ("underfitting", "waves", TINY),
    ("overfitting", "few rows", HUGE),
    ("overfitting", "diabetes", HUGE),
    ("overfitting", "few rows, regression", {**HUGE, "hidden_layer_sizes": (512,)}),
]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("expected", "data", "settings"), FITS)
def test_verdict_names_the_fault(expected, data, settings, seed):
    X, X_val, y, y_val = train_test_split(*DATA[data](seed), test_size=0.3, random_state=seed)
    scaler = StandardScaler().fit(X)
    Estimator = MLPRegressor if data in REGRESSION else MLPClassifier
    model = Estimator(**settings, random_state=seed)
    model.fit(scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val)
    curves = check_history(model.history_)
    guess_loss, perfect_loss = reference_losses(model)
    diagnosis = diagnose(
        curves["loss"],
        curves["val_loss"],
        guess_loss=guess_loss,
        perfect_loss=perfect_loss,
        kept_epoch=best_epoch(curves) if model.early_stopping else None,
        learning_rate=curves["learning_rate"],
    )
    assert diagnosis.verdict == expected, diagnosis.reason
