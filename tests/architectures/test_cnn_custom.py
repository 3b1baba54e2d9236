"""Every measure of a custom net against the same net written by hand in Keras, with the same weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from numpy.testing import assert_allclose

from skdeep.image import CNNClassifier, CNNRegressor, Custom
from tests.nets import on

X = np.random.default_rng(0).integers(0, 256, (12, 9, 8, 2)).astype(np.uint8)
LABELS = np.arange(12) % 3
SETTINGS = {
    "filters": (2, 3),
    "head": (4,),
    "epochs": 1,
    "dtype": "float64",
    "random_state": 0,
}


def convolution(filters, size=3, **given):
    return layers.Conv2D(filters, size, **{"padding": "same", "activation": "relu"} | given)


def max_pooling(size=2):
    return layers.MaxPooling2D(size)


def head(units=4):
    return [layers.Flatten(), layers.Dense(units, activation="relu")]


def plain():
    return [convolution(2), max_pooling(), convolution(3), max_pooling()]


def normalised(filters):
    return [
        convolution(filters, use_bias=False, activation=None),
        layers.BatchNormalization(epsilon=1e-5),
        layers.ReLU(),
        max_pooling(),
    ]


# Parameters, and the layers between the rescaled images and the output.
BY_HAND = {
    "defaults": ({}, lambda: [*plain(), *head()]),
    "filters": ({"filters": (5,)}, lambda: [convolution(5), max_pooling(), *head()]),
    "one number of filters": ({"filters": 5}, lambda: [convolution(5), max_pooling(), *head()]),
    "no filters": ({"filters": ()}, lambda: [*head()]),
    "kernel_size": (
        {"kernel_size": 5},
        lambda: [convolution(2, 5), max_pooling(), convolution(3, 5), max_pooling(), *head()],
    ),
    "kernel_size of two numbers": (
        {"kernel_size": (1, 4)},
        lambda: [convolution(2, (1, 4)), max_pooling(), convolution(3, (1, 4)), max_pooling(), *head()],
    ),
    "kernel_size of each": (
        {"kernel_size": [5, (2, 3)]},
        lambda: [convolution(2, 5), max_pooling(), convolution(3, (2, 3)), max_pooling(), *head()],
    ),
    "two kernel sizes": (
        {"kernel_size": [5, 1]},
        lambda: [convolution(2, 5), max_pooling(), convolution(3, 1), max_pooling(), *head()],
    ),
    "pairs in a tuple": (
        {"kernel_size": ((5, 1), (2, 3))},
        lambda: [convolution(2, (5, 1)), max_pooling(), convolution(3, (2, 3)), max_pooling(), *head()],
    ),
    "kernels larger than the maps": (
        {"kernel_size": 11},
        lambda: [convolution(2, 11), max_pooling(), convolution(3, 11), max_pooling(), *head()],
    ),
    "strides": (
        {"strides": (2, 1), "pool_size": [2, (1, 2)]},
        lambda: [
            *(convolution(2, strides=(2, 1)), max_pooling(), convolution(3, strides=(2, 1)), max_pooling((1, 2))),
            *head(),
        ],
    ),
    "strides of each": (
        {"strides": [1, 2], "pooling": None},
        lambda: [convolution(2), convolution(3, strides=2), *head()],
    ),
    "padding": (
        {"padding": "valid", "filters": (2,)},
        lambda: [convolution(2, padding="valid"), max_pooling(), *head()],
    ),
    "padding of two": (
        {"padding": "valid", "kernel_size": [4, 2], "pool_size": [2, 1]},
        lambda: [convolution(2, 4, padding="valid"), max_pooling(), convolution(3, 2, padding="valid"), *head()],
    ),
    "average pooling": (
        {"pooling": "average"},
        lambda: [convolution(2), layers.AveragePooling2D(2), convolution(3), layers.AveragePooling2D(2), *head()],
    ),
    "no pooling": ({"pooling": None}, lambda: [convolution(2), convolution(3), *head()]),
    "pool_size": (
        {"pool_size": [(4, 3), (2, 1)]},
        lambda: [convolution(2), max_pooling((4, 3)), convolution(3), max_pooling((2, 1)), *head()],
    ),
    "no head": ({"head": ()}, lambda: [*plain(), layers.Flatten()]),
    "a long head": ({"head": [5, 3]}, lambda: [*plain(), *head(5), layers.Dense(3, activation="relu")]),
    "head of averages": ({"head": "average"}, lambda: [*plain(), layers.GlobalAveragePooling2D()]),
    "activation": (
        {"activation": "tanh", "head": ()},
        lambda: [
            *(convolution(2, activation="tanh"), max_pooling(), convolution(3, activation="tanh"), max_pooling()),
            layers.Flatten(),
        ],
    ),
    "normalization": ({"normalization": "batch"}, lambda: [*normalised(2), *normalised(3), *head()]),
    "dropout and augmentation": ({"dropout": 0.4, "augmentation": ["flip", "mixup"]}, lambda: [*plain(), *head()]),
}  # fmt: skip


def by_hand(makers, outputs, weights, images=X):
    """The logits of a Keras net with these layers and weights, for images divided by 255."""
    keras.config.set_dtype_policy("float64")
    try:
        net = keras.Sequential([keras.Input(images.shape[1:], dtype="float64"), *makers(), layers.Dense(outputs)])
    finally:
        keras.config.set_dtype_policy("float32")
    net.set_weights(weights)
    return np.asarray(net(tf.constant(images / 255), training=False))  # Keras rounds NumPy arrays to float32


@pytest.mark.parametrize("case", BY_HAND)
def test_a_custom_net_is_the_one_written_by_hand(case):
    parameters, makers = BY_HAND[case]
    model = CNNClassifier(**on(Custom, **SETTINGS | parameters)).fit(X, LABELS)
    assert_allclose(model.weights_[1], [255.0**2] * 2)
    assert_allclose(model.decision_function(X), by_hand(makers, 3, model.weights_[2:]), rtol=1e-9, atol=1e-10)


def test_the_defaults_of_a_custom_net():
    model = CNNClassifier(Custom(), epochs=1, dtype="float64", random_state=0).fit(X, LABELS)
    expected = by_hand(
        lambda: [convolution(32), max_pooling(), convolution(64), max_pooling(), *head(128)], 3, model.weights_[2:]
    )
    assert_allclose(model.decision_function(X), expected, rtol=1e-9, atol=1e-10)


def test_a_custom_net_may_regress():
    y = X.mean(axis=(1, 2, 3))
    model = CNNRegressor(**on(Custom, **SETTINGS)).fit(X, y)
    expected = by_hand(lambda: [*plain(), *head()], 1, model.weights_[2:])[:, 0] * y.std() + y.mean()
    assert_allclose(model.predict(X), expected, rtol=1e-9)


@pytest.mark.parametrize(
    "parameters", [{"padding": "valid"}, {"strides": 2}, {"pool_size": 3}, {"kernel_size": (4, 2)}], ids=str
)
def test_images_of_one_row_are_neither_convolved_nor_pooled_across_it(parameters):
    row = X.reshape(12, 1, 36, 4)
    model = CNNClassifier(**on(Custom, **SETTINGS | {"filters": (2,)} | parameters)).fit(row, LABELS)
    along = {"kernel_size": 3, "strides": 1, "pool_size": 2} | parameters
    kernel = parameters.get("kernel_size", (3, 3))[1]
    expected = by_hand(
        lambda: [
            convolution(2, (1, kernel), strides=(1, along["strides"]), padding=parameters.get("padding", "same")),
            max_pooling((1, along["pool_size"])),
            *head(),
        ],
        3, model.weights_[2:], row,
    )  # fmt: skip
    assert_allclose(model.decision_function(row), expected, rtol=1e-9, atol=1e-10)


def test_the_sizes_that_fit_exactly_are_accepted():
    for parameters in (
        {"padding": "valid", "kernel_size": (9, 8), "pooling": None, "filters": (2,)},
        {"pool_size": (9, 8), "filters": (2,)},
        {"padding": "valid", "kernel_size": [(5, 4), (1, 2)], "pool_size": [(5, 2), (1, 1)]},
    ):
        model = CNNClassifier(**on(Custom, **SETTINGS | parameters)).fit(X, LABELS)
        assert np.isfinite(model.decision_function(X)).all()
