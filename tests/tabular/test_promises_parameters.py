"""Every parameter does something, survives cloning, and what the user passes as a parameter is never changed."""

import inspect

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from skdeep.losses import Focal, Pinball
from skdeep.schedules import CosineDecay, StepDecay
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
DATA = {MLPClassifier: (FLOWERS, SPECIES), MLPRegressor: (PATIENTS, PROGRESSION)}
SETTINGS = {"hidden_layer_sizes": (8, 8), "learning_rate": 0.03, "epochs": 6, "random_state": 0}


def weights(net):
    return [array.tolist() for array in net.weights_]


# -- set_params -------------------------------------------------------------------------------------------------------


def constant(net, X, y):
    """Score every net the same: the first epoch stays the best."""
    return 0.5


# parameter -> (what it is set to, what it needs beside it)
EFFECTS = {
    "hidden_layer_sizes": ((8,), {}),
    "activation": ("tanh", {"kernel_initializer": "he_uniform"}),
    "dropout": (0.4, {}),
    "normalization": ("layer", {}),
    "residual": (True, {}),
    "kernel_initializer": ("glorot_uniform", {}),
    "loss": ("focal", {}),
    "label_smoothing": (0.2, {}),
    "class_weight": ({0: 5.0}, {}),
    "deferred_fraction": (0.5, {"class_weight": {0: 5.0}}),
    "batch_sampling": ("sqrt", {"batch_size": 50}),
    "mixup": (0.5, {}),
    "alpha": (0.5, {}),
    "l1": (0.5, {}),
    "optimizer": ("rmsprop", {}),
    "learning_rate": (0.01, {}),
    "learning_rate_schedule": ("linear", {}),
    "momentum": (0.5, {"optimizer": "sgd"}),
    "weight_decay": (0.5, {}),
    "clip_norm": (0.01, {"optimizer": "sgd"}),
    "epochs": (5, {}),
    "batch_size": (50, {}),
    "shuffle": (False, {"batch_size": 50}),
    "early_stopping": (True, {}),
    "validation_fraction": (0.3, {"early_stopping": True}),
    "scoring": (constant, {"early_stopping": True}),
    "n_iter_no_change": (1, {"tol": 10.0, "n_iter_no_change": 2}),
    "tol": (10.0, {"n_iter_no_change": 2}),
    "warm_start": (True, {}),
    "n_restarts": (1, {"learning_rate": 1e-12}),
    "freeze": ("hidden_0/*", {}),
    "rate_factors": ({"hidden_0/*": 0.1}, {}),
    "dtype": ("float32", {}),
    "random_state": (1, {}),
}
INVISIBLE = {"callbacks", "prediction_prior", "verbose"}
OF_REGRESSORS = {"loss": ("absolute_error", {}), "target_weight": ("lds", {})} | {
    n: EFFECTS[n] for n in ("hidden_layer_sizes", "scoring", "alpha", "mixup")
}
CASES = [pytest.param(MLPClassifier, name, *entry, id=name) for name, entry in EFFECTS.items()]
CASES += [
    pytest.param(MLPRegressor, name, *entry, id=f"{name} of a regressor") for name, entry in OF_REGRESSORS.items()
]


def test_the_table_misses_no_parameter():
    parameters = set(MLPClassifier().get_params()) | set(MLPRegressor().get_params())
    assert set(EFFECTS) | set(OF_REGRESSORS) | INVISIBLE == parameters


@pytest.mark.parametrize(("make", "name", "value", "beside"), CASES)
def test_set_params_changes_what_is_trained(make, name, value, beside):
    net = make(**SETTINGS | beside).fit(*DATA[make])
    before = weights(net)
    assert weights(net.set_params(**{name: value}).fit(*DATA[make])) != before
    by_constructor = make(**SETTINGS | beside | {name: value})
    if name == "warm_start":
        by_constructor.fit(*DATA[make])
    assert weights(by_constructor.fit(*DATA[make])) == weights(net)


@pytest.mark.parametrize("make", DATA)
def test_the_built_network_is_the_one_of_the_parameters(make):
    net = make((8,), epochs=1)
    for sizes in [(3, 5), (), [4], 7]:
        net.set_params(hidden_layer_sizes=sizes).fit(*DATA[make])
        hidden = [sizes] if isinstance(sizes, int) else list(sizes)
        outputs = 3 if make is MLPClassifier else 1
        assert [array.shape for array in net.coefs_] == list(
            zip([DATA[make][0].shape[1], *hidden], [*hidden, outputs], strict=True)
        )
        assert [array.shape for array in net.intercepts_] == [(units,) for units in [*hidden, outputs]]
        assert [layer.units for layer in net.model_.layers if hasattr(layer, "units")] == [*hidden, outputs]
        assert net.n_parameters_ == net.model_.count_params()


def test_the_summary_shows_the_layers():
    net = MLPClassifier((8, 5), normalization="batch", dropout=0.5, epochs=1).fit(FLOWERS, SPECIES)
    summary = net.summary()
    for word in ("Dense", "BatchNormalization", "Dropout", "(None, 8)", "(None, 5)", "(None, 3)"):
        assert word in summary


# -- clone ------------------------------------------------------------------------------------------------------------

UNUSUAL = {
    "hidden_layer_sizes": [5, 4],
    "activation": keras.activations.mish,
    "dropout": 0.25,
    "normalization": "layer",
    "residual": True,
    "kernel_initializer": keras.initializers.HeNormal(seed=3),
    "alpha": 0.1,
    "l1": 0.01,
    "loss": Focal(gamma=1.5),
    "optimizer": keras.optimizers.SGD(0.05, momentum=0.8, nesterov=True),
    "learning_rate": 0.04,
    "learning_rate_schedule": StepDecay(factor=0.3, at=(0.4,)),
    "momentum": 0.7,
    "weight_decay": 0.02,
    "clip_norm": 3.0,
    "label_smoothing": 0.1,
    "epochs": 7,
    "batch_size": 64,
    "shuffle": False,
    "early_stopping": True,
    "validation_fraction": 0.2,
    "scoring": "balanced_accuracy",
    "n_iter_no_change": 3,
    "tol": 0.01,
    "class_weight": {0: 2.0},
    "deferred_fraction": 0.4,
    "batch_sampling": 0.6,
    "prediction_prior": [0.2, 0.3, 0.5],
    "target_weight": "lds",
    "mixup": 0.3,
    "callbacks": [keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.3, patience=1)],
    "warm_start": True,
    "n_restarts": 2,
    "freeze": "hidden_0/*",
    "rate_factors": {"hidden_0/*": 0.1},
    "dtype": "float64",
    "random_state": 5,
    "verbose": 0,
}


def content(value):
    """What a parameter says, for Keras objects too, which have no equality of their own."""
    if isinstance(value, keras.callbacks.Callback):
        return type(value), {k: content(v) for k, v in vars(value).items() if isinstance(v, (int, float, str))}
    if hasattr(value, "get_config"):
        return type(value), {k: v for k, v in value.get_config().items() if k != "name"}
    if hasattr(value, "get_params"):
        return type(value), value.get_params()
    return [content(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("make", DATA)
def test_clone_keeps_every_parameter(make):
    accepted = make().get_params()
    parameters = {name: value for name, value in UNUSUAL.items() if name in accepted}
    if make is MLPRegressor:
        parameters |= {"loss": Pinball(0.3), "scoring": "r2"}
    assert set(parameters) == set(accepted)
    assert not [n for n in parameters if content(parameters[n]) == content(accepted[n]) and n != "verbose"]
    net = make(**parameters)
    twin = clone(net)
    for name, value in net.get_params(deep=False).items():
        assert content(getattr(twin, name)) == content(value) == content(parameters[name]), name


@pytest.mark.parametrize("make", DATA)
def test_a_clone_of_a_fitted_net_is_unfitted_and_trains_to_the_same_bits(make):
    accepted = make().get_params()
    parameters = {name: value for name, value in UNUSUAL.items() if name in accepted} | {"label_smoothing": 0.0}
    parameters["shuffle"] = "batch_sampling" in parameters
    if make is MLPRegressor:
        parameters |= {"loss": Pinball(0.3), "scoring": "r2"}
        del parameters["label_smoothing"]
    net = make(**parameters).fit(*DATA[make])
    assert len(net.callbacks_) == 1
    twin = clone(net)
    assert not [name for name in vars(twin) if name.endswith("_")]
    assert weights(twin.fit(*DATA[make])) == weights(net)


def test_the_constructor_names_every_parameter():
    for make in DATA:
        kinds = {parameter.kind for parameter in inspect.signature(make).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD not in kinds
        assert next(iter(inspect.signature(make).parameters)) == "hidden_layer_sizes"


# -- the user's own objects -------------------------------------------------------------------------------------------


def keras_objects():
    return {
        "optimizer": keras.optimizers.Adam(0.02),
        "kernel_initializer": keras.initializers.GlorotNormal(seed=7),
        "loss": keras.losses.CategoricalCrossentropy(from_logits=True),
        "learning_rate_schedule": CosineDecay(warmup=0.2),
        "callbacks": [keras.callbacks.History(), keras.callbacks.EarlyStopping("loss", patience=1, min_delta=10.0)],
        "class_weight": {0: 2.0, 1: 1.0},
        "hidden_layer_sizes": [8, 8],
    }


def test_the_users_objects_are_read_and_never_changed():
    given, twins = keras_objects(), keras_objects()
    net = MLPClassifier(**given, epochs=6, random_state=0).fit(FLOWERS, SPECIES)
    net.fit(FLOWERS, SPECIES).partial_fit(FLOWERS, SPECIES).predict(FLOWERS)
    assert {name: getattr(net, name) for name in given} == given, "a parameter was replaced"
    for name in ("optimizer", "kernel_initializer", "loss", "learning_rate_schedule"):
        assert content(given[name]) == content(twins[name])
    assert given["class_weight"] == twins["class_weight"]
    assert not given["optimizer"].built
    assert float(given["optimizer"].iterations) == 0
    history, stopping = given["callbacks"]
    assert vars(history).keys() == vars(twins["callbacks"][0]).keys()
    assert vars(stopping).keys() == vars(twins["callbacks"][1]).keys()
    assert stopping.model is None


def test_the_copies_of_the_callbacks_tell_what_they_saw():
    net = MLPClassifier(**keras_objects(), epochs=6, random_state=0).fit(FLOWERS, SPECIES)
    history, stopping = net.callbacks_
    assert net.n_iter_ == 2, "patience=1 and an improvement that never suffices"
    assert stopping.stopped_epoch == 1
    assert history.history["loss"] == net.loss_curve_
    assert history.model is None


def test_the_seed_of_the_net_rules_over_that_of_an_initializer():
    def draw(random_state):
        shared = keras.initializers.GlorotNormal(seed=7)
        return MLPClassifier((4, 4), kernel_initializer=shared, epochs=1, random_state=random_state).fit(
            FLOWERS, SPECIES
        )

    assert weights(draw(0)) == weights(draw(0))
    assert weights(draw(0)) != weights(draw(1))
    first, second, _ = draw(0).coefs_
    assert not np.allclose(first, second), "two layers of one shape start equal"


def test_one_optimizer_instance_for_many_fits_carries_nothing_over():
    shared = keras.optimizers.SGD(0.05, momentum=0.9)
    alone = MLPClassifier((8,), optimizer=keras.optimizers.SGD(0.05, momentum=0.9), epochs=5, random_state=0)
    net = MLPClassifier((8,), optimizer=shared, epochs=5, random_state=0)
    GridSearchCV(net, {"alpha": [0.0, 0.1]}, cv=2).fit(FLOWERS, SPECIES)
    assert weights(net.fit(FLOWERS, SPECIES)) == weights(alone.fit(FLOWERS, SPECIES))


def test_numbers_of_an_optimizer_instance_can_be_overridden():
    by_name = MLPClassifier((8,), optimizer="sgd", learning_rate=0.05, momentum=0.5, epochs=5, random_state=0)
    instance = MLPClassifier(
        (8,), optimizer=keras.optimizers.SGD(0.5), learning_rate=0.05, momentum=0.5, epochs=5, random_state=0
    )
    assert_array_equal(instance.fit(FLOWERS, SPECIES).coefs_[0], by_name.fit(FLOWERS, SPECIES).coefs_[0])
    own_rate = instance.set_params(learning_rate="auto").fit(FLOWERS, SPECIES)
    assert own_rate.history_["learning_rate"] == [0.5] * 5
