"""The documentation of everything public: complete, well formed, and true about parameters, defaults and attributes."""

import importlib
import inspect
import pkgutil

import pandas as pd
import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate
from sklearn.datasets import make_classification
from sklearn.utils import get_tags

import skdeep
from skdeep.sequence import WindowForecaster
from skdeep.text import Seq2SeqTransducer
from skdeep.utils.discovery import all_estimators, checking_instance

SUMMARY = {"GL08", "SS01", "SS02", "SS03", "SS04", "SS06"}
SECTIONS = {"GL03", "GL06", "GL07", "PR01", "PR02", "PR03", "PR04", "PR07", "PR10", "RT01", "RT03", "YD01"}
EXAMPLES = {"EX01"}

ESTIMATORS = [cls for _, cls in all_estimators()]


def public_modules():
    yield "skdeep"
    for module in pkgutil.walk_packages(skdeep.__path__, "skdeep."):
        if not any(part.startswith("_") for part in module.name.split(".")):
            yield module.name


def public_objects():
    """Return (full name, object) of the classes and functions that public modules list."""
    for module in public_modules():
        namespace = importlib.import_module(module)
        for name in getattr(namespace, "__all__", ()):
            member = getattr(namespace, name)
            if inspect.isclass(member) or inspect.isfunction(member):
                yield f"{module}.{name}", member


def public_members():
    """Return (full name, class, name) of public methods and properties that were written in this library."""
    for full_name, cls in PUBLIC.items():
        if not inspect.isclass(cls):
            continue
        own = {name for base in cls.__mro__ if base.__module__.startswith("skdeep") for name in vars(base)}
        for name in sorted(own):
            member = inspect.getattr_static(cls, name)
            if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, property)):
                yield f"{full_name}.{name}", cls, name


def comes_from_another_library(cls, name):
    """Whether a base class outside this library defines the method, as Keras does `Loss.call`: a summary is enough."""
    return any(name in vars(base) for base in cls.__mro__ if not base.__module__.startswith("skdeep"))


def errors(full_name, codes):
    # numpydoc takes a function's argument `cls` for that of a classmethod.
    artefact = ("PR02", "Unknown parameters {'cls'}")
    return [error for error in validate(full_name)["errors"] if error[0] in codes and error != artefact]


PUBLIC = dict(public_objects())
MEMBERS = {full_name: (cls, name) for full_name, cls, name in public_members()}


def test_everything_public_is_looked_at():
    assert {"skdeep.clear_cache", "skdeep.tabular.MLPClassifier", "skdeep.schedules.OneCycle"} <= PUBLIC.keys()
    assert {"skdeep.tabular.MLPClassifier.predict_proba", "skdeep.tabular.MLPRegressor.model_"} <= MEMBERS.keys()


@pytest.mark.parametrize("full_name", PUBLIC)
def test_classes_and_functions_are_documented_with_an_example(full_name):
    assert errors(full_name, SUMMARY | SECTIONS | EXAMPLES) == []


@pytest.mark.parametrize("full_name", MEMBERS)
def test_methods_and_properties_are_documented(full_name):
    needed = SUMMARY if comes_from_another_library(*MEMBERS[full_name]) else SUMMARY | SECTIONS
    assert errors(full_name, needed) == []


@pytest.mark.parametrize("module", [*public_modules()])
def test_modules_say_what_they_are_for(module):
    summary = (importlib.import_module(module).__doc__ or "").strip().partition("\n")[0]
    assert len(summary) > 15
    assert summary[0].isupper()


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_estimators_document_exactly_their_parameters_with_defaults(cls):
    documented = ClassDoc(cls)["Parameters"]
    expected = {name: one for name, one in inspect.signature(cls).parameters.items() if one.kind is not one.VAR_KEYWORD}
    assert [parameter.name for parameter in documented if parameter.name != "**kwargs"] == [*expected]
    assert {*expected} == {*checking_instance(cls).get_params(deep=False)}
    for parameter in [parameter for parameter in documented if parameter.name != "**kwargs"]:
        default = expected[parameter.name].default
        said = "" if default is inspect.Parameter.empty else f", default={default!r}"
        assert (", default=" in parameter.type) == bool(said)
        assert parameter.type.endswith(said)
        assert parameter.type.removesuffix(said)
        assert " ".join(parameter.desc).endswith(".")


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_estimators_document_exactly_what_a_fit_leaves_behind(cls):
    X, y = make_classification(30, 4, random_state=0)
    X = pd.DataFrame(X, columns=list("abcd"))
    estimator = checking_instance(cls)
    if cls is WindowForecaster:
        X, y = X["a"], None
    elif not get_tags(estimator).input_tags.two_d_array:
        X = [f"{row}.png" for row in X.index]
        y = X if cls is Seq2SeqTransducer else y
    estimator.set_params(**{"epochs": 1} if hasattr(estimator, "epochs") else {}).fit(X, y)
    written = ClassDoc(cls, config={"show_class_members": False})
    documented = {name for entry in written["Attributes"] for name in entry.name.split(", ")}
    set_by_fit = {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}
    properties = {name for name in dir(cls) if isinstance(inspect.getattr_static(cls, name), property)}
    assert set_by_fit <= documented
    assert documented <= set_by_fit | properties
