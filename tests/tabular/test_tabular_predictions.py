"""Nets of raw tables: every target and every architecture; what the members predict is averaged, and Keras agrees."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from sklearn.utils import _safe_indexing

from skdeep._engine.predict import Predictor, weight_tensors
from skdeep.losses import Pinball
from tests.tabular.tables import (
    ARCHITECTURES,
    CLASSES,
    LABELS,
    VALUES,
    X,
    by_keras,
    classifier,
    encoded,
    regressor,
)

MULTILABEL = np.column_stack([VALUES > 0, VALUES > 1]).astype(int)
SEVERAL = np.column_stack([LABELS, CLASSES.astype(str)])
NUMBERS = np.column_stack([VALUES, 100 - 30 * VALUES])
KERAS = {"rtol": 1e-4, "atol": 1e-5}


def raw_outputs(model, X, number):
    """What one member computes, by its own weights alone; of a packed net, with an axis for the nets in it."""
    net, weights = model._net, list(model.weights_)
    if net.n_members > 1:
        size = len(weights) // net.n_members
        weights = weights[number * size : (number + 1) * size]
        net = net.alone()
    elif net.spec.config.n_members > 1 and hasattr(net.spec.config, "periodic_dim"):  # a member axis
        # Edges have an axis for the three columns of numbers first.
        weights = [array if array.shape[0] != net.n_packed else array[number : number + 1] for array in weights]
        net = net.alone()
    return Predictor(net.spec, model._net.signature)(weight_tensors(weights), encoded(model, X))


# -- averages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("architecture", "n_estimators"), [("realmlp", 4), ("mlp", 2), ("tabm", 2)])
def test_probabilities_are_the_mean_of_those_of_the_members(architecture, n_estimators):
    model = classifier(architecture, n_estimators=n_estimators).fit(X, CLASSES)
    each = [softmax(raw_outputs(model, X, number)[0], axis=-1) for number in range(n_estimators)]
    each = np.concatenate([one.swapaxes(0, 1) for one in each]) if each[0].ndim == 3 else np.array(each)
    assert len(each) == n_estimators * (3 if architecture == "tabm" else 1)
    assert np.abs(each[0] - each[1]).max() > 1e-3
    assert_allclose(model.predict_proba(X), each.mean(axis=0), rtol=1e-5, atol=1e-6)
    assert_array_equal(model.predict(X), each.mean(axis=0).argmax(axis=1))


@pytest.mark.parametrize("architecture", ["realmlp", "mlp"])
def test_predictions_are_the_mean_of_those_of_the_members_within_the_range_of_the_targets(architecture):
    model = regressor(architecture, n_estimators=2).fit(X, VALUES)
    target = model._net.target
    each = [raw_outputs(model, X, number)[0][:, 0] * target.scale + target.offset for number in range(2)]
    expected = np.clip(np.mean(each, axis=0), VALUES.min(), VALUES.max())
    assert_allclose(model.predict(X), expected, rtol=1e-5, atol=1e-5)


def test_a_label_is_the_mean_of_what_members_say_of_it():
    model = classifier(n_estimators=2).fit(X, MULTILABEL)
    each = [expit(raw_outputs(model, X, number)[0]) for number in range(2)]
    assert_allclose(np.asarray(model.predict_proba(X)), np.mean(each, axis=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("architecture", ["realmlp", "mlp"])
def test_more_members_than_folds(architecture):
    model = classifier(architecture, n_estimators=6).fit(X, CLASSES)
    each = [softmax(raw_outputs(model, X, number)[0], axis=-1) for number in range(6)]
    assert_allclose(model.predict_proba(X), np.mean(each, axis=0), rtol=1e-5, atol=1e-6)
    assert min(np.abs(each[0] - one).max() for one in each[1:]) > 1e-3  # the sixth holds out what the first does


# -- ranges -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_estimators", [1, 2])
def test_predictions_stay_within_the_range_of_the_training_targets(n_estimators):
    y = NUMBERS[:100]
    model = regressor("wide_deep", n_estimators=n_estimators, learning_rate=0.5, epochs=10, early_stopping=False)
    predicted = model.fit(X[:100], y).predict(X)
    assert (predicted >= y.min(axis=0) - 1e-4).all()
    assert (predicted <= y.max(axis=0) + 1e-4).all()
    assert (np.abs(predicted - y.max(axis=0)) < 1e-4).any()  # some would lie outside
    assert_allclose(by_keras(model, X), predicted, **KERAS)


# -- every target and architecture ------------------------------------------------------------------------------------

TARGETS = {
    "binary": (classifier, LABELS, {}),
    "multiclass": (classifier, CLASSES, {}),
    "multilabel": (classifier, MULTILABEL, {}),
    "several labels": (classifier, SEVERAL, {}),
    "numbers": (regressor, VALUES, {}),
    "several numbers": (regressor, NUMBERS, {}),
    "quantiles": (regressor, VALUES, {"loss": Pinball([0.1, 0.5, 0.9])}),
    "counts": (regressor, CLASSES.astype(float), {"loss": "poisson"}),
}


def check_keras(model):
    predicted = by_keras(model, X)
    if not hasattr(model, "predict_proba"):
        assert_allclose(predicted.reshape(model.predict(X).shape), model.predict(X), **KERAS)
        return
    own = model.predict_proba(X)
    if isinstance(own, list):
        for one, other in zip(predicted, own, strict=True):
            assert_allclose(one, other if one.shape[1] > 1 else other[:, 1:], **KERAS)
        return
    assert_allclose(predicted, own if predicted.shape[1] == own.shape[1] else own[:, 1:], **KERAS)


@pytest.mark.parametrize("target", TARGETS)
def test_scorers_are_told_what_a_member_predicts(target):
    """The outputs of its validation rows are known; those of other rows, though they be equal, are computed."""
    make, y, parameters = TARGETS[target]
    seen = []

    def scorer(model, X, y):
        told = model.predict_proba if hasattr(model, "predict_proba") else model.predict
        for known, computed in zip(told(X), told(_safe_indexing(X, np.arange(len(y)))), strict=True):
            assert_allclose(known, computed, rtol=1e-5, atol=1e-6)
        seen.append(np.ravel(told(X)[0]))
        return float(len(seen))

    make(epochs=2, scoring=scorer, **parameters).fit(X, y)
    assert len(seen) == 4
    assert not np.allclose(seen[0], seen[1])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n_estimators", [1, 2])
def test_the_keras_model_predicts_the_same_whatever_the_target(target, n_estimators):
    make, y, parameters = TARGETS[target]
    model = make(n_estimators=n_estimators, **parameters).fit(X, y)
    check_keras(model)
    if target == "quantiles":
        assert (np.diff(model.predict(X), axis=1) >= 0).all()
    if target == "counts":
        assert (model.predict(X) >= 0).all()
    predicted = model.predict(X)
    assert predicted.dtype.kind == ("f" if make is regressor else np.asarray(y).dtype.kind)


@pytest.mark.parametrize("architecture", [*ARCHITECTURES][1:])
@pytest.mark.parametrize("make", [classifier, regressor])
def test_the_keras_model_predicts_the_same_whatever_the_architecture(architecture, make):
    y = CLASSES if make is classifier else VALUES
    check_keras(make(architecture).fit(X, y))


# -- frames -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_raw_frame_is_learned_from_its_numbers_and_its_categories(architecture):
    """The target is a number plus what a category adds; either alone explains far less."""
    many = pd.concat([X[["size", "colour"]]] * 2, ignore_index=True)
    y = np.tile(np.where(X["colour"] == "red", 2.0, 0.0) + X["size"].fillna(0), 2)
    rate = {"realmlp": "auto"}.get(architecture, 0.01)
    model = regressor(architecture, epochs=60, learning_rate=rate, n_estimators=1, batch_size=32)
    assert model.fit(many, y).score(many, y) > 0.8


def test_columns_in_another_order_and_values_never_seen():
    model = classifier().fit(X, LABELS)
    expected = model.predict_proba(X)
    other = X.copy()
    other.loc[:3, "town"] = "a town never seen"
    other.loc[:3, "age"] = 1e9
    other["kind"] = other["kind"].astype(object)
    other.loc[:3, "kind"] = "never seen"
    assert np.isfinite(model.predict_proba(other)).all()
    assert_array_equal(model.predict_proba(other)[4:], expected[4:])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[X.columns[::-1]])


@pytest.mark.parametrize("library", ["polars", "pyarrow", "objects", "numpy"])
def test_what_holds_the_table_changes_nothing(library):
    names = ["size", "colour", "town", "age"]
    frame = X[names]
    if library == "polars":
        other = pytest.importorskip("polars").from_pandas(frame)
    elif library == "pyarrow":
        pa = pytest.importorskip("pyarrow")
        other = pa.Table.from_pandas(frame).to_pandas(types_mapper=pd.ArrowDtype)
    else:
        other = frame.astype(object)
        other = other.to_numpy() if library == "numpy" else other
    expected = classifier(epochs=2).fit(frame, LABELS).predict_proba(frame)
    assert_allclose(classifier(epochs=2).fit(other, LABELS).predict_proba(other), expected, rtol=1e-9)
