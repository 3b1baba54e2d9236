"""Autoencoders: what is minimised, what codes and rows are, against PCA, NumPy and finite differences."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import subspace_angles
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skdeep._engine.predict import Predictor
from skdeep._engine.program import Program
from skdeep.decomposition import Autoencoder

X, LABELS = load_iris(return_X_y=True)
SMALL = {"n_components": 2, "hidden_layer_sizes": (6,), "epochs": 5, "batch_size": 30, "random_state": 0}
STILL = SMALL | {"epochs": 1, "learning_rate": 1e-12, "batch_size": 150}


@pytest.fixture(scope="module")
def fitted():
    return Autoencoder(**SMALL).fit(X)


def layers(model):
    """Return the kernels and biases of a net with one hidden layer, and the statistics of its rows."""
    mean, variance, *weights = model.weights_
    return weights[:8], mean, np.sqrt(variance)


def code_by_hand(model, rows):
    (first, first_bias, second, second_bias, *_), mean, scale = layers(model)
    return np.maximum((rows - mean) / scale @ first + first_bias, 0) @ second + second_bias


def rows_by_hand(model, codes):
    (_, _, _, _, third, third_bias, fourth, fourth_bias), mean, scale = layers(model)
    return (np.maximum(codes @ third + third_bias, 0) @ fourth + fourth_bias) * scale + mean


def test_codes_and_rows_are_those_of_numpy(fitted):
    codes = fitted.transform(X)
    assert_allclose(codes, code_by_hand(fitted, X), rtol=1e-9)
    assert_allclose(fitted.inverse_transform(codes), rows_by_hand(fitted, codes), rtol=1e-9)
    assert_allclose(fitted.reconstruct(X), fitted.inverse_transform(codes), rtol=1e-12)
    assert_allclose(fitted.score_samples(X), -np.square(fitted.reconstruct(X) - X).mean(axis=1), rtol=1e-9)
    assert fitted.score(X) == pytest.approx(fitted.score_samples(X).mean())
    weights = np.arange(len(X))
    assert fitted.score(X, sample_weight=weights) == pytest.approx(np.average(fitted.score_samples(X), weights=weights))


def test_without_hidden_layers_codes_span_the_space_of_pca():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    rows = rng.normal(size=(300, 8)) * [3.0, 2.5, 2.0, 0.2, 0.2, 0.2, 0.1, 0.1] @ axes + 7
    model = Autoencoder(3, hidden_layer_sizes=(), epochs=1500, learning_rate=0.01, random_state=0).fit(rows)
    pca = PCA(3).fit(rows)
    assert subspace_angles(model.weights_[4].T, pca.components_.T).max() < 1e-2
    again = pca.inverse_transform(pca.transform(rows))
    assert_allclose(model.score(rows), -np.square(again - rows).mean(), rtol=5e-3)


def test_a_code_of_digits_keeps_more_than_that_of_pca():
    digits, labels = load_digits(return_X_y=True)
    train, test, y_train, y_test = digits[:1200], digits[1200:], labels[:1200], labels[1200:]
    model, pca = Autoencoder(8, epochs=60, random_state=0).fit(train), PCA(8, random_state=0).fit(train)
    error = np.square(pca.inverse_transform(pca.transform(test)) - test).mean()
    assert -model.score(test) < error / 1.3
    found, known = (
        KNeighborsClassifier().fit(one.transform(train), y_train).score(one.transform(test), y_test)
        for one in (model, pca)
    )
    assert found > known - 0.03


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        ("squared_error", np.square),
        ("absolute_error", np.abs),
        ("huber", lambda error: np.where(np.abs(error) < 1, error**2 / 2, np.abs(error) - 0.5)),
    ],
)
def test_the_loss_is_that_of_rows_in_their_units(loss, formula):
    model = Autoencoder(loss=loss, **STILL).fit(X)
    expected = formula(model.reconstruct(X) - X).mean(axis=1)
    assert_allclose(-model.score_samples(X), expected, rtol=1e-6)
    assert model.loss_curve_[0] == pytest.approx(expected.mean(), rel=1e-6)


def test_what_is_asked_of_codes_is_a_column_of_the_history_and_counts_in_the_loss():
    model = Autoencoder(sparsity=0.3, contraction=0.7, **STILL).fit(X, sample_weight=np.arange(150) % 3 + 1.0)
    weights = np.arange(150) % 3 + 1.0
    steps = [code_by_hand(model, X + 1e-6 * np.eye(4)[column]) for column in range(4)]
    slopes = (np.stack(steps, axis=2) - model.transform(X)[:, :, None]) / 1e-6
    parts = {
        "reconstruction": -model.score_samples(X),
        "sparsity": np.abs(model.transform(X)).mean(axis=1),
        "contraction": np.square(slopes).sum(axis=(1, 2)),
    }
    means = {name: np.average(values, weights=weights) for name, values in parts.items()}
    for name, mean in means.items():
        assert model.history_[name][0] == pytest.approx(mean, rel=1e-4)
    total = means["reconstruction"] + 0.3 * means["sparsity"] + 0.7 * means["contraction"]
    assert model.history_["loss"][0] == pytest.approx(total, rel=1e-4)


def test_sparsity_and_contraction_make_codes_small_and_flat():
    plain, sparse_code, flat = (
        Autoencoder(**SMALL | {"epochs": 60}, **asked).fit(X) for asked in ({}, {"sparsity": 1.0}, {"contraction": 5.0})
    )
    size = [np.abs(model.transform(X)).mean() for model in (plain, sparse_code)]
    assert size[1] < 0.75 * size[0]
    spread = [model.transform(X).std() for model in (plain, flat)]
    assert spread[1] < 0.75 * spread[0]


def test_tied_kernels_are_the_same_transposed():
    model = Autoencoder(tied_weights=True, **SMALL).fit(X)
    mean, variance, first, first_bias, second, second_bias, hidden_bias, rows_bias, *_ = model.weights_
    scale = np.sqrt(variance)
    hidden = np.maximum((X - mean) / scale @ first + first_bias, 0)
    codes = hidden @ second + second_bias
    again = np.maximum(codes @ second.T + hidden_bias, 0) @ first.T + rows_bias
    assert_allclose(model.transform(X), codes, rtol=1e-9)
    assert_allclose(model.reconstruct(X), again * scale + mean, rtol=1e-9)
    assert_allclose(model.model_.predict(X, verbose=0), model.reconstruct(X), rtol=1e-5)
    assert model.n_parameters_ < Autoencoder(**SMALL).fit(X).n_parameters_


def test_a_net_that_saw_noise_takes_it_out():
    digits = load_digits().data / 16
    noisy = digits + np.random.default_rng(0).normal(size=digits.shape) * 0.3
    plain, denoising = (
        Autoencoder(16, epochs=40, noise=noise, random_state=0).fit(digits[:1200]) for noise in (0.0, 0.8)
    )
    errors = [np.square(model.reconstruct(noisy[1200:]) - digits[1200:]).mean() for model in (plain, denoising)]
    assert errors[1] < 0.75 * errors[0]
    # There is none in predictions.
    assert_array_equal(denoising.transform(digits[:5]), denoising.transform(digits[:5]))


def test_units_of_rows_do_not_matter():
    one, other = (Autoencoder(**SMALL).fit(rows) for rows in (X, 1000 * X - 70))
    assert_allclose(other.transform(1000 * X - 70), one.transform(X), rtol=1e-4, atol=1e-4)
    assert_allclose(other.reconstruct(1000 * X - 70), 1000 * one.reconstruct(X) - 70, rtol=1e-4)


def test_constant_columns_and_rows_come_out_as_they_went_in():
    rows = np.column_stack([X, np.full(150, 3.0)])
    model = Autoencoder(**SMALL | {"epochs": 200, "learning_rate": 0.01}).fit(rows)
    assert np.abs(model.reconstruct(rows)[:, 4] - 3).mean() < 0.2
    model = Autoencoder(**SMALL | {"epochs": 60}).fit(np.full((50, 3), 2.0))
    assert_allclose(model.reconstruct(np.full((2, 3), 2.0)), 2, atol=0.05)


def test_sparse_rows_stay_sparse_and_are_made_again_dense():
    rows = sparse.random(200, 30, 0.2, format="csr", random_state=0)
    model = Autoencoder(4, epochs=100, random_state=0).fit(rows)
    assert_allclose(model.transform(rows), model.transform(rows.toarray()), rtol=1e-5, atol=1e-6)
    assert_allclose(model.score_samples(rows), model.score_samples(rows.toarray()), rtol=1e-5)
    assert model.reconstruct(rows).shape == (200, 30)
    assert -model.score(rows) < 0.7 * rows.toarray().var()
    dense = Autoencoder(4, epochs=2, random_state=0).fit(rows.toarray())
    assert_allclose(dense.transform(rows), dense.transform(rows.toarray()))
    with pytest.raises(ValueError, match=r"noise=0\.1 would fill a sparse X"):
        Autoencoder(4, noise=0.1).fit(rows)


def test_rows_of_weight_zero_are_not_there():
    weights = (np.arange(150) % 3 > 0).astype(float)
    weighed = Autoencoder(**SMALL).fit(X, sample_weight=weights)
    without = Autoencoder(**SMALL).fit(X[weights > 0])
    for one, other in zip(weighed.weights_, without.weights_, strict=True):
        assert_array_equal(one, other)


@pytest.mark.usefixtures("by_tensorflow")
def test_numbers_are_searched_without_compiling(monkeypatch):
    built, traced = [], []
    init, trace = Program.__init__, Predictor._trace
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or init(self, *spec))
    monkeypatch.setattr(Predictor, "_trace", lambda self: traced.append(self) or trace(self))
    model = Autoencoder(**SMALL | {"hidden_layer_sizes": (7,)})
    grid = {"noise": [0.1, 0.3], "sparsity": [0.1, 0.2], "contraction": [0.01, 0.02], "learning_rate": [0.001, 0.01]}
    search = GridSearchCV(model, grid, cv=2).fit(X)
    assert len(built) == 1
    assert search.best_params_["learning_rate"] == 0.01
    search.transform(X)
    before = len(traced)
    clone(model).set_params(noise=0.2, sparsity=0.5, contraction=0.1, random_state=3).fit(X).transform(X)
    assert len(traced) == before


def test_it_goes_before_a_classifier_into_columns_and_into_frames():
    frame = pd.DataFrame(X, columns=list("abcd"))
    search = GridSearchCV(
        make_pipeline(Autoencoder(**SMALL | {"epochs": 100}), KNeighborsClassifier()),
        {"autoencoder__n_components": [1, 3]},
    ).fit(frame, LABELS)
    assert search.best_score_ > 0.85
    columns = make_column_transformer((Autoencoder(**SMALL), ["a", "b", "c"]), remainder="passthrough")
    assert columns.fit_transform(frame).shape == (150, 3)
    framed = Autoencoder(**SMALL).set_output(transform="pandas").fit(frame)
    assert framed.transform(frame).columns.tolist() == ["autoencoder0", "autoencoder1"]


def test_single_precision_stays():
    for dtype in (np.float32, np.float64):
        model = Autoencoder(**SMALL).fit(X.astype(dtype))
        codes = model.transform(X.astype(dtype))
        assert codes.dtype == model.inverse_transform(codes).dtype == model.reconstruct(X.astype(dtype)).dtype == dtype


def test_training_goes_on_and_stops_early(fitted):
    model = clone(fitted).set_params(warm_start=True).fit(X)
    before = model.score(X)
    model.fit(X)
    assert (model.n_epochs_, model.score(X) > before) == (10, True)
    parts = clone(fitted)
    for _ in range(5):
        parts.partial_fit(X)
    assert parts.n_epochs_ == 5
    stopped = clone(fitted).set_params(early_stopping=True, n_iter_no_change=2, epochs=200, learning_rate=0.05)
    stopped.fit(X[:100], X_val=X[100:])
    assert stopped.n_iter_ < 200
    assert stopped.best_validation_score_ == pytest.approx(stopped.score(X[100:]), rel=1e-6)
    assert len(stopped.fit(X).history_["val_loss"]) == stopped.n_iter_


def test_a_pickle_and_the_keras_model_do_the_same(fitted):
    loaded = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(loaded.transform(X), fitted.transform(X))
    loaded.set_params(n_components=1, hidden_layer_sizes=(3,), tied_weights=True, noise=0.5)
    assert_array_equal(loaded.reconstruct(X), fitted.reconstruct(X))
    assert_array_equal(loaded.set_params(loss="absolute_error").score_samples(X), fitted.score_samples(X))
    assert_allclose(fitted.model_.predict(X, verbose=0), fitted.reconstruct(X), rtol=1e-5)
    assert fitted.model_.evaluate(X, X, verbose=0) == pytest.approx(-fitted.score(X), rel=1e-5)
    assert "code_layer" in fitted.summary()


def test_callbacks_see_the_whole_net_and_leave_nothing_behind():
    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.again = self.model.predict(X[:3].astype(np.float64), verbose=0)

    model = Autoencoder(callbacks=[Look()], **SMALL).fit(X)
    assert_allclose(model.callbacks_[0].again, model.reconstruct(X[:3]), rtol=1e-5)
    assert_array_equal(Autoencoder(**SMALL).fit(X).transform(X), Autoencoder(**SMALL).fit(X).transform(X))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 5}, "n_components=5 is more than the 4 values of a row"),
        ({"n_components": 0}, "The 'n_components' parameter"),
        ({"noise": 1.5}, "The 'noise' parameter"),
        ({"sparsity": -1.0}, "The 'sparsity' parameter"),
        ({"hidden_layer_sizes": "many"}, "The 'hidden_layer_sizes' parameter"),
        ({"hidden_layer_sizes": (4, 0)}, r"hidden_layer_sizes must all be at least 1, got \(4, 0\)"),
        ({"loss": "poisson"}, "loss='poisson' is none of rows made again"),
        ({"loss": "nothing"}, "loss='nothing' is neither"),
        ({"activation": "reluu"}, "activation='reluu' is not the name"),
        ({"scoring": "r2"}, "The 'scoring' parameter"),
    ],
    ids=str,
)
def test_bad_parameters_change_nothing(fitted, settings, message):
    model = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings).fit(X)
    assert_array_equal(model.transform(X), fitted.transform(X))


def test_a_long_code_needs_a_reason():
    for asked in ({"noise": 0.1}, {"sparsity": 0.1}, {"contraction": 0.1}):
        model = Autoencoder(**SMALL | {"n_components": 9}, **asked).fit(X)
        assert model.transform(X).shape == (150, 9)


def test_bad_rows_are_refused(fitted):
    for rows, message in (
        (np.full((10, 4), np.nan), "Input X contains NaN"),
        (X[:, :3], "X has 3 features, but Autoencoder is expecting 4"),
        (pd.DataFrame({"a": ["x"] * 4}), "not numeric: 'a'"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.transform(rows)
    with pytest.raises(ValueError, match="X has 3 columns, but codes have 2"):
        fitted.inverse_transform(X[:, :3])
    with pytest.raises(ValueError, match="Negative values"):
        clone(fitted).fit(X, sample_weight=np.full(150, -1.0))
    for method in ("transform", "reconstruct", "score_samples", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(Autoencoder(), method)(X)
