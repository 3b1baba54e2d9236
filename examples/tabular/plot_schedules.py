"""
=======================
Learning rate schedules
=======================

A schedule lowers the learning rate over the course of training, some after a rise. Large steps travel far, small steps
settle down; a schedule has both.
"""

# %%
# Eight schedules, the same net
# -----------------------------
# A schedule is a function of the fraction of training that is done, so it means the same for any number of epochs. It
# goes by its name or, with other parameters, as an object.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from skdeep.schedules import CosineDecay
from skdeep.tabular import MLPRegressor

random = np.random.default_rng(0)
X = random.uniform(-3, 3, (2000, 2))
y = np.sin(2 * X[:, 0]) * np.cos(2 * X[:, 1]) + 0.2 * random.standard_normal(len(X))
X, X_val, y, y_val = train_test_split(X, y, test_size=0.5, random_state=0)


def trained(schedule):
    net = MLPRegressor(
        (64, 64), activation="gelu", learning_rate=0.02,
        learning_rate_schedule=schedule, epochs=80, batch_size=16,
        n_iter_no_change=np.inf, random_state=0,
    )  # fmt: skip
    return net.fit(X, y, X_val=X_val, y_val=y_val)


schedules = {
    "constant": "constant",
    "inverse_time": "inverse_time",
    "step": "step",
    "exponential": "exponential",
    "linear": "linear",
    "CosineDecay(warmup=0.2)": CosineDecay(warmup=0.2),
    "one_cycle": "one_cycle",
    "reduce_on_plateau": "reduce_on_plateau",
}
nets = {name: trained(schedule) for name, schedule in schedules.items()}

# %%
# What they do
# ------------
# The grey area is the learning rate, the line the validation loss; the thin line repeats that of the constant rate,
# which jumps about until the end.

figure, axes = plt.subplots(
    2, 4, figsize=(11, 5), layout="constrained", sharex=True, sharey=True
)
for ax, (name, net) in zip(axes.flat, nets.items(), strict=True):
    epochs = range(1, len(net.loss_curve_) + 1)
    rate = ax.twinx()
    rate.fill_between(epochs, net.history_["learning_rate"], color="#CCCCCC", linewidth=0)
    rate.set(ylim=(0, 0.06), yticks=[])
    ax.set_zorder(rate.get_zorder() + 1)
    ax.patch.set_visible(False)
    ax.plot(epochs, nets["constant"].history_["val_loss"], color="#7F7F7F", linewidth=0.8)
    ax.plot(epochs, net.history_["val_loss"], color="#D55E00", linewidth=2)
    ax.set_title(name, loc="left", fontsize="medium")
    ax.text(
        0.97,
        0.93,
        f"R² = {net.score(X_val, y_val):.2f}",
        transform=ax.transAxes,
        ha="right",
        va="top",
    )
    ax.set(ylim=(0, 1))
    for each in (ax, rate):
        each.spines[["top", "right"]].set_visible(False)
figure.suptitle(
    "One net, eight schedules: the rate (grey) decides how far the loss (orange) falls"
)
figure.supxlabel("Epoch")
figure.supylabel("Validation loss")
plt.show()
