"""Two years of carbon dioxide over Mauna Loa, forecast from the years before."""

import matplotlib.pyplot as plt
import statsmodels.api as sm

from skdeep.sequence import WindowForecaster

co2 = sm.datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
known, later = co2[:-24], co2[-24:]
forecaster = WindowForecaster(horizon=24, random_state=0).fit(known)
forecast = forecaster.predict()
bounds = forecaster.predict_interval(coverage=0.9)
error = (forecast - later).abs().mean()

_, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
ax.plot(known[-48:].index, known[-48:], color="gray", label="known")
ax.plot(later.index, later, color="black", label="came later")
ax.plot(later.index, forecast, color="tab:blue", label="forecast")
ax.fill_between(later.index, *bounds.to_numpy().T, color="tab:blue", alpha=0.2, label="interval of 90 %")
ax.set(ylabel="CO2, parts per million", title=f"Two years ahead, wrong by {error:.1f} parts per million")
ax.legend(frameon=False, loc="upper left")
