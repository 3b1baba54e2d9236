"""
=======================================
Rare classes: weights, SMOTE, threshold
=======================================

Three ways to make a net look for a rare class: weigh its rows more, add synthetic rows, or move the threshold above
which a row counts as rare. They trade precision for recall, and the scores show at what rate.
"""

# %%
# A rare digit
# ------------
# One image in thirty is an eight.

import matplotlib.pyplot as plt
import pandas as pd
from imblearn.datasets import make_imbalance
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.model_selection import RepeatedStratifiedKFold, TunedThresholdClassifierCV, cross_validate
from sklearn.preprocessing import StandardScaler

from skdeep.metrics import imbalance_scoring
from skdeep.tabular import MLPClassifier

X, y = load_digits(return_X_y=True)
X, y = make_imbalance(X, y == 8, sampling_strategy={True: 54}, random_state=0)
print(f"{y.sum()} of {len(y)} images are eights")

# %%
# Four pipelines
# --------------
# Threshold tuning wraps the plain pipeline and looks for the threshold with the best balanced accuracy.


def net(**settings):
    schedule = {"learning_rate": 0.003, "learning_rate_schedule": "cosine"}
    return MLPClassifier((32,), epochs=30, batch_size=100, random_state=0, **schedule, **settings)


plain = make_pipeline(StandardScaler(), net())
candidates = {
    "nothing": plain,
    "class_weight": make_pipeline(StandardScaler(), net(class_weight="balanced")),
    "SMOTE": make_pipeline(StandardScaler(), SMOTE(random_state=0), net()),
    "threshold": TunedThresholdClassifierCV(plain, scoring="balanced_accuracy", random_state=0),
}

# %%
# What they do to the scores
# --------------------------
# Each dot is a fold, each bar the mean. Average precision does not depend on a threshold: it tells whether the
# ranking itself got better.

scoring = imbalance_scoring()
shown = ["recall", "precision", "balanced_accuracy", "average_precision"]
folds = RepeatedStratifiedKFold(n_splits=4, n_repeats=3, random_state=0)
scores = {
    name: pd.DataFrame(cross_validate(model, X, y, scoring=scoring, cv=folds)) for name, model in candidates.items()
}
table = pd.DataFrame({name: scores[name][[f"test_{score}" for score in shown]].mean() for name in candidates})
print(table.T.round(3).to_string())

colors = ["#7F7F7F", "#0072B2", "#D55E00", "#009E73"]
figure, axes = plt.subplots(1, len(shown), figsize=(11, 3), layout="constrained", sharex=True, sharey=True)
for ax, score in zip(axes, shown, strict=True):
    for place, (name, color) in enumerate(zip(candidates, colors, strict=True)):
        values = scores[name][f"test_{score}"]
        ax.plot(values, [place] * len(values), "o", color=color, alpha=0.35, markeredgewidth=0)
        ax.plot(values.mean(), place, "|", color=color, markersize=22, markeredgewidth=3)
    ax.set_title(score.replace("_", " ").capitalize(), loc="left")
    ax.set(yticks=range(len(candidates)), yticklabels=candidates, ylim=(len(candidates) - 0.5, -0.5))
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
plt.show()
