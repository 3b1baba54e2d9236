"""What an estimator keeps from fit to fit, through copies and pickles, and what it leaves alone."""

import copy
import io
import pickle
import random
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.backend.common import global_state
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdeep.wrappers import KerasClassifier, KerasRegressor
from tests.wrappers.models import (
    BATCH,
    X,
    X_new,
    assert_same_history,
    assert_same_model,
    classification_net,
    dense,
    keras_fit,
    layers,
    regression_net,
    twins,
    wrapped,
    y,
    y_three,
)


def regressor(**parameters):
    shared = {"loss": "mse", "epochs": 2, "batch_size": BATCH, "verbose": 0, "random_state": 0, "optimizer": "adam"}
    return KerasRegressor(regression_net, **shared | parameters)


def weights(net):
    return [one.copy() for one in net.model_.get_weights()]


def assert_same_bits(ours, others):
    for one, other in zip(ours, others, strict=True):
        assert_array_equal(one, other)


# -- the life of a model ----------------------------------------------------------------------------------------------


def test_before_a_fit_there_is_no_model():
    net = regressor()
    assert not net.initialized_
    assert net.current_epoch == 0
    assert not hasattr(net, "model_")
    assert not hasattr(net, "history_")
    for use in (net.predict, lambda rows: check_is_fitted(net)):
        with pytest.raises(NotFittedError):
            use(X)


def test_partial_fit_keeps_the_model_and_adds_to_the_history():
    net = regressor().partial_fit(X, y)
    model = net.model_
    losses = list(net.history_["loss"])
    net.partial_fit(X, y)
    assert net.model_ is model
    assert net.history_["loss"][:1] == losses
    assert net.current_epoch == len(net.history_["loss"]) == 2


def test_fit_builds_a_new_model_and_a_new_history():
    net = regressor().fit(X, y)
    model, first = net.model_, weights(net)
    net.fit(X, y)
    assert net.model_ is not model
    assert net.current_epoch == 2
    assert_same_bits(weights(net), first)


def test_a_warm_start_keeps_the_model():
    net = regressor(warm_start=True).fit(X, y)
    model, first = net.model_, weights(net)
    net.fit(X, y)
    assert net.model_ is model
    assert net.current_epoch == 2
    assert int(model.optimizer.iterations) == 20
    assert not np.allclose(weights(net)[0], first[0], atol=1e-3)


def test_initialize_builds_the_model_and_trains_nothing():
    net = regressor().initialize(X, y)
    assert net.initialized_
    assert net.current_epoch == 0
    model, first = net.model_, weights(net)
    expected = np.tanh(X_new @ first[0] + first[1]) @ first[2] + first[3]
    assert_allclose(net.predict(X_new), expected, atol=1e-5)
    net.partial_fit(X, y)
    assert net.model_ is model


def test_an_initialized_model_starts_as_that_of_a_fit():
    first = weights(regressor().initialize(X, y))
    still = regressor(optimizer="sgd", optimizer__learning_rate=1e-30).fit(X, y)
    for one, other in zip(weights(still), first, strict=True):
        assert_allclose(one, other, atol=1e-20)


# -- copies -----------------------------------------------------------------------------------------------------------


def through_joblib(net):
    file = io.BytesIO()
    joblib.dump(net, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "deepcopy": copy.deepcopy,
    "joblib": through_joblib,
    "cloudpickle": lambda net: pickle.loads(cloudpickle.dumps(net)),
    "twice": lambda net: pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(net)))),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_predict_the_same_and_go_on_as_if_nothing_had_happened(name):
    ours, theirs = twins(dense)
    net = wrapped(ours).fit(X, y)
    copied = COPIES[name](net)
    assert copied.model_ is not net.model_
    assert copied.history_ == net.history_
    assert_same_bits(weights(copied), weights(net))
    assert_same_bits([one.numpy() for one in copied.model_.optimizer.variables],
                     [one.numpy() for one in net.model_.optimizer.variables])  # fmt: skip
    assert_array_equal(copied.predict(X_new), net.predict(X_new))
    before = weights(net)
    keras_fit(theirs, X, y)
    copied.partial_fit(X, y)
    history = keras_fit(theirs, X, y, epochs=1)
    assert copied.engine_ == "compiled"
    assert_allclose(copied.history_["loss"][-1], history["loss"][0], rtol=1e-5)
    assert_same_model(copied.model_, theirs)
    assert_same_bits(weights(net), before)


def test_a_clone_has_the_parameters_and_has_learned_nothing():
    net = regressor(model__units=3, optimizer__learning_rate=0.1).fit(X, y)
    cloned = clone(net)
    assert not cloned.initialized_
    assert cloned.get_params() == net.get_params()
    assert_array_equal(cloned.fit(X, y).predict(X_new), net.predict(X_new))


def test_the_clone_of_an_estimator_with_a_model_has_a_model_of_its_own():
    net = regressor().set_params(model=dense())
    cloned = clone(net)
    assert cloned.model is not net.model
    assert_same_bits(cloned.model.get_weights(), net.model.get_weights())
    first = net.model.get_weights()
    cloned.fit(X, y)
    assert_same_bits(net.model.get_weights(), first)


def test_parameters_that_are_objects_are_not_changed_by_a_fit():
    loss, optimizer, metric = keras.losses.LogCosh(), keras.optimizers.Adam(0.01), keras.metrics.RootMeanSquaredError()
    net = regressor(loss=loss, optimizer=optimizer, metrics=[metric])
    cloned = clone(net)
    net.fit(X, y)
    again = clone(net).fit(X, y)
    assert_array_equal(net.predict(X), again.predict(X))
    assert_array_equal(net.fit(X, y).predict(X), again.predict(X))
    assert_array_equal(cloned.fit(X, y).predict(X), again.predict(X))


# -- models that are given --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_model_that_is_given_is_used_itself(engine):
    model = dense()
    first = [one.copy() for one in model.get_weights()]
    net = wrapped(model, engine=engine).fit(X, y)
    assert net.model_ is model
    assert not np.allclose(model.get_weights()[0], first[0], atol=1e-3)
    assert_allclose(net.predict(X_new), model(X_new).numpy(), atol=1e-6)
    second = [one.copy() for one in model.get_weights()]
    net.fit(X, y)
    assert not np.allclose(model.get_weights()[0], second[0], atol=1e-4)


def test_weights_that_are_set_by_hand_count_in_predictions_and_in_the_next_fit():
    ours, theirs = twins(dense)
    net = wrapped(ours).fit(X, y)
    keras_fit(theirs, X, y)
    for model in (net.model_, theirs):
        model.set_weights([one / 2 for one in model.get_weights()])
    assert_allclose(net.predict(X_new), theirs.predict(X_new, verbose=0), atol=1e-5)
    net.partial_fit(X, y)
    keras_fit(theirs, X, y, epochs=1)
    assert_same_model(net.model_, theirs)


def test_training_by_hand_between_two_fits_counts():
    ours, theirs = twins(dense)
    net = wrapped(ours).fit(X, y)
    keras_fit(net.model_, X, y, epochs=1)
    net.partial_fit(X, y)
    keras_fit(theirs, X, y, epochs=5)
    assert_same_model(net.model_, theirs)


def test_two_estimators_with_one_model_raise():
    model = dense()
    first = wrapped(model).fit(X, y)
    with pytest.raises(ValueError, match="same model instance is used by two estimators"):
        wrapped(model).fit(X, y)
    first.fit(X, y)
    del first


# -- random numbers ---------------------------------------------------------------------------------------------------


def dropout_net(meta):
    parts = [keras.Input((4,)), layers.Dense(8, "tanh"), layers.Dropout(0.5), layers.Dense(1)]
    return keras.Sequential(parts)


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_the_same_random_state_gives_the_same_bits_and_another_does_not(engine):
    nets = [regressor(engine=engine, random_state=seed).set_params(model=dropout_net) for seed in (3, 3, 4)]
    one, same, other = (weights(net.fit(X, y)) for net in nets)
    assert_same_bits(one, same)
    assert not np.allclose(one[0], other[0], atol=1e-3)


def test_a_generator_that_is_given_stays_where_it_is():
    generator = np.random.RandomState(5)
    state = generator.get_state()[1].copy()
    net = regressor(random_state=generator)
    first = weights(net.fit(X, y))
    assert_array_equal(generator.get_state()[1], state)
    assert_same_bits(weights(net.fit(X, y)), first)


def draws():
    """Return the next number of every generator of the process."""
    found = random.random(), np.random.rand(), float(tf.random.uniform(()))  # noqa: NPY002
    return (*found, float(keras.random.uniform(())))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_seeded_fit_leaves_all_random_numbers_of_the_process_alone(engine):
    found = []
    for fits in (False, True):
        keras.utils.set_random_seed(7)
        draws()
        if fits:
            regressor(engine=engine).set_params(model=dropout_net).fit(X, y).predict(X)
        found.append([draws(), draws()])
    assert found[0] == found[1]
    assert global_state.get_global_attribute("global_random_seed") == 7


def test_set_random_seed_fixes_a_fit_without_a_random_state():
    found = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        found.append(weights(regressor(random_state=None).initialize(X, y)))
    assert_same_bits(*found)


def test_threads_that_fit_at_once_give_what_one_after_the_other_does():
    seeds = [0, 1, 2, 3]

    def fitted(seed):
        return weights(regressor(random_state=seed, epochs=1).set_params(model=dropout_net).fit(X, y))

    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(fitted, seeds))
    for ours, others in zip(at_once, map(fitted, seeds), strict=True):
        assert_same_bits(ours, others)


# -- what is left alone -----------------------------------------------------------------------------------------------


def test_arrays_of_the_user_are_not_changed():
    arrays = [X.copy(), y[:, 0].copy(), np.linspace(0, 2, len(X)), X_new.copy()]
    before = [one.copy() for one in arrays]
    for one in arrays:
        one.flags.writeable = False
    for engine in ("compiled", "keras"):
        net = regressor(engine=engine).fit(arrays[0], arrays[1], arrays[2], X_val=arrays[0], y_val=arrays[1])
        net.partial_fit(arrays[0], arrays[1])
        net.predict(arrays[3])
    assert_same_bits(arrays, before)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("wrong", ["columns", "callback"])
def test_a_fit_that_fails_leaves_a_fitted_estimator_as_it_was(method, wrong):
    class Failing(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise RuntimeError("stop here")

    net = regressor(warm_start=True).fit(X, y)
    predicted, history = net.predict(X_new), copy.deepcopy(net.history_)
    attributes = {name: value for name, value in vars(net).items() if name != "_compilation"}
    if wrong == "callback":
        net.callbacks = Failing()
    with pytest.raises((ValueError, RuntimeError), match=r"features|stop here"):
        getattr(net, method)(X[:, :3] if wrong == "columns" else X, y)
    net.callbacks = None
    assert_array_equal(net.predict(X_new), predicted)
    assert net.history_ == history
    assert set(vars(net)) - {"_compilation"} == {*attributes}


def test_a_first_fit_that_fails_leaves_nothing():
    net = KerasClassifier(classification_net, loss="sparse_categorical_crossentropy", callbacks=[3], verbose=0)
    before = {*vars(net)}
    with pytest.raises(TypeError):
        net.fit(X, y_three)
    assert {*vars(net)} == before
    assert not net.initialized_


def test_the_history_of_an_engine_is_that_of_the_other():
    ours, theirs = twins(lambda: dense(metrics=["mse"]))
    one = wrapped(ours, engine="compiled").fit(X, y)
    other = wrapped(theirs, engine="keras").fit(X, y)
    assert_same_history(one.history_, other.history_)
    assert (one.engine_, other.engine_) == ("compiled", "keras: engine='keras'")
