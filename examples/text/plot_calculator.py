"""
========================
A net that learns to add
========================

"12+34" is a text, "46" another. :class:`~skdeep.text.Seq2SeqTransducer` is shown some sums, character by character, and
nothing about numbers. Does it learn answers by heart, or does it learn to add?
"""

# %%
# All sums of two numbers up to 99
# --------------------------------
# There are ten thousand. A net is shown some of them and asked for all others.

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from skdeep.text import Seq2SeqTransducer

order = np.random.default_rng(0).permutation(100 * 100)
first, second = order // 100, order % 100
sums = np.array([f"{a}+{b}" for a, b in zip(first, second, strict=True)], object)
answers = np.array([str(a + b) for a, b in zip(first, second, strict=True)], object)

# %%
# Few sums, and many
# ------------------
# `score` is the share of texts that are right in every character.

predicted = {}
for n_shown in (500, 5000):
    net = Seq2SeqTransducer(random_state=0).fit(sums[:n_shown], answers[:n_shown])
    predicted[n_shown] = net.predict(sums)
    right = net.score(sums[n_shown:], answers[n_shown:])
    print(
        f"{n_shown} sums shown: {right:.1%} of the "
        f"{len(sums) - n_shown} others are right."
    )

# %%
# Each square is a sum, the first number to the right, the second upward. Grey ones were shown. With five hundred the
# net knows these, and misses many others; with five thousand it adds.

figure, axes = plt.subplots(1, 2, figsize=(9, 4.8), layout="constrained", sharey=True)
for ax, (n_shown, found) in zip(axes, predicted.items(), strict=True):
    kind = np.where(found == answers, 1, 2)
    kind[:n_shown] = 0
    table = np.empty((100, 100))
    table[second, first] = kind
    ax.imshow(
        table,
        cmap=ListedColormap(["#DDDDDD", "#0072B2", "#D55E00"]),
        origin="lower",
        interpolation="nearest",
    )
    ax.set_title(f"{n_shown} sums shown", loc="left")
    ax.set_xlabel("first number")
axes[0].set_ylabel("second number")
figure.suptitle("Shown half of all sums, the net knows the other half", fontsize=11)
marks = [
    plt.Line2D([], [], marker="s", linestyle="", color=color)
    for color in ("#DDDDDD", "#0072B2", "#D55E00")
]
figure.legend(
    marks, ["shown", "right", "wrong"], loc="outside lower center", ncols=3, frameon=False
)
plt.show()

# %%
# What is wrong is near
# ---------------------
# Nobody told the net that 79 is next to 80. Yet it has found out: most of its mistakes are small.

few = predicted[500]
wrong = np.flatnonzero(few != answers)
written = np.array(
    [float(text or "nan") for text in few[wrong]]
)  # an answer may be empty
away = np.abs(written - answers[wrong].astype(int))
print(
    f"Of {len(wrong)} mistakes, {np.mean(away <= 2):.0%} are "
    f"at most two off, {np.mean(away <= 10):.0%} at most ten."
)
for number in wrong[:5]:
    print(f"{sums[number]} = {answers[number]}, written {few[number]}")
