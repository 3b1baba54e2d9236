"""
=====================================
What is wrong with this training run?
=====================================

The curves of training and validation loss tell the five usual cases apart. `TrainingDiagnosisDisplay` reads them,
gives a verdict, and says what to try next.
"""

# %%
# Five nets for one task
# ----------------------
# Two spirals. One net is right for them; of the others, one takes steps that are too long, one too short, one is too
# simple, and one has only 60 rows to learn from, and goes over them twice as long.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.preprocessing import StandardScaler

from skdeep.inspection import TrainingDiagnosisDisplay
from skdeep.tabular import MLPClassifier


def spirals(n_rows, noise, seed):
    random = np.random.default_rng(seed)
    along, y = 3 * np.pi * np.sqrt(random.random(n_rows)), random.integers(0, 2, n_rows)
    arm = (
        np.where(y, 1, -1)[:, None]
        * along[:, None]
        * np.column_stack([np.cos(along), np.sin(along)])
    )
    return StandardScaler().fit_transform(
        arm + noise * random.standard_normal(arm.shape)
    ), y


def trained(rows, hidden_layer_sizes=(64, 64), **settings):
    settings = {
        "learning_rate": 0.003,
        "batch_size": 64,
        "epochs": 80,
        "n_iter_no_change": np.inf,
        **settings,
    }
    X, y = rows
    X_val, y_val = spirals(400, 0.5, seed=1)
    return MLPClassifier(hidden_layer_sizes, random_state=0, **settings).fit(
        X, y, X_val=X_val, y_val=y_val
    )


many, few = spirals(1000, noise=0.5, seed=0), spirals(60, noise=0.5, seed=0)
nets = [
    trained(many),
    trained(many, learning_rate=0.3),
    trained(many, learning_rate=0.000003),
    trained(many, (), learning_rate=0.01),
    trained(few, (256, 256), batch_size=16, epochs=160),
    trained(many, (256, 256), batch_size=16),
]

# %%
# What the curves say
# -------------------
# The last net follows a piece of advice that the overfitting one was given: it sees more rows.

figure, axes = plt.subplots(2, 3, figsize=(12, 8), layout="constrained")
for ax, net in zip(axes.flat, nets, strict=True):
    display = TrainingDiagnosisDisplay.from_estimator(net, ax=ax)
    print(f"{display.verdict_}: {display.reason_}")
plt.show()
