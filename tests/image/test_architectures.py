"""The architectures as parameter objects: named, cloned, shown, set, pickled and searched as scikit-learn does it."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import skdeep.image
from skdeep.architectures.cnn.config import ARCHITECTURES, CNNConfig
from skdeep.image import CNNClassifier, CNNRegressor, Custom, ImageEmbedding, LeNet, ResNet, architectures
from skdeep.image._architectures import resolve
from skdeep.image.architectures import Architecture, Backbone

X = np.random.default_rng(0).integers(0, 256, (24, 6, 5)).astype(np.uint8)
LABELS = np.arange(24) % 2
NAMED = {name: type(resolve(name)) for name in ARCHITECTURES if name != "custom"}
OBJECTS = [
    *(cls(width=0.5, depth=2.0) for cls in NAMED.values()),
    Custom(filters=(3,), kernel_size=[(1, 2)], head="average"),
    Backbone("mobilenetv2", "file.weights.h5", fine_tune_epochs=3),
]
objects = pytest.mark.parametrize("architecture", OBJECTS, ids=[type(one).__name__ for one in OBJECTS])


@pytest.mark.parametrize("name", NAMED)
def test_a_name_is_the_object_with_its_defaults(name):
    cls = NAMED[name]
    assert cls.__name__.lower() == name
    assert repr(resolve(name)) == repr(cls()) == f"{cls.__name__}()"
    assert cls().get_params() == {"width": 1.0, "depth": 1.0}
    assert CNNConfig(output_sizes=(2,), **cls()._measures()) == CNNConfig(name, (2,))


def test_a_named_net_and_its_object_are_trained_alike():
    settings = {"epochs": 2, "random_state": 0}
    by_name, by_object = (CNNClassifier(one, **settings).fit(X, LABELS) for one in ("lenet", LeNet()))
    wide = CNNClassifier(LeNet(width=2.0), **settings).fit(X, LABELS)
    for mine, other in zip(by_name.weights_, by_object.weights_, strict=True):
        assert_array_equal(mine, other)
    assert wide.n_parameters_ > 2 * by_name.n_parameters_


@objects
@pytest.mark.parametrize("make", [CNNClassifier, CNNRegressor])
def test_objects_are_cloned_and_shown(make, architecture):
    model = make(architecture)
    assert model.architecture is architecture
    copied = clone(model)
    assert type(copied.architecture) is type(architecture)
    assert copied.architecture is not architecture
    assert copied.architecture.get_params() == architecture.get_params()
    assert repr(copied) == repr(model)
    assert "".join(repr(model).split()) == f"{make.__name__}(architecture={''.join(repr(architecture).split())})"
    assert len(repr(architecture)) < 90
    assert {f"architecture__{name}" for name in architecture.get_params()} <= model.get_params().keys()


@objects
def test_pickles_hold_nothing_of_keras(architecture):
    stored = pickle.dumps(CNNClassifier(architecture))
    assert b"keras" not in stored
    assert b"tensorflow" not in stored
    assert pickle.loads(stored).architecture.get_params() == architecture.get_params()


def test_a_fitted_net_is_pickled_with_its_object():
    model = CNNClassifier(Custom(filters=(2,), head=()), epochs=1, random_state=0).fit(X, LABELS)
    stored = pickle.dumps(model)
    assert b"keras" not in stored
    opened = pickle.loads(stored)
    assert opened.architecture.filters == (2,)
    assert_array_equal(opened.predict_proba(X), model.predict_proba(X))


def test_parameters_of_an_object_are_set_through_the_estimator():
    model = CNNClassifier(ResNet(width=0.5)).set_params(architecture__depth=2.0)
    assert repr(model.architecture) == "ResNet(depth=2.0, width=0.5)"
    model.set_params(architecture=Custom(), architecture__filters=(3,))
    assert repr(model.architecture) == "Custom(filters=(3,))"
    embedding = ImageEmbedding(Backbone("mobilenet", "random")).set_params(backbone__name="mobilenetv2")
    assert embedding.backbone.name == "mobilenetv2"
    with pytest.raises(ValueError, match="Invalid parameter 'width' for estimator Custom"):
        model.set_params(architecture__width=2.0)


def test_measures_are_for_objects():
    """Names have none; each object has its own, and the estimator has none of them."""
    for name in ("width", "filters", "backbone", "weights"):
        with pytest.raises(TypeError, match=name):
            CNNClassifier(**{name: 2})
    with pytest.raises(TypeError, match="filters"):
        ResNet(filters=(8,))
    with pytest.raises(TypeError, match="width"):
        Custom(width=2.0)
    with pytest.raises(ValueError, match="Invalid parameter 'filters' for estimator ResNet"):
        CNNClassifier(ResNet()).set_params(architecture__filters=(8,))
    with pytest.raises(AttributeError, match="'str' object has no attribute 'set_params'"):
        CNNClassifier("resnet").set_params(architecture__width=0.5)


def test_a_fit_leaves_the_object_as_it_was():
    given = Custom(filters=[2, 3], kernel_size=[3, (1, 2)], head=[4])
    CNNClassifier(given, epochs=1).fit(X, LABELS)
    assert given.get_params() == Custom(filters=[2, 3], kernel_size=[3, (1, 2)], head=[4]).get_params()


def test_a_search_leaves_the_object_as_it_was_and_finds_what_is_trained_by_hand():
    net = CNNClassifier(Custom(filters=(2,), head=()), epochs=2, random_state=0)
    grid = {"architecture__filters": [(3,), (2, 2)], "architecture__pooling": ["max", None]}
    search = GridSearchCV(net, grid, cv=2, scoring="neg_log_loss").fit(X, LABELS)
    assert net.architecture.filters == (2,)
    best = {name.removeprefix("architecture__"): value for name, value in search.best_params_.items()}
    by_hand = CNNClassifier(Custom(**best, head=()), epochs=2, random_state=0).fit(X, LABELS)
    for mine, other in zip(search.best_estimator_.weights_, by_hand.weights_, strict=True):
        assert_array_equal(mine, other)


def test_a_class_with_defaults_of_ones_own_is_an_architecture():
    class Thin(ResNet):
        def __init__(self, *, width=0.1, depth=0.1):
            super().__init__(width=width, depth=depth)

    own, same = (CNNClassifier(one, epochs=1, random_state=0) for one in (Thin(), ResNet(width=0.1, depth=0.1)))
    for mine, other in zip(own.fit(X, LABELS).weights_, same.fit(X, LABELS).weights_, strict=True):
        assert_array_equal(mine, other)


def test_all_objects_can_be_imported_from_the_package():
    for name in set(architectures.__all__) - {"Architecture"}:
        assert getattr(skdeep.image, name) is getattr(architectures, name)
        assert name in skdeep.image.__all__
        assert issubclass(getattr(architectures, name), Architecture)
