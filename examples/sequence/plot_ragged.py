"""
===========================
Series of different lengths
===========================

Nine speakers say two vowels, some faster than others. A recurrent net takes the recordings as they are, without
cutting or padding.
"""

# %%
# Who speaks?
# -----------
# Each recording has twelve coefficients of its sound at every moment. JapaneseVowels comes with aeon, as a list of
# arrays of shape (channels, time).

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from aeon.datasets import load_japanese_vowels
from sklearn.metrics import ConfusionMatrixDisplay

import skdeep
from skdeep.inspection import OcclusionDisplay
from skdeep.sequence import RNNClassifier

X, y = load_japanese_vowels("train")
X_test, y_test = load_japanese_vowels("test")
lengths = np.array([series.shape[1] for series in X_test])
print(
    f"{len(X)} recordings to learn from, {len(X_test)} for "
    f"the test, of {lengths.min()} to {lengths.max()} moments"
)

figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained", sharey=True)
for ax, number in zip(axes, (0, 100, 200), strict=True):
    ax.plot(X[number].T, color="#333333", alpha=0.5)
    ax.set(title=f"speaker {y[number]}", xlabel="moment", xlim=(0, 22))
    ax.spines[["top", "right"]].set_visible(False)
figure.suptitle("Three recordings end at different moments")
plt.show()

# %%
# Three ways to end
# -----------------
# What a net makes of all moments has to become one vector: its last state, the mean of all states, or both the mean and
# the largest. Padding is part of none of them.

nets = {
    pooling: RNNClassifier(
        units=32, pooling=pooling, channels_first=True, random_state=0
    ).fit(X, y)
    for pooling in ("last", "average", "average_max")
}
print(
    pd.Series(
        {pooling: net.score(X_test, y_test) for pooling, net in nets.items()},
        name="accuracy",
    ).round(3)
)

net = nets["average_max"]
figure, ax = plt.subplots(figsize=(5, 4.6), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    net, X_test, y_test, cmap="Blues", colorbar=False, ax=ax
)
ax.set_title(f"{net.score(X_test, y_test):.0%} of the speakers are recognised")
plt.show()

# %%
# How much has to be heard?
# -------------------------
# The net answers to the beginning of a recording as well. Other lengths compile nothing.

compiled = skdeep.cache_info().misses
moments = [1, 2, 4, 6, 8, 12, 16, 24]
heard = {name: [] for name in nets}
for n_moments in moments:
    beginnings = [series[:, :n_moments] for series in X_test]
    for name, one in nets.items():
        heard[name].append(one.score(beginnings, y_test))
print("programs compiled for these lengths:", skdeep.cache_info().misses - compiled)

figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for (name, scores), color in zip(
    heard.items(), ("#7F7F7F", "#0072B2", "#D55E00"), strict=True
):
    ax.plot(moments, scores, "o-", color=color, label=name)
ax.set(xlabel="moments heard, at most", ylabel="accuracy", ylim=(0, 1.02))
ax.set_title("Averages know a speaker early, the last state late", loc="left")
ax.grid(alpha=0.3)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

# %%
# Where is it that a speaker is known by?
# ---------------------------------------
# One window of every recording after the other is replaced by the mean of each channel. A window ends where its
# recording ends; each moment has the mean of those recordings that have it, so the few long ones decide alone about
# the late moments.

display = OcclusionDisplay.from_estimator(net, X_test, y_test, patch=3, stride=1)
display.ax_.set_title("A speaker is known by the first moments")
plt.show()

# sphinx_gallery_thumbnail_number = 3
