"""
=========================
Anomalies in a real table
=========================

Cells of 357 benign and 30 malignant tumours, thirty measures of each, in one table without labels: are the malignant
ones those that are unlike the rest? And what is it that is odd about a row?
"""

# %%
# A table with a few odd rows
# ---------------------------
# Nobody says which rows are odd. All are trained on, as it is when anomalies are looked for in data that were collected
# without care.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from skdeep.inspection import ReconstructionDisplay
from skdeep.outlier_detection import AutoencoderOutlier, DeepSVDD, VAEOutlier

X, benign = load_breast_cancer(return_X_y=True, as_frame=True)
rows = np.concatenate([np.flatnonzero(benign == 1), np.flatnonzero(benign == 0)[:30]])
X, malignant = X.iloc[rows], benign.iloc[rows] == 0

detectors = {
    "AutoencoderOutlier": AutoencoderOutlier(contamination=0.1, random_state=0),
    "VAEOutlier": VAEOutlier(contamination=0.1, random_state=0),
    "DeepSVDD": DeepSVDD(contamination=0.1, random_state=0),
    "IsolationForest": IsolationForest(contamination=0.1, random_state=0),
    "LocalOutlierFactor": LocalOutlierFactor(contamination=0.1, novelty=True),
}
areas = pd.Series(
    {
        name: roc_auc_score(malignant, -detector.fit(X).score_samples(X))
        for name, detector in detectors.items()
    }
)
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
bars = ax.barh(areas.index, areas, color=["#0072B2"] * 3 + ["#7F7F7F"] * 2)
ax.bar_label(bars, fmt="%.2f", padding=3)
ax.invert_yaxis()
ax.set(xlim=(0.5, 1), xlabel="area under the ROC curve; by chance 0.5")
ax.set_title("A forest and neighbours find malignant cells better than nets", loc="left")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The forest and the neighbours are better here. Malignant cells are larger in most measures, and size is what all rows
# differ in most, so that a short code keeps it: an autoencoder finds rows whose measures do not go together, not rows
# that are far out along a way that all rows go.
#
# What is odd about a row
# -----------------------
# An autoencoder makes each row again from a short code. Where it fails, in standard deviations, is what is odd.

detector = detectors["AutoencoderOutlier"]
oddest = np.argsort(detector.score_samples(X))[:3]
errors = (X - detector.reconstruct(X)) / X.std()
figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained", sharex=True)
for ax, row in zip(axes, oddest, strict=True):
    largest = errors.iloc[row].loc[lambda column: column.abs().nlargest(5).index][::-1]
    ax.barh(largest.index, largest)
    ax.set_title(
        f"row {X.index[row]}, {'malignant' if malignant.iloc[row] else 'benign'}",
        loc="left",
    )
axes[1].set_xlabel("value less what was made again, in standard deviations")
figure.suptitle("What is odd about the three oddest rows")
plt.show()

# %%
# How many are called outliers
# ----------------------------
# `contamination` says which share of the training rows; "auto" is the rule of box plots, which finds few rows, or none,
# where all are alike.

for contamination in (0.05, 0.1, "auto"):
    found = (
        AutoencoderOutlier(contamination=contamination, random_state=0).fit_predict(X)
        == -1
    )
    table = pd.crosstab(
        malignant.rename("malignant"), pd.Series(found, X.index, name="called an outlier")
    )
    print(f"contamination={contamination!r}", table, sep="\n", end="\n\n")

# %%
# Images
# ------
# Rows may have any shape. Zeros with a few other digits among them: the worst are drawn, beside what was made of them.

digits = load_digits()
rng = np.random.default_rng(0)
others = rng.choice(np.flatnonzero(digits.target > 0), 15, replace=False)
images = np.concatenate([digits.images[digits.target == 0], digits.images[others]])
detector = AutoencoderOutlier(trim=0.2, random_state=0).fit(images)
area = roc_auc_score(
    np.arange(len(images)) >= len(images) - 15, -detector.score_samples(images)
)
print(f"area under the curve: {area:.3f}")
display = ReconstructionDisplay.from_estimator(detector, images, n_samples=6, worst=True)
display.figure_.suptitle("The oddest pictures are no zeros, so zeros are made of them")
plt.show()
