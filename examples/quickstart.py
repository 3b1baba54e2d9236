"""
============================
Quick start: find the eights
============================

Scale, resample, search, compare: all of it with scikit-learn and imbalanced-learn as you
know them. The net is one more estimator at the end of the pipeline, and it is compiled once
for the whole search.

The task is a rare class in images: the eights among scikit-learn's handwritten digits.
"""

# %%
# Real data, with a rare class
# ----------------------------
# Half of the digits are held out as they are. Of the eights in the other half we keep 30.

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from imblearn.datasets import make_imbalance
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_validate,
    train_test_split,
)
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.svm import SVC

import skdeep
from skdeep.image import CNNClassifier, Small
from skdeep.inspection import LossCurveDisplay
from skdeep.metrics import classification_table, imbalance_scoring

started = perf_counter()
pixels, digit = load_digits(return_X_y=True)
is_eight = np.where(digit == 8, "eight", "other")
X, X_test, y, y_test = train_test_split(
    pixels, is_eight, test_size=0.5, stratify=digit, random_state=0
)
X, y = make_imbalance(X, y, sampling_strategy={"eight": 30}, random_state=0)

print(
    f"Find the eights. {len(y)} handwritten digits "
    f"to learn from: {(y == 'eight').sum()} eights."
)
print(f"{len(y_test)} digits held out: {(y_test == 'eight').sum()} eights.\n")

# %%
# Four contenders
# ---------------
# Each with four candidates of its own parameters.

net = CNNClassifier(
    Small(width=0.5),
    image_shape=(8, 8, 1),
    augmentation=["shift"],
    epochs=20,
    learning_rate_schedule="cosine",
    random_state=0,
)
trees = HistGradientBoostingClassifier(random_state=0)
contenders = {
    "logistic regression": (LogisticRegression(max_iter=1000), {"C": [0.1, 1, 10, 100]}),
    "boosted trees": (trees, {"learning_rate": [0.1, 0.3], "max_leaf_nodes": [4, 8]}),
    "support vectors": (SVC(), {"C": [1, 10], "gamma": [0.03, 0.1]}),
    "net": (net, {"learning_rate": [0.005, 0.01], "dropout": [0.1, 0.3]}),
}

# %%
# One protocol for all
# --------------------
# The same scaler, the same SMOTE, which adds eights to the training rows only; the same
# folds and the same score, F1 of the eights, choose the parameters. Then comes the test.
#
# This is one split. In four splits with 40 eights, and eight candidates or more each, F1 was
# 0.91 for the net, 0.90 for support vectors, 0.83 for boosted trees and 0.76 for logistic
# regression on average; in one of the four, support vectors were ahead of the net.

folds = StratifiedKFold(3, shuffle=True, random_state=0)
scoring = imbalance_scoring()
shown = ["precision", "recall", "f1", "balanced_accuracy", "average_precision"]
searches, seconds, n_fits = {}, {}, 4 * 3 + 1
widths = {key: max(len(key) + 2, 8) for key in shown}
print(
    f"{'':20}"
    + "".join(f"{key.replace('_', ' '):>{width}}" for key, width in widths.items())
)
for name, (model, parameters) in contenders.items():
    smote = SMOTE(sampling_strategy=0.5, random_state=0)
    pipeline = Pipeline([("scale", MinMaxScaler()), ("smote", smote), ("model", model)])
    grid = {f"model__{key}": values for key, values in parameters.items()}
    search = GridSearchCV(pipeline, grid, scoring=scoring["f1"], cv=folds)
    begun = perf_counter()
    searches[name] = search.fit(X, y)
    seconds[name] = perf_counter() - begun
    scores = [
        f"{scoring[key](search, X_test, y_test):{width}.3f}"
        for key, width in widths.items()
    ]
    print(f"{name:20}" + "".join(scores), flush=True)

best = searches["net"].best_estimator_
found = {name: search.predict(X_test) for name, search in searches.items()}
predicted = found["net"]
table = classification_table(y_test, predicted).round(3)
print(f"\nThe net, class by class and averaged\n{table}\n")

# %%
# Compiled once
# -------------
# What the search of the net took; and what scikeras takes for one of the four candidates,
# with the same layers, but without the shifts.

compiled = skdeep.cache_info().misses
taken = f"{n_fits} fits in {seconds['net']:.1f} s, compilations: {compiled}"
print(f"The net's search, with the import of TensorFlow: {taken}")
try:
    from scikeras.wrappers import KerasClassifier
except ImportError:
    print("scikeras: left out, because it is not installed (the extra scikeras)")
else:
    import logging

    import keras

    # Keras warns that it traces again and again, which is what is measured here.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    def build():
        layers = keras.models.clone_model(best["model"].model_)
        layers.compile("adam", "binary_crossentropy")
        return layers

    other = KerasClassifier(build, epochs=20, batch_size=64, verbose=0, random_state=0)
    to_images = FunctionTransformer(lambda rows: rows.reshape(-1, 8, 8, 1))
    steps = [*best.steps[:-1], ("images", to_images), ("model", other)]
    begun = perf_counter()
    cross_validate(Pipeline(steps), X, y, scoring=scoring["f1"], cv=folds)
    taken = f"3 fits in {perf_counter() - begun:.1f} s, each compiled anew"
    print(f"scikeras, one of the 4 candidates: {taken}")

# %%
# A picture
# ---------
# The winner is fitted once more with an eye on the digits that were held out: `X_val` only
# puts their loss into the history.

final = clone(best).fit(
    X, y, model__X_val=best["scale"].transform(X_test), model__y_val=y_test
)
figure, (left, middle, right) = plt.subplots(
    1, 3, figsize=(12.5, 3.9), layout="constrained", width_ratios=[4, 3, 4]
)
n_eights = (y_test == "eight").sum()
for place, (name, labels) in enumerate(found.items()):
    missed = ((labels == "other") & (y_test == "eight")).sum()
    false = ((labels == "eight") & (y_test == "other")).sum()
    left.barh(place, missed + false, color="#0072B2" if name == "net" else "#bbbbbb")
    text = f"{missed} missed\n{false} false alarm{'s' if false != 1 else ''}"
    left.text(missed + false + 0.8, place, text, va="center")
left.set_yticks(range(len(found)), found)
left.invert_yaxis()
left.set_title(f"Mistakes on {len(y_test)} digits, {n_eights} of them eights", loc="left")
left.set(xlabel="mistakes", xlim=(0, 60))
left.spines[["top", "right"]].set_visible(False)

counts = confusion_matrix(y_test, predicted)
ConfusionMatrixDisplay(counts, display_labels=final.classes_).plot(
    ax=middle, cmap="Blues", colorbar=False, include_values=False
)
for (row, column), count in np.ndenumerate(counts):
    share = count / counts[row].sum()
    color = "white" if count > counts.max() / 2 else "black"
    middle.text(
        column,
        row,
        f"{count}\n{share:.1%}",
        ha="center",
        va="center",
        color=color,
        fontsize=13,
    )
middle.set_title("What the net takes for what", loc="left")

history = final["model"].history_
LossCurveDisplay(loss=history["loss"], val_loss=history["val_loss"]).plot(ax=right)
right.set_title("The net's loss comes to rest", loc="left")
path = Path("quickstart.png").resolve()
figure.savefig(path, dpi=120)
print(f"\nPicture: {path}\n{perf_counter() - started:.0f} seconds in all")
