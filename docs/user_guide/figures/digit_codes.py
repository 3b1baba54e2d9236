"""Digits as two numbers each, of PCA and of an autoencoder."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skdeep.decomposition import Autoencoder

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
coders = {"PCA": PCA(2, random_state=0), "Autoencoder": Autoencoder(2, epochs=100, random_state=0)}

figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.6), layout="constrained")
figure.suptitle("Two numbers for each digit: an autoencoder keeps more than PCA")
for ax, (name, coder) in zip(axes, coders.items(), strict=True):
    shown, new = coder.fit(X_train).transform(X_train), coder.transform(X_test)
    right = KNeighborsClassifier().fit(shown, y_train).score(new, y_test)
    ax.set_title(f"{name}: neighbours name {right:.0%}", fontsize=11)
    for digit in range(10):
        ax.plot(*new[y_test == digit].T, "o", markersize=3, color=f"C{digit}", label=str(digit))
    ax.set(xticks=[], yticks=[])
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False, markerscale=2)
