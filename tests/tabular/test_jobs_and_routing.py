"""Parallel searches give the results of serial ones; metadata and data frames find their way through pipelines."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from joblib import parallel_config
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from skdeep.tabular import MLPClassifier

FLOWERS, SPECIES = load_iris(return_X_y=True)
SCALED = scale(FLOWERS)
TRAIN, TEST = next(StratifiedKFold(3, shuffle=True, random_state=0).split(SCALED, SPECIES))


def net(**parameters):
    defaults = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 20, "random_state": 0}
    return MLPClassifier(**defaults | parameters)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


# -- several jobs -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def serial_search():
    return search(n_jobs=1)


def search(n_jobs):
    grid = {"learning_rate": [0.001, 0.03], "dropout": [0.0, 0.3], "early_stopping": [False, True]}
    model = GridSearchCV(net(), grid, cv=2, scoring="neg_log_loss", n_jobs=n_jobs)
    return model.fit(SCALED, SPECIES)


@pytest.mark.filterwarnings("ignore:A worker process of joblib:sklearn.exceptions.EfficiencyWarning")
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_two_jobs_find_what_one_job_finds(backend, serial_search):
    with parallel_config(backend=backend):
        parallel = search(n_jobs=2)
    assert_array_equal(parallel.cv_results_["mean_test_score"], serial_search.cv_results_["mean_test_score"])
    assert parallel.best_params_ == serial_search.best_params_
    for ours, theirs in zip(parallel.best_estimator_.weights_, serial_search.best_estimator_.weights_, strict=True):
        assert_array_equal(ours, theirs)


@pytest.mark.filterwarnings("ignore:A worker process of joblib:sklearn.exceptions.EfficiencyWarning")
def test_nets_fitted_in_worker_processes_come_back():
    with parallel_config(backend="loky"):
        ensemble = BaggingClassifier(net(), n_estimators=2, n_jobs=2, random_state=0).fit(SCALED, SPECIES)
        probabilities = ensemble.predict_proba(SCALED)
    alone = BaggingClassifier(net(), n_estimators=2, random_state=0).fit(SCALED, SPECIES)
    assert_array_equal(probabilities, alone.predict_proba(SCALED))


# -- metadata routing -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("routing")
def test_a_pipeline_transforms_the_validation_rows_for_the_net():
    inner = net(early_stopping=True).set_fit_request(X_val=True, y_val=True)
    pipeline = Pipeline([("scale", StandardScaler()), ("net", inner)], transform_input=["X_val"])
    pipeline.fit(FLOWERS[TRAIN], SPECIES[TRAIN], X_val=FLOWERS[TEST], y_val=SPECIES[TEST])
    scaler = StandardScaler().fit(FLOWERS[TRAIN])
    X, X_val = scaler.transform(FLOWERS[TRAIN]), scaler.transform(FLOWERS[TEST])
    by_hand = net(early_stopping=True).fit(X, SPECIES[TRAIN], X_val=X_val, y_val=SPECIES[TEST])
    assert pipeline["net"].validation_scores_ == by_hand.validation_scores_
    assert_array_equal(pipeline.predict_proba(FLOWERS), by_hand.predict_proba(scaler.transform(FLOWERS)))


@pytest.mark.usefixtures("routing")
def test_a_search_routes_sample_weight_to_fit_and_score():
    weight = np.random.RandomState(0).uniform(0.1, 3.0, len(SPECIES))
    model = net().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    found = GridSearchCV(model, {"learning_rate": [0.001, 0.03]}, cv=2).fit(SCALED, SPECIES, sample_weight=weight)
    for rate, mean in zip((0.001, 0.03), found.cv_results_["mean_test_score"], strict=True):
        scores = []
        for train, test in StratifiedKFold(2).split(SCALED, SPECIES):
            fold = net(learning_rate=rate).fit(SCALED[train], SPECIES[train], weight[train])
            scores.append(fold.score(SCALED[test], SPECIES[test], weight[test]))
        assert mean == pytest.approx(np.mean(scores), rel=1e-12)
    best = clone(found.best_estimator_).fit(SCALED, SPECIES, weight)
    assert_array_equal(found.predict_proba(SCALED), best.predict_proba(SCALED))


@pytest.mark.usefixtures("routing")
def test_cross_validation_routes_sample_weight_through_a_pipeline():
    weight = np.where(SPECIES == 1, 5.0, 1.0)
    inner = net().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), inner)
    results = cross_validate(pipeline, FLOWERS, SPECIES, cv=2, params={"sample_weight": weight}, return_estimator=True)
    for (train, _), fitted in zip(StratifiedKFold(2).split(FLOWERS, SPECIES), results["estimator"], strict=True):
        X = StandardScaler().fit_transform(FLOWERS[train])
        by_hand = net().fit(X, SPECIES[train], weight[train])
        assert_array_equal(fitted[-1].coefs_[0], by_hand.coefs_[0])


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("scoring", ["balanced_accuracy", "neg_log_loss", None])
def test_inner_scoring_takes_weights_while_routing_is_on(scoring):
    weight = np.random.RandomState(0).uniform(0.1, 3.0, len(SPECIES))
    given = {"X_val": SCALED[TEST], "y_val": SPECIES[TEST]}
    fitted = net(scoring=scoring).fit(
        SCALED[TRAIN], SPECIES[TRAIN], weight[TRAIN], **given, sample_weight_val=weight[TEST]
    )
    name = "accuracy" if scoring is None else scoring
    scorer = get_scorer(name).set_score_request(sample_weight=True)
    expected = scorer(fitted, SCALED[TEST], SPECIES[TEST], sample_weight=weight[TEST])
    assert fitted.validation_scores_[-1] == pytest.approx(expected, rel=1e-6)


# -- data frames ------------------------------------------------------------------------------------------------------


def test_set_output_hands_column_names_to_the_net():
    frame = pd.DataFrame(FLOWERS, columns=["a", "b", "c", "d"])
    pipeline = make_pipeline(StandardScaler(), net()).set_output(transform="pandas").fit(frame, SPECIES)
    plain = make_pipeline(StandardScaler(), net()).fit(FLOWERS, SPECIES)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert_allclose(pipeline.predict_proba(frame), plain.predict_proba(FLOWERS), atol=1e-10)
    with pytest.raises(ValueError, match="feature names should match"):
        pipeline[-1].predict(frame[["b", "a", "c", "d"]])


def test_column_names_survive_early_stopping_with_a_scorer():
    frame = pd.DataFrame(SCALED, columns=["a", "b", "c", "d"])
    settings = {"early_stopping": True, "scoring": "balanced_accuracy"}
    fitted = net(**settings).fit(frame, SPECIES)
    plain = net(**settings).fit(SCALED, SPECIES)
    assert fitted.validation_scores_ == plain.validation_scores_
    assert_array_equal(fitted.predict_proba(frame), plain.predict_proba(SCALED))


def test_a_series_of_labels_and_a_series_of_weights():
    index = np.arange(1000, 1150)[::-1]
    frame = pd.DataFrame(SCALED, index=index)
    weight = np.linspace(0.5, 2.0, len(SPECIES))
    named = pd.Series(SPECIES, index=index)
    fitted = net().fit(frame, named, pd.Series(weight, index=index))
    assert_array_equal(fitted.predict_proba(SCALED), net().fit(SCALED, SPECIES, weight).predict_proba(SCALED))
