"""
========================================
Augmentation: which changes are harmless
========================================

Random changes of the training images stand in for images that are not there, if what is changed does not matter. What
that is depends on the pictures: an augmentation that helps with one kind may harm with another.
"""

# %%
# Twelve images of each digit
# ---------------------------
# The training images are few, the rest is for the test. Every augmentation is tried on the same five draws, with the
# same net.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedShuffleSplit

from skdeep.image import CNNClassifier
from skdeep.image.augmentation import Mixup, Rotate, Shift, Zoom

digits = load_digits()
images, labels = digits.images.astype(np.uint8), digits.target
draws = StratifiedShuffleSplit(5, train_size=120, random_state=0)

augmentations = {
    "none": None,
    "shift": Shift(0.15),
    "rotate": Rotate(15),
    "zoom": Zoom(0.15),
    "noise": "noise",
    "mixup": Mixup(0.4),
    "rotate, zoom, mixup": [Rotate(15), Zoom(0.15), Mixup(0.4)],
    "flip": "flip",
}

# %%
# What they bring
# ---------------
# Points of accuracy above or below the net without augmentation, on average over the five draws; the thin line is
# the standard error of that. A digit in the mirror is no digit, and flips cost accuracy. Digits that are as well aligned as these gain little from the others, and
# all of them at once ask for more than the net can learn in this time.

scores = pd.DataFrame(index=range(5), columns=[*augmentations], dtype=float)
for draw, (train, test) in enumerate(draws.split(images, labels)):
    for name, augmentation in augmentations.items():
        net = CNNClassifier(
            augmentation=augmentation,
            epochs=60,
            n_iter_no_change=np.inf,
            random_state=draw,
        )
        scores.loc[draw, name] = net.fit(images[train], labels[train]).score(
            images[test], labels[test]
        )
print(scores.mean().round(3).to_string())

gains = 100 * scores.drop(columns="none").sub(scores["none"], axis=0)
mean = gains.mean().sort_values()
figure, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
colors = np.where(mean > 0, "#0072B2", "#D55E00")
ax.barh(mean.index, mean, xerr=gains.sem()[mean.index], color=colors, ecolor="#888888")
ax.axvline(0, color="black", linewidth=1)
ax.set_title("A digit in the mirror is no digit: flips harm", loc="left")
ax.set_xlabel("points of accuracy gained, with twelve images of each digit")
ax.spines[["top", "right", "left"]].set_visible(False)
ax.tick_params(left=False)
plt.show()
