"""
======================================
Quick start: find the malignant tumour
======================================

From data to a searched, resampled and cross-validated net, and a picture of it. Everything around the net is
scikit-learn and imbalanced-learn as you know them; the net is one more estimator.

The task is to tell malignant from benign tumours by thirty measurements, when only one in ten is malignant.
"""

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import pandas as pd
from imblearn.datasets import make_imbalance
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold, cross_validate, train_test_split
from sklearn.preprocessing import StandardScaler

import skdeep
from skdeep.inspection import LossCurveDisplay
from skdeep.metrics import classification_table, imbalance_scoring
from skdeep.tabular import MLPClassifier

started = perf_counter()

# %%
# Real data, made imbalanced
# --------------------------
# Of the 212 malignant tumours we keep 40, of the 357 benign ones all.

data = load_breast_cancer(as_frame=True)
diagnosis = data.target.map(dict(enumerate(data.target_names)))
X, y = make_imbalance(data.data, diagnosis, sampling_strategy={"malignant": 40}, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
for name, part in {"to learn from": y_train, "held out": y_test}.items():
    print(f"{len(part)} tumours {name}, {(part == 'malignant').sum()} of them malignant")

# %%
# A pipeline
# ----------
# Scale the columns, add synthetic malignant tumours, train the net. SMOTE works on training rows only: the pipeline of
# imbalanced-learn sees to it.

pipeline = Pipeline(
    [
        ("scale", StandardScaler()),
        ("resample", SMOTE(random_state=0)),
        ("net", MLPClassifier((32,), epochs=50, batch_size=50, learning_rate_schedule="cosine", random_state=0)),
    ]
)

# %%
# A search
# --------
# Ten scores of each candidate, those of the rare class among them; the best balanced accuracy, for which both classes
# count the same, wins. The net is compiled at the first of these fits and reused in all the others.

grid = {
    "resample__k_neighbors": [3, 5],
    "net__learning_rate": [0.0003, 0.001, 0.003, 0.01],
    "net__dropout": [0.2, 0.4],
    "net__alpha": [0.0001, 0.001, 0.01],
}
folds = RepeatedStratifiedKFold(n_splits=4, n_repeats=1, random_state=0)
search = GridSearchCV(pipeline, grid, scoring=imbalance_scoring(), refit="balanced_accuracy", cv=folds)
search.fit(X_train, y_train)
n_fits = len(search.cv_results_["params"]) * folds.get_n_splits() + 1
chosen = ", ".join(f"{name.split('__')[1]} = {value:g}" for name, value in search.best_params_.items())
print(f"\nBest of {len(search.cv_results_['params'])} candidates: {chosen}\n")

# %%
# Cross-validation
# ----------------
# The winner on other folds, with and without the synthetic rows.

folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=1)
columns = {}
for name, resample in {"without SMOTE": "passthrough", "with SMOTE": search.best_estimator_["resample"]}.items():
    candidate = clone(search.best_estimator_).set_params(resample=resample)
    scores = pd.DataFrame(cross_validate(candidate, X_train, y_train, scoring=imbalance_scoring(), cv=folds))
    scores = scores.filter(like="test_").rename(columns=lambda column: column.removeprefix("test_").replace("_", " "))
    columns[name] = scores.mean().map("{:.3f}".format) + scores.std().map(" ± {:.3f}".format)
    n_fits += len(scores)
print(f"Scores of {folds.get_n_splits()} folds, mean ± standard deviation\n{pd.DataFrame(columns)}\n")

# %%
# The final fit
# -------------
# Once more with a progress bar, and with an eye on the rows that were held out: `X_val` and `y_val` only put a
# validation loss into the history.

final = clone(search.best_estimator_).set_params(net__verbose=1)
held_out = clone(final["scale"]).fit(X_train).transform(X_test)
final.fit(X_train, y_train, net__X_val=held_out, net__y_val=y_test)
n_fits += 1
predicted = final.predict(X_test)
print(f"\nOn the rows that were held out\n{classification_table(y_test, predicted).round(3)}\n")

# %%
# A picture
# ---------
# How the loss came down, and which tumours are taken for which.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained", width_ratios=[3, 2])
LossCurveDisplay.from_estimator(final, ax=left)
left.set_title("Loss of the final fit", loc="left")
ConfusionMatrixDisplay.from_predictions(
    y_test,
    predicted,
    normalize="true",
    values_format=".0%",
    cmap="Blues",
    colorbar=False,
    ax=right,
    text_kw={"fontsize": 14},
)
right.set_title("Tumours that were held out", loc="left")
path = Path("quickstart.png").resolve()
figure.savefig(path, dpi=120)

print(f"Picture: {path}")
print(f"{perf_counter() - started:.0f} seconds for {n_fits} fits; compilations: {skdeep.cache_info().misses}")
