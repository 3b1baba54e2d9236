"""The digits that a small net gets wrong, and where it looks for an eight."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdeep.image import CNNClassifier, Small
from skdeep.inspection import OcclusionDisplay

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images.astype(np.uint8), digits.target, stratify=digits.target, random_state=0
)
net = CNNClassifier(Small(width=0.5), epochs=10, random_state=0).fit(X_train, y_train)
probability = net.predict_proba(X_test)
predicted = net.predict(X_test)
wrong = np.flatnonzero(predicted != y_test)
surest = wrong[np.argsort(-probability[wrong].max(axis=1))][:4]

figure, axes = plt.subplots(1, 5, figsize=(7.5, 2.3), layout="constrained")
figure.suptitle(f"{len(wrong)} of {len(y_test)} digits are wrong; the surest errors, and what matters for an 8")
for ax, row in zip(axes, surest, strict=False):
    ax.imshow(X_test[row], cmap="gray_r")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    ax.set_title(f"{y_test[row]}, called {predicted[row]}\n({probability[row].max():.0%} sure)", fontsize=10)
eights = X_test[y_test == 8]
OcclusionDisplay.from_estimator(net, eights, np.full(len(eights), 8), ax=axes[-1], colorbar=False, random_state=0)
axes[-1].set_title("loss where an 8\nis covered", fontsize=10)
