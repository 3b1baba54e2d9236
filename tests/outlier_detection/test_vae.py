"""VAEOutlier: its scores are those of the VariationalAutoencoder it holds, fitted without the least likely rows."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

import skdeep
from skdeep.decomposition import VariationalAutoencoder
from skdeep.outlier_detection import VAEOutlier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 2)) @ RNG.normal(size=(2, 5)) * [1, 10, 100, 1, 0.01] + [0, 5, 1000, -3, 1]
X += RNG.normal(size=X.shape) * X.std(axis=0) * 0.1
STANDARDIZED = (X - X.mean(axis=0)) / X.std(axis=0)
SMALL = {"hidden_layer_sizes": (6,), "steps": 30, "batch_size": 50, "n_importance_samples": 8, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return VAEOutlier(**SMALL).fit(X)


def test_scores_are_bounds_of_an_autoencoder_fitted_without_the_least_likely_rows(fitted):
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    settings = {"hidden_layer_sizes": (6,), "n_importance_samples": 8, "batch_size": 50, "learning_rate": 3e-3}
    inner = VariationalAutoencoder(2, epochs=8, random_state=seed, **settings)
    first = clone(inner).fit(STANDARDIZED).score_samples(STANDARDIZED)
    second = clone(inner).fit(STANDARDIZED[np.sort(np.argsort(first)[20:])])
    assert_allclose(fitted.score_samples(X), second.score_samples(STANDARDIZED), rtol=1e-7)
    assert fitted.autoencoder_.n_epochs_ == 8  # of four steps each
    whole = clone(fitted).set_params(trim=0.0).fit(X)
    assert_allclose(whole.score_samples(X), first, rtol=1e-7)


def test_units_do_not_matter_and_scores_are_log_densities():
    rows = RNG.normal(size=(400, 3))
    model = VAEOutlier(steps=400, trim=0.0, random_state=0).fit(rows)
    other = VAEOutlier(steps=400, trim=0.0, random_state=0).fit(8 * rows)
    assert_array_equal(other.score_samples(8 * rows), model.score_samples(rows))
    entropy = 1.5 * (1 + np.log(2 * np.pi))  # of three standard normal columns, in nats
    assert -model.score_samples(rows).mean() == pytest.approx(entropy, abs=0.1)


def test_odd_rows_are_found():
    digits, labels = load_digits(return_X_y=True)
    rows = np.concatenate([digits[labels == 0], digits[labels == 1][:10]])
    odd = np.arange(len(rows)) >= len(rows) - 10
    model = VAEOutlier(random_state=0).fit(rows)
    assert roc_auc_score(odd, -model.score_samples(rows)) > 0.75


def test_a_row_that_differs_in_a_constant_column_is_odd(fitted):
    wide = np.column_stack([X, np.full(200, 3.0)])
    model = clone(fitted).fit(wide)
    assert model.predict(wide[:1] + np.eye(6)[5] * 1e5)[0] == -1


def test_another_autoencoder_is_cloned(fitted):
    inner = VariationalAutoencoder(1, likelihood="bernoulli", hidden_layer_sizes=(4,), epochs=3, random_state=0)
    rows = (X.mean(axis=0) < X).astype(float)
    model = VAEOutlier(autoencoder=inner, trim=0.0, contamination=0.1).fit(rows)
    assert_array_equal(model.score_samples(rows), clone(inner).fit(rows).score_samples(rows))
    assert model.n_features_in_ == 5
    later = clone(fitted).fit(X).set_params(autoencoder=inner)
    assert_array_equal(later.score_samples(X), fitted.score_samples(X))
    assert not hasattr(inner, "weights_")


def test_another_beta_compiles_nothing(fitted):
    clone(fitted).fit(X)
    before = skdeep.cache_info().misses
    clone(fitted).set_params(beta=0.3, random_state=3).fit(X[:70])
    assert skdeep.cache_info().misses == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beta": -1.0}, "The 'beta' parameter"),
        ({"autoencoder": "vae"}, "The 'autoencoder' parameter"),
    ],
    ids=str,
)
def test_bad_parameters_change_nothing(fitted, settings, message):
    model = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings).fit(X)
    assert_array_equal(model.predict(X), fitted.predict(X))
