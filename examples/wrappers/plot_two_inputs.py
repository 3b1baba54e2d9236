"""
=====================================================
A picture and a table: add, multiply, or concatenate?
=====================================================

A model with two inputs turns each into a code and joins the codes. There are three usual ways to join them. Which is
best depends on what the two inputs have to do with each other, and a search can say it.
"""

# %%
# Two questions about the same pictures
# -------------------------------------
# A dial shows a digit, and a picture is taken of it. With each picture comes a row of ten columns.
#
# - *A second reading*: the columns are a weak measurement of the same digit. Which digit is it?
# - *A turn*: the columns say by how many steps the dial was turned after the picture was taken. What does it show now?
#
# In the first case either input says something about the answer by itself. In the second neither does: the picture has
# to be read differently for each turn.

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer

import skdeep
from skdeep.wrappers import KerasClassifier

random = np.random.default_rng(0)
pictures, digits = load_digits(return_X_y=True)
pictures = np.clip(pictures / 16 + random.normal(0, 0.3, pictures.shape), 0, 1)
turns = random.integers(0, 10, len(digits))

reading = np.eye(10)[digits] + random.normal(0, 0.5, (len(digits), 10))
turn = np.eye(10)[turns] + random.normal(0, 0.1, (len(digits), 10))
questions = {
    "A second reading": (np.hstack([pictures, reading]), digits),
    "A turn": (np.hstack([pictures, turn]), (digits + turns) % 10),
}

# %%
# One estimator for both inputs
# -----------------------------
# Searches cut rows out of one array, so all columns are in one, and the encoder of the estimator takes them apart. The
# function builds the model; ``join`` is the name of a layer of Keras.


def apart(X):
    """Return the columns of X as the two inputs of the model."""
    return {"picture": X[:, :64].reshape(-1, 8, 8, 1), "table": X[:, 64:]}


class PictureAndTable(KerasClassifier):
    @property
    def feature_encoder(self):
        return FunctionTransformer(apart)


def two_inputs(meta, join="Concatenate", dropout=0.2):
    picture, table = (
        keras.Input((8, 8, 1), name="picture"),
        keras.Input((10,), name="table"),
    )
    maps = keras.layers.Conv2D(8, 3, activation="relu")(picture)
    codes = [
        keras.layers.Dense(64, activation="relu")(keras.layers.Flatten()(maps)),
        keras.layers.Dense(64, activation="relu")(table),
    ]
    joined = keras.layers.Dropout(dropout)(getattr(keras.layers, join)()(codes))
    outputs = keras.layers.Dense(meta["n_classes_"], activation="softmax")(joined)
    return keras.Model({"picture": picture, "table": table}, outputs)


classifier = PictureAndTable(
    two_inputs,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=12,
    batch_size=64,
    verbose=0,
    random_state=0,
)

# %%
# The search
# ----------
# Three ways to join, two learning rates, two rates of dropout, three folds, two questions: 72 fits. The way of joining
# is part of the program; the numbers, the folds and the question are not.

grid = {
    "model__join": ["Concatenate", "Add", "Multiply"],
    "optimizer__learning_rate": [0.003, 0.01],
    "model__dropout": [0.1, 0.3],
}
compiled_before = skdeep.cache_info().misses
searches = {
    name: GridSearchCV(classifier, grid, cv=3, refit=False).fit(X.astype("float32"), y)
    for name, (X, y) in questions.items()
}
fits = sum(3 * len(search.cv_results_["params"]) for search in searches.values())
print(f"{fits} fits, {skdeep.cache_info().misses - compiled_before} compilations")

# %%
# What comes of it
# ----------------
# Each bar is the best of the four settings of numbers. Blue are those that are within two points of the best.
#
# Where both inputs speak of the same thing, all three do equally well. Where one input says how the other is to be
# read, only the product learns much: a sum of two codes in front of the last layer gives every digit its points and
# every turn its points, but no pair of the two. Concatenation in front of a single layer is such a sum.

joins = grid["model__join"]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
for ax, (name, search) in zip(axes, searches.items(), strict=True):
    scores, joined = (
        search.cv_results_["mean_test_score"],
        search.cv_results_["param_model__join"],
    )
    best = np.array([scores[joined == join].max() for join in joins])
    colors = np.where(best > best.max() - 0.02, "#0072B2", "#BBBBBB")
    bars = ax.bar(joins, best, color=colors, width=0.6)
    ax.bar_label(bars, [f"{score:.0%}" for score in best], padding=2)
    ax.axhline(0.1, color="black", linewidth=1, linestyle=":")
    ax.set_title(name, loc="left")
    ax.set_ylim(0, 1.08)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("Accuracy in cross-validation")
figure.suptitle("If one input says how to read the other, only the product learns")
axes[1].text(1.01, 0.1, "guessing", transform=axes[1].get_yaxis_transform(), va="center")
plt.show()
