"""A small raw table, nets that are quickly trained on it, and what to compare them with."""

import numpy as np
import pandas as pd

from skdeep.tabular import TabularClassifier, TabularRegressor
from skdeep.tabular.architectures import MLP, FTTransformer, RealMLP, ResNet, TabM, WideDeep

N_ROWS = 160
ARCHITECTURES = {
    "realmlp": RealMLP((8,)),
    "tabm": TabM(3, width=8, number_dim=2),
    "resnet": ResNet(1, width=8),
    "ft_transformer": FTTransformer(1, width=8, n_heads=2),
    "wide_deep": WideDeep((8,)),
    "mlp": MLP((8,)),
}


def _table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "size": rng.normal(size=N_ROWS),
            "age": rng.integers(0, 50, N_ROWS),
            "colour": rng.choice(["red", "green", "blue"], N_ROWS),
            "town": rng.choice([f"town {number}" for number in range(12)], N_ROWS),
            "open": rng.random(N_ROWS) > 0.5,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, N_ROWS), "D"),
            "kind": pd.Categorical(rng.choice(list("xyz"), N_ROWS)),
        }
    )
    signal = X["size"] + (X["colour"] == "red") + 0.3 * rng.normal(size=N_ROWS)
    X.loc[::11, "size"] = np.nan
    X.loc[::13, "colour"] = None
    X.loc[3, "day"] = pd.NaT
    return X, signal.to_numpy()


X, VALUES = _table()
LABELS = np.where(VALUES > 0.4, "yes", "no")
CLASSES = np.digitize(VALUES, [0, 1])
WEIGHTS = np.random.default_rng(1).uniform(0.5, 2, N_ROWS)


def classifier(architecture="realmlp", **parameters):
    given = {"n_estimators": 2, "epochs": 3, "random_state": 0} | parameters
    return TabularClassifier(ARCHITECTURES.get(architecture, architecture), **given)


def regressor(architecture="realmlp", **parameters):
    given = {"n_estimators": 2, "epochs": 3, "random_state": 0} | parameters
    return TabularRegressor(ARCHITECTURES.get(architecture, architecture), **given)


def encoded(model, X):
    """What the net of a fitted estimator is given, by name."""
    inputs = model._net.inputs
    rows = inputs.validate(model, X, reset=False)
    return {name: np.asarray(values) for name, values in inputs.encode(rows, inputs.signature(rows)).items()}


def by_keras(model, X):
    """What the Keras model of a fitted estimator predicts."""
    predicted = model.model_(encoded(model, X))
    return [np.asarray(one) for one in predicted] if isinstance(predicted, list) else np.asarray(predicted)


def same_weights(one, other, **tolerance):
    pairs = zip(one.weights_, other.weights_, strict=True)
    return all(np.allclose(a, b, **({"rtol": 0, "atol": 0} | tolerance)) for a, b in pairs)
