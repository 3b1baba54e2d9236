"""
==================================
Forecasts, and what they must beat
==================================

`WindowForecaster` turns any regressor into a forecaster. Whether one is worth its while is seen beside two simple
methods: the last season again, and ridge on the same windows.
"""

# %%
# Carbon dioxide over Mauna Loa
# -----------------------------
# Weekly measurements, made monthly. The frequency of the index says that a season has twelve moments.

import matplotlib.pyplot as plt
import pandas as pd
import statsmodels.api as sm
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge

from skdeep.inspection import ForecastDisplay
from skdeep.sequence import WindowForecaster

co2 = sm.datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
train, test = co2[:-24], co2[-24:]
forecaster = WindowForecaster(horizon=24, random_state=0).fit(train)
print(
    f"{len(co2)} months, a season of {forecaster.season_}, "
    f"windows of {forecaster.window_}"
)

display = ForecastDisplay.from_estimator(
    forecaster, y_true=test, n_history=96, name="CO2, parts per million"
)
display.ax_.set_title("Two years ahead, beside the last season again", loc="left")
plt.show()

# %%
# Backtests
# ---------
# One forecast is an anecdote. A backtest makes one from each of many origins in the past, of what was known then, and
# measures the error in units of the change from one moment to the next. The forecaster is trained on the moments before
# the first origin.

result = forecaster.backtest(co2, initial=300, step=12)
print(result)

# %%
# Other regressors
# ----------------
# By default, small nets learn what a ridge regression leaves. A forest or ridge alone take their place by one argument.
# All of them read windows that are moved by their own level, so trees can follow a trend; the ridge of the backtest
# above reads windows as they are.

regressors = {
    "ridge and nets": None,
    "ridge": Ridge(),
    "forest": RandomForestRegressor(50, min_samples_leaf=3, n_jobs=2, random_state=0),
}


def compared(series, initial, step, **settings):
    """Return the errors of each regressor, and of the last season again."""
    errors = {}
    for name, regressor in regressors.items():
        found = WindowForecaster(regressor, random_state=0, **settings).backtest(
            series, initial=initial, step=step
        )
        errors[name] = found.mase["forecaster"]
    return pd.Series({"seasonal naive": found.mase["seasonal naive"]} | errors)


# %%
# Sunspots have a cycle of about eleven years, which is not always as long, and rises faster than it falls: nothing that
# a linear model can say exactly. The table has the errors of both series, averaged over all origins.

spots = sm.datasets.sunspots.load_pandas().data
sunspots = pd.Series(
    spots["SUNACTIVITY"].to_numpy(),
    pd.period_range(str(int(spots["YEAR"].iloc[0])), periods=len(spots), freq="Y"),
)
table = pd.DataFrame(
    {
        "CO2": compared(co2, 300, 24, horizon=24),
        "sunspots": compared(sunspots, 200, 4, horizon=8, window=33, season=11),
    }
)
print(table.round(3).to_string())

figure, axes = plt.subplots(
    1, 2, figsize=(9, 3), layout="constrained", sharex=True, sharey=True
)
for ax, name in zip(axes, table, strict=True):
    ax.barh(table.index[::-1], table[name][::-1], color=["#0072B2"] * 3 + ["#7F7F7F"])
    ax.set(xlabel="mean absolute scaled error")
    ax.set_title(name, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
figure.suptitle("Any regressor beats the last season for CO2, hardly one for sunspots")
plt.show()

# %%
# Take the simplest method whose error you cannot lower: where ridge does as well as nets, the series has nothing that
# is not linear, or has too few moments to show it. Intervals are as wide as errors were before, and know nothing else:
# not even that there are no fewer than zero sunspots.

forecaster = WindowForecaster(horizon=8, window=33, season=11, random_state=0)
display = ForecastDisplay.from_estimator(
    forecaster.fit(sunspots[:-8]),
    y_true=sunspots[-8:],
    n_history=60,
    name="sunspots",
)
display.ax_.set_title("No interval knows that sunspots are never below zero", loc="left")
plt.show()
