"""Wrappers, and estimators of scikeras, in our displays, samplers and metrics."""

import keras
import matplotlib as mpl
import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.metrics import balanced_accuracy_score

from skdeep.inspection import (
    EmbeddingDisplay,
    FiltersDisplay,
    LossCurveDisplay,
    MisclassifiedDisplay,
    OcclusionDisplay,
    ReconstructionDisplay,
    TrainingDiagnosisDisplay,
)
from skdeep.metrics import imbalance_scoring
from skdeep.over_sampling import NDResampler
from skdeep.wrappers import KerasClassifier, KerasTransformer

mpl.use("Agg")
digits, labels = (part[:200] for part in load_digits(return_X_y=True))
digits = digits / 16
pictures = digits.reshape(-1, 8, 8, 1)
SETTINGS = {"loss": "sparse_categorical_crossentropy", "epochs": 2, "verbose": 0, "random_state": 0}


def convolutional(meta):
    inputs = keras.Input((8, 8, 1))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="maps")(inputs)
    flat = keras.layers.Flatten()(maps)
    return keras.Model(inputs, keras.layers.Dense(meta["n_classes_"], activation="softmax")(flat))


def autoencoder(meta):
    parts = [keras.Input((64,)), keras.layers.Dense(2, name="code"), keras.layers.Dense(64)]
    return keras.Sequential(parts)


def ours():
    return KerasClassifier(convolutional, validation_split=0.2, **SETTINGS)


@pytest.fixture(params=["ours", "theirs"])
def net(request):
    if request.param == "ours":
        return ours()
    wrappers = request.getfixturevalue("theirs")
    return wrappers.KerasClassifier(convolutional, validation_split=0.2, **SETTINGS)


def test_displays_of_what_estimators_predict_and_remember(net):
    net.fit(pictures, labels)
    curve = LossCurveDisplay.from_estimator(net)
    assert_allclose(curve.ax_.lines[0].get_ydata(), net.history_["loss"])
    shown = MisclassifiedDisplay.from_estimator(net, pictures, labels, n_images=3)
    assert len(shown.axes_) >= 3
    assert OcclusionDisplay.from_estimator(net, pictures[:1]).figure_ is not None


def test_displays_of_weights_and_of_training():
    net = ours().set_params(epochs=5).fit(pictures, labels)
    assert_array_equal(FiltersDisplay.from_estimator(net).filters, net.model_.get_layer("maps").get_weights()[0])
    assert net.paths_[0] == "maps/kernel"
    TrainingDiagnosisDisplay.from_estimator(net)


def test_displays_of_codes_and_of_rows_that_are_made_again():
    encoder = KerasTransformer(autoencoder, layer="code", **SETTINGS | {"loss": "mse"}).fit(digits)
    shown = EmbeddingDisplay.from_estimator(encoder, digits, labels)
    assert_allclose(shown.points, encoder.transform(digits))
    assert_allclose(encoder.reconstruct(digits), encoder.predict(digits))
    assert_allclose(encoder.transform(digits), digits @ encoder.weights_[0] + encoder.weights_[1], atol=1e-5)
    ReconstructionDisplay.from_estimator(encoder, digits)


def test_an_encoder_that_was_taught_labels_makes_no_rows_again():
    encoder = KerasTransformer(autoencoder, layer="code", **SETTINGS | {"loss": "mse"})
    assert hasattr(encoder.fit(digits), "reconstruct")
    assert not hasattr(encoder.fit(digits, digits[:, ::-1]), "reconstruct")


def test_samplers_of_pictures_and_metrics_of_imbalance(net):
    rare = np.flatnonzero((labels != 3) | (np.arange(len(labels)) < 40))
    X, y = pictures[rare], labels[rare]
    pipeline = make_pipeline(NDResampler(RandomOverSampler(random_state=0)), net).fit(X, y)
    scores = {name: scorer(pipeline, X, y) for name, scorer in imbalance_scoring().items()}
    assert_allclose(scores["balanced_accuracy"], balanced_accuracy_score(y, pipeline.predict(X)))
