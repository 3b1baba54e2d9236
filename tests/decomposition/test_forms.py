"""Autoencoders of images, of series, and of layers that are trained one after the other."""

import itertools
import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep._engine.program import Program
from skdeep.decomposition import Autoencoder, VariationalAutoencoder

FLAT, LABELS = load_digits(return_X_y=True)
FLAT = FLAT[:300] / 16
IMAGES = FLAT.reshape(-1, 8, 8)
SMALL = {"n_components": 4, "epochs": 3, "batch_size": 50, "random_state": 0}
CONV = Autoencoder(architecture="conv", hidden_layer_sizes=(4, 6), **SMALL)
RNN = Autoencoder(architecture="rnn", hidden_layer_sizes=(5,), **SMALL)
CHECKED = {"n_components": 1, "epochs": 60, "learning_rate": 0.01, "batch_size": 100}


@parametrize_with_checks(
    [
        Autoencoder(architecture="conv", hidden_layer_sizes=(8,), **CHECKED),
        Autoencoder(architecture="rnn", hidden_layer_sizes=(8,), **CHECKED),
        Autoencoder(layerwise=True, hidden_layer_sizes=(8,), **CHECKED),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("model", [Autoencoder(**SMALL), CONV, RNN], ids=["dense", "conv", "rnn"])
def test_rows_come_back_in_the_shape_they_came_in(model):
    model = clone(model).fit(IMAGES)
    again = model.reconstruct(IMAGES)
    assert again.shape == IMAGES.shape
    assert_array_equal(model.inverse_transform(model.transform(IMAGES)), again)
    assert_array_equal(model.reconstruct(FLAT), again.reshape(300, 64))
    assert_allclose(model.score_samples(IMAGES), -np.square(again - IMAGES).mean(axis=(1, 2)), rtol=1e-5)
    assert_array_equal(model.transform(IMAGES.tolist()), model.transform(IMAGES))
    assert_allclose(model.model_.predict(model_rows(model), verbose=0).ravel(), again.ravel(), rtol=1e-4, atol=1e-6)
    loaded = pickle.loads(pickle.dumps(model))
    assert_array_equal(loaded.reconstruct(IMAGES), again)
    with pytest.raises(ValueError, match=r"shape \(8, 7\)"):
        model.transform(IMAGES[:, :, 1:])


def model_rows(model):
    """Return the images in the shape that the net of a model reads."""
    return IMAGES.reshape({"dense": (300, 64), "conv": (300, 8, 8, 1), "rnn": (300, 8, 8)}[model.architecture])


@pytest.mark.parametrize("form", [{}, CONV, RNN], ids=["dense", "conv", "rnn"])
def test_a_distribution_of_images_has_their_shape(form):
    form = form and {name: getattr(form, name) for name in ("architecture", "hidden_layer_sizes")}
    model = VariationalAutoencoder(**SMALL, **form, likelihood="bernoulli").fit(IMAGES)
    assert model.sample(3, random_state=0).shape == (3, 8, 8)
    assert model.reconstruct(IMAGES).shape == IMAGES.shape
    assert_allclose(model.reconstruct(FLAT), model.reconstruct(IMAGES).reshape(300, 64))
    assert_allclose(model.score_samples(FLAT), model.score_samples(IMAGES), rtol=1e-6)
    assert model.set_params(epochs=40).fit(IMAGES).score(IMAGES) > -40
    gaussian = VariationalAutoencoder(**SMALL, **form).fit(IMAGES)
    assert_allclose(gaussian.score_samples(FLAT), gaussian.score_samples(IMAGES), rtol=1e-6)
    assert_allclose(gaussian.sample(500, random_state=0).mean(), IMAGES.mean(), atol=0.1)


def test_flat_rows_are_images_of_a_shape():
    known, guessed = clone(CONV).set_params(image_shape=(8, 8)).fit(FLAT), clone(CONV).fit(FLAT)
    assert_array_equal(known.reconstruct(FLAT), guessed.reconstruct(FLAT))
    assert guessed.image_shape_ == (8, 8, 1)
    assert guessed.row_shape_ == (64,)
    wide = clone(CONV).set_params(image_shape=(4, 16)).fit(FLAT)
    assert wide.model_.input_shape == (None, 4, 16, 1)
    assert wide.reconstruct(FLAT).shape == (300, 64)


@pytest.mark.parametrize("shape", [(7, 5, 2), (1, 6), (9, 1), (3, 3)])
def test_images_of_any_size_are_made_again(shape):
    rows = np.random.default_rng(0).random((40, *shape))
    model = clone(CONV).fit(rows)
    assert model.reconstruct(rows).shape == rows.shape
    assert model.score(rows) == pytest.approx(-np.square(model.reconstruct(rows) - rows).mean(), rel=1e-5)


def test_bytes_stay_bytes_and_mean_the_same():
    images = (IMAGES * 255).astype(np.uint8)
    one, other = (clone(CONV).set_params(dtype="float32").fit(rows) for rows in (images, images.astype(np.float32)))
    assert one._net.signature.inputs[0][1].stored == "uint8"
    assert_allclose(one.reconstruct(images), other.reconstruct(images), rtol=1e-3, atol=0.1)


def test_convolutions_are_those_of_keras():
    model = clone(CONV).set_params(hidden_layer_sizes=(3,), dtype="float64").fit(IMAGES)
    mean, variance, first, first_bias, second, second_bias, third, third_bias, fourth, fourth_bias, *_ = model.weights_
    hidden = ((FLAT - mean) / np.sqrt(variance)).reshape(-1, 8, 8, 1)
    hidden = np.maximum(keras.ops.conv(hidden, first, 2, "same").numpy() + first_bias, 0)
    codes = hidden.reshape(300, -1) @ second + second_bias
    assert_allclose(model.transform(IMAGES), codes, rtol=1e-6)
    maps = np.maximum(codes @ third + third_bias, 0).reshape(-1, 4, 4, 3)
    again = keras.ops.conv_transpose(maps, fourth, 2, "same").numpy() + fourth_bias
    assert_allclose(model.reconstruct(FLAT), again.reshape(300, 64) * np.sqrt(variance) + mean, rtol=1e-6)


def test_what_is_asked_of_codes_is_asked_of_every_form():
    for model in (CONV, RNN):
        model = clone(model).set_params(
            sparsity=0.3, contraction=0.7, epochs=1, learning_rate=1e-12, batch_size=300, dtype="float64"
        )
        model.fit(IMAGES)
        codes = model.transform(FLAT)
        steps = [(model.transform(FLAT + 1e-6 * one) - codes) / 1e-6 for one in np.eye(64)]
        assert model.history_["sparsity"][0] == pytest.approx(np.abs(codes).mean(), rel=1e-4)
        assert model.history_["contraction"][0] == pytest.approx(np.square(steps).sum(axis=(0, 2)).mean(), rel=1e-3)
        model.set_params(noise=0.5, learning_rate=0.01, epochs=3).fit(IMAGES)
        assert model.history_["loss"][2] < model.history_["loss"][0]


def test_a_recurrent_code_knows_more_of_waves_than_a_linear_one():
    rng = np.random.default_rng(0)
    frequency, phase = rng.uniform(0.2, 0.5, (400, 1)), rng.uniform(0, 2, (400, 1))
    waves = np.sin(frequency * np.arange(20) + phase)
    model = Autoencoder(2, architecture="rnn", hidden_layer_sizes=(24,), epochs=60, random_state=0).fit(waves[:300])
    pca = PCA(2).fit(waves[:300])
    linear = np.square(pca.inverse_transform(pca.transform(waves[300:])) - waves[300:]).mean()
    assert -model.score(waves[300:]) < linear


def test_layers_are_trained_one_after_the_other():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append([weight.copy() for weight in self.model.get_weights()])

    model = Autoencoder(
        2, hidden_layer_sizes=(6, 3), layerwise=True, epochs=4, callbacks=[Watch()], random_state=0, batch_size=50
    ).fit(FLAT)
    assert model.n_epochs_ == len(seen) == 3 * 1 + 4
    # The callback sees encoder and decoder as one net, which begins with the mean and the variance of rows.
    kernels = [[weights[index] for index in (2, 4, 6, 8, 10, 12)] for weights in seen]
    moved = [
        [bool((one != other).any()) for one, other in zip(*pair, strict=True)] for pair in itertools.pairwise(kernels)
    ]
    assert moved[0] == [False, True, False, False, True, False]
    assert moved[1] == [False, False, True, True, False, False]
    assert moved[2:] == [[True] * 6] * 4


def test_the_first_stage_makes_rows_again_without_what_is_between():
    still = Autoencoder(
        2, hidden_layer_sizes=(6,), layerwise=True, epochs=1, learning_rate=1e-12, batch_size=300, random_state=0,
        dtype="float64",
    ).fit(FLAT)  # fmt: skip
    mean, variance, first, first_bias, _, _, _, _, last, last_bias, *_ = still.weights_
    hidden = np.maximum((FLAT - mean) / np.sqrt(variance) @ first + first_bias, 0)
    again = (hidden @ last + last_bias) * np.sqrt(variance) + mean
    whole = -still.score(FLAT)
    assert_allclose(still.loss_curve_, [np.square(again - FLAT).mean(), whole, whole], rtol=1e-6)


def test_it_helps_a_deep_net_of_sigmoids():
    deep = Autoencoder(
        4, hidden_layer_sizes=(32, 24, 16), activation="sigmoid", epochs=60, batch_size=30, random_state=0
    )
    plain, stacked = deep.fit(FLAT).score(FLAT), clone(deep).set_params(layerwise=True).fit(FLAT).score(FLAT)
    assert stacked > 0.96 * plain


def test_stages_stop_early_by_what_the_whole_net_does(monkeypatch):
    built = []
    init = Program.__init__
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or init(self, *spec))
    model = Autoencoder(hidden_layer_sizes=(9,), layerwise=True, early_stopping=True, **SMALL)
    model.fit(FLAT[:200], X_val=FLAT[200:])
    assert model.best_validation_score_ == pytest.approx(model.score(FLAT[200:]), rel=1e-5)
    n_built = len(built)
    model.set_params(random_state=5, learning_rate=0.01).fit(FLAT[:200], X_val=FLAT[200:])
    assert len(built) == n_built == 3
    model.set_params(early_stopping=False).partial_fit(FLAT)
    assert model.set_params(warm_start=True).fit(FLAT).n_epochs_ == 2 + 3 + 1 + 3


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (Autoencoder(image_shape=(8, 8)), FLAT, "image_shape=.* needs architecture='conv', got 'dense'"),
        (clone(CONV).set_params(tied_weights=True), FLAT, "tied_weights=True needs architecture='dense', got 'conv'"),
        (clone(RNN).set_params(layerwise=True), FLAT, "layerwise=True needs architecture='dense', got 'rnn'"),
        (Autoencoder(hidden_layer_sizes=(), layerwise=True), FLAT, "layerwise=True needs a hidden layer"),
        (clone(RNN).set_params(hidden_layer_sizes=()), FLAT, "architecture='rnn' needs a hidden layer"),
        (clone(CONV).set_params(image_shape=(5, 5)), FLAT, "image_shape=.* does not fit rows of 64"),
        (clone(CONV).set_params(architecture="lstm"), FLAT, "The 'architecture' parameter"),
        (clone(CONV).set_params(n_components=65), FLAT, "n_components=65 is more than the 64 values of a row"),
        (RNN, [np.ones((3, 2)), np.ones((4, 2))], "rows of X have different shapes: .*SequencePadder"),
        (RNN, np.full((5, 3, 2), np.nan), "Input X contains NaN"),
        (CONV, np.full((5, 8, 8), np.inf), "Input X contains infinity"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(model, rows, message):
    with pytest.raises(ValueError, match=message):
        clone(model).fit(rows)


def test_sparse_rows_are_for_dense_layers():
    for model in (CONV, RNN):
        with pytest.raises(TypeError, match=r"[Ss]parse"):
            clone(model).fit(sparse.csr_matrix(FLAT))
