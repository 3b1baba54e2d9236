"""
===================================
From the perceptron to the deep net
===================================

Without hidden layers, `MLPClassifier` is the perceptron: it parts the plane with a straight line. Units of a hidden
layer bend it, and further layers fold what the first has bent. The activation gives the bends their shape.
"""

# %%
# More units, more layers
# -----------------------

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from sklearn.datasets import make_circles, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.tabular import MLPClassifier


def spirals(n_rows):
    random = np.random.default_rng(0)
    along, y = 3 * np.pi * np.sqrt(random.random(n_rows)), random.integers(0, 2, n_rows)
    arm = (
        np.where(y, 1, -1)[:, None]
        * along[:, None]
        * np.column_stack([np.cos(along), np.sin(along)])
    )
    return arm + 0.4 * random.standard_normal(arm.shape), y


def draw(ax, hidden_layer_sizes, X, y, **settings):
    """Fit a net, show the probability of one class in the background, and say how many
    rows are right.
    """
    settings = {
        "learning_rate": 0.01,
        "epochs": 200,
        "batch_size": 50,
        "n_iter_no_change": np.inf,
        **settings,
    }
    net = make_pipeline(
        StandardScaler(), MLPClassifier(hidden_layer_sizes, random_state=0, **settings)
    ).fit(X, y)
    surface = {
        "response_method": "predict_proba",
        "grid_resolution": 200,
        "plot_method": "pcolormesh",
        "eps": 0.5,
    }
    DecisionBoundaryDisplay.from_estimator(
        net, X, ax=ax, cmap="PuOr", vmin=-0.8, vmax=1.8, **surface
    )
    ax.scatter(
        *X.T,
        c=y,
        cmap=ListedColormap(["#B35806", "#542788"]),
        s=14,
        edgecolor="white",
        linewidth=0.5,
    )
    ax.set(xticks=[], yticks=[], xlabel=f"{net.score(X, y):.0%} right", ylabel="")
    ax.spines[:].set_visible(False)


tasks = {
    "Moons": make_moons(300, noise=0.2, random_state=0),
    "Circles": make_circles(300, noise=0.12, factor=0.5, random_state=0),
    "Spirals": spirals(300),
}
nets = {"Perceptron\n()": (), "(3,)": (3,), "(20,)": (20,), "(20, 20, 20)": (20, 20, 20)}

figure, axes = plt.subplots(3, 4, figsize=(10, 8), layout="constrained")
for row, (task, (X, y)) in zip(axes, tasks.items(), strict=True):
    for ax, sizes in zip(row, nets.values(), strict=True):
        draw(ax, sizes, X, y)
    row[0].set_ylabel(task, fontsize="large")
for ax, name in zip(axes[0], nets, strict=True):
    ax.set_title(name)
figure.suptitle("More units bend the line, more layers fold it")
plt.show()

# %%
# Activations
# -----------
# The same spirals and the same three layers. The ReLU and its kin make edges, the smooth ones make curves. The sigmoid
# hands on too little of its gradient for three layers to learn in this time, which is why it is seldom stacked.

names = ["relu", "leaky_relu", "maxout", "gelu", "tanh", "sigmoid"]
figure, axes = plt.subplots(2, 3, figsize=(10, 6.8), layout="constrained")
for ax, name in zip(axes.flat, names, strict=True):
    draw(ax, (20, 20, 20), *tasks["Spirals"], activation=name)
    ax.set_title(name)
figure.suptitle("Edges by ReLU and its kin, curves by smooth activations")
plt.show()
