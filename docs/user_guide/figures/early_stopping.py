"""Losses of a training that stops by itself, and what the diagnosis says of it."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep.tabular import MLPClassifier

X, y = load_breast_cancer(return_X_y=True)
X_train, _, y_train, _ = train_test_split(X, y, stratify=y, random_state=0)
net = MLPClassifier((50,), learning_rate=0.01, epochs=500, early_stopping=True, n_iter_no_change=10, random_state=0)
history = make_pipeline(StandardScaler(), net).fit(X_train, y_train)[-1].history_
epochs = range(1, len(history["loss"]) + 1)
best = min(epochs, key=lambda epoch: history["val_loss"][epoch - 1])

_, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(epochs, history["loss"], label="training")
ax.plot(epochs, history["val_loss"], label="validation")
ax.axvline(best, color="gray", linestyle=":")
ax.annotate(f"epoch {best} is kept", (best, 0.12), (6, 0), textcoords="offset points", color="dimgray")
ax.set(xlabel="epoch", ylabel="loss", ylim=(0, None), title="Stopped when the validation loss no longer fell")
ax.legend(frameon=False)
