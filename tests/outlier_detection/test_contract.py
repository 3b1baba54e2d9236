"""What all detectors promise: scikit-learn's contract, any container and shape of rows, and what is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

import skdeep
from skdeep.outlier_detection import AutoencoderOutlier, DeepSVDD, VAEOutlier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 2)) @ RNG.normal(size=(2, 5)) * [1, 10, 100, 1, 0.01] + [0, 5, 1000, -3, 1]
X += RNG.normal(size=X.shape) * X.std(axis=0) * 0.1
SMALL = {"hidden_layer_sizes": (6,), "steps": 20, "batch_size": 32, "random_state": 0}
DETECTORS = {
    AutoencoderOutlier: {"n_estimators": 3},
    DeepSVDD: {"n_components": 4, "n_estimators": 3},
    VAEOutlier: {"n_importance_samples": 8},
}


@pytest.fixture(scope="module", params=DETECTORS, ids=lambda cls: cls.__name__)
def fitted(request):
    return request.param(**SMALL, **DETECTORS[request.param]).fit(X)


@pytest.mark.parametrize("contamination", [0.05, 0.3])
def test_as_many_training_rows_are_outliers_as_contamination_says(fitted, contamination):
    model = clone(fitted).set_params(contamination=contamination).fit(X)
    assert (model.predict(X) == -1).sum() == 200 * contamination
    assert_allclose(model.decision_function(X), model.score_samples(X) - model.offset_)
    assert_array_equal(clone(model).fit_predict(X), model.predict(X))


def test_parameters_that_are_set_later_and_a_pickle_change_no_score(fitted):
    loaded = pickle.loads(pickle.dumps(fitted)).set_params(n_components=3, hidden_layer_sizes=(2,), steps=1)
    assert_array_equal(loaded.score_samples(X), fitted.score_samples(X))


def test_the_container_and_the_shape_of_rows_do_not_matter(fitted):
    for rows in (X.tolist(), np.asfortranarray(X), pd.DataFrame(X)):
        assert_array_equal(clone(fitted).fit(rows).score_samples(X), fitted.score_samples(X))
    images = load_digits().images[:60]
    flat = images.reshape(60, 64)
    model = clone(fitted).fit(images)
    assert_array_equal(model.score_samples(images), clone(fitted).fit(flat).score_samples(flat))
    assert_array_equal(model.score_samples(flat), model.score_samples(images))
    assert (model.row_shape_, model.n_features_in_) == ((8, 8), 64)
    with pytest.raises(ValueError, match=r"rows of X have the shape \(8, 7\), but .* was fitted on .* \(8, 8\)"):
        model.predict(images[:, :, 1:])


def test_numbers_and_other_rows_compile_nothing(fitted):
    clone(fitted).fit(X)
    before = skdeep.cache_info().misses
    for settings in ({"trim": 0.0}, {"trim": 0.3}, {"learning_rate": 0.01}, {"steps": 5, "batch_size": 10}):
        clone(fitted).set_params(**settings, random_state=3).fit(X[:70])
    assert skdeep.cache_info().misses == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"contamination": 0.51}, "The 'contamination' parameter"),
        ({"contamination": 0.0}, "The 'contamination' parameter"),
        ({"n_components": 0}, "The 'n_components' parameter"),
        ({"trim": 1.0}, "The 'trim' parameter"),
        ({"activation": "reluu"}, "activation='reluu' is not the name"),
    ],
    ids=str,
)
def test_bad_parameters_change_nothing(fitted, settings, message):
    model = pickle.loads(pickle.dumps(fitted))
    with pytest.raises(ValueError, match=message):
        model.set_params(**settings).fit(X)
    assert_array_equal(model.predict(X), fitted.predict(X))


def test_what_is_not_fitted_says_so(fitted):
    for method in ("predict", "decision_function", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(clone(fitted), method)(X)


@pytest.mark.parametrize("rows", [np.full((10, 5), np.nan), np.full((10, 5), np.inf)], ids=["NaN", "infinity"])
def test_rows_without_numbers_are_refused(fitted, rows):
    for method in (clone(fitted).fit, fitted.predict, fitted.score_samples):
        with pytest.raises(ValueError, match="Input X contains"):
            method(rows)
