"""Estimators in the hands of scikit-learn and imbalanced-learn."""

import keras
import numpy as np
import pytest
import sklearn
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor, VotingClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from skdeep.schedules import CosineDecay
from skdeep.wrappers import BaseWrapper, KerasClassifier, KerasRegressor
from tests.wrappers.models import classification_net, layers, regression_net

X, labels = make_classification(90, 5, n_informative=4, n_redundant=0, class_sep=2.0, random_state=0)
X = X.astype(np.float32)
numbers = (X[:, 0] - 2 * X[:, 1]).astype(np.float32)
rare = ((X[:, 0] > 1.2) & (labels == 1)).astype(int)
SETTINGS = {"optimizer": "adam", "optimizer__learning_rate": 0.0625, "epochs": 12, "verbose": 0, "random_state": 0}


def classifier(**parameters):
    return KerasClassifier(classification_net, **SETTINGS | {"loss": "binary_crossentropy"} | parameters)


def regressor(**parameters):
    return KerasRegressor(regression_net, **SETTINGS | {"loss": "mse"} | parameters)


def test_kinds_of_estimators():
    assert is_classifier(classifier())
    assert is_regressor(regressor())
    assert not is_classifier(regressor())
    assert not is_regressor(classifier())
    assert not is_classifier(BaseWrapper(regression_net))
    tags = classifier().__sklearn_tags__()
    assert tags.input_tags.sparse
    assert tags.classifier_tags.multi_label


def test_a_pipeline_is_its_steps():
    wide = X * 100 + 7
    pipeline = make_pipeline(StandardScaler(), classifier()).fit(wide, labels)
    scaled = StandardScaler().fit_transform(wide)
    assert_array_equal(pipeline.predict_proba(wide), classifier().fit(scaled, labels).predict_proba(scaled))


def test_a_search_over_parameters_of_a_step():
    grid = {"kerasclassifier__model__units": [2, 5], "kerasclassifier__optimizer__learning_rate": [1e-6, 0.0625]}
    search = GridSearchCV(make_pipeline(StandardScaler(), classifier(model__units=3)), grid, cv=3, error_score="raise")
    search.fit(X, labels)
    assert search.best_params_["kerasclassifier__optimizer__learning_rate"] == 0.0625
    best = search.best_estimator_[-1]
    assert best.model_.layers[1].units == search.best_params_["kerasclassifier__model__units"]


def test_folds_of_a_classifier_are_stratified():
    ordered = np.argsort(labels, kind="stable")
    scores = cross_val_score(classifier(), X[ordered], labels[ordered], cv=3)
    folds = StratifiedKFold(3).split(X, labels[ordered])
    expected = [
        classifier().fit(X[ordered][train], labels[ordered][train]).score(X[ordered][test], labels[ordered][test])
        for train, test in folds
    ]
    assert_array_equal(scores, expected)
    assert scores.min() > 0.7


def test_predictions_across_folds_are_probabilities():
    proba = cross_val_predict(classifier(), X, labels, cv=3, method="predict_proba")
    assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    assert np.mean(proba.argmax(axis=1) == labels) > 0.7


def test_boosting_gives_weights_to_rows():
    boosted = AdaBoostClassifier(classifier(epochs=4), n_estimators=3, random_state=0).fit(X, labels)
    assert len(boosted.estimators_) == 3
    assert boosted.score(X, labels) > 0.8
    assert len({net.predict_proba(X).tobytes() for net in boosted.estimators_}) == 3
    assert AdaBoostRegressor(regressor(), n_estimators=2, random_state=0).fit(X, numbers).score(X, numbers) > 0.5


def test_calibration():
    calibrated = CalibratedClassifierCV(classifier(), cv=2).fit(X, labels)
    assert calibrated.score(X, labels) > 0.8
    assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1, atol=1e-6)


def test_votes_are_the_mean_of_probabilities():
    nets = [("one", classifier()), ("other", classifier(random_state=1))]
    voting = VotingClassifier(nets, voting="soft").fit(X, labels)
    expected = np.mean([clone(net).fit(X, labels).predict_proba(X) for _, net in nets], axis=0)
    assert_allclose(voting.predict_proba(X), expected, atol=1e-6)


def test_one_net_for_each_target_and_class():
    several = MultiOutputRegressor(regressor()).fit(X, np.column_stack([numbers, -numbers]))
    assert_array_equal(several.predict(X)[:, 0], regressor().fit(X, numbers).predict(X))
    three = labels + (X[:, 0] > 1)
    assert OneVsRestClassifier(classifier()).fit(X, three).score(X, three) > 0.7


def test_targets_may_be_transformed():
    scaled = TransformedTargetRegressor(regressor(), func=np.arctan, inverse_func=np.tan, check_inverse=False).fit(
        X, numbers
    )
    inner = regressor().fit(X, np.arctan(numbers)).predict(X)
    assert_allclose(scaled.predict(X), np.tan(inner), rtol=1e-3, atol=1e-3)


def test_a_pipeline_that_resamples():
    pipeline = make_resampling_pipeline(RandomOverSampler(random_state=0), classifier()).fit(X, rare)
    resampled = RandomOverSampler(random_state=0).fit_resample(X, rare)
    assert_array_equal(pipeline.predict_proba(X), classifier().fit(*resampled).predict_proba(X))


def test_weights_of_rows_are_routed():
    weights = np.linspace(0.1, 2.0, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        step = classifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, step).fit(X, labels, sample_weight=weights)
        score = pipeline.score(X, labels, sample_weight=weights)
    scaled = StandardScaler().fit_transform(X)
    net = classifier().fit(scaled, labels, sample_weight=weights)
    assert_array_equal(pipeline.predict_proba(X), net.predict_proba(scaled))
    assert_allclose(score, np.average(net.predict(scaled) == labels, weights=weights))


# -- weights of classes -----------------------------------------------------------------------------------------------


def test_balanced_classes_are_weights_of_rows():
    balanced = classifier(class_weight="balanced").fit(X, rare)
    weighted = classifier().fit(X, rare, sample_weight=compute_sample_weight("balanced", rare))
    assert_array_equal(balanced.predict_proba(X), weighted.predict_proba(X))
    plain = classifier().fit(X, rare)
    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.02


def test_weights_of_classes_are_by_label_and_multiply_those_of_rows():
    words = np.array(["a", "b"])[labels]
    rows = np.linspace(0.5, 1.5, len(X))
    net = classifier(class_weight={"a": 3.0, "b": 0.5}).fit(X, words, rows)
    other = classifier().fit(X, words, rows * np.where(labels == 0, 3.0, 0.5))
    assert_array_equal(net.predict_proba(X), other.predict_proba(X))


# -- when to stop, and the learning rate ------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_early_stopping_keeps_the_best_epoch_of_rows_set_aside(engine):
    net = regressor(early_stopping=True, n_iter_no_change=1, tol=0.5, epochs=60, engine=engine)
    net.fit(X[:70], numbers[:70], X_val=X[70:], y_val=numbers[70:])
    losses = net.history_["val_loss"]
    assert len(losses) < 60
    error = np.mean((net.predict(X[70:]) - numbers[70:]) ** 2)
    assert np.isclose(losses, error, rtol=1e-4).any()


def test_early_stopping_with_rows_of_the_last_part():
    split = regressor(early_stopping=True, validation_split=0.2, epochs=20).fit(X, numbers)
    given = regressor(early_stopping=True, epochs=20).fit(X[:72], numbers[:72], X_val=X[72:], y_val=numbers[72:])
    assert split.history_ == given.history_


def test_early_stopping_sets_a_tenth_aside_evenly():
    seen = []

    class Noting(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append(self.params["steps"])

    net = classifier(early_stopping=True, batch_size=1, epochs=1, callbacks=Noting()).fit(X, labels)
    assert seen == [81]
    assert "val_loss" in net.history_
    assert "val_loss" not in classifier(epochs=1).fit(X, labels).history_


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_schedule_multiplies_the_learning_rate(engine):
    class Rates(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(float(self.model.optimizer.learning_rate))

    rates = Rates()
    rates.seen = []
    schedule = CosineDecay()
    regressor(learning_rate_schedule=schedule, engine=engine, epochs=4, callbacks=rates, batch_size=90).fit(X, numbers)
    expected = [0.0625 * float(schedule(epoch / 4)) for epoch in range(4)]
    assert_allclose(rates.seen, expected, rtol=1e-5)


def test_a_function_may_be_a_schedule():
    off = regressor(learning_rate_schedule=lambda progress: 1.0 if progress < 0.5 else 0.0, epochs=4, optimizer="sgd")
    half = regressor(epochs=2, optimizer="sgd").fit(X, numbers)
    assert_allclose(off.fit(X, numbers).predict(X), half.predict(X), rtol=1e-5, atol=1e-6)


def test_a_subclass_may_build_its_own_model():
    class Own(KerasClassifier):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def _keras_build_fn(self, meta):
            inputs = keras.Input((meta["n_features_in_"],))
            hidden = layers.Dense(self.units, "tanh", name="own")(inputs)
            return keras.Model(inputs, layers.Dense(1, "sigmoid")(hidden))

    net = clone(Own(units=4, loss="binary_crossentropy", **SETTINGS)).fit(X, labels)
    assert net.model_.get_layer("own").units == 4
    assert net.score(X, labels) > 0.8
    assert clone(net).set_params(units=2).fit(X, labels).model_.get_layer("own").units == 2
