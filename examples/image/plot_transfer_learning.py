"""
=================================
Learning from a handful of images
=================================

A net that was trained on many images has features that serve for others. With a file of its weights, five labelled
images of a class go a long way: as features of a linear model, or as the start of further training.
"""

# %%
# Shapes that were seen before, and new ones
# ------------------------------------------
# Light shapes on dark ground, in any colour, turned at will. There are plenty of the first ten, few of the last six.

import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.image import Backbone, CNNClassifier, ImageEmbedding


def star(n_points, inner):
    angle = np.linspace(0, 2 * np.pi, 2 * n_points, endpoint=False)
    radius = np.where(np.arange(2 * n_points) % 2, inner, 1.0)
    return np.column_stack([radius * np.sin(angle), -radius * np.cos(angle)])


def box(left, top, right, bottom):
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


arrow = np.array(
    [(-1, -3), (8, -3), (8, -10), (18, 0), (8, 10), (8, 3), (-1, 3)]
) / 10 - [0.8, 0]
bolt = np.array([(-2, -10), (5, -10), (1, -2), (6, -2), (-4, 10), (-1, 1), (-6, 1)]) / 10
foot, left, right = (
    box(-0.8, 0.4, 0.8, 0.9),
    box(-0.8, -0.9, -0.35, 0.9),
    box(0.35, -0.9, 0.8, 0.9),
)
disk = star(16, 1.0)
# Each shape is a list of polygons; those whose second entry is 0 are cut out again.
KNOWN = {
    "triangle": [(star(3, 0.5), 1)],
    "square": [(star(4, 0.707), 1)],
    "disk": [(disk, 1)],
    "star": [(star(5, 0.45), 1)],
    "cross": [(box(-0.95, -0.3, 0.95, 0.3), 1), (box(-0.3, -0.95, 0.3, 0.95), 1)],
    "bar": [(box(-0.3, -1, 0.3, 1), 1)],
    "L": [(left, 1), (foot, 1)],
    "moon": [(disk, 1), (0.8 * disk + [0.5, 0], 0)],
    "T": [(box(-0.8, -0.9, 0.8, -0.4), 1), (box(-0.25, -0.9, 0.25, 0.9), 1)],
    "ring": [(disk, 1), (0.55 * disk, 0)],
}
NEW = {
    "hexagram": [(star(6, 0.5), 1)],
    "U": [(left, 1), (right, 1), (foot, 1)],
    "half": [(disk, 1), (box(-1.1, 0, 1.1, 1.1), 0)],
    "arrow": [(arrow, 1)],
    "bolt": [(bolt, 1)],
    "H": [(left, 1), (right, 1), (box(-0.8, -0.25, 0.8, 0.25), 1)],
}


def draw(polygons, random):
    """Return one picture of 32 x 32 pixels."""
    picture = Image.new("L", (96, 96))
    turn, scale, centre = (
        random.uniform(0, 2 * np.pi),
        random.uniform(32, 44),
        random.uniform(40, 56, 2),
    )
    rotation = scale * np.array(
        [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    )
    for polygon, is_filled in polygons:
        corners = map(tuple, polygon @ rotation + centre)
        ImageDraw.Draw(picture).polygon([*corners], fill=255 * is_filled)
    covered = np.asarray(picture.resize((32, 32), Image.Resampling.BOX))[..., None] / 255
    ground, ink = random.integers(0, 90, 3), random.integers(150, 256, 3)
    pixels = ground + (ink - ground) * covered + random.normal(0, 8, (32, 32, 3))
    return np.clip(pixels, 0, 255).astype(np.uint8)


def pictures(shapes, each, seed):
    random = np.random.default_rng(seed)
    images = [draw(polygons, random) for polygons in shapes.values() for _ in range(each)]
    return np.stack(images), np.repeat([*shapes], each)


figure, axes = plt.subplots(2, 10, figsize=(10, 2.3), layout="constrained")
for row, shapes, name in zip(axes, (KNOWN, NEW), ("known", "new"), strict=True):
    row[0].set_ylabel(name)
    for ax, image in zip(row, pictures(shapes, 1, seed=4)[0], strict=False):
        ax.imshow(image)
    for number, ax in enumerate(row):
        ax.set(xticks=[], yticks=[])
        ax.set_visible(number < len(shapes))
figure.suptitle("Ten shapes that a net knows, and six that it is to learn")
plt.show()

# %%
# A weight file
# -------------
# Usually it comes from somebody else, who trained on a million photographs. Here it comes from plain Keras and the ten
# known shapes; what matters is that it holds a model of ``keras.applications`` without its top.

keras.utils.set_random_seed(0)
images, names = pictures(KNOWN, 250, seed=0)
classes, targets = np.unique(names, return_inverse=True)
backbone = keras.applications.MobileNet(
    include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
)
for layer in backbone.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        layer.momentum = 0.9  # its statistics settle within a short training
model = keras.Sequential(
    [keras.layers.Rescaling(1 / 127.5, -1), backbone, keras.layers.Dense(len(classes))]
)
rate = keras.optimizers.schedules.CosineDecay(0.003, 5 * 40)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)
model.fit(images, targets, epochs=5, batch_size=64, verbose=0)

folder = tempfile.TemporaryDirectory()
weights = Path(folder.name, "shapes.weights.h5")
backbone.save_weights(weights)

# %%
# Three ways to learn the new shapes
# ----------------------------------
# From scratch; a linear model on features, which `ImageEmbedding` computes once an image; and the backbone trained on, in
# small steps, once a new output layer fits.

settings = {
    "batch_size": 16,
    "n_iter_no_change": np.inf,
    "random_state": 0,
}  # all epochs, and no warning
tuned = Backbone("mobilenet", weights, fine_tune_epochs=10)
ways = {
    "from scratch": CNNClassifier(epochs=40, **settings),
    "embedding and linear model": make_pipeline(
        ImageEmbedding(Backbone("mobilenet", weights), rescale=1 / 255),
        StandardScaler(),
        LogisticRegression(C=0.01, max_iter=1000),
    ),
    "fine-tuned backbone": CNNClassifier(
        tuned, learning_rate=0.01, epochs=15, **settings
    ),
}
X_test, y_test = pictures(NEW, 40, seed=1)
sizes, scores = [2, 5, 15], {name: [] for name in ways}
for size in sizes:
    X, y = pictures(NEW, size, seed=2)
    for name, way in ways.items():
        scores[name].append(way.fit(X, y).score(X_test, y_test))
folder.cleanup()

# %%
# What it brings
# --------------
# The backbone has never seen one of these shapes, but it knows what turning and colour do to a shape. With a handful of
# images that decides; with fifteen of each class, starting from scratch is as good or better. The linear model on the
# embedding does as well as the net that is tuned.

figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for (name, values), color in zip(
    scores.items(), ["#7F7F7F", "#0072B2", "#D55E00"], strict=True
):
    print(name, [f"{value:.2f}" for value in values])
    ax.plot(sizes, values, "o-", color=color, linewidth=2, label=name)
ax.axhline(1 / len(NEW), color="black", linewidth=1, linestyle=":")
ax.annotate(
    "guessing", (15, 1 / len(NEW)), xytext=(0, 3), textcoords="offset points", ha="right"
)
ax.set(
    xlabel="Labelled images of each class", ylabel="Accuracy", ylim=(0, 1), xscale="log"
)
ax.set_xticks(sizes, sizes)
ax.minorticks_off()
ax.set_title("With few images, known features are ahead", loc="left")
ax.legend(frameon=False, loc="upper left", ncols=2)
ax.spines[["top", "right"]].set_visible(False)
plt.show()

# sphinx_gallery_thumbnail_number = 2
