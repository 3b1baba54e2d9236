"""Unknown values of parameters and trainings that fail: a clear error, and a fitted net stays exactly as it was."""

import copy

import joblib
import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

from skdeep import losses
from skdeep.schedules import CosineDecay, OneCycle, ReduceOnPlateau, StepDecay
from skdeep.tabular import MLPClassifier, MLPRegressor

FLOWERS, SPECIES = load_iris(return_X_y=True)
FLOWERS = scale(FLOWERS)
PATIENTS, PROGRESSION = (half[:200] for half in load_diabetes(return_X_y=True))
DATA = {MLPClassifier: (FLOWERS, SPECIES), MLPRegressor: (PATIENTS, PROGRESSION)}
SETTINGS = {"hidden_layer_sizes": (8,), "learning_rate": 0.03, "epochs": 5, "random_state": 0}


@pytest.fixture(scope="module")
def fitted():
    return {make: make(**SETTINGS).fit(*data) for make, data in DATA.items()}


def fitted_state(net):
    return {name: value for name, value in vars(net).items() if name not in net.get_params(deep=False)}


def predictions(net):
    return getattr(net, "decision_function", net.predict)(DATA[type(net)][0])


def assert_refused_unharmed(net, error, message):
    """Refit a fitted net whose parameters cannot work; it must say why, and be and predict what it did."""
    names, content = list(fitted_state(net)), joblib.hash(fitted_state(net))
    with pytest.raises(error, match=message):
        net.fit(*DATA[type(net)])
    assert list(fitted_state(net)) == names
    assert joblib.hash(fitted_state(net)) == content
    untouched = type(net)(**SETTINGS).fit(*DATA[type(net)])
    assert_array_equal(predictions(net), predictions(untouched))


# parameter -> values that scikit-learn's own check refuses
BAD_VALUES = {
    "hidden_layer_sizes": ["8", None, 0, -3, 1.5],
    "activation": [None, 3],
    "dropout": [-0.1, 1.0, "half", None],
    "normalization": ["instance", True],
    "residual": ["yes", None],
    "kernel_initializer": [None, 3],
    "loss": [None, 3],
    "label_smoothing": [-0.1, 1.0, "some"],
    "class_weight": ["unbalanced", 2.0],
    "deferred_fraction": [-0.1, 1.0, "half", None],
    "batch_sampling": ["cubic", -0.1, 1.5],
    "target_weight": ["density", 0.5],
    "mixup": [-0.1, 0.001, "some", None],
    "alpha": [-1e-4, "auto", None],
    "l1": [-1e-4, "auto", None],
    "optimizer": ["sdg", None, 3],
    "learning_rate": [0.0, -0.01, "fast", None],
    "learning_rate_schedule": ["cosinus", 0.5],
    "momentum": [-0.1, 1.0, "auto"],
    "weight_decay": [-0.1, "some", None],
    "clip_norm": [0.0, -1.0, "auto"],
    "epochs": [0, -1, 2.5, "many", None],
    "batch_size": [0, -1, 32.0, "all", None],
    "shuffle": ["yes", None],
    "early_stopping": ["yes", None],
    "validation_fraction": [0.0, 1.0, -0.1, 10],
    "scoring": [3],
    "n_iter_no_change": [0, -1, 2.5, None],
    "tol": [-1e-4, "auto"],
    "callbacks": ["tensorboard", 3],
    "warm_start": ["yes", None],
    "n_restarts": [-1, 0.5, "auto", None],
    "freeze": [3, {"hidden_0/*": True}],
    "rate_factors": ["hidden_0/*", 0.1],
    "dtype": ["float16", "int32", None],
    "random_state": ["lucky", -1, 1.5],
    "verbose": [-1, "loud"],
}


def bad_cases(make):
    return [
        pytest.param(make, n, v, id=f"{make.__name__}-{n}={v}")
        for n in BAD_VALUES
        if n in make().get_params()
        for v in BAD_VALUES[n]
    ]


def test_the_table_misses_no_parameter():
    parameters = set(MLPClassifier().get_params()) | set(MLPRegressor().get_params())
    assert set(BAD_VALUES) | {"prediction_prior"} == parameters


@pytest.mark.parametrize(("make", "name", "value"), [*bad_cases(MLPClassifier), *bad_cases(MLPRegressor)])
def test_a_value_outside_the_constraints(fitted, make, name, value):
    net = copy.deepcopy(fitted[make]).set_params(**{name: value})
    assert_refused_unharmed(net, ValueError, f"The '{name}' parameter of {make.__name__} must be .* Got ")


UNKNOWN_NAMES = [
    ({"activation": "rellu"}, "activation='rellu' is neither 'maxout' nor the name of a Keras activation"),
    ({"kernel_initializer": "she"}, "kernel_initializer='she' is neither 'auto' nor the name of a Keras initializer"),
    (
        {"loss": "cross_entropie"},
        "loss='cross_entropie' is neither a loss of this estimator nor the name of a Keras loss",
    ),
    ({"scoring": "balanced", "early_stopping": True}, "'scoring' parameter .* must be a str among"),
]


@pytest.mark.parametrize(("parameters", "message"), UNKNOWN_NAMES, ids=str)
@pytest.mark.parametrize("make", DATA)
def test_an_unknown_name(fitted, make, parameters, message):
    assert_refused_unharmed(copy.deepcopy(fitted[make]).set_params(**parameters), ValueError, message)


LOSSES_OF_OTHERS = [
    (
        MLPClassifier,
        "logit_ajusted",
        "Did you mean 'logit_adjusted'\\? Losses .* are 'cross_entropy', 'focal'",
    ),
    (MLPClassifier, "balanced_squared_error", "It is a loss of regressors"),
    (MLPClassifier, losses.BalancedSquaredError(), "is a loss of regressors"),
    (MLPClassifier, losses.BatchBalancedSquaredError(), "is a loss of regressors"),
    (MLPRegressor, "logit_adjusted", "It is a loss of classifiers.* are 'squared_error', 'absolute_error'"),
    (MLPRegressor, losses.Focal(), r"loss=Focal\(gamma=2.0\) is a loss of classifiers"),
    (MLPRegressor, losses.LogitAdjusted(), "is a loss of classifiers"),
]


@pytest.mark.parametrize(("make", "loss", "message"), LOSSES_OF_OTHERS, ids=str)
def test_a_loss_of_other_estimators(fitted, make, loss, message):
    assert_refused_unharmed(copy.deepcopy(fitted[make]).set_params(loss=loss), ValueError, message)


BAD_INSIDE = [
    ({"hidden_layer_sizes": (8, 0)}, ValueError, r"hidden_layer_sizes must all be at least 1, got \(8, 0\)"),
    ({"hidden_layer_sizes": (8, -1)}, ValueError, "hidden_layer_sizes must all be at least 1"),
    ({"hidden_layer_sizes": (8.5,)}, (ValueError, TypeError), "hidden_layer_sizes"),
    ({"hidden_layer_sizes": ("a",)}, (ValueError, TypeError), "hidden_layer_sizes"),
    ({"hidden_layer_sizes": {"a": 8}}, (ValueError, TypeError), "hidden_layer_sizes"),
    ({"hidden_layer_sizes": [[8]]}, (ValueError, TypeError), "hidden_layer_sizes"),
    ({"learning_rate_schedule": StepDecay(factor=2.0)}, ValueError, "'factor' parameter of StepDecay must be"),
    ({"learning_rate_schedule": CosineDecay(warmup=-1)}, ValueError, "'warmup' parameter of CosineDecay must be"),
    ({"learning_rate_schedule": OneCycle(peak_at=1.0)}, ValueError, "'peak_at' parameter of OneCycle must be"),
    ({"learning_rate_schedule": ReduceOnPlateau(patience=0)}, ValueError, "'patience' parameter of ReduceOnPlateau"),
    ({"optimizer": keras.optimizers.Adam}, TypeError, "optimizer must be a name or a keras.optimizers.Optimizer inst"),
    ({"callbacks": [print]}, TypeError, "callbacks must hold keras.callbacks.Callback instances, got <built-in funct"),
    ({"callbacks": [keras.callbacks.History]}, TypeError, "callbacks must hold keras.callbacks.Callback instances"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "error", "message"), BAD_INSIDE, ids=str)
@pytest.mark.parametrize("make", DATA)
def test_a_bad_part_of_a_value(fitted, make, parameters, error, message):
    assert_refused_unharmed(copy.deepcopy(fitted[make]).set_params(**parameters), error, message)


OPTIMIZERS_WITHOUT_MOMENTUM = ["adam", "adamw", "adagrad", "adadelta", "adamax", "nadam", "lion"]
CONTRADICTIONS = [
    *[({"optimizer": name, "momentum": 0.9}, "has no momentum to set") for name in OPTIMIZERS_WITHOUT_MOMENTUM],
    ({"loss": "hinge", "label_smoothing": 0.1}, "label_smoothing=0.1 needs loss='cross_entropy', got loss='hinge'"),
    ({"loss": "focal", "label_smoothing": 0.1}, "label_smoothing=0.1 needs loss='cross_entropy', got loss='focal'"),
    ({"class_weight": {7: 2.0}}, r"class_weight names \[7\], but the classes are \[.*0.*1.*2.*\]"),
    ({"class_weight": [{0: 1.0}, {1: 2.0}]}, "class_weight needs one dict for each of the 1 targets"),
    ({"class_weight": {0: -1.0}}, "class_weight"),
    ({"class_weight": {0: float("nan")}}, "class_weight"),
    ({"class_weight": {0: float("inf")}}, "class_weight"),
    ({"class_weight": {0: "heavy"}}, "class_weight"),
    ({"class_weight": {0: 0.0, 1: 0.0, 2: 0.0}}, "class_weight"),
    ({"deferred_fraction": 0.5}, "class_weight is None"),
    ({"batch_sampling": "balanced", "shuffle": False}, "cannot be used with shuffle=False"),
]


@pytest.mark.parametrize(("parameters", "message"), CONTRADICTIONS, ids=str)
def test_parameters_that_do_not_go_together(fitted, parameters, message):
    net = copy.deepcopy(fitted[MLPClassifier]).set_params(**parameters)
    assert_refused_unharmed(net, ValueError, message)


def one_number(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred))


REFUSED_BY_THE_NET = {
    "an activation that halves the width": {"activation": "glu"},
    "an activation that needs arguments": {"activation": "threshold"},
    "an activation of NumPy": {"activation": np.tanh},
    "the class of an initializer": {"kernel_initializer": keras.initializers.HeNormal},
    "the class of a schedule": {"learning_rate_schedule": StepDecay},
    "a schedule of words": {"learning_rate_schedule": str},
    "a loss of sequences": {"loss": "ctc"},
    "a loss of whole batches": {"loss": "dice"},
    "a function that returns one number": {"loss": one_number},
}


@pytest.mark.parametrize("case", REFUSED_BY_THE_NET)
def test_a_value_that_only_the_net_can_refuse(fitted, case):
    net = copy.deepcopy(fitted[MLPClassifier]).set_params(**REFUSED_BY_THE_NET[case])
    (name,) = REFUSED_BY_THE_NET[case]
    assert_refused_unharmed(net, (ValueError, TypeError), name)


FOR_MANY_CLASSES = ["categorical_crossentropy", "sparse_categorical_crossentropy", "categorical_hinge", "kl_divergence"]


@pytest.mark.parametrize("loss", FOR_MANY_CLASSES)
def test_a_loss_for_many_classes_learns_two_or_is_refused(loss):
    net = MLPClassifier(**SETTINGS | {"epochs": 60, "batch_size": 200}, loss=loss)
    try:
        net.fit(FLOWERS, SPECIES == 0)
    except ValueError as error:
        refusal = str(error)
    else:
        # The categorical hinge of one column is 1 at least for the rows of the first class.
        least = np.mean(SPECIES != 0) if loss == "categorical_hinge" else 0.0
        assert net.loss_curve_[-1] - least < 0.7 * (net.loss_curve_[0] - least)
        assert net.score(FLOWERS, SPECIES == 0) > 0.9
        return
    assert "loss" in refusal.split("\n")[0]


def test_two_schedules_at_once(fitted):
    decaying = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100))
    net = copy.deepcopy(fitted[MLPClassifier])
    net.set_params(optimizer=decaying, learning_rate="auto", learning_rate_schedule="cosine")
    assert_refused_unharmed(net, ValueError, "learning_rate_schedule is given, but the optimizer instance has a Keras")


def test_a_hinge_net_has_no_probabilities():
    net = MLPClassifier(**SETTINGS, loss="hinge").fit(FLOWERS, SPECIES)
    assert not hasattr(net, "predict_proba")
    assert not hasattr(net, "predict_log_proba")
    with pytest.raises(AttributeError, match="has no attribute 'predict_proba'"):
        net.predict_proba(FLOWERS)


def test_a_mistyped_parameter():
    with pytest.raises(ValueError, match="Invalid parameter 'n_neurons' for estimator MLPClassifier"):
        MLPClassifier().set_params(n_neurons=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'n_neurons'"):
        MLPClassifier(n_neurons=3)


# -- trainings that fail ----------------------------------------------------------------------------------------------


class Trips(keras.callbacks.Callback):
    """Raises in one of its hooks, in the third epoch if there is one."""

    def __init__(self, hook):
        super().__init__()
        self.hook = hook
        setattr(self, hook, self.trip)

    def trip(self, index_or_logs=None, logs=None):
        if not isinstance(index_or_logs, int) or index_or_logs == 2 or "batch" in self.hook:
            raise LookupError(f"tripped in {self.hook}")


HOOKS = [
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_epoch_end",
    "on_train_end",
]


@pytest.mark.parametrize("hook", ["set_model", *HOOKS])
@pytest.mark.parametrize("make", DATA)
def test_a_callback_that_raises(fitted, make, hook):
    net = copy.deepcopy(fitted[make]).set_params(callbacks=[Trips(hook)])
    assert_refused_unharmed(net, LookupError, f"tripped in {hook}")
    assert_trains_like_new(net.set_params(callbacks=None))


@pytest.mark.parametrize(("make", "loss"), [(MLPRegressor, "squared_error"), (MLPClassifier, "squared_hinge")])
@pytest.mark.parametrize("batch_size", [40, "auto"])
def test_a_learning_rate_that_diverges(fitted, make, loss, batch_size):
    net = copy.deepcopy(fitted[make])
    net.set_params(optimizer="sgd", learning_rate=1e30, epochs=50, loss=loss, batch_size=batch_size)
    message = (
        r"(?s)became (nan|inf) in epoch \d+\. Likely causes: a learning rate that is too high \(learning_rate=1e\+30\)"
    )
    assert_refused_unharmed(net, ValueError, message)
    assert_trains_like_new(net.set_params(learning_rate=0.01, epochs=5))


def test_divergence_in_the_last_step_of_the_training(fitted):
    # the loss of the last step is computed before the step is taken: only the weights show it
    net = copy.deepcopy(fitted[MLPRegressor]).set_params(optimizer="sgd", learning_rate=1e308, epochs=1, alpha=1e3)
    net.set_params(batch_size=len(PROGRESSION))
    assert_refused_unharmed(net, ValueError, "infinite or NaN")


def test_divergence_in_partial_fit(fitted):
    net = copy.deepcopy(fitted[MLPRegressor])
    content, before = joblib.hash(fitted_state(net)), predictions(net)
    net.set_params(learning_rate=1e200, loss="squared_error")
    with pytest.raises(ValueError, match=r"Likely causes: a learning rate that is too high"):
        net.partial_fit(PATIENTS, PROGRESSION, epochs=20)
    assert joblib.hash(fitted_state(net)) == content
    assert_array_equal(predictions(net), before)


def assert_trains_like_new(net):
    """The compiled program that a failed fit has left behind must not remember it."""
    again = type(net)(**net.get_params()).fit(*DATA[type(net)])
    net.fit(*DATA[type(net)])
    for ours, theirs in zip(net.weights_, again.weights_, strict=True):
        assert np.isfinite(ours).all()
        assert_array_equal(ours, theirs)


def test_a_failed_first_fit_leaves_an_unfitted_net():
    net = MLPClassifier(**SETTINGS, momentum=0.9)
    before = set(vars(net))
    with pytest.raises(ValueError, match="momentum"):
        net.fit(FLOWERS, SPECIES)
    assert set(vars(net)) == before
    with pytest.raises(ValueError, match="not fitted yet"):
        net.predict(FLOWERS)
