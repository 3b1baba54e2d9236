"""Estimators of scikeras become ours, with what they have learned."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skdeep.wrappers import KerasClassifier, KerasRegressor, from_scikeras
from tests.wrappers.models import X, X_new, classification_net, compile_model, dense, regression_net, y, y_three

SETTINGS = {"verbose": 0, "random_state": 0, "epochs": 2, "optimizer": "adam", "optimizer__learning_rate": 0.03125}
# scikeras 0.13 was written for older versions of scikit-learn and Keras.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def scikeras_net(meta):
    return regression_net(meta)


def scikeras_classes(meta):
    return compile_model(classification_net(meta), loss="sparse_categorical_crossentropy")


def test_parameters_come_along(theirs):
    found = from_scikeras(theirs.KerasRegressor(scikeras_net, loss="mse", model__units=3, batch_size=7, **SETTINGS))
    assert type(found) is KerasRegressor
    parameters = found.get_params()
    assert parameters["model"] is scikeras_net
    assert (parameters["batch_size"], parameters["model__units"], parameters["loss"]) == (7, 3, "mse")
    assert parameters["optimizer__learning_rate"] == 0.03125
    assert not found.initialized_


def test_a_regressor_that_is_fitted_predicts_the_same(theirs):
    one = theirs.KerasRegressor(scikeras_net, loss="mse", **SETTINGS).fit(X, y[:, 0])
    found = from_scikeras(one)
    assert_allclose(found.predict(X_new), one.predict(X_new), rtol=1e-5, atol=1e-6)
    assert found.history_["loss"] == one.history_["loss"]
    assert found.model_ is not one.model_
    assert found.current_epoch == 2


def test_a_classifier_that_is_fitted_predicts_the_same_and_goes_on(theirs):
    words = np.array(["a", "b", "c"])[y_three]
    one = theirs.KerasClassifier(scikeras_classes, **SETTINGS).fit(X, words)
    found = from_scikeras(one)
    assert type(found) is KerasClassifier
    assert_allclose(found.predict_proba(X_new), one.predict_proba(X_new), rtol=1e-5, atol=1e-6)
    assert_array_equal(found.predict(X_new), one.predict(X_new))
    assert found.classes_.tolist() == ["a", "b", "c"]
    before = [weight.copy() for weight in one.model_.get_weights()]
    found.partial_fit(X, words)
    assert found.current_epoch == 3
    assert int(found.model_.optimizer.iterations) == 6
    for old, now in zip(before, one.model_.get_weights(), strict=True):
        assert_array_equal(old, now)


def test_both_learn_the_same_from_the_same_model(theirs):
    one = theirs.KerasRegressor(dense(), fit__shuffle=False, **SETTINGS)
    found = from_scikeras(one)
    assert found.model is not one.model
    one.fit(X, y[:, 0])
    found.fit(X, y[:, 0])
    assert found.engine_ == "compiled"
    assert_allclose(found.predict(X_new), one.predict(X_new), rtol=1e-4, atol=1e-5)


def test_other_estimators_raise(theirs):
    with pytest.raises(TypeError, match="from_scikeras takes a KerasClassifier"):
        from_scikeras(KerasRegressor(dense()))

    class Derived(theirs.KerasRegressor):
        pass

    with pytest.raises(TypeError, match=r"Derive your class from skdeep.wrappers"):
        from_scikeras(Derived(dense()))
