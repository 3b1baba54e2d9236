"""Every public estimator through the check suites of scikit-learn and imbalanced-learn, without excuses for nets."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest
from imblearn.utils.estimator_checks import parametrize_with_checks as parametrize_with_imblearn_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import skdeep
from skdeep.image._architectures import resolve
from skdeep.sequence import SequenceEmbedding
from skdeep.tabular.architectures import RealMLP
from skdeep.utils.discovery import all_estimators, checking_instance

# Estimator name -> {check: reason}, for instances with default parameters only. What may stand here is the equivalence
# of sample weights and repeated rows, for nets that are stochastic or batch-dependent by default.
EXPECTED_FAILURES_OF_DEFAULTS = {}
MAY_BE_EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}

# What checking_instance may change, and what it may only switch off: these make training random or batch-dependent.
SIZES = {
    "hidden_layer_sizes", "architecture", "epochs", "batch_size", "learning_rate", "units", "filters", "n_layers",
    "n_components", "n_estimators", "steps",
    "width", "max_units", "min_units", "max_layers", "cv",
}  # fmt: skip
# A search has to tell what the checks ask about errors.
SWITCHES = {"dropout": 0.0, "normalization": None, "error_score": "raise"}

CLASSES = [cls for _, cls in all_estimators()]
CHECKED = [checking_instance(cls) for cls in CLASSES]
SAMPLERS = [estimator for estimator in CHECKED if hasattr(estimator, "fit_resample")]


def needs_arguments(cls):
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return any(p.default is p.empty and p.kind in named for p in inspect.signature(cls).parameters.values())


def imbalanced_learn_checks(samplers):
    """Return (sampler, check) pairs; the samplers are seeded, because these checks set no seed themselves."""
    for sampler in samplers:
        sampler.set_params(**{"random_state": 0} if "random_state" in sampler.get_params() else {})
    pairs = parametrize_with_imblearn_checks(samplers).args[1]
    return [pytest.param(*pair, id=f"{type(pair[0]).__name__}-{number}") for number, pair in enumerate(pairs)]


def public_modules():
    for module in pkgutil.walk_packages(skdeep.__path__, "skdeep."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            yield importlib.import_module(module.name)


def with_fit(namespace):
    own = [name for name, member in vars(namespace).items() if getattr(member, "__module__", "") == namespace.__name__]
    names = getattr(namespace, "__all__", [name for name in own if not name.startswith("_")])
    members = {name: getattr(namespace, name) for name in names}
    return {name for name, member in members.items() if inspect.isclass(member) and hasattr(member, "fit")}


def wraps_a_model(cls):
    """Whether there is nothing to fit without a model, which checking_instance has."""
    return cls.__module__.startswith("skdeep.wrappers")


# scikit-learn's check_cv casts y before a search hands it to the net, which refuses it.
@pytest.mark.filterwarnings(
    "ignore:invalid value encountered in cast:RuntimeWarning:sklearn.externals.array_api_compat"
)
@parametrize_with_checks(CHECKED)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def trains_for_long(cls):
    """Hundreds of steps of a net of default size at each of a hundred fits take an hour."""
    return getattr(cls(), "epochs", None) == "auto" or cls is SequenceEmbedding


@parametrize_with_checks(
    [cls() for cls in CLASSES if not (needs_arguments(cls) or trains_for_long(cls) or wraps_a_model(cls))],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES_OF_DEFAULTS.get(type(estimator).__name__, {}),
)
def test_scikit_learn_checks_of_default_parameters(estimator, check):
    check(estimator)


MIXED = [checking_instance(cls).set_params(mixup=0.2) for cls in CLASSES if cls.__name__.startswith("MLP")]
OF_WEIGHTS = dict.fromkeys(MAY_BE_EXPECTED, "a row that is repeated is mixed with others than one of weight two")


@parametrize_with_checks(MIXED, expected_failed_checks=lambda estimator: OF_WEIGHTS)
def test_scikit_learn_checks_of_training_on_mixtures(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "check"), imbalanced_learn_checks(SAMPLERS))
def test_imbalanced_learn_checks(estimator, check):
    check(estimator)


def test_only_the_sample_weight_equivalence_may_fail_and_never_for_perceptrons():
    for name, failures in EXPECTED_FAILURES_OF_DEFAULTS.items():
        assert name in dict(all_estimators())
        assert not name.startswith("MLP")
        assert set(failures) <= MAY_BE_EXPECTED


@pytest.mark.parametrize("cls", CLASSES)
def test_no_tag_excuses_an_estimator_from_checks(cls):
    tags = checking_instance(cls).__sklearn_tags__()
    assert not any((tags._skip_test, tags.no_validation, tags.non_deterministic))
    assert not any(kind.poor_score for kind in (tags.classifier_tags, tags.regressor_tags) if kind is not None)


def test_all_estimators_lists_every_public_class_that_can_be_fitted():
    public = set().union(*(with_fit(module) for module in public_modules()))
    assert {"MLPClassifier", "MLPRegressor"} <= public
    assert public == set(dict(all_estimators()))


def test_all_estimators_is_sorted_and_names_are_class_names():
    names = [name for name, _ in all_estimators()]
    assert names == sorted(names)
    assert all(cls.__name__ == name for name, cls in all_estimators())


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if wraps_a_model(cls)])
def test_wrappers_are_checked_with_a_model_and_with_all_rows_a_step(cls):
    given, defaults = checking_instance(cls).get_params(deep=False), cls().get_params(deep=False)
    changed = {name for name in given if given[name] != defaults[name]}
    assert changed == {"model", "epochs", "batch_size", "verbose"}


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if not wraps_a_model(cls)])
def test_checking_instance_changes_sizes_and_switches_off_randomness_only(cls):
    instance = checking_instance(cls)
    assert type(instance) is cls
    defaults = {name: p.default for name, p in inspect.signature(cls).parameters.items()}
    given = instance.get_params(deep=False)
    required = {name for name, default in defaults.items() if default is inspect.Parameter.empty}
    changed = {name for name in given.keys() - required if given[name] != defaults[name]}
    for held in changed & {"estimator", "autoencoder"}:
        assert repr(given[held]) == repr(checking_instance(type(given[held])))
        changed.remove(held)
    assert changed <= SIZES | SWITCHES.keys()
    assert all(given[name] == SWITCHES[name] for name in changed & SWITCHES.keys())
    smaller = {name for name in changed & {"epochs", "hidden_layer_sizes", "units"} if defaults[name] != "auto"}
    assert all(np.sum(given[name]) <= np.sum(defaults[name]) for name in smaller)
    if hasattr(given.get("architecture"), "width"):
        default, width = resolve(defaults["architecture"]), given["architecture"].width
        assert width <= default.width
        assert repr(given["architecture"]) == repr(default.set_params(width=width))
    if "n_estimators" in changed:
        assert given["n_estimators"] == 1
        smaller = {"hidden_layer_sizes": (16,), "dropout": 0.0, "start_from_rows": False}
        assert repr(given["architecture"]) == repr(RealMLP(**smaller))


@pytest.mark.parametrize("cls", CLASSES)
def test_checking_instance_is_a_new_one_each_time(cls):
    assert checking_instance(cls) is not checking_instance(cls)
