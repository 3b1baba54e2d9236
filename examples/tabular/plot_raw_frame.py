"""
=====================================================
A raw frame end to end in ten lines, and beside trees
=====================================================

Dates, strings, categories, booleans, numbers, and values that are missing: `TabularRegressor` takes a frame as it is.
Nothing is encoded, scaled or filled in before it.
"""

# %%
# A frame as it comes
# -------------------
# Rents of bikes: how many depends on the hour and the day, smoothly; on the weather; on the station, of which there are
# forty, each with a demand of its own; and on how they go together.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 4000
when = pd.Timestamp("2025-01-01") + pd.to_timedelta(
    rng.integers(0, 365 * 24, n), unit="h"
)
station, demand = rng.integers(0, 40, n), rng.normal(0, 0.5, 40)
weather = rng.choice(["sun", "clouds", "rain", "snow"], n, p=[0.4, 0.35, 0.2, 0.05])
warmth = 12 - 10 * np.cos(2 * np.pi * when.day_of_year / 365) + rng.normal(0, 3, n)
free = (when.day_of_week >= 5) | (rng.random(n) < 0.03)
commute = np.where(
    free, 0, np.exp(-((when.hour - 8) ** 2) / 4) + np.exp(-((when.hour - 17) ** 2) / 6)
)
leisure = (
    np.where(free, 1.5, 0.6)
    * np.exp(-((when.hour - 14) ** 2) / 20)
    * np.clip(warmth / 20, 0.1, 1.5)
)
wet = (
    pd.Series(weather)
    .map({"sun": 0.2, "clouds": 0.0, "rain": -0.7, "snow": -1.2})
    .to_numpy()
)
y = 40 * (commute + leisure) * np.exp(demand[station] + wet) + rng.normal(0, 2, n)
X = pd.DataFrame(
    {
        "when": when,
        "station": pd.Categorical([f"station {number}" for number in station]),
        "weather": weather,
        "warmth": np.where(
            rng.random(n) < 0.1, np.nan, warmth
        ),  # the sensor fails now and then
        "free_day": free,
    }
)
print(X.head(4).to_string())

# %%
# Ten lines
# ---------
# The last month is to be predicted from the eleven before.

from sklearn.ensemble import HistGradientBoostingRegressor

from skdeep.tabular import TabularRegressor

past = X["when"] < "2025-12-01"
model = TabularRegressor(epochs=24, random_state=0).fit(X[past], y[past])
print(f"R2 {model.score(X[~past], y[~past]):.3f}")

# %%
# Beside trees
# ------------
# Boosted trees need the date taken apart and the strings declared first. They then make steps where the net draws
# curves: here for one station on a sunny working day in July.

apart = X.assign(
    hour=X["when"].dt.hour,
    day=X["when"].dt.day_of_week,
    weather=X["weather"].astype("category"),
)
apart = apart.assign(date=X["when"].dt.day_of_year).drop(columns="when")
trees = HistGradientBoostingRegressor(
    categorical_features="from_dtype", random_state=0
).fit(apart[past], y[past])
print(f"R2 of trees {trees.score(apart[~past], y[~past]):.3f}")

hours = pd.DataFrame(
    {
        "when": pd.Timestamp("2025-07-08")
        + pd.to_timedelta(np.arange(0, 24, 0.25), unit="h")
    }
)
day = hours.assign(station="station 3", weather="sun", warmth=22.0, free_day=False)
day["station"] = pd.Categorical(day["station"], categories=X["station"].cat.categories)
as_trees = day.assign(
    hour=day["when"].dt.hour,
    day=day["when"].dt.day_of_week,
    weather=pd.Categorical(day["weather"], categories=apart["weather"].cat.categories),
    date=day["when"].dt.day_of_year,
)[apart.columns]
at = np.arange(0, 24, 0.25)
truth = 40 * (
    np.exp(-((at - 8) ** 2) / 4)
    + np.exp(-((at - 17) ** 2) / 6)
    + 0.66 * np.exp(-((at - 14) ** 2) / 20)
)

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(at, truth * np.exp(demand[3] + 0.2), color="gray", linewidth=3, label="truth")
ax.plot(at, model.predict(day[X.columns]), color="#0072B2", label="net")
ax.plot(at, trees.predict(as_trees), color="#D55E00", label="trees")
ax.set(xlabel="hour", ylabel="bikes", xticks=range(0, 25, 4))
ax.set_title("A net draws curves where trees make steps", loc="left")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()

# %%
# A search over the frame
# -----------------------
# The folds know other categories and other medians, and share one program.

from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep.tabular.architectures import RealMLP

grid = {
    "learning_rate": [0.05, 0.2],
    "architecture__dropout": [0.05, 0.15],
    "weight_decay": [0.005, 0.02],
}
compiled_before = skdeep.cache_info().misses
net = TabularRegressor(RealMLP((64, 64)), n_estimators=1, epochs=12, random_state=0)
search = GridSearchCV(net, grid, cv=3).fit(X[past], y[past])
print(
    f"{3 * len(search.cv_results_['params']) + 1} fits, "
    f"{skdeep.cache_info().misses - compiled_before} compilations"
)
print(search.best_params_)
