"""
===============================
Series: features first, or nets
===============================

Is a gun drawn, or does only a finger point? The place of the hand over time tells, to features that need no training
and to convolutional nets. A net also shows which moments speak for an answer.
"""

# %%
# Fifty series to learn from
# --------------------------
# GunPoint comes with aeon, channels first; ``channels_first=True`` says so.

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from aeon.datasets import load_gunpoint
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.inspection import ClassActivationDisplay, OcclusionDisplay
from skdeep.sequence import RandomConvolutions, TemporalCNNClassifier

X, y = load_gunpoint("train")
X_test, y_test = load_gunpoint("test")
y, y_test = (np.where(labels == "1", "gun", "finger") for labels in (y, y_test))
print("training rows:", X.shape, "test rows:", X_test.shape)

# %%
# Four ways
# ---------
# `RandomConvolutions` are the features of MiniRocket, in NumPy; those of aeon are compiled, which is paid for by the
# first transformation. Behind both stands a ridge classifier. Both nets have fewer filters than
# usual. With so few series, what a net learns depends on its seed.


def ridge():
    return StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10))


MiniRocket(random_state=0).fit_transform(X[:4])  # compiles
models = {
    "RandomConvolutions, ridge": make_pipeline(
        RandomConvolutions(channels_first=True, random_state=0), *ridge()
    ),
    "MiniRocket of aeon, ridge": make_pipeline(MiniRocket(random_state=0), *ridge()),
    "fully convolutional net": TemporalCNNClassifier(
        "fcn", filters=32, channels_first=True, random_state=0
    ),
    "residual net": TemporalCNNClassifier(
        "resnet", filters=16, epochs=40, channels_first=True, random_state=0
    ),
}
rows = {}
for name, model in models.items():
    start = time.perf_counter()
    model.fit(X, y)
    rows[name] = {
        "seconds of fit": time.perf_counter() - start,
        "accuracy": model.score(X_test, y_test),
    }
print(pd.DataFrame(rows).T.round(3).to_string())

# %%
# Which one?
# ----------
# The features are there in a fraction of the time of a net, and nothing has to be tuned: with few series of one length,
# begin with them, and take those of aeon if you have it anyway. A net is for what they do not do: several outputs, ids,
# losses of your own, training that goes on with new rows.
#
# What speaks for the answer
# --------------------------
# The score of a residual net is a sum over moments, and each can be coloured by what it adds. Orange speaks for the
# class that is written over the series.

net = models["residual net"]
shown = [np.flatnonzero(y_test == label)[0] for label in ("gun", "finger")]
display = ClassActivationDisplay.from_estimator(net, X_test[shown])
display.figure_.suptitle("Orange moments speak for the answer")
plt.show()

# %%
# What is lost without a moment
# -----------------------------
# Occlusion asks any estimator the same question from outside: it puts the mean in place of one window after the other.
# Probabilities drop where the net cannot do without. The line is the mean of all test series.

display = OcclusionDisplay.from_estimator(net, X_test, y_test, patch=10, stride=5)
display.ax_.set_title("The net has to see the hand where it is highest")
plt.show()

# %%
# Ridge has no probabilities, so its accuracy is what drops.

display = OcclusionDisplay.from_estimator(
    models["RandomConvolutions, ridge"], X_test, y_test, patch=10, stride=5
)
display.ax_.set_title("Ridge looks there too, and at the first and the last move")
plt.show()
