"""
==============================================
A learning rate and a size, without a big grid
==============================================

`LearningRateFinder` finds a learning rate in one short training. `GrowingSearchCV` makes a net larger as long as
cross-validation says that it gets better.
"""

# %%
# A rate in a hundred steps
# -------------------------
# The learning rate rises from step to step. While it is tiny, the loss stays where it is; then the loss falls; at the
# end it explodes. The finder suggests a rate from where the loss falls.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score, train_test_split

from skdeep.inspection import GrowthDisplay, LearningRateDisplay
from skdeep.model_selection import GrowingSearchCV, LearningRateFinder
from skdeep.tabular import MLPClassifier

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(
    X / 16, y, test_size=500, stratify=y, random_state=0
)
net = MLPClassifier((64,), epochs=20, n_iter_no_change=np.inf, random_state=0)
finder = LearningRateFinder(net).fit(X, y)
print(f"suggestion: {finder.suggestion_:.4f}")

# %%
# Is it a good one?
# -----------------
# A search over many rates answers that, and takes far longer: the finder trained for a hundred steps, each fold of each
# rate trains for hundreds.

rates = np.logspace(-5, 0, 11)
scores = [
    cross_val_score(net.set_params(learning_rate=rate), X, y, cv=3).mean()
    for rate in rates
]
net.set_params(**finder.best_params_)
suggested = cross_val_score(net, X, y, cv=3).mean()
print(f"accuracy at the suggestion {suggested:.3f}, best of the search {max(scores):.3f}")

figure, (top, bottom) = plt.subplots(
    2, 1, figsize=(7, 5), layout="constrained", sharex=True
)
LearningRateDisplay.from_estimator(finder, ax=top)
top.set(xlabel="", ylabel="Loss, in one training")
bottom.plot(rates, scores, "o-", color="#009E73")
bottom.axvline(finder.suggestion_, color="#D55E00", linestyle="--")
bottom.set(xlabel="Learning rate", ylabel="Accuracy, in 33 trainings", ylim=(0, 1))
bottom.spines[["top", "right"]].set_visible(False)
figure.suptitle("One short training finds a rate at which nets learn well")
plt.show()

# %%
# A size, step by step
# --------------------
# One layer of four units to begin with. The units are doubled while the larger net is better by more than chance; then
# layers are added in the same way. Each size compiles once, for all its folds.

search = GrowingSearchCV(net, min_units=4, max_units=256, cv=5).fit(X, y)
print(f"tried: {search.path_}")
print(f"chosen: {search.best_params_}")
print(f"accuracy on new rows: {search.score(X_test, y_test):.3f}")

figure, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
GrowthDisplay.from_estimator(search, ax=ax)
ax.legend(frameon=False, loc="lower right")
ax.set(ylabel="Accuracy in cross-validation")
ax.set_title("The net grows until a larger one is no better", loc="left")
plt.show()
