"""
==============================
Several things in one picture
==============================

A picture may show a circle, a square, a cross, or all of them. With a 0/1 matrix of labels the classifier answers every
question by itself: is there a circle, is there a square, is there a cross?
"""

# %%
# Pictures with several shapes
# ----------------------------
# Up to four shapes lie on a picture, in any colour, size and place.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import average_precision_score, f1_score

from skdeep.image import CNNClassifier, Custom

SHAPES = ["circle", "square", "cross", "ring"]
SIDE = 24


def inside(shape, across, down, radius):
    """Return which pixels belong to a shape, given their distances from its centre."""
    if shape == "circle":
        return np.hypot(across, down) < radius
    if shape == "ring":
        return np.abs(np.hypot(across, down) - radius) < 1
    if shape == "square":
        return np.maximum(np.abs(across), np.abs(down)) < 0.85 * radius
    arms = np.minimum(np.abs(across), np.abs(down)) < 1
    return arms & (np.maximum(np.abs(across), np.abs(down)) < 1.1 * radius)


def draw(random):
    """Return one picture, and which shapes are in it."""
    picture = np.full((SIDE, SIDE, 3), random.integers(0, 60, 3), float)
    present = random.random(len(SHAPES)) < 0.5
    y, x = np.mgrid[:SIDE, :SIDE]
    for shape in random.permutation(np.flatnonzero(present)):
        left, top = random.uniform(5, SIDE - 5, 2)
        picture[inside(SHAPES[shape], x - left, y - top, random.uniform(3, 5))] = (
            random.integers(90, 256, 3)
        )
    return np.clip(picture + random.normal(0, 10, picture.shape), 0, 255).astype(
        np.uint8
    ), present.astype(int)


random = np.random.default_rng(0)
pictures, labels = map(np.stack, zip(*(draw(random) for _ in range(2500)), strict=True))
X, X_test, y, y_test = pictures[:2000], pictures[2000:], labels[:2000], labels[2000:]
print(X.shape, y.shape)

# %%
# One net, four answers
# ---------------------
# The target is the matrix of labels; everything else is as for classes. The net ends in the averages of its last maps,
# so that it asks what is there and not where. Shapes stay what they are when they are mirrored or shifted.

net = CNNClassifier(
    Custom(filters=(24, 48, 96), head="average"),
    normalization="batch",
    augmentation=["flip", "shift"],
    epochs=20,
    random_state=0,
)
net.fit(X, y)
probability, predicted = net.predict_proba(X_test), net.predict(X_test)
scores = {
    "F1": f1_score(y_test, predicted, average=None),
    "average precision": average_precision_score(y_test, probability, average=None),
}
for name, values in scores.items():
    print(name, dict(zip(SHAPES, values.round(2).tolist(), strict=True)))
print(
    f"{(predicted == y_test).all(axis=1).mean():.0%} "
    "of the pictures are right in all four labels"
)

# %%
# What it says
# ------------
# The bars are probabilities, blue where the shape is there, gray where it is not: a good answer has long blue bars and
# short gray ones. Shapes hide each other at times, which no net can see through.

figure, axes = plt.subplots(2, 6, figsize=(10, 3.7), layout="constrained")
not_empty = np.flatnonzero(y_test.any(axis=1))
for number, (left, right) in zip(not_empty, axes.reshape(-1, 2), strict=False):
    left.imshow(X_test[number])
    left.set_axis_off()
    colors = np.where(y_test[number] == 1, "#0072B2", "#BBBBBB")
    right.barh(range(4), probability[number], color=colors, height=0.7)
    right.set(
        xlim=(0, 1),
        ylim=(3.5, -0.5),
        xticks=[],
        yticks=range(4),
        yticklabels=SHAPES,
        box_aspect=1,
    )
    right.spines[["top", "right", "bottom"]].set_visible(False)
    right.tick_params(left=False, labelsize="small")
figure.suptitle("One net answers four questions: blue is there, gray is not")
plt.show()
