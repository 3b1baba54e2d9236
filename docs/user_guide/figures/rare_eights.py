"""Recall and precision of forty eights among other digits, by remedy."""

import matplotlib.pyplot as plt
import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_digits
from sklearn.metrics import precision_score, recall_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skdeep.tabular import MLPClassifier

X, digit = load_digits(return_X_y=True)
kept = np.sort(np.concatenate([np.flatnonzero(digit == 8)[:40], np.flatnonzero(digit != 8)]))
X, y = X[kept] / 16, (digit[kept] == 8).astype(int)
cv = StratifiedKFold(4, shuffle=True, random_state=0)
settings = {"learning_rate": 0.003, "epochs": 20, "n_iter_no_change": np.inf, "batch_size": 200, "random_state": 0}


def net(**changed):
    return MLPClassifier((32,), **settings, **changed)


remedies = {
    "none": net(),
    "uniform prior": net(prediction_prior="uniform"),
    "class weights": net(class_weight="balanced"),
    "logit adjustment": net(loss="logit_adjusted"),
    "balanced batches": net(batch_sampling="balanced"),
    "SMOTE": make_pipeline(SMOTE(random_state=0), net()),
}
predicted = [cross_val_predict(remedy, X, y, cv=cv) for remedy in remedies.values()]
scores = {
    "recall: eights that are found": [recall_score(y, found) for found in predicted],
    "precision: found ones that are eights": [precision_score(y, found, zero_division=0) for found in predicted],
}

_, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
places = np.arange(len(remedies))[::-1]
for shift, (label, values) in zip((0.2, -0.2), scores.items(), strict=True):
    ax.barh(places + shift, values, height=0.38, label=label)
ax.set_yticks(places, remedies)
ax.set(xlim=(0, 1), title="Without a remedy, not one of 40 eights is found")
ax.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.4, -0.1), ncols=1)
