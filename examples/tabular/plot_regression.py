"""
========================================
Regression: prices, quantiles and counts
========================================

Targets come in their own units, predictions too: they are standardised inside and restored. The loss says what is
predicted: the squared error the mean, the pinball loss a quantile, the Poisson loss the expected count.
"""

# %%
# Prices, and how far they spread
# -------------------------------
# Used cars lose value with every kilometre, in euros, and the newer the car, the wider the spread. Three nets with the
# pinball loss give the median and a band that holds nine prices in ten; the quantile is a number, so the three share
# one compiled program.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.losses import Pinball
from skdeep.tabular import MLPRegressor

random = np.random.default_rng(0)
kilometres = random.uniform(0, 250_000, 1500)
price = 2000 + 33_000 * np.exp(-kilometres / 70_000) * random.lognormal(0, 0.25, 1500)
X, X_new = kilometres[:, None], np.linspace(0, 250_000, 300)[:, None]


def net(loss):
    settings = {
        "learning_rate": 0.01,
        "learning_rate_schedule": "cosine",
        "batch_size": 50,
        "n_iter_no_change": np.inf,
    }
    mlp = MLPRegressor((32, 32), activation="gelu", loss=loss, random_state=0, **settings)
    return make_pipeline(StandardScaler(), mlp)


quantiles = {
    quantile: net(Pinball(quantile)).fit(X, price) for quantile in (0.05, 0.5, 0.95)
}
inside = (quantiles[0.05].predict(X) <= price) & (price <= quantiles[0.95].predict(X))
print(f"{inside.mean():.0%} of the prices lie in the band")

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
style = {"color": "#7F7F7F", "markersize": 2, "alpha": 0.6}
ax.plot(kilometres / 1000, price / 1000, ".", label="a car", **style)
low, median, high = (quantiles[quantile].predict(X_new) / 1000 for quantile in quantiles)
at = X_new[:, 0] / 1000
ax.fill_between(at, low, high, color="#56B4E9", alpha=0.4, label="nine in ten")
ax.plot(at, median, color="#0072B2", linewidth=2, label="median")
ax.set(xlabel="thousand kilometres", ylabel="price in thousand euros", ylim=(0, None))
ax.set_title("Quantiles show how far prices spread", loc="left")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, markerscale=4)
plt.show()

# %%
# Counts
# ------
# Visits to a shop within an hour, at 600 times of day. The net with the Poisson loss predicts the logarithm, so that it
# cannot predict less than nothing. One with the squared error can, and does, where visits are few.


def expected(hour):
    return (
        0.05
        + 4 * np.exp(-(((hour - 9) / 1.5) ** 2))
        + 9 * np.exp(-(((hour - 17) / 2.2) ** 2))
    )


hour, hour_new = random.uniform(0, 24, 600), np.linspace(0, 24, 300)
visits = random.poisson(expected(hour))
means = {}
for loss in ("squared_error", "poisson"):
    means[loss] = net(loss).fit(hour[:, None], visits).predict(hour_new[:, None])
    print(f"{loss}: at least {means[loss].min():.2f} visits")

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
jitter = random.uniform(-0.15, 0.15, len(visits))
ax.plot(hour, visits + jitter, ".", label="an hour", **style)
ax.plot(hour_new, expected(hour_new), "k:", linewidth=1.5, label="true mean")
ax.plot(
    hour_new, means["squared_error"], "--", color="#D55E00", lw=2, label="squared error"
)
ax.plot(hour_new, means["poisson"], color="#0072B2", linewidth=2, label="Poisson loss")
ax.set(xlabel="time of day", ylabel="visits", xticks=range(0, 25, 4))
ax.set(yscale="symlog", ylim=(-0.9, 30))
ax.set_yticks([0, 1, 3, 10, 30], ["0", "1", "3", "10", "30"])
ax.set_title("The squared error predicts less than no visits, Poisson never", loc="left")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, markerscale=4)
plt.show()
