"""The nets work unchanged in scikit-learn's and imbalanced-learn's pipelines, searches and ensembles."""

import numpy as np
import pandas as pd
import pytest
from imblearn.ensemble import BalancedBaggingClassifier
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform, uniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, brier_score_loss
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale

from skdeep.schedules import StepDecay
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
SCALED = scale(FLOWERS)
CELLS, BENIGN = (half[:200] for half in load_breast_cancer(return_X_y=True))
CELLS = scale(CELLS[:, :4])
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))


def classifier(**parameters):
    return MLPClassifier(
        **{"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 30, "random_state": 0} | parameters
    )


def regressor(**parameters):
    return MLPRegressor(
        **{"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 30, "random_state": 0} | parameters
    )


# -- pipelines --------------------------------------------------------------------------------------------------------


def test_pipeline_scales_before_the_net():
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(FLOWERS, SPECIES)
    assert_array_equal(pipeline.predict_proba(FLOWERS), classifier().fit(SCALED, SPECIES).predict_proba(SCALED))
    assert pipeline.score(FLOWERS, SPECIES) > 0.8


@pytest.mark.parametrize("sparse", [False, True])
def test_column_transformer_encodes_a_data_frame(sparse):
    frame = pd.DataFrame(SCALED[:, :2], columns=["length", "width"])
    frame["petal"] = np.where(FLOWERS[:, 2] > 4.9, "long", np.where(FLOWERS[:, 2] > 2.5, "middling", "short"))
    frame["petal"] = frame["petal"].astype("category")
    encode = ColumnTransformer(
        [("encode", OneHotEncoder(), ["petal"])], remainder="passthrough", sparse_threshold=float(sparse)
    )
    pipeline = make_pipeline(encode, classifier()).fit(frame, SPECIES)
    by_hand = np.hstack([pd.get_dummies(frame["petal"]).to_numpy(float), frame[["length", "width"]].to_numpy()])
    expected = classifier().fit(by_hand, SPECIES).predict_proba(by_hand)
    assert_allclose(pipeline.predict_proba(frame), expected, atol=1e-10)
    assert pipeline.score(frame, SPECIES) > 0.8


def test_imblearn_pipeline_with_smote():
    rows = np.r_[0:50, 50:60, 100:150]
    pipeline = make_imblearn_pipeline(StandardScaler(), SMOTE(random_state=0), classifier())
    pipeline.fit(FLOWERS[rows], SPECIES[rows])
    X = StandardScaler().fit_transform(FLOWERS[rows])
    expected = classifier().fit(*SMOTE(random_state=0).fit_resample(X, SPECIES[rows]))
    assert_array_equal(pipeline.predict_proba(FLOWERS[rows]), expected.predict_proba(X))


def test_transformed_target_regressor():
    model = TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp).fit(PATIENTS, PROGRESSION)
    expected = regressor().fit(PATIENTS, np.log(PROGRESSION)).predict(PATIENTS)
    assert_allclose(model.predict(PATIENTS), np.exp(expected))


# -- searches and cross-validation ------------------------------------------------------------------------------------


def test_grid_search_over_architecture_optimizer_and_schedule():
    grid = {
        "hidden_layer_sizes": [(8,), (4, 4)],
        "optimizer": ["adam", "sgd"],
        "learning_rate_schedule": [StepDecay(at=(0.1,))],
        "learning_rate_schedule__factor": [0.01, 1.0],
    }
    model = classifier(epochs=10)
    search = GridSearchCV(model, grid, cv=3, scoring="neg_log_loss").fit(SCALED, SPECIES)
    scores = search.cv_results_["mean_test_score"]
    for parameters, score in zip(search.cv_results_["params"], scores, strict=True):
        one = clone(model).set_params(**{name: clone(value, safe=False) for name, value in parameters.items()})
        mean = cross_val_score(one, SCALED, SPECIES, cv=3, scoring="neg_log_loss").mean()
        assert score == pytest.approx(mean, rel=1e-12)
    assert len(set(scores)) == 8, "two candidates trained the same net"
    best = search.best_estimator_
    assert best.hidden_layer_sizes == search.best_params_["hidden_layer_sizes"]
    assert best.learning_rate_schedule.factor == search.best_params_["learning_rate_schedule__factor"]
    assert [w.shape[1] for w in best.coefs_[:-1]] == list(best.hidden_layer_sizes)


def test_grid_search_picks_the_learning_rate_that_learns():
    search = GridSearchCV(classifier(), {"learning_rate": [1e-7, 0.03]}, cv=3).fit(SCALED, SPECIES)
    assert search.best_params_ == {"learning_rate": 0.03}
    assert search.score(SCALED, SPECIES) > 0.8


def test_a_search_over_steps_that_change_the_number_of_columns():
    model = make_pipeline(PCA(random_state=0), classifier())
    search = GridSearchCV(model, {"pca__n_components": [1, 2, 3]}, cv=2, scoring="neg_log_loss").fit(SCALED, SPECIES)
    for columns, score in zip([1, 2, 3], search.cv_results_["mean_test_score"], strict=True):
        one = make_pipeline(PCA(columns, random_state=0), classifier())
        mean = cross_val_score(one, SCALED, SPECIES, cv=2, scoring="neg_log_loss").mean()
        assert score == pytest.approx(mean, rel=1e-12)
    assert search.best_estimator_[-1].n_features_in_ == search.best_params_["pca__n_components"]


def test_randomized_search():
    space = {"learning_rate": loguniform(1e-3, 1e-1), "dropout": uniform(0.1, 0.4), "alpha": loguniform(1e-5, 1e-2)}
    search = RandomizedSearchCV(classifier(), space, n_iter=4, cv=3, random_state=0).fit(SCALED, SPECIES)
    again = classifier(**search.best_params_).fit(SCALED, SPECIES)
    assert_array_equal(search.predict_proba(SCALED), again.predict_proba(SCALED))
    assert len(set(search.cv_results_["mean_test_score"])) > 1


def test_halving_grid_search_with_epochs_as_the_resource():
    grid = {"learning_rate": [1e-7, 1e-6, 1e-5, 0.03]}
    search = HalvingGridSearchCV(
        classifier(), grid, resource="epochs", min_resources=5, max_resources=20, factor=2, cv=3, random_state=0
    ).fit(SCALED, SPECIES)
    assert search.n_resources_ == [5, 10, 20]
    assert search.best_params_ == {"learning_rate": 0.03, "epochs": 20}
    assert search.best_estimator_.n_epochs_ == 20


def test_cross_validate_stratifies_by_itself():
    # iris is sorted by species: without stratification no fold would know the classes it is tested on
    scores = cross_validate(
        classifier(), SCALED, SPECIES, cv=3, scoring=["accuracy", "roc_auc_ovr"], return_estimator=True
    )
    splits = StratifiedKFold(3).split(SCALED, SPECIES)
    for (train, test), fitted, accuracy in zip(splits, scores["estimator"], scores["test_accuracy"], strict=True):
        again = classifier().fit(SCALED[train], SPECIES[train])
        assert_array_equal(fitted.predict_proba(SCALED), again.predict_proba(SCALED))
        assert accuracy == again.score(SCALED[test], SPECIES[test])
    assert scores["test_accuracy"].min() > 0.7
    assert scores["test_roc_auc_ovr"].min() > 0.85


@pytest.mark.parametrize("incremental", [False, True])
def test_learning_curve(incremental):
    order = np.random.RandomState(0).permutation(len(SPECIES))
    X, y = SCALED[order], SPECIES[order]
    sizes, _, scores = learning_curve(
        classifier(), X, y, train_sizes=[0.3, 1.0], cv=3, exploit_incremental_learning=incremental
    )
    assert_array_equal(sizes, [30, 100])
    splits = list(StratifiedKFold(3).split(X, y))
    for (train, test), score in zip(splits, scores[1], strict=True):
        model = classifier()
        if incremental:
            model.partial_fit(X[train[:30]], y[train[:30]], classes=[0, 1, 2]).partial_fit(X[train[30:]], y[train[30:]])
        else:
            model.fit(X[train], y[train])
        assert model.score(X[test], y[test]) == score


def test_permutation_importance_finds_the_columns_that_matter():
    X = np.column_stack([SCALED[:, 3], np.zeros(len(SCALED))])
    importance = permutation_importance(classifier().fit(X, SPECIES), X, SPECIES, n_repeats=3, random_state=0)
    assert importance.importances_mean[0] > 0.3
    assert importance.importances_mean[1] == 0


# -- ensembles --------------------------------------------------------------------------------------------------------


def test_soft_voting():
    members = [("net", classifier()), ("logistic", LogisticRegression())]
    model = VotingClassifier(members, voting="soft").fit(SCALED, SPECIES)
    apart = [member.fit(SCALED, SPECIES).predict_proba(SCALED) for _, member in members]
    assert_allclose(model.predict_proba(SCALED), np.mean(apart, axis=0))


def test_stacking():
    members = [("net", classifier()), ("logistic", LogisticRegression())]
    model = StackingClassifier(members, LogisticRegression(), cv=3).fit(SCALED, SPECIES)
    held_out = [cross_val_predict(member, SCALED, SPECIES, cv=3, method="predict_proba") for _, member in members]
    expected = LogisticRegression().fit(np.hstack(held_out), SPECIES)
    assert_allclose(model.final_estimator_.coef_, expected.coef_, atol=1e-8)
    assert model.score(SCALED, SPECIES) > 0.8


def test_bagging():
    model = BaggingClassifier(classifier(random_state=None), n_estimators=3, random_state=0).fit(SCALED, SPECIES)
    members = [member.predict_proba(SCALED) for member in model.estimators_]
    assert_allclose(model.predict_proba(SCALED), np.mean(members, axis=0))
    assert len({member.random_state for member in model.estimators_}) == 3
    assert not np.array_equal(model.estimators_[0].coefs_[0], model.estimators_[1].coefs_[0])
    assert model.score(SCALED, SPECIES) > 0.8


def test_ada_boost_classifier_passes_its_weights():
    model = AdaBoostClassifier(classifier(epochs=3), n_estimators=2, random_state=0).fit(SCALED, SPECIES)
    first, second = model.estimators_
    weights = np.full(len(SPECIES), 1 / len(SPECIES))
    assert_array_equal(clone(first).fit(SCALED, SPECIES, weights).coefs_[0], first.coefs_[0])
    wrong = first.predict(SCALED) != SPECIES
    assert wrong.any()
    weights *= np.exp(model.estimator_weights_[0] * wrong)
    again = clone(second).fit(SCALED, SPECIES, weights / weights.sum())
    assert_allclose(again.coefs_[0], second.coefs_[0], rtol=1e-10)
    unweighted = clone(second).fit(SCALED, SPECIES)
    assert not np.allclose(unweighted.coefs_[0], second.coefs_[0], rtol=1e-6)


def test_ada_boost_regressor_predicts_the_weighted_median_of_its_nets():
    model = AdaBoostRegressor(regressor(), n_estimators=3, random_state=0).fit(PATIENTS, PROGRESSION)
    members = np.array([member.predict(PATIENTS) for member in model.estimators_])
    assert (model.predict(PATIENTS) == members).any(axis=0).all()
    assert model.score(PATIENTS, PROGRESSION) > 0.3


def test_balanced_bagging():
    rows = np.r_[0:50, 50:60, 100:150]
    X, y = SCALED[rows], SPECIES[rows]
    model = BalancedBaggingClassifier(classifier(random_state=None), n_estimators=3, random_state=0).fit(X, y)
    members = [member.predict_proba(X) for member in model.estimators_]
    assert_allclose(model.predict_proba(X), np.mean(members, axis=0))
    assert balanced_accuracy_score(y, model.predict(X)) > 0.8


# -- wrappers of one net ----------------------------------------------------------------------------------------------


def test_calibration_gives_a_hinge_net_probabilities():
    net = classifier(loss="hinge")
    model = CalibratedClassifierCV(net, cv=3).fit(CELLS, BENIGN)
    probabilities = model.predict_proba(CELLS)
    assert probabilities.shape == (200, 2)
    assert_allclose(probabilities.sum(axis=1), 1)
    assert brier_score_loss(BENIGN, probabilities[:, 1]) < 0.1


def test_calibration_of_probabilities():
    model = CalibratedClassifierCV(classifier(), cv=3, ensemble=False).fit(SCALED, SPECIES)
    assert_allclose(model.predict_proba(SCALED).sum(axis=1), 1)
    inner = model.calibrated_classifiers_[0].estimator
    assert_array_equal(inner.coefs_[0], classifier().fit(SCALED, SPECIES).coefs_[0])
    assert model.score(SCALED, SPECIES) > 0.8


def test_tuned_threshold():
    model = TunedThresholdClassifierCV(classifier(), scoring="balanced_accuracy", cv=3, random_state=0).fit(
        CELLS, BENIGN
    )
    probabilities = classifier().fit(CELLS, BENIGN).predict_proba(CELLS)[:, 1]
    assert_array_equal(model.predict(CELLS), probabilities >= model.best_threshold_)
    assert 0 < model.best_threshold_ < 1
    assert model.best_score_ > 0.8


def test_multi_output_classifier():
    Y = np.column_stack([SPECIES, SPECIES == 1])
    model = MultiOutputClassifier(classifier()).fit(SCALED, Y)
    apart = [classifier().fit(SCALED, column).predict(SCALED) for column in Y.T]
    assert_array_equal(model.predict(SCALED), np.column_stack(apart))


def test_multi_output_regressor():
    Y = np.column_stack([PROGRESSION, -1000 * PROGRESSION])
    model = MultiOutputRegressor(regressor()).fit(PATIENTS, Y)
    apart = [regressor().fit(PATIENTS, column).predict(PATIENTS) for column in Y.T]
    assert_array_equal(model.predict(PATIENTS), np.column_stack(apart))
