"""
=======================================
Two answers from one model: what share?
=======================================

A small model answers two questions about a picture. What it learns for one takes room from the other, and the weights
of the two losses say how much. They are numbers of the compiled program, so a search over them compiles once.
"""

# %%
# Turned digits
# -------------
# Each digit was turned by an angle of up to 45 degrees. The model is to say which digit it is, and by how much it was
# turned.

import keras
import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import rotate
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, mean_absolute_error
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep.wrappers import BaseWrapper

random = np.random.default_rng(0)
digits = load_digits()
angles = random.uniform(-45, 45, len(digits.target))
turned = [
    rotate(image / 16, angle, reshape=False, order=1)
    for image, angle in zip(digits.images, angles, strict=True)
]
X = np.reshape(turned, (len(turned), 64)).astype("float32")
y = np.column_stack([digits.target, angles])

# %%
# One model, two outputs
# ----------------------
# y is one array with two columns, so that a search can cut rows out of it. The encoder takes it apart for the model,
# and puts together what the model says. Angles are divided by 45, to be numbers between -1 and 1.


class DigitAndAngle(TransformerMixin, BaseEstimator):
    def fit(self, y):
        return self

    def transform(self, y):
        return {"digit": y[:, 0], "angle": y[:, 1] / 45}

    def inverse_transform(self, outputs):
        return np.column_stack(
            [outputs["digit"].argmax(axis=1), 45 * outputs["angle"][:, 0]]
        )


class TwoAnswers(BaseWrapper):
    @property
    def target_encoder(self):
        return DigitAndAngle()


def two_outputs(meta, units=16):
    inputs = keras.Input((meta["n_features_in_"],))
    shared = keras.layers.Dense(units, activation="relu")(inputs)
    outputs = {
        "digit": keras.layers.Dense(10, activation="softmax", name="digit")(shared),
        "angle": keras.layers.Dense(1, name="angle")(shared),
    }
    return keras.Model(inputs, outputs)


model = TwoAnswers(
    two_outputs,
    loss={"digit": "sparse_categorical_crossentropy", "angle": "mse"},
    optimizer="adam",
    optimizer__learning_rate=0.004,
    epochs=30,
    batch_size=64,
    verbose=0,
    random_state=0,
)

# %%
# A search over the weights
# -------------------------
# Six shares of the angle in the loss, two sizes of the shared layer, three folds: 36 fits. Each size is a program; the
# weights of the losses are numbers.

shares = [0.1, 0.5, 0.8, 0.95, 0.98, 0.99]
grid = {
    "model__units": [12, 48],
    "compile__loss_weights": [{"digit": 1 - share, "angle": share} for share in shares],
}
scoring = {
    "accuracy": lambda model, X, y: accuracy_score(y[:, 0], model.predict(X)[:, 0]),
    "error": lambda model, X, y: mean_absolute_error(y[:, 1], model.predict(X)[:, 1]),
}
compiled_before = skdeep.cache_info().misses
search = GridSearchCV(model, grid, scoring=scoring, cv=3, refit=False).fit(X, y)
print(
    f"{3 * len(search.cv_results_['params'])} fits, "
    f"{skdeep.cache_info().misses - compiled_before} compilations"
)

# %%
# The trade-off
# -------------
# The percentages are the share of the angle in the loss. Better is up and left. The small model has to choose: the last
# degree of the angle costs a third of the digits. The large one has room for both, and beats the small one at any
# share.

results = search.cv_results_
figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
for units, color in zip(grid["model__units"], ("#E69F00", "#0072B2"), strict=True):
    rows = results["param_model__units"] == units
    errors, accuracies = (
        results["mean_test_error"][rows],
        results["mean_test_accuracy"][rows],
    )
    ax.plot(errors, accuracies, "o-", color=color, label=f"{units} shared units")
    for share, error, accuracy in zip(shares, errors, accuracies, strict=True):
        ax.annotate(
            f"{share:.0%}",
            (error, accuracy),
            xytext=(7, -9),
            textcoords="offset points",
            fontsize="small",
        )
ax.set(xlabel="Mean error of the angle, in degrees", ylabel="Accuracy of the digit")
ax.set_title("A small net has to choose between two answers, a large one not", loc="left")
ax.legend(frameon=False, loc="lower right")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
