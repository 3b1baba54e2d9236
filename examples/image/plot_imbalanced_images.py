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
figure.suptitle("SMOTE mixes the seven eights that there are")
plt.show()

# %%
# What it brings
# --------------
# The means of six draws of the training images: balanced accuracy, and the share of each digit that is found, from the
# most frequent to the rarest. Doing something helps; what, matters less: copies are as good as mixtures here.

scores = pd.DataFrame(columns=[*candidates], dtype=float)
recalls = {name: [] for name in candidates}
for seed in range(6):
    train, test = split(seed)
    for name, model in candidates.items():
        predicted = model.fit(images[train], labels[train]).predict(images[test])
        scores.loc[seed, name] = balanced_accuracy_score(labels[test], predicted)
        found = recall_score(labels[test], predicted, average=None)
        recalls[name].append(found[frequency])
print(scores.mean().round(3).to_string())

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, color in (("nothing", "#7F7F7F"), ("SMOTE", "#D55E00")):
    label = name if name == "SMOTE" else "nothing done"
    ax.plot(np.mean(recalls[name], axis=0), "o-", color=color, linewidth=2, label=label)
ticks = [f"{digit}\n{count}" for digit, count in zip(frequency, counts, strict=True)]
ax.set(xticks=range(10), xticklabels=ticks, ylim=(0, 1.03))
ax.set(xlabel="digit, and its training images", ylabel="share that is found")
ax.set_title("The rarest digits are found only if something is done", loc="left")
ax.legend(frameon=False, loc="lower left")
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# sphinx_gallery_thumbnail_number = 2
