"""
=======================================
What a net has learned about categories
=======================================

A category is a vector to a net, and vectors of categories that mean the same lie close together. They can be looked at,
and handed to estimators that are no nets.
"""

# %%
# Categories with hidden places
# -----------------------------
# Sixty towns, of which only the names are known. What is to be predicted depends on where they are, in a way that turns
# with the season.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, TargetEncoder

from skdeep.inspection import EmbeddingDisplay
from skdeep.tabular import EntityEmbedder

rng = np.random.default_rng(0)
places, town, season = (
    rng.uniform(-1, 1, (60, 2)),
    rng.integers(0, 60, 4000),
    rng.uniform(0, 1, 4000),
)
east, north = places[town].T
y = (
    east * np.sin(2 * np.pi * season)
    + north * np.cos(2 * np.pi * season)
    + rng.normal(0, 0.2, 4000)
)
X = pd.DataFrame({"town": [f"town {number:02d}" for number in town], "season": season})
train, test = np.arange(4000) < 2500, np.arange(4000) >= 2500

# %%
# The vectors are a map
# ---------------------
# On the left, where the towns are; on the right, the two main axes of what was learned of their names, in the same
# colours. It may be turned and mirrored, and each direction is as long as it matters for y.

embedder = EntityEmbedder(random_state=0).fit(X[train], y[train])
vectors = embedder.category_embeddings_["town"].drop(index="(other)")
numbers = [int(name.removeprefix("town ")) for name in vectors.index]
colours = plt.get_cmap("coolwarm")((places[numbers, 0] + 1) / 2)

fig, axes = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
axes[0].scatter(*places[numbers].T, color=colours)
for number in numbers[:15]:
    axes[0].annotate(
        f"town {number:02d}",
        places[number],
        xytext=(4, 4),
        textcoords="offset points",
        fontsize="small",
    )
axes[0].set(title="where the towns are", xlabel="east", ylabel="north")
EmbeddingDisplay.from_categories(
    embedder, "town", n_labels=15, ax=axes[1], scatter_kw={"color": colours, "s": 36}
)
axes[1].set_title("what was learned of their names")
fig.suptitle("A net that was told names has found the places")
plt.show()

# %%
# The vectors in a table
# ----------------------

print(vectors.round(2).head())

# %%
# For trees and neighbours
# ------------------------
# The transformer stands before any estimator. Numbers in the place of names keep the towns apart, and no more; the mean
# target of a town says one thing of it; vectors say what the net needed to know, so that towns learn from those near
# them.

encodings = {"numbers": OrdinalEncoder(), "mean target": TargetEncoder()}
models = {
    "boosted trees": HistGradientBoostingRegressor(random_state=0),
    "neighbours": KNeighborsRegressor(10),
}
scores = pd.DataFrame(index=[*encodings, "vectors"], columns=list(models), dtype=float)
for name, model in models.items():
    for encoding, encoder in encodings.items():
        names = (
            encoder.fit_transform(X.loc[train, ["town"]], y[train]),
            encoder.transform(X.loc[test, ["town"]]),
        )
        tables = [
            np.column_stack([one, X.loc[rows, "season"]])
            for one, rows in zip(names, (train, test), strict=True)
        ]
        scores.loc[encoding, name] = model.fit(tables[0], y[train]).score(
            tables[1], y[test]
        )
    pipeline = make_pipeline(EntityEmbedder(random_state=0), model).fit(
        X[train], y[train]
    )
    scores.loc["vectors", name] = pipeline.score(X[test], y[test])
print(scores.round(3))

figure, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
scores.plot.barh(ax=ax, xlabel="R2 on new rows", color=["#0072B2", "#E69F00"])
ax.set_title("Vectors of categories help trees and neighbours most", loc="left")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
