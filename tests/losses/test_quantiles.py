"""Several quantiles from one net, and parameters of losses that a search sets."""

import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.metrics import d2_pinball_score
from sklearn.model_selection import GridSearchCV

import skdeep
from skdeep.losses import CrossEntropy, Focal, Huber, Pinball
from skdeep.tabular import MLPClassifier, MLPRegressor

QUANTILES = [0.1, 0.5, 0.9]
SETTINGS = {"hidden_layer_sizes": (16,), "epochs": 9, "learning_rate": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def noisy():
    """Targets whose spread grows with x, so that their quantiles are known."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 1, 4000)
    return x[:, None], 3 * x + (1 + 2 * x) * random.normal(size=len(x))


@pytest.fixture(scope="module")
def fitted(noisy):
    return MLPRegressor(**SETTINGS | {"epochs": 30, "n_iter_no_change": np.inf}, loss=Pinball(QUANTILES)).fit(*noisy)


def test_quantiles_cover_the_shares_they_stand_for(noisy, fitted):
    X, y = noisy
    predicted = fitted.predict(X)
    assert predicted.shape == (len(X), 3)
    assert_allclose((y[:, None] <= predicted).mean(axis=0), QUANTILES, atol=0.03)
    x = np.array([[0.1], [0.9]])
    expected = 3 * x + (1 + 2 * x) * [-1.2816, 0.0, 1.2816]
    assert_allclose(fitted.predict(x), expected, atol=0.45)


def test_quantiles_never_cross_even_where_there_are_no_rows(fitted):
    far = np.linspace(-50, 50, 2001)[:, None]
    assert (np.diff(fitted.predict(far), axis=1) >= 0).all()


def test_the_score_is_the_share_of_the_loss_that_is_explained(noisy, fitted):
    X, y = noisy
    columns = fitted.predict(X).T
    each = [d2_pinball_score(y, column, alpha=one) for column, one in zip(columns, QUANTILES, strict=True)]
    assert fitted.score(X, y) == pytest.approx(np.mean(each))
    assert fitted.score(X, y) > 0.05


def test_the_keras_model_predicts_the_same_and_can_be_saved(noisy, fitted, tmp_path):
    X, _ = noisy
    model = fitted.model_
    assert_allclose(model.predict(X, verbose=0), fitted.predict(X), rtol=1e-4, atol=1e-4)
    model.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)


def test_a_fitted_net_is_pickled_and_cloned(noisy, fitted):
    X, _ = noisy
    again = pickle.loads(pickle.dumps(fitted))
    assert_allclose(again.predict(X), fitted.predict(X))
    assert clone(fitted).loss.quantile is not None
    assert clone(fitted).loss is not fitted.loss


def test_one_quantile_of_a_list_is_the_quantile_alone(noisy):
    several, alone = (MLPRegressor(**SETTINGS, loss=Pinball(one)).fit(*noisy) for one in ([0.8], 0.8))
    assert_allclose(several.predict(noisy[0])[:, 0], alone.predict(noisy[0]), rtol=1e-5)


@pytest.mark.parametrize("wrong", [[], [0.5, 0.5], [0.9, 0.1], [0.0, 0.5], 1.0, [[0.1, 0.5]]])
def test_quantiles_rise_between_zero_and_one(wrong):
    with pytest.raises(ValueError, match="quantile must"):
        Pinball(wrong)


def test_several_quantiles_are_of_one_target(noisy):
    X, y = noisy
    with pytest.raises(ValueError, match="one target, but y has 2"):
        MLPRegressor(**SETTINGS, loss=Pinball(QUANTILES)).fit(X, np.column_stack([y, y]))


def test_a_net_does_not_go_on_with_another_number_of_quantiles(noisy):
    model = MLPRegressor(**SETTINGS, loss=Pinball(0.5), warm_start=True).fit(*noisy)
    with pytest.raises(ValueError, match="another number of quantiles"):
        model.set_params(loss=Pinball(QUANTILES)).fit(*noisy)
    assert model.set_params(loss=Pinball(0.9)).fit(*noisy).predict(noisy[0]).ndim == 1


def test_a_search_over_the_parameter_of_a_loss_compiles_once():
    X, y = load_diabetes(return_X_y=True)
    given = Pinball(0.5)
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    search = GridSearchCV(MLPRegressor(**SETTINGS, loss=given), {"loss__quantile": [0.1, 0.5, 0.9]}, cv=2).fit(X, y)
    assert skdeep.cache_info().misses == before + 1
    assert given.quantile == 0.5
    assert search.best_estimator_.loss.quantile == search.best_params_["loss__quantile"]
    low, _, high = (MLPRegressor(**SETTINGS, loss=Pinball(one)).fit(X, y).predict(X).mean() for one in (0.1, 0.5, 0.9))
    assert low < high
    assert search.cv_results_["mean_test_score"][1] == search.cv_results_["mean_test_score"].max()


@pytest.mark.parametrize(
    ("loss", "name", "value"),
    [(CrossEntropy(), "label_smoothing", 0.2), (Focal(), "gamma", 1.0), (Huber(), "delta", 0.5)],
)
def test_parameters_of_losses_are_set_as_those_of_estimators(loss, name, value):
    kind = MLPRegressor if isinstance(loss, Huber) else MLPClassifier
    original = kind(loss=loss)
    changed = clone(original).set_params(**{f"loss__{name}": value})
    assert changed.get_params()[f"loss__{name}"] == value
    assert getattr(loss, name) != value
    assert f"{name}={value}" in repr(changed)
    with pytest.raises(ValueError, match="has no parameter 'other'"):
        original.set_params(loss__other=1)
