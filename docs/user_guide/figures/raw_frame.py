"""A raw frame of made-up houses, and what a net has learned of it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skdeep.tabular import TabularRegressor

rng = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "size": rng.normal(90, 20, 500).round(),
        "street": rng.choice(["Elm", "Oak", "Mill"], 500),
        "garden": rng.random(500) < 0.5,
        "sold": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 700, 500), unit="D"),
    }
)
X.loc[::9, "size"] = np.nan
y = X["size"].fillna(90) * 3 + X["garden"] * 40 + (X["street"] == "Oak") * 60
model = TabularRegressor(epochs=30, random_state=0).fit(X[:400], y[:400])

sizes = np.linspace(50, 130, 30)
_, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for street, garden, color in [("Oak", True, "tab:green"), ("Oak", False, "tab:orange"), ("Elm", False, "tab:blue")]:
    house = pd.DataFrame({"size": sizes, "street": street, "garden": garden, "sold": pd.Timestamp("2025-01-01")})
    tested = X[400:].query("street == @street and garden == @garden").dropna()
    ax.plot(tested["size"], y[tested.index], "o", color=color, markersize=4, alpha=0.6)
    label = f"{street} Street, {'with' if garden else 'without'} garden"
    ax.plot(sizes, model.predict(house), color=color, label=label)
ax.set(xlabel="size", ylabel="price", xlim=(48, 133), ylim=(100, None))
ax.set_title("Lines are predicted, dots are houses that were not shown")
ax.legend(frameon=False)
