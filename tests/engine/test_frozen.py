"""Weights that are frozen, and learning rates that are others, by patterns of paths."""

import fnmatch

import numpy as np
import pytest
from sklearn.datasets import load_digits

import skdeep
from skdeep.decomposition import Autoencoder
from skdeep.image import CNNClassifier
from skdeep.sequence import RNNClassifier
from skdeep.tabular import MLPClassifier, MLPRegressor, TabularClassifier
from skdeep.tabular.architectures import RealMLP, ResNet

X, y = (part[:200] for part in load_digits(return_X_y=True))
X = X / 16
SMALL = {"epochs": 2, "random_state": 0}


def moved(before, after, paths):
    pairs = zip(paths, before, after, strict=True)
    return {path for path, one, other in pairs if not np.array_equal(one, other)}


def continued(estimator, **parameters):
    """Return the paths of the weights that change when training goes on."""
    estimator.fit(X, y)
    before = estimator.weights_
    estimator.set_params(warm_start=True, **parameters).fit(X, y)
    return moved(before, estimator.weights_, estimator.paths_)


def test_frozen_weights_stay_and_the_others_are_trained():
    found = continued(MLPClassifier((8, 6), **SMALL), freeze=["hidden_0/*", "hidden_1/bias"])
    assert found == {"hidden_1/kernel", "output_0/kernel", "output_0/bias"}


def test_a_frozen_net_starts_from_the_weights_it_would_start_from():
    weights = {}
    for pattern in (None, "hidden_0/*"):
        net = MLPRegressor((8,), freeze=pattern, learning_rate=1e-12, batch_size=len(X), **SMALL | {"epochs": 1})
        weights[pattern] = net.fit(X, y).weights_
    for free, frozen in zip(weights[None], weights["hidden_0/*"], strict=True):
        np.testing.assert_allclose(frozen, free, atol=1e-6)


def test_statistics_of_a_frozen_batch_normalisation_stay():
    net = CNNClassifier("resnet", image_shape=(8, 8), **SMALL | {"epochs": 1})
    found = continued(net, freeze=["convolution_*", "normalization_*"])
    assert found
    assert not [path for path in found if path.startswith(("convolution", "normalization"))]


def test_statistics_beside_weights_that_are_trained_move():
    found = continued(CNNClassifier("resnet", image_shape=(8, 8), **SMALL | {"epochs": 1}), freeze="convolution_*")
    assert "normalization_0/moving_mean" in found


@pytest.mark.parametrize(
    ("estimator", "pattern"),
    [
        (Autoencoder(2, hidden_layer_sizes=(8,), **SMALL), "encoder_0/*"),
        (TabularClassifier(RealMLP((8,)), n_estimators=2, early_stopping=False, **SMALL), "hidden_0/*"),
        (TabularClassifier(ResNet(n_blocks=1, width=8), n_estimators=2, early_stopping=False, **SMALL), "dense_0_*"),
    ],
)
def test_nets_of_any_family_can_be_frozen_in_part(estimator, pattern):
    found = continued(estimator, freeze=pattern)
    assert found
    assert not fnmatch.filter(found, pattern)


def test_series_can_be_frozen_in_part():
    series = X.reshape(len(X), 8, 8)
    net = RNNClassifier(units=4, **SMALL).fit(series, y)
    before, kept = net.weights_, net.paths_[0].partition("/")[0]
    net.set_params(warm_start=True, freeze=f"{kept}/*").fit(series, y)
    found = moved(before, net.weights_, net.paths_)
    assert found
    assert not [path for path in found if path.startswith(f"{kept}/")]


def test_a_factor_of_zero_and_one():
    weights = {factor: continued_weights({"hidden_0/*": factor}) for factor in (0.0, 1.0)}
    plain = continued_weights(None)
    for one, other in zip(weights[1.0], plain, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    start = MLPClassifier((8,), **SMALL).fit(X, y).weights_
    np.testing.assert_array_equal(weights[0.0][0], start[0])
    assert not np.array_equal(weights[0.0][2], start[2])


def continued_weights(factors):
    net = MLPClassifier((8,), **SMALL).fit(X, y)
    return net.set_params(warm_start=True, rate_factors=factors).fit(X, y).weights_


def test_one_step_of_gradient_descent_is_multiplied():
    steps = {}
    for factor in (1.0, 0.25):
        net = MLPRegressor((8,), optimizer="sgd", batch_size=len(X), dtype="float64", random_state=0, epochs=1)
        net.set_params(rate_factors={"hidden_0/*": factor})
        start = net.set_params(learning_rate=1e-12).fit(X, y).weights_
        moved_to = net.set_params(learning_rate=0.01).fit(X, y).weights_
        steps[factor] = [after - before for before, after in zip(start, moved_to, strict=True)]
    np.testing.assert_allclose(steps[0.25][0], 0.25 * steps[1.0][0], atol=1e-10)
    np.testing.assert_allclose(steps[0.25][2], steps[1.0][2], atol=1e-10)


def test_the_last_pattern_that_matches_counts():
    net = MLPClassifier((8,), **SMALL).fit(X, y)
    start = net.weights_
    net.set_params(warm_start=True, rate_factors={"*": 0.0, "output_0/bias": 1.0}).fit(X, y)
    assert moved(start, net.weights_, net.paths_) == {"output_0/bias"}


def test_factors_compile_once():
    skdeep.clear_cache()
    before = skdeep.cache_info().misses
    for factor in (0.1, 0.3, 0.5):
        MLPClassifier((7,), rate_factors={"hidden_0/*": factor}, **SMALL).fit(X, y)
    assert skdeep.cache_info().misses == before + 1


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"freeze": "hiden_0/*"}, ValueError, "is for no weight of the net; their paths are"),
        ({"freeze": "*"}, ValueError, "leaves no weight to be trained"),
        ({"freeze": [3]}, TypeError, "freeze takes patterns"),
        ({"rate_factors": {"hiden_0/*": 0.1}}, ValueError, "No variable has a path like"),
        ({"rate_factors": {"hidden_0/*": -1}}, ValueError, "rate_factors takes numbers from 0 on"),
        ({"rate_factors": {"hidden_0/*": "small"}}, ValueError, "rate_factors takes numbers from 0 on"),
    ],
)
def test_patterns_that_cannot_be(parameters, error, message):
    with pytest.raises(error, match=message):
        MLPClassifier((8,), **SMALL, **parameters).fit(X, y)
