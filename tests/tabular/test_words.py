"""Names from other libraries are answered with those used here; messages speak plainly."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris

from skdeep.image import CNNClassifier
from skdeep.image.architectures import Backbone
from skdeep.tabular import MLPClassifier, MLPRegressor

X, y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("max_iter", "epochs"),
        ("solver", "optimizer"),
        ("learning_rate_init", "learning_rate"),
        ("patience", "n_iter_no_change"),
        ("hiden_layer_sizes", "hidden_layer_sizes"),
        ("validation_split", "validation_fraction"),
    ],
)
def test_parameters_of_other_libraries_are_answered_with_ours(name, ours):
    with pytest.raises(TypeError, match=f"{name}.*{ours}"):
        MLPClassifier(**{name: 1})
    with pytest.raises(ValueError, match=f"{name}.*{ours}"):
        MLPClassifier().set_params(**{name: 1})


def test_backbone_is_an_architecture():
    with pytest.raises(TypeError, match=r"architecture=Backbone"):
        CNNClassifier(backbone="ResNet50")
    assert Backbone("ResNet50", "random").validate() is None


def test_a_subclass_may_have_parameters_of_these_names():
    class Mine(MLPClassifier):
        def __init__(self, max_iter=1, hidden_layer_sizes=(4,)):
            super().__init__(hidden_layer_sizes, epochs=max_iter)
            self.max_iter = max_iter

    assert Mine(max_iter=2).epochs == 2
    assert clone(Mine(max_iter=3)).max_iter == 3


@pytest.mark.parametrize(
    ("name", "value", "ours"),
    [
        ("activation", "logistic", "sigmoid"),
        ("activation", "identity", "linear"),
        ("learning_rate", "adaptive", "reduce_on_plateau"),
        ("learning_rate", "invscaling", "inverse_time"),
        ("loss", "log_loss", "cross_entropy"),
    ],
)
def test_values_of_other_libraries_are_answered_with_ours(name, value, ours):
    with pytest.raises(ValueError, match=f"{name}='{value}'.*{ours}"):
        MLPClassifier(**{name: value}).fit(X, y)


@pytest.mark.parametrize("spelled", ["Adam", "RMSprop", "SGD", "AdamW"])
def test_optimizers_may_be_spelled_as_in_keras(spelled):
    settings = {"hidden_layer_sizes": (4,), "epochs": 2, "random_state": 0}
    one, other = (MLPClassifier(**settings, optimizer=name).fit(X, y) for name in (spelled, spelled.lower()))
    assert one.optimizer == spelled
    for mine, theirs in zip(one.weights_, other.weights_, strict=True):
        assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("argument", "said"),
    [("validation_data", "X_val and y_val"), ("epochs", "is a parameter of the estimator"), ("foo", "it has X, y")],
)
def test_fit_says_where_its_arguments_go(argument, said):
    with pytest.raises(TypeError, match=rf"MLPRegressor\.fit\(\) has no argument '{argument}'.*{said}"):
        MLPRegressor().fit(X, y, **{argument: 1})


def test_options_are_listed_in_their_order():
    with pytest.raises(ValueError, match=r"\{'adadelta', 'adagrad', 'adam', .*'sgd'\}"):
        MLPClassifier(optimizer="none").fit(X, y)


def test_labels_in_messages_are_plain():
    labels = np.where(y == 0, "fraud", "fine")
    model = MLPClassifier((4,), epochs=1).fit(X, labels)
    messages = []
    for wrong in (
        lambda: MLPClassifier(class_weight={"no": 1}).fit(X, labels),
        lambda: MLPClassifier().fit(X, np.full(len(X), "fraud")),
        lambda: model.partial_fit(X, np.where(y == 0, "other", "fine")),
        lambda: model.partial_fit(X, labels, classes=np.array(["a", "b"])),
    ):
        with pytest.raises(ValueError, match="a") as caught:
            wrong()
        messages.append(str(caught.value))
    assert not [message for message in messages if "np." in message or "dtype" in message]


def test_estimators_are_copied_as_ever():
    model = MLPClassifier((4,), epochs=3)
    assert repr(pickle.loads(pickle.dumps(model))) == repr(model) == "MLPClassifier(epochs=3, hidden_layer_sizes=(4,))"
