"""Scores of zeros and of other digits, by a detector that has seen zeros only."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skdeep.outlier_detection import AutoencoderOutlier

digits = load_digits()
zeros, others = digits.images[digits.target == 0], digits.images[digits.target != 0]
model = AutoencoderOutlier(random_state=0).fit(zeros[:120])
new_zeros, new_others = model.score_samples(zeros[120:]), model.score_samples(others)
called = [np.mean(scores < model.offset_) for scores in (new_zeros, new_others)]

_, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
edges = np.histogram_bin_edges(-np.log10(-np.concatenate([new_zeros, new_others])), 40)
for label, scores, share in [("new zeros", new_zeros, called[0]), ("other digits", new_others, called[1])]:
    weights = np.full(len(scores), 100 / len(scores))
    label = f"{label}: {share:.0%} called outliers"
    ax.hist(-np.log10(-scores), edges, weights=weights, alpha=0.7, label=label)
ax.axvline(-np.log10(-model.offset_), color="black", linestyle=":")
ax.set(xlabel="score (minus the logarithm of the error)", ylabel="per cent", ylim=(0, 25))
ax.set_title("Trained on zeros: all other digits stand out, and some new zeros")
ax.legend(frameon=False, loc="upper left")
