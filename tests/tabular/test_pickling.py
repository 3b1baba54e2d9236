"""Nets travel: through pickle, joblib and cloudpickle, into processes that have not imported TensorFlow."""

import io
import pickle
import subprocess
import sys

import cloudpickle
import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from skdeep.losses import Pinball
from skdeep.schedules import CosineDecay
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 5, "random_state": 0}


def through_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


JOURNEYS = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "joblib": through_joblib,
    "cloudpickle": lambda model: pickle.loads(cloudpickle.dumps(model)),
}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_fitted_classifier_predicts_the_same_after_the_journey(journey):
    model = MLPClassifier(**SETTINGS, dropout=0.2, learning_rate_schedule=CosineDecay()).fit(FLOWERS, SPECIES)
    arrived = JOURNEYS[journey](model)
    assert_array_equal(arrived.predict_proba(FLOWERS), model.predict_proba(FLOWERS))
    assert_array_equal(arrived.predict(FLOWERS), model.predict(FLOWERS))
    assert arrived.history_ == model.history_
    assert repr(arrived) == repr(model)


@pytest.mark.parametrize("journey", JOURNEYS)
def test_a_fitted_regressor_predicts_the_same_after_the_journey(journey):
    model = MLPRegressor(**SETTINGS).fit(PATIENTS, PROGRESSION)
    assert_array_equal(JOURNEYS[journey](model).predict(PATIENTS), model.predict(PATIENTS))


@pytest.mark.parametrize("journey", JOURNEYS)
def test_keras_objects_as_parameters_travel_too(journey):
    model = MLPRegressor(
        **SETTINGS | {"learning_rate": "auto"},
        loss=Pinball(0.8),
        optimizer=keras.optimizers.SGD(0.05, momentum=0.5),
        kernel_initializer=keras.initializers.HeNormal(),
        callbacks=[keras.callbacks.ReduceLROnPlateau(monitor="loss")],
    ).fit(PATIENTS, PROGRESSION)
    arrived = JOURNEYS[journey](model)
    assert_array_equal(arrived.predict(PATIENTS), model.predict(PATIENTS))
    assert arrived.loss.quantile == 0.8
    refitted = clone(arrived).fit(PATIENTS, PROGRESSION)
    assert_array_equal(refitted.predict(PATIENTS), model.predict(PATIENTS))


@pytest.mark.parametrize("journey", JOURNEYS)
def test_an_unfitted_net_travels(journey):
    model = MLPClassifier(**SETTINGS, learning_rate_schedule=CosineDecay(warmup=0.2))
    arrived = JOURNEYS[journey](model)
    assert repr(arrived.get_params()) == repr(model.get_params())
    assert_array_equal(arrived.fit(FLOWERS, SPECIES).coefs_[0], model.fit(FLOWERS, SPECIES).coefs_[0])


@pytest.mark.parametrize("optimizer", ["adam", "nadam", "nesterov"])
def test_training_goes_on_after_the_journey_as_if_uninterrupted(optimizer):
    # slots of the optimizer, step count, order of the rows and draws of the dropout all have to travel
    settings = SETTINGS | {"optimizer": optimizer, "dropout": 0.3, "batch_size": 40, "momentum": None}
    uninterrupted = MLPClassifier(**settings).partial_fit(FLOWERS, SPECIES, classes=[0, 1, 2], epochs=3)
    travelled = pickle.loads(pickle.dumps(uninterrupted))
    for model in (uninterrupted, travelled):
        model.partial_fit(FLOWERS, SPECIES, epochs=4)
    assert travelled.loss_curve_ == uninterrupted.loss_curve_
    for ours, theirs in zip(travelled.weights_, uninterrupted.weights_, strict=True):
        assert_array_equal(ours, theirs)


def test_a_regressor_goes_on_after_the_journey_as_if_uninterrupted():
    uninterrupted = MLPRegressor(**SETTINGS).partial_fit(PATIENTS[:100], PROGRESSION[:100], epochs=3)
    travelled = pickle.loads(pickle.dumps(uninterrupted))
    for model in (uninterrupted, travelled):
        model.partial_fit(PATIENTS[100:], PROGRESSION[100:])
    assert_array_equal(travelled.predict(PATIENTS), uninterrupted.predict(PATIENTS))


_WITHOUT_TENSORFLOW = """
import pickle, sys
import numpy as np
sys.modules["tensorflow"] = sys.modules["keras"] = None  # importing them now raises
with open("model.pickle", "rb") as file:
    model = pickle.load(file)
"""

_OPEN = """
from sklearn.base import clone, is_classifier
assert is_classifier(model)
assert model.n_features_in_ == 4 and model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
assert len(model.loss_curve_) == 5 and model.coefs_[0].shape == (4, 8)
clone(model).set_params(learning_rate_schedule__warmup=0.3).get_params()
repr(model)
del sys.modules["tensorflow"], sys.modules["keras"]
np.save("probabilities.npy", model.predict_proba(np.load("X.npy")))
"""

_SHOW = """
assert "MLPClassifier" in model._repr_html_()
assert "predict_proba" in dir(model)
"""


@pytest.fixture
def in_fresh_process(tmp_path):
    """Return a fitted net and a function that runs a script in a process that has unpickled it without TensorFlow."""
    names = load_iris().target_names[SPECIES]
    model = MLPClassifier(**SETTINGS, dropout=0.2, learning_rate_schedule=CosineDecay()).fit(FLOWERS, names)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "X.npy", FLOWERS)

    def run(script):
        command = [sys.executable, "-c", _WITHOUT_TENSORFLOW + script]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return model, run


def test_a_fresh_process_opens_a_net_without_tensorflow(in_fresh_process, tmp_path):
    model, run = in_fresh_process
    run(_OPEN)
    assert_array_equal(np.load(tmp_path / "probabilities.npy"), model.predict_proba(FLOWERS))


def test_a_notebook_shows_a_net_without_tensorflow(in_fresh_process):
    _, run = in_fresh_process
    run(_SHOW)


def test_a_pickle_holds_little_more_than_the_weights_and_the_state_of_the_optimizer():
    model = MLPClassifier(**SETTINGS).fit(FLOWERS, SPECIES)
    arrays = sum(array.nbytes for array in [*model.weights_, *model.optimizer_state_])
    assert len(pickle.dumps(model)) < arrays + 10_000
