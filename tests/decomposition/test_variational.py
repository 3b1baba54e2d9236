"""Variational autoencoders: both terms and the bound against NumPy and PCA, what is drawn, and how beta rises."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import expit, logsumexp
from scipy.stats import norm
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skdeep._engine.objectives.variational import even_noise
from skdeep._engine.predict import Predictor
from skdeep._engine.program import Program
from skdeep.decomposition import VariationalAutoencoder

X, LABELS = load_iris(return_X_y=True)
SHARES = (X - X.min(axis=0)) / np.ptp(X, axis=0)
SMALL = {"n_components": 2, "hidden_layer_sizes": (6,), "epochs": 5, "batch_size": 30, "random_state": 0}
STILL = SMALL | {"epochs": 1, "learning_rate": 1e-12, "batch_size": 150, "beta_warmup": 0.0}
KINDS = pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])


@pytest.fixture(scope="module")
def fitted():
    return {
        "gaussian": VariationalAutoencoder(**SMALL).fit(X),
        "bernoulli": VariationalAutoencoder(likelihood="bernoulli", **SMALL).fit(SHARES),
    }


def rows_of(likelihood):
    return X if likelihood == "gaussian" else SHARES


def posterior(model, rows):
    """Return the mean and the logarithm of the variance of the codes of rows."""
    mean, variance, first, bias, code, code_bias, spread, spread_bias = model.weights_[:8]
    hidden = np.maximum((rows - mean) / np.sqrt(variance) @ first + bias, 0)
    return hidden @ code + code_bias, hidden @ spread + spread_bias


def decoded(model, codes):
    first, bias, last, last_bias = model.weights_[8:12]
    made = np.maximum(codes @ first + bias, 0) @ last + last_bias
    if model.likelihood == "bernoulli":
        return made
    mean, variance = model.weights_[:2]
    return made * np.sqrt(variance) + mean


def log_likelihood(model, rows, codes):
    made = decoded(model, codes)
    if model.likelihood == "bernoulli":
        return -(rows * np.logaddexp(0, -made) + (1 - rows) * np.logaddexp(0, made)).sum(axis=-1)
    return norm.logpdf(rows, made, np.sqrt(model.noise_variance_)).sum(axis=-1)


def bound(model, rows, n_draws):
    mean, log_variance = posterior(model, rows)
    noise = even_noise(n_draws, mean.shape[1])
    codes = mean[:, None] + np.exp(log_variance / 2)[:, None] * noise
    of_code = norm.logpdf(codes).sum(axis=-1)
    of_posterior = norm.logpdf(codes, mean[:, None], np.exp(log_variance / 2)[:, None]).sum(axis=-1)
    weights = log_likelihood(model, rows[:, None], codes) + of_code - of_posterior
    return logsumexp(weights, axis=1) - np.log(n_draws)


@KINDS
def test_codes_rows_and_scores_are_those_of_numpy(fitted, likelihood):
    model, rows = fitted[likelihood], rows_of(likelihood)
    codes = model.transform(rows)
    assert_allclose(codes, posterior(model, rows)[0], rtol=1e-9)
    made = decoded(model, codes) if likelihood == "gaussian" else expit(decoded(model, codes))
    assert_allclose(model.inverse_transform(codes), made, rtol=1e-9)
    assert_allclose(model.reconstruct(rows), made, rtol=1e-9)
    assert_allclose(model.score_samples(rows), bound(model, rows, 64), rtol=1e-8)
    model = clone(model).set_params(n_importance_samples=3).fit(rows)
    assert_allclose(model.score_samples(rows), bound(model, rows, 3), rtol=1e-8)
    assert model.score(rows, sample_weight=LABELS) == pytest.approx(np.average(bound(model, rows, 3), weights=LABELS))


@KINDS
def test_both_terms_are_columns_of_the_history(likelihood):
    rows, weights = rows_of(likelihood), np.arange(150) % 3 + 1.0
    model = VariationalAutoencoder(likelihood=likelihood, beta=3.0, **STILL).fit(rows, sample_weight=weights)
    mean, log_variance = posterior(model, rows)
    kl = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2
    assert model.history_["kl"][0] == pytest.approx(np.average(kl, weights=weights), rel=1e-6)
    # That of the rows depends on what was drawn; its mean over draws is known, and so is about how far one is from it.
    model.weights_[-1].flags.writeable = True
    if likelihood == "gaussian":
        model.weights_[-1][:] = 1.0  # the variance that training began with
    draws = np.random.default_rng(0).normal(size=(300, *mean.shape))
    likely = np.average(log_likelihood(model, rows, mean + np.exp(log_variance / 2) * draws), axis=1, weights=weights)
    # Some rows share their noise, so that it is a little further.
    assert abs(-model.history_["reconstruction"][0] - likely.mean()) < 6 * likely.std()
    total = model.history_["reconstruction"][0] + 3 * model.history_["kl"][0]
    assert model.history_["loss"][0] == pytest.approx(total)


def test_without_hidden_layers_the_bound_is_near_the_likelihood_of_pca():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    rows = rng.normal(size=(400, 6)) * [3.0, 2.0, 0.3, 0.3, 0.3, 0.3] @ axes + 5
    model = VariationalAutoencoder(2, hidden_layer_sizes=(), random_state=0).fit(rows)
    # Its variances divide by the number of rows, which is where the likelihood is largest.
    most = PCA(2).fit(np.sqrt(399 / 400) * (rows - rows.mean(axis=0))).score(rows - rows.mean(axis=0))
    # A bound on average over draws, which are few.
    assert most - 0.03 < model.score(rows) < most + 3e-3
    assert model.noise_variance_ == pytest.approx(0.09, rel=0.1)
    assert model.noise_variance_ == pytest.approx(PCA(2).fit(rows).noise_variance_, rel=0.05)
    drawn = model.sample(20_000, random_state=0)
    assert_allclose(drawn.mean(axis=0), rows.mean(axis=0), atol=0.2)
    assert_allclose(np.cov(drawn.T), np.cov(rows.T), atol=0.15 * 9)


def test_scores_are_densities_in_units_of_the_rows():
    one, other = (VariationalAutoencoder(**SMALL | {"epochs": 60}).fit(rows) for rows in (X, 1000 * X - 70))
    # Noise depends on the bits of a row, so that trainings are alike but not the same.
    assert_allclose(other.score_samples(1000 * X - 70), one.score_samples(X) - 4 * np.log(1000), atol=1.0)
    assert other.score(1000 * X - 70) == pytest.approx(one.score(X) - 4 * np.log(1000), abs=0.3)
    assert other.noise_variance_ == pytest.approx(1e6 * one.noise_variance_, rel=0.1)


def test_a_row_scores_the_same_among_others_and_every_time(fitted):
    for likelihood, model in fitted.items():
        rows = rows_of(likelihood)
        scores = model.score_samples(rows)
        assert_array_equal(model.score_samples(rows), scores)
        assert_allclose(model.score_samples(rows[::-1]), scores[::-1], rtol=1e-12)
        mixed = np.where(np.arange(150)[:, None] % 2, rows, rows[0])
        assert_array_equal(model.score_samples(mixed)[1::2], scores[1::2])
        assert_allclose(model.score_samples(rows[:1]), scores[:1], rtol=1e-12)


def test_far_rows_score_less(fitted):
    assert fitted["gaussian"].score_samples(X + 5).max() < fitted["gaussian"].score_samples(X).min()


def test_beta_rises_and_counts():
    shown = VariationalAutoencoder(**SMALL | {"beta": 4.0, "beta_warmup": 0.8, "batch_size": 150, "epochs": 10}).fit(X)
    parts = np.array([shown.history_[name] for name in ("loss", "reconstruction", "kl")])
    in_force = (parts[0] - parts[1]) / parts[2]
    assert_allclose(in_force, 4 * np.minimum(1, np.arange(10) / 8), atol=1e-6)
    settings = SMALL | {"epochs": 100, "learning_rate": 0.01}
    divergences = [VariationalAutoencoder(beta=beta, **settings).fit(X).history_["kl"][-1] for beta in (0.1, 1.0, 10.0)]
    assert divergences[0] > 1.2 * divergences[1] > 1.2 * divergences[2]


def test_validation_has_the_whole_beta():
    model = VariationalAutoencoder(**SMALL | {"beta": 2.0, "beta_warmup": 1.0}).fit(X, X_val=X[::5])
    parts = [np.array(model.history_[f"val_{name}"]) for name in ("loss", "reconstruction", "kl")]
    assert_allclose(parts[0], parts[1] + 2 * parts[2], rtol=1e-9)
    settings = {"epochs": 100, "n_iter_no_change": 3, "learning_rate": 0.1, "beta_warmup": 0.2}
    early = clone(model).set_params(early_stopping=True, **settings).fit(X)
    # What comes before the whole beta does not stop training.
    assert 24 <= early.n_iter_ < 100


def test_numbers_are_searched_without_compiling(monkeypatch):
    built, traced = [], []
    init, trace = Program.__init__, Predictor._trace
    monkeypatch.setattr(Program, "__init__", lambda self, *spec: built.append(self) or init(self, *spec))
    monkeypatch.setattr(Predictor, "_trace", lambda self: traced.append(self) or trace(self))
    model = VariationalAutoencoder(**SMALL | {"hidden_layer_sizes": (7,)})
    grid = {"beta": [0.0, 0.5, 1.0], "beta_warmup": [0.0, 0.3], "learning_rate": [0.001, 0.01]}
    GridSearchCV(model, grid, cv=2).fit(X)
    assert (len(built), len(traced)) == (1, 1)


def test_the_same_bits_twice_and_weights_are_copies():
    one, other = (VariationalAutoencoder(**SMALL).fit(X) for _ in range(2))
    for array, again in zip(one.weights_, other.weights_, strict=True):
        assert_array_equal(array, again)
    weights = np.arange(150) % 3
    settings = SMALL | {"epochs": 30, "batch_size": 200}
    weighed = VariationalAutoencoder(**settings).fit(X, sample_weight=weights)
    repeated = VariationalAutoencoder(**settings).fit(np.repeat(X, weights, axis=0))
    assert_allclose(weighed.score_samples(X), repeated.score_samples(X), rtol=1e-8)


def test_what_is_drawn():
    rng = np.random.default_rng(0)
    bits = (rng.uniform(size=(500, 3)) < [0.1, 0.5, 0.9]).astype(float)
    model = VariationalAutoencoder(1, likelihood="bernoulli", epochs=60, random_state=0).fit(bits)
    drawn = model.sample(4000, random_state=1)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert_allclose(drawn.mean(axis=0), bits.mean(axis=0), atol=0.1)
    assert_array_equal(model.sample(5, random_state=3), model.sample(5, random_state=3))
    assert not np.array_equal(model.sample(5), model.sample(5))
    entropy = (bits.mean(axis=0) * np.log(bits.mean(axis=0))).sum()
    entropy += ((1 - bits.mean(axis=0)) * np.log(1 - bits.mean(axis=0))).sum()
    assert model.score(bits) == pytest.approx(entropy, abs=0.05)


def test_it_learns_digits():
    digits = load_digits().data / 16
    model = VariationalAutoencoder(8, epochs=60, random_state=0).fit(digits[:1200])
    pca = PCA(8, random_state=0).fit(digits[:1200])
    assert model.score(digits[1200:]) > pca.score(digits[1200:])
    found = make_pipeline(clone(model), KNeighborsClassifier()).fit(digits[:1200], load_digits().target[:1200])
    assert found.score(digits[1200:], load_digits().target[1200:]) > 0.85


def test_a_long_code_leaves_parts_standard_normal():
    model = VariationalAutoencoder(**SMALL | {"n_components": 6, "epochs": 300, "learning_rate": 0.01}).fit(X)
    spread = np.exp(posterior(model, X)[1]).mean(axis=0)
    assert np.sort(spread)[3] > 0.9
    assert np.sort(spread)[0] < 0.2


def test_sparse_and_constant_rows():
    rows = sparse.random(200, 30, 0.2, format="csr", random_state=0)
    for likelihood in ("gaussian", "bernoulli"):
        model = VariationalAutoencoder(4, likelihood=likelihood, epochs=20, random_state=0).fit(rows)
        assert_allclose(model.score_samples(rows), model.score_samples(rows.toarray()), rtol=1e-4)
        assert model.reconstruct(rows).shape == (200, 30)
    model = VariationalAutoencoder(1, epochs=200, random_state=0).fit(np.full((50, 3), 2.0))
    assert_allclose(model.sample(5, random_state=0), 2, atol=0.5)
    assert model.noise_variance_ >= 0.99e-6


def test_training_goes_on_and_a_pickle_scores_the_same(fitted):
    for likelihood, model in fitted.items():
        rows = rows_of(likelihood)
        loaded = pickle.loads(pickle.dumps(model))
        loaded.set_params(likelihood="gaussian", beta=7.0, n_components=1)
        assert_array_equal(loaded.score_samples(rows), model.score_samples(rows))
        assert_array_equal(loaded.sample(3, random_state=0), model.sample(3, random_state=0))
        assert_allclose(model.model_.predict(rows, verbose=0), model.reconstruct(rows), rtol=1e-5)
        further = clone(model).set_params(warm_start=True).fit(rows)
        assert further.fit(rows).n_epochs_ == 10
        assert clone(model).partial_fit(rows).partial_fit(rows, epochs=2).n_epochs_ == 3


@pytest.mark.parametrize(
    ("settings", "rows", "message"),
    [
        ({"likelihood": "poisson"}, X, "The 'likelihood' parameter"),
        ({"beta": -1.0}, X, "The 'beta' parameter"),
        ({"beta_warmup": 1.5}, X, "The 'beta_warmup' parameter"),
        ({"n_importance_samples": 0}, X, "The 'n_importance_samples' parameter"),
        ({"likelihood": "bernoulli"}, X, "needs an X between 0 and 1, but it goes from 0.1 to 7.9"),
        ({"likelihood": "bernoulli"}, -SHARES, "needs an X between 0 and 1, but it goes from -1"),
        ({"likelihood": "bernoulli"}, sparse.csr_matrix(X), "needs an X between 0 and 1"),
        ({}, np.full((10, 4), np.nan), "Input X contains NaN"),
        ({"activation": "reluu"}, X, "activation='reluu' is not the name"),
    ],
    ids=str,
)
def test_bad_input_changes_nothing(fitted, settings, rows, message):
    model = pickle.loads(pickle.dumps(fitted["gaussian"]))
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings).fit(rows)
    assert_array_equal(model.transform(X), fitted["gaussian"].transform(X))


def test_bad_rows_are_refused(fitted):
    with pytest.raises(ValueError, match="needs an X between 0 and 1"):
        fitted["bernoulli"].score_samples(X)
    with pytest.raises(ValueError, match="n_samples == 0, must be >= 1"):
        fitted["gaussian"].sample(0)
    with pytest.raises(ValueError, match="X has 3 features"):
        fitted["gaussian"].score_samples(X[:, :3])
    for method in ("score_samples", "sample", "transform"):
        with pytest.raises(NotFittedError):
            getattr(VariationalAutoencoder(), method)(*([X] if method != "sample" else []))
