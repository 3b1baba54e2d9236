"""
=======================================
A search over six numbers compiles once
=======================================

Learning rate, dropout, penalty, label smoothing, gradient clipping and batch size are numbers that go into a compiled
program and are no part of it. A grid search over all six compiles at its very first fit and never again.
"""

# %%
# Six numbers
# -----------
# 240 settings, each fitted on three folds.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep.tabular import MLPClassifier

X, y = load_digits(return_X_y=True)
X, y = X[:600], y[:600]
grid = {
    "mlpclassifier__learning_rate": [0.001, 0.003, 0.01, 0.03, 0.1],
    "mlpclassifier__dropout": [0.1, 0.4, 0.7],
    "mlpclassifier__alpha": [0.0001, 0.01],
    "mlpclassifier__label_smoothing": [0.01, 0.1],
    "mlpclassifier__clip_norm": [0.3, 3.0],
    "mlpclassifier__batch_size": [50, 100],
}
net = MLPClassifier((64,), epochs=10, random_state=0)
compiled_before = skdeep.cache_info().misses
search = GridSearchCV(make_pipeline(StandardScaler(), net), grid, cv=3, refit=False).fit(
    X, y
)

results = pd.DataFrame(search.cv_results_)
print(
    f"{3 * len(results)} fits, {skdeep.cache_info().misses - compiled_before} compilation"
)

# %%
# What the search found
# ---------------------
# Each cell is the best of sixteen settings with that learning rate and dropout.

results.columns = results.columns.str.replace("param_mlpclassifier__", "")
best = results.pivot_table("mean_test_score", "dropout", "learning_rate", aggfunc="max")

figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
image = ax.imshow(best, cmap="cividis", aspect="auto")
for (row, column), score in np.ndenumerate(best.to_numpy()):
    color = "white" if image.norm(score) < 0.6 else "black"
    ax.text(column, row, f"{score:.3f}", ha="center", va="center", color=color)
ax.set_xticks(range(len(best.columns)), [f"{rate:g}" for rate in best.columns])
ax.set_yticks(range(len(best.index)), best.index)
ax.set(xlabel="learning rate", ylabel="dropout")
ax.set_title("720 fits, one compilation: middle rates, little dropout win", loc="left")
plt.show()

# %%
# What it cost
# ------------
# The first setting carries the price of compiling.

seconds = 3 * results["mean_fit_time"]
print(f"first setting {seconds[0]:.2f} s, median {seconds.median():.2f} s")
