"""
======================
Rare classes of series
======================

Days of electricity demand, from one half of the year or the other; those of one half are rare. Accuracy looks good
whatever a net does about them; balanced scores tell.
"""

# %%
# Remove most of one class
# ------------------------
# ItalyPowerDemand comes with aeon. The rows that are removed of the rare class are kept for the test, which has both
# classes alike.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from aeon.datasets import load_italy_power_demand
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.inspection import OcclusionDisplay
from skdeep.metrics import classification_table, imbalance_scoring
from skdeep.sequence import RandomConvolutions, TemporalCNNClassifier

X, y = load_italy_power_demand()
X, rare = X[:, 0], (y == "2").astype(int)  # one channel, so flat rows will do


def split(seed, n_common=300, n_rare=10, n_test=200):
    """Return rows for the training, few of them of the rare class, and rows for the
    test, of both classes alike.
    """
    rng = np.random.default_rng(seed)
    common, few = (rng.permutation(np.flatnonzero(rare == label)) for label in (0, 1))
    train = np.concatenate([common[:n_common], few[:n_rare]])
    return train, np.concatenate([common[-n_test:], few[-n_test:]])


# %%
# With weights and without
# ------------------------
# ``class_weight="balanced"`` weighs rows so that both classes weigh alike in the loss. Features before a ridge
# classifier take weights too.


def net(**settings):
    return TemporalCNNClassifier("fcn", filters=16, epochs=20, random_state=0, **settings)


def ridge(**settings):
    classifier = RidgeClassifierCV(np.logspace(-3, 3, 10), **settings)
    return make_pipeline(
        RandomConvolutions(1000, random_state=0), StandardScaler(), classifier
    )


candidates = {
    "net": net(),
    "net, balanced": net(class_weight="balanced"),
    "ridge": ridge(),
    "ridge, balanced": ridge(class_weight="balanced"),
}
scoring = imbalance_scoring(pos_label=1)
shown = ["accuracy", "recall", "precision", "balanced_accuracy", "average_precision"]
found = []
for seed in range(3):
    train, test = split(seed)
    for name, model in candidates.items():
        model.fit(X[train], rare[train])
        scores = {score: scoring[score](model, X[test], rare[test]) for score in shown}
        found.append({"model": name, "split": seed} | scores)
found = pd.DataFrame(found)
table = found.groupby("model", sort=False)[shown].mean()
print(table.round(3).to_string())

# %%
# What the scores say
# -------------------
# The test has both classes alike, so accuracy is balanced accuracy here; in the training rows, a model that never names
# the rare class would have an accuracy close to one. With weights, more of the rare class is found. Average precision
# does not depend on a threshold: it stays, so the ranking is as it was, and the weights have moved the threshold. In the
# picture, each dot is a split, each bar the mean.

colors = ["#7F7F7F", "#0072B2", "#E69F00", "#D55E00"]
figure, axes = plt.subplots(
    1, 2, figsize=(8, 3.2), layout="constrained", sharex=True, sharey=True
)
for ax, score in zip(axes, ("recall", "average_precision"), strict=True):
    for place, (name, color) in enumerate(zip(candidates, colors, strict=True)):
        values = found.loc[found["model"] == name, score]
        ax.plot(
            values, [place] * len(values), "o", color=color, alpha=0.4, markeredgewidth=0
        )
        ax.plot(values.mean(), place, "|", color=color, markersize=20, markeredgewidth=3)
    ax.set_title(score.replace("_", " ").capitalize(), loc="left")
    ax.set(
        yticks=range(len(candidates)),
        yticklabels=candidates,
        ylim=(len(candidates) - 0.5, -0.5),
        xlim=(0, 1.04),
    )
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
figure.suptitle("With weights, more rare days are found; the ranking stays")
plt.show()

# %%
# Class by class, for the last split:

balanced = candidates["net, balanced"]
names = ["common", "rare"]
print(
    classification_table(rare[test], balanced.predict(X[test]), target_names=names)
    .round(3)
    .to_string()
)

# %%
# The hours that count
# --------------------
# What balanced accuracy loses without two hours of the day; the line is the mean day of the test rows.

display = OcclusionDisplay.from_estimator(
    balanced, X[test], rare[test], patch=2, scoring="balanced_accuracy"
)
display.ax_.set(xlabel="hour of the day")
display.ax_.set_title("Two hours of the evening tell the halves of the year apart")
plt.show()
