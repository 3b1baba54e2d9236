"""
============================
Digits as codes, and cleaned
============================

An autoencoder makes a short code of each row, and the row of the code. Two numbers are enough for a map of digits;
sixteen are enough to make them again, and too few for noise.
"""

# %%
# A map
# -----
# PCA finds the plane in which digits differ most. An autoencoder may bend it. Neither is told which digit is which; the
# colours are there to see by.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skdeep.decomposition import Autoencoder
from skdeep.inspection import EmbeddingDisplay, ReconstructionDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=500, random_state=0
)

maps = {
    "PCA": PCA(2, random_state=0).fit(X_train),
    "autoencoder": Autoencoder(
        2, hidden_layer_sizes=(256, 64), noise=0.3, epochs=100, random_state=0
    ).fit(X_train),
}
figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
for ax, (name, model) in zip(axes, maps.items(), strict=True):
    EmbeddingDisplay.from_estimator(model, X_test, y_test, ax=ax)
    neighbours = KNeighborsClassifier().fit(model.transform(X_train), y_train)
    right = neighbours.score(model.transform(X_test), y_test)
    ax.set_title(f"{name}: neighbours name {right:.0%}", loc="left")
figure.suptitle("Two numbers for each digit: an autoencoder keeps more than PCA")
plt.show()

# %%
# Noise, taken out
# ----------------
# A net that was shown noise in training, and had to make clean digits of it, does so with new ones. The noise is a
# number of the compiled program, so that a search for the best of it compiles once; here two values are compared.

rng = np.random.default_rng(0)
noisy = X_test + rng.normal(scale=0.3, size=X_test.shape)
nets = {
    noise: Autoencoder(16, noise=noise, epochs=60, random_state=0).fit(X_train)
    for noise in (0.0, 0.8)
}
for noise, net in nets.items():
    error = np.square(net.reconstruct(noisy) - X_test).mean()
    print(f"trained with noise {noise}: squared error of cleaned digits {error:.4f}")
print(f"left as they are: {np.square(noisy - X_test).mean():.4f}")

# %%
# Images may stay images: convolutions make the code, and images come back. On pictures of eight by eight pixels they do
# about as well as dense layers.

as_images = X_train.reshape(-1, 8, 8)
convolutional = Autoencoder(
    16, architecture="conv", noise=0.8, epochs=60, random_state=0
).fit(as_images)
cleaned = convolutional.reconstruct(noisy.reshape(-1, 8, 8))
error = np.square(cleaned.reshape(X_test.shape) - X_test).mean()
print(
    f"convolutions: images of shape {cleaned.shape[1:]}, "
    f"squared error of cleaned digits {error:.4f}"
)

figure, axes = plt.subplots(3, 10, figsize=(10, 3.2), layout="constrained")
for row, sheet, name in zip(
    axes, (X_test, noisy, cleaned), ("digit", "with noise", "cleaned"), strict=True
):
    for ax, image in zip(row, sheet, strict=False):
        ax.imshow(image.reshape(8, 8), cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)
figure.suptitle("Noise, taken out of digits that the net has never seen")
plt.show()

# %%
# What it cannot make
# -------------------
# The digits that come out worst are those that few others look like: `score_samples` finds what is odd.

display = ReconstructionDisplay.from_estimator(
    nets[0.8], X_test, n_samples=6, worst=True, image_shape=(8, 8)
)
display.figure_.suptitle("The oddest digits, and what the net makes of them")
plt.show()
