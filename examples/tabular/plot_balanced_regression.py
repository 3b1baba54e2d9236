"""
=================================
Regression: targets that are rare
=================================

Where few rows lie, a net has little reason to be right: a mean over rows hardly sees them. Three ways to make it care,
what they cost where rows are many, and where they bring little.
"""

# %%
# Large targets are rare
# ----------------------
# A skewed target: most values are near one, a few near ten. The test rows come from the same distribution, and are
# scored bin by bin; the last bin holds all that is larger.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skdeep.losses import BatchBalancedSquaredError
from skdeep.metrics import balanced_mean_squared_error
from skdeep.tabular import MLPRegressor


def skewed(n_rows, noise, seed):
    """Return rows of six columns, and a target of which the noise hides much or
    little.
    """
    random = np.random.default_rng(seed)
    X = random.normal(size=(n_rows, 6))
    y = (
        np.exp(0.8 * X[:, 0])
        + 0.5 * np.sin(2 * X[:, 1])
        + noise * random.normal(size=n_rows)
    )
    return X, y


X, y = skewed(800, 1.0, 0)
edges = np.linspace(-2, 10, 9)
figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
ax.hist(y, edges, color="#7F7F7F", edgecolor="white")
ax.set(xlabel="target", ylabel="training rows", yscale="log")
ax.set_title("Most targets are small, a few are large", loc="left")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Four nets
# ---------
# `loss="balanced_squared_error"` lets each occupied bin of the target count the same, `target_weight="lds"` weighs rows
# by a smooth density. Both weigh errors, and so move predictions towards the rare values. The batch-balanced loss
# compares each prediction with all targets of the batch, and learns how much noise there is. All nets are trained
# equally long, on five draws of the rows.

candidates = {
    "plain": {},
    "balanced bins": {"loss": "balanced_squared_error"},
    "batch-balanced": {"loss": BatchBalancedSquaredError()},
    "smoothed density": {"target_weight": "lds"},
}
colors = ["#7F7F7F", "#D55E00", "#0072B2", "#E69F00"]


def fitted(X, y, seed, **settings):
    """Return a net that is trained on these rows."""
    mlp = MLPRegressor(
        (32,),
        epochs=60,
        batch_size=100,
        learning_rate=0.003,
        learning_rate_schedule="cosine",
        random_state=seed,
        **settings,
    )
    return mlp.fit(X, y)


def measured(noise):
    """Return errors of test rows: of each bin, and as a table of two means over five
    draws.
    """
    by_bin, rows = {name: [] for name in candidates}, []
    for seed in range(5):
        X, y = skewed(800, noise, seed)
        X_test, y_test = skewed(20000, noise, 100 + seed)
        bins = np.digitize(y_test, edges[1:-1])
        for name, settings in candidates.items():
            predicted = fitted(X, y, seed, **settings).predict(X_test)
            squares = pd.Series((predicted - y_test) ** 2).groupby(bins).mean()
            by_bin[name].append(squares)
            balanced = balanced_mean_squared_error(y_test, predicted, bin_edges=edges)
            rows.append(
                {
                    "loss": name,
                    "all rows alike": np.mean((predicted - y_test) ** 2),
                    "all bins alike": balanced,
                }
            )
    table = pd.DataFrame(rows).groupby("loss", sort=False).mean()
    return {
        name: pd.concat(found, axis=1).mean(axis=1) for name, found in by_bin.items()
    }, table


# %%
# Errors, bin by bin
# ------------------
# Rare targets gain, frequent ones pay. With much noise, as in the picture, a plain net stays near the crowd, and weights or
# the batch-balanced loss lower the errors of large targets. Over all rows, the error nearly doubles. With
# little noise a plain net has less to make up for: weights hardly lower the mean over bins, and the batch-balanced
# loss lowers it at the price of an error over all rows that is nearly four times as large. Choose by the error that
# counts for you, on rows that were not trained on.

found = {}
for noise in (1.0, 0.3):
    found[noise], table = measured(noise)
    print(f"noise {noise}", table.round(2).to_string(), sep="\n", end="\n\n")

middles = (edges[1:] + edges[:-1]) / 2
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, values), color in zip(found[1.0].items(), colors, strict=True):
    ax.plot(middles[values.index], values, "o-", color=color, markersize=4, label=name)
ax.set(xlabel="target", ylabel="mean squared error of a bin", yscale="log")
ax.set_title("Large, rare targets gain; small, frequent ones pay", loc="left")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

# sphinx_gallery_thumbnail_number = 2
