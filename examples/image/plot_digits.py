"""
====================================
Digits: a search among architectures
====================================

From LeNet to ResNet, an architecture is a parameter like any other, with a width of its own.
A grid search tries them all, and pictures show what the best one got wrong and where it looks.
"""

# %%
# Images as bytes
# ---------------
# Pixels of type uint8 stay bytes in memory; the net divides by their largest value itself. No scaler is needed.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

import skdeep
from skdeep.image import VGG, CNNClassifier, LeNet, ResNet, Small
from skdeep.inspection import MisclassifiedDisplay, OcclusionDisplay

digits = load_digits()
images, labels = digits.images.astype(np.uint8), digits.target
X, X_test, y, y_test = train_test_split(
    images, labels, train_size=900, stratify=labels, random_state=0
)
print(X.shape, X.dtype)

# %%
# Four architectures in two widths
# --------------------------------
# A program is compiled for each of the eight nets and lent to every fold. Learning rates, seeds or amounts of
# augmentation would add fits, but no compilation.

architectures = [LeNet(), Small(), ResNet(), VGG()]
grid = {"architecture": architectures, "architecture__width": [0.5, 1.0]}
net = CNNClassifier(
    learning_rate=0.003, learning_rate_schedule="cosine", epochs=10, random_state=0
)
compiled_before = skdeep.cache_info().misses
search = GridSearchCV(net, grid, cv=3).fit(X, y)
print(f"{3 * 8 + 1} fits, {skdeep.cache_info().misses - compiled_before} compilations")

results = pd.DataFrame(search.cv_results_)
best = search.best_estimator_
print(
    f"Best: {search.best_params_}; {search.score(X_test, y_test):.1%} "
    "of the test images are right"
)

# %%
# What the search found
# ---------------------
# Each dot is a fold, each bar the mean.

figure, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
colors = {0.5: "#E69F00", 1.0: "#0072B2"}
for place, architecture in enumerate(architectures):
    found = results[results.param_architecture == architecture]
    for offset, (width, color) in zip((-0.16, 0.16), colors.items(), strict=True):
        row = found[found.param_architecture__width == width].iloc[0]
        folds = [row[f"split{fold}_test_score"] for fold in range(3)]
        ax.plot(
            folds, [place + offset] * 3, "o", color=color, alpha=0.4, markeredgewidth=0
        )
        ax.plot(
            row.mean_test_score,
            place + offset,
            "|",
            color=color,
            markersize=16,
            markeredgewidth=3,
        )
for width, color in colors.items():
    ax.plot([], [], "o", color=color, label=f"width {width:g}")
ax.set(
    yticks=range(4),
    yticklabels=[type(one).__name__ for one in architectures],
    ylim=(3.5, -0.5),
)
ax.set(xlabel="accuracy of three folds, and their mean")
ax.set_title("Wider nets are better, VGG is the best", loc="left")
ax.legend(frameon=False, loc="lower left")
ax.grid(axis="x", alpha=0.3)
ax.spines[["top", "right", "left"]].set_visible(False)
ax.tick_params(left=False)
plt.show()

# %%
# What it got wrong
# -----------------
# The errors of which the net was most sure come first. Over each image stands what is true, what was predicted, and
# with which probability.

MisclassifiedDisplay.from_estimator(search, X_test, y_test, n_images=12)
plt.show()

# %%
# Where it looks
# --------------
# The places that cost the net most when they are covered, all threes on average: a three is
# known by its upper bow, its waist at the right, and its foot.

threes = X_test[y_test == 3]
figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
OcclusionDisplay.from_estimator(
    search, threes, [3] * len(threes), patch=2, stride=1, ax=ax
)
ax.set_title("A three is known by its upper bow")
plt.show()
