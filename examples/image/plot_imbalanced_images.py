"""
========================
Rare classes in pictures
========================

Samplers of imbalanced-learn know tables only. `NDResampler` lets any of them work on images, inside a pipeline, and
hands images back.
"""

# %%
# Some digits are rare
# --------------------
# A hundred images of the most frequent digit, seven of the rarest, and so on in between. The test images have all of
# them alike.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score, recall_score

from skdeep.image import CNNClassifier
from skdeep.over_sampling import NDResampler

digits = load_digits()
images, labels = digits.images.astype(np.uint8), digits.target
counts = np.round(100 * 0.745 ** np.arange(10)).astype(int)
frequency = np.random.default_rng(3).permutation(10)  # the most frequent digit first
print(
    "images of each digit:", dict(zip(frequency.tolist(), counts.tolist(), strict=True))
)


def split(seed):
    """Return the rows of an imbalanced training set, and the rows that are left for the
    test.
    """
    random = np.random.default_rng(seed)
    rows = {
        digit: random.permutation(np.flatnonzero(labels == digit)) for digit in range(10)
    }
    train = np.concatenate(
        [rows[digit][:count] for digit, count in zip(frequency, counts, strict=True)]
    )
    return train, np.concatenate([rows[digit][100:170] for digit in range(10)])


# %%
# Four pipelines
# --------------
# The samplers stand before the net in imbalanced-learn's pipeline, which resamples in training only. Images are bytes
# before and after.


def net(**settings):
    return CNNClassifier(
        epochs=15, learning_rate_schedule="cosine", random_state=0, **settings
    )


candidates = {
    "nothing": net(),
    "class_weight": net(class_weight="balanced"),
    "copies": make_pipeline(NDResampler(RandomOverSampler(random_state=0)), net()),
    "SMOTE": make_pipeline(NDResampler(SMOTE(random_state=0)), net()),
}

train, test = split(0)
new_images, new_labels = NDResampler(SMOTE(random_state=0)).fit_resample(
    images[train], labels[train]
)
print(
    f"{len(train)} images, then {len(new_images)}: "
    f"shape {new_images.shape}, {new_images.dtype}"
)

# %%
# What SMOTE draws
# ----------------
# A new image lies between two neighbours of its class. Small pictures that are well aligned, as these, can be mixed.

rarest = frequency[-1]
real, made = (
    images[train][labels[train] == rarest],
    new_images[len(train) :][new_labels[len(train) :] == rarest],
)
figure, axes = plt.subplots(2, 7, figsize=(8, 2.8), layout="constrained")
for row, sheet, name in zip(
    axes, (real, made), ("all there are", "made by SMOTE"), strict=True
):
    for ax, image in zip(row, sheet, strict=False):
        ax.imshow(image, cmap="gray", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)
plt.show()

# %%
# What it brings
# --------------
# Each dot is one of six draws of the training images, each bar the mean. On the right, the share of each digit that is
# found, from the most frequent to the rarest. Doing something helps; what, matters less: copies are as good as mixtures
# here.

scores, recalls = (
    pd.DataFrame(columns=[*candidates], dtype=float),
    {name: [] for name in candidates},
)
for seed in range(6):
    train, test = split(seed)
    for name, model in candidates.items():
        predicted = model.fit(images[train], labels[train]).predict(images[test])
        scores.loc[seed, name] = balanced_accuracy_score(labels[test], predicted)
        recalls[name].append(
            recall_score(labels[test], predicted, average=None)[frequency]
        )
print(scores.mean().round(3).to_string())

colors = ["#7F7F7F", "#0072B2", "#009E73", "#D55E00"]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
for place, (name, color) in enumerate(zip(candidates, colors, strict=True)):
    left.plot(
        scores[name],
        [place] * len(scores),
        "o",
        color=color,
        alpha=0.35,
        markeredgewidth=0,
    )
    left.plot(
        scores[name].mean(), place, "|", color=color, markersize=22, markeredgewidth=3
    )
    if name in ("nothing", "SMOTE"):
        right.plot(
            np.mean(recalls[name], axis=0), "o-", color=color, linewidth=2, label=name
        )
left.set(yticks=range(4), yticklabels=candidates, ylim=(3.5, -0.5))
left.set_title("Balanced accuracy", loc="left")
left.grid(axis="x", alpha=0.3)
left.spines[["top", "right", "left"]].set_visible(False)
left.tick_params(left=False)
ticks = [f"{digit}\n{count}" for digit, count in zip(frequency, counts, strict=True)]
right.set(
    xticks=range(10),
    xticklabels=ticks,
    xlabel="Digit, and its training images",
    ylim=(0, 1.03),
)
right.set_title("Recall", loc="left")
right.legend(frameon=False, loc="lower left")
right.spines[["top", "right"]].set_visible(False)
plt.show()
