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
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep.inspection import SearchDisplay
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
# :class:`~skdeep.inspection.SearchDisplay` draws every setting along each parameter, and the best at each value. Where
# the curve is flat, that parameter may be left alone.

display = SearchDisplay.from_estimator(search, summary="max")
display.figure_.suptitle("The learning rate decides, the other five hardly matter")
plt.show()

# %%
# Two parameters at a time are a heat map. Each cell is the best of sixteen settings.

display.plot(kind="pairs", parameters=["learning_rate", "dropout"], summary="max")
display.ax_.set_title("Middle rates with little dropout are best", loc="left")
plt.show()

# %%
# What it cost
# ------------
# The first setting carries the price of compiling.

seconds = 3 * results["mean_fit_time"]
print(f"first setting {seconds[0]:.2f} s, median {seconds.median():.2f} s")
