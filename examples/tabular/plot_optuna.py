"""
====================================
Giving up early: a search with rungs
====================================

Most settings of a search are seen to be bad after a few epochs. A pruner of Optuna compares each trial with the others
while it is trained, and ends those that lag behind: the time goes to the good ones.
"""

# %%
# One trial, rung by rung
# -----------------------
# ``partial_fit`` trains for some epochs more, so a rung is a line: train on, score, report. Learning rate, dropout,
# penalty and batch size are numbers of one compiled program. The width of the layer is not, so it comes from a grid of
# four values, and there are four programs.

import matplotlib.pyplot as plt
import numpy as np
import optuna
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

import skdeep
from skdeep.inspection import SearchDisplay
from skdeep.tabular import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(
    X / 16, y, test_size=0.4, stratify=y, random_state=0
)
EPOCHS_A_RUNG, RUNGS = 2, 16


def objective(trial):
    net = MLPClassifier(
        (trial.suggest_int("units", 32, 128, step=32),),
        learning_rate=trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True),
        dropout=trial.suggest_float("dropout", 0.05, 0.7),
        alpha=trial.suggest_float("alpha", 1e-6, 1e-2, log=True),
        batch_size=trial.suggest_int("batch_size", 32, 256, log=True),
        random_state=0,
    )
    for rung in range(RUNGS):
        net.partial_fit(X_train, y_train, classes=np.arange(10), epochs=EPOCHS_A_RUNG)
        loss = log_loss(y_val, net.predict_proba(X_val))
        trial.report(loss, rung)
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss


# %%
# Sixty trials
# ------------
# Hyperband halves several times: some brackets give up early, others late. It is told how many rungs there are, and
# parts the trials by the name of the study.

optuna.logging.set_verbosity(optuna.logging.WARNING)
compiled_before = skdeep.cache_info().misses
study = optuna.create_study(
    study_name="digits",
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.HyperbandPruner(
        min_resource=1, max_resource=RUNGS, reduction_factor=3
    ),
)
study.optimize(objective, n_trials=60)

rungs = [len(trial.intermediate_values) for trial in study.trials]
finished = sum(length == RUNGS for length in rungs)
print(
    f"{len(rungs)} trials, {finished} of them finished: "
    f"{sum(rungs)} of {len(rungs) * RUNGS} rungs trained"
)
print(f"{skdeep.cache_info().misses - compiled_before} compilations")
print(
    f"best loss {study.best_value:.3f} with",
    {name: float(f"{one:.3g}") for name, one in study.best_params.items()},
)

# %%
# How far each trial came
# -----------------------
# Grey lines end where the pruner gave up.

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for trial in study.trials:
    epochs = EPOCHS_A_RUNG * (np.array([*trial.intermediate_values]) + 1)
    values = [*trial.intermediate_values.values()]
    done = trial.state is optuna.trial.TrialState.COMPLETE
    ax.plot(
        epochs,
        values,
        color="#0072B2" if done else "#999999",
        linewidth=1.2 if done else 0.8,
        zorder=1 + done,
    )
    ax.plot(
        epochs[-1],
        values[-1],
        "o" if done else "x",
        color="#0072B2" if done else "#999999",
        markersize=4,
    )
best = study.best_trial
ax.plot(
    EPOCHS_A_RUNG * (np.array([*best.intermediate_values]) + 1),
    [*best.intermediate_values.values()],
    color="#D55E00",
    linewidth=2.5,
    zorder=3,
    label=f"best: {study.best_value:.3f}",
)
ax.plot([], [], color="#0072B2", label="finished")
ax.plot([], [], "x-", color="#999999", label="given up")
ax.set(xlabel="Epoch", ylabel="Validation loss", yscale="log")
ax.set_title("Most trials are given up long before the end", loc="left")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

# %%
# What was found
# --------------
# :class:`~skdeep.inspection.SearchDisplay` reads studies. Pale dots are trials that were given up, with the last loss
# that they had; the learning rate decides most.

display = SearchDisplay.from_study(study, summary="max")
for ax in display.axes_:
    ax.set(yscale="log", ylabel="validation loss" if ax.get_ylabel() else "")
display.figure_.suptitle("The learning rate decides most")
plt.show()
